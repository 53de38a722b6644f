package report

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/report/schematest"
)

// anApplication stopped at its second object.
func anApplication() *Application {
	list := verdicts()
	list[1].Record.GUID, list[1].Status, list[1].Reasons = guid(2), conflicts.Ready, nil
	return &Application{
		Version: "1.0.0", Journal: "fix.journal",
		Servers:  []WrittenServer{{"dc=corp,dc=contoso,dc=com", "ldaps://dc1.corp.contoso.com", "dc1.corp.contoso.com", `CORP\admin`}},
		Verdicts: list, Changed: map[conflicts.GUID]bool{list[0].Record.GUID: true},
		Notes:   []string{"deleted objects were not read"},
		Planned: 2, Left: 1,
		Stopped: &Stopped{DN: list[1].Record.DN, Object: guid(2), Problem: "connection lost \xff", Outcome: "it is unknown whether it was changed",
			State: "unknown", Hint: "look"},
	}
}

// runOutputs are what the commands other than scan write for programs.
func runOutputs() []output {
	a, written := reviewedAudit(), []string{sumsFile, "change-request.md", "fix-corp.contoso.com.ldif"}
	return []output{
		{"check.json", func(w io.Writer) error { return CheckJSON(w, availabilities(), "dc1: gone", nil) }},
		{"check.jsonl", func(w io.Writer) error { return CheckJSONL(w, availabilities(), "dc1: gone", nil) }},
		{"check.csv", func(w io.Writer) error { return CheckCSV(w, availabilities(), "dc1: gone") }},
		{"verify.json", func(w io.Writer) error { return VerifyJSON(w, verdicts(), "dc1: gone", []string{"not seen"}) }},
		{"verify.jsonl", func(w io.Writer) error { return VerifyJSONL(w, verdicts(), "", nil) }},
		{"verify.csv", func(w io.Writer) error { return VerifyCSV(w, verdicts(), "dc1: gone") }},
		{"fix.json", func(w io.Writer) error { return FixJSON(w, a, "approved", written) }},
		{"fix.jsonl", func(w io.Writer) error { return FixJSONL(w, a, "approved", written) }},
		{"fix.csv", func(w io.Writer) error { return FixCSV(w, a) }},
		{"apply.json", func(w io.Writer) error { return ApplyJSON(w, anApplication()) }},
		{"apply.jsonl", func(w io.Writer) error { return ApplyJSONL(w, anApplication()) }},
		{"apply.csv", func(w io.Writer) error { return ApplyCSV(w, anApplication()) }},
	}
}

func TestOutputsOfRunsAreByteForByteTheGoldens(t *testing.T) {
	for _, o := range runOutputs() {
		t.Run(o.name, func(t *testing.T) {
			var got bytes.Buffer
			if err := o.write(&got); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "runs", o.name)
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("differs from %s (-want +got):\n%s", golden, diff)
			}
		})
	}
}

// Each CSV output has whole rows, the last of them about the run, and docs/output.md
// names its columns in their order.
func TestCSVColumnsAreInTheDocs(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join(schematest.Docs(), "output.md"))
	if err != nil {
		t.Fatal(err)
	}
	outputs := append(runOutputs(), output{"scan.csv", func(w io.Writer) error { return CSV(w, normalAudit()) }})
	for _, o := range outputs {
		kind, isCSV := strings.CutSuffix(o.name, ".csv")
		if !isCSV {
			continue
		}
		var out bytes.Buffer
		if err := o.write(&out); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if columns := "`" + strings.Join(rows[0], "`, `") + "`"; !strings.Contains(string(docs), columns) {
			t.Errorf("docs/output.md does not name the columns of %s: %s", o.name, columns)
		}
		if last := strings.Join(rows[len(rows)-1], ","); !strings.Contains(","+last, ","+kind+",") {
			t.Errorf("%s ends with %s", o.name, last)
		}
	}
}
