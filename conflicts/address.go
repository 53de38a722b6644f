package conflicts

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Address is one value of proxyAddresses taken apart, "TYPE:address"
// ([MS-ADA3] proxyAddresses; types in use: SMTP, X400, X500, SIP, EUM and
// others). Nothing in it is repaired: Raw is the value as the directory holds it.
type Address struct {
	// Raw is the stored value, byte for byte.
	Raw string
	// Type is what stands before the first colon, without the white space
	// around it, in the case in which it is stored. Empty if there is no colon.
	Type string
	// Text is what stands after the first colon, with the white space that
	// may surround it. Without a colon it is the whole value.
	Text string
}

// ParseAddress takes a stored value apart. It accepts every string: what is
// wrong with a value is in [Address.Malformed].
func ParseAddress(raw string) Address {
	typ, text, ok := strings.Cut(raw, ":")
	if !ok {
		return Address{Raw: raw, Text: raw}
	}
	return Address{Raw: raw, Type: strings.TrimSpace(typ), Text: text}
}

// SMTP reports whether the value is an Internet mail address, primary or not.
func (a Address) SMTP() bool { return strings.EqualFold(a.Type, "smtp") }

// Primary reports whether the value is the primary address of its type: the
// type is written in capitals.
func (a Address) Primary() bool {
	switch a.Type {
	case "SMTP":
		return true
	case "smtp":
		return false
	}
	return a.Type != "" && a.Type == strings.ToUpper(a.Type) && a.Type != strings.ToLower(a.Type)
}

// Padded reports whether white space stands around the address. It is not
// part of the key, so a padded value can be a duplicate of a clean one.
func (a Address) Padded() bool {
	if a.Type == "" {
		return a.Text != a.Trimmed()
	}
	return len(a.Raw) > len(a.Type)+len(":")+len(a.Trimmed())
}

// Trimmed returns the address without its type and without the white space
// around it.
func (a Address) Trimmed() string { return strings.TrimSpace(a.Text) }

// Domain returns the part of an SMTP address behind its last "@", as stored
// but for white space around it, or "" where there is none.
func (a Address) Domain() string {
	if !a.SMTP() {
		return ""
	}
	_, domain, _ := splitAt(a.Trimmed())
	return domain
}

// Malformed says in a few words what keeps the value from being an address,
// or "" if nothing does. Only the shape that every type shares is judged,
// and for SMTP the dots before the "@" and the domain: X500 and its like contain
// "/ = ( ) '" and colons legitimately.
func (a Address) Malformed() string {
	if why := a.shapeless(); why != "" || !a.SMTP() {
		return why
	}
	local, domain, _ := splitAt(a.Trimmed())
	switch {
	case !quoted(local) && (strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..")):
		return `a dot at an end of the part before the "@", or two in a row`
	case !hostName(domain):
		return "the domain is not a host name"
	}
	return ""
}

// Unusable says what keeps anybody from having or getting the address, or "": what [Address.Malformed]
// says, and of SMTP a part before the "@" that is neither a dot-atom nor a quoted string (RFC 5321
// section 4.1.2). Letters outside ASCII can be in either (RFC 6531 section 3.3).
func (a Address) Unusable() string {
	if why := a.Malformed(); why != "" || !a.SMTP() {
		return why
	}
	local, _, _ := splitAt(a.Trimmed())
	if quoted(local) {
		if !quotedString(local[1 : len(local)-1]) {
			return `a quotation mark or backslash in quotes, without a backslash before it`
		}
		return ""
	}
	if i := strings.IndexFunc(local, func(r rune) bool { return r != '.' && !atext(r) }); i >= 0 {
		r, _ := utf8.DecodeRuneInString(local[i:])
		if unicode.IsSpace(r) {
			return `white space before the "@"`
		}
		return fmt.Sprintf(`%c before the "@", which needs quotes`, r)
	}
	return ""
}

// atext reports whether a character can stand in an atom (RFC 5322 section 3.2.3, RFC 6532
// section 3.2).
func atext(r rune) bool {
	if r >= utf8.RuneSelf {
		return !unicode.IsSpace(r)
	}
	return letterOrDigit(byte(r)) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// quotedString reports whether quotes can be put around a text.
func quotedString(text string) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return false
		case '\\':
			if i++; i == len(text) {
				return false
			}
		}
	}
	return true
}

// hostName reports whether a domain, whatever IDNA makes of it, is a name that a host can have (RFC
// 1123 section 2.1).
func hostName(domain string) bool { return hostLabels(DomainKey(domain)) }

// hostLabels is hostName for ASCII.
func hostLabels[S string | []byte](domain S) bool {
	const longest = 63
	size, last := 0, byte('-') // of the label so far
	for i := range len(domain) {
		switch c := domain[i]; {
		case c == '.':
			if last == '-' {
				return false
			}
			size, last = 0, '-'
			continue
		case c == '-' && size == 0, c != '-' && !letterOrDigit(c):
			return false
		default:
			size, last = size+1, c
		}
		if size > longest {
			return false
		}
	}
	return last != '-'
}

func letterOrDigit(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' }

// shapeless says what keeps the parts of an address from being told, or "".
func (a Address) shapeless() string {
	switch {
	case !utf8.ValidString(a.Raw):
		return "not UTF-8"
	case a.Type == "" && !strings.Contains(a.Raw, ":"):
		return "no type before the address"
	case a.Type == "":
		return "empty type"
	case strings.ContainsFunc(a.Type, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}):
		return "type is not a word"
	case a.Trimmed() == "":
		return "empty address"
	case !a.SMTP():
		return ""
	}
	local, domain, ok := splitAt(a.Trimmed())
	switch {
	case !ok:
		return `no "@"`
	case local == "":
		return `nothing before the "@"`
	case domain == "":
		return `nothing behind the "@"`
	case strings.Contains(local, "@") && !quoted(local):
		return `more than one "@"`
	case strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.Contains(domain, ".."):
		return "empty label in the domain"
	case strings.ContainsFunc(a.Trimmed(), unicode.IsControl):
		return "control character"
	}
	return ""
}

// splitAt parts a mail address at its last "@": what stands before it may be
// a quoted string with another one (RFC 5321 section 4.1.2).
func splitAt(s string) (local, domain string, ok bool) {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func quoted(local string) bool {
	return len(local) >= 2 && local[0] == '"' && local[len(local)-1] == '"'
}
