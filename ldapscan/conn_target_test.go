package ldapscan

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"proxyaddr/ldapscan/locator"
)

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
			if !errors.As(err, &e) || !strings.Contains(e.Problem, "outside the domain") || !strings.Contains(e.Advice, "with -H") {
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
	r, err := OpenDirectories(t.Context(), w.forest())
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
		"ldap://dc1:03268":                {scheme: "ldap", host: "dc1", port: "3268"},
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
		"ldaps://[dc1]", "ldaps://[10.0.0.1]:636",
	} {
		_, err := targetOf(text)
		if err == nil || strings.Contains(err.Error()+err.Advice, "Secret123") || err.Advice == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// However the user writes a domain, its realm has one name.
func TestRealmOfDomain(t *testing.T) {
	for _, domain := range []string{"example.test", "Example.TEST", "example.test."} {
		cfg := ForestConfig{Domains: []DomainConfig{{Domain: domain}}}.oneRun()
		if d := cfg.Domains[0]; d.Realm != "EXAMPLE.TEST" || d.Domain != "example.test" {
			t.Errorf("%s: %q of %q", domain, d.Realm, d.Domain)
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
