package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/ldapscan/ldaptest/company"
	"proxyaddr/ldapscan/ldif"
)

// told are the attributes of which a log may hold values: the names of domains, hosts and
// sites, and what every forest has alike.
var told = []string{"objectclass", "dnsroot", "dnshostname", "ncname", "ldapdisplayname", "systemflags", "isdeleted", "enabled"}

// wordsOf returns the values of a directory and the names in it that a log must not hold.
func wordsOf(t *testing.T, directory string) (words []string) {
	t.Helper()
	domains := map[string]bool{}
	add := func(text string) {
		if strings.ContainsFunc(text, func(r rune) bool { return 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' }) && len(text) > 3 {
			words = append(words, text)
		}
	}
	in := ldif.NewReader(strings.NewReader(directory))
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		dn, err := ldap.ParseDN(rec.DN)
		if err != nil {
			t.Fatal(err)
		}
		for _, rdn := range dn.RDNs {
			if a := rdn.Attributes[0]; strings.EqualFold(a.Type, "DC") {
				domains[a.Value] = true
			} else {
				add(a.Value)
			}
		}
		for _, a := range rec.Attributes {
			if !slices.Contains(told, strings.ToLower(a.Name)) && !strings.HasPrefix(string(a.Value), "DC=") {
				add(string(a.Value))
			}
		}
	}
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(w string) bool { return domains[w] })
}

// everyForest are names that a log may hold, as every forest has them.
var everyForest = []string{"Configuration", "Schema", "Partitions", "Sites", "Services", "Windows NT", "Directory Service", "Query-Policies",
	"Default Query Policy", "Deleted Objects", "TRUE", "FALSE"}

// holdsWord reports whether a text holds a word, by itself and not in another one.
func holdsWord(text, word string) bool {
	letter := func(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9' || b >= 0x80 }
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		from = i + len(word)
		if (i == 0 || !letter(text[i-1])) && (from == len(text) || !letter(text[from])) {
			return true
		}
	}
}

// checkLog holds a log to its form, and without values to what it must not hold.
func checkLog(t *testing.T, log, directory string, secrets ...string) {
	t.Helper()
	for line := range strings.Lines(log) {
		if !regexp.MustCompile(`^time=\S+ level=DEBUG msg=.*\n$`).MatchString(line) {
			t.Errorf("not a line of the log: %q", line)
		}
	}
	for _, word := range secrets {
		if strings.Contains(log, word) {
			t.Errorf("the log holds %q", word)
		}
	}
	words := wordsOf(t, directory)
	if len(words) < 2 {
		t.Fatalf("words %q", words)
	}
	for _, word := range words {
		if !slices.Contains(everyForest, word) && holdsWord(log, word) {
			t.Errorf("the log holds %q", word)
		}
	}
}

func readLog(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A log has every request once, of all commands that make some, and nothing that tells
// about people unless it is asked for.
func TestLogHasEveryRequest(t *testing.T) {
	var entries bytes.Buffer
	if err := company.WriteLDIF(&entries); err != nil {
		t.Fatal(err)
	}
	directory := entries.String()
	srv, args := serve(t, directory)
	dir := t.TempDir()
	logs := map[bool]string{false: filepath.Join(dir, "hashed"), true: filepath.Join(dir, "whole")}
	audit := filepath.Join(dir, "audit")
	var counted ldaptest.Counts
	for _, values := range []bool{false, true} {
		before := srv.Counts()
		login := append(args[1:len(args):len(args)], "--log-file", logs[values])
		if values {
			login = append(login, "--log-values")
		}
		fixes := []string{filepath.Join(audit, "fix-northwind.example.ldif")}
		journal := filepath.Join(audit, "fix-northwind.example.journal")
		for _, call := range [][]string{
			slices.Concat([]string{"scan", "-o", audit, "--connections", "2"}, login),
			slices.Concat([]string{"check", "bob.keane@northwind.example"}, login),
			slices.Concat([]string{"verify"}, fixes, login),
			slices.Concat([]string{"apply"}, fixes, login, []string{"--yes", "--limit", "3"}),
			slices.Concat([]string{"apply", "--undo", journal, "--yes"}, login),
			slices.Concat([]string{"event", "Two objects in the directory have the same proxy - dc=example/dc=northwind/ou=Groups/cn=Bewerbungen and dc=example/dc=northwind/ou=Groups/cn=None"}, login),
		} {
			var stdout, stderr bytes.Buffer
			if code := run(call, strings.NewReader(""), &stdout, &stderr); code == exitUsage || code == exitConnect {
				t.Fatalf("%q: exit %d\n%s", call, code, stderr.String())
			}
			if strings.Contains(stderr.String(), "level=DEBUG") {
				t.Errorf("%s: the log is on stderr too", call[0])
			}
		}
		if err := os.RemoveAll(audit); err != nil {
			t.Fatal(err)
		}
		log, after := readLog(t, logs[values]), srv.Counts()
		counted = ldaptest.Counts{Searches: after.Searches - before.Searches, Binds: after.Binds - before.Binds, Updates: after.Updates - before.Updates,
			Pages: after.Pages - before.Pages, Entries: after.Entries - before.Entries}
		if counted.Updates < 6 || counted.Pages < 10 {
			t.Fatalf("counts %+v", counted)
		}
		for what, n := range map[string]int{"msg=search ": counted.Searches, "msg=bind ": counted.Binds, "msg=modify ": counted.Updates, `"page size"=`: counted.Pages, "msg=begin ": 6, "msg=end ": 6} {
			if got := strings.Count(log, what); got != n {
				t.Errorf("values %v: %d times %s, want %d", values, got, what, n)
			}
		}
		if values {
			for _, want := range []string{"(proxyAddresses=smtp:bob.keane@northwind.example)", "account=anna@a.example", "cn=Bewerbungen"} {
				if !strings.Contains(log, want) {
					t.Errorf("%s is not in the log with --log-values", want)
				}
			}
			if strings.Contains(log, password) {
				t.Error("the password is in the log")
			}
			continue
		}
		checkLog(t, log, directory, password, "anna@a.example", "bob.keane")
		for _, want := range []string{"base=\"DC=northwind,DC=example\"", "mechanism=simple", `transport="TLS 1.3"`, "code=0", "server=" + srv.URL} {
			if !strings.Contains(log, want) {
				t.Errorf("%s is not in the log", want)
			}
		}
	}
}

// What is hostile stays in its line.
func TestLogOfHostileNames(t *testing.T) {
	_, args := serve(t, twoOwners)
	args[slices.Index(args, "-D")+1] = "x\ntime=0 level=DEBUG msg=forged\x1b[31m@a.example"
	for _, flags := range [][]string{nil, {"--log-values"}} {
		file := filepath.Join(t.TempDir(), "log")
		var stdout, stderr bytes.Buffer
		if code := run(slices.Concat(args, []string{"--log-file", file}, flags), strings.NewReader(""), &stdout, &stderr); code != exitConnect {
			t.Fatalf("exit %d\n%s", code, stderr.String())
		}
		log := readLog(t, file)
		for line := range strings.Lines(log) {
			if !regexp.MustCompile(`^time=[-0-9T:.+Z]{20,} level=DEBUG msg=`).MatchString(line) || strings.Contains(line, "\x1b") {
				t.Errorf("%q", line)
			}
		}
		if got := strings.Contains(log, "forged"); got != (flags != nil) {
			t.Errorf("%q: the name is in the log: %v", flags, got)
		}
	}
}

// A run that fails has a log, and a password that is wrong stays a secret too.
func TestLogOfFailedRun(t *testing.T) {
	srv, args := serve(t, twoOwners)
	srv.SetPassword("anna@a.example", "another")
	file := filepath.Join(t.TempDir(), "log")
	for n := 1; n <= 2; n++ {
		var stdout, stderr bytes.Buffer
		if code := run(append(args, "--log-file", file), strings.NewReader(""), &stdout, &stderr); code != exitConnect {
			t.Fatalf("exit %d\n%s", code, stderr.String())
		}
		log := readLog(t, file)
		if strings.Count(log, "msg=begin ") != n || strings.Count(log, "code=49 ") < n || strings.Count(log, "msg=end exit=4 ") != n {
			t.Error(log)
		}
		checkLog(t, log, twoOwners, password, "anna")
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A connection that breaks is in the log, with why and what was done about it.
func TestLogOfRetries(t *testing.T) {
	srv, args := serve(t, twoOwners)
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop}, ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultBusy, Page: 1})
	var stdout, stderr bytes.Buffer
	if code := run(append(args, "--log-level", "debug"), strings.NewReader(""), &stdout, &stderr); code != exitConflicts {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	for _, want := range []string{
		`msg="request is made again" server=` + srv.URL + ` .*try=2 of=4 wait=1s error="the server closed the connection"`,
		`msg="the connection was replaced" server=` + srv.URL,
		`msg="request is made again" server=` + srv.URL + ` .*try=\d of=4 wait=\ds code=51 result=Busy`,
		`msg=end exit=1 `,
	} {
		if !regexp.MustCompile(want).MatchString(stderr.String()) {
			t.Errorf("%s is not in the log:\n%s", want, stderr.String())
		}
	}
}

// A mistake in the flags of the log is told before anything is opened, and without the
// flags nothing is logged.
func TestLogFlags(t *testing.T) {
	srv, args := serve(t, twoOwners)
	none := filepath.Join(t.TempDir(), "none", "log")
	for _, tc := range []struct {
		flags []string
		says  string
	}{
		{[]string{"--log-file", none}, none + ": "},
		{[]string{"--log-file", "-"}, "hint: leave it out: --log-level debug prints to stderr"},
		{[]string{"--log-level", "info"}, "--log-level info: unknown"},
		{[]string{"--log-values"}, "hint: add --log-file FILE or --log-level debug"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(append(args[:len(args):len(args)], tc.flags...), strings.NewReader(""), &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), tc.says) {
			t.Errorf("%q: exit %d\n%s", tc.flags, code, stderr.String())
		}
	}
	if n := srv.Counts().Connections; n != 0 {
		t.Errorf("%d connections", n)
	}
	for _, flags := range [][]string{nil, {"--log-level", "off"}, {"--log-level", "off", "--log-file", none}} {
		var stdout, stderr bytes.Buffer
		code := run(append(args[:len(args):len(args)], flags...), strings.NewReader(""), &stdout, &stderr)
		if code != exitConflicts || strings.Contains(stderr.String(), "DEBUG") {
			t.Errorf("%q: exit %d\n%s", flags, code, stderr.String())
		}
	}
}
