package locator

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"golang.org/x/net/dns/dnsmessage"
)

// A handler answers a datagram with any number of others.
type handler func(request []byte) (answers [][]byte)

// A network carries datagrams without sockets and without delay. An address that
// has no handler is silent: reading from it times out at once.
type network struct {
	handlers map[string]handler // by address, with "tcp " in front for DNS over TCP

	mu         sync.Mutex
	open, most int      // connections to port 389, now and at most
	asked      []string // the addresses of those
}

func (n *network) dial(_ context.Context, protocol, address string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if strings.HasSuffix(address, ":389") {
		n.open++
		n.most = max(n.most, n.open)
		n.asked = append(n.asked, address)
	}
	if protocol == "tcp" {
		return &wire{network: n, address: "tcp " + address}, nil
	}
	return datagrams{&wire{network: n, address: address}}, nil
}

// wire is a connection to an address.
type wire struct {
	net.Conn // none of its methods is called
	network  *network
	address  string
	pending  [][]byte
}

func (w *wire) Write(p []byte) (int, error) {
	h := w.network.handlers[w.address]
	switch {
	case h == nil:
	case strings.HasPrefix(w.address, "tcp "): // DNS has the length in front
		for _, b := range h(p[2:]) {
			w.pending = append(w.pending, binary.BigEndian.AppendUint16(nil, uint16(len(b))), b)
		}
	default:
		w.pending = append(w.pending, h(p)...)
	}
	return len(p), nil
}

func (w *wire) Read(p []byte) (int, error) {
	if len(w.pending) == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(p, w.pending[0])
	if w.pending[0] = w.pending[0][n:]; len(w.pending[0]) == 0 {
		w.pending = w.pending[1:]
	}
	return n, nil
}

func (w *wire) SetDeadline(time.Time) error { return nil }

func (w *wire) Close() error {
	w.network.mu.Lock()
	defer w.network.mu.Unlock()
	if strings.HasSuffix(w.address, ":389") {
		w.network.open--
	}
	return nil
}

// datagrams is a wire that the resolver takes for UDP.
type datagrams struct{ *wire }

func (datagrams) ReadFrom([]byte) (int, net.Addr, error) { panic("not called") }
func (datagrams) WriteTo([]byte, net.Addr) (int, error)  { panic("not called") }

// A server is a domain controller of the tests: what it answers, and what DNS
// has of it.
type server struct {
	Controller
	ips              []string // of which only the last answers
	priority, weight uint16
	handler          handler // of the pings; nil: as its Controller says
}

const dnsServer = "10.0.0.53"

// lab returns a Locator that draws nothing but zeros, in a network of the
// servers and a DNS server that has their records.
func lab(servers ...server) (*Locator, *network) {
	n := &network{handlers: map[string]handler{}}
	z := &zone{srv: map[string][]dnsmessage.SRVResource{}, hosts: map[string][]string{}}
	for _, s := range servers {
		z.hosts[s.Host+"."] = s.ips
		z.register(s, "_ldap._tcp", "dc._msdcs."+s.Domain, 389)
		z.register(s, "_kerberos._tcp", "dc._msdcs."+s.Domain, 88)
		if s.Is(GlobalCatalog) {
			z.register(s, "_ldap._tcp", "gc._msdcs."+s.Forest, 3268)
		}
		if h := s.handler; len(s.ips) > 0 {
			if h == nil {
				h = s.answer
			}
			n.handlers[s.ips[len(s.ips)-1]+":389"] = h
		}
	}
	n.handlers[dnsServer+":53"] = z.answerUDP
	n.handlers["tcp "+dnsServer+":53"] = z.answer
	return &Locator{DNS: dnsServer, dial: n.dial, Draw: func(int) int { return 0 }}, n
}

// silent is the handler of a server that is down.
func silent([]byte) [][]byte { return nil }

func (s server) answer(request []byte) [][]byte {
	p := ber.DecodePacket(request)
	id, filter := p.Children[0].Value.(int64), p.Children[1].Children[6]
	for _, test := range filter.Children {
		if test.Children[0].Value == "DnsDomain" && test.Children[1].Value != s.Domain {
			return [][]byte{searchDone(id)}
		}
	}
	return [][]byte{append(searchEntry(id, netlogon(s.Controller)), searchDone(id)...)}
}

func searchEntry(id int64, value []byte) []byte {
	const octets, sequence, set = ber.TagOctetString, ber.TagSequence, ber.TagSet
	return tlv(sequence, integer(id), app(4, tlv(octets), tlv(sequence, tlv(sequence, tlv(octets, []byte("netlogon")), tlv(set, tlv(octets, value))))))
}

func searchDone(id int64) []byte {
	return tlv(ber.TagSequence, integer(id), app(5, []byte{10, 1, 0, 4, 0, 4, 0}))
}

// messageID is that of a request.
func messageID(request []byte) int64 { return ber.DecodePacket(request).Children[0].Value.(int64) }

func integer(n int64) []byte {
	return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, n, "").Bytes()
}

func app(tag byte, parts ...[]byte) []byte {
	b := tlv(0, parts...)
	b[0] = 0x60 | tag
	return b
}

// tlv is a BER element of a universal tag with a length of two bytes.
func tlv(tag ber.Tag, parts ...[]byte) []byte {
	content := []byte{}
	for _, p := range parts {
		content = append(content, p...)
	}
	id := byte(tag)
	if tag == ber.TagSequence || tag == ber.TagSet {
		id |= 0x20
	}
	return append(binary.BigEndian.AppendUint16([]byte{id, 0x82}, uint16(len(content))), content...)
}

// netlogon is the answer of a controller to a ping, with the compression that
// Windows and Samba use: of names that end as earlier ones do.
func netlogon(c Controller) []byte {
	b := []byte{samLogonResponseEx, 0, 0, 0}
	b = binary.LittleEndian.AppendUint32(b, uint32(c.Flags))
	b = append(b, make([]byte, 16)...)
	seen := map[string]int{}
	for _, name := range []string{c.Forest, c.Domain, c.Host, "NETBIOS", "HOST", "", c.Site, c.ClientSite} {
		for name != "" && seen[name] == 0 {
			seen[name] = len(b)
			label, rest, _ := strings.Cut(name, ".")
			b = append(append(b, byte(len(label))), label...)
			name = rest
		}
		if name == "" {
			b = append(b, 0)
		} else {
			b = binary.BigEndian.AppendUint16(b, 0xC000|uint16(seen[name]))
		}
	}
	return append(b, 5, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF)
}

// zone is what the DNS server knows. Names end in a dot.
type zone struct {
	srv   map[string][]dnsmessage.SRVResource
	hosts map[string][]string
}

func (z *zone) register(s server, service, name string, port uint16) {
	rr := dnsmessage.SRVResource{Priority: s.priority, Weight: s.weight, Port: port, Target: dnsmessage.MustNewName(s.Host + ".")}
	for _, name := range []string{service + "." + name + ".", service + "." + s.Site + "._sites." + name + "."} {
		z.srv[name] = append(z.srv[name], rr)
	}
}

func (z *zone) answer(request []byte) [][]byte {
	var p dnsmessage.Parser
	h, err := p.Start(request)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	name := q.Name.String()
	reply := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: h.ID, Response: true, Authoritative: true},
		Questions: []dnsmessage.Question{q},
	}
	add := func(body dnsmessage.ResourceBody) {
		reply.Answers = append(reply.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 60}, Body: body})
	}
	switch q.Type {
	case dnsmessage.TypeSRV:
		for _, rr := range z.srv[name] {
			add(&rr)
		}
	case dnsmessage.TypeA:
		for _, ip := range z.hosts[name] {
			add(&dnsmessage.AResource{A: [4]byte(net.ParseIP(ip).To4())})
		}
	}
	if len(z.srv[name])+len(z.hosts[name]) == 0 {
		reply.RCode = dnsmessage.RCodeNameError
	}
	b, err := reply.Pack()
	if err != nil {
		return nil
	}
	return [][]byte{b}
}

// answerUDP leaves to TCP what is too long for a datagram, as the records of a
// large domain are.
func (z *zone) answerUDP(request []byte) [][]byte {
	answers := z.answer(request)
	if len(answers) == 0 || len(answers[0]) <= 1232 {
		return answers
	}
	var m dnsmessage.Message
	if m.Unpack(answers[0]) != nil {
		return nil
	}
	m.Truncated, m.Answers = true, nil
	b, _ := m.Pack()
	return [][]byte{b}
}

// names lists hosts without their domain, those that kept silent after a bar.
func names(list []Controller) string {
	var b strings.Builder
	answered := true
	for _, c := range list {
		if answered && !c.Answered() {
			answered = false
			b.WriteString("| ")
		}
		host, _, _ := strings.Cut(c.Host, ".")
		fmt.Fprintf(&b, "%s ", host)
	}
	return strings.TrimSpace(b.String())
}

// dc is a writable controller of contoso.com that sees its clients in Munich.
func dc(name, site string, change ...func(*server)) server {
	s := server{Controller: Controller{
		Host: name + ".contoso.com", Domain: "contoso.com", Forest: "contoso.com",
		Site: site, ClientSite: "Munich", Flags: directory | KDC | Writable,
	}}
	s.ips = []string{fmt.Sprintf("10.0.%d.%d", name[0], name[len(name)-1])}
	if site == s.ClientSite {
		s.Flags |= Closest
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func down(s *server)     { s.handler = silent }
func readOnly(s *server) { s.Flags &^= Writable }
func catalog(s *server)  { s.Flags |= GlobalCatalog }

func clientSite(site string) func(*server) {
	return func(s *server) { s.ClientSite = site }
}

// serve answers datagrams on a loopback address until the end of the test.
func serve(t *testing.T, answer func(conn net.PacketConn, client net.Addr, request []byte)) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 4096)
		for {
			n, client, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			answer(conn, client, b[:n])
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr().String()
}
