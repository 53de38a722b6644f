package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/report/schematest"
)

// However a run ends, its exit code and its last lines say how, and --resume does
// the rest.
func TestApplyEnds(t *testing.T) {
	const three = `
dn: CN=Third,DC=a,DC=example
objectClass: user
whenCreated: 20220101000000.0Z
proxyAddresses: smtp:x@A.example
`
	every := func(string) bool { return true }
	gone := func(srv *ldaptest.Server) {
		if err := srv.Apply(strings.NewReader("dn: CN=New,DC=a,DC=example\nchangetype: delete\n")); err != nil {
			t.Error(err)
		}
	}
	made := func(srv *ldaptest.Server) {
		if err := srv.Apply(strings.NewReader("dn: CN=Third,DC=a,DC=example\nchangetype: modify\nreplace: proxyAddresses\nproxyAddresses: smtp:x2@a.example\n-\n")); err != nil {
			t.Error(err)
		}
	}
	for name, tc := range map[string]struct {
		fault func(srv *ldaptest.Server, interrupt func()) ldaptest.Fault
		code  int
		says  string
		again int // the exit code of --resume
		// What became of the object at which the run stopped, and how many it changed.
		state   string
		changed int
	}{
		"done": {func(*ldaptest.Server, func()) ldaptest.Fault { return ldaptest.Fault{Modify: every} },
			exitClean, "2 of 2 objects were changed", exitClean, "", 2},
		"refused": {func(*ldaptest.Server, func()) ldaptest.Fault {
			return ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnwillingToPerform, Modify: every}
		}, exitIncomplete, "Unwilling To Perform (53); it was not changed\nproxyaddr: 0 of 2 objects were changed; the journal is FILE\nhint: --resume continues it", exitClean, "unchanged", 0},
		"read-only": {func(*ldaptest.Server, func()) ldaptest.Fault {
			return ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultReferral, Modify: every}
		}, exitIncomplete, "hint: name a domain controller that holds the object and is writable\n", exitClean, "unchanged", 0},
		"dropped": {func(*ldaptest.Server, func()) ldaptest.Fault {
			return ldaptest.Fault{Kind: ldaptest.Drop, Modify: every}
		}, exitIncomplete, "it was changed nevertheless\n", exitClean, "changed", 1},
		"made by another": {func(srv *ldaptest.Server, _ func()) ldaptest.Fault {
			return ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultNoSuchAttribute, Modify: every, Do: func() { made(srv) }}
		}, exitStale, "somebody else changed it\nproxyaddr: 0 of 2 objects were changed, and 1 by somebody else; the journal is FILE\nhint: --resume continues it", exitClean, "unchanged", 0},
		"out of date": {func(srv *ldaptest.Server, _ func()) ldaptest.Fault {
			return ldaptest.Fault{Modify: every, Do: func() { gone(srv) }}
		}, exitStale, "no object has its objectGUID any more, or the account does not see it; it was not changed\nhint: scan again and review the new file; --undo takes back what was changed so far\nproxyaddr: 1 of 2", exitStale, "unchanged", 1},
		"interrupted": {func(_ *ldaptest.Server, interrupt func()) ldaptest.Fault {
			return ldaptest.Fault{Modify: every, Do: interrupt}
		}, exitInterrupted, "1 of 2 objects were changed; the journal is FILE\nhint: --resume continues it\nproxyaddr: interrupted\n", exitClean, "unchanged", 1},
	} {
		t.Run(name, func(t *testing.T) {
			srv, args := serve(t, twoOwners+three)
			var stdout, stderr bytes.Buffer
			proxyaddr := func(ctx context.Context, args ...string) int {
				stdout.Reset()
				stderr.Reset()
				c := &console{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}
				return c.run(ctx, args)
			}
			ctx, interrupt := context.WithCancel(context.Background())
			defer interrupt()
			dir := t.TempDir()
			if code := proxyaddr(ctx, append(args, "-o", dir)...); code != exitConflicts {
				t.Fatalf("exit %d\n%s", code, stderr.String())
			}
			srv.Inject(tc.fault(srv, interrupt))
			login := append(args[1:], "--yes")
			journal := filepath.Join(dir, "fix-a.example.journal")
			code := proxyaddr(ctx, append([]string{"apply", "--format", "json", filepath.Join(dir, "fix-a.example.ldif")}, login...)...)
			if says := strings.ReplaceAll(tc.says, "FILE", journal); code != tc.code || !strings.Contains(stderr.String(), says) {
				t.Errorf("exit %d\n%s", code, stderr.String())
			}
			if state, changed := appliedJSON(t, stdout.Bytes()); state != tc.state || changed != tc.changed {
				t.Errorf("%d changed, then %q\n%s", changed, state, stdout.String())
			}
			code = proxyaddr(context.Background(), append([]string{"apply", "--resume", journal}, login...)...)
			if code != tc.again {
				t.Errorf("continued: exit %d\n%s", code, stderr.String())
			}
			if code := proxyaddr(context.Background(), args...); tc.again == exitClean && code != exitClean {
				t.Errorf("there are conflicts still: exit %d\n%s", code, stdout.String())
			}
		})
	}
}

// appliedJSON reads what became of the object at which a run stopped, or "", and how
// many it changed.
func appliedJSON(t *testing.T, document []byte) (state string, changed int) {
	t.Helper()
	if err := schematest.Check(document); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Counts  struct{ Changed int }
		Stopped struct{ State string }
		Records []struct{ Changed bool }
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	for _, r := range doc.Records {
		if r.Changed {
			changed++
		}
	}
	if changed != doc.Counts.Changed {
		t.Errorf("%d records are changed, %d counted", changed, doc.Counts.Changed)
	}
	return doc.Stopped.State, changed
}

// Without a place for the journal nothing is changed.
func TestApplyWithoutJournal(t *testing.T) {
	srv, args := serve(t, twoOwners)
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	run(append(args, "-o", dir), strings.NewReader(""), &stdout, &stderr)
	code := run(append([]string{"apply", filepath.Join(dir, "fix-a.example.ldif"), "--journal", filepath.Join(dir, "none", "journal"), "--yes"}, args[1:]...), strings.NewReader(""), &stdout, &stderr)
	if n := srv.Counts().Updates; code != exitIncomplete || n != 0 {
		t.Errorf("exit %d, %d modify requests\n%s", code, n, stderr.String())
	}
}

// An answer of one digit is enough, though more could follow it; and Ctrl-C is one.
func TestTypedLine(t *testing.T) {
	for _, typed := range []string{"1\n", " 12\r\n"} {
		r, w := io.Pipe()
		defer w.Close()
		go w.Write([]byte(typed))
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if got := typedLine(ctx, r); got != strings.TrimSpace(typed) {
			t.Errorf("%q: %q", typed, got)
		}
	}
	ctx, interrupt := context.WithCancel(context.Background())
	interrupt()
	r, _ := io.Pipe()
	if got := typedLine(ctx, r); got != "" {
		t.Errorf("interrupted: %q", got)
	}
}

// The percentage is exact where it comes out even, and never more objects than an
// int of any size can tell.
func TestNeeded(t *testing.T) {
	for _, tc := range []struct {
		n       int
		percent float64
		want    int
	}{{1, 100, 1}, {2, 66.7, 3}, {2, 66.6, 4}, {3, 0.3, 1000}, {7, 0.7, 1000}, {57, 5.7, 1000}, {23, 1, 2300}, {1, leastPercent, 1_000_000}, {math.MaxInt32, leastPercent, math.MaxInt32}} {
		if got := needed(tc.n, tc.percent); got != tc.want {
			t.Errorf("%d objects at %v %%: %d, want %d", tc.n, tc.percent, got, tc.want)
		}
	}
	for n := range 2000 {
		for tenths := 1; tenths <= 1000; tenths++ {
			if got, want := needed(n, float64(tenths)/10), (n*1000+tenths-1)/tenths; got != want {
				t.Fatalf("%d objects at %d tenths: %d, want %d", n, tenths, got, want)
			}
		}
	}
}
