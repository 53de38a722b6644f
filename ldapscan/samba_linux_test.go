package ldapscan_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest/samba"
	"proxyaddr/ldapscan/locator"
)

// sambaConfig binds as the administrator; set other names in what it returns.
func sambaConfig(t testing.TB, dc *samba.DC) ldapscan.Config {
	t.Helper()
	pem, err := os.ReadFile(dc.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return ldapscan.Config{URL: dc.URL("ldaps"), TLS: &tls.Config{RootCAs: roots}, Credentials: ldapscan.Credentials{Mechanism: ldapscan.Simple, User: dc.AdminUPN, Password: dc.AdminPassword}, Timeout: time.Minute}
}

// The same suite as for the in-process server, against a real domain controller.
func TestSamba(t *testing.T) {
	dc := samba.Shared(t)
	f := newFixture(dc.OU(t, "Conformance"))
	dc.Load(t, f.ldif(t, false))

	const password = "Reads-0nly!"
	upn := dc.AddUser(t, "reader", password)
	t.Run("ldaps, by UPN, with the rights of a user", func(t *testing.T) {
		cfg := sambaConfig(t, dc)
		cfg.User, cfg.Password = upn, password
		conformance(t, f, open(t, cfg))
		if audit := scan(t, open(t, cfg), ldapscan.Options{}); !slices.Contains(audit.Notes, dc.BaseDN+unseen) {
			t.Errorf("notes %q", audit.Notes)
		}
	})
	t.Run("over three connections", func(t *testing.T) {
		cfg := sambaConfig(t, dc)
		cfg.Connections, cfg.PageSize = 3, 100
		conformance(t, f, open(t, cfg))
	})
	t.Run("StartTLS, by DOMAIN\\user", func(t *testing.T) {
		cfg := sambaConfig(t, dc)
		cfg.URL, cfg.StartTLS, cfg.User, cfg.Password = dc.URL("ldap"), true, dc.Domain+`\reader`, password
		conformance(t, f, open(t, cfg))
	})
	t.Run("wrong password", func(t *testing.T) {
		cfg := sambaConfig(t, dc)
		cfg.Password = "wrong"
		_, err := ldapscan.Open(context.Background(), cfg)
		var e *ldapscan.Error
		if !errors.As(err, &e) || e.Problem != "user or password is wrong" {
			t.Errorf("%v", err)
		}
	})
	t.Run("a restored object", func(t *testing.T) {
		ou := dc.OU(t, "Restored")
		dc.Load(t, strings.NewReader("dn: CN=Restored,"+ou+"\nobjectClass: contact\n\ndn: CN=Other,"+ou+"\nobjectClass: contact\nproxyAddresses: smtp:restored@contoso.example\n"))
		restore(t, dc, "CN=Restored,"+ou, "smtp:restored@contoso.example")
		audit := scan(t, open(t, sambaConfig(t, dc)), ldapscan.Options{Judge: conflicts.Options{Base: []string{ou}}})
		if len(audit.Conflicts) != 1 || len(audit.Conflicts[0].Owners) != 2 {
			t.Fatalf("%+v", audit.Conflicts)
		}
		for _, o := range audit.Conflicts[0].Owners {
			if restored := time.Since(o.Restored()) < time.Hour; restored != (o.Name() == "Restored") {
				t.Errorf("%s: restored %v", o.DN, o.Restored())
			}
		}
	})
	t.Run("deleted objects and stamps of replication", func(t *testing.T) {
		audit := scan(t, open(t, sambaConfig(t, dc)), ldapscan.Options{})
		if slices.Contains(audit.Notes, dc.BaseDN+unseen) {
			t.Errorf("notes of the administrator's scan: %q", audit.Notes)
		}
		for _, o := range audit.Conflicts[0].Owners {
			if time.Since(o.Written.Time) > time.Hour || time.Since(o.Created.Time()) > time.Hour {
				t.Errorf("%s: proxyAddresses written %v, created %v", o.DN, o.Written, o.Created.Time())
			}
			if !strings.EqualFold(o.Partition, dc.BaseDN) {
				t.Errorf("%s in %s", o.DN, o.Partition)
			}
		}
	})
}

// restore deletes an object and brings it back with an address.
func restore(t *testing.T, dc *samba.DC, dn, address string) {
	t.Helper()
	dc.Modify(t, strings.NewReader("dn: "+dn+"\nchangetype: delete\n"))
	undelete(t, dc, dn, address)
}

// undelete brings back an object that was deleted, with an address, which a deletion
// strips ([MS-ADTS] 3.1.1.5.3.7).
func undelete(t *testing.T, dc *samba.DC, dn, address string) {
	t.Helper()
	cfg := sambaConfig(t, dc)
	conn, err := ldap.DialURL(cfg.URL, ldap.DialWithTLSConfig(cfg.TLS))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Bind(cfg.User, cfg.Password); err != nil {
		t.Fatal(err)
	}
	name, parent, _ := strings.Cut(dn, ",")
	tombstones := ldap.NewSearchRequest(dc.BaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
		fmt.Sprintf("(&(isDeleted=TRUE)(lastKnownParent=%s)(%s*))", parent, name), []string{"1.1"}, []ldap.Control{ldap.NewControlMicrosoftShowDeleted()})
	found, err := conn.Search(tombstones)
	if err != nil || len(found.Entries) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	undelete := ldap.NewModifyRequest(found.Entries[0].DN, tombstones.Controls)
	undelete.Delete("isDeleted", nil)
	undelete.Replace("distinguishedName", []string{dn})
	undelete.Replace("proxyAddresses", []string{address})
	if err := conn.Modify(undelete); err != nil {
		t.Fatal(err)
	}
}

// Where a controller goes down in the middle of a scan, another one of the domain
// takes over; without one, the scan is incomplete.
func TestSambaStopsDuringSweep(t *testing.T) {
	pair := samba.StartPair(t, samba.Config{Realm: "CONTOSO.TEST"})
	f := newFixture(pair.A.OU(t, "Stops"))
	pair.A.Load(t, f.ldif(t, false))
	pair.Sync(t)
	stop := func(src ldapscan.Source, dc *samba.DC) *conflicts.Audit {
		stopped := false
		return scan(t, src, ldapscan.Options{Progress: func(p ldapscan.Progress) {
			if p.Objects > 0 && !stopped {
				stopped = true
				dc.Stop(t)
			}
		}})
	}

	cfg := sambaConfig(t, pair.A)
	pem, err := os.ReadFile(pair.B.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	cfg.TLS.RootCAs.AppendCertsFromPEM(pem)
	cfg.URL, cfg.PageSize = "ldaps", 100
	domain, err := ldapscan.OpenForest(context.Background(), ldapscan.ForestConfig{
		Domains: []ldapscan.DomainConfig{{Domain: "contoso.test", Config: cfg}}, Locator: &locator.Locator{DNS: pair.B.IP}})
	if err != nil {
		t.Fatal(err)
	}
	defer domain.Close()
	first, second := pair.A, pair.B
	if strings.HasPrefix(domain.Servers()[0].URL, "ldaps://"+second.Host) {
		first, second = second, first
	}
	audit := stop(domain, first)
	if got := conflictsOf(audit); !audit.Complete() || !slices.Equal(got, f.want) || audit.Scope.Servers[0].Host != second.Host || len(audit.Notes) == 0 {
		t.Errorf("another took over: problems %q, conflicts %q, notes %q, servers %v", audit.Problems, got, audit.Notes, audit.Scope.Servers)
	}

	cfg = sambaConfig(t, second)
	cfg.PageSize = 100
	audit = stop(open(t, cfg), second)
	if audit.Complete() || !strings.Contains(strings.Join(audit.Problems, "\n"), second.BaseDN) {
		t.Errorf("none is left: problems %q", audit.Problems)
	}
}

// found is a locator that is lied to.
type found struct{ controller locator.Controller }

func (f found) Controllers(context.Context, string) ([]locator.Controller, error) {
	return []locator.Controller{f.controller}, nil
}
func (f found) Catalogs(ctx context.Context, forest string) ([]locator.Controller, error) {
	return f.Controllers(ctx, forest)
}
func (f found) Resolve(context.Context, string) (netip.Addr, error) {
	return f.controller.Addr.Addr(), nil
}

// Every computer of a domain may register ldap/host for itself. With that it cannot
// pose as a domain controller that DNS names.
func TestMemberIsNoControllerOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	const password = "M3mber-horse"
	dc.AddUser(t, "member", password)
	name := "member." + strings.ToLower(dc.Realm)
	dc.Modify(t, strings.NewReader(fmt.Sprintf("dn: CN=member,CN=Users,%s\nchangetype: modify\nadd: servicePrincipalName\nservicePrincipalName: ldap/%s\n", dc.BaseDN, name)))
	cfg := ldapscan.Config{URL: "ldap", Credentials: ldapscan.Credentials{Mechanism: ldapscan.GSSAPI, User: dc.AdminUPN, Password: dc.AdminPassword}}
	at := netip.AddrPortFrom(netip.MustParseAddr(dc.IP), 389)
	for host, want := range map[string]string{dc.Host: "", name: "the domain does not know this LDAP server"} {
		f, err := ldapscan.OpenForest(t.Context(), ldapscan.ForestConfig{
			Domains: []ldapscan.DomainConfig{{Domain: strings.ToLower(dc.Realm), Config: cfg}},
			Locator: found{locator.Controller{Host: host, Addr: at}}})
		if err == nil {
			f.Close()
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", host, err, want)
		}
	}
}
