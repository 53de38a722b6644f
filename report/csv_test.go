package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/report/calctest"
	"proxyaddr/report/words"
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
				want = append(want, []string{c.ID, role, words.Escape(o.DN)})
			}
		}
		if a.Remembered != nil {
			for _, m := range a.Remembered.NotFound {
				want = append(want, []string{m.ID, "", ""})
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
		if last := rows[len(rows)-1]; last["class"] != "scan" || last["reason"] != words.Completeness(a) {
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

// formulas are texts that a spreadsheet takes for formulas, at the beginning of a
// cell and where another separator ends one.
func formulas() (list []string) {
	for _, f := range []string{"=1+1", "+1+1", "-1+1", "@SUM(1)", "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", `=HYPERLINK("http://evil.example","x")`} {
		list = append(list, f, " "+f, "\t"+f, "\r"+f, "\n"+f, "\u3000"+f, `"`+f, `""`+f+`"`)
		for _, separator := range []string{";", ",", "|", "\t", "\r\n", `";`, `;"`, `; ""`, ";;", ",;", "';'", "|\u00a0"} {
			list = append(list, "x"+separator+f, "x"+separator+f+separator+"y")
		}
	}
	return list
}

// withFormulas has them wherever a directory can put a string.
func withFormulas() *conflicts.Audit {
	a := &conflicts.Audit{}
	for _, f := range formulas() {
		o := object(1, "x", corp)
		o.DN, o.DisplayName, o.Recipient, o.Class = f, f, 0, f
		claim := conflicts.Claim{Attribute: conflicts.Mail, Value: f}
		c := conflicts.Conflict{ID: f, Key: conflicts.Key(":" + f), Verbatim: f, Unresolved: []conflicts.Statement{{Code: conflicts.Verbatim, Value: f}}, Owners: []conflicts.Owner{owner(o, claim, claim)}}
		a.Conflicts = append(a.Conflicts, c)
		a.Changes = append(a.Changes, conflicts.Change{Conflict: f, Key: c.Key, Object: o, Attribute: conflicts.Mail, Old: f, New: f, Verbatim: f})
	}
	return a
}

func TestCSVHoldsNoFormula(t *testing.T) {
	begin := regexp.MustCompile(`(^|[;,|\t\r\n])[\s\x{3000}"]*[=+\-@＝＋－＠]`)
	for _, row := range append(readCSV(t, withFormulas()), readCSV(t, hostileAudit())...) {
		for column, cell := range row {
			if begin.MatchString(cell) {
				t.Errorf("%s: %q", column, cell)
			}
		}
	}
	for value, want := range map[string]string{
		"=1+1": "'=1+1", "x;=1+1": "x;'=1+1", "x; \"=1+1;-2": "x;' \"=1+1;'-2", "＝1": "'＝1",
		"": "", "SMTP:o'brien-x@contoso.com": "SMTP:o'brien-x@contoso.com", "CN=a,OU=b, c": "CN=a,OU=b, c", "'=1": "'=1",
	} {
		if got := csvCell(value); got != want {
			t.Errorf("%q became %q, want %q", value, got, want)
		}
	}
}

// Whatever the separator is that a spreadsheet goes by.
func TestCSVHoldsNoFormulaForLibreOffice(t *testing.T) {
	file := func(write func(io.Writer) error) (path string) {
		path = filepath.Join(t.TempDir(), "scan.csv")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(write(f), f.Close()); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain := file(func(w io.Writer) error {
		_, err := io.WriteString(w, "x;=1+1;y\r\n")
		return err
	})
	if got := calctest.Formulas(t, plain, ';'); len(got) != 1 {
		t.Fatalf("formulas %q, want that of the file", got)
	}
	path := file(func(w io.Writer) error {
		_, err := io.WriteString(w, ByteOrderMark)
		return errors.Join(err, CSV(w, withFormulas()))
	})
	if got := calctest.Formulas(t, path, ';', ',', '|'); len(got) > 0 {
		t.Errorf("formulas %q", got)
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
