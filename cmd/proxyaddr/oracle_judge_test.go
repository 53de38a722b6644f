package main

import (
	"fmt"
	"slices"
	"strings"
)

// An object of a made-up directory has values by the names of attributes, in any
// order.
type object struct {
	dn     string
	values map[string][]string
}

type directory []*object

func (o *object) has(attribute, value string) bool {
	return slices.Contains(o.values[attribute], value)
}

func (o *object) deleted() bool { return o.has("isDeleted", "TRUE") }

// fixed tells whether nobody may change the object.
func (o *object) fixed() bool {
	return strings.Contains(o.dn, ",CN=Configuration,") || o.has("isCriticalSystemObject", "TRUE")
}

// A holding is a value that is an address, or is to be one.
type holding struct {
	*object
	attribute, value string
	kind             string // the type in lower case
	strict, loose    string
}

// same tells whether Active Directory takes two addresses for one.
func (h *holding) same(other *holding) bool { return h.loose == other.loose }

func (h *holding) proxy() bool { return h.attribute == "proxyAddresses" }

func (h *holding) primary() bool {
	kind, _, _ := strings.Cut(h.value, ":")
	return h.proxy() && h.kind != "" && kind == strings.ToUpper(kind)
}

// parts returns what stands before the last "@" of a key and behind it.
func parts(key string) (local, domain string, ok bool) {
	_, text, _ := strings.Cut(key, ":")
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

func newHolding(o *object, attribute, value string) *holding {
	h := &holding{object: o, attribute: attribute, value: value, kind: "smtp"}
	text := value
	switch attribute {
	case "legacyExchangeDN":
		h.kind = "x500"
	case "proxyAddresses", "targetAddress":
		kind, rest, ok := strings.Cut(value, ":")
		if !ok {
			kind, rest = "", value
		}
		h.kind, text = strings.ToLower(strings.TrimSpace(kind)), rest
	}
	text = strings.TrimSpace(text)
	h.strict, h.loose = h.kind+":"+folded.Replace(text), h.kind+":"+loosened.Replace(text)
	if h.kind == "smtp" {
		h.strict, h.loose = inDomain(h.strict, toASCII), inDomain(h.loose, toLoose)
	}
	return h
}

// holdings are all of a directory, those of targetAddress last.
func (d directory) holdings() (all []*holding) {
	for _, attribute := range []string{"proxyAddresses", "mail", "userPrincipalName", "legacyExchangeDN", "targetAddress"} {
		for _, o := range d {
			for _, value := range o.values[attribute] {
				all = append(all, newHolding(o, attribute, value))
			}
		}
	}
	return all
}

// A clash is an address that is claimed twice.
type clash struct {
	class  string
	loose  string
	claims []*holding
}

// judge compares each address with each.
func (d directory) judge() (found []clash) {
	all := slices.DeleteFunc(d.holdings(), func(h *holding) bool { return h.deleted() || h.attribute == "targetAddress" })
	for i, h := range all {
		if slices.ContainsFunc(all[:i], h.same) {
			continue
		}
		c := clash{class: "collation", loose: h.loose}
		owners, holders := map[*object]bool{}, map[*object]bool{}
		for _, other := range all[i:] {
			if !h.same(other) {
				continue
			}
			for _, known := range c.claims {
				if known.object != other.object && known.proxy() && other.proxy() && known.strict == other.strict {
					c.class = "duplicate"
				}
			}
			c.claims = append(c.claims, other)
			owners[other.object] = true
			if other.proxy() {
				holders[other.object] = true
			}
		}
		switch {
		case len(owners) < 2:
			continue
		case h.kind != "smtp":
			c.class = "non-smtp"
		case len(holders) < 2:
			c.class = "cross-attribute"
		}
		found = append(found, c)
	}
	return found
}

// lines say who claims what, in an order of their own.
func (c clash) lines() string {
	var lines []string
	for _, h := range c.claims {
		lines = append(lines, fmt.Sprintf("%s\t%s\t%q", h.dn, h.attribute, h.value))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// owners are the names of those who claim the address.
func (c clash) owners() (names []string) {
	for _, h := range c.claims {
		if !slices.Contains(names, h.dn) {
			names = append(names, h.dn)
		}
	}
	return names
}

// taken returns who has an SMTP address, be it a deleted object or in a value without
// a type, or nil.
func (d directory) taken(address *holding) *holding {
	for _, h := range d.holdings() {
		if h.kind == "" {
			h = newHolding(h.object, "mail", strings.TrimPrefix(strings.TrimSpace(h.value), ":"))
		}
		if h.same(address) {
			return h
		}
	}
	return nil
}

// primaries counts the primary SMTP addresses of an object.
func (o *object) primaries() (n int) {
	for _, value := range o.values["proxyAddresses"] {
		if h := newHolding(o, "proxyAddresses", value); h.kind == "smtp" && h.primary() {
			n++
		}
	}
	return n
}
