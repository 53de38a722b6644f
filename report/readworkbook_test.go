package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/workbook"
	"proxyaddr/report/workbook/workbooktest"
)

// reviewable writes the files of a scan and returns the path of the workbook.
func reviewable(t *testing.T, a *conflicts.Audit) string {
	t.Helper()
	dir := t.TempDir()
	publishTo(t, dir, a)
	return filepath.Join(dir, workbookFile)
}

// opened returns the workbook of an audit as a spreadsheet program reads it.
func opened(t *testing.T, a *conflicts.Audit) *excelize.File {
	t.Helper()
	var buf bytes.Buffer
	if err := workbook.Write(&buf, a, noScan); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// unheld makes the addresses of the owners unknown, so that nobody judges what each would be
// left with.
func unheld(a *conflicts.Audit) *conflicts.Audit {
	for i := range a.Conflicts {
		for _, o := range a.Conflicts[i].Owners {
			o.ProxyAddresses = nil
		}
	}
	return a
}

// rowsOf returns the proposals by their rows in the sheet of decisions.
func rowsOf(t *testing.T, a *conflicts.Audit) map[int]*conflicts.Proposal {
	t.Helper()
	rows := map[int]*conflicts.Proposal{}
	for i, row := range workbooktest.Records(t, opened(t, a), "Decide") {
		for n := range a.Proposals {
			if p := &a.Proposals[n]; p.Owner.Claims[0].Parsed().Trimmed() == row["Address"] && p.Conflict.ID == row["Conflict"] && p.Owner.DN == row["DN"] {
				rows[i+2] = p
			}
		}
	}
	if len(rows) != len(a.Proposals) {
		t.Fatalf("%d rows for %d proposals", len(rows), len(a.Proposals))
	}
	return rows
}

// approved reads the workbook at path again; nobody holds what was typed but
// taken@contoso.com.
func approved(path string) (*conflicts.Audit, error) {
	r, err := ReadWorkbook(path)
	if err != nil {
		return nil, err
	}
	return r.Approved(func(a conflicts.Address, _ conflicts.Ref) *conflicts.Object {
		if a.Trimmed() == "taken@contoso.com" {
			return &conflicts.Object{Entry: conflicts.Entry{DN: "CN=somebody"}}
		}
		return nil
	})
}

func changesOf(a *conflicts.Audit) (list []string) {
	for _, c := range a.Changes {
		list = append(list, fmt.Sprintf("%s %s %s %q %q", c.Conflict, c.Object.DN, c.Attribute, c.Old, c.New))
	}
	return list
}

// Approving everything gives the files of the scan.
func TestReviewOfEverythingApproved(t *testing.T) {
	for name, a := range map[string]*conflicts.Audit{"workbook": workbooktest.Audit(), "hostile": unheld(hostileAudit()), "normal": normalAudit(), "empty": emptyAudit()} {
		path := reviewable(t, a)
		workbooktest.Edit(t, path, func(e *workbooktest.Editor) { e.Take(" aPPROVE ") })
		got, err := approved(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(changesOf(a), changesOf(got)); diff != "" {
			t.Errorf("%s (-proposed +approved):\n%s", name, diff)
		}
		got.Review = nil
		for _, domain := range Domains(a) {
			var want, have bytes.Buffer
			if err := errors.Join(Fix(&want, a, domain), Fix(&have, got, domain)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), have.String()); diff != "" {
				t.Errorf("%s (-scan +review):\n%s", name, diff)
			}
		}
	}
}

// A reviewer may sort, filter, hide, add and move rows and columns.
func TestReviewFindsRowsAndColumnsWhereverTheyAre(t *testing.T) {
	a := workbooktest.Audit()
	for name, change := range map[string]func(*workbooktest.Editor){
		"as it was": func(*workbooktest.Editor) {},
		"columns added": func(e *workbooktest.Editor) {
			e.Must(e.InsertCols(e.Sheet, "A", 2))
			e.Must(e.InsertCols(e.Sheet, "F", 1))
			e.Must(e.SetSheetRow(e.Sheet, "A1", &[]any{"Ticket", "Team"}))
			e.Must(e.SetCellFormula(e.Sheet, "A3", "=1+1"))
		},
		"columns and rows hidden": func(e *workbooktest.Editor) {
			e.Must(e.SetColVisible(e.Sheet, "A:E", false))
			e.Must(e.SetRowVisible(e.Sheet, 3, false))
		},
		"filtered": func(e *workbooktest.Editor) {
			e.Must(e.AutoFilter(e.Sheet, "A1:U9", []excelize.AutoFilterOptions{{Column: "C", Expression: "x == High"}}))
		},
		"sorted": func(e *workbooktest.Editor) {
			rows, err := e.GetRows(e.Sheet)
			e.Must(err)
			slices.Reverse(rows[1:])
			for i, row := range rows {
				e.Must(e.SetSheetRow(e.Sheet, "A"+strconv.Itoa(i+1), &row))
				for n := len(row); n < 21; n++ {
					name, _ := excelize.CoordinatesToCellName(n+1, i+1)
					e.Must(e.SetCellValue(e.Sheet, name, nil))
				}
			}
		},
		"a title above": func(e *workbooktest.Editor) {
			e.Must(e.InsertRows(e.Sheet, 1, 2))
			e.Must(e.SetCellValue(e.Sheet, "A1", "Reviewed by the board: Change requests and Decisions"))
		},
		"notes below": func(e *workbooktest.Editor) {
			e.Must(e.SetCellValue(e.Sheet, "C40", "these were discussed"))
			e.Must(e.SetCellFormula(e.Sheet, "F41", "COUNTA(A2:A30)"))
		},
		"sheets moved and added": func(e *workbooktest.Editor) {
			_, err := e.NewSheet("Minutes")
			e.Must(err)
			e.Must(e.MoveSheet(e.Sheet, "Summary"))
		},
		"the sheet renamed": func(e *workbooktest.Editor) { e.Must(e.SetSheetName(e.Sheet, "Done")) },
		"the table lost":    func(e *workbooktest.Editor) { e.Must(e.DeleteTable("Decide")) },
		"the property lost": func(e *workbooktest.Editor) {
			e.Must(e.SetCustomProps(excelize.CustomProperty{Name: "SHA-256 of scan.json"}))
		},
		"an address made a link": func(e *workbooktest.Editor) {
			e.Must(e.SetCellHyperLink(e.Sheet, e.Cell("New address", 2), "mailto:x@contoso.com", "External"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := reviewable(t, a)
			workbooktest.Edit(t, path, func(e *workbooktest.Editor) {
				e.Take("Approve")
				e.Set("Comment", 2, "fine\nby me")
			})
			workbooktest.Edit(t, path, change)
			got, err := approved(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(changesOf(a), changesOf(got)); diff != "" {
				t.Errorf("(-proposed +approved):\n%s", diff)
			}
		})
	}
}

// What is left out of the fix is in the review, with what was said of it.
func TestReviewKeepsDecisionsAndComments(t *testing.T) {
	a := workbooktest.Audit()
	path := reviewable(t, a)
	workbooktest.Edit(t, path, func(e *workbooktest.Editor) {
		for row, p := range rowsOf(t, a) {
			switch p.Conflict.ID {
			case a.Changes[0].Conflict:
				e.Set("Decision", row, "Approve")
			case a.Changes[len(a.Changes)-1].Conflict:
				e.Set("Decision", row, "REJECT")
				e.Set("Comment", row, "two\n lines ")
			}
		}
	})
	got, err := approved(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for i := range a.Changes {
		want[a.Changes[i].Conflict] = "not decided []"
	}
	delete(want, a.Changes[0].Conflict)
	want[a.Changes[len(a.Changes)-1].Conflict] = "rejected [two lines]"
	left := map[string]string{}
	for _, l := range got.Review.Left {
		left[l.Conflict.ID] = fmt.Sprint(l.Decision, " ", l.Comments)
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	workbook, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	scan, err := os.ReadFile(filepath.Join(filepath.Dir(path), scanFile))
	if err != nil {
		t.Fatal(err)
	}
	if r := got.Review; r.Workbook != workbookFile || r.WorkbookSum != sumOf(workbook) || r.ScanSum != sumOf(scan) || r.Proposed != len(a.Proposals) {
		t.Errorf("%+v", r)
	}
	dir := t.TempDir()
	publishTo(t, dir, got)
	fix := snapshot(t, dir)["fix-corp.contoso.com.ldif"]
	if n := strings.Count(fix, "\nchangetype: modify"); n != 1 || !strings.Contains(fix, sumOf(workbook)) || !strings.Contains(fix, sumOf(scan)) {
		t.Errorf("%d records in:\n%s", n, fix)
	}
}

func sumOf(data []byte) string {
	sum, _ := summed(io.Discard, func(w io.Writer) error { _, err := w.Write(data); return err })
	return sum.String()
}

// BenchmarkReview reads 50,000 changes back, none of them decided.
func BenchmarkReview(b *testing.B) {
	const n = 50_000
	a := &conflicts.Audit{}
	for i := range n {
		address := fmt.Sprintf("first.last%d.x@contoso.com", i)
		keeper := workbooktest.Object(2*i, "user", fmt.Sprintf("Keeper Person %d", i), "OU=Users,OU=Headquarters,OU=Switzerland", "SMTP:"+address)
		other := workbooktest.Object(2*i+1, "user", fmt.Sprintf("Other Person %d", i), "OU=Users,OU=Headquarters,OU=Switzerland", "SMTP:"+address)
		for _, o := range []*conflicts.Object{keeper, other} {
			o.Created, o.Written.Time = conflicts.InstantOf(time.Unix(1.4e9, 0)), time.Unix(1.5e9, 0).UTC()
		}
		c := conflicts.Conflict{ID: fmt.Sprintf("C-%010d", i), Class: conflicts.Duplicate, Key: conflicts.Key("smtp:" + address),
			Owners: []conflicts.Owner{owner(keeper, proxy("SMTP:"+address)), owner(other, proxy("SMTP:"+address))}, Verbatim: "was created first"}
		a.Conflicts = append(a.Conflicts, c)
		a.Changes = append(a.Changes, conflicts.Change{Conflict: c.ID, Key: c.Key, Object: other, Attribute: conflicts.ProxyAddresses, Old: "SMTP:" + address,
			New: fmt.Sprintf("SMTP:first.last%d.x2@contoso.com", i), Risk: conflicts.High, Verbatim: "primary address of a live user mailbox: people and devices send from it"})
	}
	dir := b.TempDir()
	publishTo(b, dir, a)
	var m runtime.MemStats
	for b.Loop() {
		r, err := ReadWorkbook(filepath.Join(dir, workbookFile))
		if err != nil {
			b.Fatal(err)
		}
		if got, err := r.Approved(nil); err != nil || len(got.Review.Left) != n {
			b.Fatal(err)
		}
	}
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/(1<<20), "MiB-heap")
}
