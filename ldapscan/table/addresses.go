package table

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"proxyaddr/conflicts"
)

// addresses adds the values of a cell with one or more addresses.
func (r *row) addresses(c *cell) error {
	values, clear, err := c.values(r.csvde)
	if err != nil {
		return err
	}
	if !clear {
		r.doubt(c, errUnclear, "write the type before each address, as in smtp:a@example.com, or export LDIF or JSON")
	}
	for _, v := range values {
		r.asks = r.asks || strings.Contains(v, "?")
		if strings.ContainsFunc(v, func(c rune) bool { return c >= utf8.RuneSelf }) {
			r.foreign++
		}
	}
	if c.field == primaryField {
		r.primary = append(r.primary, values...)
	} else {
		r.proxies = append(r.proxies, values...)
	}
	return nil
}

// shadow adds the addresses that a system outside Exchange gave to the object. They are compared with
// its own ones on request only, so a doubtful cell is left out and told in a note.
func (r *row) shadow(c *cell) {
	values, clear, err := c.values(r.csvde)
	switch {
	case err != nil:
	case slices.ContainsFunc(values, lost.MatchString):
		err = errLost
	case !clear:
		err = errUnclear
	}
	if err != nil {
		r.leave(c, fmt.Errorf("%w, so not used", err))
		return
	}
	for _, v := range values {
		r.add("msExchShadowProxyAddresses", v)
	}
}

// values returns the addresses of a cell, and whether it is clear where each of them ends.
func (c *cell) values(csvde bool) (values []string, clear bool, err error) {
	typ := c.typ
	if c.field == primaryField {
		typ = "SMTP"
	}
	if len(c.list) > 0 {
		for _, one := range c.list {
			if typ != "" && !typed.MatchString(one) {
				one = typ + ":" + one
			}
			values = append(values, one)
		}
		return values, true, nil
	}
	text := c.text
	if csvde {
		one, ok := unhex(text)
		if !ok {
			values, clear = split(text, true)
		}
		text = one
	}
	text, whole := braces(strings.TrimSpace(text))
	switch {
	case !whole:
		return nil, false, errShortened
	case values != nil:
	case typ != "":
		values, clear = ofKind(text, typ)
	default:
		values, clear = split(text, false)
	}
	return values, clear, nil
}

// addressList returns the addresses of a row. Those of a column of primary ones come first; other
// columns may have them too, as primary or as secondary ones.
func (r *row) addressList() []string {
	if len(r.primary) == 0 {
		return r.proxies
	}
	held, added := map[conflicts.Key]bool{}, map[conflicts.Key]bool{}
	for _, v := range r.proxies {
		if a := conflicts.ParseAddress(v); a.Primary() {
			held[a.Key()] = true
		}
	}
	var list []string
	for _, v := range r.primary {
		if a := conflicts.ParseAddress(v); !held[a.Key()] && !added[a.Key()] {
			added[a.Key()] = true
			list = append(list, v)
		}
	}
	for _, v := range r.proxies {
		if a := conflicts.ParseAddress(v); a.Primary() || !added[a.Key()] {
			list = append(list, v)
		}
	}
	return list
}
