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
	// printed returns the command that begins with some words, from one of the files.
	printed := func(file, words string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`(?m)^(?:    |#   (?:elsewhere:  )?)(`+words+` .*)$`).FindAllSubmatch(text, -1)
		if len(found) != 1 {
			t.Fatalf("%s: %q in\n%s", file, found, text)
		}
		return string(found[0][1])
	}
	verify := func(file, state string) {
		t.Helper()
		args := append(strings.Fields(printed(file, "proxyaddr verify"))[1:], "--dns", dc.IP)
		var stdout, stderr bytes.Buffer
		if code := run(args, strings.NewReader(""), &stdout, &stderr); code != exitClean || !strings.HasPrefix(stdout.String(), state+" ") {
			t.Errorf("%q: exit %d, want %s\n%s%s", args, code, state, stdout.String(), stderr.String())
		}
	}
	apply := func(file string) {
		t.Helper()
		dc.Shell(t, dir, strings.ReplaceAll(printed(file, "ldapmodify"), "//DC ", "//"+dc.Host+" "))
	}
	t.Setenv("KRB5_CONFIG", dc.Krb5Conf)
	t.Setenv("KRB5CCNAME", "FILE:"+dc.CCache(t, "Administrator", dc.AdminPassword))
	t.Chdir(dir)

	fix, rollback := "fix-"+domain+".ldif", "rollback-"+domain+".ldif"
	for _, words := range []string{"proxyaddr verify", "ldapmodify"} {
		if request, header := printed("change-request.md", words), printed(fix, words); request != header {
			t.Errorf("the change request prints %q, the file %q", request, header)
		}
	}
	verify(fix, "ready")
	apply(fix)
	verify(fix, "applied")
	verify(rollback, "ready")
	apply(rollback)
	if after := values(t, dc, ou); strings.Join(after, "\n\n") != strings.Join(before, "\n\n") {
		t.Errorf("%q, want %q", after, before)
	}
}
