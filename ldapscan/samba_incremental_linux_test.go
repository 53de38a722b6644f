package ldapscan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldaptest/samba"
)

// On a real domain controller a reading of changes finds what a whole sweep finds, with the
// rights of any user, after each kind of change, made there or on another one.
func TestChangesOnSamba(t *testing.T) {
	pair := samba.StartPair(t, samba.Config{Realm: "CONTOSO.TEST"})
	ou := pair.A.OU(t, "Changes")
	contact := func(name string, lines ...string) string {
		return fmt.Sprintf("dn: CN=%s,%s\nobjectClass: contact\n%s\n\n", name, ou, strings.Join(lines, "\n"))
	}
	content := "dn: OU=Sub," + ou + "\nobjectClass: organizationalUnit\n\n" +
		contact("Anna", "proxyAddresses: SMTP:anna@contoso.example") + contact("Bob", "proxyAddresses: SMTP:bob@contoso.example", "proxyAddresses: smtp:Anna@contoso.example") +
		contact("Carl", "mail: carl@contoso.example")
	for i := range 100 {
		content += contact(fmt.Sprintf("c%d", i), fmt.Sprintf("proxyAddresses: SMTP:c%d@contoso.example", i))
	}
	pair.A.Load(t, strings.NewReader(content))
	const password = "Reads-0nly!"
	reader := pair.A.AddUser(t, "reader", password)
	pair.Sync(t)

	cfg := sambaConfig(t, pair.A)
	cfg.User, cfg.Password = reader, password
	src := openForest(t, cfg)
	all, scoped := newNightly(t), newNightly(t)
	scoped.opt.Judge.Base = []string{ou}
	for _, n := range []*nightly{all, scoped} {
		if r := n.scan(src); r.Bookmark == nil || r.Bookmark.Obstacle != "" || len(r.Audit.Conflicts) != 1 {
			t.Fatalf("%+v, problems %q", r.Bookmark, r.Audit.Problems)
		}
	}
	in := func(name string) string { return "CN=" + name + "," + ou }
	outside := "OU=Sub," + pair.A.BaseDN
	for _, dc := range []*samba.DC{pair.A, pair.B} {
		for _, step := range []struct {
			name    string
			change  string // LDIF
			changed int    // objects in which an address may have
			moved   bool   // a container with something below it
		}{
			{name: "nothing"},
			{name: "no address", change: telephone(in("Anna"), 1) + "\n" + modify(in("Anna"), "delete: telephoneNumber\n-\n")},
			{name: "an address added", change: modify(in("c1"), "add: proxyAddresses\nproxyAddresses: smtp:anna@contoso.example\n-\n"), changed: 1},
			{name: "mail added", change: modify(in("c2"), "add: mail\nmail: bob@contoso.example\n-\n"), changed: 1},
			{name: "an address that is mail elsewhere", change: modify(in("c2"), "add: proxyAddresses\nproxyAddresses: smtp:carl@contoso.example\n-\n"), changed: 1},
			{name: "an address removed", change: modify(in("c1"), "delete: proxyAddresses\nproxyAddresses: smtp:anna@contoso.example\n-\n"), changed: 1},
			{name: "renamed", change: rename(in("Bob"), "CN=Robert", ou), changed: 1},
			{name: "deleted", change: "dn: " + in("Robert") + "\nchangetype: delete\n"},
			{name: "restored", changed: 1},
			{name: "made", change: fmt.Sprintf("dn: CN=New,%s\nchangetype: add\nobjectClass: user\nsAMAccountName: new\nuserPrincipalName: c7@contoso.example\n", ou), changed: 1},
			{name: "a logon name", change: modify(in("New"), "replace: userPrincipalName\nuserPrincipalName: c8@contoso.example\n-\n"), changed: 1},
			{name: "an empty OU moved", change: rename("OU=Sub,"+ou, "OU=Sub", pair.A.BaseDN) + "\n" + rename(outside, "OU=Sub", ou)},
			{name: "an OU moved", change: rename(in("c8"), "CN=c8", "OU=Sub,"+ou) + "\n" + rename("OU=Sub,"+ou, "OU=Sub", pair.A.BaseDN), changed: 1, moved: true},
			{name: "as before", change: rename(outside, "OU=Sub", ou) + "\n" + rename("CN=c8,OU=Sub,"+ou, "CN=c8", ou) + "\n" + "dn: " + in("New") + "\nchangetype: delete\n\n" +
				rename(in("Robert"), "CN=Bob", ou) + "\n" + modify(in("c2"), "delete: mail\n-\ndelete: proxyAddresses\nproxyAddresses: smtp:carl@contoso.example\n-\n"), changed: 3},
		} {
			t.Run(step.name+" on "+dc.Host, func(t *testing.T) {
				switch {
				case step.name == "restored":
					undelete(t, dc, in("Robert"), "smtp:anna@contoso.example")
				case step.change != "":
					dc.Modify(t, strings.NewReader(step.change))
				}
				pair.Sync(t)
				for _, n := range []*nightly{all, scoped} {
					want := scan(t, src, n.opt)
					n.TB = t
					r := n.scan(src)
					if diff := cmp.Diff(want.Conflicts, r.Audit.Conflicts, cmpopts.IgnoreFields(conflicts.Conflict{}, "Unresolved")); diff != "" || !r.Audit.Complete() {
						t.Errorf("problems %q (-whole +changes):\n%s", r.Audit.Problems, diff)
					}
					whole := step.moved && n == scoped
					if (r.Whole != "") != whole || whole && !strings.Contains(r.Whole, "a container was renamed or moved") {
						t.Errorf("read whole because of %q", r.Whole)
					}
					if !whole && r.Changed != step.changed {
						t.Errorf("%d objects changed, want %d", r.Changed, step.changed)
					}
				}
			})
		}
	}

	all.TB = t
	cfg = sambaConfig(t, pair.B)
	cfg.User, cfg.Password = reader, password
	if r := all.scan(openForest(t, cfg)); !strings.HasSuffix(r.Whole, "is read from another domain controller than before, "+pair.B.Host) {
		t.Errorf("%q", r.Whole)
	}
	pair.B.Modify(t, strings.NewReader(modify("CN=Event Log Readers,CN=Builtin,"+pair.B.BaseDN, "add: member\nmember: CN=reader,CN=Users,%s\n-\n", pair.B.BaseDN)))
	if r := all.scan(openForest(t, cfg)); !strings.Contains(r.Whole, "its groups have changed") {
		t.Errorf("%q", r.Whole)
	}
}
