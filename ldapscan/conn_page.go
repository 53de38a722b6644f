package ldapscan

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/go-ldap/ldap/v3"
)

// A query is a subtree search that is read page by page.
type query struct {
	base, filter string
	attributes   []string
	controls     []ldap.Control // besides paging
	// most is how many objects there can be; 0 means as many as fit into a list. A
	// server that sends more would never end.
	most int
}

const (
	// maxList and maxListBytes bound the results that are kept as a list:
	// configuration, and the owners of some addresses.
	maxList      = 1_000_000
	maxListBytes = 512 << 20
	// maxSwept bounds the results that are handed on object by object.
	maxSwept = 100_000_000
	// maxEmpty is how many pages in a row may be empty. A domain controller sends a
	// few of them when it has searched long without a match.
	maxEmpty = 1000
)

type page struct {
	entries   []byte // messages as [tap.take] returns them
	count     int    // of them
	referrals []string
	session   *session // that it came from
	failed    error    // why it had to be asked for more than once, or nil
	cookie    []byte   // for the next; empty if there is none
	// objects and bytes count the query so far, empty the pages without objects
	// that came last in a row.
	objects, bytes, empty int
}

// read returns the object of that name, or nothing if there is none.
func (c *conn) read(ctx context.Context, base string, attributes []string, controls ...ldap.Control) ([]result, error) {
	p, _, err := c.search(ctx, base, ldap.ScopeBaseObject, "(objectClass=*)", attributes, controls...)
	if noSuchObject(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseEntries(p.entries)
}

// any reports whether a filter finds an object in a partition. The server may stop at
// the first.
func (c *conn) any(ctx context.Context, partition, filter string) (bool, error) {
	request := newRequest(partition, ldap.ScopeWholeSubtree, filter, []string{noAttributes})
	request.SizeLimit = 1
	p, _, err := c.send(ctx, request)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
		return true, nil
	}
	return p.count > 0, err
}

// pagesAhead is how many pages may arrive while another is handled: neither the
// server nor the caller takes the same time for each.
const pagesAhead = 2

// pages runs a query and hands over each complete page, which is valid until each
// returns; meanwhile it fetches the next ones, one at a time. It returns nil only
// if the server marked the last page as the last: a response without the paging
// control, a closed connection or any result code but success is an error. The
// error is a [lostError] if the query can be begun again.
func (c *conn) pages(ctx context.Context, q query, each func(page) error) error {
	type fetched struct {
		page
		err error
	}
	ahead := make(chan fetched, pagesAhead-1) // and one that waits for room
	var enough atomic.Bool
	go func() {
		defer close(ahead)
		for last := (page{}); ; {
			p, err := c.fetch(ctx, q, last)
			ahead <- fetched{p, err}
			if err != nil || len(p.cookie) == 0 || enough.Load() {
				return
			}
			last = p
		}
	}()
	for p := range ahead {
		err := p.err
		if err == nil {
			err = each(p.page)
		}
		if err != nil {
			enough.Store(true)
			for range ahead { // until the request under way is answered
			}
			return err
		}
		p.session.tap.reuse(p.entries)
	}
	return nil
}

// A lostError ends a search that cannot be continued: only another connection or
// server knows its cookie, or a part of it was lost.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

var (
	errOtherServer = errors.New("another server answers under this name")
	// MaxResultSetSize of [MS-ADTS] 3.1.1.3.4.6 bounds the room for all paged searches
	// on a domain controller, MaxResultSetsPerConn their number on a connection. The
	// oldest has to go.
	errEvicted = errors.New("the domain controller dropped the paging cookie of this search for want of room (MaxResultSetSize). " +
		"Scan when other programs search less, or raise MaxResultSetSize with ntdsutil")
)

// fetch returns the page behind last, or the first if last is the zero page. If the
// server limits pages to fewer objects, fetch asks for no more from then on.
func (c *conn) fetch(ctx context.Context, q query, last page) (page, error) {
	for {
		control := ldap.NewControlPaging(c.pageSize)
		control.SetCookie(last.cookie)
		p, answered, err := c.search(ctx, q.base, ldap.ScopeWholeSubtree, q.filter, q.attributes, append([]ldap.Control{control}, q.controls...)...)
		var large largeAnswer
		switch continued := last.session != nil; {
		case errors.As(err, &large) && large.entries > 0 && uint32(large.entries) < c.pageSize:
			c.pageSize = uint32(max(1, large.entries/2))
			if !continued {
				continue
			}
			return p, lostError{err}
		case errors.As(err, &large), errors.As(err, new(lostError)):
			return p, err
		case continued && p.session != last.session && (!p.session.same(last.session) || answer(err)):
			return p, lostError{cmp.Or(p.failed, errOtherServer)}
		case continued && ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailableCriticalExtension):
			return p, lostError{errEvicted}
		case ldap.IsErrorAnyOf(err, ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded) && c.pageSize > 1:
			c.pageSize /= 2
			continue
		case err != nil:
			return p, cmp.Or(p.failed, err)
		}
		var paged []*ldap.ControlPaging
		for _, control := range answered {
			if control, ok := control.(*ldap.ControlPaging); ok {
				paged = append(paged, control)
			}
		}
		if len(paged) != 1 {
			return p, errors.New("a page came without the paging control, or with several, so it is unknown whether it was the last")
		}
		p.cookie = paged[0].Cookie
		return p, p.bounded(q, last)
	}
}

// bounded counts a page after the one before it, and returns an error if the query
// would not end.
func (p *page) bounded(q query, last page) error {
	p.objects, p.bytes = last.objects+p.count, last.bytes+len(p.entries)
	if most := cmp.Or(q.most, maxList); p.objects > most {
		return fmt.Errorf("the server sends more objects than the partition can have (%d)", most)
	}
	if q.most == 0 && p.bytes > maxListBytes {
		return fmt.Errorf("the server sends more than %d MiB where a list was asked for", maxListBytes>>20)
	}
	if p.count > 0 || len(p.cookie) == 0 {
		return nil
	}
	switch p.empty = last.empty + 1; {
	case bytes.Equal(p.cookie, last.cookie):
		return errors.New("an empty page came with the cookie of the one before, so the search would not end")
	case p.empty == maxEmpty:
		return fmt.Errorf("%d empty pages came in a row, so the search would not end", maxEmpty)
	}
	return nil
}
