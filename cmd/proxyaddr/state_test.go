package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/report/statedir"
)

// scanState scans with a state, and returns the last line of the totals.
func scanState(t *testing.T, code int, args ...string) (summary, stderr string) {
	t.Helper()
	var stdout, told bytes.Buffer
	if got := run(append([]string{"scan", "--quiet"}, args...), strings.NewReader(""), &stdout, &told); got != code {
		t.Fatalf("exit %d, want %d\n%s%s", got, code, &stdout, &told)
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	return lines[len(lines)-1], told.String()
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// pairs is an export of so many objects with an address, and of conflicts, each with two
// owners that are there also where they are in no conflict.
func pairs(objects int, conflicts ...int) string {
	var b strings.Builder
	b.WriteString("dn: DC=a,DC=example\nobjectClass: domainDNS\n")
	inConflict := map[int]bool{}
	for _, n := range conflicts {
		inConflict[n] = true
	}
	for n := range objects / 2 {
		fmt.Fprintf(&b, "\ndn: CN=%d,DC=a,DC=example\nobjectClass: contact\nproxyAddresses: SMTP:p%d@a.example\n", n, n)
		fmt.Fprintf(&b, "\ndn: CN=%d b,DC=a,DC=example\nobjectClass: contact\nproxyAddresses: SMTP:q%d@a.example\n", n, n)
		if inConflict[n] {
			fmt.Fprintf(&b, "proxyAddresses: smtp:p%d@a.example\n", n)
		}
	}
	return b.String()
}

func TestStateInUse(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	held, err := statedir.Open(state, "process 1 since yesterday")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	metrics := filepath.Join(t.TempDir(), "metrics.prom")
	// Before anything is read: there is no such export.
	_, stderr := scanState(t, exitInUse, "--input", "missing.ldif", "--state", state, "--metrics", metrics)
	if !strings.Contains(stderr, state+": in use by another run: process 1 since yesterday\n") {
		t.Error(stderr)
	}
	if _, err := os.Stat(metrics); !errors.Is(err, os.ErrNotExist) {
		t.Error("it wrote the metrics of the other run")
	}
	// The state can be shown meanwhile.
	var stdout bytes.Buffer
	if code := run([]string{"status", "--state", state, "--format", "nagios"}, strings.NewReader(""), &stdout, io.Discard); code != 3 {
		t.Errorf("exit %d: %s", code, &stdout)
	}
}

// An account that lost rights sees far fewer objects: nothing is resolved, until somebody
// says that they are gone.
func TestGuard(t *testing.T) {
	dir := t.TempDir()
	export, state := filepath.Join(dir, "export.ldif"), filepath.Join(dir, "state")
	args := []string{"--input", export, "--state", state}
	writeFile(t, export, pairs(400, 5, 190))
	scanState(t, exitConflicts, args...)
	writeFile(t, export, pairs(298, 5))
	summary, stderr := scanState(t, exitIncomplete, append(args, "--fail-on", "new")...)
	if summary != "1 known, 1 unconfirmed" || !strings.Contains(stderr, "incomplete: export: 298 objects with addresses, 102 fewer than in the last complete run") {
		t.Errorf("%s\n%s", summary, stderr)
	}
	// It stays incomplete: the run that saw less is not what is compared with.
	scanState(t, exitIncomplete, args...)
	if summary, _ = scanState(t, exitConflicts, append(args, "--accept-drop")...); summary != "1 resolved, 1 known" {
		t.Error(summary)
	}
	if summary, _ = scanState(t, exitClean, append(args, "--fail-on", "new")...); summary != "1 known" {
		t.Error(summary)
	}
}

// What became of the former owners decides: one that is not seen proves nothing.
func TestFormerOwners(t *testing.T) {
	const deleted = "dn: CN=New,DC=a,DC=example\nchangetype: modify\nadd: isDeleted\nisDeleted: TRUE\n-\ndelete: proxyAddresses\n-\n"
	for _, tc := range []struct{ name, change, summary, reason string }{
		{"address removed", "dn: CN=New,DC=a,DC=example\nchangetype: modify\ndelete: proxyAddresses\n-\n", "1 resolved", "address removed"},
		{"object deleted", deleted, "1 resolved", "object deleted"},
		{"object hidden", "dn: CN=New,DC=a,DC=example\nchangetype: delete\n", "1 unconfirmed", "no longer visible"},
		{"object renamed", "dn: CN=New,DC=a,DC=example\nchangetype: modrdn\nnewrdn: CN=Newer\ndeleteoldrdn: 1\n", "1 known", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv, args := serve(t, twoOwners)
			args = append(args[1:], "--state", filepath.Join(t.TempDir(), "state"), "--fail-on", "new")
			scanState(t, exitClean, args...)
			if err := srv.Apply(strings.NewReader(tc.change)); err != nil {
				t.Fatal(err)
			}
			if summary, _ := scanState(t, exitClean, args...); summary != tc.summary {
				t.Errorf("%s, want %s", summary, tc.summary)
			}
			state, err := statedir.Read(args[len(args)-3])
			if err != nil || len(state.Cases) != 1 || string(state.Cases[0].Reason) != tc.reason {
				t.Errorf("%+v, %v", state, err)
			}
		})
	}
}

// The duration of a run is counted from its beginning, not from the second before it.
func TestDurationOfRun(t *testing.T) {
	dir := t.TempDir()
	export, state := writeFile(t, filepath.Join(dir, "export.ldif"), pairs(10)), filepath.Join(dir, "state")
	for time.Now().Nanosecond() < int(time.Second/2) {
		time.Sleep(10 * time.Millisecond) // so that the two are apart
	}
	began := time.Now()
	scanState(t, exitClean, "--input", export, "--state", state)
	took := time.Since(began)
	if s, err := statedir.Read(state); err != nil || s.Last.Duration > took || s.Last.Duration <= 0 {
		t.Errorf("%v of %v, %v", s.Last.Duration, took, err)
	}
}

// If the former owners cannot be read, nothing is resolved.
func TestFormerOwnersUnread(t *testing.T) {
	srv, args := serve(t, twoOwners)
	args = append(args[1:], "--state", filepath.Join(t.TempDir(), "state"))
	scanState(t, exitConflicts, args...)
	if err := srv.Apply(strings.NewReader("dn: CN=New,DC=a,DC=example\nchangetype: modify\ndelete: proxyAddresses\n-\n")); err != nil {
		t.Fatal(err)
	}
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnwillingToPerform, Times: -1, Match: func(s ldaptest.Search) bool {
		return strings.Contains(s.Filter, "(objectGUID=")
	}})
	summary, stderr := scanState(t, exitIncomplete, args...)
	if summary != "1 unconfirmed" || !strings.Contains(stderr, "former owners of addresses could not be read again") {
		t.Errorf("%s\n%s", summary, stderr)
	}
}

// A result that nobody could read is told again by the next run.
func TestUnprintedIsToldAgain(t *testing.T) {
	dir := t.TempDir()
	export, state := filepath.Join(dir, "export.ldif"), filepath.Join(dir, "state")
	args := []string{"--input", export, "--state", state, "--fail-on", "new"}
	writeFile(t, export, pairs(10))
	scanState(t, exitClean, args...)
	writeFile(t, export, pairs(10, 3))
	if code := run(append([]string{"scan"}, args...), strings.NewReader(""), fullDisk{}, io.Discard); code != exitIncomplete {
		t.Errorf("exit %d", code)
	}
	if summary, _ := scanState(t, exitConflicts, args...); summary != "1 new" {
		t.Error(summary)
	}
}

// An interrupted run is remembered as one that failed.
func TestInterruptedWithState(t *testing.T) {
	srv, args := serve(t, twoOwners)
	state := filepath.Join(t.TempDir(), "state")
	args = append(args, "--state", state)
	scanState(t, exitConflicts, args[1:]...)
	ctx, interrupt := context.WithCancel(context.Background())
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Hang, Do: interrupt})
	c := &console{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	if code := c.run(ctx, args); code != exitInterrupted {
		t.Errorf("exit %d", code)
	}
	remembered, err := statedir.Read(state)
	if err != nil || remembered.Last.Complete || remembered.Last.ExitCode != exitInterrupted || len(remembered.Cases) != 1 {
		t.Errorf("%+v, %v", remembered, err)
	}
}

// A clock that was put back is told, and makes no age negative.
func TestClockPutBack(t *testing.T) {
	dir := t.TempDir()
	export, state := writeFile(t, filepath.Join(dir, "export.ldif"), pairs(10, 3)), filepath.Join(dir, "state")
	scanState(t, exitConflicts, "--input", export, "--state", state)
	file := filepath.Join(state, "state.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, regexp.MustCompile(`"20\d\d-`).ReplaceAllString(string(text), `"2998-`))
	var stdout bytes.Buffer
	run([]string{"scan", "--input", export, "--state", state, "--format", "json"}, strings.NewReader(""), &stdout, io.Discard)
	for _, want := range []string{`"age_days":0`, `, but the last run was at 2998-`, `"summary": "1 known"`} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %s in\n%s", want, &stdout)
		}
	}
}

// A run that is killed at any moment loses no finding and tells none twice.
func TestKilled(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 20
	}
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	// In run n the conflict n is new, the one before known, and the one before that gone.
	killAtRandom(t, kills, func(n int) []string {
		export := writeFile(t, filepath.Join(dir, fmt.Sprintf("%d.ldif", n%2)), pairs(2*kills+4, n, n+1))
		return []string{"--input", export, "--state", state}
	}, "1 new, 1 resolved, 1 known", "2 known")
	events := toldIn(t, state)
	for n := range kills + 2 {
		want := map[string]int{"new": 1, "resolved": 1}
		if n < 2 {
			want["new"] = 0 // of the baseline
		}
		if n >= kills {
			want["resolved"] = 0 // still there
		}
		for kind, times := range want {
			if got := events[fmt.Sprintf("%s smtp:p%d@a.example", kind, n)]; got != times {
				t.Errorf("conflict %d was told as %s %d times, want %d", n, kind, got, times)
			}
		}
	}
}

// killAtRandom kills a scan so many times and runs it again each time. That tells what is
// new, or that it is known where the killed one was remembered.
func killAtRandom(t *testing.T, kills int, args func(n int) []string, isNew, isKnown string) {
	t.Helper()
	program, err := exec.LookPath("proxyaddr")
	if err != nil {
		t.Fatal(err)
	}
	scan := func(n int) *exec.Cmd {
		return exec.Command(program, append([]string{"scan", "--fail-on", "none", "--quiet"}, args(n)...)...)
	}
	began := time.Now()
	if out, err := scan(0).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	whole := time.Since(began)
	remembered := 0
	for n := 1; n <= kills; n++ {
		cmd := scan(n)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(rand.Float64()*1.2*float64(whole)), func() { cmd.Process.Kill() })
		cmd.Wait()
		out, err := scan(n).CombinedOutput()
		switch {
		case strings.HasSuffix(string(out), "\n"+isNew+"\n"):
		case strings.HasSuffix(string(out), "\n"+isKnown+"\n"):
			remembered++
		default:
			t.Fatalf("run %d: %v\n%s", n, err, out)
		}
	}
	t.Logf("%d of %d were killed before they were remembered", kills-remembered, kills)
}

// toldIn returns how often each event of a conflict is in the history, whose runs it holds
// to be whole.
func toldIn(t *testing.T, state string) map[string]int {
	t.Helper()
	history, err := os.ReadFile(filepath.Join(state, "history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	events, runs := map[string]int{}, 0
	for line := range strings.Lines(string(history)) {
		var e struct {
			Run            int
			Event, Address string
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if e.Event != "run" {
			events[e.Event+" "+strings.ToLower(e.Address)]++
		} else if runs++; e.Run != runs {
			t.Errorf("run %d is the %dth in the history", e.Run, runs)
		}
	}
	return events
}
