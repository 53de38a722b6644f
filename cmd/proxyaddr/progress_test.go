package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"proxyaddr/ldapscan"
	"proxyaddr/report/statedir"
)

func TestProgressLine(t *testing.T) {
	for _, tc := range []struct {
		expected int
		seen     ldapscan.Progress
		want     string
	}{
		{0, ldapscan.Progress{Objects: 12400, Pages: 13}, "12,400 objects, 3,100/s, 13 pages, 4s"},
		{40000, ldapscan.Progress{Objects: 12400, Pages: 13}, "12,400 of about 40,000 objects (31 %), 3,100/s, 13 pages, 4s"},
		{0, ldapscan.Progress{Objects: 12400}, "12,400 objects, 3,100/s, 4s"},
		{12000, ldapscan.Progress{Objects: 12400, Pages: 13}, "12,400 objects, 3,100/s, 13 pages, 4s"},
		{40000, ldapscan.Progress{Objects: 40100, Pages: 41, Suspects: 96}, "40,100 objects read; reading 96 suspects again, 4s"},
	} {
		p := &progress{expected: tc.expected, seen: tc.seen}
		if got := p.line(4 * time.Second); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

// A scan with a state expects what the last complete run saw.
func TestProgressExpectsWhatTheLastRunSaw(t *testing.T) {
	dir := t.TempDir()
	export := writeFile(t, filepath.Join(dir, "export.ldif"), twoOwners)
	dir = filepath.Join(dir, "state")
	_, stderr := scanState(t, exitConflicts, "--input", export, "--state", dir, "--stats")
	state, err := statedir.Open(dir, "this test")
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	expected := (&stateRun{dir: state}).expected()
	if want := fmt.Sprintf("proxyaddr: %d objects, ", expected); expected != 2 || !strings.Contains(stderr, want) {
		t.Errorf("expects %d objects; the scan said:\n%s", expected, stderr)
	}
}
