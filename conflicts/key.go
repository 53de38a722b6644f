package conflicts

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// KeyRules is the version of the rules by which addresses are compared. It grows when an
// address gets another key or other attributes are compared, so that what was remembered
// by older rules is known to be.
const KeyRules = 3

// Key decides whether two addresses are the same: they are if their keys
// are. It is "type:address" in lower case, and its rule is written at
// [Address.Key]. A key is for comparing, not for showing or sending to.
type Key string

// Type returns the type, in lower case; "" if the address has none.
func (k Key) Type() string {
	typ, _, _ := strings.Cut(string(k), ":")
	return typ
}

// Address returns what follows the type.
func (k Key) Address() string {
	_, address, _ := strings.Cut(string(k), ":")
	return address
}

// Key returns the one documented key of an address:
//
//   - the type is folded to lower case;
//   - white space around the address is left out;
//   - the address is case-folded (Unicode, full) and brought to NFC, as far as Active
//     Directory treats the result as the same;
//   - the domain of an SMTP address is brought to its A-label (RFC 5890), so
//     that müller.de and xn--mller-kva.de are one domain. What IDNA refuses is
//     only folded.
//
// Nothing else: o'brien is not obrien, X500:/o=A is what it says, and the
// types divide the name space, so sip:a@b.c and smtp:a@b.c differ.
func (a Address) Key() Key {
	var value, room [128]byte // of most addresses and keys
	key, plain := appendPlainKey(room[:0], append(value[:0], a.Raw...))
	switch {
	case !plain:
		return a.anyKey()
	case string(key) == a.Raw:
		return Key(a.Raw)
	}
	return Key(key)
}

// hasKey reports whether k is the key of the address.
func (a Address) hasKey(k Key) bool {
	var value, room [128]byte
	if key, plain := appendPlainKey(room[:0], append(value[:0], a.Raw...)); plain {
		return string(key) == string(k)
	}
	return a.anyKey() == k
}

// anyKey returns the key by its rule alone.
func (a Address) anyKey() Key {
	typ := fold(a.Type)
	text := a.Trimmed()
	if typ != "smtp" {
		return Key(typ + ":" + fold(text))
	}
	return Key("smtp:" + mailKey(text))
}

// LooseKey returns the form that all addresses share which a domain controller may
// treat as the same: Active Directory's comparison of Unicode strings ignores case,
// kana type, non-spacing marks and width ([MS-ADTS] 3.1.1.2.2.4.13 and 6.5), so josé
// and jose, ø and o, ＠ and @ are equal to it. A domain counts in its U-label
// (RFC 5890): xn--mller-kva.de is müller.de, which is muller.de to Active Directory.
//
// It is made of the key alone. Addresses with equal keys therefore have equal loose
// keys, and every address belongs to exactly one class of addresses that are the same.
func (a Address) LooseKey() Key { return a.Key().loose() }

// loose returns the loose key of the addresses with this key, most often itself.
func (k Key) loose() Key {
	if isASCII(string(k)) && !strings.Contains(string(k), acePrefix) {
		return k
	}
	return k.anyLoose()
}

// anyLoose returns the loose key by its rule alone.
func (k Key) anyLoose() Key {
	value := string(k)
	if untyped, ok := strings.CutPrefix(value, ":"); ok && !strings.Contains(untyped, ":") {
		value = untyped // its colon may be a full-width one
	}
	a := ParseAddress(loosen(value))
	typ, text := a.Type, a.Trimmed()
	if local, domain, ok := splitAt(text); ok && typ == "smtp" {
		text = local + "@" + loosen(toUnicode(domain))
	}
	return Key(typ + ":" + text)
}

// acePrefix begins every A-label (RFC 5890 section 2.3.2.1).
const acePrefix = "xn--"

// toUnicode returns a domain, in lower case, with U-labels in the place of A-labels.
// What is no A-label stays.
func toUnicode(domain string) string {
	if !strings.Contains(domain, acePrefix) {
		return domain
	}
	labels := strings.Split(domain, ".")
	for i, label := range labels {
		if u, err := toALabel.ToUnicode(label); err == nil {
			labels[i] = u
		}
	}
	return strings.Join(labels, ".")
}

// MailKey returns the key that an address would have as an SMTP proxy
// address; it serves to compare mail and userPrincipalName with
// proxyAddresses.
func MailKey(address string) Key { return mailAddress(address).Key() }

func mailAddress(address string) Address {
	return Address{Raw: "smtp:" + address, Type: "smtp", Text: address}
}

// x500Address is a legacyExchangeDN as the proxy address that it is to Exchange.
func x500Address(dn string) Address { return Address{Raw: "X500:" + dn, Type: "X500", Text: dn} }

func mailKey(text string) string {
	local, domain, ok := splitAt(text)
	if !ok {
		return fold(text)
	}
	return fold(local) + "@" + DomainKey(domain)
}

var toALabel = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.VerifyDNSLength(false))

// DomainKey returns the form in which two domain names compare: lower case,
// A-labels.
func DomainKey(domain string) string {
	if isASCII(domain) {
		return strings.ToLower(domain)
	}
	if a, err := toALabel.ToASCII(domain); err == nil {
		return a
	}
	return fold(domain)
}

// fold lower-cases first: that makes folding idempotent for Cherokee, whose
// small letters fold to the capitals. What is not UTF-8 folds its ASCII letters
// only, so that different bytes stay different.
func fold(s string) string {
	switch {
	case isASCII(s):
		return strings.ToLower(s)
	case !utf8.ValidString(s):
		b := []byte(s)
		for i, c := range b {
			if 'A' <= c && c <= 'Z' {
				b[i] += 'a' - 'A'
			}
		}
		return string(b)
	}
	return inParts(s, (*latinLetter).fold, foldMarked)
}

// foldMarked folds each letter with its marks by itself.
func foldMarked(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	caser := cases.Fold()
	for s != "" {
		n := norm.NFC.NextBoundaryInString(s, true)
		b.WriteString(foldLetter(s[:n], caser))
		s = s[n:]
	}
	return b.String()
}

// foldLetter folds a letter with its marks as far as Active Directory treats the folded
// form as the same: a key never joins what a loose key parts. ſ is not s to it, nor is a
// decomposed Hangul syllable the composed one.
func foldLetter(s string, caser cases.Caser) string {
	if r, n := utf8.DecodeRuneInString(s); n == len(s) && unicode.Is(unicode.Lo, r) && norm.NFC.IsNormalString(s) {
		return s // has no case
	}
	composed := norm.NFC.String(s)
	dotted := strings.ReplaceAll(composed, "İ", "i\u0307") // ToLower would drop the dot
	folded := norm.NFC.String(caser.String(strings.ToLower(dotted)))
	if folded == s {
		return s
	}
	loose := loosenMarked(s)
	for _, form := range []string{folded, strings.ToLower(composed), composed} {
		if loosenMarked(form) == loose {
			return form
		}
	}
	return s
}

// cutMarked cuts out what is not ASCII, with the character before it, which a
// combining mark can belong to. The rest can be folded by itself, at a fraction of
// the cost.
func cutMarked[S string | []byte](s S) (before, marked, after S) {
	from, to := 0, len(s)
	for from < to && s[from] < utf8.RuneSelf {
		from++
	}
	for to > from && s[to-1] < utf8.RuneSelf {
		to--
	}
	from = max(0, from-1)
	return s[:from], s[from:to], s[to:]
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
