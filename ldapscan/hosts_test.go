package ldapscan

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest"
)

// The domain controllers of a domain are those that hold its partition: read-only
// ones too, and not those of other domains or what one that was removed left.
func TestHosts(t *testing.T) {
	content := `dn: DC=contoso,DC=example
objectClass: domainDNS

dn: CN=Configuration,DC=contoso,DC=example
objectClass: configuration

`
	for _, dc := range []struct{ name, host, holds string }{
		{"DC1", "dNSHostName: DC1.contoso.example", "hasMasterNCs: DC=Contoso,DC=example"},
		{"DC2", "dNSHostName: dc2.contoso.example", "hasMasterNCs: CN=Configuration,DC=contoso,DC=example\nmsDS-hasMasterNCs: DC=contoso,DC=example"},
		{"RODC", "dNSHostName: rodc.contoso.example", "msDS-hasFullReplicaNCs: DC=contoso,DC=example"},
		{"CHILD", "dNSHostName: dc.child.contoso.example", "hasMasterNCs: DC=child,DC=contoso,DC=example"},
		{"NAMELESS", "description: no name in DNS", "hasMasterNCs: DC=contoso,DC=example"},
		{"REMOVED", "dNSHostName: removed.contoso.example", ""},
	} {
		server := fmt.Sprintf("CN=%s,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,DC=contoso,DC=example", dc.name)
		content += fmt.Sprintf("dn: %s\nobjectClass: server\n%s\n\n", server, dc.host)
		if dc.holds != "" {
			content += fmt.Sprintf("dn: CN=NTDS Settings,%s\nobjectClass: nTDSDSA\n%s\n\n", server, dc.holds)
		}
	}
	content += "dn: CN=Sites,CN=Configuration,DC=contoso,DC=example\nobjectClass: sitesContainer\n\n"
	srv, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader(content), Users: map[string]string{"anna": "secret"}})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	d, err := Open(t.Context(), Config{URL: srv.URL, TLS: &tls.Config{RootCAs: srv.CertPool}, Credentials: Credentials{Mechanism: Simple, User: "anna", Password: "secret"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	want := []string{"dc1.contoso.example", "dc2.contoso.example", "nameless", "rodc.contoso.example"}
	if hosts, err := d.hosts(t.Context()); err != nil || !slices.Equal(hosts, want) {
		t.Errorf("%v, %q, want %q", err, hosts, want)
	}
}
