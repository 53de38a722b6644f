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

// An export of several forests tells them apart by the stores of the mailboxes, or by a
// configuration partition that is in it.
func TestForestsOfAnExport(t *testing.T) {
	const content = `dn: CN=Ann,OU=Users,DC=a,DC=example
homeMDB: CN=DB1,CN=Services,CN=Configuration,DC=a,DC=example
proxyAddresses: SMTP:x@a.example

dn: CN=Contact,OU=Contacts,DC=a,DC=example
proxyAddresses: smtp:x@a.example

dn: CN=Child,OU=Users,DC=child,DC=a,DC=example
proxyAddresses: smtp:x@a.example

dn: CN=Tree,OU=Users,DC=tree,DC=example
homeMDB: CN=DB1,CN=Services,CN=Configuration,DC=a,DC=example
proxyAddresses: smtp:x@a.example

dn: CN=Bob,OU=Users,DC=b,DC=a,DC=example
homeMDB: CN=DB1,CN=Services,CN=Configuration,DC=b,DC=a,DC=example
proxyAddresses: smtp:x@a.example

dn: CN=Cleo,OU=Users,DC=c,DC=example
proxyAddresses: smtp:x@a.example

dn: CN=Connector,CN=Services,CN=Configuration,DC=c,DC=example
proxyAddresses: smtp:x@a.example

dn: CN=Unknown,OU=Users,DC=d,DC=example
proxyAddresses: smtp:x@a.example

dn: CN=Torn,OU=Users,DC=e,DC=example
homeMDB: CN=DB1,CN=Services,CN=Configuration,DC=a,DC=example
proxyAddresses: smtp:x@a.example

dn: CN=Torn 2,OU=Users,DC=e,DC=example
homeMDB: CN=DB1,CN=Services,CN=Configuration,DC=c,DC=example
proxyAddresses: smtp:x@a.example

`
	want := map[string]string{"Ann": "a.example", "Contact": "a.example", "Child": "a.example", "Tree": "a.example", "Bob": "b.a.example",
		"Cleo": "c.example", "Connector": "c.example", "Unknown": "", "Torn": "", "Torn 2": ""}
	audit := scan(t, export(t, content), ldapscan.Options{})
	if len(audit.Conflicts) != 1 || len(audit.Conflicts[0].Owners) != len(want) {
		t.Fatalf("%+v", audit.Conflicts)
	}
	for _, o := range audit.Conflicts[0].Owners {
		if o.Forest != want[o.Name()] {
			t.Errorf("%s: forest %q, want %q", o.DN, o.Forest, want[o.Name()])
		}
	}
}
