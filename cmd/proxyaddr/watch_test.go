package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // Windows has no such files

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts/memory"
	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/report/statedir"
)

// A watch is a watcher whose periods the test makes.
type watch struct {
	*watcher
	t     *testing.T
	told  bytes.Buffer
	clock time.Time
}

// newWatch begins to watch.
func newWatch(t *testing.T, args ...string) *watch {
	t.Helper()
	o := &watchOptions{}
	cmd := command{name: "watch", new: func() action { return o }}
	fs := cmd.flags(o)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	w := &watch{t: t, clock: time.Date(2026, 1, 15, 12, 0, 0, 0, time.Local)}
	c := &console{stdin: strings.NewReader(""), stdout: &w.told, stderr: &w.told, getenv: func(string) string { return "" }}
	if err := errors.Join(c.settle(fs), o.check(c, fs, fs.Args())); err != nil {
		t.Fatal(err)
	}
	w.watcher = &watcher{watchOptions: o, c: c, now: func() time.Time { return w.clock }, gone: goneOwners{}}
	r := w.newRun(c, w.clock)
	if err := r.hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.dir = r.dir
	t.Cleanup(w.end)
	return w
}

// end ends to watch. It may be called twice.
func (w *watch) end() {
	w.disconnect()
	w.dir.Close()
}

// next makes a run, and returns what it told.
func (w *watch) next() string {
	w.t.Helper()
	w.told.Reset()
	w.clock = w.clock.Add(w.every)
	if err := w.period(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w.told.String()
}

// holds fails the test unless a text has all these lines, and nothing else.
func (w *watch) tells(want ...string) {
	w.t.Helper()
	got := strings.Split(strings.TrimSuffix(unclocked(w.next()), "\n"), "\n")
	if len(want) == 0 {
		want = []string{""}
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || !strings.Contains(got[i], want[i]) {
			w.t.Errorf("told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			return
		}
	}
}

func historyOf(t *testing.T, state string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(state, "history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Watch tells in the period after a change what is new and what is resolved, and else nothing;
// runs that find nothing new leave the files as they are.
func TestWatch(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	w := newWatch(t, append(login, "--state", state)...)
	w.tells(srv.URL, "proxyaddr: 1 known (baseline)")
	w.tells()
	connections := srv.Counts().Connections
	applyTo(t, srv, addsAddress)
	w.tells()
	applyTo(t, srv, makesAnother)
	w.tells("proxyaddr: 1 new, 1 known; last whole sweep T", " new: duplicate SMTP:Fresh@a.example")
	before, history := position(t, state), historyOf(t, state)
	for range 3 {
		applyTo(t, srv, telephone)
		w.tells()
	}
	if now := position(t, state); now != before {
		t.Errorf("the state was written anew: up to %d, before %d", now, before)
	}
	if now := historyOf(t, state); now != history {
		t.Errorf("the history has grown:\n%s", now)
	}
	applyTo(t, srv, removesAddress)
	w.tells("proxyaddr: 1 resolved, 1 known; last whole sweep T", " resolved: duplicate ")
	if now := srv.Counts().Connections; now != connections {
		t.Errorf("%d connections were opened while all was well", now-connections)
	}
	// A monitor that looks now and then still hears of the one before.
	for want, args := range map[string][]string{"OK: 1 resolved, 1 known\n": nil, "WARNING: 1 new, 1 resolved\n": {"--news-for", "100000h"}} {
		var stdout bytes.Buffer
		if code := run(append([]string{"status", "--state", state}, args...), strings.NewReader(""), &stdout, io.Discard); code != exitClean || !strings.HasPrefix(stdout.String(), want) {
			t.Errorf("exit %d, %s\n%s", code, want, &stdout)
		}
	}
	// A watch that begins again goes on from the state.
	w.end()
	clock := w.clock
	w = newWatch(t, append(login, "--state", state)...)
	w.clock = clock
	w.tells(srv.URL)
	if s, err := statedir.Read(state); err != nil || s.Last.Number != 3 || !s.LastComplete.After(s.Last.Time.Add(-time.Second)) {
		t.Errorf("%+v, %v", s.Last, err)
	}
}

const telephone = "dn: CN=Other,DC=a,DC=example\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: 1\n-\n"

// A period in which no recipient changed takes four requests, and one for every 50 owners of
// conflicts that are not resolved.
func TestWatchRequests(t *testing.T) {
	for owners, want := range map[int]int{2: 5, 50: 5, 52: 6, 104: 7} {
		srv, login := serveCounting(t, "dc1.a.example")
		applyTo(t, srv, conflictsOf(owners/2-1)) // and the one that is there
		w := newWatch(t, append(login, "--state", filepath.Join(t.TempDir(), "state"))...)
		w.next()
		w.next()
		for range 3 {
			applyTo(t, srv, telephoneOfGroup)
			before := srv.Counts().Searches
			w.tells()
			if got := srv.Counts().Searches - before; got != want {
				t.Errorf("%d owners: %d requests, want %d", owners, got, want)
			}
		}
	}
}

// Nor does it take more where an owner is out of sight, so that nobody knows what became of the
// conflict. If it comes back, that is noticed.
func TestWatchRequestsWithHiddenOwner(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	w := newWatch(t, append(login, "--state", state)...)
	w.next()
	w.next()
	applyTo(t, srv, "dn: CN=New,DC=a,DC=example\nchangetype: delete\n")
	w.tells("proxyaddr: 1 unconfirmed; last whole sweep T", " unconfirmed: duplicate SMTP:x@a.example (no longer visible)")
	for range 3 {
		before := srv.Counts().Searches
		w.tells()
		if got := srv.Counts().Searches - before; got != 5 {
			t.Errorf("%d requests, want 5", got)
		}
	}
	applyTo(t, srv, "dn: CN=New,DC=a,DC=example\nchangetype: add\nobjectClass: contact\nproxyAddresses: smtp:X@a.example\n")
	w.tells() // it is known again
	if s, err := statedir.Read(state); err != nil || s.Cases[0].Status != memory.Known {
		t.Errorf("%+v, %v", s.Cases[0], err)
	}
	applyTo(t, srv, removesAddress)
	w.tells("proxyaddr: 1 resolved; last whole sweep T", " resolved: ")
	w.tells()
}

// conflictsOf are so many conflicts of two owners each.
func conflictsOf(n int) string {
	var b strings.Builder
	b.WriteString("dn: CN=Group,DC=a,DC=example\nchangetype: add\nobjectClass: group\n")
	for i := range n {
		for _, name := range []string{"one", "two"} {
			fmt.Fprintf(&b, "\ndn: CN=%s %d,DC=a,DC=example\nchangetype: add\nobjectClass: contact\nproxyAddresses: smtp:x%d@a.example\n", name, i, i)
		}
	}
	return b.String()
}

const telephoneOfGroup = "dn: CN=Group,DC=a,DC=example\nchangetype: modify\nreplace: info\ninfo: 1\n-\n"

// Of very many conflicts at once, some are printed.
func TestWatchPrintsSome(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	w := newWatch(t, append(login, "--state", filepath.Join(t.TempDir(), "state"))...)
	w.next()
	w.next()
	applyTo(t, srv, conflictsOf(maxPrinted+20))
	text := w.next()
	if !strings.Contains(text, "proxyaddr: 120 new, 1 known") || strings.Count(text, " new: duplicate ") != maxPrinted || !strings.HasSuffix(text, "proxyaddr: and 20 more; proxyaddr status --state "+w.state+" lists them\n") {
		t.Error(text)
	}
	w.tells()
}

// A server that is away for some periods is told once, and what was written meanwhile is told
// when it is back, without a whole sweep.
func TestWatchServerAway(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	state, told := filepath.Join(t.TempDir(), "state"), filepath.Join(t.TempDir(), "told")
	w := newWatch(t, append(login, "--state", state, "--notify-command", noting(told))...)
	w.next()
	w.next()
	away := true
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnwillingToPerform, Times: -1, Match: func(ldaptest.Search) bool { return away }})
	applyTo(t, srv, addsAddress+"\n"+makesAnother)
	if text := w.next(); !strings.Contains(text, "Unwilling To Perform") && !strings.Contains(text, "unwilling") {
		t.Error(text)
	}
	w.tells()
	w.tells()
	if s, err := statedir.Read(state); err != nil || s.Last.Complete || s.Last.Number != 2 {
		t.Errorf("%+v, %v", s.Last, err)
	}
	away = false
	w.clock = w.clock.Add(maxRest)
	w.tells("proxyaddr: 1 new, 1 known; last whole sweep T", " new: duplicate ", "proxyaddr: complete again, after 3 failed or incomplete runs")
	if text, err := os.ReadFile(told); err != nil || strings.ReplaceAll(string(text), "\r", "") != "critical: incomplete: 1 unconfirmed\nwarning: 1 new, 1 known\n" {
		t.Errorf("%s, %v", text, err)
	}
}

// noting is a command that adds to a file what it is told.
func noting(file string) string {
	if runtime.GOOS == "windows" {
		return "echo %PROXYADDR_LEVEL%: %PROXYADDR_SUMMARY%>>" + file
	}
	return `echo "$PROXYADDR_LEVEL: $PROXYADDR_SUMMARY" >>` + file
}

func TestTimeOfDay(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ at, now, want string }{
		{"02:00", "2026-11-29T01:59:59Z", "2026-11-28T02:00:00Z"},
		{"02:00", "2026-11-29T02:00:00Z", "2026-11-29T02:00:00Z"},
		{"00:00", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		{"23:59", "2026-03-01T00:00:00Z", "2026-02-28T23:59:00Z"},
	} {
		var d timeOfDay
		if err := d.Set(tc.at); err != nil || d.String() != tc.at {
			t.Fatal(d, err)
		}
		now, err := time.Parse(time.RFC3339, tc.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.last(now).Format(time.RFC3339); got != tc.want {
			t.Errorf("%s, at %s: %s, want %s", tc.at, tc.now, got, tc.want)
		}
	}
	// Whatever is done to the clocks, each day has one sweep.
	for _, at := range []string{"01:30", "02:00", "02:30", "03:00", "03:30"} {
		var d timeOfDay
		if err := d.Set(at); err != nil {
			t.Fatal(err)
		}
		for _, day := range []string{"2026-03-28T23:00:00Z", "2026-10-24T22:00:00Z"} { // midnights before clocks are changed
			begin, err := time.Parse(time.RFC3339, day)
			if err != nil {
				t.Fatal(err)
			}
			due := map[time.Time]bool{}
			for now := begin; now.Before(begin.Add(48 * time.Hour)); now = now.Add(time.Minute) {
				if last := d.last(now.In(berlin)); !last.Before(begin) {
					due[last.UTC()] = true
				}
			}
			if len(due) != 2 {
				t.Errorf("%s from %s on: due %v", at, day, due)
			}
		}
	}
	for _, wrong := range []string{"", "2", "24:00", "02:60", "2 am"} {
		if err := new(timeOfDay).Set(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

// Everything is read once a day, over a fresh connection, and silently if it finds nothing.
func TestWatchFullAt(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	w := newWatch(t, append(login, "--state", state, "--full-at", "02:00")...)
	w.next()
	w.next()
	sweeps := func() int { return strings.Count(historyOf(t, state), `"event":"run"`) }
	connections := srv.Counts().Connections
	w.clock = w.fullAt.last(w.clock).AddDate(0, 0, 1)
	for range 3 {
		w.tells()
		if got := sweeps(); got != 2 {
			t.Errorf("%d sweeps in the history, want 2", got)
		}
	}
	if got := srv.Counts().Connections - connections; got != 1 {
		t.Errorf("%d connections, want 1", got)
	}
}
