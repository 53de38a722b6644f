package page

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"proxyaddr/conflicts"
)

const corp = "DC=corp,DC=example"

// person returns a user with a mailbox. The first address is the primary one.
func person(n int, name, container string, addresses ...string) *conflicts.Object {
	o := &conflicts.Object{Entry: conflicts.Entry{DN: "CN=" + name + "," + container + "," + corp, Mail: addresses[0]},
		Partition: corp, Class: "user", Recipient: 1, Mailbox: true, SAMAccountName: fmt.Sprintf("u%d", n), DisplayName: name}
	binary.BigEndian.PutUint64(o.GUID[:], uint64(n+1)*0x9e3779b97f4a7c15)
	for i, a := range addresses {
		typ := "smtp:"
		if i == 0 {
			typ = "SMTP:"
		}
		o.ProxyAddresses = append(o.ProxyAddresses, typ+a)
	}
	o.Created = conflicts.InstantOf(time.Date(2012+n%9, time.Month(1+n%12), 1+n%28, 8, 14, 34, 0, time.UTC))
	o.Written = conflicts.Stamp{Time: o.Created.Time().Add(3 * time.Second), Version: 1, Origin: conflicts.NewOrigin(conflicts.GUID{byte(n)}, "DC1", "Berlin")}
	return o
}

// judged returns the audit of a directory of these objects.
func judged(objects ...*conflicts.Object) *conflicts.Audit {
	a := &conflicts.Audit{Version: "1.0.0", Command: "proxyaddr scan -d corp.example -o audit", Rules: conflicts.DefaultRules(),
		Scope: conflicts.Scope{Source: []string{"ldaps://dc1.corp.example"}, Identity: `CORP\auditor`, AcceptedDomains: []string{"corp.example"}},
		Notes: []string{"the schema partition was not read: it holds no recipients"}}
	c := conflicts.Coverage{Partition: corp}
	for _, o := range objects {
		c.Objects++
		c.Values += len(o.ProxyAddresses)
		a.Findings = append(a.Findings, conflicts.Findings(&o.Entry)...)
	}
	a.Coverage = []conflicts.Coverage{c}
	j := conflicts.Judge(objects, conflicts.Options{AcceptedDomains: a.Scope.AcceptedDomains})
	j.Into(a)
	a.Findings = conflicts.SortFindings(append(a.Findings, j.Findings...))
	return a
}

// company is a small audit with a conflict of each sort.
func company() *conflicts.Audit {
	shared := person(3, "Applications", "OU=Shared", "jobs@corp.example")
	shared.Recipient, shared.Disabled = 4, true
	group := person(4, "Job applicants", "OU=Groups", "jobs@corp.example")
	group.Class, group.Recipient, group.Mailbox, group.Members = "group", 256, false, 120
	josé := person(5, "José Álvarez", "OU=Madrid", "jose.alvarez@corp.example", "josé@corp.example")
	jose := person(6, "Jose Alves", "OU=Lisbon", "jose.alves@corp.example")
	jose.ProxyAddresses = append(jose.ProxyAddresses, "smtp:jose@corp.example ")
	logon := person(7, "Ana Lima", "OU=Lisbon", "ana.lima@corp.example")
	logon.UserPrincipalName = "help@corp.example"
	eum := person(8, "Kim Vogt", "OU=Berlin", "kim.vogt@corp.example")
	eum.ProxyAddresses = append(eum.ProxyAddresses, "EUM:4711;phone-context=corp.example")
	eum2 := person(9, "Kai Horst", "OU=Berlin", "kai.horst@corp.example")
	eum2.ProxyAddresses = append(eum2.ProxyAddresses, "eum:4711;phone-context=corp.example")
	back := person(12, "Sam Berg", "OU=Returned", "sam.berg@corp.example", "s.berg@corp.example")
	back.Remains = conflicts.RestoredAt(time.Date(2025, 6, 3, 8, 12, 40, 0, time.UTC))
	return judged(shared, group, josé, jose, logon, eum, eum2, back,
		person(1, "Carola Lindqvist", "OU=Sales", "carola.lindqvist@corp.example"),
		person(2, "Carola Lindqvist", "OU=Logistics", "carola.lindqvist@corp.example", "cl@corp.example"),
		person(10, "Help Desk", "OU=IT", "help@corp.example"),
		person(11, "Sven Berg", "OU=IT", "sven.berg@corp.example", "s.berg@corp.example"))
}

// many returns an audit with as many conflicts.
func many(n int) *conflicts.Audit {
	objects := make([]*conflicts.Object, 0, 2*n)
	for i := range n {
		address := fmt.Sprintf("person%dx@corp.example", i)
		keeper := person(2*i, fmt.Sprintf("Keeper Number %d", i), fmt.Sprintf("OU=Users,OU=Site %d,OU=Europe", i%50), address)
		other := person(2*i+1, fmt.Sprintf("Other Number %d", i), fmt.Sprintf("OU=Users,OU=Site %d,OU=Europe", i%50), fmt.Sprintf("other%d@corp.example", i), address)
		if i%20 == 0 {
			other = person(2*i+1, fmt.Sprintf("Other Number %d", i), "OU=Users", address)
		}
		objects = append(objects, keeper, other)
	}
	return judged(objects...)
}

const (
	markup = `</script></style></title><script>alert(1)</script><img src=x onerror=alert(2)>" onload="alert(3)' onclick='alert(4) {{.}} javascript:alert(5) `
	// hostileText would do harm wherever it is not escaped, before and behind what is escaped
	// in another way.
	hostileText = markup + "\u202e\u2066\x00\x1b\u200b" + markup
)

// hostile is an audit in which every string of a directory, of the user and of earlier runs
// is hostile.
func hostile() *conflicts.Audit {
	a, b := person(1, hostileText, "OU="+hostileText, "a@corp.example", hostileText+"@corp.example"), person(2, hostileText+"2", "OU=x", "b@corp.example", hostileText+"@corp.example")
	a.Written.Origin = conflicts.NewOrigin(a.Written.Invocation(), hostileText, a.Written.Site())
	b.Written.Origin = conflicts.NewOrigin(b.Written.Invocation(), b.Written.Server(), hostileText)
	a.Class, b.Recipient = hostileText, 0
	audit := judged(a, b, person(3, "c\xff", "OU=\xff", "x@corp.example", "smtp: \xff@corp.example"))
	audit.Command, audit.Version = hostileText, hostileText
	audit.Notes, audit.Problems = []string{hostileText}, []string{hostileText, "\xff"}
	audit.Scope = conflicts.Scope{Source: []string{hostileText}, Identity: hostileText, AcceptedDomains: []string{hostileText}}
	audit.Coverage = []conflicts.Coverage{{Partition: "DC=" + hostileText, Problem: hostileText}}
	audit.Findings = append(audit.Findings, conflicts.Finding{Kind: conflicts.PaddedValue, DN: "CN=" + hostileText, Value: hostileText, Verbatim: hostileText})
	audit.Remembered = &conflicts.Remembered{Summary: hostileText, Counts: []conflicts.StatusCount{{Status: "new", Count: 1}, {Status: "resolved", Count: 1}},
		NotFound: []conflicts.Absent{{ID: hostileText, Address: hostileText, Reason: hostileText, Standing: conflicts.Standing{Status: "resolved"}}}}
	for i := range audit.Conflicts {
		c := &audit.Conflicts[i]
		c.Unresolved = []conflicts.Statement{{Code: conflicts.Verbatim, Value: hostileText}}
		c.Standing = &conflicts.Standing{Status: "new", Joined: []string{hostileText}, Changed: []string{hostileText}}
		c.ID = hostileText
	}
	for len(audit.Conflicts) < maxCards+2 { // the last ones are in rows
		audit.Conflicts = append(audit.Conflicts, audit.Conflicts[0])
	}
	return audit
}

// written returns the page of a report.
func written(tb testing.TB, r Report) string {
	tb.Helper()
	var b strings.Builder
	if err := Write(&b, r); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}
