package ldapscan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

// twoOwners are a conflict, an object without one, and a container with another.
const twoOwners = `dn: OU=Staff,DC=contoso,DC=example
objectClass: organizationalUnit

dn: CN=Anna,OU=Staff,DC=contoso,DC=example
objectClass: contact
proxyAddresses: SMTP:anna@contoso.example

dn: CN=Bob,OU=Staff,DC=contoso,DC=example
objectClass: contact
proxyAddresses: smtp:anna@contoso.example

dn: CN=Carl,DC=contoso,DC=example
objectClass: contact
proxyAddresses: SMTP:carl@contoso.example

`

// A nightly is a scan that is made again and again, of servers that change.
type nightly struct {
	testing.TB
	since ldapscan.Since
	opt   ldapscan.Options
}

func newNightly(t testing.TB) *nightly {
	return &nightly{TB: t, since: ldapscan.Since{Now: time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)}}
}

// scan scans and remembers.
func (n *nightly) scan(src ldapscan.Source) *ldapscan.Reading {
	n.Helper()
	r, err := ldapscan.ScanSince(n.Context(), src, n.since, n.opt)
	if err != nil {
		n.Fatal(err)
	}
	n.since.Bookmark, n.since.Owners = r.Bookmark, nil
	for i := range r.Audit.Conflicts {
		for _, o := range r.Audit.Conflicts[i].Owners {
			n.since.Owners = append(n.since.Owners, o.Entry)
		}
	}
	return r
}

func changingServer(t testing.TB, host string, database int, content string) *ldaptest.Server {
	return serve(t, ldaptest.Config{Host: host, Entries: strings.NewReader(changingHead(database) + content), Stamps: true})
}

func apply(t testing.TB, srv *ldaptest.Server, format string, args ...any) {
	t.Helper()
	if err := srv.Apply(strings.NewReader(fmt.Sprintf(format, args...))); err != nil {
		t.Fatal(err)
	}
}

// telephone writes something that is no address.
func telephone(dn string, number int) string {
	return modify(dn, "replace: telephoneNumber\ntelephoneNumber: %d\n-\n", number)
}

const (
	anna = "CN=Anna,OU=Staff,DC=contoso,DC=example"
	carl = "CN=Carl,DC=contoso,DC=example"
)

// Whatever may hide a change has everything read, and is named.
func TestReasonsForWholeSweeps(t *testing.T) {
	const host = "dc1.contoso.example"
	many := twoOwners
	for i := range 1500 {
		many += fmt.Sprintf("dn: CN=m%[1]d,DC=contoso,DC=example\nobjectClass: contact\nmail: m%[1]d@contoso.example\n\n", i)
	}
	for name, tc := range map[string]struct {
		content string                                                 // "" for twoOwners
		between func(*nightly, *ldaptest.Server) (src ldapscan.Source) // nil for nothing
		want    string                                                 // begins or ends the reason
	}{
		"nothing": {},
		"what the caller knows": {between: func(n *nightly, _ *ldaptest.Server) ldapscan.Source {
			n.since.Whole = "--full"
			return nil
		}, want: "--full"},
		"nothing is remembered": {between: func(n *nightly, _ *ldaptest.Server) ldapscan.Source {
			n.since.Bookmark = nil
			return nil
		}, want: "no complete whole sweep is remembered"},
		"an export": {between: func(n *nightly, srv *ldaptest.Server) ldapscan.Source {
			return spooled(n.TB, []byte(twoOwners))
		}, want: "the source is an export"},
		"another domain controller": {between: func(n *nightly, _ *ldaptest.Server) ldapscan.Source {
			return openForest(n.TB, config(changingServer(n.TB, "dc2.contoso.example", 0, twoOwners)))
		}, want: "is read from another domain controller than before, dc2.contoso.example"},
		"another database": {between: func(n *nightly, _ *ldaptest.Server) ldapscan.Source {
			return openForest(n.TB, config(changingServer(n.TB, host, 1, twoOwners)))
		}, want: "the invocationId of " + host + " has changed"},
		"fewer changes": {content: many, between: func(n *nightly, _ *ldaptest.Server) ldapscan.Source {
			return openForest(n.TB, config(changingServer(n.TB, host, 0, twoOwners)))
		}, want: host + " has counted fewer changes than before"},
		"as many changes, but others": {between: func(n *nightly, _ *ldaptest.Server) ldapscan.Source {
			srv := changingServer(n.TB, host, 0, twoOwners[strings.Index(twoOwners, "dn: CN=Bob"):])
			for i := range 20 {
				apply(n.TB, srv, "%s", "dn: CN=Configuration,DC=contoso,DC=example\nchangetype: modify\nreplace: info\ninfo: "+fmt.Sprint(i)+"\n-\n")
			}
			return openForest(n.TB, config(srv))
		}, want: "the database of the domain controller was set back"},
		"all that was written last is gone": {between: func(n *nightly, srv *ldaptest.Server) ldapscan.Source {
			for _, dn := range []string{anna, carl, strings.Replace(anna, "Anna", "Bob", 1)} {
				apply(n.TB, srv, "dn: %s\nchangetype: delete\n", dn)
			}
			return nil
		}, want: "none of the objects that were written last before can be seen any more"},
		"another account": {between: func(n *nightly, srv *ldaptest.Server) ldapscan.Source {
			cfg := config(srv)
			cfg.User = "anna@contoso.example"
			return openForest(n.TB, cfg)
		}, want: "the account or its groups have changed"},
		"another partition": {between: func(n *nightly, srv *ldaptest.Server) ldapscan.Source {
			apply(n.TB, srv, "dn: CN=CHILD,CN=Partitions,CN=Configuration,DC=contoso,DC=example\nchangetype: add\nobjectClass: crossRef\nnCName: DC=child,DC=contoso,DC=example\nsystemFlags: 3\n")
			return nil
		}, want: "the list of the forest's partitions has changed: CN=CHILD"},
		"another partition, opened again": {between: func(n *nightly, srv *ldaptest.Server) ldapscan.Source {
			apply(n.TB, srv, "dn: CN=CHILD,CN=Partitions,CN=Configuration,DC=contoso,DC=example\nchangetype: add\nobjectClass: crossRef\nnCName: DC=child,DC=contoso,DC=example\ndnsRoot: child.contoso.example\nsystemFlags: 3\n")
			return openForest(n.TB, config(srv))
		}, want: "DC=child,DC=contoso,DC=example: no domain controller of child.contoso.example was read"},
		"attributes of Exchange": {content: twoOwners + "dn: CN=Schema,CN=Configuration,DC=contoso,DC=example\nobjectClass: dMD\n\n" + "dn: CN=Enterprise Schema,CN=Partitions,CN=Configuration,DC=contoso,DC=example\nobjectClass: crossRef\n" +
			"nCName: CN=Schema,CN=Configuration,DC=contoso,DC=example\nsystemFlags: 1\n\n", between: func(n *nightly, srv *ldaptest.Server) ldapscan.Source {
			apply(n.TB, srv, "dn: CN=ms-Exch-Target-Address,CN=Schema,CN=Configuration,DC=contoso,DC=example\nchangetype: add\nobjectClass: attributeSchema\nlDAPDisplayName: targetAddress\n")
			return openForest(n.TB, config(srv))
		}, want: "the Exchange attributes in the schema have changed"},
		"very many changes": {content: many, between: func(n *nightly, srv *ldaptest.Server) ldapscan.Source {
			for i := range 1001 {
				apply(n.TB, srv, "%s", telephone(fmt.Sprintf("CN=m%d,DC=contoso,DC=example", i), i))
			}
			return nil
		}, want: "were written since"},
		"a container was moved": {between: func(n *nightly, srv *ldaptest.Server) ldapscan.Source {
			n.opt.Judge.Exclude = []string{"OU=Elsewhere,DC=contoso,DC=example"}
			apply(n.TB, srv, "%s", rename("OU=Staff,DC=contoso,DC=example", "OU=Elsewhere", "DC=contoso,DC=example"))
			return nil
		}, want: "OU=Elsewhere,DC=contoso,DC=example: a container was renamed or moved"},
		"no container was moved": {between: func(n *nightly, srv *ldaptest.Server) ldapscan.Source {
			n.opt.Judge.Base = []string{"OU=Staff,DC=contoso,DC=example"}
			apply(n.TB, srv, "%s", rename(carl, "CN=Carl", "OU=Staff,DC=contoso,DC=example"))
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			content := tc.content
			if content == "" {
				content = twoOwners
			}
			srv := changingServer(t, host, 0, content)
			var src ldapscan.Source = openForest(t, config(srv))
			n := newNightly(t)
			if r := n.scan(src); r.Bookmark == nil || r.Bookmark.Obstacle != "" {
				t.Fatalf("bookmark %+v, problems %q", r.Bookmark, r.Audit.Problems)
			}
			if tc.between != nil {
				if other := tc.between(n, srv); other != nil {
					src = other
				}
			}
			r := n.scan(src)
			if !strings.Contains(r.Whole, tc.want) || (r.Whole == "") != (tc.want == "") {
				t.Errorf("read whole because of %q, want %q", r.Whole, tc.want)
			}
			if again := n.scan(src); r.Audit.Complete() && r.Bookmark != nil && n.since.Whole == "" && again.Whole != "" {
				t.Errorf("then once more because of %q", again.Whole)
			}
		})
	}
}

// A domain controller that does not tell who it is, is swept every time, for a reason.
func TestNoBookmarkWithoutInvocationID(t *testing.T) {
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(changingPartitions + twoOwners), Stamps: true})
	n, src := newNightly(t), openForest(t, config(srv))
	n.scan(src)
	if r := n.scan(src); !strings.Contains(r.Whole, "does not tell its invocationId and highestCommittedUSN") {
		t.Errorf("%q", r.Whole)
	}
}

// Without stamps every object that was written counts as changed.
func TestChangesWithoutStamps(t *testing.T) {
	srv := serve(t, ldaptest.Config{Host: "dc1.contoso.example", Entries: strings.NewReader(changingHead(0) + twoOwners)})
	n, src := newNightly(t), openForest(t, config(srv))
	n.scan(src)
	apply(t, srv, "%s", telephone(carl, 1))
	if r := n.scan(src); r.Whole != "" || r.Changed != 1 || len(r.Audit.Conflicts) != 1 {
		t.Errorf("%+v", r)
	}
}

// reading tells searches for changes.
func reading(s ldaptest.Search) bool {
	return s.Paged && strings.Contains(s.Filter, "(uSNChanged>=") && !strings.Contains(s.Filter, "(uSNChanged<=") && s.Base == changingRoot
}

// An address that was written before a reading is found by it or by the next, whatever is
// written while it goes on.
func TestWritesDuringAReading(t *testing.T) {
	const zoe = "CN=Zoe,OU=Zoo,DC=contoso,DC=example" // stands last, but was not written last
	for name, fault := range map[string]func(*ldaptest.Server) ldaptest.Fault{
		"the object is written again": func(srv *ldaptest.Server) ldaptest.Fault {
			return ldaptest.Fault{Kind: ldaptest.None, Match: reading, Do: func() { srv.Apply(strings.NewReader(telephone(zoe, 7))) }}
		},
		"the object moves behind the page": func(*ldaptest.Server) ldaptest.Fault {
			return ldaptest.Fault{Kind: ldaptest.Jump, Match: reading, Page: 2}
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := changingServer(t, "dc1.contoso.example", 0, "dn: "+zoe+"\nobjectClass: contact\nmail: zoe@contoso.example\n\n"+twoOwners)
			cfg := config(srv)
			if strings.Contains(name, "page") {
				cfg.PageSize = 1
			}
			n, src := newNightly(t), openForest(t, cfg)
			n.scan(src)
			apply(t, srv, "%s", modify(zoe, "add: proxyAddresses\nproxyAddresses: smtp:ANNA@contoso.example\n-\n"))
			srv.Inject(fault(srv))
			var owners int
			for range 2 {
				r := n.scan(src)
				if r.Whole != "" || !r.Audit.Complete() {
					t.Fatalf("%q, %q", r.Whole, r.Audit.Problems)
				}
				owners = len(r.Audit.Conflicts[0].Owners)
			}
			if owners != 3 {
				t.Errorf("%d owners", owners)
			}
		})
	}
}

// What could not be read is read the next time: the bookmark stays.
func TestFailedReadingStays(t *testing.T) {
	lookingUp := func(s ldaptest.Search) bool { return strings.Contains(s.Filter, "(mail=carl@") }
	for name, match := range map[string]func(ldaptest.Search) bool{"changes": reading, "look-up": lookingUp, "owners": inspecting,
		"who it is": func(s ldaptest.Search) bool { return strings.HasPrefix(s.Base, "CN=NTDS Settings") }} {
		t.Run(name, func(t *testing.T) {
			srv := changingServer(t, "dc1.contoso.example", 0, twoOwners)
			n, src := newNightly(t), openForest(t, config(srv))
			n.scan(src)
			before := n.since
			apply(t, srv, "%s", modify(carl, "add: proxyAddresses\nproxyAddresses: smtp:ANNA@contoso.example\n-\n"))
			srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: 80, Match: match, Times: -1})
			if r := n.scan(src); r.Whole != "" || r.Audit.Complete() || r.Bookmark != before.Bookmark {
				t.Errorf("%q, problems %q, bookmark %+v", r.Whole, r.Audit.Problems, r.Bookmark)
			}
		})
	}
}

// A reading without a change takes three requests to a domain controller with two
// partitions, and one more for what it is, besides one for every 50 owners.
func TestRequestsOfAReading(t *testing.T) {
	content := ""
	for i := range 60 {
		for _, name := range []string{"a", "b"} {
			content += fmt.Sprintf("dn: CN=%[2]s%[1]d,DC=contoso,DC=example\nobjectClass: contact\nproxyAddresses: smtp:x%[1]d@contoso.example\n\n", i, name)
		}
	}
	srv := changingServer(t, "dc1.contoso.example", 0, twoOwners+content)
	n, src := newNightly(t), openForest(t, config(srv))
	n.scan(src)
	for range 2 {
		before := srv.Counts()
		r := n.scan(src)
		after := srv.Counts()
		if searches := after.Searches - before.Searches; r.Whole != "" || searches != 4+3 || r.Requests != searches || r.Entries != after.Entries-before.Entries+1 { // the root DSE
			t.Errorf("%q, %d requests, counted %d; %d entries, counted %d", r.Whole, searches, r.Requests, after.Entries-before.Entries, r.Entries)
		}
		if len(r.Audit.Conflicts) != 61 || r.Changed != 0 {
			t.Errorf("%d conflicts, %d changed", len(r.Audit.Conflicts), r.Changed)
		}
		apply(t, srv, "%s", telephone(carl, 1)) // is no address
	}
}
