// Package workbooktest has an audit with names of several scripts for tests of the
// workbook, and edits a workbook as a reviewer does.
package workbooktest

import (
	"encoding/binary"
	"fmt"
	"time"

	"proxyaddr/conflicts"
)

const domain = "DC=corp,DC=contoso,DC=com"

// Object makes an object of the corporate domain. Its number is its
// GUID and its age; addresses are proxyAddresses.
func Object(n int, class, name, ou string, addresses ...string) *conflicts.Object {
	o := &conflicts.Object{
		Entry:       conflicts.Entry{DN: "CN=" + name + "," + ou + "," + domain, ProxyAddresses: addresses},
		Partition:   domain,
		Class:       class,
		DisplayName: name,
		Created:     conflicts.InstantOf(time.Date(2014, 3, 1, 8, 15, 30, 0, time.UTC).AddDate(0, n, n)),
	}
	binary.BigEndian.PutUint64(o.GUID[:], uint64(n)*0x9e3779b97f4a7c15)
	o.Written = conflicts.Stamp{Time: o.Created.Time().AddDate(2, 1, 0), Version: 1 + n%3, Origin: conflicts.NewOrigin(conflicts.GUID{1 + byte(n%3)}, "", "")}
	if n%3 > 0 { // the others were written by one that is gone
		o.Written.Origin = conflicts.NewOrigin(o.Written.Invocation(), fmt.Sprintf("ZRH-DC0%d", n%3), "Zürich-Headquarters")
	}
	if class == "user" {
		o.Recipient, o.Mailbox = 1, true
		o.UserPrincipalName = fmt.Sprintf("u%05d@contoso.com", n)
	}
	return o
}

// Objects are owners of some fifteen addresses in conflict: people
// and groups of several scripts, long names, all classes and risks.
func Objects() []*conflicts.Object {
	const (
		staff  = "OU=Users,OU=Zürich Headquarters,OU=Switzerland,OU=Europe Middle East and Africa,OU=Contoso Global Services"
		sales  = "OU=Sales Contacts,OU=Regional Directories,OU=Contoso"
		groups = "OU=Distribution Groups,OU=Messaging"
	)
	var objects []*conflicts.Object
	add := func(class, name, ou string, addresses ...string) *conflicts.Object {
		o := Object(len(objects)+1, class, name, ou, addresses...)
		objects = append(objects, o)
		return o
	}
	add("user", "Anna Lindqvist", staff, "SMTP:anna.lindqvist@contoso.com", "smtp:anna@contoso.com")
	add("user", "Anna Lindqvist (Contractor)", staff, "SMTP:anna.lindqvist@contoso.com").Disabled = true
	add("contact", "Lindqvist Anna – partner directory", sales, "smtp:anna.lindqvist@contoso.com").Recipient = 64
	o := add("user", "José García Márquez", staff, "SMTP:josé.garcía@contoso.com")
	o.PolicyKnown, o.Synchronized = true, true
	add("user", "Jose Garcia", staff, "SMTP:jose.garcia@contoso.com")
	add("user", "Мария Иванова", staff, "SMTP:maria.ivanova@contoso.com")
	add("user", "Maria Ivanova", staff, "SMTP:m.ivanova@contoso.com", "smtp:maria.ivanova@contoso.com").Mail = "maria.ivanova@contoso.com"
	add("user", "田中 太郎", staff, "SMTP:taro.tanaka@contoso.com")
	add("user", "Taro Tanaka (Tokyo)", staff, "SMTP:taro.tanaka@contoso.com").PolicyKnown = true
	add("user", "عبد الرحمن الحسيني", staff, "SMTP:a.alhusseini@contoso.com")
	add("user", "Abdul Rahman al-Husseini", staff, "SMTP:abdul@contoso.com", "smtp:a.alhusseini@contoso.com")
	add("user", "Παπαδόπουλος Γιώργος", staff, "SMTP:g.papadopoulos@contoso.com")
	add("contact", "George Papadopoulos", sales, "SMTP:g.papadopoulos@contoso.com").Recipient = 64
	g := add("group", "All Staff – Announcements", groups, "SMTP:all-staff@contoso.com")
	g.Recipient, g.Members = 256, 1500
	g = add("group", "all-staff (migrated from Fabrikam 2019)", groups, "SMTP:all-staff@contoso.com")
	g.Recipient, g.Members = 1024, 1499
	add("user", "Support Mailbox", staff, "SMTP:support@contoso.com", "smtp:help@contoso.com").Recipient = 4
	p := add("publicFolder", "Support Requests", "CN=Microsoft Exchange System Objects", "smtp:support@contoso.com", "smtp:help@contoso.com")
	p.Recipient = 4096
	s := add("msExchSystemMailbox", "SystemMailbox{1f05a927-3d1b-4f3a-a2b2-5a8a4f6f0f3e}", "CN=Microsoft Exchange System Objects", "SMTP:journal@contoso.com")
	s.Fixed = "critical system object"
	add("user", "Journal Archive", staff, "SMTP:journal@contoso.com")
	c := add("publicFolder", "Public Folder Store (EX01)", "CN=Services", "SMTP:pf@contoso.com")
	c.DN = "CN=Public Folder Store (EX01),CN=First Storage Group,CN=InformationStore,CN=EX01,CN=Servers,CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com"
	c.Partition, c.Fixed = "CN=Configuration,DC=contoso,DC=com", "outside the domain partitions"
	q := add("contact", "pf relay", sales, "SMTP:pf@contoso.com")
	q.DN, q.Fixed = "CN=pf relay,CN=Connections,"+c.Partition, c.Fixed
	add("user", "Zoë O'Brien-Müller", staff, "SMTP:zoe.obrien@contoso.com")
	add("user", "Zoe O'Brien", staff, "SMTP:zoe@contoso.com", "smtp: zoe.obrien@contoso.com ")
	add("user", "Ewa Wójcik", staff, "SMTP:ewa.wojcik@contoso.com")
	add("contact", "E. Wójcik", sales).UserPrincipalName = "ewa.wojcik@contoso.com"
	add("user", "Ben Okafor", staff, "SMTP:ben.okafor@contoso.com")
	add("user", "Benjamin Okafor", staff, "SMTP:b.okafor@contoso.com").Mail = "ben.okafor@contoso.com"
	x500 := "X500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=peter.schmidt"
	add("user", "Peter Schmidt", staff, "SMTP:peter.schmidt@contoso.com", x500)
	add("user", "Peter Schmidt (old forest)", staff, "SMTP:peter.schmidt1@contoso.com", x500)
	add("user", "นภา ศรีสุข", staff, "SMTP:napa@contoso.com", "sip:napa@contoso.com")
	add("user", "Napa Srisuk", staff, "SMTP:napa.s@contoso.com", "sip:napa@contoso.com")
	add("user", "דוד כהן", staff, "SMTP:david.cohen@contoso.com")
	add("user", "David Cohen", staff, "SMTP:d.cohen@contoso.com", "smtp:david.cohen@contoso.com")
	return objects
}

// Audit judges the [Objects]: the audit of a complete scan.
func Audit() *conflicts.Audit { return AuditOf(Objects()) }

// AuditOf judges objects.
func AuditOf(objects []*conflicts.Object) *conflicts.Audit {
	a := &conflicts.Audit{
		Version: "1.0.0",
		Command: "proxyaddr scan --url ldaps://dc1.corp.contoso.com --bind-dn CONTOSO\\svc-proxyaddr --password-file pw --exclude OU=Leavers," + domain,
		Scope: conflicts.Scope{
			Source:          []string{"ldaps://dc1.corp.contoso.com", "ldaps://dc1.contoso.com"},
			Identity:        "CONTOSO\\svc-proxyaddr",
			Exclude:         []string{"OU=Leavers," + domain},
			AcceptedDomains: []string{"contoso.com", "contoso.ch"},
		},
		Coverage: []conflicts.Coverage{
			{Partition: domain, Objects: 48211, Values: 131877, Pages: 49, Deleted: 204},
			{Partition: "DC=contoso,DC=com", Objects: 1204, Values: 2933, Pages: 2, Referrals: 3},
			{Partition: "CN=Configuration,DC=contoso,DC=com", Objects: 37, Values: 58, Pages: 1},
		},
		Notes: []string{"DC=contoso,DC=com: 3 referrals to partitions that were read by themselves"},
		Rules: conflicts.DefaultRules(),
	}
	judged := conflicts.Judge(objects, conflicts.Options{AcceptedDomains: a.Scope.AcceptedDomains})
	judged.Into(a)
	a.Findings = judged.Findings
	for _, o := range objects {
		a.Findings = append(a.Findings, conflicts.Findings(&o.Entry)...)
	}
	return a
}

// Interrupted makes an audit that of a scan that did not read everything.
func Interrupted(a *conflicts.Audit) *conflicts.Audit {
	a.Coverage[1].Problem = "connection reset by peer after 2 pages"
	a.Problems = []string{
		"DC=contoso,DC=com: connection reset by peer after 2 pages, so the objects behind the second page were not read",
		"CN=Deleted Objects,DC=contoso,DC=com: access denied, so that a proposal may be the address of a deleted object",
	}
	return a
}
