package ldapscan

import (
	"bytes"
	"net"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// A script is a connection to a server that answers each request with what a function
// returns for its message.
type script struct {
	net.Conn // nil: nothing else may be called
	answer   func(request *ber.Packet) []byte

	mu     sync.Mutex
	wake   sync.Cond
	ready  bytes.Buffer
	closed bool
}

func (s *script) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, net.ErrClosed
	}
	s.ready.Write(s.answer(ber.DecodePacket(b)))
	s.wake.Broadcast()
	return len(b), nil
}

func (s *script) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.ready.Len() == 0 && !s.closed {
		s.wake.Wait()
	}
	if s.closed {
		return 0, net.ErrClosed
	}
	return s.ready.Read(b)
}

func (s *script) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake.Broadcast()
	return nil
}

func (s *script) SetReadDeadline(time.Time) error { return nil }

// scripted returns a session with a server that answers by a script.
func scripted(t testing.TB, answer func(request *ber.Packet) []byte) *session {
	c := &script{answer: answer}
	c.wake.L = &c.mu
	s := newSession(c, time.Minute)
	t.Cleanup(s.close)
	return s
}

func requestID(request *ber.Packet) int64 { return request.Children[0].Value.(int64) }

// requestedCookie returns the cookie of a paged search, and the size of the page.
func requestedCookie(request *ber.Packet) (cookie string, size uint32) {
	if len(request.Children) < 3 {
		return "", 0
	}
	for _, c := range request.Children[2].Children {
		if control, err := ldap.DecodeControl(c); err == nil && control.GetControlType() == paging {
			p := control.(*ldap.ControlPaging)
			return string(p.Cookie), p.PagingSize
		}
	}
	return "", 0
}

// pageEnd is the end of a page, with the cookie for the next.
func pageEnd(id int64, cookies ...string) []byte {
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	for _, cookie := range cookies {
		control := ldap.NewControlPaging(0)
		control.SetCookie([]byte(cookie))
		controls.AppendChild(control.Encode())
	}
	m := ber.NewSequence("")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	m.AppendChild(doneOp())
	m.AppendChild(controls)
	return m.Bytes()
}
