package ldapscan_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

const staff = `dn: DC=contoso,DC=example
objectClass: domainDNS

dn: CN=Anna,DC=contoso,DC=example
objectClass: user
objectGUID:: AQECAwQFBgcICQoLDA0ODw==
proxyAddresses: SMTP:anna@contoso.example
mail: anna@contoso.example
sDRightsEffective: 0
allowedAttributesEffective: title
allowedAttributesEffective: proxyAddresses

dn: CN=Read Only,DC=contoso,DC=example
objectClass: user
objectGUID:: AgECAwQFBgcICQoLDA0ODw==
proxyAddresses: SMTP:ro@contoso.example
sDRightsEffective: 0

dn: CN=Bob\0ADEL:1,DC=contoso,DC=example
objectClass: user
isDeleted: TRUE
objectGUID:: AwECAwQFBgcICQoLDA0ODw==

dn: CN=Carl,DC=contoso,DC=example
objectClass: user
objectGUID:: BAECAwQFBgcICQoLDA0ODw==
proxyAddresses: SMTP:carl@contoso.example
`

func record(n byte, name, old, new string) conflicts.FixRecord {
	return conflicts.FixRecord{File: "fix.ldif", Line: int(n), DN: "CN=" + name + ",DC=contoso,DC=example", GUID: conflicts.GUID{n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		Attributes: []conflicts.AttributeFix{{Attribute: conflicts.ProxyAddresses.String(), Delete: []string{old}, Add: []string{new}}}}
}

func states(verdicts []conflicts.Verdict) (list []string) {
	for _, v := range verdicts {
		list = append(list, strings.TrimSpace(v.Record.DN[3:7]+" "+string(v.Status)+" "+strings.Join(v.Reasons, "; ")))
	}
	return list
}

func TestVerify(t *testing.T) {
	withMail := record(1, "Anna", "SMTP:anna@contoso.example", "SMTP:anna2@contoso.example")
	withMail.Attributes = append(withMail.Attributes, conflicts.AttributeFix{Attribute: conflicts.Mail.String(), Delete: []string{"anna@contoso.example"}, Add: []string{"anna2@contoso.example"}})
	records := []conflicts.FixRecord{
		withMail,
		record(2, "Read Only", "SMTP:ro@contoso.example", "SMTP:carl@contoso.example"),
		record(3, "Bob", "SMTP:bob@contoso.example", "SMTP:bob2@contoso.example"),
		record(4, "Carl", "SMTP:carl@contoso.example", "SMTP:carl2@contoso.example"),
		record(5, "Dora", "SMTP:dora@contoso.example", "SMTP:dora2@contoso.example"),
	}
	taken := "SMTP:carl@contoso.example is taken by CN=Carl,DC=contoso,DC=example (proxyAddresses: SMTP:carl@contoso.example)"
	want := []string{
		"Anna denied this account cannot write mail",
		"Read stale " + taken + "; this account cannot write proxyAddresses",
		"Bob, stale the object was deleted",
		"Carl ready",
		"Dora stale no object has its objectGUID any more, or the account does not see it",
	}
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(staff)})
	for name, src := range map[string]ldapscan.Source{"server": open(t, config(srv)), "export": export(t, staff)} {
		verdicts, err := ldapscan.Verify(context.Background(), src, records)
		if got := states(verdicts); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v\n%s", name, err, strings.Join(got, "\n"))
		}
	}
	// Where the directory does not tell the rights, or the export has no GUIDs,
	// nothing is made up.
	plain := strings.ReplaceAll(strings.ReplaceAll(staff, "sDRightsEffective: 0\n", ""), "objectGUID::", "thumbnailPhoto::")
	verdicts, err := ldapscan.Verify(context.Background(), export(t, plain), records)
	if got := states(verdicts); err != nil || got[0] != "Anna ready" || got[1] != "Read stale "+taken || verdicts[0].Object.Rights != nil {
		t.Errorf("plain export: %v\n%s", err, strings.Join(got, "\n"))
	}
}

// What could not be read makes no record stale, and none ready.
func TestVerifyIncomplete(t *testing.T) {
	records := []conflicts.FixRecord{record(4, "Carl", "SMTP:carl@contoso.example", "SMTP:carl2@contoso.example")}
	for what, part := range map[string]string{"not everything could be read": "(objectGUID=", "not everything could be read, so a new address may be taken": "carl2@"} {
		srv := serve(t, ldaptest.Config{Entries: strings.NewReader(staff)})
		d := open(t, config(srv))
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultBusy, Times: -1, Match: func(s ldaptest.Search) bool { return strings.Contains(s.Filter, part) }})
		verdicts, err := ldapscan.Verify(context.Background(), d, records)
		if got := states(verdicts); err == nil || !strings.Contains(err.Error(), "busy") || !slices.Equal(got, []string{"Carl unknown " + what}) {
			t.Errorf("%s: %v %q", what, err, got)
		}
	}
	cut := export(t, staff+"\ndn: CN=more\nproxyAddr")
	if verdicts, err := ldapscan.Verify(context.Background(), cut, records); err == nil || verdicts[0].Status != conflicts.Unknown {
		t.Errorf("%v %q", err, states(verdicts))
	}
}
