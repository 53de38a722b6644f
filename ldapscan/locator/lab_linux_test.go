package locator

import (
	"context"
	"errors"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

// A real domain controller is found through its own DNS server, by real packets.
func TestSamba(t *testing.T) {
	dc := samba.Shared(t)
	domain := strings.ToLower(dc.Realm)
	l := &Locator{DNS: dc.IP}
	for _, tt := range []struct {
		name string
		find func(context.Context, string) ([]Controller, error)
		port uint16
	}{
		{"controllers", l.Controllers, 389},
		{"catalogs", l.Catalogs, 3268},
		{"KDCs", l.KDCs, 88},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := tt.find(t.Context(), dc.Realm+".")
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 {
				t.Fatalf("found %+v, want the one controller", found)
			}
			c := found[0]
			if c.Host != dc.Host || c.Domain != domain || c.Forest != domain || c.Addr.Addr().String() != dc.IP || c.Addr.Port() != tt.port {
				t.Errorf("found %+v", c)
			}
			if c.Site != "Default-First-Site-Name" || c.ClientSite != c.Site || !c.Is(PDC|GlobalCatalog|KDC|Closest|Writable) {
				t.Errorf("site %q, of the client %q, flags %#x", c.Site, c.ClientSite, c.Flags)
			}
		})
	}
	t.Run("client in a site without controllers", func(t *testing.T) {
		const sites = "CN=Sites,CN=Configuration,"
		munich, subnet := "CN=Munich,"+sites+dc.BaseDN, "CN=127.0.0.0/25,CN=Subnets,"+sites+dc.BaseDN
		dc.Modify(t, strings.NewReader("dn: "+munich+"\nchangetype: add\nobjectClass: site\n\n"+
			"dn: "+subnet+"\nchangetype: add\nobjectClass: subnet\nsiteObject: "+munich+"\n"))
		defer dc.Modify(t, strings.NewReader("dn: "+subnet+"\nchangetype: delete\n\ndn: "+munich+"\nchangetype: delete\n"))
		found, err := l.Controllers(t.Context(), domain)
		if err != nil || len(found) != 1 || found[0].Host != dc.Host {
			t.Fatalf("%+v, %v", found, err)
		}
		if c := found[0]; c.ClientSite != "Munich" || c.Is(Closest) || c.Site != "Default-First-Site-Name" {
			t.Errorf("found %+v", c)
		}
	})
	t.Run("ping of another domain", func(t *testing.T) {
		_, err := l.Ping(t.Context(), dc.Host, "contoso.com")
		if !errors.Is(err, errNotServed) {
			t.Error(err)
		}
	})
	t.Run("other domain", func(t *testing.T) {
		_, err := l.Controllers(t.Context(), "nowhere."+domain)
		var e *Error
		if !errors.As(err, &e) || e.Error() != "nowhere."+domain+": no domain controllers in DNS" {
			t.Error(err)
		}
	})
}
