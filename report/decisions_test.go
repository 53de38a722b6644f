package report

import (
	"bytes"
	"strings"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
	"proxyaddr/report/words"
	"proxyaddr/report/xlsx"
)

// Whatever stands in a row, nothing is approved that does not say so, and what is
// approved is the proposal or an address.
func FuzzRow(f *testing.F) {
	a := normalAudit()
	a.Changes = a.Changes[3:] // a conflict with one change
	key := changeKeys(a.Changes)[0]
	proposal := a.Changes[0].New
	f.Add(key, proposal, "approve", "ok", 0)
	f.Add(key, "smtp: other@contoso.com", " Approve\n", "", -1)
	f.Add(key, "", "reject", "=1+1", 3)
	f.Add("", "a@contoso.com", "Yes", "", 4)
	f.Fuzz(func(t *testing.T, change, updated, decision, comment string, formula int) {
		r := &Review{audit: a, replies: make([]conflicts.Reply, 1), places: make([]place, 1), unclear: map[conflicts.Key]bool{}}
		sheet := &reviewSheet{name: changesSheet}
		row := &xlsx.Row{Number: 2}
		texts := [columnsRead]string{changeAt: change, attributeAt: a.Changes[0].Attribute, oldAt: a.Changes[0].Old, newAt: updated,
			decisionAt: decision, commentAt: comment, dnAt: a.Changes[0].Object.DN}
		for i, text := range texts {
			sheet.columns[i] = i + 1
			row.Cells = append(row.Cells, xlsx.Cell{Column: i + 1, Text: text, Formula: i == formula})
		}
		r.readRow(sheet, row, map[string]int{key: 0})
		got, err := r.Approved(func(conflicts.Address, conflicts.Ref) string { return "" })
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
		var fix bytes.Buffer
		if err := Fix(&fix, got, Domains(got)[0]); err != nil {
			t.Fatal(err)
		}
		in := ldif.NewReader(&fix)
		rec, err := in.Read()
		if err != nil || len(rec.Mods) != 2 || string(rec.Mods[1].Values[0]) != got.Changes[0].New {
			t.Errorf("%+v, %v", rec, err)
		}
	})
}
