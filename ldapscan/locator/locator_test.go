package locator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Callers try the servers in the order in which they are returned.
func TestOrderOfControllers(t *testing.T) {
	weigh := func(priority, weight uint16) func(*server) {
		return func(s *server) { s.priority, s.weight = priority, weight }
	}
	for name, tt := range map[string]struct {
		servers []server
		want    string
	}{
		"those of the client's site come first": {
			[]server{dc("a", "Berlin"), dc("b", "Berlin"), dc("m", "Munich")}, "m a b"},
		"even where DNS prefers others": {
			[]server{dc("a", "Berlin"), dc("m", "Munich", weigh(9, 0)), dc("n", "Munich", weigh(8, 0))}, "n m a"},
		"those that keep silent come last": {
			[]server{dc("a", "Berlin"), dc("m", "Munich", down), dc("n", "Munich")}, "n a | m"},
		"a site whose controllers are all down falls back to the domain": {
			[]server{dc("a", "Berlin"), dc("b", "Oslo"), dc("m", "Munich", down)}, "a b | m"},
		"a site without records falls back to the domain": {
			[]server{dc("a", "Berlin", clientSite("Bonn")), dc("b", "Oslo", clientSite("Bonn"))}, "a b"},
		"a client without a site takes what DNS says": {
			[]server{dc("a", "Berlin", weigh(1, 0), clientSite("")), dc("b", "Oslo", clientSite(""))}, "b a"},
		"a controller that covers the site is close": {
			[]server{dc("a", "Berlin"), dc("b", "Oslo", func(s *server) { s.Flags |= Closest })}, "b a"},
		"so is one that the records of the site name": {
			[]server{dc("a", "Berlin"), dc("m", "Munich", func(s *server) { s.Flags &^= Closest })}, "m a"},
		"a read-only one comes after the writable": {
			[]server{dc("m", "Munich", readOnly), dc("n", "Munich"), dc("a", "Berlin")}, "n m a"},
		"a near one that is read-only comes before a far one": {
			[]server{dc("a", "Berlin"), dc("m", "Munich", readOnly)}, "m a"},
		"a server of another domain is left out": {
			[]server{dc("a", "Berlin"), dc("b", "Berlin", func(s *server) {
				s.handler = dc("b", "Berlin", func(s *server) { s.Domain = "fabrikam.com" }).answer
			})}, "a"},
		"an answer for another domain is not believed": {
			[]server{dc("a", "Berlin"), dc("b", "Berlin", func(s *server) {
				s.handler = func(request []byte) [][]byte {
					return [][]byte{searchEntry(messageID(request), netlogon(Controller{Host: "b.fabrikam.com", Domain: "fabrikam.com", Forest: "fabrikam.com", Flags: directory}))}
				}
			})}, "a"},
		"a name that is no host's is not heard": {
			[]server{dc("a", "Berlin"), dc("b", "Berlin", func(s *server) {
				s.handler = dc("b", "Berlin", func(s *server) { s.Host = "evil.com#.contoso.com" }).answer
			})}, "a | b"},
		"a name without an address is left out": {
			[]server{dc("a", "Berlin"), dc("b", "Berlin", func(s *server) { s.ips = nil })}, "a"},
		"damaged answers are none": {
			[]server{dc("a", "Berlin"), dc("b", "Berlin", func(s *server) {
				s.handler = func(request []byte) [][]byte {
					return [][]byte{{0x30, 0x80}, nil, searchEntry(messageID(request), nil)}
				}
			})}, "a | b"},
		"a paused one comes last": {
			[]server{dc("a", "Berlin", func(s *server) {
				s.handler = func(request []byte) [][]byte {
					b := netlogon(s.Controller)
					b[0] = samPauseResponseEx
					return [][]byte{searchEntry(messageID(request), b)}
				}
			}), dc("b", "Berlin")}, "b | a"},
		"the search goes on until one answers": {
			append(many(20, "Berlin", down), dc("z", "Berlin")), "z | a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9"},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := lab(tt.servers...)
			found, err := l.Controllers(t.Context(), "Contoso.COM.")
			if err != nil {
				t.Fatal(err)
			}
			if got := names(found); got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

// many are n controllers named a0 to a9, b0 and so on.
func many(n int, site string, change ...func(*server)) (list []server) {
	for i := range n {
		list = append(list, dc(fmt.Sprintf("%c%d", 'a'+i/10, i%10), site, change...))
	}
	return list
}

func TestControllerIsWhatItAnswered(t *testing.T) {
	for _, tt := range []struct {
		role string
		find func(*Locator, context.Context, string) ([]Controller, error)
		addr string
	}{
		{"controllers", (*Locator).Controllers, "10.0.0.2:389"},
		{"KDCs", (*Locator).KDCs, "10.0.0.2:88"},
		{"catalogs", (*Locator).Catalogs, "10.0.0.2:3268"},
	} {
		t.Run(tt.role, func(t *testing.T) {
			s := dc("m", "Munich", catalog)
			s.ips = []string{"10.0.0.1", "10.0.0.2"} // only the last answers
			s.handler = func(request []byte) [][]byte {
				upper := s
				upper.Host = "M.contoso.com"
				return upper.answer(request)
			}
			l, _ := lab(s)
			found, err := tt.find(l, t.Context(), "contoso.com")
			if err != nil {
				t.Fatal(err)
			}
			want := "[{m.contoso.com " + tt.addr + " contoso.com contoso.com Munich Munich 436}]"
			if got := fmt.Sprint(found); got != want {
				t.Errorf("found %s, want %s", got, want)
			}
		})
	}
}

// A forest has catalogs in all of its domains, and DNS may still name servers
// that are catalogs no more.
func TestCatalogs(t *testing.T) {
	child := dc("c", "Munich", catalog, func(s *server) { s.Host, s.Domain = "c.eu.contoso.com", "eu.contoso.com" })
	former := dc("f", "Munich", catalog)
	former.handler = dc("f", "Munich").answer
	foreign := dc("g", "Munich", catalog)
	foreign.handler = dc("g", "Munich", catalog, func(s *server) { s.Forest = "fabrikam.com" }).answer
	l, _ := lab(dc("a", "Berlin", catalog), child, former, foreign, dc("d", "Munich"))
	found, err := l.Catalogs(t.Context(), "contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	if got := names(found); got != "c a" {
		t.Errorf("found %q, want the catalog of the child domain and then the far one", got)
	}
}

// A domain may have hundreds of controllers.
func TestNoMoreArePingedThanNeeded(t *testing.T) {
	near := []server{dc("x", "Munich"), dc("y", "Munich"), dc("z", "Munich", down)}
	for name, tt := range map[string]struct {
		servers []server
		pings   int
		first   string
	}{
		"all up":   {append(many(100, "Berlin"), near...), parallel + len(near), "x y a0"},
		"far down": {append(many(100, "Berlin", down), near...), 100 + len(near), "x y | z"},
		"no site":  {many(100, "Berlin", clientSite("")), parallel, "a0 a1"},
	} {
		t.Run(name, func(t *testing.T) {
			l, n := lab(tt.servers...)
			found, err := l.Controllers(t.Context(), "contoso.com")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(names(found), tt.first) {
				t.Errorf("found %q, want %s first", names(found), tt.first)
			}
			slices.Sort(n.asked)
			if len(n.asked) != tt.pings || len(slices.Compact(n.asked)) != tt.pings {
				t.Errorf("%d were pinged, want %d, each once", len(n.asked), tt.pings)
			}
			if n.most > parallel {
				t.Errorf("%d at a time, want at most %d", n.most, parallel)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	elsewhere := dc("a", "Berlin")
	elsewhere.handler = dc("a", "Berlin", func(s *server) { s.Domain = "fabrikam.com" }).answer
	former := dc("a", "Berlin", catalog)
	former.handler = dc("a", "Berlin").answer
	ofDomain, ofForest := (*Locator).Controllers, (*Locator).Catalogs
	ping := func(host string) func(*Locator, context.Context, string) ([]Controller, error) {
		return func(l *Locator, ctx context.Context, domain string) ([]Controller, error) {
			c, err := l.Ping(ctx, host, domain)
			return []Controller{c}, err
		}
	}
	for name, tt := range map[string]struct {
		servers []server
		dns     handler // nil: of the servers
		domain  string
		find    func(*Locator, context.Context, string) ([]Controller, error)
		text    string
		hint    string
	}{
		"no records": {nil, nil, "contoso.com", ofDomain,
			"contoso.com: no domain controllers in DNS", "check the domain's name, or name a domain controller with -H, or the domain's DNS server with --dns"},
		"no catalogs": {many(2, "Berlin"), nil, "contoso.com", ofForest,
			"contoso.com: no global catalogs in DNS", "--dns"},
		"no service": {nil, refuses(), "contoso.com", ofDomain,
			"contoso.com: no domain controllers in DNS", "name a domain controller with -H"},
		"NetBIOS name": {nil, nil, "CONTOSO", ofDomain,
			"contoso: no domain controllers in DNS", "full DNS name"},
		"DNS server silent": {nil, silent, "contoso.com", ofDomain,
			"contoso.com: the DNS server 10.0.0.53 does not answer", "port 53"},
		"DNS server fails": {nil, fails, "contoso.com", ofDomain,
			"contoso.com: the DNS server 10.0.0.53 could not be asked: server misbehaving", "port 53"},
		"one, silent": {many(1, "Berlin", down), nil, "contoso.com", ofDomain,
			"contoso.com: no domain controller in DNS can be used: a0.contoso.com: no answer on UDP port 389", "open UDP port 389"},
		"all silent": {many(12, "Berlin", down), nil, "contoso.com", ofDomain,
			"contoso.com: no domain controller in DNS can be used: a0.contoso.com: no answer on UDP port 389 (and 11 more)", "with -H"},
		"no addresses": {many(1, "Berlin", func(s *server) { s.ips = nil }), nil, "contoso.com", ofDomain,
			"contoso.com: no domain controller in DNS can be used: a0.contoso.com: no address in DNS", "--dns"},
		"other domain": {[]server{elsewhere}, nil, "contoso.com", ofDomain,
			"contoso.com: no domain controller in DNS can be used: a.contoso.com: it is not a domain controller for this domain", "with -H"},
		"no catalog any more": {[]server{former}, nil, "contoso.com", ofForest,
			"contoso.com: no global catalog in DNS can be used: a.contoso.com: it is not a global catalog", "with -H"},
		"ping, DNS server silent": {nil, silent, "contoso.com", ping("dc1"),
			"dc1: the DNS server 10.0.0.53 does not answer", "--dns"},
		"ping, silent": {nil, nil, "contoso.com", ping("10.0.0.1"),
			"10.0.0.1: no answer on UDP port 389", "UDP port 389"},
		"ping, damaged": {many(1, "Berlin", func(s *server) {
			s.handler = func(request []byte) [][]byte { return [][]byte{searchEntry(messageID(request), nil)} }
		}), nil, "contoso.com", ping("a0.contoso.com"),
			"a0.contoso.com: no readable answer on UDP port 389", "UDP port 389"},
	} {
		t.Run(name, func(t *testing.T) {
			l, n := lab(tt.servers...)
			if tt.dns != nil {
				n.handlers[dnsServer+":53"] = tt.dns
			}
			found, err := tt.find(l, t.Context(), tt.domain)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%v, %v", found, err)
			}
			if e.Error() != tt.text || !strings.Contains(e.Advice, tt.hint) {
				t.Errorf("%v / %s\nwant %s / %s", e, e.Advice, tt.text, tt.hint)
			}
		})
	}
	t.Run("the system's DNS server is not named", func(t *testing.T) {
		err := (&Locator{}).explainDNS(role{}, "contoso.com", &net.DNSError{Err: "i/o timeout", Server: "192.0.2.1:53", IsTimeout: true})
		if err.Error() != "contoso.com: the DNS server does not answer" {
			t.Error(err)
		}
	})
}

// fails is a DNS server without an answer.
func fails(request []byte) [][]byte {
	var m dnsmessage.Message
	if m.Unpack(request) != nil {
		return nil
	}
	m.Response, m.RCode, m.Additionals = true, dnsmessage.RCodeServerFailure, nil
	b, _ := m.Pack()
	return [][]byte{b}
}

// refuses is a DNS server that says the service is decidedly not there (RFC 2782).
func refuses() handler {
	z := &zone{srv: map[string][]dnsmessage.SRVResource{
		"_ldap._tcp.dc._msdcs.contoso.com.": {{Target: dnsmessage.MustNewName(".")}},
	}}
	return z.answer
}

// A call ends with its context, or with its time budget; what has answered by
// then is returned.
func TestTimeBudget(t *testing.T) {
	lab, _ := lab(dc("a", "Berlin"), dc("b", "Berlin"))
	if _, err := lab.Controllers(t.Context(), "contoso.com"); err != nil { // the resolver's own state is not to be of the bubble
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		l := *lab
		l.Timeout = waits[0] / 2
		l.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if !strings.HasPrefix(address, "10.0.98.") { // b
				return lab.dial(ctx, network, address)
			}
			near, far := net.Pipe()
			go func() {
				for b := make([]byte, 1024); ; {
					if _, err := far.Read(b); err != nil {
						return
					}
				}
			}()
			return near, nil
		}
		start := time.Now()
		found, err := l.Controllers(ctx, "contoso.com")
		if names(found) != "a | b" || err != nil || time.Since(start) != l.Timeout {
			t.Errorf("%q, %v after %v", names(found), err, time.Since(start))
		}

		l.Timeout = 0
		start = time.Now()
		_, err = l.Ping(ctx, "10.0.98.1", "contoso.com")
		if want := waits[0] + waits[1] + waits[2]; !errors.Is(err, errSilent) || time.Since(start) != want {
			t.Errorf("%v after %v, want silence after %v", err, time.Since(start), want)
		}

		time.AfterFunc(time.Millisecond, cancel)
		start = time.Now()
		_, err = l.Controllers(ctx, "contoso.com")
		if err != context.Canceled || time.Since(start) != time.Millisecond {
			t.Errorf("%v after %v, want the error of the context", err, time.Since(start))
		}
	})
}

func TestResolve(t *testing.T) {
	s := dc("m", "Munich")
	s.ips = []string{"10.0.0.1", "10.0.0.2"}
	l, _ := lab(s)
	if addr, err := l.Resolve(t.Context(), "M.contoso.com"); err != nil || addr.String() != "10.0.0.1" {
		t.Errorf("%v, %v", addr, err)
	}
	_, err := l.Resolve(t.Context(), "n.contoso.com")
	if e := (*Error)(nil); !errors.As(err, &e) || e.Error() != "n.contoso.com: no address in DNS" || e.Advice == "" {
		t.Error(err)
	}
}
