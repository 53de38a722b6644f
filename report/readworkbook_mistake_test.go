package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/workbook"
	"proxyaddr/report/workbook/workbooktest"
)

// problems returns all that is wrong with the workbook at path.
func problems(t *testing.T, path string) []string {
	t.Helper()
	_, err := approved(path)
	if err == nil {
		return nil
	}
	var e *workbook.ReviewError
	if !errors.As(err, &e) {
		t.Fatalf("%v", err)
	}
	return e.Problems
}

// Each mistake is told with its cell, and nothing besides it.
func TestReviewTellsMistakes(t *testing.T) {
	a := workbooktest.Audit()
	var keys []string
	for _, row := range workbooktest.Records(t, opened(t, a), "Changes") {
		keys = append(keys, row["Change"])
	}
	const row = 4
	at := func(row int) *conflicts.Change { return &a.Changes[row-2] }
	missing := func(row int) string {
		c := at(row)
		return fmt.Sprintf("sheet Changes: the row of %s is missing: %s %s of %s", keys[row-2], c.Attribute, c.Old, c.Object.DN)
	}
	for name, tc := range map[string]struct {
		change func(*workbooktest.Editor)
		want   []string
	}{
		"a word that is no decision": {func(e *workbooktest.Editor) { e.Set("Decision", row, "Yes") },
			[]string{"sheet Changes, cell K4: Yes: not a decision: write Approve, Reject or Defer, or nothing"}},
		"a number": {func(e *workbooktest.Editor) { e.Set("Decision", row, true) },
			[]string{"sheet Changes, cell K4: TRUE: not a decision: write Approve, Reject or Defer, or nothing"}},
		"a deleted row": {func(e *workbooktest.Editor) { e.Must(e.RemoveRow(e.Sheet, row)) }, []string{missing(row)}},
		"a row emptied": {func(e *workbooktest.Editor) {
			e.Must(e.SetSheetRow(e.Sheet, "A4", &[]any{nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil}))
		}, []string{missing(row)}},
		"an edited key": {func(e *workbooktest.Editor) { e.Set("Change", row, keys[row-2]+"x") },
			[]string{"sheet Changes, cell A4: " + keys[row-2] + "x: no change of the scan has this key: it was edited", missing(row)}},
		"a key removed": {func(e *workbooktest.Editor) { e.Set("Change", row, nil) },
			[]string{"sheet Changes, cell A4: empty: no change of the scan has this key: it was edited", missing(row)}},
		"a doubled row": {func(e *workbooktest.Editor) { e.Must(e.DuplicateRowTo(e.Sheet, row, 20)) },
			[]string{"sheet Changes, cell A20: " + keys[row-2] + ": stands in sheet Changes, row 4, too"}},
		"keys exchanged": {func(e *workbooktest.Editor) {
			e.Set("Change", row, keys[row-1])
			e.Set("Change", row+1, keys[row-2])
		}, []string{
			fmt.Sprintf("sheet Changes, cell A4: %s: the key of %s %s of %s, which is not in this row: it was edited, or a column moved by itself", keys[row-1], at(row+1).Attribute, at(row+1).Old, at(row+1).Object.DN),
			fmt.Sprintf("sheet Changes, cell A5: %s: the key of %s %s of %s, which is not in this row: it was edited, or a column moved by itself", keys[row-2], at(row).Attribute, at(row).Old, at(row).Object.DN),
		}},
		"a formula for a decision": {func(e *workbooktest.Editor) { e.Must(e.SetCellFormula(e.Sheet, "K4", `IF(TRUE,"Approve","Reject")`)) },
			[]string{"sheet Changes, cell K4: a formula, not a value"}},
		"a formula for an address": {func(e *workbooktest.Editor) { e.Must(e.SetCellFormula(e.Sheet, "H4", `LOWER("A@CONTOSO.COM")`)) },
			[]string{"sheet Changes, cell H4: a formula, not a value"}},
		"an address elsewhere": {func(e *workbooktest.Editor) { e.Set("New value", row, "x@fabrikam.com") },
			[]string{"sheet Changes, cell H4: x@fabrikam.com: fabrikam.com is not an accepted domain"}},
		"a taken address": {func(e *workbooktest.Editor) { e.Set("New value", row, "taken@contoso.com") },
			[]string{"sheet Changes, cell H4: taken@contoso.com: held by CN=somebody"}},
		"an address that hides something": {func(e *workbooktest.Editor) { e.Set("New value", row, "x\u200by@contoso.com") },
			[]string{"sheet Changes, cell H4: x\u200by@contoso.com: holds a character that cannot be seen"}},
		"one change of two": {func(e *workbooktest.Editor) { e.Set("Decision", row, "reject") }, nil}, // filled in below
		"several": {func(e *workbooktest.Editor) {
			e.Set("New value", 9, "no address")
			e.Set("Decision", 3, "perhaps")
			e.Must(e.RemoveRow(e.Sheet, row))
		}, []string{
			"sheet Changes, cell K3: perhaps: not a decision: write Approve, Reject or Defer, or nothing",
			`sheet Changes, cell H8: no address: no "@"`,
			missing(row),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			path := reviewable(t, a)
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) {
				e.All("Approve")
				tc.change(e)
			})
			got := problems(t, path)
			if name == "one change of two" {
				c := at(row)
				i := slices.IndexFunc(a.Conflicts, func(x conflicts.Conflict) bool { return x.ID == c.Conflict })
				other := ""
				for _, o := range a.Changes {
					if o.Conflict == c.Conflict && o.Object != c.Object {
						other = conflicts.NewNames(a).Of(o.Object)
					}
				}
				if other == "" {
					t.Fatalf("row %d is of the only object to change of its conflict", row)
				}
				tc.want = []string{fmt.Sprintf("sheet Changes, cell K4: rejected, but for %s it is approved: two objects would keep %s", other, a.Conflicts[i].Key.Address())}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A workbook that cannot be read at all says in one sentence why.
func TestReviewOfTheWrongWorkbook(t *testing.T) {
	other := workbooktest.Audit()
	other.Notes = append(other.Notes, "another day")
	beside := func(path, name string) string { return filepath.Join(filepath.Dir(path), name) }
	write := func(t *testing.T, path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		change func(t *testing.T, path string)
		says   string
	}{
		"another scan": {func(t *testing.T, path string) {
			data, err := os.ReadFile(reviewable(t, other))
			if err != nil {
				t.Fatal(err)
			}
			write(t, path, string(data))
		}, "report.xlsx: of another scan than the scan.json beside it"},
		"scan.json changed": {func(t *testing.T, path string) {
			data, _ := os.ReadFile(beside(path, scanFile))
			write(t, beside(path, scanFile), strings.Replace(string(data), "smtp:anna.lindqvist@", "smtp:anna.lindquist@", 1))
		}, "scan.json: was changed after the scan: SHA256SUMS lists another checksum"},
		"scan.json and checksums changed": {func(t *testing.T, path string) {
			data, _ := os.ReadFile(beside(path, scanFile))
			write(t, beside(path, scanFile), strings.Replace(string(data), "smtp:anna.lindqvist@", "smtp:anna.lindquist@", 1))
			if err := os.Remove(beside(path, sumsFile)); err != nil {
				t.Fatal(err)
			}
		}, "report.xlsx: of another scan"},
		"scan.json of a later version": {func(t *testing.T, path string) {
			write(t, beside(path, scanFile), `{"schema_version": 2}`)
			write(t, beside(path, sumsFile), "")
		}, "schema version 2: this program reads version 1"},
		"no scan.json": {func(t *testing.T, path string) {
			if err := os.Remove(beside(path, scanFile)); err != nil {
				t.Fatal(err)
			}
		}, "scan.json is missing; fix needs the scan.json that was written with this workbook"},
		"the checksum lost": {func(t *testing.T, path string) {
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) {
				e.Must(e.SetCustomProps(excelize.CustomProperty{Name: "SHA-256 of scan.json"}))
				e.Must(e.DeleteSheet("About"))
			})
		}, "report.xlsx: does not name its scan"},
		"the sheet deleted": {func(t *testing.T, path string) {
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) { e.Must(e.DeleteSheet("Changes")) })
		}, "report.xlsx: no table and no sheet is called Changes"},
		"a column deleted": {func(t *testing.T, path string) {
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) { e.Must(e.RemoveCol(e.Sheet, "F")) })
		}, "report.xlsx: sheet Changes, row 1: the column Old value is missing"},
		"a column doubled": {func(t *testing.T, path string) {
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) { e.Must(e.SetCellValue(e.Sheet, "P1", "Decision")) })
		}, "report.xlsx: sheet Changes, row 1: two columns are called Decision"},
		"the header deleted": {func(t *testing.T, path string) {
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) { e.Must(e.SetCellValue(e.Sheet, "A1", "Key")) })
		}, "report.xlsx: sheet Changes: no row with the heads Change and Decision"},
		"text":      {func(t *testing.T, path string) { write(t, path, "Change,Decision\n") }, "report.xlsx: not a workbook"},
		"encrypted": {func(t *testing.T, path string) { write(t, path, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") }, "report.xlsx: protected by a password"},
		"cut": {func(t *testing.T, path string) {
			data, _ := os.ReadFile(path)
			write(t, path, string(data[:len(data)/2]))
		}, "report.xlsx: not a workbook"},
		"huge": {func(t *testing.T, path string) {
			if err := os.Truncate(path, maxWorkbook+1); err != nil {
				t.Fatal(err)
			}
		}, "report.xlsx: more than 1024 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			path := reviewable(t, workbooktest.Audit())
			tc.change(t, path)
			if got := problems(t, path); len(got) != 1 || !strings.Contains(got[0], tc.says) {
				t.Errorf("%q, want %q", got, tc.says)
			}
		})
	}
}
