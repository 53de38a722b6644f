package ldapscan_test

import (
	"slices"
	"testing"

	"proxyaddr/ldapscan"
)

// An export tells more of an object than a sweep of a directory: the domain of a group is one of
// the directory, and so is that of an object whose class was left out. That of contacts and mail
// users is not, whatever record says so.
func TestPrimaryDomainsOfAnExport(t *testing.T) {
	const content = `dn: CN=user,DC=a,DC=example
objectClass: user
proxyAddresses: SMTP:user@a.example

dn: CN=group,DC=a,DC=example
objectClass: top
objectClass: group
proxyAddresses: SMTP:group@Lists.example
proxyAddresses: smtp:group@old.example

dn: CN=remote mailbox,DC=a,DC=example
objectClass: user
msExchRecipientTypeDetails: 2147483648
targetAddress: SMTP:remote@a.mail.onmicrosoft.example
proxyAddresses: SMTP:remote@remote.example

dn: CN=mailbox,DC=a,DC=example
homeMDB: CN=DB
targetAddress: SMTP:x@gmail.example
proxyAddresses: SMTP:mailbox@mailbox.example

dn: CN=of no class,DC=a,DC=example
proxyAddresses: SMTP: x@unknown.example

dn: CN=logs on,DC=a,DC=example
objectClass: user
userPrincipalName: x@hybrid.example
targetAddress: SMTP:x@gmail.example
proxyAddresses: SMTP:x@hybrid.example

dn: CN=contact,DC=a,DC=example
objectClass: contact
proxyAddresses: SMTP:contact@partner.example

dn: CN=mail user,DC=a,DC=example
objectClass: user
msExchRecipientTypeDetails: 128
proxyAddresses: SMTP:guest@gmail.example

dn: CN=forwards,DC=a,DC=example
targetAddress: SMTP:x@gmail.example
proxyAddresses: SMTP:x@gmail.example

dn: CN=gone,DC=a,DC=example
objectClass: user
isDeleted: TRUE
proxyAddresses: SMTP:x@gone.example

dn: CN=contact in two records,DC=a,DC=example
proxyAddresses: SMTP:contact@two.example

dn: CN=contact in two records,DC=a,DC=example
objectClass: contact

dn: CN=twice,DC=a,DC=example
proxyAddresses: SMTP:twice@twice.example

dn: CN=twice,DC=a,DC=example
proxyAddresses: SMTP:twice@twice.example

dn: CN=no address,DC=a,DC=example
proxyAddresses: SMTP:nobody
`
	audit := scan(t, export(t, content), ldapscan.Options{})
	want := []string{"a.example", "hybrid.example", "lists.example", "mailbox.example", "remote.example", "twice.example", "unknown.example"}
	if !slices.Equal(audit.Scope.PrimaryDomains, want) {
		t.Errorf("%q, want %q", audit.Scope.PrimaryDomains, want)
	}
}
