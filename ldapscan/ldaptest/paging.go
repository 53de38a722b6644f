package ldaptest

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/go-ldap/ldap/v3"
)

// maxPagedSearches is how many paged searches of a connection can be continued:
// MaxResultSetsPerConn of [MS-ADTS] 3.1.1.3.4.6. One more ends the oldest.
const maxPagedSearches = 10

// pagedSearch is a search that waits for its next page.
type pagedSearch struct {
	cookie []byte
	raw    []byte // the request
	from   string
	number int // of the next page, from 1
}

// limit returns how many entries the search gets at once, and whether it can ask for
// more. If one page satisfies the size limit, there is no paging (RFC 2696 section 3).
func (s *search) limit(most int) (limit int, paged bool) {
	limit = most
	if s.controls.paged && s.controls.pageSize > 0 {
		limit = min(limit, s.controls.pageSize)
	}
	switch {
	case s.controls.paged && (s.sizeLimit == 0 || s.sizeLimit > limit || len(s.controls.cookie) > 0):
		return limit, true
	case s.sizeLimit > 0:
		return min(most, s.sizeLimit), false
	}
	return most, false
}

// search answers a search request. It returns false when the connection cannot go on.
func (c *conn) search(id int, op []byte, ctl controls) bool {
	s, ok := parseSearch(op, ctl, c.srv.maxValRange)
	if !ok {
		return c.disconnect()
	}
	c.srv.count(func(n *Counts) {
		n.Searches++
		if ctl.paged {
			n.Pages++
		}
	})
	fail := func(r result) bool { return c.write(id, response(searchResultDone, r)) }
	switch {
	// Controls need a bind even here: see jborean93/PSOpenAD#103.
	case s.base == "" && s.scope == ldap.ScopeBaseObject && (c.user != "" || !ctl.any):
		var e encoder
		s.selection.appendEntry(&e, "", c.srv.rootDSE())
		return c.write(id, message{op: e}, response(searchResultDone, result{}))
	case c.user == "":
		return fail(notBound)
	case ctl.unknown:
		return fail(unknownControl)
	}
	limit, paged := s.limit(c.srv.maxPageSize)
	current := pagedSearch{raw: s.raw, number: 1}
	if len(ctl.cookie) > 0 {
		i := slices.IndexFunc(c.waiting, func(p pagedSearch) bool {
			return bytes.Equal(p.cookie, ctl.cookie) && bytes.Equal(p.raw, s.raw)
		})
		if i < 0 {
			return fail(unknownCookie)
		}
		current = c.waiting[i]
		if ctl.pageSize == 0 { // the client has seen enough (RFC 2696 section 3)
			done := response(searchResultDone, result{})
			done.controls = pagingControl(c.advance(current, pagedSearch{}, false))
			return c.write(id, done)
		}
	}
	fault := c.srv.faults.ofSearch(s, current.number)
	if fault.Do != nil {
		fault.Do()
	}
	return c.answer(id, s, current, limit, paged, fault)
}

// answer finds and sends one page of limit entries, or all that a search without paging gets.
func (c *conn) answer(id int, s *search, current pagedSearch, limit int, paged bool, fault Fault) bool {
	if fault.Kind == Jump {
		c.srv.dir.jump(s, current.from, limit)
	}
	p, done := c.srv.dir.search(s, current.from, limit)
	var messages []message
	for _, e := range p.entries {
		var op encoder
		if done = s.selection.appendEntry(&op, e.dn, e.attributes); !done.ok() {
			break
		}
		messages = append(messages, message{op: op})
	}
	if fault.Reference != "" {
		p.references = append(p.references, fault.Reference)
	}
	for _, url := range p.references {
		var op encoder
		reference := op.open(searchResultReference)
		op.text(tagOctetString, url)
		op.close(reference)
		messages = append(messages, message{op: op})
	}
	if p.more && !paged {
		done = result{code: ldap.LDAPResultSizeLimitExceeded}
	}
	if fault.Kind == Fail {
		messages = messages[:min(fault.Entry, len(messages))]
		done = result{code: fault.Code}
	}
	last := response(searchResultDone, done)
	if paged && done.ok() {
		next := pagedSearch{raw: s.raw, from: p.next, number: current.number + 1}
		if fault.Kind == Repeat {
			next.from = current.from
		}
		more := p.more || fault.Kind == Repeat
		last.controls = pagingControl(c.advance(current, next, more))
	}
	if fault.Kind == NoControl {
		last.controls = nil
	}
	sent := min(len(p.entries), len(messages))
	c.srv.count(func(n *Counts) { n.Entries += sent })
	return c.send(id, append(messages, last), fault)
}

// advance replaces an answered page by the next one, and returns its cookie, which is
// empty after the last page.
func (c *conn) advance(current, next pagedSearch, more bool) []byte {
	c.waiting = slices.DeleteFunc(c.waiting, func(p pagedSearch) bool { return bytes.Equal(p.cookie, current.cookie) })
	if !more {
		return nil
	}
	next.cookie = binary.BigEndian.AppendUint64(nil, c.srv.cookies.Add(1))
	if len(c.waiting) == maxPagedSearches {
		c.waiting = slices.Delete(c.waiting, 0, 1)
	}
	c.waiting = append(c.waiting, next)
	return next.cookie
}
