package ldapscan

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/ldapscan/locator"
)

// A world is a network in which whoever answers DNS and pings can lie. Each server has
// an address of its own and a good certificate for the name that it gives itself.
type world struct {
	mu      sync.Mutex
	servers map[string]*ldaptest.Server // by host:port
	roots   *x509.CertPool
	dialed  []string

	controllers []locator.Controller // for every domain
	catalogs    map[string][]locator.Controller
}

func newWorld() *world {
	return &world{servers: map[string]*ldaptest.Server{}, roots: x509.NewCertPool(), catalogs: map[string][]locator.Controller{}}
}

const trustedUser, trustedPassword = "anna@example.test", "correct horse"

const exampleForest = `dn: DC=example,DC=test
objectClass: domainDNS

dn: CN=Configuration,DC=example,DC=test
objectClass: configuration

dn: CN=Partitions,CN=Configuration,DC=example,DC=test
objectClass: crossRefContainer

dn: CN=EXAMPLE,CN=Partitions,CN=Configuration,DC=example,DC=test
objectClass: crossRef
nCName: DC=example,DC=test
dnsRoot: example.test
systemFlags: 3

dn: CN=Enterprise Configuration,CN=Partitions,CN=Configuration,DC=example,DC=test
objectClass: crossRef
nCName: CN=Configuration,DC=example,DC=test
dnsRoot: example.test
systemFlags: 1

`

// contactsOf are objects of example.test, enough for several pages.
func contactsOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "dn: CN=c%[1]d,DC=example,DC=test\nobjectClass: contact\nproxyAddresses: SMTP:c%[1]d@example.test\n\n", i)
	}
	return b.String()
}

// add starts a server that calls itself host and listens at ip.
func (w *world) add(t *testing.T, ip, host, content string) *ldaptest.Server {
	t.Helper()
	srv, err := ldaptest.NewServer(ldaptest.Config{Host: host, Entries: strings.NewReader(content), Users: map[string]string{trustedUser: trustedPassword}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	w.roots.AppendCertsFromPEM(srv.CAPEM)
	for _, port := range []string{"636", "3269"} {
		w.servers[net.JoinHostPort(ip, port)] = srv
	}
	return srv
}

func controllerAt(ip, host, forest string) locator.Controller {
	return locator.Controller{Host: host, Domain: "example.test", Forest: forest, Addr: netip.AddrPortFrom(netip.MustParseAddr(ip), 389), Flags: locator.Writable}
}

func (w *world) Controllers(_ context.Context, domain string) ([]locator.Controller, error) {
	if domain != "example.test" {
		return nil, &locator.Error{Subject: domain, Problem: "not of this world"}
	}
	return w.controllers, nil
}

func (w *world) Catalogs(_ context.Context, forest string) ([]locator.Controller, error) {
	if len(w.catalogs[forest]) == 0 {
		return nil, &locator.Error{Subject: forest, Problem: "no global catalogs in DNS"}
	}
	return w.catalogs[forest], nil
}

func (w *world) Resolve(_ context.Context, host string) (netip.Addr, error) {
	for _, c := range w.controllers {
		if c.Host == host {
			return c.Addr.Addr(), nil
		}
	}
	return netip.Addr{}, nil
}

func (w *world) dial(ctx context.Context, _, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dialed = append(w.dialed, address)
	srv := w.servers[address]
	if srv == nil {
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(srv.URL, "ldaps://"))
}

func (w *world) config() Config {
	return Config{URL: "ldaps", TLS: &tls.Config{RootCAs: w.roots}, Credentials: Credentials{Mechanism: Simple, User: trustedUser, Password: trustedPassword},
		PageSize: 5, Timeout: time.Minute, RetryWait: time.Millisecond, dial: w.dial}
}

func (w *world) forest() ForestConfig {
	return ForestConfig{Locator: w, Domains: []DomainConfig{{Domain: "example.test", Config: w.config()}}}
}

// schemaOf says that a global catalog holds the addresses.
func schemaOf(domain string) string {
	schema := "CN=Schema,CN=Configuration,DC=" + domain + ",DC=test"
	text := "dn: " + schema + "\nobjectClass: dMD\n\n"
	for _, name := range sweptAttributes {
		text += fmt.Sprintf("dn: CN=%[1]s,%[2]s\nobjectClass: attributeSchema\nlDAPDisplayName: %[1]s\nisMemberOfPartialAttributeSet: TRUE\n\n", name, schema)
	}
	return text
}
