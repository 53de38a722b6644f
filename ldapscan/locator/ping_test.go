package locator

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// onLoopback sends what is meant for an address to a socket of the test.
func onLoopback(sockets map[string]string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, sockets[address])
	}
}

// Over real sockets, from the name of a host to its answer.
func TestPing(t *testing.T) {
	m := dc("m", "Munich")
	z := &zone{hosts: map[string][]string{m.Host + ".": {"10.0.0.1"}}, srv: map[string][]dnsmessage.SRVResource{}}
	sockets := map[string]string{
		"10.0.0.53:5353": serve(t, func(c net.PacketConn, client net.Addr, request []byte) {
			for _, b := range z.answer(request) {
				c.WriteTo(b, client)
			}
		}),
		"10.0.0.1:389": serve(t, func(c net.PacketConn, client net.Addr, request []byte) {
			for _, b := range m.answer(request) {
				c.WriteTo(b, client)
			}
		}),
	}
	l := &Locator{DNS: "10.0.0.53:5353", dial: onLoopback(sockets)}
	for _, host := range []string{m.Host, "M.Contoso.com.", "10.0.0.1"} {
		for _, domain := range []string{"contoso.com", "CONTOSO.COM.", ""} {
			c, err := l.Ping(t.Context(), host, domain)
			want := m.Controller
			want.Addr = c.Addr
			if err != nil || c != want || c.Addr.String() != "10.0.0.1:389" {
				t.Errorf("%s, %s: %+v, %v", host, domain, c, err)
			}
		}
	}
	for host, want := range map[string]string{
		"10.0.0.1": "10.0.0.1: it is not a domain controller for this domain",
		"nowhere":  "nowhere: no address in DNS",
		"a b":      "a b: no address in DNS",
	} {
		_, err := l.Ping(t.Context(), host, "fabrikam.com")
		var e *Error
		if !errors.As(err, &e) || e.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Anybody can send a datagram to the port of the ping.
func TestForgedAnswersAreIgnored(t *testing.T) {
	forged := dc("evil", "Munich").Controller
	stranger, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	m := dc("m", "Munich")
	address := serve(t, func(c net.PacketConn, client net.Addr, request []byte) {
		id := messageID(request)
		for _, b := range [][]byte{
			nil,
			searchEntry(id+1, netlogon(forged)),
			searchEntry(0, netlogon(forged)),
			searchDone(id - 1),
			searchEntry(id, netlogon(forged)[:40]),
			[]byte(strings.Repeat("0\x80", 2000)),
		} {
			c.WriteTo(b, client)
		}
		stranger.WriteTo(searchEntry(id, netlogon(forged)), client)
		for _, b := range m.answer(request) {
			c.WriteTo(b, client)
		}
	})
	l := &Locator{dial: onLoopback(map[string]string{"10.0.0.1:389": address})}
	c, err := l.Ping(t.Context(), "10.0.0.1", "contoso.com")
	if err != nil || c.Host != m.Host {
		t.Errorf("%+v, %v", c, err)
	}
}

// Whoever cannot see the pings must not be able to answer them, also where the
// choice among servers is not random.
func TestMessageIDsAreRandom(t *testing.T) {
	ids := map[int64]bool{}
	m := dc("m", "Munich")
	n := &network{handlers: map[string]handler{"10.0.0.1:389": func(request []byte) [][]byte {
		ids[messageID(request)] = true
		return m.answer(request)
	}}}
	l := &Locator{dial: n.dial, Draw: func(n int) int { return n - 1 }}
	for range 20 {
		if _, err := l.Ping(t.Context(), "10.0.0.1", ""); err != nil {
			t.Fatal(err)
		}
	}
	if len(ids) < 19 {
		t.Errorf("%d message ids in 20 pings", len(ids))
	}
}

// Windows has numbers of its own for the errors of the network.
func TestErrorsOfWindowsAreExplained(t *testing.T) {
	for number, want := range map[syscall.Errno]string{
		10061: "nothing listens on UDP port 389",
		10060: "no answer on UDP port 389",
	} {
		l := &Locator{dial: func(_ context.Context, network, _ string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connectex", number)}
		}}
		_, err := l.Ping(t.Context(), "10.0.0.1", "contoso.com")
		if e := (*Error)(nil); !errors.As(err, &e) || e.Problem != want {
			t.Errorf("%d: %v, want %q", number, err, want)
		}
	}
}
