package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
	"proxyaddr/report/statedir"
)

// contacts are so many below an OU, and pairs of owners of the address that name begins.
func contacts(ou string, n int, names ...string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "dn: CN=Contact %d,%s\nobjectClass: contact\nproxyAddresses: SMTP:c%d.%s@contoso.example\n\n", i, ou, i, strings.ToLower(ou[3:6]))
	}
	for _, name := range names {
		fmt.Fprintf(&b, "dn: CN=%s 1,%s\nobjectClass: contact\nproxyAddresses: SMTP:%s@contoso.example\n\n", name, ou, name)
		fmt.Fprintf(&b, "dn: CN=%s 2,%s\nobjectClass: contact\nproxyAddresses: SMTP:%s2@contoso.example\nproxyAddresses: smtp:%s@contoso.example\n\n", name, ou, name, name)
	}
	return b.String()
}

// Nights on Samba: what is told, once, with each --fail-on; and what only an account that
// sees deleted objects can settle.
func TestNightsOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	ou := dc.OU(t, "Nights")
	dc.Load(t, strings.NewReader(contacts(ou, 3, "gone", "third", "left")))
	const account = "Reads-0nly!"
	reader := []string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", dc.AddUser(t, "nightly", account), "-y", secretFile(t, account)}
	admin := []string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", dc.AdminUPN, "-y", secretFile(t, dc.AdminPassword)}
	dir := t.TempDir()
	left := filepath.Join(dir, "left.txt")
	night := func(code int, summary, state, failOn string, login []string, more ...string) {
		t.Helper()
		args := append([]string{"--state", filepath.Join(dir, state), "--fail-on", failOn}, append(login, more...)...)
		if got, stderr := scanState(t, code, args...); got != summary {
			t.Errorf("%s, want %s\n%s", got, summary, stderr)
		}
	}
	for state, code := range map[string]int{"any": exitConflicts, "new": exitClean, "none": exitClean} {
		night(code, "3 known (baseline)", state, state, reader)
	}
	state, err := statedir.Read(filepath.Join(dir, "any"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range state.Cases {
		if strings.Contains(k.Address(), "left") {
			var stdout, stderr strings.Builder
			if code := run([]string{"suppress", k.ID, "--until", "never", "--reason", "decided", "--state", filepath.Join(dir, "any"), "--suppressions", left},
				strings.NewReader(""), &stdout, &stderr); code != exitClean {
				t.Fatal(stderr.String())
			}
		}
	}
	modify := func(cn, add, value string) string {
		return fmt.Sprintf("dn: CN=%s,%s\nchangetype: modify\n%s: proxyAddresses\nproxyAddresses: %s\n\n", cn, ou, add, value)
	}
	dc.Modify(t, strings.NewReader(modify("gone 2", "delete", "smtp:gone@contoso.example")+
		modify("Contact 0", "add", "smtp:third@contoso.example")+
		modify("Contact 1", "add", "smtp:c2.nig@contoso.example")))
	for state, code := range map[string]int{"any": exitConflicts, "new": exitConflicts, "none": exitClean} {
		night(code, "1 new, 1 worsened, 1 resolved, 1 suppressed", state, state, reader, "--suppressions", left)
	}
	night(exitClean, "2 known, 1 suppressed", "any", "new", reader, "--suppressions", left)

	// A plain account sees a deleted object and a hidden one alike: not at all.
	dc.Modify(t, strings.NewReader(fmt.Sprintf("dn: CN=Contact 2,%s\nchangetype: delete\n", ou)))
	night(exitClean, "1 known, 1 suppressed, 1 unconfirmed", "any", "new", reader, "--suppressions", left)
	night(exitClean, "1 resolved, 1 known, 1 suppressed", "any", "new", admin, "--suppressions", left)
	night(exitClean, "1 known, 1 suppressed", "any", "new", reader, "--suppressions", left)
}

// An account that loses rights resolves nothing: a few objects are no longer visible, and
// if they are many, the run is incomplete.
func TestLostRightsOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	few, many, blind := dc.OU(t, "Few"), dc.OU(t, "Many"), dc.OU(t, "Blind")
	dc.Load(t, strings.NewReader(contacts(few, 18, "few")+contacts(many, 130, "many")+contacts(blind, 0, "blind")))
	const password = "Reads-0nly!"
	args := []string{"--state", filepath.Join(t.TempDir(), "state"), "-H", dc.URL("ldaps"), "--ca-file", dc.CAFile,
		"-D", dc.AddUser(t, "loser", password), "-y", secretFile(t, password), "--fail-on", "new"}
	if summary, _ := scanState(t, exitClean, args...); summary != "3 known (baseline)" {
		t.Error(summary)
	}
	dc.Hide(t, few, "loser")
	dc.HideAddresses(t, "CN=blind 1,"+blind, "loser")
	dc.HideAddresses(t, "CN=blind 2,"+blind, "loser")
	if summary, stderr := scanState(t, exitClean, args...); summary != "1 known, 2 unconfirmed" {
		t.Errorf("%s\n%s", summary, stderr)
	}
	state, err := statedir.Read(args[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range state.Cases {
		if !strings.Contains(k.Address(), "many") && k.Reason != "no longer visible" {
			t.Errorf("%s: %s (%s)", k.Address(), k.Status, k.Reason)
		}
	}
	dc.Hide(t, many, "loser")
	summary, stderr := scanState(t, exitIncomplete, args...)
	if summary != "3 unconfirmed" || !strings.Contains(stderr, "fewer than in the last complete run: this account may no longer see them all") {
		t.Errorf("%s\n%s", summary, stderr)
	}
}

// On Samba too, a killed run loses no finding and tells none twice.
func TestKilledOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	ou := dc.OU(t, "Killed")
	const kills, password = 20, "Reads-0nly!"
	dc.Load(t, strings.NewReader(contacts(ou, kills+2)))
	state, upn, secret := filepath.Join(t.TempDir(), "state"), dc.AddUser(t, "killed", password), secretFile(t, password)
	changed := -1
	killAtRandom(t, kills, func(n int) []string {
		if n > changed { // the address of another contact comes, and the one before goes
			changed = n
			change := fmt.Sprintf("dn: CN=Contact 0,%s\nchangetype: modify\nadd: proxyAddresses\nproxyAddresses: smtp:c%d.kil@contoso.example\n-\n", ou, n+1)
			if n > 0 {
				change += fmt.Sprintf("delete: proxyAddresses\nproxyAddresses: smtp:c%d.kil@contoso.example\n-\n", n)
			}
			dc.Modify(t, strings.NewReader(change))
		}
		return []string{"--state", state, "-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", upn, "-y", secret}
	}, "1 new, 1 resolved", "1 known")
	events := toldIn(t, state)
	for n := 2; n <= kills+1; n++ {
		if got := events[fmt.Sprintf("new smtp:c%d.kil@contoso.example", n)]; got != 1 {
			t.Errorf("conflict %d was told as new %d times", n, got)
		}
	}
}

// On Samba too, an account without special rights is told by changes alone what is new and
// what is resolved.
func TestIncrementalOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	ou := dc.OU(t, "Changes")
	const password = "Reads-0nly!"
	dc.Load(t, strings.NewReader(contacts(ou, 3, "left")))
	args := []string{"--state", filepath.Join(t.TempDir(), "state"), "-H", dc.URL("ldaps"), "--ca-file", dc.CAFile,
		"-D", dc.AddUser(t, "changes", password), "-y", secretFile(t, password), "--fail-on", "new", "--incremental"}
	if summary, _ := scanState(t, exitClean, args...); summary != "1 known (baseline)" {
		t.Error(summary)
	}
	modify := func(do, value string) string {
		return fmt.Sprintf("dn: CN=Contact 0,%s\nchangetype: modify\n%s: proxyAddresses\nproxyAddresses: %s\n", ou, do, value)
	}
	for _, step := range []struct {
		change  string
		code    int
		summary string
	}{
		{"", exitClean, "nothing new since T: 1 known; last whole sweep T"},
		{modify("add", "smtp:c1.cha@contoso.example"), exitConflicts, "1 new, 1 known; last whole sweep T"},
		{modify("delete", "smtp:c1.cha@contoso.example"), exitClean, "1 resolved, 1 known; last whole sweep T"},
		{"", exitClean, "nothing new since T: 1 known; last whole sweep T"},
	} {
		if step.change != "" {
			dc.Modify(t, strings.NewReader(step.change))
		}
		summary, stderr := scanState(t, step.code, args...)
		if unclocked(summary) != step.summary {
			t.Errorf("%s, want %s\n%s", summary, step.summary, stderr)
		}
	}
}
