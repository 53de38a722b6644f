package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/ldaptest"
)

// What could not be done is not told as a server that could not be reached.
func TestOnlyUnreachedServersAreExitConnect(t *testing.T) {
	_, args := serve(t, twoOwners)
	password := append(append([]string{}, args[:len(args)-1]...), t.TempDir())
	for _, tc := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"version"}, exitIncomplete, "stdout: disk full"},
		{[]string{"--version"}, exitIncomplete, "stdout: disk full"},
		{[]string{"help"}, exitIncomplete, "stdout: disk full"},
		{[]string{"help", "scan"}, exitIncomplete, "stdout: disk full"},
		{[]string{"fix", "--help"}, exitIncomplete, "stdout: disk full"},
		{append(args, "--quiet"), exitIncomplete, "stdout: disk full"},
		{password, exitUsage, "hint: --password-file names a file"},
	} {
		var stderr bytes.Buffer
		if code := run(tc.args, strings.NewReader(""), fullDisk{}, &stderr); code != tc.code || !strings.Contains(stderr.String(), tc.says) {
			t.Errorf("%q: exit %d, want %d\n%s", tc.args, code, tc.code, stderr.String())
		}
	}
}

// The objects with addresses cannot be counted: nothing is changed.
func TestUncountedObjects(t *testing.T) {
	srv, args := serve(t, twoOwners)
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	if code := run(append(args, "-o", dir), strings.NewReader(""), &stdout, &stderr); code != exitConflicts {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	stderr.Reset()
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnwillingToPerform, Times: -1,
		Match: func(s ldaptest.Search) bool { return s.Filter == "(proxyAddresses=*)" }})
	code := run(append([]string{"apply", filepath.Join(dir, "fix-a.example.ldif"), "--yes", "--max-percent", "100"}, args[1:]...), strings.NewReader(""), &stdout, &stderr)
	if code != exitIncomplete || !strings.Contains(stderr.String(), "Unwilling To Perform") || srv.Counts().Updates != 0 {
		t.Errorf("exit %d, %d modify requests\n%s", code, srv.Counts().Updates, stderr.String())
	}
}

// README and docs say of the exit codes what the help says.
func TestDocumentedExitCodes(t *testing.T) {
	want := "| code | meaning |\n|---|---|\n"
	for _, e := range exitCodes {
		meaning := regexp.MustCompile(`--[a-z-]+`).ReplaceAllString(strings.ReplaceAll(e.meaning, "\n", " "), "`$0`")
		want += fmt.Sprintf("| %d | %s |\n", e.code, meaning)
	}
	docs, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for _, name := range append(docs, "../../README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		const begin = "| code | meaning |\n|---|---|\n| 0 |" // other tables have codes in words
		_, rest, listed := strings.Cut(string(text), begin)
		if !listed {
			continue
		}
		tables++
		if !strings.HasPrefix(begin+rest, want+"\n") {
			t.Errorf("%s: the table of exit codes is to be\n%s", name, want)
		}
	}
	if tables == 0 {
		t.Error("no table of exit codes in README and docs")
	}
}
