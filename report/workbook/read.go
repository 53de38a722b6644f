package workbook

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
	"proxyaddr/report/workbook/xlsx"
)

// The columns that are read again, by their heads.
const (
	decisionAt = iota
	addressAt
	newAt
	commentAt
	keyAt
	guidAt
	dnAt
	columnsRead
)

var headsRead = [columnsRead]string{decisionColumn, addressColumn, newColumn, commentColumn, keyColumn, guidColumn, dnColumn}

// A reviewSheet is a sheet that has rows of the table of decisions.
type reviewSheet struct {
	name    string
	order   int              // among the sheets
	columns [columnsRead]int // 0 until the header is read
}

// A place is where the row of a proposal stands.
type place struct {
	sheet *reviewSheet
	row   int
}

// cell names a cell of the row by one of the columns that are read.
func (p place) cell(column int) string {
	return fmt.Sprintf("sheet %s, cell %s", p.sheet.name, xlsx.Reference(p.sheet.columns[column], p.row))
}

// A mistake is what is wrong in a cell.
type mistake struct {
	place
	column  int
	problem string
}

func (m mistake) compare(n mistake) int {
	return cmp.Or(cmp.Compare(m.sheet.order, n.sheet.order), cmp.Compare(m.row, n.row), cmp.Compare(m.column, n.column))
}

func (m mistake) String() string {
	return fmt.Sprintf("sheet %s, cell %s: %s", m.sheet.name, xlsx.Reference(m.column, m.row), m.problem)
}

// decideTable matches the names of the tables of decisions, and decideName those of their
// sheets, which stay if a program drops the tables. In workbooks of earlier versions people
// decided in a sheet of another name.
var (
	decideTable = regexp.MustCompile(`^` + decideSheet + `(_[0-9]+)?$`)
	decideName  = regexp.MustCompile(`^` + decideSheet + `( [0-9]+)?$`)
	earlierName = regexp.MustCompile(`^Changes( [0-9]+)?$`)
)

// A File is a workbook to be read.
type File struct {
	io.ReaderAt
	Size int64
	// Path stands for it in errors.
	Path string
	// Sum and ScanSum are the SHA-256, in hexadecimal, of it and of the scan.json
	// beside it.
	Sum, ScanSum string
}

// errEarlier is what is wrong with a workbook in which people decided on single changes.
var errEarlier = errors.New("was written by an earlier version, with a sheet Changes in the place of " + decideSheet)

// Read reads the decisions in a workbook on the proposals of a scan, the audit in the
// scan.json beside it. Of the workbook nothing but decisions, new values and comments
// is taken.
//
// A workbook that is damaged or of another scan is a [ReviewError]. What is wrong in
// single rows [Decisions.Approved] tells. A workbook of any origin can be read: what is
// unpacked of it is limited by the size of the scan.
func Read(f File, scan *conflicts.Audit) (*Decisions, error) {
	x, err := xlsx.NewReader(f, f.Size, limit(scan))
	if err != nil {
		return nil, Unusable("save it as .xlsx, without a password", "%s: %v", f.Path, err)
	}
	of, err := scanOf(x)
	switch {
	case err != nil:
		return nil, Unusable("", "%s: %v", f.Path, err)
	case of == "":
		return nil, Unusable("review the workbook that the scan wrote: its sheets in another one do not tell what they are about", "%s: does not name its scan", f.Path)
	case of != f.ScanSum:
		return nil, Unusable("put the workbook beside the files of its own scan", "%s: of another scan than the scan.json beside it", f.Path)
	}
	d := &Decisions{file: f, audit: scan}
	err = d.readTables(x)
	if errors.Is(err, errEarlier) {
		return nil, Unusable("run fix of the version that wrote it, or scan again and decide in the new workbook", "%s: %v", f.Path, err)
	}
	if err != nil {
		return nil, Unusable("", "%s: %v", f.Path, err)
	}
	return d, nil
}

// limit is how many bytes a part of a workbook may have, unpacked: 4 KiB for each
// row that the scan gave it, and 64 MiB besides.
func limit(scan *conflicts.Audit) int64 {
	rows := len(scan.Changes) + len(scan.Findings)
	for i := range scan.Conflicts {
		rows += len(scan.Conflicts[i].Owners)
	}
	return 64<<20 + 4<<10*int64(rows)
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

// readTables reads the tables of decisions, whatever the order of their rows and
// columns. What is wrong in single rows is noted, for Approved to tell.
func (d *Decisions) readTables(x *xlsx.Reader) error {
	proposals := d.audit.Proposals
	d.replies, d.places = make([]conflicts.Reply, len(proposals)), make([]place, len(proposals))
	d.unclear = make(map[conflicts.Key]bool)
	if len(proposals) == 0 {
		return nil
	}
	keys := newProposalKeys(proposals)
	byKey := make(map[string]int, len(proposals))
	for i := range proposals {
		byKey[keys.of(i)] = i
	}
	order, earlier := 0, false
	for _, s := range x.Sheets {
		earlier = earlier || earlierName.MatchString(s.Name)
		if !decideName.MatchString(s.Name) && !slices.ContainsFunc(s.Tables, decideTable.MatchString) {
			continue
		}
		sheet := &reviewSheet{name: s.Name, order: order}
		order++
		if err := d.readSheet(s, sheet, byKey); err != nil {
			return err
		}
	}
	switch {
	case order == 0 && earlier:
		return errEarlier
	case order == 0:
		return fmt.Errorf("no table and no sheet is called %s", decideSheet)
	}
	for i := range proposals {
		if p := &proposals[i]; d.places[i].sheet == nil {
			d.unclear[p.Conflict.Key] = true
			d.missing = append(d.missing, fmt.Sprintf("sheet %s: the row of %s is missing: %s of %s", decideSheet, keys.of(i), shortAddress(p.Owner), p.Owner.DN))
		}
	}
	return nil
}

func (d *Decisions) readSheet(from *xlsx.Sheet, sheet *reviewSheet, byKey map[string]int) error {
	err := from.Rows(func(row *xlsx.Row) error {
		if sheet.columns[keyAt] > 0 {
			d.readRow(sheet, row, byKey)
			return nil
		}
		return sheet.readHeader(row)
	})
	if err == nil && sheet.columns[keyAt] == 0 {
		err = fmt.Errorf("sheet %s: no row with the heads %s and %s", sheet.name, decisionColumn, keyColumn)
	}
	return err
}

// readHeader looks for the columns in a row.
func (s *reviewSheet) readHeader(row *xlsx.Row) error {
	var columns [columnsRead]int
	for _, c := range row.Cells {
		i := slices.Index(headsRead[:], strings.TrimSpace(c.Text))
		if i < 0 {
			continue
		}
		if columns[i] > 0 {
			return fmt.Errorf("two columns are called %s", headsRead[i])
		}
		columns[i] = c.Column
	}
	if columns[keyAt] == 0 || columns[decisionAt] == 0 {
		return nil
	}
	if i := slices.Index(columns[:], 0); i >= 0 {
		return fmt.Errorf("the column %s is missing", headsRead[i])
	}
	s.columns = columns
	return nil
}

// readRow takes in the decision of a row. One without key and decision is not of
// the table.
func (d *Decisions) readRow(sheet *reviewSheet, row *xlsx.Row, byKey map[string]int) {
	var cells [columnsRead]xlsx.Cell
	for _, c := range row.Cells {
		if i := slices.Index(sheet.columns[:], c.Column); i >= 0 {
			c.Text = strings.TrimSpace(c.Text)
			cells[i] = c
		}
	}
	here := place{sheet, row.Number}
	key := cells[keyAt].Text
	n, known := byKey[key]
	wrong := func(column int, format string, args ...any) {
		d.mistakes = append(d.mistakes, mistake{here, sheet.columns[column], fmt.Sprintf(format, args...)})
		if known {
			d.unclear[d.audit.Proposals[n].Conflict.Key] = true
		}
	}
	if !known {
		if key != "" || cells[decisionAt].Text != "" {
			wrong(keyAt, "%s: no row of the scan has this key: it was edited", cmp.Or(key, "empty"))
		}
		return
	}
	if first := d.places[n]; first.sheet != nil {
		wrong(keyAt, "%s: stands in sheet %s, row %d, too", key, first.sheet.name, first.row)
		return
	}
	d.places[n] = here
	p := &d.audit.Proposals[n]
	if cells[addressAt].Text != shown(shortAddress(p.Owner)) || cells[guidAt].Text != p.Owner.GUID.String() || cells[dnAt].Text != shown(p.Owner.DN) {
		wrong(keyAt, "%s: the key of %s of %s, which is not in this row: a cell was edited, or a column moved by itself", key, shortAddress(p.Owner), p.Owner.DN)
		return
	}
	for i, cell := range cells {
		if cell.Formula {
			wrong(i, "a formula, not a value")
		}
	}
	if slices.ContainsFunc(cells[:], func(c xlsx.Cell) bool { return c.Formula }) {
		return
	}
	r := &d.replies[n]
	r.Comment = strings.Join(strings.Fields(cells[commentAt].Text), " ")
	if r.New = cells[newAt].Text; r.New != shown(newAddress(d.audit, p)) {
		if r.Edited = true; words.Escape(r.New) != r.New {
			wrong(newAt, "%s: holds a character that cannot be seen", r.New)
		}
	}
	if r.Decision, known = decisionOf(cells[decisionAt].Text); !known {
		known = true
		wrong(decisionAt, "%s: not a decision: write %s, or leave it empty", cells[decisionAt].Text, orList(allWords))
	}
}

// decisionOf returns the decision that a word makes, whatever its capitals.
func decisionOf(word string) (d conflicts.Decision, ok bool) {
	d, ok = map[string]conflicts.Decision{
		"": conflicts.Undecided, "approve": conflicts.Approved, "remove": conflicts.Removed, "swap": conflicts.Swapped,
		"reject": conflicts.Rejected, "defer": conflicts.Deferred,
	}[strings.ToLower(word)]
	return d, ok
}

// shown is a text as it stands in a cell.
func shown(s string) string { return strings.TrimSpace(cut(words.Escape(s))) }
