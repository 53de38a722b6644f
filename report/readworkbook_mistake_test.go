package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	a := workbooktest.AuditOf(append(workbooktest.Objects(),
		workbooktest.Object(99, "user", "Maria I. Ivanova", "OU=Users", "SMTP:maria@contoso.com", "smtp:maria.ivanova@contoso.com")))
	rows := rowsOf(t, a)
	var keys []string
	for _, row := range workbooktest.Records(t, opened(t, a), "Decide") {
		keys = append(keys, row["Key"])
	}
	// find returns the first row of a proposal for which something holds.
	find := func(of func(p *conflicts.Proposal) bool) int {
		for row := 2; row < len(rows)+2; row++ {
			if of(rows[row]) {
				return row
			}
		}
		t.Fatal("no such row")
		return 0
	}
	alone := func(p *conflicts.Proposal) bool { return len(p.Conflict.Owners) == 2 }
	row := find(alone)
	cell := func(column string, row int) string { return fmt.Sprintf("sheet Decide, cell %s%d: ", column, row) }
	about := func(row int) string {
		return rows[row].Owner.Claims[0].Parsed().Trimmed() + " of " + rows[row].Owner.DN
	}
	missing := func(row int) string {
		return fmt.Sprintf("sheet Decide: the row of %s is missing: %s", keys[row-2], about(row))
	}
	const words = "not a decision: write Approve, Remove, Swap, Reject or Defer, or leave it empty"
	primary := find(func(p *conflicts.Proposal) bool { return alone(p) && p.Owner.Primary() })
	removable := find(func(p *conflicts.Proposal) bool { c := a.Remove(p); return alone(p) && c.Offered() })
	fixed := find(func(p *conflicts.Proposal) bool { return p.Conflict.Keeper().Fixed != "" })
	riskier := find(func(p *conflicts.Proposal) bool {
		swap, replace := a.Swap(p), a.Replace(p)
		return alone(p) && swap.Offered() && swap.Risk > replace.Risk
	})
	first := find(func(p *conflicts.Proposal) bool {
		return !alone(p) && p.Conflict.Key == "smtp:maria.ivanova@contoso.com"
	})
	second := find(func(p *conflicts.Proposal) bool { return p.Conflict == rows[first].Conflict && p != rows[first] })
	if rows[second].First < rows[first].First { // in the order of the scan
		first, second = second, first
	}
	names := conflicts.NewNames(a)
	name := func(row int) string { return names.Of(rows[row].Owner.Object) }
	address := rows[first].Conflict.Key.Address()
	for what, tc := range map[string]struct {
		change func(*workbooktest.Editor)
		want   []string
	}{
		"a word that is no decision": {func(e *workbooktest.Editor) { e.Set("Decision", row, "Yes") }, []string{cell("A", row) + "Yes: " + words}},
		"a number":                   {func(e *workbooktest.Editor) { e.Set("Decision", row, true) }, []string{cell("A", row) + "TRUE: " + words}},
		"advice that leaves a choice": {func(e *workbooktest.Editor) { e.Set("Decision", row, "Approve or Swap") },
			[]string{cell("A", row) + "Approve or Swap: " + words}},
		"a primary address removed": {func(e *workbooktest.Editor) { e.Set("Decision", primary, "Remove") },
			[]string{cell("A", primary) + "the address cannot be removed: it is the primary address of " + name(primary)}},
		"a swap with what cannot be changed": {func(e *workbooktest.Editor) { e.Set("Decision", fixed, "swap") },
			[]string{cell("A", fixed) + "the address cannot be swapped: " + names.Of(rows[fixed].Conflict.Keeper().Object) + " cannot be changed"}},
		"a riskier swap that nobody asked for": {func(e *workbooktest.Editor) { e.Set("Decision", riskier, "Swap") },
			[]string{cell("L", riskier) + "swapping raises the risk from low to high: name who asked for it"}},
		"two swaps": {func(e *workbooktest.Editor) {
			for _, row := range []int{first, second} {
				e.Set("Decision", row, "Swap")
				e.Set("Comment", row, "both asked")
			}
		}, []string{cell("A", second) + fmt.Sprintf("only one object can keep %s, and %s is to keep it too (see sheet Decide, cell A%d)",
			address, name(first), first)}},
		"one of two objects": {func(e *workbooktest.Editor) { e.Set("Decision", first, "reject") },
			[]string{cell("A", first) + fmt.Sprintf("rejected, but for %s it is approved: two objects would keep %s (see sheet Decide, cell A%d)", name(second), address, second)}},
		"a deleted row": {func(e *workbooktest.Editor) { e.Must(e.RemoveRow(e.Sheet, row)) }, []string{missing(row)}},
		"a row emptied": {func(e *workbooktest.Editor) {
			e.Must(e.SetSheetRow(e.Sheet, fmt.Sprintf("A%d", row), new(make([]any, 21))))
		}, []string{missing(row)}},
		"an edited key": {func(e *workbooktest.Editor) { e.Set("Key", row, keys[row-2]+"x") },
			[]string{cell("N", row) + keys[row-2] + "x: no row of the scan has this key: it was edited", missing(row)}},
		"a key removed": {func(e *workbooktest.Editor) { e.Set("Key", row, nil) },
			[]string{cell("N", row) + "empty: no row of the scan has this key: it was edited", missing(row)}},
		"a doubled row": {func(e *workbooktest.Editor) { e.Must(e.DuplicateRowTo(e.Sheet, row, 30)) },
			[]string{cell("N", 30) + fmt.Sprintf("%s: stands in sheet Decide, row %d, too", keys[row-2], row)}},
		"keys exchanged": {func(e *workbooktest.Editor) {
			e.Set("Key", row, keys[row-1])
			e.Set("Key", row+1, keys[row-2])
		}, []string{
			cell("N", row) + fmt.Sprintf("%s: the key of %s, which is not in this row: a cell was edited, or a column moved by itself", keys[row-1], about(row+1)),
			cell("N", row+1) + fmt.Sprintf("%s: the key of %s, which is not in this row: a cell was edited, or a column moved by itself", keys[row-2], about(row)),
		}},
		"a column moved by itself": {func(e *workbooktest.Editor) { e.Set("GUID", row, rows[row+1].Owner.GUID.String()) },
			[]string{cell("N", row) + fmt.Sprintf("%s: the key of %s, which is not in this row: a cell was edited, or a column moved by itself", keys[row-2], about(row))}},
		"a formula for a decision": {func(e *workbooktest.Editor) {
			e.Must(e.SetCellFormula(e.Sheet, fmt.Sprintf("A%d", row), `IF(TRUE,"Approve","Reject")`))
		}, []string{cell("A", row) + "a formula, not a value"}},
		"a formula for an address": {func(e *workbooktest.Editor) {
			e.Must(e.SetCellFormula(e.Sheet, fmt.Sprintf("F%d", row), `LOWER("A@CONTOSO.COM")`))
		}, []string{cell("F", row) + "a formula, not a value"}},
		"an address elsewhere": {func(e *workbooktest.Editor) { e.Set("New address", row, "x@fabrikam.com") },
			[]string{cell("F", row) + "x@fabrikam.com: fabrikam.com is not an accepted domain"}},
		"a taken address": {func(e *workbooktest.Editor) { e.Set("New address", row, "taken@contoso.com") },
			[]string{cell("F", row) + "taken@contoso.com: held by somebody, CN=somebody"}},
		"an address that hides something": {func(e *workbooktest.Editor) { e.Set("New address", row, "x\u200by@contoso.com") },
			[]string{cell("F", row) + "x\u200by@contoso.com: holds a character that cannot be seen"}},
		"an address for two": {func(e *workbooktest.Editor) {
			e.Set("New address", row, "x@contoso.com")
			e.Set("New address", removable, "X@contoso.com")
		}, []string{
			cell("F", row) + fmt.Sprintf("x@contoso.com: reserved for %s (see sheet Decide, cell F%d)", name(removable), removable),
			cell("F", removable) + fmt.Sprintf("X@contoso.com: reserved for %s (see sheet Decide, cell F%d)", name(row), row),
		}},
		"an address beside a removal": {func(e *workbooktest.Editor) {
			e.Set("Decision", removable, "Remove")
			e.Set("New address", removable, "x@contoso.com")
		}, []string{cell("F", removable) + "x@contoso.com: an address was written, but the decision is to remove the old one: correct one of them"}},
		"an address cleared": {func(e *workbooktest.Editor) { e.Set("New address", row, nil) },
			[]string{cell("F", row) + "empty: write the new address, for example the proposed " + conflicts.ParseAddress(rows[row].New).Trimmed()}},
		"several": {func(e *workbooktest.Editor) {
			e.Set("New address", removable, "no address")
			e.Set("Decision", primary, "perhaps")
			e.Must(e.RemoveRow(e.Sheet, fixed))
		}, []string{
			cell("A", primary) + "perhaps: " + words,
			cell("F", removable-1) + `no address: no "@"`,
			missing(fixed),
		}},
	} {
		t.Run(what, func(t *testing.T) {
			path := reviewable(t, a)
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) {
				e.All("Approve")
				tc.change(e)
			})
			if diff := cmp.Diff(tc.want, problems(t, path)); diff != "" {
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
			write(t, beside(path, scanFile), `{"schema_version": 3}`)
			write(t, beside(path, sumsFile), "")
		}, "schema version 3: this program reads version"},
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
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) { e.Must(e.DeleteSheet("Decide")) })
		}, "report.xlsx: no table and no sheet is called Decide"},
		"a column deleted": {func(t *testing.T, path string) {
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) { e.Must(e.RemoveCol(e.Sheet, "E")) })
		}, "report.xlsx: sheet Decide, row 1: the column Address is missing"},
		"a column doubled": {func(t *testing.T, path string) {
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) { e.Must(e.SetCellValue(e.Sheet, "W1", "Decision")) })
		}, "report.xlsx: sheet Decide, row 1: two columns are called Decision"},
		"the header deleted": {func(t *testing.T, path string) {
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) { e.Must(e.SetCellValue(e.Sheet, "N1", "ID")) })
		}, "report.xlsx: sheet Decide: no row with the heads Decision and Key"},
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
