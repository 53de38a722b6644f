package ldapscan

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// A conn asks a domain controller, with one request under way at a time, over one [session]
// after the other. Every request has a ctx of its own; if that ends while the request is under
// way, so does the session.
//
// There are three layers of retry:
//
//   - The request ([conn.send]). If the session breaks, the request is sent again on a fresh one,
//     and if the server is busy, on the same: up to three times, after a wait that doubles.
//   - A series of requests. A paged search cannot be continued on another session, as only the
//     one it came from knows its cookie. Its error is a [lostError], and the search is begun again,
//     up to three times: by [conn.persist] for a list, by [Directory.sweepPartition] for a
//     partition, whose results so far are dropped.
//   - The domain controller. A fresh session goes to the same server or, if that cannot be
//     reached, to the next that holds the same partitions ([inTurn]). A partition that was read
//     from the one before is then swept again ([Directory.sweepPartitions]). [conn.pin] keeps to
//     one server where no other may answer. A [WriteConn] retries nothing.
//
// Once the account is refused, none of them tries again.
type conn struct {
	connSettings

	mu       sync.Mutex // held while a request is under way
	session  *session   // at present
	only     *session   // with the one server that may answer, nil for any
	reopened int
	requests int   // that were sent
	entries  int   // that answered them
	barred   error // why the account was refused, or nil
}

// connSettings are what the connections of a sweep to one server have in common.
type connSettings struct {
	open     opener        // of a session in place of a broken one; nil: no retry
	wait     time.Duration // before the first retry of a request
	pace     *pacer
	pageSize uint32 // which a server can lower
}

func newConn(s *session, settings connSettings) *conn {
	return &conn{connSettings: settings, session: s}
}

// another opens one more session to the same server.
func (c *conn) another(ctx context.Context) (*session, error) {
	s, err := c.session.again(ctx)
	if err == nil && !s.same(c.session) {
		s.close()
		err = errOtherServer
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// pin makes the connection stay with its server: behind one name there can be several, which
// have not all replicated the same.
func (c *conn) pin() { c.only = c.session }

// unpin lets any of the servers answer again.
func (c *conn) unpin() { c.only = nil }

func (c *conn) close() { c.session.close() }

// server returns the server with its encryption and logon.
func (c *conn) server() *conflicts.Server { return &c.session.server }

// root is the root DSE.
func (c *conn) root() attributes { return c.session.root }

func (c *conn) offers(control string) bool {
	return slices.Contains(c.root().all("supportedcontrol"), control)
}

// holds reports whether the server has a replica of a partition.
func (c *conn) holds(partition string) bool {
	return slices.ContainsFunc(c.root().all("namingcontexts"), func(dn string) bool { return sameDN(dn, partition) })
}

// comparesByCase tells Samba, whose root DSE names its vendor (RFC 3045), from Active
// Directory, which compares as [conflicts.Address.LooseKey] says.
func (c *conn) comparesByCase() bool { return c.root().first("vendorname") != "" }

// withDeleted makes a search that shows deleted objects too or, if the server
// refuses that, one that does not.
func (c *conn) withDeleted(search func(controls ...ldap.Control) error) error {
	if c.offers(showDeleted) {
		if err := search(ldap.NewControlMicrosoftShowDeleted()); !refused(err) {
			return err
		}
	}
	return search()
}

// failed is the error of a verb.
func (c *conn) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %s", c.server().URL, brief(err))
	}
	return nil
}
