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
	alone := slices.IndexFunc(a.Proposals, func(p conflicts.Proposal) bool { return p.Count == 1 && len(p.Conflict.Owners) == 2 })
	p := a.Proposals[alone]
	a.Changes = a.Changes[p.First : p.First+1]
	p.First = 0
	a.Proposals = []conflicts.Proposal{p}
	key := newProposalKeys(a.Proposals).of(0)
	replace := a.Replace(&p)
	proposal := newAddress(&replace)
	f.Add(key, proposal, "approve", "ok", 0)
	f.Add(key, "other@contoso.com", " Approve\n", "", -1)
	f.Add(key, "", "reject", "=1+1", 3)
	f.Add(key, "", "Remove", "", -1)
	f.Add(key, "", "swap", "by me", -1)
	f.Add("", "a@contoso.com", "Yes", "", 4)
	f.Fuzz(func(t *testing.T, written, updated, decision, comment string, formula int) {
		d := &Decisions{audit: a, replies: make([]conflicts.Reply, 1), places: make([]place, 1), unclear: map[conflicts.Key]bool{}}
		sheet := &reviewSheet{name: decideSheet}
		row := &xlsx.Row{Number: 2}
		texts := [columnsRead]string{decisionAt: decision, addressAt: shortAddress(p.Owner), newAt: updated, commentAt: comment, keyAt: written,
			guidAt: p.Owner.GUID.String(), dnAt: p.Owner.DN}
		for i, text := range texts {
			sheet.columns[i] = i + 1
			row.Cells = append(row.Cells, xlsx.Cell{Column: i + 1, Text: text, Formula: i == formula})
		}
		d.readRow(tableOfDecisions(a), sheet, row)
		got, err := d.Approved(func(conflicts.Address, conflicts.Ref) *conflicts.Object { return nil })
		if err != nil {
			if len(err.(*ReviewError).Problems) == 0 {
				t.Error("refused without a reason")
			}
			return
		}
		word := strings.ToLower(strings.TrimSpace(decision))
		said := slices.Contains([]string{"approve", "remove", "swap"}, word) && strings.TrimSpace(written) == key && (formula < 0 || formula >= columnsRead)
		if (len(got.Changes) > 0) != said {
			t.Fatalf("%q of %q: %d changes approved", decision, written, len(got.Changes))
		}
		if !said {
			return
		}
		c := got.Changes[0]
		if swapped := c.Object == p.Conflict.Keeper().Object; swapped != (word == "swap") {
			t.Errorf("%q changes %s", decision, c.Object.DN)
		}
		if address := conflicts.ParseAddress(c.New); c.New != p.New && c.New != p.SwapTo && (c.New != "" || word != "remove") {
			if address.Malformed() != "" || len(c.New) > 256 || address.Domain() == "" || words.Escape(c.New) != c.New || !strings.Contains(updated, address.Trimmed()) {
				t.Errorf("%q became %q", updated, c.New)
			}
		}
	})
}

// A table that continues on other sheets is read whole.
func TestFullSheetIsReadOn(t *testing.T) {
	a := workbooktest.Audit()
	b := newBook(a)
	b.tableRows = 5
	f := written(t, b)
	for _, sheet := range []string{"Decide", "Decide 2", "Decide 3"} {
		workbooktest.NewEditor(t, f, sheet).All("approve")
	}
	approved := func() (*conflicts.Audit, error) {
		buf, err := f.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		d, err := Read(File{ReaderAt: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len()), ScanSum: theScan()}, a)
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
	for sheet, cell := range map[string]string{"Decide 3": "A3", "Decide 2": "A6"} {
		if err := f.SetCellValue(sheet, cell, "no"); err != nil {
			t.Fatal(err)
		}
	}
	_, err = approved()
	var wrong *ReviewError
	if !errors.As(err, &wrong) || len(wrong.Problems) != 2 {
		t.Fatalf("%v, want two mistakes", err)
	}
	for i, want := range []string{"sheet Decide 2, cell A6", "sheet Decide 3, cell A3"} {
		if p := wrong.Problems[i]; !strings.HasPrefix(p, want+": no: not a decision") {
			t.Errorf("%s, want %s", p, want)
		}
	}
}
