package ldapscan_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

// Parts of the filters of the searches that a scan makes.
const sweep, catchUp, deleted, accepted = "(proxyAddresses=*)(mail=*)", "uSNChanged>=", "isDeleted", "msExchAcceptedDomain"

func paged(filter string) func(ldaptest.Search) bool {
	return func(s ldaptest.Search) bool {
		return s.Paged && strings.Contains(s.Filter, filter) && (strings.TrimPrefix(s.Base, "CN=Deleted Objects,") == "DC=contoso,DC=example" || filter == accepted)
	}
}

func inspecting(s ldaptest.Search) bool { return strings.Contains(s.Filter, "(objectGUID=") }

func inspectingDomain(s ldaptest.Search) bool {
	return inspecting(s) && s.Base == "DC=contoso,DC=example"
}

// Whatever fails, the scan is never clean without having read everything. What
// passes does no harm; what lasts, or tells nothing that could be believed, makes
// it incomplete, and it says why.
func TestFaults(t *testing.T) {
	const closed = "closed the connection"
	type fault struct {
		ldaptest.Fault
		says  string
		final bool // asking again does not help
	}
	faults := map[string]fault{}
	for _, page := range []int{1, 2, 3} {
		for name, f := range map[string]fault{
			"drop at once":         {ldaptest.Fault{Kind: ldaptest.Drop}, closed, false},
			"drop after entries":   {ldaptest.Fault{Kind: ldaptest.Drop, Entry: 5}, closed, false},
			"truncated entry":      {ldaptest.Fault{Kind: ldaptest.Truncate, Entry: 5}, closed, false},
			"hang":                 {ldaptest.Fault{Kind: ldaptest.Hang, Entry: 5}, "no answer in time", false},
			"garbage":              {ldaptest.Fault{Kind: ldaptest.Garbage, Entry: 5}, "not LDAP", false},
			"wrong message id":     {ldaptest.Fault{Kind: ldaptest.WrongID, Entry: 1 << 20}, "no pending request", false},
			"wrong id of an entry": {ldaptest.Fault{Kind: ldaptest.WrongID, Entry: 5}, "no pending request", false},
			"late entries":         {ldaptest.Fault{Kind: ldaptest.Late, Entry: 5}, "continued a search", false},
			"reference elsewhere":  {ldaptest.Fault{Reference: "ldap://a/DC=child,DC=contoso,DC=example"}, "refers to ldap://a/DC=child,DC=contoso,DC=example, which was not followed", true},
			"reference to itself":  {ldaptest.Fault{Reference: "ldap://a/dc=contoso, dc=example"}, "which was not followed", true},
			"reference to nothing": {ldaptest.Fault{Reference: "ldap://a"}, "refers to ldap://a, which was not followed", true},
			"no paging control":    {ldaptest.Fault{Kind: ldaptest.NoControl}, "without the paging control", true},
			"page twice":           {ldaptest.Fault{Kind: ldaptest.Repeat}, "objects came twice", true},
			"busy":                 {ldaptest.Fault{Kind: ldaptest.Fail, Entry: 5, Code: ldap.LDAPResultBusy}, "busy", false},
			"unavailable":          {ldaptest.Fault{Kind: ldaptest.Fail, Entry: 5, Code: ldap.LDAPResultUnavailable}, "unavailable", false},
			"size limit":           {ldaptest.Fault{Kind: ldaptest.Fail, Entry: 5, Code: ldap.LDAPResultSizeLimitExceeded}, "size limit", false},
			"refused":              {ldaptest.Fault{Kind: ldaptest.Fail, Entry: 5, Code: ldap.LDAPResultUnwillingToPerform}, "Unwilling", true},
		} {
			f.Page, f.Match = page, paged(sweep)
			faults[fmt.Sprintf("sweep page %d: %s", page, name)] = f
		}
	}
	for _, page := range []int{2, 3} {
		faults[fmt.Sprintf("sweep page %d: cookie dropped", page)] = fault{ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnavailableCriticalExtension,
			Page: page, Match: paged(sweep)}, "MaxResultSetSize", false}
	}
	faults["catch-up: reference to itself"] = fault{ldaptest.Fault{Reference: "ldap://a/DC=contoso,DC=example", Match: paged(catchUp)}, "which was not followed", true}
	faults["inspect: reference to itself"] = fault{ldaptest.Fault{Reference: "ldap://a/DC=contoso,DC=example", Match: inspectingDomain}, "could not be re-checked", true}
	faults["inspect: late entries"] = fault{ldaptest.Fault{Kind: ldaptest.Late, Match: inspectingDomain}, "could not be re-checked", true}
	for where, match := range map[string]func(ldaptest.Search) bool{"catch-up": paged(catchUp), "deleted": paged(deleted), "accepted domains": paged(accepted), "inspect": inspecting} {
		faults[where+": drop"] = fault{ldaptest.Fault{Kind: ldaptest.Drop, Match: match}, closed, false}
		faults[where+": hang"] = fault{ldaptest.Fault{Kind: ldaptest.Hang, Match: match}, "no answer in time", false}
		if where != "inspect" {
			faults[where+": late end"] = fault{ldaptest.Fault{Kind: ldaptest.Late, Reference: "ldap://a/CN=Configuration,DC=contoso,DC=example", Match: match}, "continued a search", false}
		}
		faults[where+": busy"] = fault{ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultBusy, Match: match}, "busy", false}
	}
	for name, f := range faults {
		for often, times := range map[string]int{"once": 1, "always": -1} {
			for _, connections := range []int{1, 2} {
				if f.Kind == ldaptest.Hang && (connections > 1 || times < 0 && f.Page != 2) {
					continue // they only take time
				}
				t.Run(fmt.Sprintf("%s, %s, %d connections", name, often, connections), func(t *testing.T) {
					t.Parallel()
					fixture, entries := forest(t)
					srv := serve(t, ldaptest.Config{Entries: entries})
					cfg := config(srv)
					cfg.PageSize = []int{0, 900, 100}[connections]
					cfg.Connections = connections
					cfg.Timeout = 2 * time.Second
					d := open(t, cfg)
					injected := f.Fault
					injected.Times = times
					srv.Inject(injected)
					audit, err := ldapscan.Scan(context.Background(), d, ldapscan.Options{})
					if err != nil {
						t.Fatal(err)
					}
					if !f.final && times == 1 {
						if !audit.Complete() || !slices.Equal(conflictsOf(audit), fixture.want) || audit.Objects() != fixture.objects {
							t.Errorf("problems %q, %d objects, conflicts %q", audit.Problems, audit.Objects(), conflictsOf(audit))
						}
						return
					}
					if problems := strings.Join(audit.Problems, "\n"); audit.Complete() || !strings.Contains(problems, f.says) {
						t.Errorf("problems %q, want %q", problems, f.says)
					}
				})
			}
		}
	}
}

// An object that moves behind the cursor is on no page of the sweep. It was
// written meanwhile, and so is found all the same.
func TestMovedObjectIsFound(t *testing.T) {
	f, entries := forest(t)
	srv := serve(t, ldaptest.Config{Entries: entries})
	cfg := config(srv)
	cfg.PageSize = 900
	d := open(t, cfg)
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Jump, Page: 2, Match: paged(sweep)})
	found := &recorder{}
	if _, err := d.Sweep(context.Background(), found); err != nil || len(found.entries) != f.objects-1 || len(found.changed) != 1 {
		t.Errorf("%d on the pages, %d changed, want %d and 1: %v", len(found.entries), len(found.changed), f.objects-1, err)
	}

	srv.Inject(ldaptest.Fault{Kind: ldaptest.Jump, Page: 2, Match: paged(sweep)})
	if audit := scan(t, d, ldapscan.Options{}); !audit.Complete() || !slices.Equal(conflictsOf(audit), f.want) || len(audit.Notes) == 0 {
		t.Errorf("problems %q notes %q conflicts %q", audit.Problems, audit.Notes, conflictsOf(audit))
	}
}

// Continuation references are counted; one to a partition that is not read makes
// the scan incomplete.
func TestReferrals(t *testing.T) {
	const content = `dn: DC=contoso,DC=example
objectClass: domainDNS

dn: CN=Configuration,DC=contoso,DC=example
objectClass: configuration

dn: CN=CONTOSO,CN=Partitions,CN=Configuration,DC=contoso,DC=example
objectClass: crossRef
nCName: DC=contoso,DC=example
systemFlags: 3

dn: CN=Enterprise Configuration,CN=Partitions,CN=Configuration,DC=contoso,DC=example
objectClass: crossRef
nCName: CN=Configuration,DC=contoso,DC=example
systemFlags: 1

dn: CN=Partitions,CN=Configuration,DC=contoso,DC=example
objectClass: crossRefContainer

dn: CN=a,DC=contoso,DC=example
objectClass: contact
proxyAddresses: SMTP:a@contoso.example
`
	audit := scan(t, open(t, config(serve(t, ldaptest.Config{Entries: strings.NewReader(content)}))), ldapscan.Options{})
	if !audit.Complete() || audit.Coverage[1].Partition != "DC=contoso,DC=example" || audit.Coverage[1].Referrals != 1 {
		t.Errorf("%q %+v", audit.Problems, audit.Coverage)
	}
}

// A domain controller refers to a directory outside the forest whose name lies below
// that of its own domain. A crossRef says so, and nothing of the forest is missing.
func TestReferenceOutsideTheForest(t *testing.T) {
	const foreign = "DC=partner,DC=contoso,DC=example"
	content := strings.Replace(twoDomains, "dn: CN=CHILD,", "dn: CN=X,CN=Partitions,CN=Configuration,DC=contoso,DC=example\nobjectClass: crossRef\nnCName: "+foreign+"\nsystemFlags: 0\n\ndn: CN=CHILD,", 1)
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(content)})
	srv.Inject(ldaptest.Fault{Reference: "ldap://partner/" + foreign, Times: -1, Match: func(s ldaptest.Search) bool { return s.Paged && s.Base == "DC=contoso,DC=example" }})
	d := open(t, config(srv))
	audit := scan(t, d, ldapscan.Options{})
	if !audit.Complete() || !strings.Contains(strings.Join(audit.Notes, "\n"), foreign+": not read, because it lies outside the forest") {
		t.Errorf("problems %q, notes %q", audit.Problems, audit.Notes)
	}
	lookup(t, d, "smtp:free@contoso.example")
}

// A domain of the forest that the server does not hold is missing by name; an
// application partition is passed over with a word.
func TestForestPartitions(t *testing.T) {
	const content = configurationLDIF + childRefLDIF + `dn: DC=child,DC=contoso,DC=example
objectClass: domainDNS

dn: CN=Elsewhere,CN=Partitions,CN=Configuration,DC=contoso,DC=example
objectClass: crossRef
nCName: O=Elsewhere
systemFlags: 0

dn: CN=Zones,CN=Partitions,CN=Configuration,DC=contoso,DC=example
objectClass: crossRef
nCName: DC=ForestDnsZones,DC=contoso,DC=example
dnsRoot: ForestDnsZones.contoso.example
systemFlags: 5

dn: CN=a,DC=child,DC=contoso,DC=example
objectClass: contact
proxyAddresses: SMTP:a@contoso.example
`
	audit := scan(t, open(t, config(serve(t, ldaptest.Config{Entries: strings.NewReader(content)}))), ldapscan.Options{})
	if want := []string{"DC=contoso,DC=example: no domain controller of contoso.example was read"}; !slices.Equal(audit.Problems, want) {
		t.Errorf("problems %q, want %q", audit.Problems, want)
	}
	if !strings.Contains(strings.Join(audit.Notes, "\n"), "DC=ForestDnsZones,DC=contoso,DC=example: not read") {
		t.Errorf("notes %q", audit.Notes)
	}
}

// A subtree that is to be reported or left out and holds nothing is a mistake in its
// name.
func TestNamedSubtrees(t *testing.T) {
	_, entries := forest(t)
	d := open(t, config(serve(t, ldaptest.Config{Entries: entries})))
	audit := scan(t, d, ldapscan.Options{Judge: conflicts.Options{Base: []string{"OU=Tset,DC=contoso,DC=example"}}})
	if audit.Complete() || len(audit.Conflicts) > 0 {
		t.Errorf("a mistyped base: %q", audit.Problems)
	}
	audit = scan(t, d, ldapscan.Options{Judge: conflicts.Options{Exclude: []string{"OU=Nobody,DC=contoso,DC=example"}}})
	if audit.Complete() || !strings.HasPrefix(audit.Problems[0], "--exclude OU=Nobody,") {
		t.Errorf("a mistyped exclusion: %q", audit.Problems)
	}
	audit = scan(t, d, ldapscan.Options{Judge: conflicts.Options{Base: []string{"ou=test,dc=contoso,dc=example"}}})
	if !audit.Complete() || len(audit.Conflicts) == 0 {
		t.Errorf("problems %q notes %q", audit.Problems, audit.Notes)
	}
}

// Ctrl-C ends a sweep that hangs. The directory can be read again: what ends is the request
// of that ctx.
func TestCancelEndsAHangingSweep(t *testing.T) {
	_, entries := forest(t)
	srv := serve(t, ldaptest.Config{Entries: entries})
	d := open(t, config(srv))
	ctx, cancel := context.WithCancel(t.Context())
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Hang, Match: paged(sweep), Do: cancel})
	if _, err := ldapscan.Scan(ctx, d, ldapscan.Options{}); err != context.Canceled {
		t.Errorf("%v", err)
	}
	if audit := scan(t, d, ldapscan.Options{}); !audit.Complete() {
		t.Errorf("problems of the next scan: %q", audit.Problems)
	}
}

// Progress counts the pages that the audit reports: none of a file.
func TestProgressCountsPages(t *testing.T) {
	_, entries := forest(t)
	content := entries.String()
	cfg := config(serve(t, ldaptest.Config{Entries: strings.NewReader(content)}))
	cfg.PageSize = 100
	for name, src := range map[string]ldapscan.Source{"server": open(t, cfg), "export": export(t, content)} {
		var last ldapscan.Progress
		audit := scan(t, src, ldapscan.Options{Progress: func(p ldapscan.Progress) { last = p }})
		if last.Pages != audit.Pages() || (last.Pages > 0) != (name == "server") {
			t.Errorf("%s: %d pages, the audit has %d", name, last.Pages, audit.Pages())
		}
	}
}
