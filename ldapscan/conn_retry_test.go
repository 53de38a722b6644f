package ldapscan_test

import (
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

// forward passes connections on to a server, of which there may be another for
// each, and returns where it listens.
func forward(t testing.TB, server func() *ldaptest.Server) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			back, err := net.Dial("tcp", strings.TrimPrefix(server().URL, "ldaps://"))
			if err != nil {
				client.Close()
				continue
			}
			pass := func(to, from net.Conn) {
				io.Copy(to, from)
				to.Close()
				from.Close()
			}
			go pass(client, back)
			go pass(back, client)
		}
	}()
	return "ldaps://" + l.Addr().String()
}

// Behind one name there can be several domain controllers. When the second takes
// over, what the first one sent leaves no trace: not even an address that is taken.
func TestAnotherServerTakesOver(t *testing.T) {
	_, entries := forest(t)
	content := entries.String()
	first := serve(t, ldaptest.Config{Entries: strings.NewReader(content), Host: "dc1.contoso.example"})
	second := serve(t, ldaptest.Config{Entries: strings.NewReader(strings.ReplaceAll(content, "anna@", "anne@")), Host: "dc2.contoso.example"})
	for _, page := range []int{1, 2, 3} {
		t.Run(fmt.Sprintf("page %d", page), func(t *testing.T) {
			var over atomic.Bool
			cfg := config(first)
			cfg.URL = forward(t, func() *ldaptest.Server {
				if over.Load() {
					return second
				}
				return first
			})
			cfg.TLS.RootCAs = x509.NewCertPool()
			cfg.TLS.RootCAs.AppendCertsFromPEM(first.CAPEM)
			cfg.TLS.RootCAs.AppendCertsFromPEM(second.CAPEM)
			cfg.PageSize = 900
			d := open(t, cfg)
			first.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Page: page, Entry: 5, Match: paged(sweep), Do: func() { over.Store(true) }})
			direct := config(second)
			direct.PageSize = 900
			want := scan(t, open(t, direct), ldapscan.Options{})
			got := scan(t, d, ldapscan.Options{})
			if !got.Complete() || got.Objects() != want.Objects() || got.Values() != want.Values() || !slices.Equal(conflictsOf(got), conflictsOf(want)) {
				t.Errorf("problems %q, %d objects, conflicts %q", got.Problems, got.Objects(), conflictsOf(got))
			}
			for i, c := range want.Changes {
				if c.New != got.Changes[i].New {
					t.Errorf("%s proposed, want %s", got.Changes[i].New, c.New)
				}
			}
			if len(got.Scope.Servers) != 1 || got.Scope.Servers[0].Host != "dc2.contoso.example" ||
				!slices.Contains(got.Notes, "CN=Configuration,DC=contoso,DC=example: swept again on dc2.contoso.example, which took over") {
				t.Errorf("servers %v, notes %q", got.Scope.Servers, got.Notes)
			}
		})
	}
}

// Several connections find what one does.
func TestConnections(t *testing.T) {
	f, entries := forest(t)
	srv := serve(t, ldaptest.Config{Entries: entries})
	before := srv.Counts().Connections
	cfg := config(srv)
	cfg.Connections = 3
	d := open(t, cfg)
	conformance(t, f, d)
	if n := srv.Counts().Connections - before; n < 3 {
		t.Errorf("%d connections", n)
	}
}

// One of several connections that comes back on another domain controller has
// ranges of other numbers to read: the partition is swept again.
func TestAnotherServerTakesOverOneConnection(t *testing.T) {
	_, entries := forest(t)
	content := entries.String()
	first := ldaptest.Config{Entries: strings.NewReader(content), Host: "dc1.contoso.example"}
	main := serve(t, first)
	first.Entries = strings.NewReader(content)
	side := serve(t, first) // the same domain controller, to tell its connections apart
	second := serve(t, ldaptest.Config{Entries: strings.NewReader(strings.ReplaceAll(content, "anna@", "anne@")), Host: "dc2.contoso.example"})
	want := scan(t, open(t, config(main)), ldapscan.Options{})

	struck := make(chan struct{})
	var connections int
	cfg := config(main)
	cfg.Connections = 2
	cfg.URL = forward(t, func() *ldaptest.Server {
		connections++
		select {
		case <-struck:
			return second
		default:
		}
		if connections == 1 {
			return main
		}
		return side
	})
	cfg.TLS.RootCAs = x509.NewCertPool()
	for _, s := range []*ldaptest.Server{main, side, second} {
		cfg.TLS.RootCAs.AppendCertsFromPEM(s.CAPEM)
	}
	d := open(t, cfg)
	main.Inject(ldaptest.Fault{Match: paged(sweep), Do: func() { // so that a range is left for the other
		select {
		case <-struck:
		case <-t.Context().Done():
		}
	}})
	side.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Match: paged(sweep), Do: func() { close(struck) }})
	got := scan(t, d, ldapscan.Options{})
	if !got.Complete() || got.Objects() != want.Objects() || got.Values() != want.Values() || !slices.Equal(conflictsOf(got), conflictsOf(want)) {
		t.Errorf("problems %q, %d objects, conflicts %q", got.Problems, got.Objects(), conflictsOf(got))
	}
	if !slices.ContainsFunc(got.Notes, func(n string) bool { return strings.Contains(n, "begun again") }) {
		t.Errorf("notes %q", got.Notes)
	}
}

// The page size is that of the forest's policy, and what the server allows.
func TestPageSize(t *testing.T) {
	f, entries := forest(t)
	const policy = `dn: CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,DC=contoso,DC=example
objectClass: queryPolicy
lDAPAdminLimits: MaxValRange=1500
lDAPAdminLimits: MaxPageSize=%d
`
	content := entries.String() + "\n"
	for _, tc := range []struct {
		name          string
		policy, asked int
		most          int // that the server allows
		rate          int
		pages         int // of the domain
	}{
		{"policy", 500, 0, 5000, 0, (f.objects + 499) / 500},
		{"asked for", 500, 1200, 5000, 0, (f.objects + 1199) / 1200},
		{"more than the server allows", 2000, 0, 700, 0, (f.objects + 699) / 700},
		{"no bursts", 0, 0, 5000, 2000, (f.objects + 999) / 1000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			entries := content
			if tc.policy > 0 {
				entries += fmt.Sprintf(policy, tc.policy)
			}
			cfg := config(serve(t, ldaptest.Config{Entries: strings.NewReader(entries), MaxPageSize: tc.most}))
			cfg.PageSize, cfg.Rate = tc.asked, tc.rate
			audit := scan(t, open(t, cfg), ldapscan.Options{})
			i := slices.IndexFunc(audit.Coverage, func(c conflicts.Coverage) bool { return c.Partition == "DC=contoso,DC=example" })
			if !audit.Complete() || i < 0 || audit.Coverage[i].Pages != tc.pages {
				t.Errorf("problems %q, coverage %+v, want %d pages", audit.Problems, audit.Coverage, tc.pages)
			}
		})
	}
}

// A rate is not exceeded, however many connections there are.
func TestRate(t *testing.T) {
	f, entries := forest(t)
	for _, connections := range []int{1, 3} {
		cfg := config(serve(t, ldaptest.Config{Entries: strings.NewReader(entries.String())}))
		cfg.Rate, cfg.Connections, cfg.PageSize = 4000, connections, 100
		d := open(t, cfg)
		start := time.Now()
		if audit := scan(t, d, ldapscan.Options{}); !audit.Complete() || audit.Objects() != f.objects {
			t.Errorf("problems %q, %d objects", audit.Problems, audit.Objects())
		}
		// The first pages are free: one on each connection.
		if least := time.Duration(f.objects-100*connections) * time.Second / 4000; time.Since(start) < least {
			t.Errorf("%d connections: %d objects in %v, want no less than %v", connections, f.objects, time.Since(start), least)
		}
	}
}
