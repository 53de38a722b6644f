package workbook

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
	"proxyaddr/report/workbook/workbooktest"
	"proxyaddr/report/workbook/xlsx"
)

// Whatever stands in a row, nothing is approved that does not say so, and what is
// approved is the proposal or an address.
func FuzzRow(f *testing.F) {
	a := workbooktest.Audit()
	alone := slices.IndexFunc(a.Changes, func(c conflicts.Change) bool {
		return !slices.ContainsFunc(a.Changes, func(other conflicts.Change) bool { return other.Key == c.Key && other.Attribute != c.Attribute })
	})
	a.Changes = a.Changes[alone : alone+1]
	a.ProposeChanges()
	key := newChangeKeys(a.Changes).of(0)
	proposal := a.Changes[0].New
	f.Add(key, proposal, "approve", "ok", 0)
	f.Add(key, "smtp: other@contoso.com", " Approve\n", "", -1)
	f.Add(key, "", "reject", "=1+1", 3)
	f.Add("", "a@contoso.com", "Yes", "", 4)
	f.Fuzz(func(t *testing.T, change, updated, decision, comment string, formula int) {
		d := &Decisions{audit: a, replies: make([]conflicts.Reply, 1), places: make([]place, 1), unclear: map[conflicts.Key]bool{}}
		sheet := &reviewSheet{name: changesSheet}
		row := &xlsx.Row{Number: 2}
		texts := [columnsRead]string{changeAt: change, attributeAt: a.Changes[0].Attribute, oldAt: a.Changes[0].Old, newAt: updated,
			decisionAt: decision, commentAt: comment, dnAt: a.Changes[0].Object.DN}
		for i, text := range texts {
			sheet.columns[i] = i + 1
			row.Cells = append(row.Cells, xlsx.Cell{Column: i + 1, Text: text, Formula: i == formula})
		}
		d.readRow(sheet, row, map[string]int{key: 0})
		got, err := d.Approved(func(conflicts.Address, conflicts.Ref) string { return "" })
		if err != nil {
			if len(err.(*ReviewError).Problems) == 0 {
				t.Error("refused without a reason")
			}
			return
		}
		said := strings.EqualFold(strings.TrimSpace(decision), "approve") && strings.TrimSpace(change) == key && (formula < 0 || formula >= columnsRead)
		if (len(got.Changes) == 1) != said {
			t.Fatalf("%q of %q: %d changes approved", decision, change, len(got.Changes))
		}
		if !said {
			return
		}
		if c := got.Changes[0]; c.New != proposal {
			address := conflicts.ParseAddress(c.New)
			if !strings.HasPrefix(c.New, "smtp:") || address.Malformed() != "" || len(c.New) > 256 || address.Domain() == "" || words.Escape(c.New) != c.New ||
				!strings.Contains(updated, address.Trimmed()) {
				t.Errorf("%q became %q", updated, c.New)
			}
		}
	})
}

// A table that continues on other sheets is read whole.
func TestFullSheetIsReadOn(t *testing.T) {
	a := workbooktest.Audit()
	b := newBook(a, "the scan")
	b.tableRows = 5
	f := written(t, b)
	for _, sheet := range []string{"Changes", "Changes 2", "Changes 3"} {
		workbooktest.NewEditor(t, f, sheet).All("approve")
	}
	approved := func() (*conflicts.Audit, error) {
		buf, err := f.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		d, err := Read(File{ReaderAt: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len()), ScanSum: "the scan"}, a)
		if err != nil {
			t.Fatal(err)
		}
		return d.Approved(nil)
	}
	got, err := approved()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.Changes, got.Changes); diff != "" {
		t.Errorf("(-proposed +approved):\n%s", diff)
	}
	for sheet, cell := range map[string]string{"Changes 3": "K4", "Changes 2": "K6"} {
		if err := f.SetCellValue(sheet, cell, "no"); err != nil {
			t.Fatal(err)
		}
	}
	_, err = approved()
	var wrong *ReviewError
	if !errors.As(err, &wrong) || len(wrong.Problems) != 2 {
		t.Fatalf("%v, want two mistakes", err)
	}
	for i, want := range []string{"sheet Changes 2, cell K6", "sheet Changes 3, cell K4"} {
		if p := wrong.Problems[i]; !strings.HasPrefix(p, want+": no: not a decision") {
			t.Errorf("%s, want %s", p, want)
		}
	}
}
