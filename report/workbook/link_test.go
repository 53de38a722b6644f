package workbook

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"proxyaddr/report/workbook/workbooktest"
)

// target returns the sheet and the record to which a cell leads, if to any.
func target(t *testing.T, f *excelize.File, sheet string, col, row int) (string, map[string]string) {
	t.Helper()
	cell, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		t.Fatal(err)
	}
	ok, link, err := f.GetCellHyperLink(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return "", nil
	}
	to, ref, _ := strings.Cut(link, "!")
	to = strings.Trim(to, "'")
	_, n, err := excelize.CellNameToCoordinates(ref)
	if err != nil {
		t.Fatal(err)
	}
	all := workbooktest.Records(t, f, to)
	if n < 2 || n-2 >= len(all) {
		t.Fatalf("%s!%s leads to %s, which is no row of its table", sheet, cell, link)
	}
	if n > 2 && all[n-3]["Conflict"] == all[n-2]["Conflict"] {
		t.Errorf("%s!%s leads to %s, which is not the first row of its conflict", sheet, cell, link)
	}
	return to, all[n-2]
}

func TestWorkbookLinksLeadToTheConflictAndBack(t *testing.T) {
	a := workbooktest.Audit()
	for _, tc := range []struct {
		name      string
		tableRows int
	}{{"one sheet", maxTableRows}, {"a full sheet continues on another", 10}} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBook(a, "")
			b.tableRows = tc.tableRows
			f := written(t, b)
			owners, changes, linked := 0, 0, 0
			for _, sheet := range f.GetSheetList() {
				name, _, _ := strings.Cut(sheet, " ")
				if name != conflictsSheet && name != changesSheet {
					continue
				}
				for i, row := range workbooktest.Records(t, f, sheet) {
					var to map[string]string
					if name == conflictsSheet {
						owners++
						_, to = target(t, f, sheet, 1, i+2)
						if to == nil && row["Role"] != "Changes" {
							continue
						}
					} else {
						changes++
						_, to = target(t, f, sheet, 2, i+2)
					}
					linked++
					if to["Conflict"] != row["Conflict"] {
						t.Errorf("%s, row %d: %s leads to %q", sheet, i+2, row["Conflict"], to["Conflict"])
					}
				}
			}
			want := 0
			for _, c := range a.Conflicts {
				want += len(c.Owners)
			}
			if owners != want || changes != len(a.Changes) || linked < 2*changes {
				t.Errorf("%d owners, %d changes, %d links; want %d, %d and two for each change at least", owners, changes, linked, want, len(a.Changes))
			}
		})
	}
}

func TestWorkbookWithManyRowsGoesWithoutFurtherLinks(t *testing.T) {
	a := workbooktest.Audit()
	b := newBook(a, "")
	b.links = 3
	f := written(t, b)
	for row := 2; row <= len(a.Changes)+1; row++ {
		if _, to := target(t, f, changesSheet, 2, row); (to != nil) != (row <= 3) {
			t.Errorf("row %d: linked %v", row, to != nil)
		}
	}
	if rows := workbooktest.Records(t, f, changesSheet); rows[9]["Conflict"] != a.Changes[9].Conflict {
		t.Errorf("row without a link shows %q, want %q", rows[9]["Conflict"], a.Changes[9].Conflict)
	}
}
