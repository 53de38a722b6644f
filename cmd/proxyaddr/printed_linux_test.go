package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

// The commands for other systems than Windows that the files of a scan print work as
// they stand, but for the name of the DC.
func TestPrintedCommandsOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	ou := dc.OU(t, "Printed")
	twice(t, dc, ou, "printed@contoso.example")
	before := values(t, dc, ou)
	dir := t.TempDir()
	login := []string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", dc.AdminUPN, "-y", secretFile(t, dc.AdminPassword)}
	var stdout, stderr bytes.Buffer
	if code := run(append([]string{"scan", "--base", ou, "-o", dir}, login...), strings.NewReader(""), &stdout, &stderr); code != exitConflicts {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	domain := strings.ToLower(dc.Realm)
	// printed returns the commands that begin with some words, from one of the files.
	printed := func(file, words string) []string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		var commands []string
		for _, m := range regexp.MustCompile(`(?m)^(?:       |#   (?:elsewhere:  )?)(`+words+` .*)$`).FindAllSubmatch(text, -1) {
			commands = append(commands, string(m[1]))
		}
		if len(commands) == 0 {
			t.Fatalf("%s: no %q in\n%s", file, words, text)
		}
		return commands
	}
	// runs runs a command of proxyaddr as it is printed; more comes behind it.
	runs := func(command string, want int, more ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		args := append(strings.Fields(command)[1:], more...)
		if code := run(args, strings.NewReader(""), &stdout, &stderr); code != want {
			t.Errorf("%q: exit %d, want %d\n%s%s", args, code, want, stdout.String(), stderr.String())
		}
		return stdout.String()
	}
	verify := func(file, state string) {
		t.Helper()
		if got := runs(printed(file, "proxyaddr verify")[0], exitClean, "--dns", dc.IP); !strings.HasPrefix(got, state+" ") {
			t.Errorf("%s: %s, want %s", file, got, state)
		}
	}
	apply := func(file string) {
		t.Helper()
		dc.Shell(t, dir, strings.ReplaceAll(printed(file, "ldapmodify")[0], "//DC ", "//"+dc.Host+" "))
	}
	t.Setenv("KRB5_CONFIG", dc.Krb5Conf)
	t.Setenv("KRB5CCNAME", "FILE:"+dc.CCache(t, "Administrator", dc.AdminPassword))
	t.Chdir(dir)

	fix, rollback := "fix-"+domain+".ldif", "rollback-"+domain+".ldif"
	verify(fix, "ready")
	apply(fix)
	verify(fix, "applied")
	verify(rollback, "ready")
	apply(rollback)
	if after := values(t, dc, ou); strings.Join(after, "\n\n") != strings.Join(before, "\n\n") {
		t.Errorf("%q, want %q", after, before)
	}

	secret := login[len(login)-2:]
	checks := printed("change-request.md", "proxyaddr verify")
	if len(checks) != 2 {
		t.Fatalf("%q", checks)
	}
	runs(checks[0], exitClean, secret...)
	runs(printed("change-request.md", "proxyaddr apply")[0], exitClean, append(secret, "--yes")...)
	if got := runs(checks[1], exitClean, secret...); !strings.HasPrefix(got, "applied ") {
		t.Errorf("after the change: %s", got)
	}
	runs(printed("change-request.md", "proxyaddr scan")[0], exitClean, secret...)
	runs(printed("change-request.md", "proxyaddr apply")[1], exitClean, append(secret, "--yes")...)
	if after := values(t, dc, ou); strings.Join(after, "\n\n") != strings.Join(before, "\n\n") {
		t.Errorf("after the undo %q, want %q", after, before)
	}
}
