package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/osfile"
	"proxyaddr/report/xlsx"
)

// A Review is a workbook in which people have decided on the changes of a scan.
type Review struct {
	audit                *conflicts.Audit
	workbook             string
	workbookSum, scanSum Sum
	replies              []conflicts.Reply
	places               []place
	mistakes             []mistake
	missing              []string               // rows
	unclear              map[conflicts.Key]bool // conflicts of which not all decisions could be read
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

func unusable(hint, format string, args ...any) error {
	return &ReviewError{[]string{fmt.Sprintf(format, args...)}, hint}
}

// maxWorkbook is how many bytes a workbook may have.
const maxWorkbook = 1 << 30

// OpenReview reads the decisions in the workbook at path, and the scan.json
// beside it, from which [Publish] made the workbook. That says what is decided on;
// of the workbook nothing but decisions, new values and comments is taken.
//
// A workbook that is not of this scan, and either file if it is damaged, is a
// [ReviewError]. What is wrong in single rows [Review.Approved] tells. A workbook
// of any origin can be read: its size, and what is unpacked of it, is limited by
// that of the scan.
func OpenReview(path string) (*Review, error) {
	f, err := osfile.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxWorkbook {
		return nil, unusable("", "%s: more than %d MiB", path, maxWorkbook>>20)
	}
	r := &Review{workbook: filepath.Base(path)}
	if r.workbookSum, err = summed(io.Discard, func(w io.Writer) error { _, err := io.Copy(w, f); return err }); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := r.readScan(filepath.Dir(path)); err != nil {
		return nil, err
	}
	x, err := xlsx.NewReader(f, info.Size(), r.limit())
	if err != nil {
		return nil, unusable("save it as .xlsx, without a password", "%s: %v", path, err)
	}
	of, err := scanOf(x)
	switch {
	case err != nil:
		return nil, unusable("", "%s: %v", path, err)
	case of == "":
		return nil, unusable("review the workbook that the scan wrote: its sheets in another one do not tell what they are about", "%s: does not name its scan", path)
	case of != r.scanSum.String():
		return nil, unusable("put the workbook beside the files of its own scan", "%s: of another scan than the %s beside it", path, ScanFile)
	}
	if err := r.readDecisions(x); err != nil {
		return nil, unusable("", "%s: %v", path, err)
	}
	return r, nil
}

// limit is how many bytes a part of the workbook may have, unpacked: 4 KiB for
// each row that the scan gave it, and 64 MiB besides.
func (r *Review) limit() int64 {
	rows := len(r.audit.Changes) + len(r.audit.Findings)
	for i := range r.audit.Conflicts {
		rows += len(r.audit.Conflicts[i].Owners)
	}
	return 64<<20 + 4<<10*int64(rows)
}

// readScan reads scan.json, and holds it to SHA256SUMS where that is there.
func (r *Review) readScan(dir string) error {
	path := filepath.Join(dir, ScanFile)
	f, err := osfile.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return unusable("put the workbook back beside the files of its scan", "%s is missing; fix needs the scan.json that was written with this workbook", path)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var broken error
	r.scanSum, err = summed(io.Discard, func(w io.Writer) error {
		in := io.TeeReader(f, w)
		r.audit, broken = ReadJSON(in)
		_, err := io.Copy(io.Discard, in)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	changed, err := Contradicted(path, r.scanSum.String())
	if err != nil {
		return err
	}
	if changed {
		return unusable("restore it, or scan again and review the new workbook", "%s: was changed after the scan: %s lists another checksum", path, sumsFile)
	}
	if broken != nil {
		return unusable("", "%s: %v", path, broken)
	}
	return nil
}

// scanOf returns the checksum of the scan.json that a workbook was made with.
// Some programs drop the property, but none the cell.
func scanOf(x *xlsx.Reader) (sum string, err error) {
	if sum, err = x.Property(scanProperty); sum != "" || err != nil {
		return sum, err
	}
	for _, s := range x.Sheets {
		if s.Name != aboutSheet {
			continue
		}
		err = s.Rows(func(row *xlsx.Row) error {
			if len(row.Cells) == 2 && row.Cells[0].Text == scanProperty {
				sum = row.Cells[1].Text
			}
			return nil
		})
	}
	return sum, err
}

// Typed returns the addresses that were written over proposals and approved, so
// far as they are fit to be looked up.
func (r *Review) Typed() []conflicts.Address { return r.audit.Typed(r.replies) }

// Approved returns the audit with the changes that were approved; holder is as
// for [conflicts.Audit.Decide]. Everything that is wrong in the workbook is one
// [ReviewError].
func (r *Review) Approved(holder func(conflicts.Address, conflicts.Ref) string) (*conflicts.Audit, error) {
	decided, wrong := r.audit.Decide(r.replies, holder)
	mistakes := slices.Clone(r.mistakes)
	for _, m := range wrong {
		if r.unclear[r.audit.Changes[m.Change].Key] {
			continue // what was meant is not known
		}
		column := decisionAt
		if m.New {
			column = newAt
		}
		at := r.places[m.Change]
		mistakes = append(mistakes, mistake{at, at.sheet.columns[column], m.Problem})
	}
	if len(mistakes)+len(r.missing) > 0 {
		slices.SortStableFunc(mistakes, mistake.compare)
		e := &ReviewError{Advice: "correct the workbook, save it, and run fix again"}
		for _, m := range mistakes {
			e.Problems = append(e.Problems, m.String())
		}
		e.Problems = append(e.Problems, r.missing...)
		return nil, e
	}
	decided.Review.Workbook = r.workbook
	decided.Review.WorkbookSum, decided.Review.ScanSum = r.workbookSum.String(), r.scanSum.String()
	return decided, nil
}
