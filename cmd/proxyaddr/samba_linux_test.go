package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
	"proxyaddr/ldapscan/ldif"
	"proxyaddr/report/calctest"
)

const (
	loopObjects = 5000
	loopUnits   = 25
)

// loopDirectory writes contacts in nested OUs. The conflicts among them are all
// of the classes that get proposals.
func loopDirectory(t *testing.T, base string) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := ldif.NewWriter(&b)
	add := func(dn, class string, pairs ...string) {
		rec := &ldif.Record{DN: dn, Attributes: []ldif.Attribute{{Name: "objectClass", Value: []byte(class)}}}
		for i := 0; i < len(pairs); i += 2 {
			rec.Attributes = append(rec.Attributes, ldif.Attribute{Name: pairs[i], Value: []byte(pairs[i+1])})
		}
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	// A user with a primary address there shows that the domain is the directory's own.
	add("CN=Owner,"+base, "user", "sAMAccountName", "loopowner", "userPrincipalName", "loopowner@contoso.example", "proxyAddresses", "SMTP:loopowner@contoso.example")
	parent := base
	for u := range loopUnits {
		ou := fmt.Sprintf("OU=Einheit %d,%s", u, parent)
		add(ou, "organizationalUnit")
		if parent = ou; u%5 == 4 {
			parent = base
		}
		for n := range loopObjects / loopUnits {
			id := u*loopObjects/loopUnits + n
			primary := fmt.Sprintf("person%d@contoso.example", id)
			pairs := []string{"mail", primary, "proxyAddresses", "SMTP:" + primary, "proxyAddresses", fmt.Sprintf("smtp:alias%d@contoso.example", id)}
			switch {
			case id%500 == 1: // the alias of the one before, in other letters
				pairs = append(pairs, "proxyAddresses", fmt.Sprintf("smtp:ALIAS%d@Contoso.example", id-1))
			case id%500 == 2: // its primary address, and mail with it
				stolen := fmt.Sprintf("person%d@contoso.example", id-2)
				pairs = []string{"mail", stolen, "proxyAddresses", "SMTP:" + stolen, "proxyAddresses", "smtp: padded@contoso.example"}
			case id%1000 == 3:
				pairs = append(pairs, "proxyAddresses", fmt.Sprintf("smtp:josé%d@contoso.example", id))
			case id%1000 == 4:
				pairs = append(pairs, "proxyAddresses", fmt.Sprintf("smtp:jose%d@contoso.example", id-1))
			}
			add(fmt.Sprintf("CN=Büro\\, Person %d,%s", id, ou), "contact", pairs...)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// values returns the attributes that a fix can touch, as ldapsearch prints them.
func values(t *testing.T, dc *samba.DC, base string) []string {
	var blocks []string
	for block := range strings.SplitSeq(dc.Search(t, base, "(proxyAddresses=*)", "proxyAddresses", "mail"), "\n\n") {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		slices.Sort(lines)
		blocks = append(blocks, strings.Join(lines, "\n"))
	}
	slices.Sort(blocks)
	return blocks
}

// approveAll is a reviewer who agrees to everything.
const approveAll = `
Sub Edit(doc)
	sheet = doc.Sheets.getByName("Decide")
	cursor = sheet.createCursor()
	cursor.gotoEndOfUsedArea(False)
	For row = 1 To cursor.RangeAddress.EndRow
		sheet.getCellByPosition(0, row).String = "approve"
	Next
End Sub
`

// The loop that a change board signs: scan, review in LibreOffice, fix, verify,
// make the changes, verify, scan, and take them back; with ldapmodify and with
// apply.
func TestLoopOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	base := dc.OU(t, "Loop")
	dc.Load(t, loopDirectory(t, base))
	const password = "Reads-0nly!"
	upn := dc.AddUser(t, "auditor", password)
	secret := secretFile(t, password+"\n")
	scan := func(want int) (dir string, counts map[string]int) {
		t.Helper()
		dir = t.TempDir()
		var stdout, stderr bytes.Buffer
		code := run([]string{"scan", "-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", upn, "-y", secret, "-o", dir, "--format", "json"}, strings.NewReader(""), &stdout, &stderr)
		if code != want {
			t.Fatalf("exit %d, want %d\n%s", code, want, stderr.String())
		}
		var doc struct {
			Complete  bool
			Conflicts []struct{ Class string }
			Changes   []struct{ Attribute string }
		}
		if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil || !doc.Complete {
			t.Fatalf("complete %v, %v", doc.Complete, err)
		}
		if strings.Contains(stderr.String(), password) {
			t.Error("the password is on stderr")
		}
		counts = map[string]int{}
		for _, c := range doc.Conflicts {
			counts[c.Class]++
		}
		for _, c := range doc.Changes {
			counts[c.Attribute]++
		}
		return dir, counts
	}
	apply := func(dir, kind string) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dir, kind+"-*.ldif"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%v, %v", files, err)
		}
		f, err := os.Open(files[0])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		dc.Modify(t, f)
	}

	before := values(t, dc, base)
	dir, counts := scan(exitConflicts)
	// In ten groups of 500: an alias twice, a primary twice; "padded" by ten
	// objects; in five groups a collation.
	want := map[string]int{"duplicate": 21, "collation": 5, "proxyAddresses": 10 + 10 + 9 + 5, "mail": 10}
	for k, n := range want {
		if counts[k] != n {
			t.Errorf("%s: %d, want %d", k, counts[k], n)
		}
	}
	approved := filepath.Join(t.TempDir(), "approved")
	calctest.Edit(t, approveAll, filepath.Join(dir, "report.xlsx"))
	proxyaddr := func(args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(args, strings.NewReader(""), &stdout, &stderr); code != exitClean {
			t.Fatalf("%s: exit %d\n%s%s", args[0], code, stdout.String(), stderr.String())
		}
		return stderr.String()
	}
	login := []string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile, "-D", dc.AdminUPN, "-y", secretFile(t, dc.AdminPassword)}
	proxyaddr("fix", filepath.Join(dir, "report.xlsx"), "-o", approved)
	files, err := filepath.Glob(filepath.Join(approved, "fix-*.ldif"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	verify := func(state string) {
		t.Helper()
		if said := proxyaddr(slices.Concat([]string{"verify", files[0]}, login)...); !strings.Contains(said, " "+state) {
			t.Errorf("want all %s: %s", state, said)
		}
	}
	journal := filepath.Join(t.TempDir(), "journal")
	for name, way := range map[string]struct{ make, takeBack func() }{
		"ldapmodify": {func() { apply(approved, "fix") }, func() { apply(approved, "rollback") }},
		"apply": {func() { proxyaddr(slices.Concat([]string{"apply", files[0], "--yes", "--journal", journal}, login)...) },
			func() { proxyaddr(slices.Concat([]string{"apply", "--undo", journal, "--yes"}, login)...) }},
	} {
		verify("ready")
		way.make()
		if slices.Equal(values(t, dc, base), before) {
			t.Errorf("%s changed nothing", name)
		}
		verify("applied")
		scan(exitClean)
		way.takeBack()
		if after := values(t, dc, base); !slices.Equal(after, before) {
			t.Errorf("%s did not bring every value back", name)
		}
	}
	scan(exitConflicts)
}
