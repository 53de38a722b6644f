package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

var (
	dsaclsLine  = regexp.MustCompile(`(?m)^ *dsacls "([^"]+)"(?: /I:([TS]))? /G (.+)$`)
	dsaclsGrant = regexp.MustCompile(`"EXAMPLE\\([\w-]+):([A-Z]+)(?:;(\w+);)?"`)
)

// dsacls grants on a domain controller what the dsacls commands of a document grant to one
// group.
func dsacls(t *testing.T, dc *samba.DC, document, group string) {
	t.Helper()
	attributes := map[string]string{ // schemaIDGUIDs
		"proxyAddresses": "bf967a06-0de6-11d0-a285-00aa003049e2",
		"mail":           "bf967961-0de6-11d0-a285-00aa003049e2",
	}
	inherited := map[string]string{"": "", "T": "CI", "S": "CIIO"}
	granted := 0
	for _, line := range dsaclsLine.FindAllStringSubmatch(document, -1) {
		for _, grant := range dsaclsGrant.FindAllStringSubmatch(line[3], -1) {
			if grant[1] != group {
				continue
			}
			right := "A;" + inherited[line[2]] + ";" + grant[2] + ";;"
			if name := grant[3]; name != "" {
				if attributes[name] == "" {
					t.Fatalf("%s: no schemaIDGUID of %s is known here", line[0], name)
				}
				right = "O" + right[:len(right)-1] + attributes[name] + ";"
			}
			dc.Grant(t, strings.Replace(line[1], "DC=example,DC=com", dc.BaseDN, 1), group, right)
			granted++
		}
	}
	if granted == 0 {
		t.Fatalf("the document has no dsacls command for %s", group)
	}
}

// The rights that docs/rights.md names let an account scan what is closed to others, see
// deleted objects, and make a change; without them it cannot.
func TestDocumentedRightsOnSamba(t *testing.T) {
	document, err := os.ReadFile("../../docs/rights.md")
	if err != nil {
		t.Fatal(err)
	}
	dc := samba.Start(t, samba.Config{})
	staff, closed := dc.OU(t, "Staff"), dc.OU(t, "HR")
	dc.Close(t, closed)
	const owner = "dn: CN=%[1]s,%[2]s\nobjectClass: contact\nproxyAddresses: smtp:hr@contoso.example\n\n"
	dc.Load(t, strings.NewReader(staffOf(staff)+fmt.Sprintf(owner, "One", closed)+fmt.Sprintf(owner, "Two", closed)))
	const password = "Reads-0nly!"
	account := dc.AddUser(t, "svc-proxyaddr", password)
	proxyaddr := func(args ...string) (code int, said string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		code = run(append(args, "-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", account, "-y", secretFile(t, password)), strings.NewReader(""), &stdout, &stderr)
		return code, stdout.String() + stderr.String()
	}
	join := func(group string) {
		t.Helper()
		dc.Modify(t, strings.NewReader(fmt.Sprintf("dn: CN=%[1]s,CN=Users,%[2]s\nchangetype: add\nobjectClass: group\nsAMAccountName: %[1]s\nmember: CN=svc-proxyaddr,CN=Users,%[2]s\n", group, dc.BaseDN)))
		dsacls(t, dc, string(document), group)
	}
	const hidden = "cannot see deleted objects"

	code, said := proxyaddr("scan")
	if code != exitConflicts || !strings.Contains(said, "5 conflicts:") || !strings.Contains(said, hidden) {
		t.Errorf("without rights: exit %d\n%s", code, said)
	}
	join("proxyaddr-readers")
	code, said = proxyaddr("scan")
	if code != exitConflicts || !strings.Contains(said, "6 conflicts:") || strings.Contains(said, hidden) {
		t.Errorf("as a reader: exit %d\n%s", code, said)
	}
	dir := t.TempDir()
	if code, said = proxyaddr("scan", "-b", staff, "-o", dir+"/audit"); code != exitConflicts {
		t.Fatalf("exit %d\n%s", code, said)
	}
	fix := dir + "/audit/fix-" + strings.ToLower(dc.Realm) + ".ldif"
	if code, said = proxyaddr("verify", fix); code != exitStale || strings.Count(said, "denied ") != 5 {
		t.Errorf("verify as a reader: exit %d\n%s", code, said)
	}
	join("proxyaddr-writers")
	if code, said = proxyaddr("verify", fix); code != exitClean || strings.Count(said, "ready ") != 5 {
		t.Errorf("verify as a writer: exit %d\n%s", code, said)
	}
	if code, said = proxyaddr("apply", fix, "--yes"); code != exitClean || strings.Count(said, "applied ") != 5 {
		t.Errorf("apply: exit %d\n%s", code, said)
	}
}
