package report

import (
	"slices"
	"time"

	"proxyaddr/conflicts"
)

// audits are the scans that the goldens are made of.
var audits = map[string]func() *conflicts.Audit{
	"normal":     normalAudit,
	"empty":      emptyAudit,
	"incomplete": incompleteAudit,
	"hostile":    hostileAudit,
	"domains":    domainsAudit,
	"reviewed":   reviewedAudit,
	"remembered": rememberedAudit,
}

const corp = "DC=corp,DC=contoso,DC=com"

func guid(n byte) conflicts.GUID {
	return conflicts.GUID{n, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x47, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, n}
}

// object returns a user of the partition with a mailbox.
func object(n byte, name, partition string, proxies ...string) *conflicts.Object {
	return &conflicts.Object{
		Entry:     conflicts.Entry{DN: "CN=" + name + ",OU=Staff," + partition, GUID: guid(n), ProxyAddresses: proxies},
		Partition: partition, Class: "user", Recipient: 1, Mailbox: true,
	}
}

func proxy(value string) conflicts.Claim {
	return conflicts.Claim{Attribute: conflicts.ProxyAddresses, Value: value, Primary: conflicts.ParseAddress(value).Primary()}
}

func mail(value string) conflicts.Claim {
	return conflicts.Claim{Attribute: conflicts.Mail, Value: value}
}

func owner(o *conflicts.Object, claims ...conflicts.Claim) conflicts.Owner {
	return conflicts.Owner{Object: o, Claims: claims}
}

// noScan is the checksum of no scan.json.
func noScan() string { return "" }

// stamped is a stamp of 2023-05-15 09:40:50 and some seconds.
func stamped(seconds, version int, site, server string) conflicts.Stamp {
	return conflicts.Stamp{Time: time.Date(2023, 5, 15, 9, 40, 50+seconds, 0, time.UTC), Version: version, Origin: conflicts.NewOrigin(guid(0xd0), server, site)}
}

// linked gives each change the key of the conflict that has its ID, and each conflict
// a cause, as every scan does.
func linked(a *conflicts.Audit) *conflicts.Audit {
	for i := range a.Conflicts {
		if c := &a.Conflicts[i]; c.Cause.Kind == "" {
			c.Cause = conflicts.Cause{Kind: conflicts.UnknownCause, Code: conflicts.NoStamps}
		}
	}
	for i := range a.Changes {
		n := slices.IndexFunc(a.Conflicts, func(c conflicts.Conflict) bool { return c.ID == a.Changes[i].Conflict })
		a.Changes[i].Key = a.Conflicts[n].Key
	}
	a.ProposeChanges()
	return a
}

func corpScope() conflicts.Scope {
	return conflicts.Scope{
		Source:   []string{"ldaps://dc1.corp.contoso.com"},
		Identity: `CORP\auditor`,
		Servers: []conflicts.Server{{URL: "ldaps://dc1.corp.contoso.com", Host: "dc1.corp.contoso.com", Site: "Berlin", Transport: "TLS 1.3",
			Mechanism: "simple", Identity: `CORP\auditor`, Level: "Windows Server 2016", Missing: []string{"mailNickname"}}},
		AcceptedDomains: []string{"contoso.com", "contoso.onmicrosoft.com"},
	}
}

func normalAudit() *conflicts.Audit {
	jane := object(1, "Jane Doe", corp, "SMTP:jane.doe@contoso.com")
	jane.Mail = "jane.doe@contoso.com"
	other := object(2, `Doe\, Jane (HR)`, corp, "SMTP:Jane.Doe@contoso.com", "smtp:jd@contoso.com", "X500:/o=Contoso/cn=jd")
	other.Mail, other.DisplayName, other.Recipient = "Jane.Doe@contoso.com", "Doe, Jane (HR)", 128
	jane.Created = conflicts.InstantOf(time.Date(2019, 4, 1, 7, 30, 0, 0, time.UTC))
	other.PolicyKnown = true
	jane.Written, other.Written = stamped(0, 1, "Berlin", "DC1"), stamped(22, 3, "", "")
	other.Remains = conflicts.RestoredAt(time.Date(2021, 1, 2, 3, 4, 5, 0, time.UTC))
	short := object(3, "John Dew", corp, "SMTP:john.dew@contoso.com", "smtp:JD@contoso.com")
	yamada := object(4, "山田　太郎", corp, "smtp:josé@contoso.com")
	jose := object(5, "José Müller", corp, "smtp:jose@contoso.com ")
	jose.Recipient = 64
	folder := object(6, "Sales Folder", "CN=Configuration,"+corp, "x500:/o=contoso/cn=jd")
	folder.Fixed, folder.Recipient, folder.Class = "outside the domain partitions", 0, "publicFolder"
	nonSMTP := []conflicts.Owner{owner(folder, proxy("x500:/o=contoso/cn=jd")), owner(other, proxy("X500:/o=Contoso/cn=jd"))}
	loose := proxy("smtp:jose@contoso.com ")
	loose.Loose, loose.Padded = true, true
	return linked(&conflicts.Audit{
		Version: "1.0.0",
		Command: "proxyaddr scan -d corp.contoso.com -o out",
		Scope:   corpScope(),
		Coverage: []conflicts.Coverage{
			{Partition: corp, Objects: 3200, Values: 9870, Pages: 4, Deleted: 7},
			{Partition: "CN=Configuration," + corp, Objects: 14, Values: 6, Pages: 1},
			{Partition: "DC=DomainDnsZones," + corp, Pages: 1},
		},
		Notes: []string{"deleted objects were read: their addresses are not proposed"},
		Rules: conflicts.DefaultRules()[:2],
		Conflicts: []conflicts.Conflict{
			{ID: "C-AAAAAAAAAA", Class: conflicts.Duplicate, Key: "smtp:jane.doe@contoso.com",
				Owners: []conflicts.Owner{
					owner(jane, proxy("SMTP:jane.doe@contoso.com"), mail("jane.doe@contoso.com")),
					owner(other, proxy("SMTP:Jane.Doe@contoso.com"), mail("Jane.Doe@contoso.com")),
				}, Kept: []conflicts.StatementCode{conflicts.ByMailbox},
				Cause: conflicts.Cause{Kind: conflicts.Race, Certainty: conflicts.Possible, Code: conflicts.RaceWrittenAgain, Earlier: jane, Later: other}},
			{ID: "C-BBBBBBBBBB", Class: conflicts.Duplicate, Key: "smtp:jd@contoso.com",
				Owners: []conflicts.Owner{owner(short, proxy("smtp:JD@contoso.com")), owner(other, proxy("smtp:jd@contoso.com"))},
				Kept:   []conflicts.StatementCode{conflicts.ByMailbox}},
			{ID: "C-CCCCCCCCCC", Class: conflicts.Collation, Key: "smtp:josé@contoso.com",
				Owners: []conflicts.Owner{owner(yamada, proxy("smtp:josé@contoso.com")), owner(jose, loose)},
				Kept:   []conflicts.StatementCode{conflicts.ByMailbox}},
			{ID: "C-DDDDDDDDDD", Class: conflicts.NonSMTP, Key: "x500:/o=contoso/cn=jd", Owners: nonSMTP,
				Kept: []conflicts.StatementCode{conflicts.ByFixed}},
		},
		Changes: []conflicts.Change{
			{Conflict: "C-AAAAAAAAAA", Object: other, Attribute: conflicts.ProxyAddresses, Old: "SMTP:Jane.Doe@contoso.com",
				New: "SMTP:Jane.Doe2@contoso.com", Risk: conflicts.High},
			{Conflict: "C-AAAAAAAAAA", Object: other, Attribute: conflicts.Mail, Old: "Jane.Doe@contoso.com",
				New: "Jane.Doe2@contoso.com", Risk: conflicts.High},
			{Conflict: "C-BBBBBBBBBB", Object: other, Attribute: conflicts.ProxyAddresses, Old: "smtp:jd@contoso.com",
				Risk: conflicts.Medium},
			{Conflict: "C-CCCCCCCCCC", Object: jose, Attribute: conflicts.ProxyAddresses, Old: "smtp:jose@contoso.com ",
				New: "smtp:jose2@contoso.com", Risk: conflicts.Low},
		},
		Findings: []conflicts.Finding{
			{Kind: conflicts.PaddedValue, DN: jose.DN, GUID: jose.GUID, Value: "smtp:jose@contoso.com "},
			{Kind: conflicts.NoPrimary, DN: jose.DN, GUID: jose.GUID},
		},
	})
}

func emptyAudit() *conflicts.Audit {
	return &conflicts.Audit{
		Version:  "1.0.0",
		Command:  "proxyaddr scan --input export.ldif",
		Scope:    conflicts.Scope{Source: []string{"export.ldif"}},
		Coverage: []conflicts.Coverage{{Partition: "export.ldif", Objects: 1, Values: 1}},
	}
}

// incompleteAudit is limited to a subtree as well, and its conflict is left to a person.
func incompleteAudit() *conflicts.Audit {
	a := normalAudit()
	a.Scope.Base = []string{"OU=Staff," + corp, "OU=Contacts," + corp}
	a.Scope.Exclude = []string{"OU=Test,OU=Staff," + corp}
	a.Coverage[1].Referrals = 2
	a.Coverage[1].Problem = "ldaps://dc1.corp.contoso.com: connection lost after page 1"
	a.Problems = []string{
		"CN=Configuration," + corp + ": connection lost after page 1",
		"ldaps://dc1.corp.contoso.com: 2 referrals were not followed",
	}
	a.Conflicts, a.Proposals, a.Changes, a.Findings = a.Conflicts[:1], nil, nil, nil
	a.Conflicts[0].Unresolved = []conflicts.Statement{{Code: conflicts.OutsideScope, Object: a.Conflicts[0].Owners[1].Object}}
	return a
}

// hostileAudit has names that attack each output.
func hostileAudit() *conflicts.Audit {
	keeper := object(9, "Keeper", corp, "smtp:a@contoso.com")
	injected := object(1, "x\r\nchangetype: delete\r\n\r\ndn: CN=krbtgt,CN=Users,"+corp, corp, "smtp:a@contoso.com", "SMTP:x@contoso.com")
	injected.DisplayName = "\x1b[2J\x1b]0;owned\a=cmd|'/c calc'!A0\nchangetype: delete"
	invalid := object(2, "caf\xe9\u202egpj.exe", corp, "smtp:A@contoso.com", "smtp:\xff\xfe@contoso.com")
	invalid.DisplayName = "=HYPERLINK(\"http://evil.example\")"
	invalid.Mail = "@SUM(1)\t"
	markup := object(3, "`|<script>alert(1)</script>|` **bold** [x](http://evil.example)", "DC=..\\/..\\/etc,"+corp, "smtp:a@contoso.com")
	markup.DisplayName = "``` <img src=x> | # \u2066Doe\u2069\u200b \u200b\ufeff"
	markup.Class, markup.Recipient = "+class", 0
	injected.Written = stamped(0, 1, "=1+1\r\nchangetype: delete", "DC\xff|`<b>`")
	return linked(&conflicts.Audit{
		Version:  "1.0.0",
		Command:  "proxyaddr scan --input \u202eexport.ldif",
		Scope:    conflicts.Scope{Source: []string{"-export\n\x1b[31m.ldif"}, Identity: "a`b"},
		Coverage: []conflicts.Coverage{{Partition: "-export\n\x1b[31m.ldif", Objects: 4, Values: 5, Problem: "line 1:\r\nchangetype: delete"}},
		Problems: []string{"-export\n\x1b[31m.ldif: line 1:\r\nchangetype: delete", "bad \xff byte | <b>"},
		Conflicts: []conflicts.Conflict{{ID: "C-EEEEEEEEEE", Class: conflicts.Duplicate, Key: "smtp:a@contoso.com",
			Owners: []conflicts.Owner{
				owner(keeper, proxy("smtp:a@contoso.com")),
				owner(injected, proxy("smtp:a@contoso.com")),
				owner(invalid, proxy("smtp:A@contoso.com"), proxy("smtp:\xff\xfe@contoso.com"), mail("@SUM(1)\t")),
				owner(markup, proxy("smtp:a@contoso.com")),
			}, Verbatim: "is a \x1b[1m+class\nchangetype: delete",
			Cause:      conflicts.Cause{Kind: conflicts.SameAlias, Certainty: conflicts.Likely, Verbatim: "\x1b[31m|`<b>`\r\nchangetype: delete\xff"},
			Unresolved: []conflicts.Statement{{Code: conflicts.Verbatim, Value: "| <b>\xff\u202e"}}}},
		Changes: []conflicts.Change{
			{Conflict: "C-EEEEEEEEEE", Object: injected, Attribute: conflicts.ProxyAddresses, Old: "smtp:a@contoso.com",
				New: "smtp:a4@contoso.com\n-\n\ndn: CN=krbtgt,CN=Users," + corp + "\nchangetype: delete\n"},
			{Conflict: "C-EEEEEEEEEE", Object: invalid, Attribute: conflicts.ProxyAddresses, Old: "smtp:A@contoso.com",
				New: "smtp:a2@contoso.com"},
			{Conflict: "C-EEEEEEEEEE", Object: invalid, Attribute: conflicts.ProxyAddresses, Old: "smtp:\xff\xfe@contoso.com",
				Risk: conflicts.High, Verbatim: "primary address of a\n\ndn: CN=krbtgt"},
			{Conflict: "C-EEEEEEEEEE", Object: invalid, Attribute: conflicts.Mail, Old: "@SUM(1)\t", New: "a2@contoso.com"},
			{Conflict: "C-EEEEEEEEEE", Object: markup, Attribute: conflicts.ProxyAddresses, Old: "smtp:a@contoso.com",
				New: "smtp:a3@contoso.com"},
		},
		Findings: []conflicts.Finding{
			{Kind: conflicts.MalformedValue, DN: invalid.DN, GUID: invalid.GUID, Value: "smtp:\xff\xfe@contoso.com", Verbatim: "\xff\x1b"},
		},
	})
}

// domainsAudit has objects of two domains in one conflict, one that has no
// domain, and a domain without changes.
func domainsAudit() *conflicts.Audit {
	const emea, idle = "DC=emea," + corp, "DC=idle," + corp
	keeper := object(1, "Sales", corp, "SMTP:sales@contoso.com")
	keeper.Created = conflicts.InstantOf(time.Date(2019, 3, 1, 8, 0, 0, 0, time.UTC))
	first := object(2, "Sales EMEA", emea, "SMTP:sales@contoso.com")
	second := object(3, "Vertrieb", emea, "smtp:sales@contoso.com")
	foreign := object(4, "Sales", "O=Airius", "smtp:sales@contoso.com")
	local := object(5, "Sales Desk", corp, "smtp:sales@contoso.com")
	change := func(o *conflicts.Object, old, updated string) conflicts.Change {
		return conflicts.Change{Conflict: "C-FFFFFFFFFF", Object: o, Attribute: conflicts.ProxyAddresses, Old: old, New: updated}
	}
	a := &conflicts.Audit{
		Version: "1.0.0",
		Command: "proxyaddr scan -d corp.contoso.com",
		Scope:   corpScope(),
		Coverage: []conflicts.Coverage{
			{Partition: corp, Objects: 2, Values: 2, Pages: 1},
			{Partition: emea, Objects: 2, Values: 2, Pages: 1},
			{Partition: idle, Pages: 1},
		},
		Conflicts: []conflicts.Conflict{{ID: "C-FFFFFFFFFF", Class: conflicts.Duplicate, Key: "smtp:sales@contoso.com",
			Kept: []conflicts.StatementCode{conflicts.ByCreation}}},
		Changes: []conflicts.Change{
			change(first, "SMTP:sales@contoso.com", "SMTP:sales2@contoso.com"),
			change(second, "smtp:sales@contoso.com", "smtp:sales3@contoso.com"),
			change(foreign, "smtp:sales@contoso.com", "smtp:sales4@contoso.com"),
			change(local, "smtp:sales@contoso.com", "smtp:sales5@contoso.com"),
		},
	}
	for _, o := range []*conflicts.Object{keeper, first, second, foreign, local} {
		a.Conflicts[0].Owners = append(a.Conflicts[0].Owners, owner(o, proxy(o.ProxyAddresses[0])))
	}
	return linked(a)
}

// reviewedAudit has one conflict approved, and one of each other decision.
func reviewedAudit() *conflicts.Audit {
	a := normalAudit()
	a.Changes[1].Conflict, a.Changes[1].Object = "C-DDDDDDDDDD", a.Conflicts[3].Owners[1].Object
	a = linked(a)
	a.ProposeChanges()
	decided, _ := a.Decide([]conflicts.Reply{
		{Decision: conflicts.Approved}, {Comment: "who is | this?"},
		{Decision: conflicts.Rejected, Comment: "the <b>board</b> keeps it"}, {Decision: conflicts.Deferred, Comment: "in May"},
	}, nil)
	decided.Review.Workbook = "report `final`.xlsx"
	decided.Review.WorkbookSum, decided.Review.ScanSum = Sum{0xab}.String(), Sum{0xcd}.String()
	return decided
}
