package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/report/statedir"
)

const countingHead = `dn: DC=a,DC=example
objectClass: domainDNS

dn: CN=Configuration,DC=a,DC=example
objectClass: configuration

dn: CN=Partitions,CN=Configuration,DC=a,DC=example
objectClass: crossRefContainer

dn: CN=A,CN=Partitions,CN=Configuration,DC=a,DC=example
objectClass: crossRef
nCName: DC=a,DC=example
dnsRoot: a.example
systemFlags: 3

dn: CN=Enterprise Configuration,CN=Partitions,CN=Configuration,DC=a,DC=example
objectClass: crossRef
nCName: CN=Configuration,DC=a,DC=example
dnsRoot: a.example
systemFlags: 1

dn: CN=NTDS Settings,CN=DC1,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,DC=a,DC=example
objectClass: nTDSDSA
invocationId: {00000001-0000-0000-0000-000000000000}

dn: CN=NTDS Settings,CN=DC2,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,DC=a,DC=example
objectClass: nTDSDSA
invocationId: {00000002-0000-0000-0000-000000000000}

dn: CN=Other,DC=a,DC=example
objectClass: contact
proxyAddresses: SMTP:other@a.example

`

// serveCounting is a domain controller that counts its changes, and says which one it is.
func serveCounting(t *testing.T, host string) (*ldaptest.Server, []string) {
	t.Helper()
	_, partition, _ := strings.Cut(twoOwners, "\n\n") // the domain is in the head
	srv, err := ldaptest.NewServer(ldaptest.Config{Host: host, Entries: strings.NewReader(countingHead + partition), Stamps: true,
		Users: map[string]string{"anna@a.example": password}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	ca := writeFile(t, filepath.Join(t.TempDir(), "ca.pem"), string(srv.CAPEM))
	return srv, []string{"-H", srv.URL, "--ca-file", ca, "-D", "anna@a.example", "-y", writeFile(t, ca+".secret", password)}
}

func applyTo(t *testing.T, srv *ldaptest.Server, text string) {
	t.Helper()
	if err := srv.Apply(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

const (
	addsAddress    = "dn: CN=Other,DC=a,DC=example\nchangetype: modify\nadd: proxyAddresses\nproxyAddresses: smtp:fresh@a.example\n-\n"
	makesAnother   = "dn: CN=Fresh,DC=a,DC=example\nchangetype: add\nobjectClass: contact\nproxyAddresses: SMTP:Fresh@a.example\n"
	removesAddress = "dn: CN=New,DC=a,DC=example\nchangetype: modify\ndelete: proxyAddresses\n-\n"
)

// unclocked takes times and ages out of a summary.
func unclocked(summary string) string {
	return regexp.MustCompile(`\d+:\d\d UTC|\d+ (min|h) ago`).ReplaceAllString(summary, "T")
}

// position is the number of changes up to which all was read.
func position(t *testing.T, state string) int64 {
	t.Helper()
	s, err := statedir.Read(state)
	if err != nil {
		t.Fatal(err)
	}
	if s.Bookmark == nil || s.Bookmark.Obstacle != "" || len(s.Bookmark.Positions) == 0 {
		t.Fatalf("%+v", s.Bookmark)
	}
	return s.Bookmark.Positions[0].USN
}

// A run that reads only changes tells what is new and what is resolved.
func TestIncremental(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	args := append(login, "--state", state, "--fail-on", "new")
	scanState(t, exitClean, args...) // a scan without the flag leaves what the next one builds on
	args = append(args, "--incremental")
	for _, step := range []struct {
		change  string
		code    int
		summary string
	}{
		{"", exitClean, "nothing new since T: 1 known; last whole sweep T"},
		{addsAddress, exitClean, "nothing new since T: 1 known; last whole sweep T"},
		{makesAnother, exitConflicts, "1 new, 1 known; last whole sweep T"},
		{"", exitClean, "nothing new since T: 2 known; last whole sweep T"},
		{removesAddress, exitClean, "1 resolved, 1 known; last whole sweep T"},
		{"", exitClean, "nothing new since T: 1 known; last whole sweep T"},
	} {
		if step.change != "" {
			applyTo(t, srv, step.change)
		}
		if summary, stderr := scanState(t, step.code, args...); unclocked(summary) != step.summary {
			t.Errorf("%s, want %s\n%s", summary, step.summary, stderr)
		}
	}
	history, err := os.ReadFile(filepath.Join(state, "history.jsonl"))
	if err != nil || strings.Count(string(history), `"incremental":true`) != 6 || strings.Count(string(history), `"event":"run"`) != 7 {
		t.Errorf("the history does not tell which runs were incremental: %v\n%s", err, history)
	}
	if s, err := statedir.Read(state); err != nil || len(s.Partitions) != 2 || s.Partitions[1].Objects != 3 {
		t.Errorf("the guard has lost its numbers: %+v, %v", s, err)
	}
	// Outputs do not say that all was read.
	var stdout bytes.Buffer
	run(append([]string{"scan", "--format", "json"}, args...), strings.NewReader(""), &stdout, io.Discard)
	for _, want := range []string{`"swept": "20`, `only what changed was read, after the whole sweep of `} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %s in\n%s", want, &stdout)
		}
	}
	stdout.Reset()
	var stderr bytes.Buffer
	run(append([]string{"scan", "--quiet", "--stats"}, args...), strings.NewReader(""), &stdout, &stderr)
	if !regexp.MustCompile(`: 0 objects changed, \d+ entries, \d+ requests\n`).MatchString(stderr.String()) {
		t.Error(stderr.String())
	}
	if want := "Complete: everything that was written in 2 partitions since the last run was read"; !strings.Contains(stdout.String(), want) {
		t.Errorf("no %s in\n%s", want, &stdout)
	}
}

// What forces a whole sweep is told, and the run tells what a whole one does.
func TestIncrementalForced(t *testing.T) {
	_, login := serveCounting(t, "dc1.a.example")
	_, other := serveCounting(t, "dc2.a.example")
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	for _, tc := range []struct {
		name, why string
		login     []string
		more      []string
		prepare   func()
	}{
		{name: "no state", login: login, why: "no earlier run is remembered"},
		{name: "--full", login: login, more: []string{"--full"}, why: "--full was given"},
		{name: "-o", login: login, more: []string{"-o", filepath.Join(dir, "audit")}, why: "the files of -o propose addresses"},
		{name: "another domain controller", login: other, why: "is read from another domain controller than before"},
		{name: "--full-every", login: other, more: []string{"--full-every", "36h"}, why: "36h0m0s ago or more", prepare: func() {
			file := filepath.Join(state, "state.json")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, file, regexp.MustCompile(`"swept": "20\d\d-`).ReplaceAllString(string(text), `"swept": "2001-`))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.prepare != nil {
				tc.prepare()
			}
			var stdout, stderr bytes.Buffer
			args := append([]string{"scan", "--format", "totals", "--state", state, "--fail-on", "new", "--incremental"}, append(tc.login, tc.more...)...)
			code := run(args, strings.NewReader(""), &stdout, &stderr)
			if text := strings.Join(strings.Fields(stdout.String()), " "); code != exitClean || !strings.Contains(text, "Note: everything was read: ") || !strings.Contains(text, tc.why) || strings.Contains(text, "; last whole sweep ") {
				t.Errorf("exit %d\n%s%s", code, &stdout, &stderr)
			}
		})
	}
	// The next one reads only changes again.
	args := append([]string{"--state", state, "--fail-on", "new", "--incremental"}, other...)
	if summary, _ := scanState(t, exitClean, args...); unclocked(summary) != "nothing new since T: 1 known; last whole sweep T" {
		t.Error(summary)
	}
}

// If changes could not be read, the next run reads them again.
func TestIncrementalIncomplete(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	args := append(login, "--state", state, "--fail-on", "new", "--incremental")
	scanState(t, exitClean, args...)
	before := position(t, state)
	applyTo(t, srv, addsAddress+"\n"+makesAnother+"\n"+removesAddress)
	for _, request := range []string{"(uSNChanged>=", "(objectGUID="} {
		broken := true
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnwillingToPerform, Times: -1, Match: func(s ldaptest.Search) bool {
			return broken && strings.Contains(s.Filter, request)
		}})
		summary, stderr := scanState(t, exitIncomplete, args...)
		broken = false
		if !strings.Contains(summary, "1 unconfirmed") && !strings.Contains(summary, "1 known") || strings.Contains(summary, "resolved") || !strings.Contains(stderr, "incomplete: ") {
			t.Errorf("%s: %s\n%s", request, summary, stderr)
		}
		if now := position(t, state); now != before {
			t.Errorf("%s: it goes on from %d, want %d", request, now, before)
		}
	}
	summary, stderr := scanState(t, exitConflicts, args...)
	if unclocked(summary) != "1 new, 1 resolved; last whole sweep T" {
		t.Errorf("%s\n%s", summary, stderr)
	}
	if now := position(t, state); now <= before {
		t.Errorf("it goes on from %d, as before", now)
	}
}
