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

// primaries adds the addresses of a column of primary ones. They stand before others, which may
// have them too.
func (r *row) primaries() {
	for _, p := range r.primary {
		key := conflicts.ParseAddress(p).Key()
		known := false
		for _, v := range r.proxies {
			a := conflicts.ParseAddress(v)
			known = known || a.Key() == key && a.Primary()
		}
		if !known {
			r.proxies = append([]string{p}, r.proxies...)
		}
	}
}

// again reports whether an address stands before as the primary one of another column.
func (r *row) again(i int) bool {
	if len(r.primary) == 0 {
		return false
	}
	a := conflicts.ParseAddress(r.proxies[i])
	first := conflicts.ParseAddress(r.proxies[0])
	return !a.Primary() && first.Primary() && a.Key() == first.Key()
}
