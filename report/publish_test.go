package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

// snapshot returns what a directory holds, by name; a directory in it is "/".
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, e := range entries {
		if e.IsDir() {
			files[e.Name()] = "/"
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}

func content(name, text string) output {
	return output{name, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}}
}

// publishOver publishes an audit in the place of whatever a directory holds.
func publishOver(dir string, a *conflicts.Audit) error {
	d, err := Claim(dir, time.Time{}, Any)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.Publish(a)
	return err
}

func publishTo(t testing.TB, dir string, a *conflicts.Audit) {
	t.Helper()
	if err := publishOver(dir, a); err != nil {
		t.Fatal(err)
	}
}

func mustClaim(t *testing.T, dir string, may Replaceable) *Destination {
	t.Helper()
	d, err := Claim(dir, time.Time{}, may)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func mustPublish(t *testing.T, dir string, outputs ...output) {
	t.Helper()
	d := mustClaim(t, dir, Any)
	defer d.Close()
	if _, err := d.publish(outputs); err != nil {
		t.Fatal(err)
	}
}

func TestPublishWritesEveryFileAndItsChecksum(t *testing.T) {
	for name, audit := range audits {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "out")
			d := mustClaim(t, dir, Unneeded)
			names, err := d.Publish(audit())
			if err != nil {
				t.Fatal(err)
			}
			files := snapshot(t, dir)
			var found []string
			sums := strings.Split(strings.TrimSuffix(files[sumsFile], "\n"), "\n")
			for file, data := range files {
				found = append(found, file)
				if file != sumsFile && !ours(file) {
					t.Errorf("the next run does not know %s", file)
				}
				sum := sha256.Sum256([]byte(data))
				if file != sumsFile && !slices.Contains(sums, hex.EncodeToString(sum[:])+"  "+file) {
					t.Errorf("%s has no line with its checksum in:\n%s", file, files[sumsFile])
				}
				row := "| " + strings.ReplaceAll(file, "_", `\_`) + " | `" + hex.EncodeToString(sum[:]) + "` |"
				if request := files[requestFile]; file != sumsFile && file != requestFile && strings.Contains(request, "## Files") && !strings.Contains(request, row) {
					t.Errorf("the change request lacks %s", row)
				}
			}
			slices.Sort(found)
			if diff := cmp.Diff(found, names); diff != "" {
				t.Errorf("names (-directory +returned):\n%s", diff)
			}
			ofScan := audit().Review == nil
			for want, always := range map[string]bool{"report.xlsx": false, "report.html": false, "scan.json": false, "change-request.md": true, sumsFile: true} {
				if there := files[want] != ""; there != (always || ofScan) {
					t.Errorf("%s is there: %t", want, there)
				}
			}
			for _, domain := range Domains(audit()) {
				if files[fixFile(domain)] == "" || files[rollbackFile(domain)] == "" {
					t.Errorf("the pair of %s is missing or empty", domain)
				}
			}
		})
	}
}

func TestTheSameAuditGivesTheSameBytes(t *testing.T) {
	dir := t.TempDir()
	var runs []map[string]string
	for range 2 {
		publishTo(t, dir, domainsAudit())
		runs = append(runs, snapshot(t, dir))
	}
	if diff := cmp.Diff(runs[0], runs[1]); diff != "" {
		t.Errorf("the second run differs:\n%s", diff)
	}
}

// An earlier audit goes as a whole, with what systems leave beside it; and what its
// SHA256SUMS names elsewhere stays.
func TestPublishReplacesAnEarlierAudit(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "audit")
	mustPublish(t, dir, content("fix-old.example.ldif", "x"), content(requestFile, "x"))
	sums, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		t.Fatal(err)
	}
	none := strings.Repeat("0", 64)
	for path, text := range map[string]string{
		"fix-outside.ldif":              "x",
		"audit/.DS_Store":               "x",
		"audit/fix-old.example.journal": "x",
		"audit/SHA256SUMS":              string(sums) + none + "  ../fix-outside.ldif\n" + none + "  fix-/../../fix-outside.ldif\n" + none + "  scan.json\n",
	} {
		if err := os.WriteFile(filepath.Join(above, path), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	mustPublish(t, dir, content("fix-new.example.ldif", "new"))
	files := snapshot(t, dir)
	delete(files, sumsFile)
	if diff := cmp.Diff(map[string]string{"fix-new.example.ldif": "new"}, files); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"audit": "/", "fix-outside.ldif": "x"}, snapshot(t, above)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAFailureLeavesTheEarlierFilesAlone(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "audit")
	mustPublish(t, dir, content(scanFile, "old"))
	before := snapshot(t, dir)
	d := mustClaim(t, dir, Any)
	names, err := d.publish([]output{content(scanFile, "new"), {workbookFile, func(w io.Writer) error {
		_, _ = io.WriteString(w, strings.Repeat("half of it", 10_000))
		return errors.New("no space left on device")
	}}})
	if err == nil || err.Error() != filepath.Join(dir, workbookFile)+": no space left on device" {
		t.Errorf("%v, %v", names, err)
	}
	d.Close()
	if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
		t.Errorf("the directory has changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"audit": "/"}, snapshot(t, above)); diff != "" {
		t.Errorf("left behind:\n%s", diff)
	}
}

// Each of two sequences waits for the other, which would never end if one were written after
// the other.
func TestSequencesAreWrittenSideBySide(t *testing.T) {
	began := [2]chan bool{make(chan bool), make(chan bool)}
	meet := func(name string, n int) output {
		return output{name, func(io.Writer) error {
			close(began[n])
			<-began[1-n]
			return nil
		}}
	}
	d := mustClaim(t, filepath.Join(t.TempDir(), "audit"), Unneeded)
	if _, err := d.publish(sequence{meet(scanFile, 0)}, sequence{meet(pageFile, 1)}); err != nil {
		t.Error(err)
	}
}

// Who asks for a checksum waits until the file is staged, or cannot be because one before it failed.
// If nobody waited, the test would still pass whenever the file happened to be staged first.
func TestChecksumsAreWaitedFor(t *testing.T) {
	for want, scan := range map[string]output{"": content(scanFile, "x"), "no space left on device": {scanFile, func(io.Writer) error { return errors.New("no space left on device") }}} {
		d := mustClaim(t, filepath.Join(t.TempDir(), "audit"), Unneeded)
		asked := make(chan bool)
		names := output{workbookFile, func(io.Writer) error {
			close(asked)
			if got := d.sum(pageFile) != (Sum{}); got != (want == "") {
				t.Errorf("%q: it has a checksum: %t", want, got)
			}
			return nil
		}}
		late := output{requestFile, func(io.Writer) error {
			<-asked
			return nil
		}}
		_, err := d.publish(sequence{late, scan, content(pageFile, "x")}, sequence{names})
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A failure is told once nothing is being written any more, and what comes after it is not begun.
func TestAFailureWaitsForTheOtherSequence(t *testing.T) {
	failed, ended := make(chan bool), false
	fail := output{scanFile, func(io.Writer) error {
		close(failed)
		return errors.New("no space left on device")
	}}
	slow := output{pageFile, func(io.Writer) error {
		<-failed
		runtime.Gosched()
		ended = true
		return nil
	}}
	last := output{requestFile, func(io.Writer) error {
		t.Error("the change request was begun")
		return nil
	}}
	dir := filepath.Join(t.TempDir(), "audit")
	d := mustClaim(t, dir, Unneeded)
	_, err := d.publish(sequence{fail, last}, sequence{slow})
	if err == nil || err.Error() != filepath.Join(dir, scanFile)+": no space left on device" || !ended {
		t.Errorf("%v; the other sequence has ended: %t", err, ended)
	}
	d.Close()
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestDateInTheName(t *testing.T) {
	above := t.TempDir()
	now := time.Date(2026, 11, 29, 0, 30, 0, 0, time.FixedZone("CET", 3600)) // 23:30 in UTC
	claim := func(pattern string) *Destination {
		t.Helper()
		d, err := Claim(filepath.Join(above, pattern), now, Unneeded)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		return d
	}
	if err := os.WriteFile(filepath.Join(above, "audit-2026-11-28-2"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ pattern, want string }{
		{"audit-{date}", "audit-2026-11-28-3"}, // -2 is a file
		{"audit-{date}", "audit-2026-11-28-4"},
		{"audit/{date}", "audit/2026-11-28"},
		{"audit/{date}/", "audit/2026-11-28-2"},
		{"{date}/north", "2026-11-28/north"},
		{"{date}/north", "2026-11-28/north-2"},
		{"{DATE}", "{DATE}"},
	} {
		d := claim(tt.pattern)
		if want := filepath.Join(above, tt.want); d.Name() != want {
			t.Errorf("%s: %s, want %s", tt.pattern, d.Name(), want)
		}
		if _, err := d.publish([]output{content(scanFile, "x")}); err != nil {
			t.Error(err)
		}
		d.Close()
	}
	// Two runs at once have a directory each.
	a, b := claim("both-{date}"), claim("both-{date}")
	if a.Name() != filepath.Join(above, "both-2026-11-28") || b.Name() != a.Name()+"-2" {
		t.Errorf("%s and %s", a.Name(), b.Name())
	}
}
