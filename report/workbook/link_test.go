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
	return to, all[n-2]
}

func TestWorkbookLinksLeadToTheEvidenceAndBack(t *testing.T) {
	a := workbooktest.Audit()
	for _, tc := range []struct {
		name      string
		tableRows int
	}{{"one sheet", maxTableRows}, {"a full sheet continues on another", 10}} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBook(a)
			b.tableRows = tc.tableRows
			f := written(t, b)
			decided, changed := 0, 0
			for _, sheet := range f.GetSheetList() {
				switch name, _, _ := strings.Cut(sheet, " "); name {
				case decideSheet:
					for i, row := range workbooktest.Records(t, f, sheet) {
						decided++
						to, evidence := target(t, f, sheet, 13, i+2)
						if !strings.HasPrefix(to, evidenceSheet) || evidence["Conflict"] != row["Conflict"] || evidence["Role"] != "keeps" {
							t.Errorf("%s, row %d: %s leads to %s, %q %q", sheet, i+2, row["Conflict"], to, evidence["Conflict"], evidence["Role"])
						}
					}
				case evidenceSheet:
					for i, row := range workbooktest.Records(t, f, sheet) {
						to, decide := target(t, f, sheet, 6, i+2)
						if (row["Role"] == "changes") != (to != "") {
							t.Errorf("%s, row %d: %s leads to %q", sheet, i+2, row["Role"], to)
						}
						if to != "" {
							changed++
							if decide["Conflict"] != row["Conflict"] || decide["DN"] != row["DN"] {
								t.Errorf("%s, row %d: %s of %s leads to %q of %s", sheet, i+2, row["Conflict"], row["DN"], decide["Conflict"], decide["DN"])
							}
						}
					}
				}
			}
			if n := len(a.Proposals); decided != n || changed != n {
				t.Errorf("%d rows, %d owners that change; want %d of each", decided, changed, n)
			}
		})
	}
}

func TestWorkbookWithManyRowsGoesWithoutFurtherLinks(t *testing.T) {
	a := workbooktest.Audit()
	b := newBook(a)
	b.links = 3
	f := written(t, b)
	rows := workbooktest.Records(t, f, decideSheet)
	for i := range rows {
		if to, _ := target(t, f, decideSheet, 13, i+2); (to != "") != (i < 2) {
			t.Errorf("row %d: linked to %q", i+2, to)
		}
	}
	if rows[9]["Likely cause"] == "" {
		t.Error("a row without a link says nothing")
	}
}
