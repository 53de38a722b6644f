package workbook

import (
	"cmp"
	"fmt"
	"io"
	"maps"
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

// A reviewTable is a table in which people decided: what is written again in its rows, and
// what the scan says should stand there.
type reviewTable struct {
	name  string // of the table and its sheet
	heads [columnsRead]string
	// keys has the numbers of the rows by their keys.
	keys map[string]int
	// row says what stands in the n-th row.
	row func(n int) reviewRow
}

// A reviewRow is what a scan wrote in a row: the cells by which it is known again, and the
// proposal that people may write over.
type reviewRow struct {
	conflict                *conflicts.Conflict
	address, guid, dn, text string
}

func (r *reviewRow) String() string { return r.address + " of " + r.dn }

// tableOfDecisions is the table of proposals.
func tableOfDecisions(a *conflicts.Audit) *reviewTable {
	t := &reviewTable{name: decideSheet, keys: make(map[string]int, len(a.Proposals)),
		heads: [columnsRead]string{decisionColumn, addressColumn, newColumn, commentColumn, keyColumn, guidColumn, dnColumn}}
	keys := newProposalKeys(a.Proposals)
	for n := range a.Proposals {
		t.keys[keys.of(n)] = n
	}
	t.row = func(n int) reviewRow {
		p := &a.Proposals[n]
		replace := a.Replace(p)
		return reviewRow{p.Conflict, shortAddress(p.Owner), p.Owner.GUID.String(), p.Owner.DN, newAddress(&replace)}
	}
	return t
}

// A reviewSheet is a sheet that has rows of a table in which people decided.
type reviewSheet struct {
	name    string
	order   int              // among the sheets
	columns [columnsRead]int // 0 until the header is read
}

// A place is where a row stands.
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
	if err := d.readDecisions(x); err != nil {
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

// readDecisions reads the sheet of decisions, or what earlier versions had in its place.
func (d *Decisions) readDecisions(x *xlsx.Reader) error {
	if len(d.audit.Proposals) == 0 {
		d.unclear = map[conflicts.Key]bool{}
		return nil
	}
	t := tableOfDecisions(d.audit)
	sheets := t.sheets(x)
	if len(sheets) > 0 {
		return d.readTable(t, sheets)
	}
	earlier := tableOfChanges(d.audit)
	if sheets = earlier.sheets(x); len(sheets) == 0 {
		return fmt.Errorf("no table and no sheet is called %s", t.name)
	}
	if err := d.readTable(earlier, sheets); err != nil {
		return err
	}
	d.joinChanges()
	return nil
}

// sheets returns those that have rows of the table, by the name of the table, or their own if a
// program dropped the table.
func (t *reviewTable) sheets(x *xlsx.Reader) (list []*xlsx.Sheet) {
	name := regexp.MustCompile(`^` + t.name + `([ _][0-9]+)?$`)
	for _, s := range x.Sheets {
		if name.MatchString(s.Name) || slices.ContainsFunc(s.Tables, name.MatchString) {
			list = append(list, s)
		}
	}
	return list
}

// readTable reads a table, whatever the order of its rows and columns. What is wrong in single
// rows is noted, for Approved to tell.
func (d *Decisions) readTable(t *reviewTable, sheets []*xlsx.Sheet) error {
	n := len(t.keys)
	d.replies, d.places, d.unclear = make([]conflicts.Reply, n), make([]place, n), map[conflicts.Key]bool{}
	for i, from := range sheets {
		sheet := &reviewSheet{name: from.Name, order: i}
		err := from.Rows(func(row *xlsx.Row) error {
			if sheet.columns[keyAt] > 0 {
				d.readRow(t, sheet, row)
				return nil
			}
			return sheet.readHeader(t, row)
		})
		if err == nil && sheet.columns[keyAt] == 0 {
			err = fmt.Errorf("sheet %s: no row with the heads %s and %s", sheet.name, t.heads[decisionAt], t.heads[keyAt])
		}
		if err != nil {
			return err
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(t.keys), func(a, b string) int { return cmp.Compare(t.keys[a], t.keys[b]) }) {
		if n := t.keys[key]; d.places[n].sheet == nil {
			row := t.row(n)
			d.unclear[row.conflict.Key] = true
			d.missing = append(d.missing, fmt.Sprintf("sheet %s: the row of %s is missing: %s", t.name, key, &row))
		}
	}
	return nil
}

// readHeader looks for the columns in a row.
func (s *reviewSheet) readHeader(t *reviewTable, row *xlsx.Row) error {
	var columns [columnsRead]int
	for _, c := range row.Cells {
		i := slices.Index(t.heads[:], strings.TrimSpace(c.Text))
		if i < 0 {
			continue
		}
		if columns[i] > 0 {
			return fmt.Errorf("two columns are called %s", t.heads[i])
		}
		columns[i] = c.Column
	}
	if columns[keyAt] == 0 || columns[decisionAt] == 0 {
		return nil
	}
	if i := slices.Index(columns[:], 0); i >= 0 {
		return fmt.Errorf("the column %s is missing", t.heads[i])
	}
	s.columns = columns
	return nil
}

// readRow reads the decision of a row. A row without key and decision does not belong to the
// table.
func (d *Decisions) readRow(t *reviewTable, sheet *reviewSheet, row *xlsx.Row) {
	var cells [columnsRead]xlsx.Cell
	for _, c := range row.Cells {
		if i := slices.Index(sheet.columns[:], c.Column); i >= 0 {
			c.Text = strings.TrimSpace(c.Text)
			cells[i] = c
		}
	}
	here := place{sheet, row.Number}
	key := cells[keyAt].Text
	n, known := t.keys[key]
	if !known {
		if key != "" || cells[decisionAt].Text != "" {
			d.wrong(here, keyAt, "%s: no row of the scan has this key: it was edited", cmp.Or(key, "empty"))
		}
		return
	}
	if first := d.places[n]; first.sheet != nil {
		d.unclear[t.row(n).conflict.Key] = true
		d.wrong(here, keyAt, "%s: stands in sheet %s, row %d, too", key, first.sheet.name, first.row)
		return
	}
	d.places[n] = here
	scanned := t.row(n)
	mistakes := len(d.mistakes)
	d.replies[n] = d.readReply(here, cells, key, &scanned)
	if len(d.mistakes) > mistakes {
		d.unclear[scanned.conflict.Key] = true
	}
}

// wrong notes a mistake in a cell.
func (d *Decisions) wrong(at place, column int, format string, args ...any) {
	d.mistakes = append(d.mistakes, mistake{at, at.sheet.columns[column], fmt.Sprintf(format, args...)})
}

// readReply reads what people wrote in a row, if it is the one that the scan wrote.
func (d *Decisions) readReply(here place, cells [columnsRead]xlsx.Cell, key string, scanned *reviewRow) (r conflicts.Reply) {
	if cells[addressAt].Text != shown(scanned.address) || cells[guidAt].Text != shown(scanned.guid) || cells[dnAt].Text != shown(scanned.dn) {
		d.wrong(here, keyAt, "%s: the key of %s, which is not in this row: a cell was edited, or a column moved by itself", key, scanned)
		return r
	}
	formula := false
	for i, cell := range cells {
		if cell.Formula {
			formula = true
			d.wrong(here, i, "a formula, not a value")
		}
	}
	if formula {
		return r
	}
	r.Comment = strings.Join(strings.Fields(cells[commentAt].Text), " ")
	if r.New = cells[newAt].Text; r.New != shown(scanned.text) {
		if r.Edited = true; words.Escape(r.New) != r.New {
			d.wrong(here, newAt, "%s: holds a character that cannot be seen", r.New)
		}
	}
	var ok bool
	if r.Decision, ok = decisionOf(cells[decisionAt].Text); !ok {
		d.wrong(here, decisionAt, "%s: not a decision: write %s, or leave it empty", cells[decisionAt].Text, conflicts.Enumerate(allWords, "or"))
	}
	return r
}

// decisionOf returns the decision that a word makes, whatever its capitals.
func decisionOf(word string) (d conflicts.Decision, ok bool) {
	d, ok = map[string]conflicts.Decision{
		"": conflicts.Undecided, "approve": conflicts.Approved, "remove": conflicts.Removed, "swap": conflicts.Swapped,
		"reject": conflicts.Rejected, "defer": conflicts.Deferred,
	}[strings.ToLower(word)]
	return d, ok
}

// shown returns a text in the form that a cell shows.
func shown(s string) string { return strings.TrimSpace(cut(words.Escape(s))) }
