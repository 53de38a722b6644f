package ldapscan_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

func ExampleScan() {
	srv, err := ldaptest.NewServer(ldaptest.Config{
		Entries: strings.NewReader(`dn: DC=contoso,DC=test
objectClass: domainDNS

dn: CN=Anna Ruiz,DC=contoso,DC=test
objectClass: contact
proxyAddresses: SMTP:anna@contoso.test
proxyAddresses: smtp:sales@contoso.test

dn: CN=Sales,DC=contoso,DC=test
objectClass: group
proxyAddresses: SMTP:Sales@contoso.test
`),
		Users: map[string]string{"anna@contoso.test": "correct horse"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	ctx := context.Background()
	dc, err := ldapscan.Open(ctx, ldapscan.Config{
		URL:         srv.URL,
		TLS:         &tls.Config{RootCAs: srv.CertPool},
		Credentials: ldapscan.Credentials{Mechanism: ldapscan.Simple, User: "anna@contoso.test", Password: "correct horse"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dc.Close()

	audit, err := ldapscan.Scan(ctx, dc, ldapscan.Options{})
	if err != nil {
		fmt.Println(err) // nothing could be read at all
		return
	}
	for _, problem := range audit.Problems {
		fmt.Println("incomplete:", problem)
	}
	fmt.Println("objects:", audit.Objects())
	fmt.Println("duplicates:", audit.Count(conflicts.Duplicate))
	for _, c := range audit.Conflicts {
		fmt.Println(c.Key)
		for _, owner := range c.Owners {
			fmt.Println(" ", owner.DN)
		}
	}
	// Output:
	// objects: 2
	// duplicates: 1
	// smtp:sales@contoso.test
	//   CN=Sales,DC=contoso,DC=test
	//   CN=Anna Ruiz,DC=contoso,DC=test
}
