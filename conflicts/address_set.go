package conflicts

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// An AddressSet is the addresses that are looked for: their keys by their loose keys. A
// value without a type counts as SMTP.
type AddressSet map[Key][]Key

// NewAddressSet returns the set of some addresses.
func NewAddressSet(addresses ...Address) AddressSet {
	s := AddressSet{}
	for _, a := range addresses {
		a = a.OrSMTP()
		if key, loose := a.Key(), a.LooseKey(); !slices.Contains(s[loose], key) {
			s[loose] = append(s[loose], key)
		}
	}
	return s
}

// In reports whether an object holds one of the addresses in any attribute.
func (s AddressSet) In(v *View) bool {
	var room [128]byte
	value := func(b []byte) bool {
		loose, typed := AppendLooseKey(room[:0], b, false)
		if !typed {
			return s.Has(ParseAddress(string(b)))
		}
		return s[Key(loose)] != nil
	}
	mail := func(b []byte) bool {
		return len(b) > 0 && s[Key(AppendLooseMailKey(room[:0], b))] != nil
	}
	return slices.ContainsFunc(v.ProxyAddresses, value) || mail(v.Mail) || mail(v.UserPrincipalName) ||
		len(v.LegacyExchangeDN) > 0 && s[Key(AppendLooseX500Key(room[:0], v.LegacyExchangeDN))] != nil ||
		len(v.TargetAddress) > 0 && value(v.TargetAddress)
}

// Has reports whether an address is one of them, or equal to one for Active Directory.
func (s AddressSet) Has(a Address) bool { return s[a.OrSMTP().LooseKey()] != nil }

// concerns reports whether one of the owners claims one of the addresses.
func (s AddressSet) concerns(owners []Owner) bool {
	return slices.ContainsFunc(owners, func(o Owner) bool {
		return slices.ContainsFunc(o.Claims, func(c Claim) bool { return s.Has(c.Parsed()) })
	})
}

// Claims returns where an object holds one of the addresses, in the order of an
// [Owner], its targetAddress last. Those that are equal only to Active Directory
// are marked as loose.
func (s AddressSet) Claims(o *Object) []Claim {
	var held []Claim
	for _, c := range everyClaim(o) {
		if a := c.Parsed().OrSMTP(); s.Has(a) {
			c.Loose = !slices.Contains(s[a.LooseKey()], a.Key())
			held = append(held, c)
		}
	}
	return held
}

// everyClaim is claims and the targetAddress.
func everyClaim(o *Object) []Claim {
	all := claims(o)
	if o.TargetAddress != "" {
		all = append(all, Claim{Attribute: TargetAddress, Value: o.TargetAddress})
	}
	return all
}

// Spellings returns the forms in which an equal address can be stored, without its
// type and white space around it, as far as they can be named: as it is written,
// under its key and its loose key, composed and decomposed (Unicode NFC and NFD),
// and its domain with A-labels and with U-labels (RFC 5890). They are for servers
// that compare by case only, so no two differ in that alone. The other forms that
// Active Directory treats as equal, such as josé for jose, are too many to name.
func (a Address) Spellings() []string {
	text := a.Trimmed()
	locals, domains := []string{text}, []string{""}
	if local, domain, ok := splitAt(text); ok && a.SMTP() {
		key := DomainKey(domain)
		u := toUnicode(key)
		locals, domains = []string{local}, []string{"@" + domain, "@" + key, "@" + u, "@" + loosen(u), "@" + DomainKey(loosen(u))}
	}
	locals = append(locals, fold(locals[0]), loosen(locals[0]))
	var list []string
	seen := map[string]bool{}
	for _, local := range locals {
		for _, domain := range domains {
			for _, form := range []string{local + domain, norm.NFC.String(local + domain), norm.NFD.String(local + domain)} {
				if lower := strings.ToLower(form); !seen[lower] {
					seen[lower] = true
					list = append(list, form)
				}
			}
		}
	}
	return list
}
