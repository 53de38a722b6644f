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
			found, err := tt.find(context.Background(), dc.Realm+".")
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", found)
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
	t.Run("ping of another domain", func(t *testing.T) {
		_, err := l.Ping(context.Background(), dc.Host, "contoso.com")
		if !errors.Is(err, errNotServed) {
			t.Error(err)
		}
	})
	t.Run("other domain", func(t *testing.T) {
		_, err := l.Controllers(context.Background(), "nowhere."+domain)
		var e *Error
		if !errors.As(err, &e) || e.Error() != "nowhere."+domain+": no domain controllers in DNS" {
			t.Error(err)
		}
	})
}
