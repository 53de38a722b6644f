package report

import (
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// A sheetTable is written row by row to a sheet with one Excel table, and to
// more of them once one is full.
type sheetTable struct {
	book    *workbook
	name    string // of the sheet and the table
	columns []sheetColumn
	// empty is what to say below a table without rows.
	empty string
	// dress adds what belongs to whole columns, once the last row of a sheet
	// is known. May be nil.
	dress func(sheet string, lastRow int) error

	rows   int // written, on all sheets
	sheet  string
	stream *excelize.StreamWriter
	cells  []any
}

// A sheetColumn is named to readers, and to programs that read the table, by
// its head. Width is in digits of the default font.
type sheetColumn struct {
	head  string
	width float64
	wrap  bool
}

// place returns the sheet and row of a table that hold its n-th row from 0.
func (b *workbook) place(name string, n int) (sheet string, row int) {
	if n >= b.tableRows {
		name += " " + strconv.Itoa(n/b.tableRows+1)
	}
	return name, n%b.tableRows + 2
}

// location returns the target of a link to the n-th row of a table.
func (b *workbook) location(name string, n int) string {
	sheet, row := b.place(name, n)
	return "'" + sheet + "'!A" + strconv.Itoa(row)
}

// add writes a row. Band and rule are as in a look, for the whole row.
func (t *sheetTable) add(band, rule bool, values ...any) error {
	sheet, row := t.book.place(t.name, t.rows)
	if sheet != t.sheet {
		if err := t.turn(sheet); err != nil {
			return err
		}
	}
	t.cells = t.cells[:0]
	height := 0.0
	for i, value := range values {
		l := look{wrap: t.columns[i].wrap, grid: true, rule: rule, band: band}
		cell, err := t.book.cell(sheet, row, i+1, value, l)
		if err != nil {
			return err
		}
		text, _ := cell.Value.(string)
		height = max(height, l.height(text, t.columns[i].width))
		t.cells = append(t.cells, cell)
	}
	t.rows++
	return t.stream.SetRow("A"+strconv.Itoa(row), t.cells, excelize.RowOpts{Height: height})
}

// turn ends the sheet in hand, if there is one, and begins another.
func (t *sheetTable) turn(sheet string) error {
	if err := t.end(); err != nil {
		return err
	}
	t.sheet = sheet
	widths := make([]float64, len(t.columns))
	for i, c := range t.columns {
		widths[i] = c.width
	}
	stream, err := t.book.begin(sheet, "$1:$1", widths)
	if err != nil {
		return err
	}
	t.stream = stream
	if err := stream.SetPanes(&excelize.Panes{
		Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight",
		Selection: []excelize.Selection{{SQRef: "B2", ActiveCell: "B2", Pane: "bottomRight"}},
	}); err != nil {
		return err
	}
	id, err := t.book.style(look{face: faceHeader, wrap: true, grid: true})
	if err != nil {
		return err
	}
	heads := make([]any, len(t.columns))
	for i, c := range t.columns {
		heads[i] = excelize.Cell{StyleID: id, Value: c.head}
	}
	return stream.SetRow("A1", heads, excelize.RowOpts{Height: 42})
}

// end completes the sheet in hand. What belongs to its columns has to be
// there before the stream is flushed: excelize leaves out what comes later.
func (t *sheetTable) end() error {
	if t.stream == nil {
		return nil
	}
	lastRow := 2 // Excel wants one row below the header, even if it is blank
	if t.rows > 0 {
		_, lastRow = t.book.place(t.name, t.rows-1)
	}
	corner, err := excelize.CoordinatesToCellName(len(t.columns), lastRow)
	if err != nil {
		return err
	}
	if err := t.stream.AddTable(&excelize.Table{
		Name: strings.ReplaceAll(t.sheet, " ", "_"), Range: "A1:" + corner,
		StyleName: "TableStyleLight1", ShowRowStripes: new(false),
	}); err != nil {
		return err
	}
	if t.dress != nil {
		if err := t.dress(t.sheet, lastRow); err != nil {
			return err
		}
	}
	return t.stream.Flush()
}

// close completes the table.
func (t *sheetTable) close() error {
	if t.rows > 0 {
		return t.end()
	}
	if err := t.turn(t.name); err != nil {
		return err
	}
	cell, err := t.book.cell(t.sheet, 3, 1, t.empty, look{face: faceNote})
	if err != nil {
		return err
	}
	if err := t.stream.SetRow("A3", []any{cell}); err != nil {
		return err
	}
	return t.end()
}
