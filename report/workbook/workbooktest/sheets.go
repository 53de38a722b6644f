package workbooktest

import (
	"iter"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// Records reads a table by the heads of its columns, as programs do that get
// the workbook back.
func Records(t *testing.T, f *excelize.File, sheet string) []map[string]string {
	t.Helper()
	tables, err := f.GetTables(sheet)
	if err != nil || len(tables) != 1 {
		t.Fatalf("%s: tables %v, %v; want one", sheet, tables, err)
	}
	if want := strings.ReplaceAll(sheet, " ", "_"); tables[0].Name != want {
		t.Errorf("%s: its table is called %q, want %q", sheet, tables[0].Name, want)
	}
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	corner, err := excelize.CoordinatesToCellName(len(rows[0]), max(len(rows), 2))
	if err != nil {
		t.Fatal(err)
	}
	if want := "A1:" + corner; len(rows) != 3 && tables[0].Range != want {
		t.Errorf("%s: table %s, want %s", sheet, tables[0].Range, want)
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		record := map[string]string{}
		for i, head := range rows[0] {
			if i < len(row) {
				record[head] = row[i]
			} else {
				record[head] = ""
			}
		}
		all = append(all, record)
	}
	return all
}

// Edit changes the workbook at path as a reviewer does.
func Edit(t *testing.T, path string, change func(*Editor)) {
	t.Helper()
	EditSheet(t, path, "Decide", change)
}

// EditSheet is Edit for another sheet than that of decisions.
func EditSheet(t *testing.T, path, sheet string, change func(*Editor)) {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	change(NewEditor(t, f, sheet))
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
}

// An Editor changes cells of a sheet, by the heads of its columns.
type Editor struct {
	*excelize.File
	t       testing.TB
	Sheet   string
	columns map[string]int
}

// NewEditor returns an editor of a sheet.
func NewEditor(t testing.TB, f *excelize.File, sheet string) *Editor {
	return &Editor{File: f, t: t, Sheet: sheet}
}

// Must ends the test on an error.
func (e *Editor) Must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// Cell returns the name of a cell; where columns are is asked once.
func (e *Editor) Cell(head string, row int) string {
	e.t.Helper()
	if e.columns == nil {
		rows, err := e.GetRows(e.Sheet)
		e.Must(err)
		e.columns = map[string]int{}
		for i, head := range rows[0] {
			e.columns[head] = i + 1
		}
	}
	name, err := excelize.CoordinatesToCellName(e.columns[head], row)
	e.Must(err)
	return name
}

// Set sets a cell.
func (e *Editor) Set(head string, row int, value any) {
	e.t.Helper()
	e.Must(e.SetCellValue(e.Sheet, e.Cell(head, row), value))
}

// All sets the decision of every row.
func (e *Editor) All(decision string) {
	for row := range e.rows() {
		e.Set("Decision", row, decision)
	}
}

// Take sets the decision of every row that has a new address, and has the address removed where
// there is none.
func (e *Editor) Take(decision string) {
	for row := range e.rows() {
		updated, err := e.GetCellValue(e.Sheet, e.Cell("New address", row))
		e.Must(err)
		if updated == "" {
			e.Set("Decision", row, "Remove")
		} else {
			e.Set("Decision", row, decision)
		}
	}
}

// rows are the numbers of the rows below the header.
func (e *Editor) rows() iter.Seq[int] {
	rows, err := e.GetRows(e.Sheet)
	e.Must(err)
	return func(yield func(int) bool) {
		for i := range rows[1:] {
			if rows[i+1] != nil && !yield(i+2) {
				return
			}
		}
	}
}
