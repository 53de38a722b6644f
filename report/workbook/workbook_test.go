package workbook

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
	"proxyaddr/report/workbook/workbooktest"
)

// theScan stands for the checksum of a scan.json.
func theScan() string { return "the scan" }

// written returns the workbook of an audit as a spreadsheet program reads it.
func written(t *testing.T, b *book) *excelize.File {
	t.Helper()
	var buf bytes.Buffer
	if err := b.write(&buf, theScan); err != nil {
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
	f := written(t, newBook(workbooktest.Audit()))
	want := []string{"Summary", "Decide", "Evidence", "Findings", "Coverage", "About"}
	if diff := cmp.Diff(want, f.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	if i := f.GetActiveSheetIndex(); i != 0 {
		t.Errorf("sheet %d is active, want the summary", i)
	}
	titles, areas := map[string]string{}, map[string]string{}
	for _, n := range f.GetDefinedName() {
		if n.Name == "_xlnm.Print_Titles" {
			titles[n.Scope] = n.RefersTo
		} else {
			areas[n.Scope] = n.RefersTo
		}
	}
	for _, sheet := range want[1:5] {
		workbooktest.Records(t, f, sheet)
		frozen := 1
		if sheet == decideSheet {
			frozen = 4 // up to the name
		}
		if panes, err := f.GetPanes(sheet); err != nil || !panes.Freeze || panes.XSplit != frozen || panes.YSplit != 1 {
			t.Errorf("%s: panes %+v, %v; want the header and %d columns frozen", sheet, panes, err, frozen)
		}
		if got, want := titles[sheet], "'"+sheet+"'!$1:$1"; got != want {
			t.Errorf("%s: print titles %q, want %q", sheet, got, want)
		}
		if areas[sheet] == "" {
			t.Errorf("%s: no print area", sheet)
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

// A reader needs at least 7 points on paper, and all columns on the screen.
func TestWorkbookFitsPaperAndScreen(t *testing.T) {
	f := written(t, newBook(workbooktest.Audit()))
	const (
		digit  = 5.5         // points of a digit of the default font, as LibreOffice rounds it; Excel has less
		paper  = 11.13 * 72  // A4 landscape between the margins
		screen = 1920.0 - 80 // pixels, beside the numbers of rows and the bar to scroll
	)
	for _, sheet := range f.GetSheetList() {
		area := ""
		for _, n := range f.GetDefinedName() {
			if n.Scope == sheet && n.Name == "_xlnm.Print_Area" {
				area = n.RefersTo
			}
		}
		_, last, _ := strings.Cut(area, ":$")
		last, _, _ = strings.Cut(last, "$")
		size := 10.0
		if sheet == decideSheet {
			size = 11
		}
		printed, shown := 0.0, 0.0
		for n := 1; n <= 26; n++ {
			column := columnName(n)
			width, err := f.GetColWidth(sheet, column)
			visible, err2 := f.GetColVisible(sheet, column)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if !visible || n > len(facesOf(t, f, sheet)) {
				continue
			}
			shown += width
			if last == "" || n <= len(last) && column <= last {
				printed += width
			}
		}
		if points := size * paper / (printed * digit); points < 7 {
			t.Errorf("%s: %.1f columns of width print at %.2f points", sheet, printed, points)
		}
		if pixels := shown * 7; sheet == decideSheet && pixels > screen {
			t.Errorf("%s: %.0f pixels wide", sheet, pixels)
		}
	}
}

// facesOf returns the first row of a sheet that has the most cells.
func facesOf(t *testing.T, f *excelize.File, sheet string) (longest []string) {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if len(row) > len(longest) {
			longest = row
		}
	}
	return longest
}

func TestEvidenceShowsEveryOwner(t *testing.T) {
	a := workbooktest.Audit()
	a.Conflicts[0].Owners[0].Writers = &[]conflicts.Writer{{Attribute: conflicts.ProxyAddresses.String(), Account: `CORP\hrfeed`, Computer: "DC1.corp.example"}}
	rows := workbooktest.Records(t, written(t, newBook(a)), evidenceSheet)
	for _, c := range a.Conflicts {
		for j, o := range c.Owners {
			if len(rows) == 0 {
				t.Fatal("too few rows")
			}
			row := rows[0]
			rows = rows[1:]
			want := map[string]string{
				"Conflict": c.ID, "Owner": o.Name(), "DN": o.DN, "objectGUID": o.GUID.String(), "Address": "", "Class": "",
				"Created (UTC)": o.Created.Time().Format("2006-01-02 15:04:05"), "Last written (UTC)": o.Written.Time.Format("2006-01-02 15:04:05"),
				"Written by": fmt.Sprintf("unknown DC\nversion %d", o.Written.Version),
			}
			if o.Written.Server() != "" {
				want["Written by"] = fmt.Sprintf("%s\nversion %d", o.Written.On(), o.Written.Version)
			}
			for _, w := range o.WrittenBy() {
				want["Written by"] += "\naudit log: written by " + w.Account + " on DC1"
			}
			if j == 0 { // once a block
				want["Address"], want["Class"], want["Role"] = fullAddress(&c), c.Class.Title(), "keeps"
			}
			for head, value := range want {
				if row[head] != value {
					t.Errorf("%s, %s: %s is %q, want %q", c.ID, o.DN, head, row[head], value)
				}
			}
			if row["Why"] == "" && row["Role"] != "changes" {
				t.Errorf("%s, %s: no reason", c.ID, o.DN)
			}
			if (o.Disabled) != strings.HasSuffix(row["Kind"], "\naccount disabled") {
				t.Errorf("%s, %s: kind %q", c.ID, o.DN, row["Kind"])
			}
			for _, claim := range o.Claims {
				if want := claim.Attribute.String() + ": " + claim.Value; !strings.Contains(row["Held as"], want) {
					t.Errorf("%s, %s: held as %q, which lacks %q", c.ID, o.DN, row["Held as"], want)
				}
			}
			if got := strings.Contains(row["Held as"], "(primary"); got != o.Primary() {
				t.Errorf("%s, %s: primary %v, want %v", c.ID, o.DN, got, o.Primary())
			}
		}
	}
	if len(rows) > 0 {
		t.Errorf("%d rows too many", len(rows))
	}
}

// Dates are dates, so that a filter and a sort take them for such.
func TestEvidenceHasDates(t *testing.T) {
	a := workbooktest.Audit()
	a.Conflicts[0].Owners[0].Created = conflicts.InstantOf(time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC)) // before a spreadsheet's time
	a.Conflicts[0].Owners[0].Written = conflicts.Stamp{}
	f := written(t, newBook(a))
	for cell, want := range map[string]string{"H2": "unknown", "I2": "unknown", "H3": "42047.34409722222"} {
		got, err := f.GetCellValue(evidenceSheet, cell, excelize.Options{RawCellValue: true})
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", cell, got, err, want)
		}
	}
}

func TestEvidenceSetsOffTheRowsOfEachConflict(t *testing.T) {
	f := written(t, newBook(workbooktest.Audit()))
	conflict, fill := "", ""
	for i, row := range workbooktest.Records(t, f, evidenceSheet) {
		id, err := f.GetCellStyle(evidenceSheet, fmt.Sprintf("C%d", i+2))
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		now := fmt.Sprint(style.Fill.Color)
		if i > 0 && (row["Conflict"] == conflict) != (now == fill) {
			t.Errorf("row %d: fill %s after %s, conflict %s after %s", i+2, now, fill, row["Conflict"], conflict)
		}
		conflict, fill = row["Conflict"], now
	}
}

func TestEvidenceTellsWhyAnOwnerStays(t *testing.T) {
	a := workbooktest.Audit()
	var why []string
	address := ""
	for _, row := range workbooktest.Records(t, written(t, newBook(a)), evidenceSheet) {
		if row["Address"] != "" {
			address = row["Address"]
		}
		if row["Role"] == "not changed" || strings.Contains(row["Why"], "Not resolved") {
			why = append(why, address+" "+row["Owner"]+": "+row["Why"])
		}
	}
	want := []string{
		"pf@contoso.com Public Folder Store (EX01): is a publicFolder, which comes before a contact\nLikely no duplicate check: the proxyAddresses of pf relay were first written 2018-01-22 08:15:30 UTC; Public Folder Store (EX01) had had the address since 2017-12-21 08:15:30 UTC at the latest\nNot resolved: CN=pf relay,CN=Connections,CN=Configuration,DC=contoso,DC=com cannot be changed: outside the domain partitions",
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

func TestEvidenceTellsWhatToDoByHand(t *testing.T) {
	got := make(map[string]string)
	for _, row := range workbooktest.Records(t, written(t, newBook(workbooktest.Audit())), evidenceSheet) {
		if _, do, ok := strings.Cut(row["Why"], "\nBy hand: "); ok {
			got[row["Address"]] = do
		}
	}
	want := map[string]string{
		"ben.okafor@contoso.com": "correct or clear the mail attribute of every object but the first",
		"ewa.wojcik@contoso.com": "change the logon name of every object but the first, or accept it",
		"sip:napa@contoso.com":   "remove the address from the owners that no longer need it",
		"x500:/o=contoso/ou=exchange administrative group (fydibohf23spdlt)/cn=recipients/cn=peter.schmidt": "remove the address from the owners that no longer need it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSummaryCountsAsTheModel(t *testing.T) {
	a := workbooktest.Audit()
	f := written(t, newBook(a))
	got := facts(t, f, summarySheet)
	want := map[string]int{"All conflicts": len(a.Conflicts), "All findings": len(a.Findings)}
	for _, c := range conflicts.Classes {
		want[c.Title()] = a.Count(c)
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

// What is decided is counted by formulas over all sheets of the table. Programs that do not
// calculate show what holds to begin with.
func TestSummaryCountsDecisions(t *testing.T) {
	a := workbooktest.Audit()
	b := newBook(a)
	b.tableRows = 10
	f := written(t, b)
	rows, err := f.GetRows(summarySheet)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{decideSheet: fmt.Sprintf("decided 0 of %d", len(a.Proposals)), "High risk": "decided 0 of 3", "Not a decision": "none"}
	for i, row := range rows {
		text, ok := want[row0(row)]
		if !ok {
			continue
		}
		delete(want, row[0])
		cell := "B" + strconv.Itoa(i+1)
		formula, err := f.GetCellFormula(summarySheet, cell)
		if err != nil || row[1] != text || !strings.Contains(formula, "'Decide'!$A$2:$A$11") || !strings.Contains(formula, "'Decide 2'!$A$2:$A$4") {
			t.Errorf("%s: %q by %s, %v; want %q", row[0], row[1], formula, err, text)
		}
	}
	if len(want) > 0 {
		t.Errorf("no row for %v", want)
	}
}

func row0(row []string) string {
	if len(row) == 0 {
		return ""
	}
	return row[0]
}

func TestWorkbookOfAnIncompleteScanSaysSo(t *testing.T) {
	a := workbooktest.Interrupted(&conflicts.Audit{Coverage: []conflicts.Coverage{{Partition: "DC=a"}, {Partition: "DC=b"}}})
	f := written(t, newBook(a))
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
	if got := workbooktest.Records(t, f, evidenceSheet)[1]["Address"]; !strings.Contains(got, "INCOMPLETE") {
		t.Errorf("the empty table of conflicts says %q", got)
	}
	if got := workbooktest.Records(t, f, coverageSheet)[1]["Result"]; got != "INCOMPLETE: "+a.Coverage[1].Problem {
		t.Errorf("the partition says %q", got)
	}
}

func TestWorkbookWithoutConflictsSaysSo(t *testing.T) {
	f := written(t, newBook(&conflicts.Audit{}))
	for sheet, want := range map[string]string{
		evidenceSheet: "No conflicts found: everything that was to be read was read.",
		decideSheet:   "There is nothing to decide: no changes are proposed.",
		findingsSheet: "No findings found: everything that was to be read was read.",
		coverageSheet: "No partition was to be read.",
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

// Who has to be told is said by name, with the words of the change request.
func TestSummarySaysWhoNotices(t *testing.T) {
	got := facts(t, written(t, newBook(workbooktest.Audit())), summarySheet)
	for name, want := range map[string]string{
		"Tell them before": "3 objects: Jose Garcia; Journal Archive; Taro Tanaka (Tokyo). New primary address: they send from it.",
		"Also new primary": "3 objects: all-staff (migrated from Fabrikam 2019); Anna Lindqvist (Contractor); George Papadopoulos.",
		"Secondary only":   "6 objects: only the object in Stays with gets mail sent to the address.",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}
