package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

func mustPublish(t *testing.T, dir string, outputs ...output) {
	t.Helper()
	if _, err := publish(dir, outputs); err != nil {
		t.Fatal(err)
	}
}

func TestPublishWritesEveryFileAndItsChecksum(t *testing.T) {
	for name, audit := range audits {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "out")
			names, err := Publish(dir, audit())
			if err != nil {
				t.Fatal(err)
			}
			files := snapshot(t, dir)
			var found []string
			sums := strings.Split(strings.TrimSuffix(files[sumsFile], "\n"), "\n")
			for file, data := range files {
				found = append(found, file)
				sum := sha256.Sum256([]byte(data))
				if file != sumsFile && !slices.Contains(sums, hex.EncodeToString(sum[:])+"  "+file) {
					t.Errorf("%s has no line with its checksum in:\n%s", file, files[sumsFile])
				}
			}
			slices.Sort(found)
			if diff := cmp.Diff(found, names); diff != "" {
				t.Errorf("names (-directory +returned):\n%s", diff)
			}
			ofScan := audit().Review == nil
			for want, always := range map[string]bool{"report.xlsx": false, "scan.json": false, "change-request.md": true, sumsFile: true} {
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
		if _, err := Publish(dir, domainsAudit()); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, snapshot(t, dir))
	}
	if diff := cmp.Diff(runs[0], runs[1]); diff != "" {
		t.Errorf("the second run differs:\n%s", diff)
	}
}

func TestPublishRemovesChangeFilesOfAnEarlierScanOnly(t *testing.T) {
	dir := t.TempDir()
	mustPublish(t, dir, content("fix-old.example.ldif", "x"), content("rollback-old.example.ldif", "x"), content("notes.txt", "x"),
		content("fix-kept.example.ldif", "x"))
	for _, name := range []string{"fix-mine.ldif", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(filepath.Dir(dir), "fix-outside.ldif")
	sums := filepath.Join(dir, sumsFile)
	forged, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	forged = append(forged, strings.Repeat("0", 64)+"  ../fix-outside.ldif\n"+strings.Repeat("0", 64)+"  fix-/../../fix-outside.ldif\n"...)
	for path, data := range map[string][]byte{sums: forged, outside: []byte("x")} {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}

	mustPublish(t, dir, content("fix-kept.example.ldif", "new"))
	files := snapshot(t, dir)
	delete(files, sumsFile)
	want := map[string]string{"fix-kept.example.ldif": "new", "fix-mine.ldif": "x", "notes.txt": "x", "other": "x"}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

func TestAFailureLeavesTheEarlierFilesAlone(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(dir string) error
		outputs []output
		blames  string
	}{
		{"a writer fails", nil, []output{
			content("a", "new"),
			{"b", func(w io.Writer) error {
				_, _ = io.WriteString(w, strings.Repeat("half of it", 10_000))
				return errors.New("no space left on device")
			}},
			content("c", "new"),
		}, "b"},
		{"a name is taken by a directory", func(dir string) error {
			return os.MkdirAll(filepath.Join(dir, "b", "full"), 0o777)
		}, []output{content("a", "new"), content("b", "new"), content("z", "new")}, "b"},
		{"a stale file is a directory", func(dir string) error {
			if err := os.Remove(filepath.Join(dir, "fix-old.ldif")); err != nil {
				return err
			}
			return os.Mkdir(filepath.Join(dir, "fix-old.ldif"), 0o777)
		}, []output{content("a", "new"), content("c", "new")}, "fix-old.ldif"},
		{"the checksums are a directory", func(dir string) error {
			if err := os.Remove(filepath.Join(dir, sumsFile)); err != nil {
				return err
			}
			return os.Mkdir(filepath.Join(dir, sumsFile), 0o777)
		}, []output{content("a", "new")}, sumsFile},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			mustPublish(t, dir, content("a", "old"), content("c", "old"), content("fix-old.ldif", "old"))
			if tt.prepare != nil {
				if err := tt.prepare(dir); err != nil {
					t.Fatal(err)
				}
			}
			before := snapshot(t, dir)
			names, err := publish(dir, tt.outputs)
			if err == nil {
				t.Fatalf("published %v", names)
			}
			if !strings.HasPrefix(err.Error(), filepath.Join(dir, tt.blames)+": ") {
				t.Errorf("error %q does not begin with the path of %s", err, tt.blames)
			}
			if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
				t.Errorf("the directory has changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestPublishReplacesALinkAndDoesNotWriteThroughIt(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(t.TempDir(), "target")
	if err := os.WriteFile(target, []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, filepath.Join(dir, "a")); err != nil {
		t.Skip(err)
	}
	mustPublish(t, dir, content("a", "new"))
	if data, err := os.ReadFile(target); err != nil || string(data) != "precious" {
		t.Errorf("the target of the link holds %q, %v", data, err)
	}
	if got := snapshot(t, dir)["a"]; got != "new" {
		t.Errorf("a holds %q", got)
	}
}
