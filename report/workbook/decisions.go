package workbook

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// Decisions are what people have decided in a workbook on the proposals of a scan.
type Decisions struct {
	file     File
	audit    *conflicts.Audit  // of the scan
	replies  []conflicts.Reply // to its proposals
	places   []place
	mistakes []mistake
	missing  []string               // rows
	unclear  map[conflicts.Key]bool // conflicts of which not all decisions could be read
}

// fieldsAt are the columns of the fields of a reply.
var fieldsAt = map[conflicts.ReplyField]int{conflicts.DecisionField: decisionAt, conflicts.NewField: newAt, conflicts.CommentField: commentAt}

// A ReviewError is all that is wrong with a review.
type ReviewError struct {
	// Problems begin with the cell or the file.
	Problems []string
	Advice   string
	// Unproven says that no directory was asked whether a typed address is free.
	Unproven bool
}

func (e *ReviewError) Error() string { return strings.Join(e.Problems, "\n") }

// Hint says what to do, or is empty.
func (e *ReviewError) Hint() string { return e.Advice }

// Unusable returns a [ReviewError] of one problem, and what to do about it.
func Unusable(hint, format string, args ...any) error {
	return &ReviewError{Problems: []string{fmt.Sprintf(format, args...)}, Advice: hint}
}

// Typed returns the addresses that were written over proposals and approved, so
// far as they are fit to be looked up.
func (d *Decisions) Typed() []conflicts.Address { return d.audit.Typed(d.replies) }

// Approved returns the audit with the changes that were approved; blocker is as
// for [conflicts.Audit.Decide]. Everything that is wrong in the workbook is one
// [ReviewError].
func (d *Decisions) Approved(blocker func(conflicts.Address, conflicts.Ref) *conflicts.Object) (*conflicts.Audit, error) {
	decided, wrong := d.audit.Decide(d.replies, blocker)
	mistakes, unproven := slices.Clone(d.mistakes), 0
	for _, m := range wrong {
		if d.unclear[d.audit.Proposals[m.Proposal].Conflict.Key] {
			continue // what was meant is not known
		}
		at := d.places[m.Proposal]
		problem := m.Problem
		if m.Other >= 0 && d.places[m.Other].sheet != nil {
			problem += fmt.Sprintf(" (see %s)", d.places[m.Other].cell(fieldsAt[m.Field]))
		}
		mistakes = append(mistakes, mistake{at, at.sheet.columns[fieldsAt[m.Field]], problem})
		if m.Unproven {
			unproven++
		}
	}
	if len(mistakes)+len(d.missing) > 0 {
		slices.SortStableFunc(mistakes, mistake.compare)
		e := &ReviewError{Unproven: unproven > 0}
		if len(mistakes)+len(d.missing) > unproven {
			e.Advice = "correct the workbook, save it, and run fix again"
		}
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
