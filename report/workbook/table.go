package workbook

import (
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
	// dress adds what belongs to whole columns. May be nil.
	dress func(sheet string, lastRow int) error
}

// A sheetColumn is named to readers, and to programs that read the table, by
// its head. Width is in digits of the default font.
type sheetColumn struct {
	head  string
	width float64
	wrap  bool
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
		for _, l := range []look{{}, {face: faceBold}, {face: faceLink}, {number: true}, {quoted: true}, {face: faceBold, quoted: true}, {face: faceLink, quoted: true}} {
			for i := range 4 {
				l.wrap, l.grid, l.rule, l.band = c.wrap, true, i&1 != 0, i&2 != 0
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
	if err := t.book.SetPanes(sheet, &excelize.Panes{
		Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight",
		Selection: []excelize.Selection{{SQRef: "B2", ActiveCell: "B2", Pane: "bottomRight"}},
	}); err != nil {
		return err
	}
	for i, c := range t.columns {
		if err := t.book.put(sheet, 1, i+1, newCell(c.head, look{face: faceHeader, wrap: true, grid: true})); err != nil {
			return err
		}
	}
	if err := t.book.SetRowHeight(sheet, 1, 42); err != nil {
		return err
	}
	if t.count == 0 {
		if err := t.book.put(sheet, 3, 1, newCell(t.empty, look{face: faceNote})); err != nil {
			return err
		}
		lastRow = 2 // Excel wants one row below the header, even if it is blank
	}
	corner, err := excelize.CoordinatesToCellName(len(t.columns), lastRow)
	if err != nil {
		return err
	}
	if err := t.book.SetSheetDimension(sheet, "A1:"+corner); err != nil {
		return err
	}
	if err := t.book.AddTable(sheet, &excelize.Table{
		Name: strings.ReplaceAll(sheet, " ", "_"), Range: "A1:" + corner,
		StyleName: "TableStyleLight1", ShowRowStripes: new(false),
	}); err != nil || t.dress == nil {
		return err
	}
	return t.dress(sheet, lastRow)
}

// none says that nothing was found, and not that there is nothing if the scan
// was incomplete.
func (b *book) none(what string) string {
	if b.audit.Complete() {
		return "No " + what + " found: everything that was to be read was read."
	}
	return "No " + what + " found in what was read. The scan is INCOMPLETE: see the sheet " + summarySheet + "."
}
