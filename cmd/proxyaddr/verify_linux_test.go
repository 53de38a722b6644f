package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

// staffOf writes pairs of groups that share an address.
func staffOf(base string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "dn: OU=Old,%[1]s\nobjectClass: organizationalUnit\n\ndn: OU=New,%[1]s\nobjectClass: organizationalUnit\n\n", base)
	for _, name := range []string{"Removed", "Taken", "Moved", "Deleted", "Untouched"} {
		for _, part := range []string{"Keeper", "Loser"} {
			fmt.Fprintf(&b, "dn: CN=%[1]s %[2]s,OU=Old,%[3]s\nobjectClass: group\nproxyAddresses: SMTP:%[4]s.%[5]s@contoso.example\nproxyAddresses: smtp:%[4]s@contoso.example\n\n",
				name, part, base, strings.ToLower(name), strings.ToLower(part))
		}
	}
	return b.String()
}

// The loop of a change, with verify before and after it; and a fix file that the
// directory has left behind in four ways, each caught record by record.
func TestVerifyOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	base := dc.OU(t, "Verify")
	dc.Load(t, strings.NewReader(staffOf(base)))
	admin := []string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", dc.AdminUPN, "-y", secretFile(t, dc.AdminPassword)}
	proxyaddr := func(want int, args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(args, strings.NewReader(""), &stdout, &stderr); code != want {
			t.Fatalf("%s: exit %d, want %d\n%s%s", args[0], code, want, stdout.String(), stderr.String())
		}
		return stdout.String()
	}
	apply := func(file string) {
		t.Helper()
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		dc.Modify(t, f)
	}
	dir := t.TempDir()
	proxyaddr(exitConflicts, append([]string{"scan", "-b", base, "-o", dir}, admin...)...)
	domain := strings.ToLower(dc.Realm)
	fix, rollback := filepath.Join(dir, "fix-"+domain+".ldif"), filepath.Join(dir, "rollback-"+domain+".ldif")
	verify := func(want int, file string) (lines []string) {
		t.Helper()
		text := proxyaddr(want, append([]string{"verify", file}, admin...)...)
		return strings.Split(strings.TrimSpace(text), "\n")
	}
	all := func(state string, lines []string) {
		t.Helper()
		if len(lines) != 5 || strings.Count(strings.Join(lines, "\n"), state+" ") != 5 {
			t.Errorf("not all %s:\n%s", state, strings.Join(lines, "\n"))
		}
	}

	all("ready", verify(exitClean, fix))
	apply(fix)
	all("applied", verify(exitClean, fix))
	all("ready", verify(exitClean, rollback))
	apply(rollback)
	all("ready", verify(exitClean, fix))

	// An account that may only read cannot make the change.
	const password = "Reads-0nly!"
	reader := dc.AddUser(t, "verifier", password)
	text := proxyaddr(exitStale, "verify", fix, "-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", reader, "-y", secretFile(t, password))
	if strings.Count(text, "denied ") != 5 || strings.Count(text, "this account cannot write proxyAddresses") != 5 {
		t.Errorf("rights:\n%s", text)
	}

	// Which of two persons loses is decided by their GUIDs, at random.
	old := map[string]string{}
	records, err := os.ReadFile(fix)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Removed", "Taken", "Moved", "Deleted", "Untouched"} {
		for _, part := range []string{"Keeper", "Loser"} {
			if dn := fmt.Sprintf("CN=%s %s,OU=Old,%s", name, part, base); strings.Contains(unfold(records), "\ndn: "+dn+"\n") {
				old[name] = dn
			}
		}
	}
	dc.Modify(t, strings.NewReader(fmt.Sprintf(`dn: %[1]s
changetype: modify
delete: proxyAddresses
proxyAddresses: smtp:removed@contoso.example
-

dn: CN=Thief,OU=New,%[4]s
changetype: add
objectClass: contact
mail: Taken2@contoso.example

dn: %[2]s
changetype: modrdn
newrdn: CN=Wed
deleteoldrdn: 1
newsuperior: OU=New,%[4]s

dn: %[3]s
changetype: delete
`, old["Removed"], old["Moved"], old["Deleted"], base)))
	got := map[string]string{}
	for _, line := range verify(exitStale, fix) {
		for name, dn := range old {
			if state, rest, _ := strings.Cut(line, " "); strings.Contains(rest, "  "+dn) {
				_, why, _ := strings.Cut(rest, dn)
				got[name] = state + why
			}
		}
	}
	want := map[string]string{
		"Removed":   "stale: smtp:removed@contoso.example is no longer there",
		"Taken":     "stale: smtp:taken2@contoso.example is taken by CN=Thief,OU=New," + base + " (mail: Taken2@contoso.example)",
		"Moved":     "stale: the object was renamed or moved to CN=Wed,OU=New," + base,
		"Deleted":   "stale: the object was deleted",
		"Untouched": "ready",
	}
	for name, verdict := range want {
		if got[name] != verdict {
			t.Errorf("%s: %s, want %s", name, got[name], verdict)
		}
	}

	// A help desk asks about the same addresses, as an ordinary user.
	asReader := []string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", reader, "-y", secretFile(t, password)}
	text = proxyaddr(exitConflicts, append([]string{"check", "TAKEN@contoso.example", "taken2@contoso.example", "nobody@contoso.example"}, asReader...)...)
	for _, line := range []string{"smtp:taken@contoso.example", "next free: smtp:TAKEN3@contoso.example", "Thief, contact", "smtp:nobody@contoso.example  free"} {
		if !strings.Contains(text, line) {
			t.Errorf("check lacks %q:\n%s", line, text)
		}
	}
	free := []string{"check", "nobody@contoso.example", "X500:/o=nobody", "--format", "json"}
	const hidden = "this account cannot see deleted objects"
	if text := proxyaddr(exitClean, append(free, asReader...)...); !strings.Contains(text, hidden) {
		t.Errorf("an ordinary user is not told what is hidden:\n%s", text)
	}
	if text := proxyaddr(exitClean, append(free, admin...)...); strings.Contains(text, hidden) {
		t.Errorf("an administrator is told that deleted objects are hidden:\n%s", text)
	}
}

// unfold joins the lines of LDIF.
func unfold(file []byte) string { return strings.ReplaceAll(string(file), "\n ", "") }
