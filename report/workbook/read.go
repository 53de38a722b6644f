package workbook

import (
	"cmp"
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
	changeAt = iota
	attributeAt
	oldAt
	newAt
	decisionAt
	commentAt
	dnAt
	columnsRead
)

var headsRead = [columnsRead]string{changeColumn, attributeColumn, oldColumn, newColumn, decisionColumn, commentColumn, dnColumn}

// A reviewSheet is a sheet that has rows of the table of changes.
type reviewSheet struct {
	name    string
	order   int              // among the sheets
	columns [columnsRead]int // 0 until the header is read
}

// A place is where the row of a change stands.
type place struct {
	sheet *reviewSheet
	row   int
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

// changesTable matches the names of the tables of changes, and changesName those
// of their sheets, which stay if a program drops the tables.
var (
	changesTable = regexp.MustCompile(`^` + changesSheet + `(_[0-9]+)?$`)
	changesName  = regexp.MustCompile(`^` + changesSheet + `( [0-9]+)?$`)
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

// Read reads the decisions in a workbook on the changes of a scan, the audit in the
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
	if err := d.readTables(x); err != nil {
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

// readTables reads the tables of changes, whatever the order of their rows and
// columns. What is wrong in single rows is noted, for Approved to tell.
func (d *Decisions) readTables(x *xlsx.Reader) error {
	changes := d.audit.Changes
	d.replies, d.places = make([]conflicts.Reply, len(changes)), make([]place, len(changes))
	d.unclear = make(map[conflicts.Key]bool)
	if len(changes) == 0 {
		return nil
	}
	keys := newChangeKeys(changes)
	byKey := make(map[string]int, len(changes))
	for i := range changes {
		byKey[keys.of(i)] = i
	}
	var sheets []*reviewSheet
	for _, s := range x.Sheets {
		if !changesName.MatchString(s.Name) && !slices.ContainsFunc(s.Tables, changesTable.MatchString) {
			continue
		}
		sheet := &reviewSheet{name: s.Name, order: len(sheets)}
		sheets = append(sheets, sheet)
		err := s.Rows(func(row *xlsx.Row) error {
			if sheet.columns[changeAt] > 0 {
				d.readRow(sheet, row, byKey)
				return nil
			}
			return sheet.readHeader(row)
		})
		if err != nil {
			return err
		}
		if sheet.columns[changeAt] == 0 {
			return fmt.Errorf("sheet %s: no row with the heads %s and %s", s.Name, changeColumn, decisionColumn)
		}
	}
	if len(sheets) == 0 {
		return fmt.Errorf("no table and no sheet is called %s", changesSheet)
	}
	for i := range changes {
		if c := &changes[i]; d.places[i].sheet == nil {
			d.unclear[c.Key] = true
			d.missing = append(d.missing, fmt.Sprintf("sheet %s: the row of %s is missing: %s %s of %s", changesSheet, keys.of(i), c.Attribute, c.Old, c.Object.DN))
		}
	}
	return nil
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
	if columns[changeAt] == 0 || columns[decisionAt] == 0 {
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
	key := cells[changeAt].Text
	change, known := byKey[key]
	wrong := func(column int, format string, args ...any) {
		d.mistakes = append(d.mistakes, mistake{here, sheet.columns[column], fmt.Sprintf(format, args...)})
		if known {
			d.unclear[d.audit.Changes[change].Key] = true
		}
	}
	if !known {
		if key != "" || cells[decisionAt].Text != "" {
			wrong(changeAt, "%s: no change of the scan has this key: it was edited", cmp.Or(key, "empty"))
		}
		return
	}
	if first := d.places[change]; first.sheet != nil {
		wrong(changeAt, "%s: stands in sheet %s, row %d, too", key, first.sheet.name, first.row)
		return
	}
	d.places[change] = here
	c := &d.audit.Changes[change]
	if cells[attributeAt].Text != shown(c.Attribute) || cells[oldAt].Text != shown(c.Old) || cells[dnAt].Text != shown(c.Object.DN) {
		wrong(changeAt, "%s: the key of %s %s of %s, which is not in this row: it was edited, or a column moved by itself", key, c.Attribute, c.Old, c.Object.DN)
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
	reply := &d.replies[change]
	reply.Comment = strings.Join(strings.Fields(cells[commentAt].Text), " ")
	if reply.New = cells[newAt].Text; reply.New != shown(c.New) {
		if reply.Edited = true; words.Escape(reply.New) != reply.New {
			wrong(newAt, "%s: holds a character that cannot be seen", reply.New)
		}
	}
	var ok bool
	if reply.Decision, ok = decisionWords[strings.ToLower(cells[decisionAt].Text)]; !ok {
		wrong(decisionAt, "%s: not a decision: write %s, %s or %s, or nothing", cells[decisionAt].Text, decisions[0].word, decisions[1].word, decisions[2].word)
	}
}

// shown is a text as it stands in a cell.
func shown(s string) string { return strings.TrimSpace(cut(words.Escape(s))) }

var decisionWords = map[string]conflicts.Decision{
	"": conflicts.Undecided, "approve": conflicts.Approved, "reject": conflicts.Rejected, "defer": conflicts.Deferred,
}
