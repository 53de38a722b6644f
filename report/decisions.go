package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
	"proxyaddr/report/xlsx"
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

// readDecisions reads the tables of changes, whatever the order of their rows and
// columns. What is wrong in single rows is noted, for Approved to tell.
func (r *Review) readDecisions(x *xlsx.Reader) error {
	changes := r.audit.Changes
	r.replies, r.places = make([]conflicts.Reply, len(changes)), make([]place, len(changes))
	r.unclear = make(map[conflicts.Key]bool)
	if len(changes) == 0 {
		return nil
	}
	keys := changeKeys(changes)
	byKey := make(map[string]int, len(keys))
	for i, key := range keys {
		byKey[key] = i
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
				r.readRow(sheet, row, byKey)
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
		if c := &changes[i]; r.places[i].sheet == nil {
			r.unclear[c.Key] = true
			r.missing = append(r.missing, fmt.Sprintf("sheet %s: the row of %s is missing: %s %s of %s", changesSheet, keys[i], c.Attribute, c.Old, c.Object.DN))
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
func (r *Review) readRow(sheet *reviewSheet, row *xlsx.Row, byKey map[string]int) {
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
		r.mistakes = append(r.mistakes, mistake{here, sheet.columns[column], fmt.Sprintf(format, args...)})
		if known {
			r.unclear[r.audit.Changes[change].Key] = true
		}
	}
	if !known {
		if key != "" || cells[decisionAt].Text != "" {
			wrong(changeAt, "%s: no change of the scan has this key: it was edited", cmp.Or(key, "empty"))
		}
		return
	}
	if first := r.places[change]; first.sheet != nil {
		wrong(changeAt, "%s: stands in sheet %s, row %d, too", key, first.sheet.name, first.row)
		return
	}
	r.places[change] = here
	c := &r.audit.Changes[change]
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
	d := &r.replies[change]
	d.Comment = strings.Join(strings.Fields(cells[commentAt].Text), " ")
	if d.New = cells[newAt].Text; d.New != shown(c.New) {
		if d.Edited = true; words.Escape(d.New) != d.New {
			wrong(newAt, "%s: holds a character that cannot be seen", d.New)
		}
	}
	var ok bool
	if d.Decision, ok = decisionWords[strings.ToLower(cells[decisionAt].Text)]; !ok {
		wrong(decisionAt, "%s: not a decision: write %s, %s or %s, or nothing", cells[decisionAt].Text, decisions[0].word, decisions[1].word, decisions[2].word)
	}
}

// shown is a text as it stands in a cell.
func shown(s string) string { return strings.TrimSpace(cut(words.Escape(s))) }

var decisionWords = map[string]conflicts.Decision{
	"": conflicts.Undecided, "approve": conflicts.Approved, "reject": conflicts.Rejected, "defer": conflicts.Deferred,
}
