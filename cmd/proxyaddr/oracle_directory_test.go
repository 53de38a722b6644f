package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// features are what a made-up directory can have besides plain addresses.
var features = []string{
	"A-labels", "accepted domains", "configuration", "critical objects", "deleted mail", "deleted objects",
	"dots", "legacy", "letters", "long addresses", "malformed", "marks", "mixed types", "no class", "no GUID", "not UTF-8", "numbers",
	"other types", "padding", "parts", "primaries", "quotes", "target alone", "targets", "two domains",
	"undecided letters", "untyped", "wide letters",
}

// A maker makes up directories in which few addresses have many owners.
type maker struct {
	*rand.Rand
	features        []string // of this directory
	locals, domains []string
}

func newMaker(r *rand.Rand, allowed []string) *maker {
	m := &maker{Rand: r}
	for _, f := range allowed {
		if m.one(3) {
			m.features = append(m.features, f)
		}
	}
	locals, domains := []string{"bob", "jose", "a.b", "o'brien", "x"}, []string{"ex.com", "EX.com", "sub.ex.com", "old.net"}
	also := func(feature string, list *[]string, more ...string) {
		if m.with(feature) {
			*list = append(*list, more...)
		}
	}
	also("numbers", &locals, "x9", "x10", "x099999999", "bob3")
	also("long addresses", &locals, strings.Repeat("y", 63), strings.Repeat("y", 64), strings.Repeat("y", 62)+"9", "yyyyy")
	also("long addresses", &domains, strings.Repeat(strings.Repeat("d", 50)+".", 4)+strings.Repeat("e", 32)+".com")
	also("dots", &locals, "a..b", ".a", "b.", "..", "a.b")
	also("quotes", &locals, `"q t"`, `"q@t"`, "q t", "(bob)", "a,b", `"`)
	also("marks", &locals, "андрей", "андреи")
	also("undecided letters", &locals, "strass", "thae", "bis")
	also("wide letters", &locals, "ba2", "アア")
	also("malformed", &locals, "", "a@b", "\x7f")
	also("malformed", &domains, "", ".ex.com", "ex..com")
	also("A-labels", &domains, "müller.de", "xn--mller-kva.de", "XN--MLLER-kva.de", "muller.de", "mu\u0308ller.de")
	for range 1 + m.IntN(2) {
		local := pick(m, locals)
		m.locals, m.domains = append(m.locals, local), append(m.domains, pick(m, domains))
		if m.one(2) {
			m.locals = append(m.locals, local+"2") // which is what is proposed first
		}
	}
	return m
}

func (m *maker) with(feature string) bool {
	if !slices.Contains(features, feature) {
		panic("unknown feature " + feature)
	}
	return slices.Contains(m.features, feature)
}

// sometimes tells whether what the directory can have is to be had here.
func (m *maker) sometimes(feature string) bool { return m.with(feature) && m.one(2) }

// one tells whether something is to be that is so once in n times.
func (m *maker) one(n int) bool { return m.IntN(n) == 0 }

func pick[T any](m *maker, list []T) T { return list[m.IntN(len(list))] }

func (m *maker) directory() (d directory) {
	for n := range 2 + m.IntN(6) {
		d = append(d, m.object(n))
	}
	for n, domain := range []string{"ex.com", "*.ex.com", "müller.de", "old.net"} {
		if m.sometimes("accepted domains") {
			d = append(d, &object{fmt.Sprintf("CN=Accepted %d,CN=Services,CN=Configuration,DC=ex,DC=com", n),
				map[string][]string{"objectClass": {"msExchAcceptedDomain"}, "msExchAcceptedDomainName": {domain}}})
		}
	}
	if !d.whole() {
		d[0] = &object{"CN=A 0,OU=Staff,DC=ex,DC=com", map[string][]string{"objectClass": {"user"}, "proxyAddresses": {"SMTP:z@ex.com"}}}
	}
	return d
}

// whole tells whether the domain has proxy addresses. Without any a scan is incomplete.
func (d directory) whole() bool {
	return slices.ContainsFunc(d, func(o *object) bool {
		return strings.HasSuffix(o.dn, ",OU=Staff,DC=ex,DC=com") && len(o.values["proxyAddresses"]) > 0
	})
}

func (m *maker) object(n int) *object {
	o := &object{values: map[string][]string{}}
	set := func(attribute string, values ...string) { o.values[attribute] = values }
	parent := "OU=Staff,DC=ex,DC=com"
	switch {
	case m.sometimes("configuration"):
		parent = "CN=Services,CN=Configuration,DC=ex,DC=com"
	case m.sometimes("two domains"):
		parent = "DC=b,DC=ex,DC=com"
	}
	o.dn = fmt.Sprintf("CN=%s %d,%s", pick(m, []string{"A", "Bob", `Bob\, Jr`, "Zoë", "Q/A"}), n, parent)
	if !m.sometimes("no class") {
		set("objectClass", pick(m, [][]string{{"top", "person", "user"}, {"top", "contact"}, {"top", "group"}, {"publicFolder"}})...)
	}
	if !m.sometimes("no GUID") {
		set("objectGUID", fmt.Sprintf("%c23456789abcdef%c", 'a'+m.IntN(26), 'A'+n))
	}
	if m.sometimes("critical objects") {
		set("isCriticalSystemObject", "TRUE")
	}
	if m.one(3) {
		set("userAccountControl", pick(m, []string{"512", "514"}))
	}
	if m.one(3) {
		set("msExchRecipientTypeDetails", pick(m, []string{"1", "4", "64", "128", "256", "2147483648"}))
	}
	if m.one(3) {
		set("whenCreated", pick(m, []string{"20200101000000.0Z", "20210101000000.0Z"}))
	}
	for range m.IntN(5) {
		m.add(o, m.typed())
	}
	if m.one(2) {
		set("mail", m.address())
	}
	if m.one(4) {
		set("userPrincipalName", m.address())
	}
	if m.sometimes("legacy") {
		set("legacyExchangeDN", pick(m, []string{"/o=Ex/cn=", "/O=ex/CN="})+m.spell(pick(m, m.locals)))
	}
	if m.sometimes("target alone") || m.sometimes("targets") && len(o.values["proxyAddresses"]) > 0 {
		set("targetAddress", m.typed())
	}
	if m.sometimes("deleted objects") || m.sometimes("deleted mail") {
		o.dn = fmt.Sprintf(`CN=Gone %d\0ADEL:1111,CN=Deleted Objects,DC=ex,DC=com`, n)
		set("isDeleted", "TRUE")
		if !m.with("deleted mail") {
			delete(o.values, "mail")
			delete(o.values, "userPrincipalName")
			delete(o.values, "targetAddress")
			delete(o.values, "legacyExchangeDN")
		}
	}
	return o
}

// add gives the object a proxy address, unless a directory would refuse it.
func (m *maker) add(o *object, value string) {
	refused := func(known string) bool {
		return equalValues(known, value) || !m.with("primaries") && isPrimary(known) && isPrimary(value)
	}
	if !slices.ContainsFunc(o.values["proxyAddresses"], refused) {
		o.values["proxyAddresses"] = append(o.values["proxyAddresses"], value)
	}
}

// equalValues compares as a directory does for which the values of an attribute are a
// set.
func equalValues(a, b string) bool { return loosened.Replace(a) == loosened.Replace(b) }

func isPrimary(value string) bool { return strings.HasPrefix(strings.TrimSpace(value), "SMTP:") }

// typed returns a value of proxyAddresses or targetAddress.
func (m *maker) typed() string {
	kind := pick(m, []string{"SMTP:", "smtp:", "smtp:"})
	switch {
	case m.sometimes("other types"):
		other := pick(m, []string{"X500:/o=Ex/cn=", "x500:/O=ex/cn=", "sip:", "SIP:", "EUM:"})
		return other + m.spell(pick(m, m.locals))
	case m.sometimes("untyped"):
		kind = pick(m, []string{"", "", ":"})
	case m.sometimes("mixed types"):
		kind = pick(m, []string{"Smtp:", "sMTP:"})
	}
	switch {
	case m.sometimes("padding"):
		return pick(m, []string{" ", ""}) + kind + pick(m, []string{" ", "  ", "\t"}) + m.address() + pick(m, []string{"", " "})
	case m.sometimes("malformed"):
		return kind + m.spell(pick(m, m.locals))
	}
	return kind + m.address()
}

func (m *maker) address() string {
	if m.with("not UTF-8") && m.one(4) {
		return pick(m, []string{"jos\xe9", "jos\xc9", "\xff"}) + "@ex.com"
	}
	address := m.spell(pick(m, m.locals)) + "@" + pick(m, m.domains)
	if m.with("wide letters") && m.one(8) {
		return strings.Replace(address, "@", "＠", 1)
	}
	return address
}

// spell writes the local part of an address in a way that is the same address, or the
// same to Active Directory.
func (m *maker) spell(local string) string {
	var b strings.Builder
	for len(local) > 0 {
		_, size := utf8.DecodeRuneInString(local)
		taken, written := local[:size], local[:size]
		for _, l := range letters {
			if strings.HasPrefix(local, l.loose) && m.with(l.feature) && m.one(6) {
				taken, written = l.loose, pick(m, l.written)
			}
		}
		if taken == written && m.one(6) {
			written = strings.ToUpper(written)
		}
		b.WriteString(written)
		local = local[len(taken):]
	}
	return b.String()
}
