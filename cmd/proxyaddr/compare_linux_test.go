package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
	"proxyaddr/report/schematest"
)

// A compared is what a scan with --compare-dcs printed.
type compared struct {
	code   int
	stderr string
	doc    struct {
		Complete    bool
		Reasons     []string `json:"incomplete_reasons"`
		Differences []struct {
			Name, Status string
			Copies       []struct {
				Server, State, Status, Certainty, Because string
				Has, Lacks                                []struct{ Value string }
				Written, Deleted                          struct {
					Server  string
					Version int
				}
			}
		}
		Conflicts []struct {
			Address string
			Cause   struct{ Kind string }
			Owners  []struct {
				Name   string
				SeenOn []string `json:"seen_on"`
			}
		}
	}
}

func compareJSON(t *testing.T, args ...string) compared {
	t.Helper()
	var stdout, stderr bytes.Buffer
	var c compared
	c.code = run(slices.Concat([]string{"scan", "--compare-dcs", "--format", "json"}, args), strings.NewReader(""), &stdout, &stderr)
	c.stderr = stderr.String()
	if stdout.Len() > 0 {
		if err := schematest.Check(stdout.Bytes()); err != nil {
			t.Error(err)
		}
		if err := json.Unmarshal(stdout.Bytes(), &c.doc); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// Two controllers that do not hear of each other: what each was told is on both
// sides with where it was written, and the conflicts to come. Once they have
// replicated, they agree, and an ordinary scan has the conflict.
func TestCompareOnSamba(t *testing.T) {
	pair := samba.StartPair(t, samba.Config{Realm: "CONTOSO.TEST"})
	ou := pair.A.OU(t, "Compare")
	contact := func(name, address string) string {
		return fmt.Sprintf("dn: CN=%s,%s\nobjectClass: contact\nproxyAddresses: %s\n\n", name, ou, address)
	}
	pair.A.Load(t, strings.NewReader(contact("Same", "SMTP:same@contoso.test")+contact("Changed", "SMTP:changed@contoso.test")+
		contact("Twice", "SMTP:twice@contoso.test")+contact("Gone", "SMTP:gone@contoso.test")+contact("Held", "SMTP:held@contoso.test")))
	modify := func(dc *samba.DC, name, change string) {
		t.Helper()
		dc.Modify(t, strings.NewReader(fmt.Sprintf("dn: CN=%s,%s\nchangetype: %s\n", name, ou, change)))
	}
	secret := secretFile(t, pair.A.AdminPassword)
	domain := []string{"-d", "contoso.test", "--dns", pair.A.IP, "-D", pair.A.AdminUPN, "-y", secret}
	pair.Pause(t)

	if c := compareJSON(t, domain...); c.code != exitClean || !c.doc.Complete || strings.Count(c.stderr, "gssapi sealed") != 2 {
		t.Fatalf("in the same state: exit %d, %+v\n%s", c.code, c.doc, c.stderr)
	}
	modify(pair.A, "New A", "add\nobjectClass: contact\nproxyAddresses: SMTP:new@contoso.test")
	modify(pair.B, "New B", "add\nobjectClass: contact\nproxyAddresses: SMTP:New@contoso.test")
	modify(pair.B, "Changed", "modify\nadd: proxyAddresses\nproxyAddresses: smtp:held@contoso.test\n-")
	modify(pair.A, "Twice", "modify\nreplace: proxyAddresses\nproxyAddresses: SMTP:on-a@contoso.test\n-")
	for range 2 {
		modify(pair.B, "Twice", "modify\nreplace: proxyAddresses\nproxyAddresses: SMTP:on-b@contoso.test\n-")
		modify(pair.B, "Twice", "modify\nadd: proxyAddresses\nproxyAddresses: smtp:more@contoso.test\n-")
	}
	modify(pair.B, "Gone", "delete")

	a, b := pair.A.Host, pair.B.Host
	nameOf := func(host string) string { name, _, _ := strings.Cut(host, "."); return strings.ToUpper(name) }
	c := compareJSON(t, domain...)
	if c.code != exitConflicts || !c.doc.Complete {
		t.Fatalf("exit %d, incomplete %q\n%s", c.code, c.doc.Reasons, c.stderr)
	}
	var got []string
	for _, d := range c.doc.Differences {
		line := d.Name + " " + d.Status
		for _, one := range d.Copies {
			line += fmt.Sprintf(" | %s %s %s", map[string]string{a: "A", b: "B"}[one.Server], one.State, strings.TrimSpace(one.Certainty+" "+one.Status))
			for _, v := range one.Has {
				line += " +" + v.Value
			}
			for _, v := range one.Lacks {
				line += " -" + v.Value
			}
			if on := one.Written.Server + one.Deleted.Server; on != "" {
				line += " by " + map[string]string{nameOf(a): "A", nameOf(b): "B"}[strings.ToUpper(on)]
			}
		}
		got = append(got, line)
	}
	want := []string{
		"Changed on-the-way | A there likely on-the-way -smtp:held@contoso.test by A | B there newest +smtp:held@contoso.test by B",
		"Gone on-the-way | A there likely on-the-way +SMTP:gone@contoso.test by A | B deleted newest -SMTP:gone@contoso.test by B",
		"New A on-the-way | A there newest +SMTP:new@contoso.test by A | B missing likely on-the-way -SMTP:new@contoso.test",
		"New B on-the-way | A missing likely on-the-way -SMTP:New@contoso.test | B there newest +SMTP:New@contoso.test by B",
		"Twice on-the-way | A there likely on-the-way +SMTP:on-a@contoso.test -SMTP:on-b@contoso.test -smtp:more@contoso.test by A" +
			" | B there newest +SMTP:on-b@contoso.test +smtp:more@contoso.test -SMTP:on-a@contoso.test by B",
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	got = nil
	for _, conflict := range c.doc.Conflicts {
		var owners []string
		for _, o := range conflict.Owners {
			owners = append(owners, fmt.Sprintf("%s on %s", o.Name, strings.NewReplacer(a, "A", b, "B").Replace(strings.Join(o.SeenOn, " "))))
		}
		slices.Sort(owners) // the keeper hangs on who is the older
		got = append(got, conflict.Address+" | "+strings.Join(owners, " | "))
	}
	slices.Sort(got)
	if want := []string{"held@contoso.test | Changed on B | Held on A B", "new@contoso.test | New A on A | New B on B"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}

	pair.Resume(t)
	pair.Sync(t)
	named := []string{"-H", pair.A.URL("ldap"), "-H", pair.B.URL("ldap"), "--auth", "gssapi", "-D", pair.A.AdminUPN, "-y", secret}
	if c := compareJSON(t, named...); c.code != exitClean || len(c.doc.Differences)+len(c.doc.Conflicts) > 0 {
		t.Errorf("replicated: exit %d, %+v\n%s", c.code, c.doc, c.stderr)
	}
	scanned := scanJSON(t, domain...)
	if found := scanned.addresses(); scanned.code != exitConflicts || !slices.Contains(found, "new@contoso.test") || !slices.Contains(found, "held@contoso.test") {
		t.Errorf("scan: exit %d, %q\n%s", scanned.code, found, scanned.stderr)
	}

	pair.B.Stop(t)
	if c := compareJSON(t, domain...); c.code != exitConnect || !strings.Contains(c.stderr, b) {
		t.Errorf("one of two is down: exit %d\n%s", c.code, c.stderr)
	}
}
