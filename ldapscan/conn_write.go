package ldapscan

import (
	"context"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// A WriteConn is one connection to a domain controller, for a caller that also writes
// to it. If it breaks it is not opened again, and no other server takes over, so Read
// returns what the last write left. A WriteConn is for one goroutine.
type WriteConn struct {
	// Conn is the connection as the library has it. A search on it returns nothing.
	Conn   *ldap.Conn
	conn   *conn
	layout layout
}

// WriteConn opens a connection to the server that an object is read from. From then on no other
// server takes over reading: it may not have replicated an address that was taken on the server
// where the changes are made. The error is an [*Error], or that of ctx, which bounds the opening
// alone.
func (f *Forest) WriteConn(ctx context.Context, dn string) (*WriteConn, error) {
	d, p := f.holder(dn)
	if d == nil {
		return nil, &Error{Subject: dn, Problem: "no domain controller of its domain was read", Advice: "name one with -H, or the domain with -d"}
	}
	fail := func(problem, hint string) (*WriteConn, error) {
		return nil, &Error{Subject: d.conn.server().URL, Problem: problem, Advice: hint}
	}
	if d.full != nil {
		return fail("a global catalog accepts no changes", "use the domain controller's own port")
	}
	s, err := d.conn.another(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err == errOtherServer:
		return fail(err.Error(), "name one domain controller")
	case err != nil:
		return nil, explain(d.conn.server().URL, err)
	}
	d.conn.pin()
	return &WriteConn{s.ldap, newConn(s, connSettings{}), layout{d.forest, []partition{p}}}, nil
}

// Server returns the server that an object is read from, and whether there is one.
func (f *Forest) Server(dn string) (conflicts.Server, bool) {
	d, _ := f.holder(dn)
	if d == nil {
		return conflicts.Server{}, false
	}
	return *d.conn.server(), true
}

// holder returns the directory that reads the innermost partition around an
// object, nil if there is none.
func (f *Forest) holder(dn string) (holder *Directory, inner partition) {
	for _, d := range f.directories {
		for _, p := range d.assigned {
			if conflicts.Within(dn, p.dn) && (holder == nil || len(p.dn) > len(inner.dn)) {
				holder, inner = d, p
			}
		}
	}
	return holder, inner
}

// Read returns the current state of the object that a fix record changes, nil if
// there is none.
func (w *WriteConn) Read(ctx context.Context, a *conflicts.FixRecord) (found *conflicts.Object, err error) {
	err = w.layout.reread(ctx, w.conn, []conflicts.Ref{a.Ref()}, func(e wholeEntry) { found = e.object(e.dn) })
	return found, err
}

// Request makes a request on Conn that changes attributes of an object, and logs it.
func (w *WriteConn) Request(name, dn string, attributes []string, do func() error) error {
	began := time.Now()
	err := do()
	w.conn.session.logChange(name, dn, attributes, time.Since(began), err)
	return err
}

// Explain returns the error of a request on Conn as an [*Error]. If the server did
// not answer, the connection is closed, so that a late answer is not taken for that
// of another request.
func (w *WriteConn) Explain(err error) error {
	if err = w.conn.session.reason(err); broken(err) {
		w.Conn.Close()
	}
	return explain(w.conn.server().URL, err)
}

// Close ends the connection.
func (w *WriteConn) Close() { w.conn.close() }
