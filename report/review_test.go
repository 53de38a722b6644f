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
)

// reviewable writes the files of a scan and returns the path of the workbook.
func reviewable(t *testing.T, a *conflicts.Audit) string {
	t.Helper()
	dir := t.TempDir()
	publishTo(t, dir, a)
	return filepath.Join(dir, workbookFile)
}

// inExcel changes the workbook at path as a reviewer does.
func inExcel(t *testing.T, path string, change func(*sheetEditor)) {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	change(&sheetEditor{t: t, File: f, sheet: changesSheet})
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
}

// A sheetEditor changes cells of a sheet, by the heads of its columns.
type sheetEditor struct {
	t *testing.T
	*excelize.File
	sheet   string
	columns map[string]int
}

func (e *sheetEditor) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// cell returns the name of a cell; where columns are is asked once.
func (e *sheetEditor) cell(head string, row int) string {
	e.t.Helper()
	if e.columns == nil {
		rows, err := e.GetRows(e.sheet)
		e.must(err)
		e.columns = map[string]int{}
		for i, head := range rows[0] {
			e.columns[head] = i + 1
		}
	}
	name, err := excelize.CoordinatesToCellName(e.columns[head], row)
	e.must(err)
	return name
}

func (e *sheetEditor) set(head string, row int, value any) {
	e.t.Helper()
	e.must(e.SetCellValue(e.sheet, e.cell(head, row), value))
}

// all sets the decision of every change.
func (e *sheetEditor) all(decision string) {
	rows, err := e.GetRows(e.sheet)
	e.must(err)
	for i := range rows[1:] {
		e.set(decisionColumn, i+2, decision)
	}
}

// approved reads the workbook at path again; nobody holds what was typed but
// taken@contoso.com.
func approved(path string) (*conflicts.Audit, error) {
	r, err := OpenReview(path)
	if err != nil {
		return nil, err
	}
	return r.Approved(func(a conflicts.Address, _ conflicts.Ref) string {
		if a.Trimmed() == "taken@contoso.com" {
			return "CN=somebody"
		}
		return ""
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
	for name, a := range map[string]*conflicts.Audit{"workbook": workbookAudit(), "hostile": hostileAudit(), "normal": normalAudit(), "empty": emptyAudit()} {
		path := reviewable(t, a)
		inExcel(t, path, func(e *sheetEditor) { e.all(" aPPROVE ") })
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
	a := workbookAudit()
	for name, change := range map[string]func(*sheetEditor){
		"as it was": func(*sheetEditor) {},
		"columns added": func(e *sheetEditor) {
			e.must(e.InsertCols(e.sheet, "A", 2))
			e.must(e.InsertCols(e.sheet, "F", 1))
			e.must(e.SetSheetRow(e.sheet, "A1", &[]any{"Ticket", "Owner"}))
			e.must(e.SetCellFormula(e.sheet, "A3", "=1+1"))
		},
		"columns and rows hidden": func(e *sheetEditor) {
			e.must(e.SetColVisible(e.sheet, "A:E", false))
			e.must(e.SetRowVisible(e.sheet, 3, false))
		},
		"filtered": func(e *sheetEditor) {
			e.must(e.AutoFilter(e.sheet, "A1:N9", []excelize.AutoFilterOptions{{Column: "I", Expression: "x == High"}}))
		},
		"sorted": func(e *sheetEditor) {
			rows, err := e.GetRows(e.sheet)
			e.must(err)
			slices.Reverse(rows[1:])
			for i, row := range rows {
				e.must(e.SetSheetRow(e.sheet, "A"+strconv.Itoa(i+1), &row))
				for n := len(row); n < 14; n++ {
					name, _ := excelize.CoordinatesToCellName(n+1, i+1)
					e.must(e.SetCellValue(e.sheet, name, nil))
				}
			}
		},
		"a title above": func(e *sheetEditor) {
			e.must(e.InsertRows(e.sheet, 1, 2))
			e.must(e.SetCellValue(e.sheet, "A1", "Reviewed by the board: Change requests and Decisions"))
		},
		"notes below": func(e *sheetEditor) {
			e.must(e.SetCellValue(e.sheet, "C40", "these were discussed"))
			e.must(e.SetCellFormula(e.sheet, "F41", "COUNTA(K2:K30)"))
		},
		"sheets moved and added": func(e *sheetEditor) {
			_, err := e.NewSheet("Minutes")
			e.must(err)
			e.must(e.MoveSheet(e.sheet, summarySheet))
		},
		"the sheet renamed": func(e *sheetEditor) { e.must(e.SetSheetName(e.sheet, "Decided")) },
		"the table lost":    func(e *sheetEditor) { e.must(e.DeleteTable(changesSheet)) },
		"the property lost": func(e *sheetEditor) {
			e.must(e.SetCustomProps(excelize.CustomProperty{Name: scanProperty}))
		},
		"an address made a link": func(e *sheetEditor) {
			e.must(e.SetCellHyperLink(e.sheet, e.cell(newColumn, 2), "mailto:x@contoso.com", "External"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := reviewable(t, a)
			inExcel(t, path, func(e *sheetEditor) {
				e.all("Approve")
				e.set(commentColumn, 2, "fine\nby me")
			})
			inExcel(t, path, change)
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
	a := workbookAudit()
	path := reviewable(t, a)
	inExcel(t, path, func(e *sheetEditor) {
		for i := range a.Changes {
			switch a.Changes[i].Conflict {
			case a.Changes[0].Conflict:
				e.set(decisionColumn, i+2, "Approve")
			case a.Changes[len(a.Changes)-1].Conflict:
				e.set(decisionColumn, i+2, "REJECT")
				e.set(commentColumn, i+2, "two\n lines ")
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
	scan, err := os.ReadFile(filepath.Join(filepath.Dir(path), ScanFile))
	if err != nil {
		t.Fatal(err)
	}
	if r := got.Review; r.Workbook != workbookFile || r.WorkbookSum != sumOf(workbook) || r.ScanSum != sumOf(scan) || r.Proposed != len(a.Changes) {
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

// BenchmarkReview reads 50,000 changes back, all of them approved.
func BenchmarkReview(b *testing.B) {
	const n = 50_000
	a := &conflicts.Audit{}
	for i := range n {
		address := fmt.Sprintf("first.last%d.x@contoso.com", i)
		keeper := workbookObject(2*i, "user", fmt.Sprintf("Keeper Person %d", i), "OU=Users,OU=Headquarters,OU=Switzerland", "SMTP:"+address)
		other := workbookObject(2*i+1, "user", fmt.Sprintf("Other Person %d", i), "OU=Users,OU=Headquarters,OU=Switzerland", "SMTP:"+address)
		for _, o := range []*conflicts.Object{keeper, other} {
			o.Created, o.Written.Time = time.Unix(1.4e9, 0).UTC(), time.Unix(1.5e9, 0).UTC()
		}
		c := conflicts.Conflict{ID: fmt.Sprintf("C-%010d", i), Class: conflicts.Duplicate, Key: conflicts.Key("smtp:" + address),
			Owners: []conflicts.Owner{owner(keeper, proxy("SMTP:"+address)), owner(other, proxy("SMTP:"+address))}, Reason: "was created first"}
		a.Conflicts = append(a.Conflicts, c)
		a.Changes = append(a.Changes, conflicts.Change{Conflict: c.ID, Key: c.Key, Object: other, Attribute: conflicts.ProxyAddresses, Old: "SMTP:" + address,
			New: fmt.Sprintf("SMTP:first.last%d.x2@contoso.com", i), Risk: conflicts.High, RiskReason: "primary address of a live user mailbox: people and devices send from it"})
	}
	dir := b.TempDir()
	publishTo(b, dir, a)
	var m runtime.MemStats
	for b.Loop() {
		r, err := OpenReview(filepath.Join(dir, workbookFile))
		if err != nil {
			b.Fatal(err)
		}
		for i := range r.replies {
			r.replies[i].Decision = conflicts.Approved
		}
		if got, err := r.Approved(nil); err != nil || len(got.Changes) != n {
			b.Fatal(err)
		}
	}
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/(1<<20), "MiB-heap")
}
