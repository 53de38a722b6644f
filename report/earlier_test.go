package report

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/ldapscan/ldif"
	"proxyaddr/report/outdir"
)

// While a run goes on, people work with the audit that it is to replace.
func TestWhatIsNeededMeanwhileStays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	mustPublish(t, dir, content(scanFile, "old"), content(workbookFile, "old"))
	d := mustClaim(t, dir, Unneeded)
	if err := os.WriteFile(filepath.Join(dir, workbookFile), []byte("decided"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	if _, err := d.publish([]output{content(scanFile, "new")}); err == nil || err.Error() != dir+": holds an earlier audit with decisions (report.xlsx was saved after the scan)" {
		t.Error(err)
	}
	d.Close()
	if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
		t.Errorf("the directory has changed (-before +after):\n%s", diff)
	}
}

func TestRecordsInLDIF(t *testing.T) {
	long := "# " + strings.Repeat("x", 5000)
	for text, want := range map[string]bool{
		"":                             false,
		"version: 1\r\n# a\r\n\r\n":    false,
		"# a\n" + long + "\n":          false,
		long + "\ndn: CN=a\n":          true,
		"# a\nversion: 1\n\ndn:: Q049": true,
		" folded":                      true,
		"\ufeffversion: 1":             true, // somebody's editor wrote it
	} {
		if got := hasRecords(bufio.NewReader(strings.NewReader(text))); got != want {
			t.Errorf("%.20q: %t", text, got)
		}
	}
}

// A file in which the program would find a record is one with changes.
func FuzzHasRecords(f *testing.F) {
	for _, text := range []string{"# a\n\nversion: 1\n", "# a\n b\ndn: CN=a\nchangetype: delete\n", "\xff\xfed\x00n\x00"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		record, err := ldif.NewReader(bytes.NewReader(text)).Read()
		if err == nil && !hasRecords(bufio.NewReader(bytes.NewReader(text))) {
			t.Errorf("not seen: %+v", record)
		}
	})
}

// Whatever SHA256SUMS says, files that proxyaddr does not write are not deleted, also
// where their names look like its own.
func FuzzForeignFilesStay(f *testing.F) {
	none := strings.Repeat("0", 64)
	f.Add([]byte(none+"  notes.txt\n"+none+"  scan.json\r\n"), "notes.txt")
	f.Add([]byte(none+" *report.xlsx\n"+none+"  fix-a.ldif\n"), "fix-a.journal.txt")
	f.Add([]byte(none+"  fix-A.ldif\n"), "fix-A.ldif")
	f.Fuzz(func(t *testing.T, sums []byte, name string) {
		file, isJournal := strings.CutSuffix(name, ".journal")
		if name != filepath.Base(name) || ours(name) || isJournal && ours(file+".ldif") || name == sumsFile || slices.Contains(litter, name) {
			t.Skip()
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Skip(err)
		}
		if err := os.WriteFile(filepath.Join(dir, sumsFile), sums, 0o600); err != nil {
			t.Fatal(err)
		}
		var refusal *outdir.Refusal
		if err := Any.check("audit", dir); !errors.As(err, &refusal) {
			t.Errorf("%q may go: %v", name, err)
		}
	})
}
