package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// A replay is a directory server that does as little as a server can: its answers
// are encoded beforehand, so that the client is what is measured. It knows the
// requests of the programs compared and refuses others. Anyone may bind.
type replay struct {
	directory
	// wire holds messages with the attributes of a sweep, one an object. That of
	// object i begins at starts[i]; behind the last stands the end of all.
	wire   []byte
	starts []int
	// mu is held while messages are on their way, with the id of a request in them:
	// of several connections one is answered after the other.
	mu sync.Mutex
}

// maxPage is the default MaxPageSize of Active Directory ([MS-ADTS] 3.1.1.3.4.6).
const maxPage = 1000

func newReplay(d directory) *replay {
	room := 600 // bytes, of which most messages have less
	if d.legacy {
		room += 200
	}
	s := &replay{directory: d, wire: make([]byte, 0, d.size*room)}
	for i := range d.size {
		r := d.record(i)
		s.starts = append(s.starts, len(s.wire))
		s.wire = appendEntry(s.wire, r.dn, r.swept())
	}
	s.starts = append(s.starts, len(s.wire))
	return s
}

func (s *replay) entry(i int) []byte { return s.wire[s.starts[i]:s.starts[i+1]] }

// serve answers whoever connects, until the listener is closed.
func (s *replay) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.converse(c)
	}
}

// A lazyConn sends what is written when there is enough of it, or nothing more to
// say before the other end speaks: TLS alone makes a system call every 16 KiB.
type lazyConn struct {
	net.Conn
	out *bufio.Writer
}

func (c lazyConn) Write(p []byte) (int, error) { return c.out.Write(p) }

func (c lazyConn) Read(p []byte) (int, error) {
	if err := c.out.Flush(); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

type lazyListener struct{ net.Listener }

func (l lazyListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return lazyConn{c, bufio.NewWriterSize(c, 128<<10)}, nil
}

// converse answers until the client goes or says something that is not LDAP.
func (s *replay) converse(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	var out []byte
	for {
		p, err := ber.ReadPacket(in)
		if err != nil || len(p.Children) < 2 {
			return
		}
		id, _ := p.Children[0].Value.(int64)
		op := p.Children[1]
		out = out[:0]
		switch op.Tag {
		case ldap.ApplicationBindRequest:
			out = appendResult(out, id, ldap.ApplicationBindResponse, ldap.LDAPResultSuccess, nil)
		case ldap.ApplicationSearchRequest:
			out = s.search(c, out, id, p)
		case ldap.ApplicationExtendedRequest:
			out = appendResult(out, id, ldap.ApplicationExtendedResponse, ldap.LDAPResultProtocolError, nil)
		default:
			return
		}
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

// search appends the end of the answer to out; what is before it is written to c.
// If that fails, so will the writing of the end.
func (s *replay) search(c io.Writer, out []byte, id int64, p *ber.Packet) []byte {
	op := p.Children[1]
	if len(op.Children) != 8 {
		return appendResult(out, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultProtocolError, nil)
	}
	base, _ := op.Children[0].Value.(string)
	scope, _ := op.Children[1].Value.(int64)
	var wanted []string
	for _, a := range op.Children[7].Children {
		name, _ := a.Value.(string)
		name, _, _ = strings.Cut(strings.ToLower(name), ";")
		wanted = append(wanted, name)
	}
	if scope == ldap.ScopeBaseObject {
		return s.read(out, id, base, wanted)
	}
	found, err := s.match(op.Children[6])
	switch {
	case err != nil:
		return appendResult(out, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultUnwillingToPerform, nil)
	case !strings.EqualFold(base, suffix):
		return appendResult(out, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultNoSuchObject, nil)
	}
	size := s.size
	if !found.all {
		size = len(found.list)
	}
	from, to := 0, size
	paging := requestedPaging(p)
	if paging != nil {
		from, _ = strconv.Atoi(string(paging.Cookie))
		to = min(size, from+min(maxPage, max(1, int(paging.PagingSize))))
		paging = ldap.NewControlPaging(0)
		if to < size {
			paging.SetCookie(strconv.AppendInt(nil, int64(to), 10))
		}
	}
	from = min(from, to)
	switch {
	case !found.all:
		for _, i := range found.list[from:to] {
			start := len(out)
			r := s.record(i)
			out = appendEntry(out, r.dn, selected(r.attributes(), wanted))
			setID(out[start:], id)
		}
	case slices.Equal(wanted, []string{"proxyaddresses"}):
		s.mu.Lock()
		for i := range to - from {
			start := len(out)
			out = appendFirstAttribute(out, s.entry(from+i))
			setID(out[start:], id)
		}
		s.mu.Unlock()
	default:
		s.send(c, id, from, to)
	}
	return appendResult(out, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultSuccess, paging)
}

// batch is how many bytes are written at once: few enough to stay in the processor's
// cache until they are on their way.
const batch = 32 << 10

// send writes the messages of objects, of each from one up to another.
func (s *replay) send(c io.Writer, id int64, from, to int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for from < to {
		start := s.starts[from]
		for ; from < to && s.starts[from]-start < batch; from++ {
			setID(s.wire[s.starts[from]:], id)
		}
		c.Write(s.wire[start:s.starts[from]])
	}
}

// read answers a search for one object by its name.
func (s *replay) read(out []byte, id int64, base string, wanted []string) []byte {
	start := len(out)
	if base == "" {
		out = appendEntry(out, "", selected([]attribute{
			{"namingContexts", []string{suffix}},
			{"defaultNamingContext", []string{suffix}},
			{"supportedControl", []string{ldap.ControlTypePaging}},
			{"supportedLDAPVersion", []string{"3"}},
			{"highestCommittedUSN", []string{strconv.Itoa(s.size)}}, // as many as there are changes at least
		}, wanted))
	} else if i := s.named(base); i >= 0 {
		r := s.record(i)
		out = appendEntry(out, r.dn, selected(r.attributes(), wanted))
	} else {
		return appendResult(out, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultNoSuchObject, nil)
	}
	setID(out[start:], id)
	return appendResult(out, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultSuccess, nil)
}

// named returns the number of an object by its distinguished name or as
// <GUID=…>, -1 if there is none.
func (s *replay) named(base string) int {
	if text, ok := strings.CutPrefix(base, "<GUID="); ok {
		guid, err := conflicts.ParseGUID(strings.TrimSuffix(text, ">"))
		if err != nil {
			return -1
		}
		return s.find(guid[:])
	}
	cn, _, _ := strings.Cut(base, ",")
	i, err := strconv.Atoi(cn[strings.LastIndexByte(cn, ' ')+1:])
	if err != nil || i < 0 || i >= s.size || !strings.EqualFold(s.record(i).dn, base) {
		return -1
	}
	return i
}

// A selection is what a filter lets through: all objects, or those listed in
// ascending order.
type selection struct {
	all  bool
	list []int
}

// match applies a filter (RFC 4511 section 4.5.1.7). Nothing is ever deleted or
// changed here, and every object has what a sweep asks for.
func (s *replay) match(f *ber.Packet) (selection, error) {
	name := func() string {
		if f.Tag == ldap.FilterPresent {
			return strings.ToLower(f.Data.String())
		}
		return strings.ToLower(f.Children[0].Data.String())
	}
	switch f.Tag {
	case ldap.FilterAnd:
		both := selection{all: true}
		for _, child := range f.Children {
			part, err := s.match(child)
			if err != nil {
				return part, err
			}
			switch {
			case both.all:
				both = part
			case !part.all:
				both.list = slices.DeleteFunc(both.list, func(i int) bool { return !slices.Contains(part.list, i) })
			}
		}
		return both, nil
	case ldap.FilterOr:
		var any selection
		for _, child := range f.Children {
			part, err := s.match(child)
			if err != nil {
				return part, err
			}
			any.all = any.all || part.all
			any.list = append(any.list, part.list...)
		}
		slices.Sort(any.list)
		any.list = slices.Compact(any.list)
		return any, nil
	case ldap.FilterPresent:
		return selection{all: slices.Contains([]string{"objectclass", "objectguid", "proxyaddresses", "mail", "userprincipalname"}, name()) || s.legacy && name() == "legacyexchangedn"}, nil
	case ldap.FilterEqualityMatch:
		switch name() {
		case "objectguid":
			if i := s.find(f.Children[1].Data.Bytes()); i >= 0 {
				return selection{list: []int{i}}, nil
			}
			return selection{}, nil
		case "isdeleted":
			return selection{}, nil
		}
	case ldap.FilterGreaterOrEqual:
		if name() == "usnchanged" {
			return selection{}, nil
		}
	}
	return selection{}, errors.New("not a filter of the programs compared")
}

func requestedPaging(p *ber.Packet) *ldap.ControlPaging {
	if len(p.Children) < 3 {
		return nil
	}
	for _, child := range p.Children[2].Children {
		if c, err := ldap.DecodeControl(child); err == nil {
			if paging, ok := c.(*ldap.ControlPaging); ok {
				return paging
			}
		}
	}
	return nil
}

// selected returns the attributes with the names wanted, in lower case; all if
// there are none.
func selected(list []attribute, wanted []string) []attribute {
	if len(wanted) == 0 || slices.Contains(wanted, "*") {
		return list
	}
	return slices.DeleteFunc(list, func(a attribute) bool { return !slices.Contains(wanted, strings.ToLower(a.name)) })
}
