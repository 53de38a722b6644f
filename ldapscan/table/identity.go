package table

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// identity takes what tells which object the row is of.
func (r *row) identity(c *cell, text string) error {
	g, err := guid(text)
	if len(c.list) > 1 {
		g, err = guidOfBytes(c.list)
	}
	switch {
	case err != nil && (c.field == anchorField || c.field == idField), c.field == consistencyField && lost.MatchString(text):
		// it joins nothing
	case err != nil:
		return err
	case c.field == anchorField:
		r.anchor = g
	case c.field == consistencyField:
		r.anchor = g
		r.add("mS-DS-ConsistencyGuid", string(g[:]))
	case c.field == guidField || r.guid == (conflicts.GUID{}):
		r.guid = g
	}
	return nil
}

// accepted makes a record of a row of Get-AcceptedDomain.
func (r *row) accepted() {
	if r.domain == "" || r.value("objectClass") != "msExchAcceptedDomain" {
		return
	}
	r.add("msExchAcceptedDomainName", r.domain)
	r.name = r.domain
}

// identify gives the record its name and objectGUID. It returns true if the row is one that was
// there before.
func (r *row) identify() (again bool) {
	cloud := hosted(r.dn) || r.cloud && r.dn == "" // Exchange in a forest has an ImmutableId too, and names
	id := r.guid
	if cloud {
		id = r.cloudID(id)
	}
	if id != (conflicts.GUID{}) {
		r.add("objectGUID", string(id[:]))
	}
	if r.value("displayName") == "" {
		r.add("displayName", r.name)
	}
	nameless := r.dn == "" && r.domain == "" && !cloud
	switch {
	case cloud:
		r.add(Unchangeable, InCloud)
	case nameless:
		r.add(Unchangeable, Nameless)
	}
	if !cloud && r.domain == "" {
		r.elsewhere++
	}
	if r.dn != "" {
		r.rec.DN = r.dn
		return false
	}
	name := r.madeUp()
	r.rec.DN = name + r.Within
	if id == (conflicts.GUID{}) {
		key := conflicts.DNKey(name)
		content := r.hash(func(add func(string)) {
			add(key)
			for _, a := range r.rec.Attributes {
				add(a.Name)
				add(string(a.Value))
			}
		})
		if _, again := r.known[content]; again {
			if r.domain == "" {
				r.equal++
			}
			return true
		}
		r.known[content] = struct{}{}
		namesakes := r.hash(func(add func(string)) { add(key) })
		if r.namesakes[namesakes]++; r.namesakes[namesakes] > 1 {
			r.rec.DN = fmt.Sprintf("%s+number=%d%s", name, r.namesakes[namesakes], r.Within)
		}
	}
	if id == (conflicts.GUID{}) && r.holdsAddress() {
		r.Unnamed++
	}
	if nameless {
		r.nameless++
	}
	return false
}

func (r *row) holdsAddress() bool {
	return slices.ContainsFunc(r.rec.Attributes, func(a ldif.Attribute) bool { return conflicts.AttributeNamed(a.Name) != 0 })
}

// cloudID returns the GUID of an object of a cloud directory: that of its object in a forest, or
// else what all tables of a tenant have.
func (r *row) cloudID(own conflicts.GUID) conflicts.GUID {
	if r.anchor != (conflicts.GUID{}) {
		return r.anchor
	}
	if g, err := guid(r.value("msDS-ExternalDirectoryObjectId")); err == nil {
		return g
	}
	return own
}

// hosted reports whether Exchange Online has an object of that name.
func hosted(dn string) bool {
	return strings.HasSuffix(strings.ToUpper(dn), "DC=PROD,DC=OUTLOOK,DC=COM")
}

// madeUp returns a name for an object of which the table gives none: what the row says of it.
func (r *row) madeUp() string {
	name := r.name
	for _, attribute := range []string{"displayName", "sAMAccountName", "mailNickname", "mail", "userPrincipalName"} {
		if name == "" {
			name = r.value(attribute)
		}
	}
	var parts []string
	if name != "" {
		parts = append(parts, "CN="+escape(name))
	}
	for _, attribute := range []string{"userPrincipalName", "sAMAccountName", "mail"} {
		if v := r.value(attribute); v != "" && (v != name || len(parts) == 0) {
			parts = append(parts, attribute+"="+escape(v))
			break
		}
	}
	if parts == nil {
		parts = append(parts, fmt.Sprintf("CN=%s %d", r.unit, r.number))
	}
	return strings.Join(parts, "+")
}

// escape returns a value as a part of a distinguished name (RFC 4514 section 2.4).
func escape(value string) string {
	var b strings.Builder
	for i, c := range value {
		switch {
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%02x`, c)
			continue
		case strings.ContainsRune(`"+,;<>\=`, c), c == '#' && i == 0, c == ' ' && (i == 0 || i == len(value)-1):
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func (b *builder) hash(write func(add func(string))) uint64 {
	var h maphash.Hash
	h.SetSeed(b.seed)
	write(func(text string) {
		maphash.WriteComparable(&h, len(text))
		h.WriteString(text)
	})
	return h.Sum64()
}
