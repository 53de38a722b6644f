package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
	"proxyaddr/report/workbook/workbooktest"
)

func TestWorkbookIsTheSameEveryTime(t *testing.T) {
	var first []byte
	for range 8 {
		var buf bytes.Buffer
		if err := Write(&buf, workbooktest.Audit(), theScan); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = buf.Bytes()
		}
		if !bytes.Equal(first, buf.Bytes()) {
			t.Fatal("two workbooks of one audit differ")
		}
	}
	r, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	drawing, err := r.Open("xl/drawings/drawing1.xml")
	if err != nil {
		t.Fatal(err, "; without a chart the test proves little")
	}
	defer drawing.Close()
	if text, err := io.ReadAll(drawing); err != nil || !bytes.Contains(text, []byte(`descr="Bar chart of the conflicts by class. Duplicate SMTP address: 12;`)) {
		t.Errorf("the chart is not told to those who cannot see it: %s, %v", text, err)
	}
}

func TestWorkbookKeepsHostileStringsAsText(t *testing.T) {
	hostile := []string{
		"=HYPERLINK(\"http://evil.example\",\"x\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "a\x00b\x1b[31mc\r\nd", "\u202egpj.exe", "zero\u200bwidth",
		"_x0041_", "<v>&amp;]]>", "\xff\xfe", "\ufffe\uffff", " padded ", "'quote", "'!A1", strings.Repeat("𝄞", 20_000), strings.Repeat("x", 32_767),
	}
	objects := workbooktest.Objects()
	for i, o := range objects {
		o.DisplayName = hostile[i%len(hostile)]
	}
	a := workbooktest.AuditOf(objects)
	a.Findings = nil
	for i, s := range hostile {
		a.Findings = append(a.Findings, conflicts.Finding{Kind: conflicts.MalformedValue, DN: s, Value: s, Verbatim: s})
		c := &a.Changes[i%len(a.Changes)]
		o := *c.Object
		o.DN, o.DisplayName, o.Class = s, s, s
		c.Object, c.Old, c.New, c.Verbatim = &o, s, s, s
	}
	a.Conflicts[0].Owners[0].Object = a.Changes[0].Object
	a.Conflicts[0].Owners[0].Claims = []conflicts.Claim{{Attribute: conflicts.ProxyAddresses, Value: hostile[5]}}
	a.Problems, a.Notes, a.Command, a.Scope.Identity = hostile[:9], hostile[:9], hostile[5], hostile[0]
	a.Coverage[0].Partition, a.Coverage[0].Problem = hostile[5], hostile[0]

	var buf bytes.Buffer
	if err := Write(&buf, a, theScan); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range r.File {
		content, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(content); ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", part.Name, err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "f" && strings.HasPrefix(part.Name, "xl/worksheets/") && part.Name != "xl/worksheets/sheet1.xml" {
				t.Errorf("%s: has a formula", part.Name)
			}
		}
	}
	f, err := excelize.OpenReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := workbooktest.Records(t, f, findingsSheet)
	for i, s := range hostile[:7] { // a cell that is edited stays a text, too
		id, err := f.GetCellStyle(findingsSheet, fmt.Sprintf("C%d", i+2))
		if err != nil {
			t.Fatal(err)
		}
		quoted := f.Styles.CellXfs.Xf[id].QuotePrefix
		if want := strings.ContainsAny(s[:1], "=+-@"); (quoted != nil && *quoted) != want {
			t.Errorf("%q: quoted %v, want %v", s, quoted, want)
		}
	}
	for i, s := range hostile {
		want := words.Escape(s)
		if strings.HasPrefix(s, "𝄞") {
			want = strings.Repeat("𝄞", (32_767-len("… [cut]"))/2) + "… [cut]"
		}
		if got := rows[i]["Value"]; got != want {
			t.Errorf("%.40q is %.60q (%d), want %.60q (%d)", s, got, len(got), want, len(want))
		}
	}
	if got, want := workbooktest.Records(t, f, evidenceSheet)[0]["Held as"], `proxyAddresses: a\x00b\x1b[31mc\r\nd`; got != want {
		t.Errorf("held as %q, want %q", got, want)
	}
}

// The key of a proposal stays as long as the proposal does, and no other has it.
func TestWorkbookKeyBindsTheProposal(t *testing.T) {
	proposal := func(conflict string, n byte, attribute conflicts.Attribute, old, updated string) conflicts.Proposal {
		o := &conflicts.Object{Entry: conflicts.Entry{DN: "CN=a", GUID: conflicts.GUID{n}}}
		return conflicts.Proposal{Conflict: &conflicts.Conflict{ID: conflict}, New: updated,
			Owner: &conflicts.Owner{Object: o, Claims: []conflicts.Claim{{Attribute: attribute, Value: old}}}}
	}
	keysOf := func(list ...conflicts.Proposal) (all []string) {
		keys := newProposalKeys(list)
		for i := range list {
			all = append(all, keys.of(i))
		}
		return all
	}
	first := proposal("C-A", 1, conflicts.Mail, "a", "b")
	swapped := first
	swapped.SwapTo = "c"
	keys := keysOf(first, proposal("C-B", 1, conflicts.Mail, "a", "b"), proposal("C-A", 2, conflicts.Mail, "a", "b"),
		proposal("C-A", 1, conflicts.ProxyAddresses, "a", "b"), proposal("C-A", 1, conflicts.Mail, "b", "b"),
		proposal("C-A", 1, conflicts.Mail, "a", "c"), proposal("C-A", 1, conflicts.Mail, `a" "b`, ""), proposal("C-A", 1, conflicts.Mail, "a", `b" "`), swapped, first)
	for i, key := range keys {
		if slices.Contains(keys[:i], key) {
			t.Errorf("%d: %s again", i, key)
		}
	}
	if key := keysOf(proposal("C-C", 1, 0, "", ""), first)[1]; key != keys[0] || !strings.HasPrefix(key, "C-A/") || len(key) != len("C-A/234567") {
		t.Errorf("%s among other proposals, %s before", key, keys[0])
	}
}

func TestRowsAreAsHighAsTheirText(t *testing.T) {
	for _, tc := range []struct {
		text  string
		limit int
		want  int
	}{
		{"", 5000, 1},
		{"0123456789", 5070, 1},
		{"0123456789", 5069, 2},
		{"01234 6789", 5000, 1},
		{"01234 67890", 5000, 2},
		{"01234-67890", 5000, 2},
		{strings.Repeat("0", 95), 5070, 10},
		{"a\nb\n\nc", 5000, 4},
		{"田中田中田", 5600, 1},
		{"田中田中田中", 5600, 2},
	} {
		if got := countLines([]byte(tc.text), tc.limit); got != tc.want {
			t.Errorf("countLines(%.20q, %d) = %d, want %d", tc.text, tc.limit, got, tc.want)
		}
	}
	if got := (look{wrap: true}).height([]byte(strings.Repeat("x\n", 1000)), 20); got != excelize.MaxRowHeight {
		t.Errorf("a thousand lines are %v points high, want the highest row there is", got)
	}
}

// Some programs read no cell outside of the dimension, and ExcelJS opens no workbook whose
// document properties have no prefix.
func TestWorkbookTellsItsSizeAndProperties(t *testing.T) {
	for name, a := range map[string]*conflicts.Audit{"conflicts": workbooktest.Audit(), "empty": {}} {
		var buf bytes.Buffer
		if err := Write(&buf, a, theScan); err != nil {
			t.Fatal(err)
		}
		r, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		if err != nil {
			t.Fatal(err)
		}
		core, err := fs.ReadFile(r, "docProps/core.xml")
		if err != nil || !bytes.Contains(core, []byte("<cp:coreProperties ")) {
			t.Errorf("%s: document properties %s, %v", name, core, err)
		}
		f, err := excelize.OpenReader(&buf)
		if err != nil {
			t.Fatal(err)
		}
		for _, sheet := range f.GetSheetList() {
			rows, err := f.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			columns := 0
			for _, row := range rows {
				columns = max(columns, len(row))
			}
			want, _ := excelize.CoordinatesToCellName(columns, len(rows))
			if got, err := f.GetSheetDimension(sheet); err != nil || got != "A1:"+want {
				t.Errorf("%s, %s: dimension %s, %v; want A1:%s", name, sheet, got, err, want)
			}
		}
		f.Close()
	}
}
