package ldapscan

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"proxyaddr/conflicts"
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

// Whoever answers DNS and the ping chooses among domain controllers of the domain, and
// no name of his own gets the password.
func TestForgedPingGetsNoPassword(t *testing.T) {
	for _, host := range []string{"evil.com#.example.test", "evil.com?.example.test", "evil.com%23.example.test", "evil.com/.example.test",
		`evil.com\.example.test`, "evil.com:636.example.test", "x@evil.com", "evil.com@.example.test", "evil.com", "evil.com.", "badexample.test",
		"example.test.evil.com", "evil.com .example.test", "evil.com\x00.example.test", "", "127.0.0.9", "[::1]"} {
		t.Run(host, func(t *testing.T) {
			w := newWorld()
			evil := w.add(t, "127.0.0.9", "evil.com", exampleForest)
			w.controllers = []locator.Controller{controllerAt("127.0.0.9", host, "example.test")}
			f, err := OpenForest(t.Context(), w.forest())
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(e.Problem, "outside the domain") || !strings.Contains(e.Hint, "--url") {
				t.Errorf("%v, %v", f, err)
			}
			if n := evil.Counts(); n.Connections != 0 || len(w.dialed) != 0 {
				t.Errorf("%+v, dialed %q", n, w.dialed)
			}
		})
	}
}

// The forest of a domain is what a domain controller says that proved to be one, not
// what the ping says.
func TestForgedForestGetsNoPassword(t *testing.T) {
	w := newWorld()
	dc := w.add(t, "127.0.0.1", "dc1.example.test", exampleForest+schemaOf("example"))
	evil := w.add(t, "127.0.0.9", "evil.test", exampleForest)
	good, bad := controllerAt("127.0.0.1", "dc1.example.test", "test"), controllerAt("127.0.0.9", "evil.test", "test")
	w.controllers = []locator.Controller{good}
	cfg := w.forest()
	cfg.GlobalCatalog = true
	for name, catalogs := range map[string]map[string][]locator.Controller{
		"in the forest of the ping": {"test": {bad}},
		"in the forest":             {"test": {bad}, "example.test": {bad}},
	} {
		w.catalogs = catalogs
		if f, err := OpenForest(t.Context(), cfg); err == nil {
			f.Close()
			t.Errorf("%s: opened", name)
		}
	}
	w.catalogs = map[string][]locator.Controller{"test": {bad}, "example.test": {bad, good}}
	f, err := OpenForest(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if s := f.Servers(); len(s) != 1 || s[0].URL != "ldaps://dc1.example.test:3269" {
		t.Errorf("%v", s)
	}
	if n := evil.Counts(); n.Connections != 0 || dc.Counts().Binds == 0 {
		t.Errorf("%+v", n)
	}
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

// Whoever may write the object of a server below CN=Sites does not learn the password
// of those who compare domain controllers.
func TestForgedServerObjectGetsNoPassword(t *testing.T) {
	content := exampleForest + "dn: CN=Sites,CN=Configuration,DC=example,DC=test\nobjectClass: sitesContainer\n\n" + contactsOf(3)
	for _, host := range []string{"dc1.example.test", "dc2.example.test", "evil.com", "evil.com#.example.test"} {
		name := "CN=" + strings.ReplaceAll(host, "#", "") + ",CN=Servers,CN=S,CN=Sites,CN=Configuration,DC=example,DC=test"
		content += fmt.Sprintf("dn: %[1]s\nobjectClass: server\ndNSHostName: %[2]s\n\ndn: CN=NTDS Settings,%[1]s\nobjectClass: nTDSDSA\nhasMasterNCs: DC=example,DC=test\n\n", name, host)
	}
	w := newWorld()
	w.add(t, "127.0.0.1", "dc1.example.test", content)
	w.add(t, "127.0.0.2", "dc2.example.test", content)
	evil := w.add(t, "127.0.0.9", "evil.com", content)
	w.servers["evil.com:636"] = evil
	w.controllers = []locator.Controller{controllerAt("127.0.0.1", "dc1.example.test", "example.test"), controllerAt("127.0.0.2", "dc2.example.test", "example.test")}
	r, err := OpenReplicas(t.Context(), w.forest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c, err := Compare(t.Context(), r, Options{})
	if err != nil || c.Complete() || len(c.Servers) != 2 || strings.Count(strings.Join(c.Problems, "\n"), "outside the domain: not compared") != 2 {
		t.Errorf("%v, %v", c, err)
	}
	if n := evil.Counts(); n.Connections != 0 {
		t.Errorf("%+v, dialed %q", n, w.dialed)
	}
}

// A crossRef that was read over an authenticated connection names a domain to read,
// whatever its DNS name; DNS names none.
func TestDomainsOfTheForest(t *testing.T) {
	for _, tc := range []struct {
		host   string
		domain string // empty: not permitted
	}{
		{"dc1.example.test", "example.test"},
		{"DC1.Child.Example.TEST.", "child.example.test"},
		{"dc1.other.test", "other.test"},
		{"example.test", "example.test"},
		{"dc1.evil.test", ""},
		{"test", ""},
		{"dc1.example.test.evil.com", ""},
		{"evil.com#.example.test", ""},
	} {
		got, ok := permitted("ldap", tc.host, "example.test", "Child.Example.test", "other.test", "")
		want := target{}
		if tc.domain != "" {
			host := strings.ToLower(strings.TrimSuffix(tc.host, "."))
			want = target{url: "ldap://" + host, scheme: "ldap", host: host, port: "389", domain: tc.domain}
		}
		if tc.domain != "" && got != want || ok != (tc.domain != "") {
			t.Errorf("%s: %+v, %t", tc.host, got, ok)
		}
		if service, err := got.service("EXAMPLE.TEST", nil); ok && (err != nil || service.String() != "ldap/"+want.host+"/"+want.domain) {
			t.Errorf("%v, %v", service, err)
		}
	}
}

// Only a host that the user chose is asked for by a name that every computer may have.
func TestServices(t *testing.T) {
	for _, tc := range []struct{ url, realm, names, want string }{
		{"ldap://dc1.example.test", "EXAMPLE.TEST", "evil.example.test", "ldap/dc1.example.test"},
		{"ldap://dc1", "", "", "ldap/dc1"},
		{"ldap://10.0.0.1", "EXAMPLE.TEST", "Evil.Example.test", "ldap/evil.example.test/example.test"},
		{"ldap://10.0.0.1", "EXAMPLE.TEST", "", ""},
		{"ldap://10.0.0.1", "EXAMPLE.TEST", "evil/example.test", ""},
		{"ldap://10.0.0.1", "", "evil.example.test", ""},
		{"ldaps://[::1]", "EXAMPLE.TEST", "dc1.example.test", "ldap/dc1.example.test/example.test"},
	} {
		server, e := targetOf(tc.url)
		if e != nil {
			t.Fatal(e)
		}
		root := attributes{}
		if tc.names != "" {
			root.add("dNSHostName", []byte(tc.names))
		}
		service, err := server.service(tc.realm, root)
		if (err == nil) != (tc.want != "") || err == nil && service.String() != tc.want {
			t.Errorf("%+v: %v, %v", tc, service, err)
		}
	}
}

func FuzzPermitted(f *testing.F) {
	for _, host := range []string{"dc1.example.test", "evil.com#.example.test", "a%2eexample.test", "x?.example.test", "anna:secret@dc1.example.test", "DC1.EXAMPLE.TEST."} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		got, ok := permitted("ldaps", host, "example.test")
		if !ok {
			return
		}
		u, err := url.Parse(got.url)
		if err != nil || u.Hostname() != got.host || u.Host != got.host || got.host != "example.test" && !strings.HasSuffix(u.Hostname(), ".example.test") {
			t.Errorf("%q: %+v is %+v, %v", host, got, u, err)
		}
	})
}

func TestTargetOf(t *testing.T) {
	for text, want := range map[string]target{
		"ldaps://dc1.example.test":        {scheme: "ldaps", host: "dc1.example.test", port: "636"},
		"LDAPS://DC1.Example.test.:3269/": {scheme: "ldaps", host: "dc1.example.test", port: "3269"},
		"ldap://dc1":                      {scheme: "ldap", host: "dc1", port: "389"},
		"ldap://10.0.0.1:3268":            {scheme: "ldap", host: "10.0.0.1", port: "3268"},
		"ldaps://[2001:DB8::1]":           {scheme: "ldaps", host: "2001:db8::1", port: "636"},
		"ldaps://[::1]:1636":              {scheme: "ldaps", host: "::1", port: "1636"},
	} {
		want.url = text
		got, err := targetOf(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if strings.Contains(text, "32") != got.catalog() {
			t.Errorf("%s: catalog %t", text, got.catalog())
		}
	}
	// None of them is shown: each could hold the password.
	for _, text := range []string{
		"anna:Secret123@dc1.example.test", "ldaps:/anna:Secret123@dc1", "ldaps://anna:Secret123@dc1", "ldaps://Secret123@dc1", `ldaps:\\anna:Secret123@dc1`,
		"ldaps://dc1#Secret123", "ldaps://dc1?Secret123", "ldaps://dc1%Secret123", "ldaps://dc1/Secret123", `ldaps://dc1\Secret123`, "ldaps:///Secret123",
		"ldaps://EXAMPLE\\anna:Secret123@dc1", "ldaps:dc1:Secret123", "anna:Secret123", "ldaps://dc1:Secret123", "Secret123@://dc1", "Secret123 ://dc1",
		"ldaps://dc1 Secret123", "ldaps://anna%3ASecret123@dc1", "ldaps://[fe80::1%Secret123]", "ldaps://::1#Secret123", "ldaps://dc1\nSecret123",
		"//anna:Secret123@dc1", "://anna:Secret123@dc1", "ldaps://", "", "ldaps://dc1:0", "ldaps://dc1:65536", "ldaps://::1", "ldaps://dc1/x", "ldaps://dc1//",
	} {
		_, err := targetOf(text)
		if err == nil || strings.Contains(err.Error()+err.Hint, "Secret123") || err.Hint == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzTargetOf(f *testing.F) {
	for _, text := range []string{"ldaps://dc1.example.test:636/", "ldaps://anna:secret@dc1", "ldap://[::1]", "ldaps://a#b", "x", "ldaps://a%62"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := targetOf(text)
		if err != nil {
			return
		}
		u, parsed := url.Parse(text)
		if parsed != nil || u.User != nil || u.RawQuery+u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
			t.Fatalf("%q: %+v is %+v, %v", text, got, u, parsed)
		}
		a, _ := netip.ParseAddr(u.Hostname())
		b, _ := netip.ParseAddr(got.host)
		if host, _ := locator.HostName(u.Hostname()); host != got.host && a != b {
			t.Errorf("%q: host %q, and %q in a URL", text, got.host, u.Hostname())
		}
	})
}

// Once an account was refused it is not tried again, at whichever server: the domain
// counts, and locks it.
func TestRefusedAccountIsNotTriedAgain(t *testing.T) {
	for _, tc := range []struct {
		name        string
		connections int
		compare     bool
		// when the password stops being good: before a page of the sweep, or at the
		// first connection of several
		page int
	}{
		{"in the sweep", 1, false, 2},
		{"in the sweep, with four connections", 4, false, 1},
		{"before the other connections", 4, false, 0},
		{"of a comparison", 1, true, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			content := exampleForest + "dn: CN=Sites,CN=Configuration,DC=example,DC=test\nobjectClass: sitesContainer\n\n" + contactsOf(60)
			var servers []*ldaptest.Server
			for i := range 4 {
				host := fmt.Sprintf("dc%d.example.test", i+1)
				server := fmt.Sprintf("CN=DC%d,CN=Servers,CN=S,CN=Sites,CN=Configuration,DC=example,DC=test", i+1)
				content += fmt.Sprintf("dn: %[1]s\nobjectClass: server\ndNSHostName: %[2]s\n\ndn: CN=NTDS Settings,%[1]s\nobjectClass: nTDSDSA\nhasMasterNCs: DC=example,DC=test\n\n", server, host)
			}
			for i := range 4 {
				ip, host := fmt.Sprintf("127.0.0.%d", i+1), fmt.Sprintf("dc%d.example.test", i+1)
				servers = append(servers, w.add(t, ip, host, content))
				w.controllers = append(w.controllers, controllerAt(ip, host, "example.test"))
			}
			var bad int // binds with the password that was changed
			change := sync.OnceFunc(func() {
				for _, srv := range servers {
					bad -= srv.Counts().Binds
					srv.SetPassword(trustedUser, "changed")
				}
			})
			for _, srv := range servers {
				srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Times: -1, Do: change, Match: func(s ldaptest.Search) bool {
					return s.Paged && s.Base == "DC=example,DC=test" && strings.Contains(s.Filter, "proxyAddresses")
				}, Page: tc.page})
			}
			cfg := w.forest()
			cfg.Domains[0].Connections = tc.connections
			var problems []string
			if tc.compare {
				r, err := OpenReplicas(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				c, err := Compare(t.Context(), r, Options{})
				if err != nil {
					t.Fatal(err)
				}
				problems = c.Problems
			} else {
				f, err := OpenForest(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if tc.page == 0 {
					change()
				}
				audit, err := Scan(t.Context(), f, Options{})
				if err != nil {
					t.Fatal(err)
				}
				problems = audit.Problems
				if _, err := Check(t.Context(), f, []conflicts.Address{conflicts.ParseAddress("smtp:free@example.test")}); err == nil {
					t.Error("a check after the refusal knows more than the scan")
				}
			}
			for _, srv := range servers {
				bad += srv.Counts().Binds
			}
			if bad != 1 {
				t.Errorf("%d binds with the wrong password", bad)
			}
			said := strings.Join(problems, "\n")
			if !strings.Contains(said, "logon was then refused: user or password is wrong; it is not tried again, so that the account is not locked") {
				t.Errorf("problems %q", problems)
			}
			if strings.Contains(said, trustedPassword) {
				t.Error("the password is told")
			}
		})
	}
}

// A wrong password is sent once, however many servers it is for.
func TestWrongPasswordIsSentOnce(t *testing.T) {
	w := newWorld()
	var servers []*ldaptest.Server
	for i := range 4 {
		ip, host := fmt.Sprintf("127.0.0.%d", i+1), fmt.Sprintf("dc%d.example.test", i+1)
		servers = append(servers, w.add(t, ip, host, exampleForest))
		w.controllers = append(w.controllers, controllerAt(ip, host, "example.test"))
	}
	cfg := w.forest()
	cfg.Domains[0].Password = "wrong"
	cfg.Domains = append(cfg.Domains, cfg.Domains[0])
	binds := func() (n int) {
		for _, srv := range servers {
			n += srv.Counts().Binds
		}
		return n
	}
	if _, err := OpenForest(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "user or password is wrong") || binds() != 1 {
		t.Errorf("%v, %d binds", err, binds())
	}
	// At the same time, too.
	server, one, err := Config{URL: "ldaps://127.0.0.1", TLS: cfg.Domains[0].TLS, Credentials: cfg.Domains[0].Credentials, dial: w.dial}.byURL()
	if err != nil {
		t.Fatal(err)
	}
	var opening sync.WaitGroup
	told := make([]string, 8)
	for i := range told {
		opening.Go(func() {
			_, err := openTarget(t.Context(), server, one)
			told[i] = err.Error()
		})
	}
	opening.Wait()
	if n := binds(); n != 2 {
		t.Errorf("%d binds", n-1)
	}
	slices.Sort(told)
	if told = slices.Compact(told); len(told) != 2 || !strings.Contains(told[0], "the logon was refused before: user or password is wrong; it is not tried again") {
		t.Errorf("%q", told)
	}
}
