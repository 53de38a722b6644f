package workbook

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// Decisions are what people have decided in a workbook on the changes of a scan.
type Decisions struct {
	file     File
	audit    *conflicts.Audit // of the scan
	replies  []conflicts.Reply
	places   []place
	mistakes []mistake
	missing  []string               // rows
	unclear  map[conflicts.Key]bool // conflicts of which not all decisions could be read
}

// A ReviewError is all that is wrong with a review.
type ReviewError struct {
	// Problems begin with the cell or the file.
	Problems []string
	Advice   string
}

func (e *ReviewError) Error() string { return strings.Join(e.Problems, "\n") }

// Hint says what to do, or is empty.
func (e *ReviewError) Hint() string { return e.Advice }

// Unusable returns a [ReviewError] of one problem, and what to do about it.
func Unusable(hint, format string, args ...any) error {
	return &ReviewError{[]string{fmt.Sprintf(format, args...)}, hint}
}

// Typed returns the addresses that were written over proposals and approved, so
// far as they are fit to be looked up.
func (d *Decisions) Typed() []conflicts.Address { return d.audit.Typed(d.ofProposals()) }

// ofProposals returns the replies to the proposals, each of which is decided in the rows of
// its changes.
func (d *Decisions) ofProposals() []conflicts.Reply {
	replies := make([]conflicts.Reply, len(d.audit.Proposals))
	for i := range d.audit.Proposals {
		p := &d.audit.Proposals[i]
		replies[i] = d.replies[p.First]
		if replies[i].Decision == conflicts.Approved && p.New == "" {
			replies[i].Decision, replies[i].Edited = conflicts.Removed, false
		}
	}
	return replies
}

// split finds proposals of which not all changes are decided alike.
func (d *Decisions) split() {
	for i := range d.audit.Proposals {
		p := &d.audit.Proposals[i]
		first := &d.replies[p.First]
		for n := p.First + 1; n < p.First+p.Count; n++ {
			at := d.places[n]
			switch reply := &d.replies[n]; {
			case d.unclear[p.Conflict.Key] || at.sheet == nil:
			case reply.Decision != first.Decision:
				d.mistakes = append(d.mistakes, mistake{at, at.sheet.columns[decisionAt], fmt.Sprintf("%s, but the first change of the object is %s", reply.Decision, first.Decision)})
			case reply.Edited && reply.Decision == conflicts.Approved:
				d.mistakes = append(d.mistakes, mistake{at, at.sheet.columns[newAt], "write a new address over the first change of the object: the others follow"})
			}
		}
	}
}

// Approved returns the audit with the changes that were approved; owner is as
// for [conflicts.Audit.Decide]. Everything that is wrong in the workbook is one
// [ReviewError].
func (d *Decisions) Approved(owner func(conflicts.Address, conflicts.Ref) string) (*conflicts.Audit, error) {
	d.split()
	decided, wrong := d.audit.Decide(d.ofProposals(), owner)
	mistakes := slices.Clone(d.mistakes)
	for _, m := range wrong {
		p := &d.audit.Proposals[m.Proposal]
		if d.unclear[p.Conflict.Key] {
			continue // what was meant is not known
		}
		column := []int{decisionAt, newAt, commentAt}[m.Field]
		at := d.places[p.First]
		mistakes = append(mistakes, mistake{at, at.sheet.columns[column], m.Problem})
	}
	if len(mistakes)+len(d.missing) > 0 {
		slices.SortStableFunc(mistakes, mistake.compare)
		e := &ReviewError{Advice: "correct the workbook, save it, and run fix again"}
		for _, m := range mistakes {
			e.Problems = append(e.Problems, m.String())
		}
		e.Problems = append(e.Problems, d.missing...)
		return nil, e
	}
	decided.Review.Workbook = filepath.Base(d.file.Path)
	decided.Review.WorkbookSum, decided.Review.ScanSum = d.file.Sum, d.file.ScanSum
	return decided, nil
}
