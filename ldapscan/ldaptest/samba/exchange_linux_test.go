package samba

import (
	"fmt"
	"strings"
	"testing"
)

func TestExchangeSchemaHoldsEveryRecipient(t *testing.T) {
	dc := Start(t, Config{Exchange: true})
	ou := dc.OU(t, "Recipients")
	const attrs = `mailNickname: nick
targetAddress: SMTP:nick@elsewhere.test
msExchRecipientTypeDetails: 2147483648
msExchPoliciesIncluded: {26491cfc-9e50-4857-861b-0cb8df22b5d7}
msExchPoliciesIncluded: 2a56bfd5-6e3c-4d1a-a6c1-8a3a0e6c1b5f
msExchPoliciesExcluded: {26491cfc-9e50-4857-861b-0cb8df22b5d7}
msExchMailboxGuid:: AAECAwQFBgcICQoLDA0ODw==
legacyExchangeDN: /o=Fabrikam/cn=nick
proxyAddresses: SMTP:nick@fabrikam.test
mail: nick@fabrikam.test
`
	for _, class := range []string{"user", "contact", "group", "publicFolder", "msExchDynamicDistributionList"} {
		t.Run(class, func(t *testing.T) {
			dn := "CN=" + class + "," + ou
			record := attrs + "homeMDB: " + ou + "\n"
			dc.Load(t, strings.NewReader(fmt.Sprintf("dn: %s\nobjectClass: %s\n%s", dn, class, record)))
			for line := range strings.Lines(record) {
				name, _, _ := strings.Cut(line, ":")
				if got := dc.Search(t, dn, "(objectClass="+class+")", name); !strings.Contains(got, "\n"+line) {
					t.Errorf("%s is missing from:\n%s", strings.TrimSpace(line), got)
				}
			}
		})
	}
	t.Run("a recipient type beyond 32 bits is a number", func(t *testing.T) {
		if got := dc.Search(t, ou, "(msExchRecipientTypeDetails>=2147483648)", "1.1"); strings.Count(got, "dn: ") != 5 {
			t.Errorf("found:\n%s", got)
		}
	})
	t.Run("msExchAcceptedDomain", func(t *testing.T) {
		base := "CN=Services,CN=Configuration," + dc.BaseDN
		dc.Modify(t, strings.NewReader(fmt.Sprintf(`dn: CN=Accepted Domains,%[1]s
changetype: add
objectClass: container

dn: CN=fabrikam.test,CN=Accepted Domains,%[1]s
changetype: add
objectClass: msExchAcceptedDomain
msExchAcceptedDomainName: fabrikam.test
`, base)))
		got := dc.Search(t, base, "(objectClass=msExchAcceptedDomain)", "msExchAcceptedDomainName")
		if !strings.HasSuffix(got, "msExchAcceptedDomainName: fabrikam.test\n\n") {
			t.Errorf("found:\n%s", got)
		}
	})
	t.Run("proxyAddresses is in the global catalog", func(t *testing.T) {
		const filter = "(&(lDAPDisplayName=proxyAddresses)(isMemberOfPartialAttributeSet=TRUE))"
		schema := "CN=Schema,CN=Configuration,"
		if got := dc.Search(t, schema+dc.BaseDN, filter, "1.1"); got == "" {
			t.Error("it is not")
		}
		plain := Shared(t)
		if got := plain.Search(t, schema+plain.BaseDN, filter, "1.1"); got != "" {
			t.Errorf("and in the plain schema, too:\n%s", got)
		}
	})
}
