package ldaptest_test

import (
	"crypto/tls"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/ldaptest"
)

// A server whose second page breaks off, once.
func ExampleServer_Inject() {
	srv, err := ldaptest.NewServer(ldaptest.Config{
		Entries: strings.NewReader(`dn: DC=contoso,DC=test
objectClass: domainDNS

dn: CN=Anna Ruiz,DC=contoso,DC=test
objectClass: contact
mail: anna@contoso.test
`),
		Users: map[string]string{"anna@contoso.test": "correct horse"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Page: 2})

	for range 2 {
		conn, err := ldap.DialURL(srv.URL, ldap.DialWithTLSConfig(&tls.Config{RootCAs: srv.CertPool}))
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := conn.Bind("anna@contoso.test", "correct horse"); err != nil {
			fmt.Println(err)
			return
		}
		all := ldap.NewSearchRequest("DC=contoso,DC=test", ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
			0, 0, false, "(objectClass=*)", []string{"mail"}, nil)
		answer, err := conn.SearchWithPaging(all, 1)
		conn.Close()
		if err != nil {
			fmt.Println("broke off")
			continue
		}
		for _, e := range answer.Entries {
			fmt.Printf("%s %q\n", e.DN, e.GetAttributeValue("mail"))
		}
	}
	fmt.Println("connections:", srv.Counts().Connections)
	// Output:
	// broke off
	// DC=contoso,DC=test ""
	// CN=Anna Ruiz,DC=contoso,DC=test "anna@contoso.test"
	// connections: 2
}
