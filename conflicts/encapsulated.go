package conflicts

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Encapsulated returns the address that a mail address stands for: Exchange writes an
// address of another type as "IMCEA", its type, "-", its text and a domain, with "_" for
// "/" and "+" and two hexadecimal digits for all but letters, digits, "-" and "="
// ([MS-OXCMAIL] 2.1.3.1.8). The domain may be missing. The type EX stands for X500: its text
// is a legacyExchangeDN.
func Encapsulated(mail string) (inner Address, ok bool) {
	local, _, _ := splitAt(strings.TrimSpace(mail))
	const prefix, longestType = "IMCEA", 8
	if len(local) < len(prefix) || !strings.EqualFold(local[:len(prefix)], prefix) {
		return Address{}, false
	}
	typ, text, ok := strings.Cut(local[len(prefix):], "-")
	if !ok || len(typ) > longestType || !word([]byte(typ)) {
		return Address{}, false
	}
	if text, ok = decapsulate(text); !ok {
		return Address{}, false
	}
	typ = strings.ToUpper(typ)
	if typ == "EX" {
		typ = "X500"
	}
	return ParseAddress(typ + ":" + text), true
}

// decapsulate decodes the text of an encapsulated address. Codes that are not UTF-8 together
// are one character each.
func decapsulate(text string) (decoded string, ok bool) {
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '_':
			b = append(b, '/')
		case c != '+':
			b = append(b, c)
		case i+2 >= len(text):
			return "", false
		default:
			var err error
			if b, err = hex.AppendDecode(b, []byte(text[i+1:i+3])); err != nil {
				return "", false
			}
			i += 2
		}
	}
	if utf8.Valid(b) {
		return string(b), len(b) > 0
	}
	characters := make([]rune, len(b))
	for i, c := range b {
		characters[i] = rune(c)
	}
	return string(characters), true
}

// Meanings returns what Exchange may look for under an address: the address that it
// encapsulates, if it does, and itself.
func (a Address) Meanings() []Address {
	if a.SMTP() {
		if inner, ok := Encapsulated(a.Text); ok {
			return []Address{inner, a}
		}
	}
	return []Address{a}
}
