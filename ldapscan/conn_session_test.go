package ldapscan

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// A slowCloser is a connection from which an answer that had come can be read once more
// after it was closed.
type slowCloser struct{ *script }

func (c slowCloser) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.ready.Len() == 0 && !c.closed {
		c.wake.Wait()
	}
	if c.ready.Len() == 0 {
		return 0, net.ErrClosed
	}
	return c.ready.Read(b)
}

// Where ctx ends just as the answer comes, the session has ended with it: it is being
// closed, and a request of a ctx that has not ended must not find that out.
func TestAnswerAsTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := &script{answer: func(request *ber.Packet) []byte {
		cancel()
		return packet(requestID(request), doneOp())
	}}
	c.wake.L = &c.mu
	s := newSession(slowCloser{c}, time.Minute)
	defer s.close()
	_, _, err := s.search(ctx, newRequest("", ldap.ScopeBaseObject, "(objectClass=*)", nil))
	if !broken(err) || !s.ldap.IsClosing() {
		t.Errorf("%v, closing %t", err, s.ldap.IsClosing())
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not say that ctx ended", err)
	}
}
