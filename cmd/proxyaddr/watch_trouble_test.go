package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts/memory"
	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/report/statedir"
)

// failing is a fault that lasts as long as on points to true.
func failing(on *bool, filter string) ldaptest.Fault {
	return ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnwillingToPerform, Times: -1, Match: func(s ldaptest.Search) bool {
		return *on && strings.Contains(s.Filter, filter)
	}}
}

// A line between watch and a server, which can be cut.
type line struct {
	net.Listener
	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Listener: listener}
	t.Cleanup(func() {
		l.set(true)
		l.Close()
	})
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			l.mu.Lock()
			if far, err := net.Dial("tcp", to); err != nil || l.cut {
				near.Close()
			} else {
				l.conns = append(l.conns, near, far)
				go io.Copy(near, far)
				go io.Copy(far, near)
			}
			l.mu.Unlock()
		}
	}()
	return l
}

// set cuts the line, or has it carry again.
func (l *line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}

// A server that cannot be reached for some periods is told once, and costs no whole sweep.
func TestWatchUnreachable(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds between attempts")
	}
	srv, login := serveCounting(t, "dc1.a.example")
	_, address, _ := strings.Cut(srv.URL, "//")
	l := newLine(t, address)
	login[1] = "ldaps://" + l.Addr().String()
	dir := t.TempDir()
	state, told := filepath.Join(dir, "state"), filepath.Join(dir, "told")
	w := newWatch(t, append(login, "--state", state, "--notify-command", noting(told))...)
	w.next()
	w.next()
	l.set(true)
	applyTo(t, srv, addsAddress+"\n"+makesAnother)
	if text := w.next(); !strings.HasPrefix(text, "proxyaddr: "+login[1]+": ") || strings.Contains(text, "everything is read") {
		t.Error(text)
	}
	w.tells()
	w.tells()
	if s, err := statedir.Read(state); err != nil || s.Last.ExitCode != exitConnect || len(s.Cases) != 1 || s.Cases[0].Status != memory.Known {
		t.Errorf("%+v, %v", s.Last, err)
	}
	l.set(false)
	w.tells("proxyaddr: 1 new, 1 known; last whole sweep T", " new: duplicate ", "complete again, after 3")
	w.tells()
	if text, err := os.ReadFile(told); err != nil || strings.ReplaceAll(string(text), "\r", "") != "critical: the run failed\nwarning: 1 new, 1 known\n" {
		t.Errorf("%s, %v", text, err)
	}
}

// A connection that was lost is made again, and nobody has to know.
func TestWatchConnectionLost(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	w := newWatch(t, append(login, "--state", state)...)
	w.next()
	w.next()
	connections := srv.Counts().Connections
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Match: func(s ldaptest.Search) bool { return strings.Contains(s.Filter, "uSNChanged") }})
	applyTo(t, srv, addsAddress+"\n"+makesAnother)
	w.tells("proxyaddr: 1 new, 1 known; last whole sweep T", " new: duplicate ")
	w.tells()
	if now := srv.Counts().Connections; now != connections+1 {
		t.Errorf("%d connections, want one more than %d", now, connections)
	}
}

// An account that is refused is not tried in each period, which would lock it.
func TestWatchRefused(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	w := newWatch(t, append(login, "--state", filepath.Join(t.TempDir(), "state"))...)
	w.next()
	srv.SetPassword("anna@a.example", "another")
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Match: func(s ldaptest.Search) bool { return strings.Contains(s.Filter, "uSNChanged") }})
	w.tells("the connection broke, and the logon was then refused")
	w.tells("watch tries again in an hour, so that the account is not locked", "hint: ")
	binds := srv.Counts().Binds
	for range 58 {
		w.tells()
	}
	if now := srv.Counts().Binds; now != binds {
		t.Errorf("%d binds within the hour", now-binds)
	}
	srv.SetPassword("anna@a.example", password)
	w.next()
	w.tells()
	if now := srv.Counts().Binds; now != binds+1 {
		t.Errorf("%d binds after it, want 1", now-binds)
	}
}

// A whole sweep that is incomplete is not made again in each period.
func TestWatchRestsAfterSweeps(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	w := newWatch(t, append(login, "--state", state)...)
	broken := true
	srv.Inject(failing(&broken, "(objectGUID="))
	if text := w.next(); !strings.Contains(text, "incomplete: ") {
		t.Error(text)
	}
	sweeps := 0
	for range 120 {
		before := srv.Counts().Searches
		w.next()
		if srv.Counts().Searches > before {
			sweeps++
		}
	}
	if sweeps != 5 { // after 2, 4, 8, 16 and 32 minutes; the next is an hour later
		t.Errorf("%d sweeps in two hours", sweeps)
	}
	broken = false
	for i := 0; ; i++ {
		if text := w.next(); strings.Contains(text, "complete again, after 6 failed or incomplete runs") {
			break
		}
		if i == 60 {
			t.Fatal("it does not go on")
		}
	}
	w.tells()
}

// A clock that is put back has everything read once more, and then is as before.
func TestWatchClockPutBack(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	w := newWatch(t, append(login, "--state", state)...)
	w.next()
	w.next()
	w.clock = w.clock.Add(-time.Hour)
	w.tells("everything is read: the clock shows a time before the last whole sweep")
	w.tells()
	applyTo(t, srv, addsAddress+"\n"+makesAnother)
	w.tells("proxyaddr: 1 new, 1 known", " new: duplicate ")
	w.clock = w.clock.Add(30 * 24 * time.Hour) // forward: one sweep is due
	w.tells()
	w.tells()
	if n := strings.Count(historyOf(t, state), `"event":"run"`); n != 4 {
		t.Errorf("%d runs are remembered, want 4:\n%s", n, historyOf(t, state))
	}
}

// What suppressions are changed to counts from the next period on. A mistake in the file is
// told, and resolves nothing.
func TestWatchSuppressions(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	dir := t.TempDir()
	state, file := filepath.Join(dir, "state"), writeFile(t, filepath.Join(dir, "left.txt"), "")
	w := newWatch(t, append(login, "--state", state, "--suppressions", file)...)
	w.next()
	statusIs := func(want string) {
		t.Helper()
		if s, err := statedir.Read(state); err != nil || len(s.Cases) != 1 || string(s.Cases[0].Status) != want {
			t.Errorf("%+v, %v, want %s", s.Cases[0], err, want)
		}
	}
	const suppression = "[C-WRWFRJBG2SG2KN5B]\naddress = smtp:x@a.example\nuntil = never\nreason = decided\n"
	writeFile(t, file, suppression)
	w.tells()
	statusIs("suppressed")
	applyTo(t, srv, telephoneOfNew)
	writeFile(t, file, suppression+"nonsense\n")
	if text := w.next(); !strings.Contains(text, file+":5: ") {
		t.Error(text)
	}
	w.tells()
	statusIs("suppressed")
	writeFile(t, file, "")
	w.tells("1 expired", " expired: duplicate ", "complete again, after 2")
	statusIs("expired")
}

const telephoneOfNew = "dn: CN=New,DC=a,DC=example\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: 1\n-\n"

// A partition that comes is known once everything is read, over a fresh connection.
func TestWatchNewPartition(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	w := newWatch(t, append(login, "--state", filepath.Join(t.TempDir(), "state"))...)
	w.next()
	w.next()
	applyTo(t, srv, "dn: CN=Child,CN=Partitions,CN=Configuration,DC=a,DC=example\nchangetype: add\nobjectClass: crossRef\nnCName: DC=child,DC=a,DC=example\ndnsRoot: child.a.example\nsystemFlags: 3\n")
	text := w.next()
	if !strings.Contains(text, "everything is read: ") || !strings.Contains(text, "incomplete: DC=child,DC=a,DC=example: no domain controller of child.a.example was read") {
		t.Error(text)
	}
	applyTo(t, srv, "dn: CN=Child,CN=Partitions,CN=Configuration,DC=a,DC=example\nchangetype: delete\n")
	w.clock = w.clock.Add(maxRest)
	w.tells("everything is read: the last whole sweep was not complete", "complete again, after 1")
}

// A command that cannot be told has the same told again, after a while.
func TestWatchNotifyFails(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	dir := t.TempDir()
	told := filepath.Join(dir, "told")
	w := newWatch(t, append(login, "--state", filepath.Join(dir, "state"), "--notify-command", "exit 3")...)
	w.next()
	applyTo(t, srv, addsAddress+"\n"+makesAnother)
	if text := w.next(); !strings.Contains(text, "proxyaddr: 1 new, 1 known") || !strings.Contains(text, "--notify-command: exit status ") {
		t.Error(text)
	}
	w.notify = noting(told)
	w.tells()
	w.tells("proxyaddr: 1 new, 1 known", " new: ", "complete again, after 1")
	if text, err := os.ReadFile(told); err != nil || !strings.HasPrefix(string(text), "warning: 1 new, 1 known") {
		t.Errorf("%s, %v", text, err)
	}
	w.tells()
}

// Metrics are written in each period, also of runs that fail.
func TestWatchMetrics(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	dir := t.TempDir()
	metrics := filepath.Join(dir, "proxyaddr.prom")
	w := newWatch(t, append(login, "--state", filepath.Join(dir, "state"), "--metrics", metrics)...)
	has := func(line string) {
		t.Helper()
		if text, err := os.ReadFile(metrics); err != nil || !bytes.Contains(text, []byte("\n"+line)) {
			t.Errorf("no %s in\n%s%v", line, text, err)
		}
	}
	w.next()
	w.next()
	has("proxyaddr_scan_complete 1\n")
	at := w.clock.UTC().Truncate(time.Second).Unix()
	for _, name := range []string{"last_run", "last_complete"} {
		has("proxyaddr_scan_" + name + "_timestamp_seconds " + strconv.FormatInt(at, 10) + "\n")
	}
	broken := true
	srv.Inject(failing(&broken, "uSNChanged"))
	w.next()
	has("proxyaddr_scan_complete 0\n")
	has("proxyaddr_scan_last_complete_timestamp_seconds " + strconv.FormatInt(at, 10) + "\n")
}

// Mistakes in how watch is called, and a state that is in use, end it at once.
func TestWatchEndsAtOnce(t *testing.T) {
	_, login := serveCounting(t, "dc1.a.example")
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	held, err := statedir.Open(state, "process 1 since yesterday")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	other := filepath.Join(dir, "other")
	for _, tc := range []struct {
		args []string
		code int
		says string
	}{
		{append(login, "--state", state), exitInUse, "in use by another run: process 1 since yesterday"},
		{login, exitUsage, "watch needs --state"},
		{[]string{"--state", other}, exitUsage, "nothing to watch"},
		{append(login, "--state", other, "--every", "10ms"), exitUsage, "--every 10ms: must be 1s or more"},
		{append(login, "--state", other, "--full-at", "25:00"), exitUsage, "write a time such as 02:00"},
		{append(login, "--state", other, "--suppressions", filepath.Join(dir, "missing")), exitUsage, "missing: "},
		{append(login, "--state", other, "--prompt"), exitUsage, "--prompt does not go with watch"},
		{append(login, "--state", other, "-b", "Berlin"), exitUsage, `"Berlin": not a distinguished name`},
		{[]string{"--state", other, "-H", login[1], "-D", "anna@a.example"}, exitUsage, "no terminal to ask for the password"},
	} {
		var stderr bytes.Buffer
		code := run(append([]string{"watch"}, tc.args...), strings.NewReader(""), &stderr, &stderr)
		if code != tc.code || !strings.Contains(stderr.String(), tc.says) {
			t.Errorf("%q: exit %d, want %d and %s\n%s", tc.args, code, tc.code, tc.says, &stderr)
		}
	}
}
