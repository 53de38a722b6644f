package ldapscan_test

import (
	"context"
	"strings"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

// twoDomains is a forest whose server holds a root domain with an address and a child.
const twoDomains = rootLDIF + `dn: DC=child,DC=contoso,DC=example
objectClass: domainDNS

` + configurationLDIF + childRefLDIF + `dn: CN=a,DC=contoso,DC=example
objectClass: contact
proxyAddresses: SMTP:a@contoso.example

dn: CN=b,DC=child,DC=contoso,DC=example
objectClass: user
userPrincipalName: b@contoso.example
`

// A domain that hides its addresses from the account, or that the server or the list of
// partitions hides, is never a clean scan, nor is an address in it free. A domain
// without recipients is in order.
func TestHiddenDomains(t *testing.T) {
	const child = "DC=child,DC=contoso,DC=example"
	for name, tc := range map[string]struct {
		replace, by   string
		problem, note string
		objects       int
	}{
		"no recipient":           {"", "", "", child + ": this account sees no recipient of Exchange", 2},
		"an address":             {"objectClass: user", "objectClass: user\nproxyAddresses: SMTP:b@contoso.example", "", "", 2},
		"an alias":               {"objectClass: user", "objectClass: user\nmailNickname: b", child + ": there are recipients, but this account sees no proxyAddresses", "", 2},
		"aliases":                {"objectClass: user", "objectClass: user\nmailNickname: b\n\ndn: CN=c," + child + "\nobjectClass: user\nmailNickname: c", child + ": there are recipients, but", "", 2},
		"a type of recipient":    {"objectClass: user", "objectClass: user\nmsExchRecipientTypeDetails: 1", child + ": there are recipients, but", "", 2},
		"no flags":               {"dnsRoot: child.contoso.example\nsystemFlags: 3", "dnsRoot: child.contoso.example", child + ": not read", "", 1},
		"flags of no domain":     {"dnsRoot: child.contoso.example\nsystemFlags: 3", "systemFlags: 1", child + ": not read", "", 1},
		"no crossRef":            {"nCName: " + child, "nCName: O=Elsewhere", child + ": not read", "", 1},
		"elsewhere":              {"dn: CN=CHILD,", "dn: CN=X,CN=Partitions,CN=Configuration,DC=contoso,DC=example\nobjectClass: crossRef\nnCName: O=x\nsystemFlags: 0\n\ndn: CN=CHILD,", "", "", 2},
		"planned":                {"dn: CN=CHILD,", "dn: CN=X,CN=Partitions,CN=Configuration,DC=contoso,DC=example\nobjectClass: crossRef\nnCName: DC=x\ndnsRoot: dc1.contoso.example\nEnabled: FALSE\nsystemFlags: 3\n\ndn: CN=CHILD,", "", "", 2},
		"planned, without flags": {"dn: CN=CHILD,", "dn: CN=X,CN=Partitions,CN=Configuration,DC=contoso,DC=example\nobjectClass: crossRef\nnCName: DC=x\ndnsRoot: dc1.contoso.example\nEnabled: FALSE\n\ndn: CN=CHILD,", "", "", 2},
		"planned and there":      {"dnsRoot: child.contoso.example", "Enabled: FALSE", child + ": not read", "", 1},
		"outside and there":      {"dnsRoot: child.contoso.example\nsystemFlags: 3", "systemFlags: 0", child + ": not read", "", 1},
		"twice":                  {"dn: CN=CHILD,", "dn: CN=X,CN=Partitions,CN=Configuration,DC=contoso,DC=example\nobjectClass: crossRef\nnCName: dc=contoso, DC=example\nsystemFlags: 3\n\ndn: CN=CHILD,", "", "", 2},
		"twice, of two kinds":    {"dn: CN=CHILD,", "dn: CN=X,CN=Partitions,CN=Configuration,DC=contoso,DC=example\nobjectClass: crossRef\nnCName: DC=contoso,DC=example\nsystemFlags: 5\n\ndn: CN=CHILD,", "", "", 2},
		"application partition":  {"systemFlags: 3\n\ndn: CN=a", "systemFlags: 5\n\ndn: CN=a", "", child + ": not read, because application partitions hold no recipients", 1},
		"an unknown application": {"dn: CN=CHILD,", "dn: CN=X,CN=Partitions,CN=Configuration,DC=contoso,DC=example\nobjectClass: crossRef\nnCName: DC=x\nsystemFlags: 5\n\ndn: CN=CHILD,", "", "DC=x: not read, because application", 2},
	} {
		t.Run(name, func(t *testing.T) {
			content := strings.Replace(twoDomains, tc.replace, tc.by, 1)
			d := open(t, config(serve(t, ldaptest.Config{Entries: strings.NewReader(content)})))
			address := []conflicts.Address{conflicts.ParseAddress("smtp:free@contoso.example")}
			err := d.Lookup(context.Background(), address, func(*conflicts.Object) {})
			if (err != nil) != (tc.problem != "") || err != nil && !strings.Contains(err.Error(), tc.problem) {
				t.Errorf("looked up: %v, want %q", err, tc.problem)
			}
			audit := scan(t, d, ldapscan.Options{})
			if audit.Complete() != (tc.problem == "") || audit.Objects() != tc.objects || !strings.Contains(strings.Join(audit.Problems, "\n"), tc.problem) {
				t.Errorf("%d objects, problems %q, want %q", audit.Objects(), audit.Problems, tc.problem)
			}
			if !strings.Contains(strings.Join(audit.Notes, "\n"), tc.note) {
				t.Errorf("notes %q, want %q", audit.Notes, tc.note)
			}
		})
	}
}

// Where everything can be seen, nothing more is asked than before.
func TestVisibleDomainsAreNotAsked(t *testing.T) {
	_, entries := forest(t)
	srv := serve(t, ldaptest.Config{Entries: entries})
	srv.Inject(ldaptest.Fault{Times: -1, Match: func(s ldaptest.Search) bool {
		if strings.Contains(s.Filter, "mailNickname") {
			t.Errorf("asked for %s", s.Filter)
		}
		return false
	}})
	d := open(t, config(srv))
	if audit := scan(t, d, ldapscan.Options{}); !audit.Complete() {
		t.Errorf("problems %q", audit.Problems)
	}
	lookup(t, d, "smtp:free@contoso.example")
	before := srv.Counts().Searches
	lookup(t, d, "smtp:free@contoso.example")
	const searches = 2 + 1 // of both partitions, and what makes sure that nothing comes late
	if n := srv.Counts().Searches - before; n != searches {
		t.Errorf("%d searches", n)
	}
}
