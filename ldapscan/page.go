package ldapscan

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/go-ldap/ldap/v3"
)

// A query is a subtree search that is read page by page.
type query struct {
	base, filter string
	attributes   []string
	controls     []ldap.Control // besides paging
}

type page struct {
	entries   []byte // messages as [tap.take] returns them
	count     int    // of them
	referrals []string
	session   *session // that it came from
	failed    error    // why it had to be asked for more than once, or nil
	cookie    []byte   // for the next; empty if there is none
}

// read returns the object of that name, or nothing if there is none.
func (d *Directory) read(base string, attributes []string, controls ...ldap.Control) ([]result, error) {
	p, _, err := d.search(base, ldap.ScopeBaseObject, "(objectClass=*)", attributes, controls...)
	if noSuchObject(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseEntries(p.entries)
}

// results runs a query and hands over one entry after the other.
func (d *Directory) results(q query, each func(result)) error {
	return d.pages(q, func(p page) error {
		list, err := parseEntries(p.entries)
		if err != nil {
			return err
		}
		for _, r := range list {
			each(r)
		}
		return nil
	})
}

// pagesAhead is how many pages may have arrived while another is looked at: the
// server and whoever looks each take longer over some than over others.
const pagesAhead = 2

// pages runs a query and hands over each page that is complete, which is valid
// until each returns; meanwhile the next are on their way, one at a time. It
// returns nil only if the server said that the last page was the last: a response
// without the paging control, a closed connection or any result code but success is
// an error, a [lostError] if the query can be made again from the start.
func (d *Directory) pages(q query, each func(page) error) error {
	type fetched struct {
		page
		err error
	}
	ahead := make(chan fetched, pagesAhead-1) // and one that waits to get in
	var enough atomic.Bool
	go func() {
		defer close(ahead)
		for last := (page{}); ; {
			p, err := d.fetch(q, last)
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

// A lostError is the end of a search that could not be continued, as its cookie
// is known to another connection or server only.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

var errOtherServer = errors.New("another server answers under this name")

// fetch returns the page behind last, or the first if that is the zero page. If
// the server limits pages to fewer objects, so does fetch from then on.
func (d *Directory) fetch(q query, last page) (page, error) {
	for {
		control := ldap.NewControlPaging(d.pageSize)
		control.SetCookie(last.cookie)
		p, answered, err := d.search(q.base, ldap.ScopeWholeSubtree, q.filter, q.attributes, append([]ldap.Control{control}, q.controls...)...)
		if last.session != nil && p.session != last.session && (!p.session.same(last.session) || answer(err)) {
			return p, lostError{cmp.Or(p.failed, errOtherServer)}
		}
		if ldap.IsErrorAnyOf(err, ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded) && d.pageSize > 1 {
			d.pageSize /= 2
			continue
		}
		if err != nil {
			return p, cmp.Or(p.failed, err)
		}
		paged, ok := ldap.FindControl(answered, paging).(*ldap.ControlPaging)
		if !ok {
			return p, errors.New("a page came without the paging control, so nothing tells whether it was the last")
		}
		if p.cookie = paged.Cookie; p.count == 0 && len(p.cookie) > 0 && bytes.Equal(p.cookie, last.cookie) {
			return p, errors.New("an empty page came with the cookie of the one before, so the search would not end")
		}
		return p, nil
	}
}

// same reports whether the server at the other end is the same: behind one name
// there can be several.
func (s *session) same(other *session) bool {
	return s.server.Host == other.server.Host && s.root.first("servername") == other.root.first("servername")
}

// attributes returns the values of an entry. Where the server returned part of
// the values of proxyAddresses it asks for the rest ([MS-ADTS] 3.1.1.3.1.3.3);
// of other attributes the first part is enough.
func (d *Directory) attributes(r result) (attributes, error) {
	a := attributes{}
	missing := a.take(r)
	for missing > 0 {
		rest, err := d.read(r.dn, []string{fmt.Sprintf("proxyAddresses;range=%d-*", missing)})
		if err != nil {
			return nil, fmt.Errorf("%s: values from %d on: %w", r.dn, missing, err)
		}
		before := missing
		if len(rest) == 1 {
			missing = a.take(rest[0])
		}
		if len(rest) != 1 || missing > 0 && missing <= before || len(a["proxyaddresses"]) <= before {
			return nil, fmt.Errorf("%s: the server did not return the values from %d on", r.dn, before)
		}
	}
	return a, nil
}

// take adds the values of an entry and returns the number of the first value of
// proxyAddresses that it leaves out, 0 if none.
func (a attributes) take(r result) (missing int) {
	for _, attr := range r.values {
		a.add(attr.name, attr.values...)
		if name, next := rangeEnd(attr.name); strings.EqualFold(name, "proxyAddresses") {
			missing = max(missing, next)
		}
	}
	return missing
}

// rangeEnd parts "name;range=0-1499" into the name and the number of the first
// value that is missing, 0 if none is.
func rangeEnd(attribute string) (name string, next int) {
	name, option, _ := strings.Cut(attribute, ";")
	bounds, ok := strings.CutPrefix(strings.ToLower(option), "range=")
	if !ok {
		return name, 0
	}
	_, high, _ := strings.Cut(bounds, "-")
	n, err := strconv.Atoi(high)
	if err != nil { // "*": the last part
		return name, 0
	}
	return name, n + 1
}

// referredDN returns the distinguished name of a continuation reference (RFC
// 4516), or "" if it has none.
func referredDN(referral string) string {
	u, err := url.Parse(referral)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}
