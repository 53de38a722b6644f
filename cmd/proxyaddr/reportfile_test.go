package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"proxyaddr/ldapscan/osfile"
	"proxyaddr/report"
)

// scanInto scans an export with a conflict in an empty directory, with these flags.
func scanInto(t *testing.T, flags ...string) (code int, stdout, stderr string) {
	t.Helper()
	writeFile(t, "export.ldif", twoOwners)
	var printed, said bytes.Buffer
	code = run(append([]string{"scan", "--input", "export.ldif"}, flags...), strings.NewReader(""), &printed, &said)
	return code, printed.String(), said.String()
}

func readAll(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each file has what --format prints, a table of rows with the mark by which Excel knows UTF-8.
func TestReportFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	_, table, _ := scanInto(t)
	code, stdout, stderr := scanInto(t, "--report", "a.csv", "--report", "a.JSON", "--report", "a.jsonl")
	if code != exitConflicts || stdout != table {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	for path, mark := range map[string]string{"a.csv": report.ByteOrderMark, "a.JSON": "", "a.jsonl": ""} {
		_, want, _ := scanInto(t, "--format", reportFormat(path))
		if got := readAll(t, path); got != mark+want {
			t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
		}
	}
	// The settings in a report do not name the file: it is the same under any name.
	if text := readAll(t, "a.JSON"); strings.Contains(text, "a.csv") {
		t.Error(text)
	}
}

func TestReportFilesAreRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "held.csv", "mine")
	held, err := osfile.OpenLocked("held.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := os.Mkdir("dir.json", 0o700); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"a.txt":                           "--report a.txt: no format by its ending\nhint: name a file that ends in csv, json or jsonl\n",
		"csv":                             "--report csv: no format by its ending\n",
		"dir.json":                        "--report: dir.json: not a regular file\nhint: ",
		"held.csv":                        "--report held.csv: is open in another program\nhint: close it there, or name another file\n",
		filepath.Join("missing", "a.csv"): "--report: " + filepath.Join("missing", "a.csv") + ": ",
		filepath.Join("audit", "a.csv"):   "--report " + filepath.Join("audit", "a.csv") + ": lies in the directory of --output\n",
	} {
		code, stdout, stderr := scanInto(t, "-o", "audit", "--report", path)
		if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "proxyaddr: "+want) {
			t.Errorf("%s: exit %d\n%s%s", path, code, stdout, stderr)
		}
	}
	entries, err := os.ReadDir(".")
	if err != nil || len(entries) != 3 { // the export, the file and the directory
		t.Errorf("%v, %v", entries, err)
	}
	var stderr bytes.Buffer
	code := run([]string{"scan", "-d", "a.example", "--compare-dcs", "--report", "a.csv"}, strings.NewReader(""), &bytes.Buffer{}, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "name a file that ends in json\n") {
		t.Errorf("a comparison as csv: exit %d\n%s", code, stderr.String())
	}
}

// The directory of this day exists, so the scan would make another one beside it.
func TestReportFileInDatedDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	const dated = "audit-{date}"
	for {
		dir := report.Dated(dated, time.Now())
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "a.csv")
		code, _, stderr := scanInto(t, "-o", dated, "--report", path)
		if report.Dated(dated, time.Now()) != dir { // midnight
			continue
		}
		if code != exitUsage || !strings.Contains(stderr, "--report "+path+": lies in the directory of --output\n") {
			t.Errorf("exit %d\n%s", code, stderr)
		}
		return
	}
}

// What somebody opens during a scan stays as it was, and the rest is written.
func TestReportFileOpenedDuringScan(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "a.csv", "old")
	stdin := &onRead{strings.NewReader(twoOwners), func() {
		if err := os.Remove("a.csv"); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir("a.csv", 0o700); err != nil { // on any system, this cannot be replaced
			t.Fatal(err)
		}
	}}
	var stdout, stderr bytes.Buffer
	code := run([]string{"scan", "--input", "-", "--report", "a.csv", "--report", "a.json"}, stdin, &stdout, &stderr)
	if code != exitIncomplete || !strings.Contains(stderr.String(), "proxyaddr: --report: a.csv: not a regular file\nhint: name a file") {
		t.Errorf("exit %d\n%s", code, stderr.String())
	}
	if !strings.Contains(stdout.String(), "smtp:x@a.example") || !strings.Contains(readAll(t, "a.json"), "x@a.example") {
		t.Errorf("the other outputs:\n%s", stdout.String())
	}
}
