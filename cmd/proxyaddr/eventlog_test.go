package main

import (
	"bytes"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
)

// Where there is no event log, the flag is refused, also without a state.
func TestEventLogRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it has one")
	}
	export := writeFile(t, filepath.Join(t.TempDir(), "export.ldif"), pairs(2))
	for want, args := range map[string][]string{
		"--event-log: only Windows has an event log": {"scan", "--input", export, "--state", t.TempDir(), "--event-log"},
		"--event-log goes with --state only":         {"scan", "--input", export, "--event-log"},
		"--event-log: only Windows":                  {"watch", "-H", "ldaps://dc1.a.example", "-D", "anna@a.example", "--state", t.TempDir(), "--event-log"},
	} {
		var stderr bytes.Buffer
		if code := run(args, strings.NewReader(""), &stderr, &stderr); code != exitUsage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%q: exit %d\n%s", args, code, &stderr)
		}
	}
}

// An entry has the ID of what it tells, and nothing that tells who is in the directory.
func TestEventOf(t *testing.T) {
	entry := memory.HistoryEntry{Kind: "new", ID: "C-AAAAAAAAAAAAAAAA", Class: conflicts.Duplicate, Address: "smtp:secret@a.example", Detail: "joined: CN=secret"}
	for _, tc := range []struct {
		run  memory.Run
		told int
		id   event
		text string
	}{
		{memory.Run{Complete: true, Counts: map[memory.Status]int{memory.Known: 2}}, 0, eventQuiet, "2 known; proxyaddr status --state state shows more"},
		{memory.Run{Complete: true, Counts: map[memory.Status]int{memory.Resolved: 1}}, 1, eventQuiet, "1 resolved; C-AAAAAAAAAAAAAAAA new; proxyaddr"},
		{memory.Run{Complete: true, Counts: map[memory.Status]int{memory.New: 1}}, 1, eventNews, "1 new; C-AAAAAAAAAAAAAAAA new; proxyaddr"},
		{memory.Run{Counts: map[memory.Status]int{memory.New: 1}}, 1, eventIncomplete, "the run was incomplete; found: 1 new; C-AAAAAAAAAAAAAAAA new; proxyaddr"},
		{memory.Run{Complete: true, Counts: map[memory.Status]int{memory.New: 5000}}, 5000, eventNews, "; and 4900 more; proxyaddr status"},
	} {
		r := &stateRun{remembering: &remembering{state: "state"}, judgment: &memory.Judgment{State: &memory.State{Last: tc.run}, History: slices.Repeat([]memory.HistoryEntry{entry}, tc.told)}}
		id, text := eventOf(r, tc.run.Summary())
		if id != tc.id || !strings.Contains(text, tc.text) || strings.Contains(text, "secret") || len(text) > maxEventText {
			t.Errorf("%d: %s, want %d: %s", id, text, tc.id, tc.text)
		}
	}
}
