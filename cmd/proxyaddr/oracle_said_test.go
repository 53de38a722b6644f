package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A judgment is what the program says of a directory as JSON.
type judgment struct {
	Complete  bool
	Conflicts []reported
	Changes   []change
	// Findings and the rest are only compared.
	fields map[string]json.RawMessage
}

type reported struct {
	ID, Class, Type, Unresolved string
	Owners                      []struct {
		DN string
		claim
		Also []claim
	}
}

type claim struct {
	Attribute, Value string
	Base64           map[string][]byte
}

func (c *claim) exact() string { return exact(c.Base64, "value", c.Value) }

type change struct {
	Conflict, DN, Attribute, Old, New string
	Base64                            map[string][]byte
}

// exact returns a field whose bytes JSON may not be able to hold.
func exact(base64 map[string][]byte, name, value string) string {
	if b, ok := base64[name]; ok {
		return string(b)
	}
	return value
}

func newJudgment(document []byte) (*judgment, error) {
	r := &judgment{}
	if err := json.Unmarshal(document, r); err != nil {
		return nil, err
	}
	for i := range r.Changes {
		c := &r.Changes[i]
		c.Old, c.New = exact(c.Base64, "old", c.Old), exact(c.Base64, "new", c.New)
	}
	return r, json.Unmarshal(document, &r.fields)
}

func (r reported) lines() string {
	var lines []string
	for i := range r.Owners {
		o := &r.Owners[i]
		for _, c := range append(o.Also, o.claim) {
			lines = append(lines, fmt.Sprintf("%s\t%s\t%q", o.DN, c.Attribute, c.exact()))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// A ruling is a clash with what the program says of it.
type ruling struct {
	clash
	reported
}

// compare returns the clashes of a directory by their addresses, if the program has
// found them and no more.
func (r *judgment) compare(d directory) (map[string]ruling, error) {
	rulings := map[string]ruling{}
	rest := slices.Clone(r.Conflicts)
	ids := map[string]bool{}
	for _, c := range d.judge() {
		i := slices.IndexFunc(rest, func(p reported) bool { return p.lines() == c.lines() && p.Class == c.class })
		if i < 0 {
			return nil, fmt.Errorf("not found: %s %s\n%s\nbut\n%+v", c.class, c.loose, c.lines(), rest)
		}
		p := rest[i]
		if ids[p.ID] {
			return nil, fmt.Errorf("one ID for two: %s", p.ID)
		}
		ids[p.ID] = true
		if err := c.keptBy(p.Owners[0].DN); err != nil {
			return nil, err
		}
		rulings[c.loose] = ruling{c, p}
		rest = slices.Delete(rest, i, i+1)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("found, but not there: %s %s", rest[0].Class, rest[0].lines())
	}
	return rulings, nil
}

// keptBy tells what is wrong with a keeper: it holds the address in legacyExchangeDN if anybody
// does, or else in proxyAddresses if anybody does, and those who cannot be changed come first, and then those whose primary address it is.
func (c clash) keptBy(dn string) error {
	best, keeper := 0, 0
	in := func(attribute string) func(*holding) bool {
		return func(h *holding) bool {
			return slices.ContainsFunc(c.claims, func(other *holding) bool { return other.dn == h.dn && other.attribute == attribute })
		}
	}
	may := func(*holding) bool { return true }
	for _, attribute := range []string{"proxyAddresses", "legacyExchangeDN"} {
		if holds := in(attribute); slices.ContainsFunc(c.claims, holds) {
			may = holds
		}
	}
	for _, h := range c.claims {
		rank := 1
		switch {
		case !may(h):
			continue
		case h.fixed():
			rank = 3
		case h.primary():
			rank = 2
		}
		if best = max(best, rank); h.dn == dn {
			keeper = max(keeper, rank)
		}
	}
	if keeper != best {
		return fmt.Errorf("keeper: %s keeps\n%s", dn, c.lines())
	}
	return nil
}

// proposed tells what is wrong with the changes.
func (r *judgment) proposed(d directory, rulings map[string]ruling) error {
	byID := map[string]ruling{}
	for _, c := range rulings {
		byID[c.ID] = c
	}
	after := directory{}
	for _, c := range r.Changes {
		of, ok := byID[c.Conflict]
		i := slices.IndexFunc(d, func(o *object) bool { return o.dn == c.DN })
		if !ok || i < 0 || c.DN == of.Owners[0].DN || of.class != "duplicate" && of.class != "collation" {
			return fmt.Errorf("change of whom: %+v", c)
		}
		old := newHolding(d[i], c.Attribute, c.Old)
		if c.Attribute != "mail" && c.Attribute != "proxyAddresses" || !d[i].has(c.Attribute, c.Old) || old.loose != of.loose {
			return fmt.Errorf("change of what: %+v", c)
		}
		if c.New == "" {
			continue
		}
		made := newHolding(&object{dn: c.DN}, c.Attribute, c.New)
		if made.kind != old.kind || made.primary() != old.primary() {
			return fmt.Errorf("change of type: %+v", c)
		}
		if other := d.taken(made); other != nil {
			return fmt.Errorf("taken: %+v, by %s, %s: %q", c, other.dn, other.attribute, other.value)
		}
		if other := after.taken(made); other != nil && other.dn != c.DN {
			return fmt.Errorf("proposed twice: %+v", c)
		}
		after = append(after, &object{c.DN, map[string][]string{c.Attribute: {c.New}}})
		if why := d.improper(made); why != "" {
			return fmt.Errorf("improper: %+v: %s", c, why)
		}
	}
	return nil
}

// improper tells why an address may not be proposed.
func (d directory) improper(h *holding) string {
	text := h.value[strings.IndexByte(h.value, ':')+1:]
	local, domain, ok := strings.Cut(text, "@")
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError):
		return "no text"
	case !ok || local == "" || domain == "":
		return "no address"
	case len(local) > 64 || len(text) > 254 || utf8.RuneCountInString(h.value) > 256:
		return "too long"
	case strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local+"@"+domain, ".."):
		return "dots"
	}
	if _, domain, _ := parts(h.strict); !d.accepts(domain) {
		return "domain"
	}
	return ""
}

// accepts tells whether Exchange takes mail for a domain, or, where it names none, whether a
// user, a group or a mailbox has its primary address in it.
func (d directory) accepts(domain string) bool {
	known, accepted := false, false
	for _, o := range d {
		for _, name := range o.values["msExchAcceptedDomainName"] {
			suffix, wild := strings.CutPrefix(name, "*")
			known = true
			_, exactly, _ := parts(newHolding(o, "mail", "x@"+name).strict)
			accepted = accepted || domain == exactly || wild && strings.HasSuffix(domain, suffix)
		}
	}
	return accepted || !known && d.home(domain, func(h *holding) bool { return h.atHome() || h.logsOn() })
}

// surely tells what accepts does of a server, which does not tell the class of objects that
// are in no conflict.
func (d directory) surely(domain string) bool {
	return d.accepts(domain) && (d.namesDomains() || d.home(domain, (*holding).logsOn))
}

func (d directory) namesDomains() bool {
	return slices.ContainsFunc(d, func(o *object) bool { return len(o.values["msExchAcceptedDomainName"]) > 0 })
}

// home tells whether an object of some kind has its primary address in a domain.
func (d directory) home(domain string, of func(*holding) bool) bool {
	return slices.ContainsFunc(d.holdings(), func(h *holding) bool {
		_, at, _ := parts(h.strict)
		return at == domain && h.kind == "smtp" && h.primary() && !h.deleted() && of(h)
	})
}

// atHome tells whether an object is a user, a group or a mailbox of the directory.
func (o *object) atHome() bool {
	class := slices.Concat([]string{""}, o.values["objectClass"])
	switch {
	case o.has("msExchRecipientTypeDetails", "64"), o.has("msExchRecipientTypeDetails", "128"):
		return false // a contact, a mail user
	case len(o.values["msExchRecipientTypeDetails"]) > 0:
		return true
	}
	switch class[len(class)-1] {
	case "contact":
		return false
	case "group", "publicFolder":
		return true
	}
	return len(o.values["targetAddress"]) == 0
}

// logsOn tells whether the owner of a primary address has a logon name, in the domain of the
// address if its mail goes elsewhere.
func (h *holding) logsOn() bool {
	behind := func(s string) string { return s[strings.LastIndexByte(s, '@')+1:] }
	for _, name := range h.values["userPrincipalName"] {
		domain := behind(strings.TrimSpace(h.value))
		return len(h.values["targetAddress"]) == 0 || strings.EqualFold(behind(name), domain) && !strings.EqualFold(behind(h.values["targetAddress"][0]), domain)
	}
	return false
}
