package kerberos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// maxReceive is the size of the largest token that is read, in bytes. maxAnnounced is the
// size announced to the server, the same as OpenLDAP's clients announce.
const (
	maxReceive   = 1<<24 - 1
	maxAnnounced = 1 << 16
)

// Conn carries LDAP over a TCP connection: in clear until [Client.Bind] has succeeded, in
// Wrap tokens (RFC 4752 section 3.3) from then on. Give it to [ldap.NewConn]. One
// goroutine may read while others write.
type Conn struct {
	net.Conn

	mu      sync.Mutex // guards layer and replies
	layer   *layer
	replies framing

	writing sync.Mutex
	raw     []byte // read before the layer was switched on, still wrapped
	plain   []byte // unwrapped and not yet delivered
}

// A layer is a negotiated security layer.
type layer struct {
	tokens
	seal       bool
	maxPayload int // most bytes of a payload, so that the server takes the token
}

// Tokens makes and opens the Wrap tokens of a security context. One goroutine may wrap while
// another unwraps.
type tokens interface {
	// wrap returns the token of a payload, encrypted if seal is set, signed if not.
	wrap(payload []byte, seal bool) ([]byte, error)
	// unwrap verifies a token and returns its payload. If wantSeal is set, a token that is only
	// signed is an error.
	unwrap(token []byte, wantSeal bool) ([]byte, error)
	// overhead returns how many bytes a token is longer than its payload.
	overhead(seal bool) int
	// close gives up the security context.
	close()
}

// NewConn returns a Conn over a connection to an LDAP port without TLS, 389 or
// 3268.
func NewConn(c net.Conn) *Conn { return &Conn{Conn: c} }

// Close closes the connection and gives up the security context.
func (c *Conn) Close() error {
	err := c.Conn.Close()
	if l := c.current(nil); l != nil {
		l.close()
	}
	return err
}

// protect switches the security layer on. The reader of the LDAP connection may already
// be blocked in Read. Whatever it reads from now on is wrapped: a server sends nothing
// between the result of a bind and the next request. Bytes that an attacker inserted
// after that result are detected here.
func (c *Conn) protect(l *layer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.replies.one() {
		return errors.New("unprotected data behind the result of the bind")
	}
	c.layer = l
	return nil
}

// current returns the security layer, or nil after counting p as plain LDAP.
func (c *Conn) current(p []byte) *layer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.layer == nil {
		c.replies.add(p)
	}
	return c.layer
}

// Read returns plain LDAP. After an error of the security layer the connection cannot be
// used.
func (c *Conn) Read(p []byte) (int, error) {
	if len(c.plain) > 0 {
		return c.deliver(p), nil
	}
	l := c.current(nil)
	if l == nil {
		n, err := c.Conn.Read(p)
		if l = c.current(p[:n]); l == nil || err != nil {
			return n, err
		}
		c.raw = append(c.raw, p[:n]...)
	}
	for len(c.plain) == 0 { // a token may be empty
		if err := c.readToken(l); err != nil {
			return 0, err
		}
	}
	return c.deliver(p), nil
}

func (c *Conn) deliver(p []byte) int {
	n := copy(p, c.plain)
	c.plain = c.plain[n:]
	return n
}

func (c *Conn) readToken(l *layer) error {
	var size [4]byte
	if err := c.readFull(size[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxReceive {
		return fmt.Errorf("wrap token of %d bytes, more than %d", n, maxReceive)
	}
	token := make([]byte, n)
	err := c.readFull(token)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	c.plain, err = l.unwrap(token, l.seal)
	return err
}

func (c *Conn) readFull(b []byte) error {
	n := copy(b, c.raw)
	c.raw = c.raw[n:]
	if n == len(b) {
		return nil
	}
	m, err := io.ReadFull(c.Conn, b[n:])
	if err == io.EOF && n+m > 0 {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Write sends plain LDAP, in as many tokens as the server's buffer asks for.
func (c *Conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	l := c.layer
	if l == nil {
		c.replies.reset()
	}
	c.mu.Unlock()
	if l == nil {
		return c.Conn.Write(p)
	}
	for sent := 0; sent < len(p); {
		payload := p[sent:min(len(p), sent+l.maxPayload)]
		token, err := l.wrap(payload, l.seal)
		if err != nil {
			return sent, err
		}
		size := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(token)), uint32(len(token)))
		if _, err := c.Conn.Write(append(size, token...)); err != nil {
			return sent, err
		}
		sent += len(payload)
	}
	return len(p), nil
}

// framing counts the LDAP messages that have arrived since the last request.
type framing struct {
	messages int
	head     []byte // of the next message, up to the end of its length
	body     uint64 // bytes of the current message yet to come
}

func (f *framing) reset() { f.messages = 0 }

// one reports whether exactly one message has arrived, and no part of another.
func (f *framing) one() bool { return f.messages == 1 && len(f.head) == 0 && f.body == 0 }

// add takes bytes of LDAPMessages, whose lengths are of the definite form (RFC 4511
// section 5.1). The count means nothing for anything else, such as TLS.
func (f *framing) add(p []byte) {
	for len(p) > 0 {
		if f.body == 0 {
			f.head, p = append(f.head, p[0]), p[1:]
			if len(f.head) < 2 {
				continue
			}
			octets := max(0, int(f.head[1])-0x80)
			if len(f.head) < 2+octets {
				continue
			}
			if octets == 0 {
				f.body = uint64(f.head[1])
			}
			for _, b := range f.head[2:] {
				f.body = f.body<<8 | uint64(b)
			}
			f.head = f.head[:0]
		}
		n := min(f.body, uint64(len(p)))
		p, f.body = p[n:], f.body-n
		if f.body == 0 {
			f.messages++
		}
	}
}
