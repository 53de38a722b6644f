package ldaptest

import (
	"cmp"
	"slices"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// search is a search request (RFC 4511 section 4.5.1).
type search struct {
	base      string
	scope     int // a Scope constant of go-ldap
	sizeLimit int // entries; 0 is none
	filter    filter
	selection selection

	raw       []byte // the whole request but its controls
	rawFilter []byte
	controls  controls
}

// parseSearch returns false if the request is malformed.
func parseSearch(op []byte, c controls, maxValRange int) (*search, bool) {
	d := newDecoder(op)
	s := &search{raw: op, controls: c}
	s.base = d.text(tagOctetString)
	s.scope = d.integer(tagEnumerated)
	d.integer(tagEnumerated) // alias handling: AD has no aliases
	s.sizeLimit = max(0, d.integer(tagInteger))
	d.integer(tagInteger) // time limit
	typesOnly := d.boolean(tagBoolean)
	s.rawFilter = d.rest
	s.filter = parseFilter(d, 0)
	s.rawFilter = s.rawFilter[:len(s.rawFilter)-len(d.rest)]
	s.selection = parseSelection(d.in(tagSequence), typesOnly)
	s.selection.maxValRange = maxValRange
	return s, !*d.malformed && s.scope >= ldap.ScopeBaseObject && s.scope <= ldap.ScopeWholeSubtree
}

// describe returns the search for the Match of a fault.
func (s *search) describe() Search {
	text := ""
	if p, err := ber.DecodePacketErr(s.rawFilter); err == nil {
		text, _ = ldap.DecompileFilter(p)
	}
	return Search{
		Base:       s.base,
		Scope:      s.scope,
		Filter:     text,
		Attributes: s.selection.descriptions(),
		Paged:      s.controls.paged,
	}
}

// finds tells whether the search, from a base that was found, returns e.
func (s *search) finds(base, e *entry) bool {
	switch {
	case e.context != base.context || e.deleted() && !s.controls.showDeleted:
		return false
	case s.scope == ldap.ScopeBaseObject && e != base:
		return false
	case s.scope == ldap.ScopeSingleLevel && e.parentKey() != base.key:
		return false
	case s.scope == ldap.ScopeWholeSubtree && !strings.HasPrefix(e.key, base.key):
		return false
	}
	return s.filter.match(e) == isTrue
}

// page is the result of one request.
type page struct {
	entries    []*entry
	next       string   // order of the first entry that did not fit, with more
	more       bool     // there is one
	references []string // URLs, on the last page
}

// search collects up to limit entries, the first of them at or after from in the order of answers.
func (d *directory) search(s *search, from string, limit int) (p page, done result) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	base, done := d.find(s.base, s.controls.showDeleted)
	if !done.ok() {
		return p, done
	}
	for _, e := range d.candidates(s, base, from) {
		if !s.finds(base, e) {
			continue
		}
		if len(p.entries) == limit {
			p.next, p.more = e.order, true
			return p, result{}
		}
		p.entries = append(p.entries, e)
	}
	if !s.controls.domainScope {
		p.references = d.references(s, base)
	}
	return p, result{}
}

// candidates returns all entries at or after from that the search can find, in order.
func (d *directory) candidates(s *search, base *entry, from string) (list []*entry) {
	guids, ok := s.filter.guids()
	switch {
	case s.scope == ldap.ScopeBaseObject:
		return []*entry{base}
	case !ok:
		return d.sorted[d.place(from):]
	}
	for _, g := range guids {
		if e := d.byGUID[g]; e != nil && e.order >= from {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *entry) int { return cmp.Compare(a.order, b.order) })
	return slices.Compact(list)
}

// references returns the URLs of the naming contexts below the base and next to its own.
func (d *directory) references(s *search, base *entry) (urls []string) {
	for i := range d.contexts {
		c := &d.contexts[i]
		below := s.scope == ldap.ScopeWholeSubtree && strings.HasPrefix(c.key, base.key) ||
			s.scope == ldap.ScopeSingleLevel && c.parentKey() == base.key
		if below && c.outer == base.context {
			urls = append(urls, contextURL(c.dn))
		}
	}
	return urls
}
