package workbook

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
	"proxyaddr/report/workbook/workbooktest"
)

// written returns the workbook of an audit as a spreadsheet program reads it.
func written(t *testing.T, b *book) *excelize.File {
	t.Helper()
	var buf bytes.Buffer
	if err := b.write(&buf); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// facts reads a sheet of names and values.
func facts(t *testing.T, f *excelize.File, sheet string) map[string]string {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for _, row := range rows {
		if len(row) == 2 {
			m[row[0]] = row[1]
		}
	}
	return m
}

func TestWorkbookSheetsTablesAndProperties(t *testing.T) {
	f := written(t, newBook(workbooktest.Audit(), ""))
	want := []string{"Summary", "Conflicts", "Changes", "Findings", "Coverage", "About"}
	if diff := cmp.Diff(want, f.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	if i := f.GetActiveSheetIndex(); i != 0 {
		t.Errorf("sheet %d is active, want the summary", i)
	}
	titles := map[string]string{}
	for _, n := range f.GetDefinedName() {
		titles[n.Scope] = n.RefersTo
	}
	for _, sheet := range want[1:5] {
		workbooktest.Records(t, f, sheet)
		if panes, err := f.GetPanes(sheet); err != nil || !panes.Freeze || panes.XSplit != 1 || panes.YSplit != 1 {
			t.Errorf("%s: panes %+v, %v; want header and first column frozen", sheet, panes, err)
		}
		if got, want := titles[sheet], "'"+sheet+"'!$1:$1"; got != want {
			t.Errorf("%s: print titles %q, want %q", sheet, got, want)
		}
	}
	for _, sheet := range want {
		layout, err := f.GetPageLayout(sheet)
		if err != nil || *layout.Orientation != "landscape" || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 {
			t.Errorf("%s: page %+v, %v; want landscape, one page wide", sheet, layout, err)
		}
	}
	props, err := f.GetDocProps()
	if err != nil || props.Title == "" || props.Subject == "" || props.Creator != "proxyaddr" {
		t.Errorf("properties %+v, %v", props, err)
	}
}

func TestWorkbookShowsEveryOwner(t *testing.T) {
	a := workbooktest.Audit()
	rows := workbooktest.Records(t, written(t, newBook(a, "")), conflictsSheet)
	changes := conflicts.NewChangeIndex(a.Changes)
	for _, c := range a.Conflicts {
		for j, o := range c.Owners {
			if len(rows) == 0 {
				t.Fatal("too few rows")
			}
			row := rows[0]
			rows = rows[1:]
			role := "Not changed"
			switch {
			case j == 0:
				role = "Keeper"
			case len(changes.Owner(&c, &o)) > 0:
				role = "Changes"
			}
			want := map[string]string{
				"Conflict": c.ID, "Class": c.Class.Title(), "Role": role, "Name": o.Name(), "Kind": o.Kind(), "DN": o.DN,
				"objectGUID": o.GUID.String(), "Created (UTC)": o.Created.Format("2006-01-02 15:04:05"),
				"proxyAddresses last written (UTC)": fmt.Sprintf("%s\n%s\nversion %d", o.Written.Time.Format("2006-01-02 15:04:05"), o.Written.On(), o.Written.Version),
				"Cause":                             c.Cause.Short(),
			}
			for head, value := range want {
				if row[head] != value {
					t.Errorf("%s, %s: %s is %q, want %q", c.ID, o.DN, head, row[head], value)
				}
			}
			if row["Why"] == "" {
				t.Errorf("%s, %s: no reason", c.ID, o.DN)
			}
			for _, claim := range o.Claims {
				if want := claim.Attribute + ": " + claim.Value; !strings.Contains(row["Held as"], want) {
					t.Errorf("%s, %s: held as %q, which lacks %q", c.ID, o.DN, row["Held as"], want)
				}
			}
			if got := strings.Contains(row["Held as"], "(primary)"); got != o.Primary() {
				t.Errorf("%s, %s: primary %v, want %v", c.ID, o.DN, got, o.Primary())
			}
		}
	}
	if len(rows) > 0 {
		t.Errorf("%d rows too many", len(rows))
	}
}

func TestWorkbookSetsOffTheRowsOfEachConflict(t *testing.T) {
	f := written(t, newBook(workbooktest.Audit(), ""))
	for _, sheet := range []string{conflictsSheet, changesSheet} {
		conflict, fill := "", ""
		for i, row := range workbooktest.Records(t, f, sheet) {
			id, err := f.GetCellStyle(sheet, fmt.Sprintf("C%d", i+2))
			if err != nil {
				t.Fatal(err)
			}
			style, err := f.GetStyle(id)
			if err != nil {
				t.Fatal(err)
			}
			now := fmt.Sprint(style.Fill.Color)
			if i > 0 && (row["Conflict"] == conflict) != (now == fill) {
				t.Errorf("%s, row %d: fill %s after %s, conflict %s after %s", sheet, i+2, now, fill, row["Conflict"], conflict)
			}
			conflict, fill = row["Conflict"], now
		}
	}
}

func TestWorkbookTellsWhyAnOwnerStays(t *testing.T) {
	a := workbooktest.Audit()
	var why []string
	for _, row := range workbooktest.Records(t, written(t, newBook(a, "")), conflictsSheet) {
		if row["Role"] == "Not changed" || strings.Contains(row["Why"], "Not resolved") {
			why = append(why, row["Address"]+" "+row["Name"]+": "+row["Why"])
		}
	}
	want := []string{
		"pf@contoso.com Public Folder Store (EX01): is a publicFolder, which comes before a contact\nEvidence: the proxyAddresses of pf relay were first written 2018-01-22 08:15:30 UTC; Public Folder Store (EX01) had had the address since 2017-12-21 08:15:30 UTC at the latest\nNot resolved: CN=pf relay,CN=Connections,CN=Configuration,DC=contoso,DC=com cannot be changed: outside the domain partitions",
		"pf@contoso.com pf relay: cannot be changed: outside the domain partitions",
		"ben.okafor@contoso.com Benjamin Okafor: not in its proxyAddresses: it receives nothing by the address",
		"ewa.wojcik@contoso.com E. Wójcik: not in its proxyAddresses: it receives nothing by the address",
		"sip:napa@contoso.com Napa Srisuk: no change is proposed for this class",
		"x500:/o=contoso/ou=exchange administrative group (fydibohf23spdlt)/cn=recipients/cn=peter.schmidt Peter Schmidt (old forest): no change is proposed for this class",
	}
	slices.Sort(want)
	slices.Sort(why)
	if diff := cmp.Diff(want, why); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWorkbookChangesAreThoseOfTheModelAndUndecided(t *testing.T) {
	a := workbooktest.Audit()
	a.Changes[0].New = ""
	rows := workbooktest.Records(t, written(t, newBook(a, "")), changesSheet)
	if len(rows) != len(a.Changes) {
		t.Fatalf("%d rows, want %d", len(rows), len(a.Changes))
	}
	keys := map[string]bool{}
	for i, row := range rows {
		c := a.Changes[i]
		keys[row["Change"]] = true
		action := "replace"
		if c.New == "" {
			action = "remove"
		}
		want := map[string]string{
			"Change": row["Change"], "Conflict": c.Conflict, "Name": c.Object.Name(), "Kind": c.Object.Kind(),
			"Attribute": c.Attribute, "Old value": c.Old, "Action": action, "New value": c.New,
			"Risk": map[conflicts.Risk]string{conflicts.Low: "Low", conflicts.Medium: "Medium", conflicts.High: "High"}[c.Risk], "Risk reason": c.RiskReason(),
			"Decision": "", "Comment": "", "DN": c.Object.DN, "objectGUID": c.Object.GUID.String(),
		}
		if diff := cmp.Diff(want, row); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", i, diff)
		}
		if !strings.HasPrefix(row["Change"], c.Conflict+"/") {
			t.Errorf("row %d: key %q of conflict %s", i, row["Change"], c.Conflict)
		}
	}
	if len(keys) != len(rows) {
		t.Errorf("%d keys for %d rows", len(keys), len(rows))
	}
}

func TestWorkbookDecisionIsAListAndRiskIsColored(t *testing.T) {
	a := workbooktest.Audit()
	f := written(t, newBook(a, ""))
	column := func(letter string) string { return fmt.Sprintf("%s2:%s%d", letter, letter, len(a.Changes)+1) }
	lists, err := f.GetDataValidations(changesSheet)
	if err != nil || len(lists) != 1 {
		t.Fatalf("validations %v, %v; want one", lists, err)
	}
	if v := lists[0]; v.Sqref != column("K") || v.Formula1 != `"Approve,Reject,Defer"` || !v.ShowErrorMessage || !v.ShowInputMessage || !v.AllowBlank {
		t.Errorf("validation %+v of %s", v, v.Sqref)
	}
	formats, err := f.GetConditionalFormats(changesSheet)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Sorted(maps.Keys(formats)), []string{column("I"), column("K")}; !slices.Equal(got, want) {
		t.Errorf("conditional formats on %v, want %v", got, want)
	}
}

func TestWorkbookSummaryCountsAsTheModel(t *testing.T) {
	a := workbooktest.Audit()
	f := written(t, newBook(a, ""))
	got := facts(t, f, summarySheet)
	want := map[string]int{"All conflicts": len(a.Conflicts), "All changes": len(a.Changes), "All findings": len(a.Findings), "High risk": 0, "Medium risk": 0, "Low risk": 0}
	for _, c := range conflicts.Classes {
		want[c.Title()] = a.Count(c)
	}
	for _, c := range a.Changes {
		want[map[conflicts.Risk]string{conflicts.Low: "Low risk", conflicts.Medium: "Medium risk", conflicts.High: "High risk"}[c.Risk]]++
	}
	for _, k := range conflicts.FindingKinds {
		want[k.Title()] = 0
	}
	for _, x := range a.Findings {
		want[x.Kind.Title()]++
	}
	for name, n := range want {
		if got[name] != words.Number(n) {
			t.Errorf("%s: %q, want %d", name, got[name], n)
		}
	}
	if !strings.HasPrefix(got["COMPLETE SCAN"], "Complete") {
		t.Errorf("a complete scan says %q", got["COMPLETE SCAN"])
	}
}

func TestWorkbookOfAnIncompleteScanSaysSo(t *testing.T) {
	a := workbooktest.Interrupted(&conflicts.Audit{Coverage: []conflicts.Coverage{{Partition: "DC=a"}, {Partition: "DC=b"}}})
	f := written(t, newBook(a, ""))
	rows, err := f.GetRows(summarySheet)
	if err != nil || len(rows) < 4 {
		t.Fatal(rows, err)
	}
	if rows[1][0] != "INCOMPLETE SCAN" || !strings.Contains(rows[1][1], "INCOMPLETE") {
		t.Errorf("the second row is %q", rows[1])
	}
	for i, p := range a.Problems {
		if rows[2+i][1] != p {
			t.Errorf("reason %d is %q, want %q", i+1, rows[2+i][1], p)
		}
	}
	if got := workbooktest.Records(t, f, conflictsSheet)[1]["Conflict"]; !strings.Contains(got, "INCOMPLETE") {
		t.Errorf("the empty table of conflicts says %q", got)
	}
	if got := workbooktest.Records(t, f, coverageSheet)[1]["Result"]; got != "INCOMPLETE: "+a.Coverage[1].Problem {
		t.Errorf("the partition says %q", got)
	}
}

func TestWorkbookWithoutConflictsSaysSo(t *testing.T) {
	f := written(t, newBook(&conflicts.Audit{}, ""))
	for sheet, want := range map[string]string{
		conflictsSheet: "No conflicts found: everything that was to be read was read.",
		changesSheet:   "No changes are proposed.",
		findingsSheet:  "No findings found: everything that was to be read was read.",
		coverageSheet:  "No partition was to be read.",
	} {
		rows, err := f.GetRows(sheet)
		if err != nil || len(rows) != 3 || len(rows[0]) < 5 || len(rows[1]) != 0 || rows[2][0] != want {
			t.Errorf("%s: %q, %v; want a header, a blank row and %q", sheet, rows, err, want)
		}
		workbooktest.Records(t, f, sheet)
	}
	if got := facts(t, f, summarySheet)["All conflicts"]; got != "0" {
		t.Errorf("%q conflicts, want 0", got)
	}
}
