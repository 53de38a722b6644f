package ldapscan

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"proxyaddr/ldapscan/ldaptest"
)

// A recording is what a server answered to each request of a session.
type recording struct {
	mu      sync.Mutex
	answers [][]byte
}

// recorder notes what comes over a connection.
type recorder struct {
	net.Conn
	*recording
}

func (r recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	r.answers = append(r.answers, nil)
	r.mu.Unlock()
	return r.Conn.Write(p)
}

func (r recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.answers) - 1; n > 0 {
		r.answers[last] = append(r.answers[last], p[:n]...)
	}
	return n, err
}

// A player is a connection on which the answers of a recording come, up to a
// number of bytes. Then it ends.
type player struct {
	net.Conn // nil: nothing else may be called
	answers  [][]byte
	left     int

	mu     sync.Mutex
	wake   sync.Cond
	ready  bytes.Buffer
	closed bool
}

func newPlayer(answers [][]byte, left int) *player {
	p := &player{answers: answers, left: left}
	p.wake.L = &p.mu
	return p
}

func (p *player) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, net.ErrClosed
	}
	if len(p.answers) > 0 {
		p.ready.Write(p.answers[0])
		p.answers = p.answers[1:]
	}
	p.wake.Broadcast()
	return len(b), nil
}

func (p *player) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.ready.Len() == 0 && p.left > 0 && !p.closed {
		p.wake.Wait()
	}
	switch {
	case p.closed:
		return 0, net.ErrClosed
	case p.left == 0:
		return 0, io.EOF
	}
	n, err := p.ready.Read(b[:min(len(b), p.left)])
	p.left -= n
	return n, err
}

func (p *player) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.wake.Broadcast()
	return nil
}

func (p *player) SetReadDeadline(time.Time) error { return nil }

// A session that ends anywhere is an error or an incomplete scan that says so.
func TestSessionCutAnywhere(t *testing.T) {
	entries, err := os.ReadFile("testdata/small.ldif")
	if err != nil {
		t.Fatal(err)
	}
	const user, password = "CN=Reader,DC=a", "secret"
	srv, err := ldaptest.NewServer(ldaptest.Config{Entries: bytes.NewReader(entries), Users: map[string]string{user: password}})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	server, cfg, err := Config{URL: srv.URL, Credentials: Credentials{Mechanism: Simple, User: user, Password: password}, PageSize: 2, Timeout: time.Minute,
		RetryWait: 1}.byURL()
	if err != nil {
		t.Fatal(err)
	}
	server.scheme = "ldap" // what is dialed speaks TLS already
	scan := func(c net.Conn) (objects, found int, complete bool, err error) {
		ctx := context.Background()
		cfg := cfg
		first := true
		cfg.dial = func(context.Context, string, string) (net.Conn, error) {
			if !first {
				return nil, errors.New("not again")
			}
			first = false
			return c, nil
		}
		d, err := openDirectory(ctx, cfg, server)
		if err != nil {
			return 0, 0, false, err
		}
		defer d.Close()
		audit, err := Scan(ctx, d, Options{})
		if err != nil {
			return 0, 0, false, err
		}
		return audit.Objects(), len(audit.Conflicts), audit.Complete(), nil
	}
	nc, err := tls.Dial("tcp", net.JoinHostPort(server.host, server.port), &tls.Config{RootCAs: srv.CertPool})
	if err != nil {
		t.Fatal(err)
	}
	rec := &recording{}
	objects, found, complete, err := scan(recorder{nc, rec})
	if err != nil || objects != 5 || found != 1 || !complete {
		t.Fatalf("%d objects, %d conflicts, complete %v: %v", objects, found, complete, err)
	}
	all := len(bytes.Join(rec.answers, nil))
	for cut := range all + 1 {
		o, f, complete, err := scan(newPlayer(rec.answers, cut))
		whole := err == nil && complete
		if whole != (cut == all) || whole && (o != objects || f != found) {
			t.Errorf("cut after %d of %d bytes: %d objects, %d conflicts, complete %v: %v", cut, all, o, f, complete, err)
		}
	}
}
