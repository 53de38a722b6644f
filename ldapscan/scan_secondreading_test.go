package ldapscan_test

import (
	"crypto/x509"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

// What changes between the two readings is told: a conflict that is gone is not
// reported, and an object that is gone leaves the scan incomplete, unless it is seen to
// be deleted.
func TestSecondReading(t *testing.T) {
	const x500 = "CN=X500,OU=Test,DC=contoso,DC=example"
	modify := func(dn, how string) string { return "dn: " + dn + "\nchangetype: modify\n" + how }
	for name, tc := range map[string]struct {
		change        string
		problem, note string
		class         conflicts.Class // whose conflict is gone
	}{
		"nothing": {},
		"an address removed": {change: modify(x500, "delete: proxyAddresses\nproxyAddresses: X500:/o=Org/cn=a\n-\n"),
			note: "1 possible duplicate had different addresses", class: conflicts.NonSMTP},
		"another address added": {change: modify(x500, "add: proxyAddresses\nproxyAddresses: smtp:later@contoso.example\n-\n")},
		"the other conflict joined": {change: modify(x500, "add: proxyAddresses\nproxyAddresses: smtp:anna@contoso.example\n-\n"),
			note: "1 possible duplicate had different addresses"},
		"renamed": {change: "dn: " + x500 + "\nchangetype: modrdn\nnewrdn: CN=X500\ndeleteoldrdn: 1\nnewsuperior: DC=contoso,DC=example\n"},
		"gone": {change: "dn: " + x500 + "\nchangetype: delete\n",
			problem: "1 possible duplicate could not be re-checked: found in the sweep, but not when read again", class: conflicts.NonSMTP},
		"deleted": {change: modify(x500, "add: isDeleted\nisDeleted: TRUE\n-\ndelete: proxyAddresses\n-\n"),
			note: "1 possible duplicate had been deleted", class: conflicts.NonSMTP},
	} {
		t.Run(name, func(t *testing.T) {
			fixture, entries := forest(t)
			srv := serve(t, ldaptest.Config{Entries: entries})
			d := open(t, config(srv))
			srv.Inject(ldaptest.Fault{Kind: ldaptest.None, Match: inspecting, Do: func() {
				if err := srv.Apply(strings.NewReader(tc.change)); err != nil {
					t.Error(err)
				}
			}})
			audit := scan(t, d, ldapscan.Options{})
			for _, told := range []struct {
				lines []string
				want  string
			}{{audit.Problems, tc.problem}, {audit.Notes, tc.note}} {
				all := strings.Join(told.lines, "\n")
				if told.want == "" && strings.Contains(all, "possible duplicate") || !strings.Contains(all, told.want) {
					t.Errorf("told %q, want %q", all, told.want)
				}
			}
			if audit.Complete() != (tc.problem == "") {
				t.Errorf("problems %q", audit.Problems)
			}
			left := len(fixture.want)
			if tc.class != "" {
				left--
			}
			if len(audit.Conflicts) != left || tc.class != "" && audit.Count(tc.class) > 0 {
				t.Errorf("%q", conflictsOf(audit))
			}
		})
	}
}

// A suspect that a server does not answer for is not cleared.
func TestSecondReadingFails(t *testing.T) {
	_, entries := forest(t)
	srv := serve(t, ldaptest.Config{Entries: entries})
	d := open(t, config(srv))
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Times: -1, Match: inspecting})
	audit := scan(t, d, ldapscan.Options{})
	if want := "closed the connection: 9 possible duplicates could not be re-checked"; !strings.Contains(strings.Join(audit.Problems, "\n"), want) {
		t.Errorf("problems %q, want %q", audit.Problems, want)
	}
}

// The second reading comes from the server of the sweep. Another one that answers
// instead may lack the addresses that the first one has: the scan is never clean.
func TestAnotherServerBetweenTheReadings(t *testing.T) {
	_, entries := forest(t)
	content := entries.String()
	lacking := strings.NewReplacer("anna@", "anne@", "ANNA@", "arne@").Replace(content)
	for _, connections := range []int{1, 2} {
		first := serve(t, ldaptest.Config{Entries: strings.NewReader(content), Host: "dc1.contoso.example"})
		second := serve(t, ldaptest.Config{Entries: strings.NewReader(lacking), Host: "dc2.contoso.example"})
		var over atomic.Bool
		cfg := config(first)
		cfg.Connections = connections
		cfg.TLS.RootCAs = x509.NewCertPool()
		cfg.TLS.RootCAs.AppendCertsFromPEM(first.CAPEM)
		cfg.TLS.RootCAs.AppendCertsFromPEM(second.CAPEM)
		cfg.URL = forward(t, func() *ldaptest.Server {
			if over.Load() {
				return second
			}
			return first
		})
		first.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Times: -1, Match: inspecting, Do: func() { over.Store(true) }})
		audit := scan(t, open(t, cfg), ldapscan.Options{})
		if want := "another server answers under this name: 9 possible duplicates could not be re-checked"; !strings.Contains(strings.Join(audit.Problems, "\n"), want) {
			t.Errorf("%d connections: problems %q, want %q", connections, audit.Problems, want)
		}
	}
}

// The same server may have been away for a moment.
func TestSecondReadingGoesOn(t *testing.T) {
	fixture, entries := forest(t)
	srv := serve(t, ldaptest.Config{Entries: entries})
	d := open(t, config(srv))
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Match: inspecting})
	audit := scan(t, d, ldapscan.Options{})
	if !audit.Complete() || !slices.Equal(conflictsOf(audit), fixture.want) {
		t.Errorf("problems %q, notes %q, conflicts %q", audit.Problems, audit.Notes, conflictsOf(audit))
	}
}
