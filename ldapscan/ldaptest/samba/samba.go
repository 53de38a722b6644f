//go:build linux

// Package samba runs a real Active Directory domain controller, Samba's, for
// tests of what a server of our own making cannot prove: how a DC pages, binds,
// refuses and applies a change.
//
// Most tests share the one DC of their test binary and keep to an OU of their
// own in it:
//
//	dc := samba.Shared(t)
//	ou := dc.OU(t, "Paging")
//	dc.Load(t, contactsIn(ou))
//	conn, err := ldap.DialURL(dc.URL("ldaps"), …)
//
// [Start] gives a test a DC that no other test sees, of another realm if it is to be
// another forest. [StartPair] gives it two of one domain.
//
// The protocol fixes the ports of a DC, so each has a loopback address to
// itself, taken when it starts: test binaries that run at the same time, as
// under go test ./..., get different ones. No name of a DC resolves on the
// machine; dial its URL, or ask the DNS server at port 53 of its address.
//
// A DC needs Linux, root, and the Debian packages that .ci/test installs. Name
// the test files that use one *_linux_test.go. It ends with the process that
// started it, however that ends, and leaves behind only proxyaddr-samba in
// [os.UserCacheDir], where the next start finds the domain provisioned. That
// directory may be deleted whenever no test runs.
package samba

import (
	"errors"
	"fmt"
	"sync"
	"testing"
)

// Config says what domain to serve. The zero value serves FABRIKAM.TEST.
type Config struct {
	// Realm is the Kerberos realm, in upper case. In lower case it is the DNS
	// name of the domain, and its first label, of at most 15 characters, is
	// the NetBIOS name.
	Realm string
	// Options are lines for the [global] section of smb.conf(5), such as
	// "ldap server require strong auth = no".
	Options []string
	// Exchange extends the schema with the attributes and classes of Exchange
	// that tell recipients apart, and marks proxyAddresses, which the plain schema
	// has, as a member of the global catalog. exchange.ldif has the list.
	Exchange bool
	// LMDB keeps the directory in a database with ordered indexes, which Active Directory
	// has too. Without them "uSNChanged>=…" has Samba look at every object.
	LMDB bool
}

// DC is a running domain controller. Its schema is the plain one of Active
// Directory unless Config says otherwise. Its methods, but for Stop and Start, may
// be called by tests that run in parallel.
type DC struct {
	IP     string // 127.0.0.31
	Host   string // dc31.fabrikam.test
	Realm  string // FABRIKAM.TEST
	Domain string // FABRIKAM, the NetBIOS name
	BaseDN string // DC=fabrikam,DC=test

	AdminUPN      string
	AdminPassword string

	// CAFile is the PEM file of the CA that signed the DC's certificate, which
	// names Host, the DNS name of the domain, and IP.
	CAFile string
	// Krb5Conf is a krb5.conf with this DC as the KDC of Realm.
	Krb5Conf string

	addr    *address
	domain  *domain
	dsaGUID string // in a pair: the objectGUID of dsa
	server  *server
}

// Start runs a DC until the end of the test. Under -short it skips the test;
// when the DC cannot be started within a minute it fails it.
func Start(tb testing.TB, c Config) *DC {
	tb.Helper()
	skipShort(tb)
	dc, err := start(c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := dc.end(); err != nil {
			tb.Error(err)
		}
	})
	return dc
}

var shared = sync.OnceValues(func() (*DC, error) { return start(Config{}) })

// Shared returns the DC that the tests of a test binary share. The first to ask
// starts it, skipping or failing as [Start] does; it stops when the test binary
// exits, and needs no TestMain for that.
func Shared(tb testing.TB) *DC {
	tb.Helper()
	skipShort(tb)
	dc, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	return dc
}

func skipShort(tb testing.TB) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("a Samba DC takes seconds to start: not under -short")
	}
}

// URL returns the address of the DC under a scheme, "ldap" (port 389) or
// "ldaps" (port 636).
func (dc *DC) URL(scheme string) string {
	port := 389
	if scheme == "ldaps" {
		port = 636
	}
	return fmt.Sprintf("%s://%s:%d", scheme, dc.IP, port)
}

func start(c Config) (*DC, error) {
	dc, err := newDC(c)
	if err != nil {
		return nil, err
	}
	if err = dc.domain.create(c); err == nil {
		err = dc.serve()
	}
	if err == nil {
		err = dc.addPrincipal(dc, dc.inDomain())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("samba at %s: %w", dc.IP, err), dc.end())
	}
	return dc, nil
}

// newDC takes an address for a DC, which has no files yet.
func newDC(c Config) (*DC, error) {
	if c.Realm == "" {
		c.Realm = "FABRIKAM.TEST"
	}
	addr, err := takeAddress()
	if err != nil {
		return nil, err
	}
	d, err := newDomain(addr, c)
	if err != nil {
		addr.release()
		return nil, err
	}
	return &DC{
		IP:            d.IP,
		Host:          d.Host + "." + d.DNS(),
		Realm:         d.Realm,
		Domain:        d.NetBIOS(),
		BaseDN:        d.BaseDN(),
		AdminUPN:      "Administrator@" + d.DNS(),
		AdminPassword: adminPassword,
		CAFile:        d.path("tls/ca.pem"),
		Krb5Conf:      d.path("krb5.conf"),
		addr:          addr,
		domain:        d,
	}, nil
}
