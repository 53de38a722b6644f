package report

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

func readCSV(t *testing.T, a *conflicts.Audit) []map[string]string {
	t.Helper()
	var out bytes.Buffer
	if err := CSV(&out, a); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != strings.Count(out.String(), "\r\n") {
		t.Error("a line does not end in CR LF (RFC 4180)")
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := make(map[string]string)
		for i, cell := range record {
			row[records[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

func TestCSVHasARowForEachOwnerAndOneForTheScan(t *testing.T) {
	for name, audit := range audits {
		a := audit()
		var want, got [][]string
		for _, c := range a.Conflicts {
			for i, o := range c.Owners {
				role := "owner"
				if i == 0 {
					role = "keeper"
				}
				want = append(want, []string{c.ID, role, Escape(o.DN)})
			}
		}
		want = append(want, []string{"", "", ""})
		rows := readCSV(t, a)
		for _, row := range rows {
			got = append(got, []string{row["conflict"], row["role"], row["dn"]})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: conflict, role, dn (-want +got):\n%s", name, diff)
		}
		if last := rows[len(rows)-1]; last["class"] != "scan" || last["reason"] != Completeness(a) {
			t.Errorf("%s: the last row is %v", name, last)
		}
	}
}

func TestCSVSaysInEveryRowWhetherTheScanWasComplete(t *testing.T) {
	for want, a := range map[string]*conflicts.Audit{"true": normalAudit(), "false": hostileAudit()} {
		for i, row := range readCSV(t, a) {
			if row["complete"] != want {
				t.Errorf("row %d: complete is %q, want %s", i, row["complete"], want)
			}
		}
	}
}

func TestCSVHoldsNoFormula(t *testing.T) {
	formulas := []string{"=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1"}
	a := &conflicts.Audit{}
	for _, f := range formulas {
		o := object(1, "x", corp)
		o.DN, o.DisplayName, o.Recipient, o.Class = f, f, 0, f
		claim := conflicts.Claim{Attribute: conflicts.Mail, Value: f}
		a.Conflicts = append(a.Conflicts, conflicts.Conflict{ID: f, Address: f, Reason: f, Unresolved: f, Owners: []conflicts.Owner{owner(o, claim)}})
		a.Changes = append(a.Changes, conflicts.Change{Conflict: f, Object: o, Attribute: conflicts.Mail, Old: f, New: f, RiskReason: f})
	}
	rows := append(readCSV(t, a), readCSV(t, hostileAudit())...)
	for _, row := range rows {
		for column, cell := range row {
			if cell != "" && slices.Contains([]byte("=+-@\t\r\n"), cell[0]) {
				t.Errorf("%s: %q", column, cell)
			}
		}
	}
	if got := rows[0]["value"]; got != "'=1+1" {
		t.Errorf("the value =1+1 became %q", got)
	}
}

func TestCSVShowsWhatIsProposed(t *testing.T) {
	var got [][]string
	for _, row := range readCSV(t, normalAudit()) {
		got = append(got, []string{row["action"], row["proposed"], row["risk"]})
	}
	want := [][]string{
		{"keep", "", ""}, {"replace", "SMTP:Jane.Doe2@contoso.com", "high"},
		{"keep", "", ""}, {"remove", "", "medium"},
		{"keep", "", ""}, {"replace", "smtp:jose2@contoso.com", "low"},
		{"keep", "", ""}, {"leave", "", ""},
		{"", "", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("action, proposed, risk (-want +got):\n%s", diff)
	}
}
