package workbook

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// A sheetTable is an Excel table on a sheet of its own, and on more of them
// once one is full.
type sheetTable struct {
	book    *book
	name    string // of the sheet and the table
	columns []sheetColumn
	count   int                    // of rows, on all sheets
	rows    func(*rowWriter) error // adds them
	// empty is what to say below a table without rows.
	empty string
	// frozen is how many columns stay in sight, printed how many are on paper: all but the
	// folded ones if it is 0.
	frozen, printed int
	// large sets the rows in the size of the default font.
	large bool
	// dress adds what belongs to whole columns. May be nil.
	dress func(sheet string, lastRow int) error
}

// A sheetColumn is named to readers, and to programs that read the table, by
// its head. Width is in digits of the default font.
type sheetColumn struct {
	head  string
	width float64
	wrap  bool
	// bold sets off names.
	bold bool
	// folded has the column in a group at the end, which is closed and not printed.
	folded bool
	// input is a column in which people write.
	input bool
}

// place returns the sheet and row of a table that hold its n-th row from 0.
func (b *book) place(name string, n int) (sheet string, row int) {
	if n >= b.tableRows {
		name += " " + strconv.Itoa(n/b.tableRows+1)
	}
	return name, n%b.tableRows + 2
}

// location returns the target of a link to the n-th row of a table.
func (b *book) location(name string, n int) string {
	sheet, row := b.place(name, n)
	return "'" + sheet + "'!A" + strconv.Itoa(row)
}

// lay makes the sheets of a table with all but its rows.
func (b *book) lay(t *sheetTable) error {
	t.book = b
	b.tables = append(b.tables, t)
	if err := t.registerLooks(); err != nil {
		return err
	}
	for n := 0; n == 0 || n < t.count; n += b.tableRows {
		sheet, _ := b.place(t.name, n)
		if err := t.laySheet(sheet, 1+min(t.count-n, b.tableRows)); err != nil {
			return err
		}
	}
	return nil
}

// registerLooks has excelize know every look that a cell can have: the styles
// are written before the rows.
func (t *sheetTable) registerLooks() error {
	for _, c := range t.columns {
		for _, l := range []look{{}, {face: faceBold}, {face: faceLink}, {number: true}, {date: true}, {quoted: true}, {face: faceBold, quoted: true}, {face: faceLink, quoted: true}} {
			for i := range 4 {
				if c.bold && l.face == facePlain {
					l.face = faceBold
				}
				l.wrap, l.grid, l.rule, l.band, l.large, l.input = c.wrap, true, i&1 != 0, i&2 != 0, t.large, c.input
				if _, err := t.book.style(l); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (t *sheetTable) laySheet(sheet string, lastRow int) error {
	widths := make([]float64, len(t.columns))
	for i, c := range t.columns {
		widths[i] = c.width
	}
	if err := t.book.begin(sheet, "$1:$1", widths); err != nil {
		return err
	}
	if err := t.layColumns(sheet, lastRow); err != nil {
		return err
	}
	used := lastRow
	if t.count == 0 {
		if err := t.book.put(sheet, 3, 1, newCell(t.empty, look{face: faceNote})); err != nil {
			return err
		}
		lastRow, used = 2, 3 // Excel wants one row below the header, even if it is blank
	}
	last := columnName(len(t.columns))
	if err := t.book.SetSheetDimension(sheet, "A1:"+last+strconv.Itoa(used)); err != nil {
		return err
	}
	if err := t.book.AddTable(sheet, &excelize.Table{
		Name: strings.ReplaceAll(sheet, " ", "_"), Range: "A1:" + last + strconv.Itoa(lastRow),
		StyleName: "TableStyleLight1", ShowRowStripes: new(false),
	}); err != nil || t.dress == nil {
		return err
	}
	return t.dress(sheet, lastRow)
}

// layColumns writes the header, keeps the first columns in sight and closes the folded ones.
func (t *sheetTable) layColumns(sheet string, lastRow int) error {
	corner := columnName(t.frozen+1) + "2"
	if err := t.book.SetPanes(sheet, &excelize.Panes{
		Freeze: true, XSplit: t.frozen, YSplit: 1, TopLeftCell: corner, ActivePane: "bottomRight",
		Selection: []excelize.Selection{{SQRef: corner, ActiveCell: corner, Pane: "bottomRight"}},
	}); err != nil {
		return err
	}
	printed := t.printed
	for i, c := range t.columns {
		if err := t.book.put(sheet, 1, i+1, newCell(c.head, look{face: faceHeader, wrap: true, grid: true, large: t.large})); err != nil {
			return err
		}
		if !c.folded {
			if t.printed == 0 {
				printed = i + 1
			}
			continue
		}
		if err := t.book.SetColOutlineLevel(sheet, columnName(i+1), 1); err != nil {
			return err
		}
		if err := t.book.SetColVisible(sheet, columnName(i+1), false); err != nil {
			return err
		}
	}
	if err := t.book.SetRowHeight(sheet, 1, 42); err != nil {
		return err
	}
	return t.book.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Area", Scope: sheet, RefersTo: fmt.Sprintf("'%s'!$A$1:$%s$%d", sheet, columnName(printed), max(lastRow, 3)),
	})
}

func columnName(n int) string {
	name, _ := excelize.ColumnNumberToName(n)
	return name
}

// none says that nothing was found, and not that there is nothing if the scan
// was incomplete.
func (b *book) none(what string) string {
	if b.audit.Complete() {
		return "No " + what + " found: everything that was to be read was read."
	}
	return "No " + what + " found in what was read. The scan is INCOMPLETE: see the sheet " + summarySheet + "."
}
