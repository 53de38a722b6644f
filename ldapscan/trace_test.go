package ldapscan_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/eventlog"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

const traced = `dn: DC=contoso,DC=example
objectClass: domainDNS

dn: CN=Anna,DC=contoso,DC=example
objectClass: user
whenCreated: 20200101000000.0Z
proxyAddresses: SMTP:anna@contoso.example
proxyAddresses: smtp:both@contoso.example

dn: CN=Bob,OU=New,DC=contoso,DC=example
objectClass: user
whenCreated: 20210101000000.0Z
proxyAddresses: SMTP:bob@contoso.example
proxyAddresses: smtp:BOTH@contoso.example

dn: CN=Third,DC=contoso,DC=example
objectClass: contact
whenCreated: 20220101000000.0Z
proxyAddresses: SMTP:both@contoso.example

dn: CN=Full,DC=contoso,DC=example
objectClass: contact
%s
dn: CN=Gone\0ADEL:1,CN=Deleted Objects,DC=contoso,DC=example
objectClass: user
isDeleted: TRUE
lastKnownParent: DC=contoso,DC=example
whenChanged: 20240506070809.0Z
proxyAddresses: smtp:both2@contoso.example
`

// tracedEntries are the directory above in which both3 to both<last> are taken.
func tracedEntries(last int) string {
	taken := ""
	for n := 3; n <= last; n++ {
		taken += fmt.Sprintf("proxyAddresses: smtp:both%d@contoso.example\n", n)
	}
	return fmt.Sprintf(traced, taken)
}

// pair is an event 9514 about two objects.
func pair(names ...string) eventlog.Event {
	e := eventlog.Event{ID: 9514, Count: 1}
	for i := 0; i < len(names); i += 2 {
		e.Readings = append(e.Readings, [2]string{names[i] + ",DC=contoso,DC=example", names[i+1] + ",DC=contoso,DC=example"})
	}
	return e
}

func trace(t *testing.T, src ldapscan.Source, events ...eventlog.Event) *conflicts.Audit {
	t.Helper()
	audit, err := ldapscan.Trace(context.Background(), src, conflicts.NewTracedEvents(events), ldapscan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return audit
}

// What the directory answers to a trace is said in a line each.
func told(a *conflicts.Audit) (lines []string) {
	for _, in := range a.Events {
		line := fmt.Sprint(in.ID)
		for _, p := range in.Pairs {
			line += fmt.Sprintf(" [%s %s]", p[0].Status, p[1].Status)
		}
		for _, c := range a.Conflicts {
			if slices.Contains(in.Conflicts, c.Key) {
				line += " " + c.Key.Address() + ":"
				for _, o := range c.Owners {
					line += " " + o.Name()
				}
			}
		}
		if in.Resolved {
			line += " resolved"
		}
		lines = append(lines, line)
	}
	for _, c := range a.Changes {
		lines = append(lines, c.Object.Name()+" -> "+c.New)
	}
	return append(lines, a.Problems...)
}

func TestTrace(t *testing.T) {
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(tracedEntries(30))})
	changes := []string{"Anna -> smtp:both31@contoso.example", "Bob -> smtp:BOTH32@contoso.example"}
	for what, tc := range map[string]struct {
		event eventlog.Event
		want  []string
	}{
		"a pair and a third": {pair("CN=Anna", "CN=Bob,OU=New"), append([]string{"9514 [found found] both@contoso.example: Third Anna Bob"}, changes...)},
		"moved":              {pair("cn=anna", "CN=Bob,OU=Old"), append([]string{"9514 [found moved] both@contoso.example: Third Anna Bob"}, changes...)},
		"two readings":       {pair("CN=Anna", "CN=Not", "CN=Anna", "CN=Bob,OU=New"), append([]string{"9514 [found found] both@contoso.example: Third Anna Bob"}, changes...)},
		"deleted":            {pair("CN=Anna", "CN=Gone"), []string{"9514 [found deleted] resolved"}},
		"apart":              {pair("CN=Anna", "CN=Full"), []string{"9514 [found found] resolved"}},
		"vanished": {pair("CN=Anna", "CN=Nobody"), []string{"9514 [found missing]",
			"event 9514: CN=Nobody,DC=contoso,DC=example: not found: renamed, or deleted and hidden from the account"}},
		"9217":            {eventlog.Event{ID: 9217, Address: "Both@contoso.example"}, append([]string{"9217 both@contoso.example: Third Anna Bob"}, changes...)},
		"9217, no longer": {eventlog.Event{ID: 9217, Address: "anna@contoso.example"}, []string{"9217 resolved"}},
	} {
		t.Run(what, func(t *testing.T) {
			for name, src := range map[string]ldapscan.Source{"server": open(t, config(srv)), "export": export(t, tracedEntries(30))} {
				got := told(trace(t, src, tc.event))
				slices.Sort(got[1:])
				want := slices.Clone(tc.want)
				slices.Sort(want[1:])
				if !slices.Equal(got, want) {
					t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
	if c := srv.Counts(); c.Updates != 0 {
		t.Errorf("%+v", c)
	}
}

// A pair takes the reading of its two names and one search for what they share,
// which brings the proof that the proposals are free along with it.
func TestTraceSweepsNothing(t *testing.T) {
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(tracedEntries(5))})
	d := open(t, config(srv))
	var mu sync.Mutex
	var asked []string
	srv.Inject(ldaptest.Fault{Times: -1, Match: func(s ldaptest.Search) bool {
		mu.Lock()
		defer mu.Unlock()
		what := s.Filter
		switch {
		case s.Scope == ldap.ScopeBaseObject:
			what = "read " + strings.ToLower(s.Base)
		case slices.Equal(s.Attributes, []string{"msDS-ReplAttributeMetaData"}):
			what = "stamps"
		case strings.HasPrefix(s.Filter, "(|(objectGUID="):
			what = "further owners"
		case strings.HasPrefix(s.Filter, "(|(proxyAddresses=smtp:BOTH@contoso.example)"):
			what = "addresses"
		}
		asked = append(asked, what)
		return false
	}})
	before := srv.Counts()
	trace(t, d, pair("CN=Anna", "CN=Bob,OU=New"))
	asked = slices.DeleteFunc(asked, func(what string) bool { return what == "stamps" })
	want := []string{"read cn=anna,dc=contoso,dc=example", "read cn=bob,ou=new,dc=contoso,dc=example",
		"read cn=deleted objects,dc=contoso,dc=example", "addresses", "further owners"}
	if !slices.Equal(distinct(asked), distinct(want)) {
		t.Errorf("%q", distinct(asked))
	}
	if n := srv.Counts().Pages - before.Pages; n != 1 {
		t.Errorf("%d paged searches, want 1", n)
	}
}

func distinct(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// What could not be read is known of nobody, and nothing is proposed without proof.
func TestTraceIncomplete(t *testing.T) {
	for part, want := range map[string][]string{
		"(proxyAddresses=smtp": {"9514 [found found] both@contoso.example: Anna Bob"},
		"nna":                  {"9514 [unread unread]"},
		"cn=anna,dc=contoso":   {"9514 [found found] both@contoso.example: Third Anna Bob"}, // by its RDN
		"(objectGUID=":         {"9514 [found found] both@contoso.example: Third Anna Bob"},
		"=smtp:both12@contoso": {"9514 [found found] both@contoso.example: Third Anna Bob"},
	} {
		srv := serve(t, ldaptest.Config{Entries: strings.NewReader(tracedEntries(15))})
		d := open(t, config(srv))
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultBusy, Times: -1, Match: func(s ldaptest.Search) bool {
			return strings.Contains(s.Filter, part) || strings.Contains(strings.ToLower(s.Base), part)
		}})
		audit := trace(t, d, pair("CN=Anna", "CN=Bob,OU=New"))
		if audit.Complete() || !strings.Contains(strings.Join(audit.Problems, "\n"), "busy") {
			t.Errorf("%s: %q", part, audit.Problems)
		}
		if got := told(audit)[:1]; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", part, got, want)
		}
		if strings.Contains(part, "=smtp") && len(audit.Changes) > 0 {
			t.Errorf("%s: proposed %+v", part, audit.Changes)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, src := range map[string]ldapscan.Source{"export": export(t, tracedEntries(3)),
		"server": open(t, config(serve(t, ldaptest.Config{Entries: strings.NewReader(tracedEntries(3))})))} {
		if audit, err := ldapscan.Trace(ctx, src, conflicts.NewTracedEvents([]eventlog.Event{pair("CN=Anna", "CN=Bob")}), ldapscan.Options{}); err != context.Canceled {
			t.Errorf("%s: %v %v", name, audit, err)
		}
	}
}

// Nothing is resolved while a part of the forest was not looked at: whoever is there
// may have the address, or be the object that the event named.
func TestTraceResolvesNothingUnread(t *testing.T) {
	const home = "\n" + configurationLDIF
	apart, deleted, sole := pair("CN=Anna", "CN=Full"), pair("CN=Anna", "CN=Gone"), eventlog.Event{ID: 9217, Address: "anna@contoso.example"}
	busy := func(part string) *ldaptest.Fault {
		return &ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultBusy, Times: -1, Match: func(s ldaptest.Search) bool {
			if s.Scope == ldap.ScopeBaseObject {
				return strings.Contains(s.Base, part)
			}
			return strings.Contains(s.Filter, part)
		}}
	}
	for name, tc := range map[string]struct {
		content  string
		fault    *ldaptest.Fault
		resolved bool
	}{
		"everything":             {home, nil, true},
		"all but what to accept": {home, busy("msExchAcceptedDomain"), true},
		"another domain":         {home + childRefLDIF, nil, false},
		"the partitions":         {home, busy("(proxyAddresses="), false},
		"a name":                 {home, busy("cn=full,dc"), false},
		"deleted objects":        {home, busy("DEL:"), false},
	} {
		srv := serve(t, ldaptest.Config{Entries: strings.NewReader(tracedEntries(3) + tc.content)})
		d := open(t, config(srv))
		if tc.fault != nil {
			srv.Inject(*tc.fault)
		}
		events := []eventlog.Event{apart, deleted, sole}
		switch name {
		case "a name":
			events = events[:1]
		case "deleted objects":
			events = events[1:2]
		case "the partitions":
			events = events[2:]
		case "all but what to accept":
			events = append(events, pair("CN=Anna", "CN=Bob,OU=New"))
		}
		audit := trace(t, d, events...)
		for _, in := range audit.Events {
			if len(in.Conflicts) > 0 {
				continue
			}
			if in.Resolved != tc.resolved || strings.Contains(in.Explanation, "not everything could be read") == tc.resolved {
				t.Errorf("%s: %d: resolved %v: %s", name, in.ID, in.Resolved, in.Explanation)
			}
		}
		if complete := tc.resolved && tc.fault == nil; audit.Complete() != complete {
			t.Errorf("%s: %q", name, audit.Problems)
		}
	}
}
