package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"proxyaddr/ldapscan/ldaptest/samba"
)

// The loop of a change with apply in the place of ldapmodify: by Kerberos, a few
// first and then the rest, and taken back over TLS.
func TestApplyOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	base := dc.OU(t, "Apply")
	dc.Load(t, strings.NewReader(staffOf(base)))
	secret := secretFile(t, dc.AdminPassword)
	sealed := []string{"-d", dc.Realm, "--dns", dc.IP, "-D", dc.AdminUPN, "-y", secret}
	overTLS := []string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", dc.AdminUPN, "-y", secret}
	proxyaddr := func(want int, login []string, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(slices.Concat(args, login), strings.NewReader(""), &out, &errs); code != want {
			t.Fatalf("%q: exit %d, want %d\n%s%s", args, code, want, out.String(), errs.String())
		}
		return out.String(), errs.String()
	}
	before := values(t, dc, base)
	dir := t.TempDir()
	proxyaddr(exitConflicts, sealed, "scan", "-b", base, "-o", dir)
	domain := strings.ToLower(dc.Realm)
	fix, journal := filepath.Join(dir, "fix-"+domain+".ldif"), filepath.Join(dir, "fix-"+domain+".journal")

	// Somebody takes a new address while the question waits.
	text, err := os.ReadFile(fix)
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`\nadd: proxyAddresses\nproxyAddresses: (.*)\n`).FindStringSubmatch(unfold(text))[1]
	late := "CN=Late Comer,OU=New," + base
	code, _, said := answering(t, slices.Concat([]string{"apply", fix, "--journal", filepath.Join(dir, "late.journal")}, sealed), 5, func() {
		dc.Load(t, strings.NewReader("dn: "+late+"\nobjectClass: contact\nproxyAddresses: "+address+"\n"))
	})
	if code != exitStale || !strings.Contains(said, address+" is taken by "+late) || !strings.Contains(said, "0 of 5 objects were changed") {
		t.Errorf("taken meanwhile: exit %d\n%s", code, said)
	}
	dc.Modify(t, strings.NewReader("dn: "+late+"\nchangetype: modify\ndelete: proxyAddresses\n-\n\ndn: "+late+"\nchangetype: delete\n"))
	if after := values(t, dc, base); !slices.Equal(after, before) {
		t.Errorf("changed all the same:\n%s", strings.Join(after, "\n"))
	}

	plan, _ := proxyaddr(exitClean, sealed, "apply", fix, "--yes", "--limit", "2", "--max-percent", "100")
	if !strings.HasPrefix(plan, "on "+dc.Host+":\n") || strings.Count(plan, "\napplied ") != 2 {
		t.Errorf("%s", plan)
	}
	proxyaddr(exitStale, sealed, "verify", fix)
	_, stderr := proxyaddr(exitClean, sealed, "apply", "--resume", journal, "--yes")
	if !strings.Contains(stderr, "5 of 5 objects were changed") {
		t.Errorf("%s", stderr)
	}
	if lines, _ := proxyaddr(exitClean, overTLS, "verify", fix); strings.Count(lines, "applied ") != 5 {
		t.Errorf("%s", lines)
	}
	proxyaddr(exitClean, sealed, "scan", "-b", base)
	if slices.Equal(values(t, dc, base), before) {
		t.Error("nothing has changed")
	}

	undone, stderr := proxyaddr(exitClean, overTLS, "apply", "--undo", journal, "--yes")
	if strings.Count(undone, "\nundone ") != 5 || !strings.Contains(stderr, "0 of 5 objects are left to undo") {
		t.Errorf("%s%s", undone, stderr)
	}
	if after := values(t, dc, base); !slices.Equal(after, before) {
		t.Errorf("not every value is back:\n%s", strings.Join(after, "\n"))
	}
	proxyaddr(exitConflicts, sealed, "scan", "-b", base)
}

// openTerminal opens a pseudo-terminal: what is written to keys is typed there.
func openTerminal(t *testing.T) (keys, screen *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { keys.Close() })
	var number, unlock int32
	for request, argument := range map[uintptr]*int32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlock} {
		if _, _, err := syscall.Syscall(syscall.SYS_IOCTL, keys.Fd(), request, uintptr(unsafe.Pointer(argument))); err != 0 {
			t.Fatal(err)
		}
	}
	screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	return keys, screen
}

// An asking is standard error, which tells when the question is put.
type asking struct {
	bytes.Buffer
	question string
	asked    func()
}

func (a *asking) Write(p []byte) (int, error) {
	n, err := a.Buffer.Write(p)
	if a.asked != nil && strings.Contains(a.String(), a.question) {
		a.asked()
		a.asked = nil
	}
	return n, err
}

// answering runs a command that asks for the number of objects, and types it after
// something has happened meanwhile.
func answering(t *testing.T, args []string, number int, meanwhile func()) (code int, stdout, stderr string) {
	t.Helper()
	keys, screen := openTerminal(t)
	asks := &asking{question: "Type this number to continue: ", asked: func() {
		meanwhile()
		if _, err := fmt.Fprintln(keys, number); err != nil {
			t.Error(err)
		}
	}}
	var out bytes.Buffer
	code = run(args, screen, &out, asks)
	return code, out.String(), asks.String()
}

// The plan is verified and the question waits for an answer. Meanwhile somebody takes
// one of the new addresses: no object gets it, and the journal tells how far it went.
func TestAddressTakenWhileThePromptWaits(t *testing.T) {
	srv, args := serve(t, twoOwners+`
dn: CN=Third,DC=a,DC=example
objectClass: user
whenCreated: 20220101000000.0Z
proxyAddresses: smtp:x@A.example
`)
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	if code := run(append(args, "-o", dir), strings.NewReader(""), &stdout, &stderr); code != exitConflicts {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	fix, err := os.ReadFile(filepath.Join(dir, "fix-a.example.ldif"))
	if err != nil {
		t.Fatal(err)
	}
	added := regexp.MustCompile(`(?m)^add: proxyAddresses\nproxyAddresses: (.*)$`).FindAllStringSubmatch(string(fix), -1)
	if len(added) != 2 {
		t.Fatalf("%s", fix)
	}
	second := added[1][1]
	journal := filepath.Join(dir, "fix-a.example.journal")
	code, lines, said := answering(t, append([]string{"apply", filepath.Join(dir, "fix-a.example.ldif")}, args[1:]...), 2, func() {
		if err := srv.Apply(strings.NewReader("dn: CN=Late Comer,DC=a,DC=example\nchangetype: add\nobjectClass: contact\nproxyAddresses: " + second + "\n")); err != nil {
			t.Error(err)
		}
	})
	for _, want := range []string{second + " is taken by CN=Late Comer,DC=a,DC=example (proxyAddresses: " + second + "); it was not changed\nhint: scan again and review the new file",
		"proxyaddr: 1 of 2 objects were changed; the journal is " + journal + "\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("stderr lacks %q:\n%s", want, said)
		}
	}
	if n := srv.Counts().Updates; code != exitStale || n != 1 || strings.Count(lines, "applied ") != 1 || strings.Contains(said, "--resume") {
		t.Errorf("exit %d, %d modify requests\n%s%s", code, n, lines, said)
	}
	// Nobody has the address twice, and what was done can be taken back.
	stdout.Reset()
	if run(args, strings.NewReader(""), &stdout, &stderr); strings.Contains(stdout.String(), strings.ToLower(second)+"\n") {
		t.Errorf("a new conflict:\n%s", stdout.String())
	}
	stderr.Reset()
	if code := run(append([]string{"apply", "--undo", journal, "--yes"}, args[1:]...), strings.NewReader(""), &stdout, &stderr); code != exitClean {
		t.Errorf("undo: exit %d\n%s", code, stderr.String())
	}
}
