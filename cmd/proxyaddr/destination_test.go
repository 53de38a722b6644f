package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"proxyaddr/ldapscan/osfile"
	"proxyaddr/report"
)

// scanTo scans an export with a conflict to a directory.
func scanTo(t *testing.T, dir string, flags ...string) (code int, stderr string) {
	t.Helper()
	export := filepath.Join(t.TempDir(), "export.ldif")
	if err := os.WriteFile(export, []byte(twoOwners), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	code = run(append([]string{"scan", "--input", export, "-o", dir}, flags...), strings.NewReader(""), io.Discard, &said)
	return code, said.String()
}

// While one run has a directory, another is refused, and leaves no trace in it.
func TestTwoRunsAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	first, err := report.Claim(dir, time.Time{}, report.Unneeded)
	if err != nil {
		t.Fatal(err)
	}
	want := "proxyaddr: " + dir + ": another run of proxyaddr is writing to it\nhint: wait for it to end, or name a new directory, for example -o " + dir + "-2 "
	if code, stderr := scanTo(t, dir); code != exitUsage || !strings.HasPrefix(stderr, want) {
		t.Errorf("exit %d\n%s", code, stderr)
	}
	first.Close()
	if code, stderr := scanTo(t, dir); code != exitConflicts {
		t.Errorf("when the first has ended: exit %d\n%s", code, stderr)
	}
}

// The journal of an apply that is running is not deleted from under it.
func TestReplaceDuringApply(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	if code, stderr := scanTo(t, dir); code != exitConflicts {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	path := filepath.Join(dir, "fix-a.example.journal")
	journal, err := osfile.CreateLocked(path)
	if err != nil {
		t.Fatal(err)
	}
	code, stderr := scanTo(t, dir, "--replace")
	if code != exitUsage || !strings.HasPrefix(stderr, "proxyaddr: "+path+": is open in another program\nhint: close it there, or ") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	if code, stderr := scanTo(t, dir, "--replace"); code != exitConflicts {
		t.Errorf("when it has ended: exit %d\n%s", code, stderr)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the journal is still there")
	}
}

// onRead calls a function before the first read.
type onRead struct {
	io.Reader
	call func()
}

func (r *onRead) Read(p []byte) (int, error) {
	if r.call != nil {
		r.call()
		r.call = nil
	}
	return r.Reader.Read(p)
}

// Somebody who opens the workbook during a sweep does not lose it: the whole table is printed.
func TestWorkbookOpenedDuringScan(t *testing.T) {
	for _, tc := range []struct {
		name  string
		flags []string
		table bool
	}{
		{"files alone", nil, true},
		{"quiet", []string{"--quiet"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "audit")
			if code, stderr := scanTo(t, dir); code != exitConflicts {
				t.Fatalf("exit %d\n%s", code, stderr)
			}
			path := filepath.Join(dir, "report.xlsx")
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			stdin := &onRead{strings.NewReader(twoOwners), func() {
				f, err := osfile.OpenLocked(path)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { f.Close() })
			}}
			var stdout, stderr bytes.Buffer
			code := run(append([]string{"scan", "--input", "-", "-o", dir, "--replace"}, tc.flags...), stdin, &stdout, &stderr)
			if code != exitIncomplete || !strings.Contains(stderr.String(), "proxyaddr: "+path+": is open in another program\nhint: close it there, or ") {
				t.Errorf("exit %d\n%s", code, stderr.String())
			}
			if found := strings.Contains(stdout.String(), "smtp:x@a.example"); found != tc.table {
				t.Errorf("an address in what is printed: %t, want %t\n%s", found, tc.table, stdout.String())
			}
			if after, err := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Errorf("the workbook was changed: %v", err)
			}
		})
	}
}
