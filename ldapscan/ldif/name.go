package ldif

import "strings"

// keyword is a word that has a place of its own in a record and cannot name an attribute.
type keyword uint8

const (
	noKeyword keyword = iota
	dnKeyword
	controlKeyword
	changeTypeKeyword
	dashKeyword // the line "-"
)

// keywordOf ignores case, as RFC 2234 section 2.3 has it for the strings of a grammar.
func keywordOf(name string) keyword {
	switch {
	case strings.EqualFold(name, "dn"):
		return dnKeyword
	case strings.EqualFold(name, "control"):
		return controlKeyword
	case strings.EqualFold(name, "changetype"):
		return changeTypeKeyword
	}
	return noKeyword
}

// validName tells whether name is an AttributeDescription of RFC 2849, range options included.
func validName(name string) bool {
	attr, options, more := strings.Cut(name, ";")
	named := attr != "" && isAlpha(attr[0]) && isKeyString(attr)
	if !named && !validOID(attr) {
		return false
	}
	for more {
		var option string
		option, options, more = strings.Cut(options, ";")
		const rangePrefix = "range="
		if len(option) > len(rangePrefix) && strings.EqualFold(option[:len(rangePrefix)], rangePrefix) {
			if strings.Trim(option[len(rangePrefix):], "0123456789-*") != "" {
				return false
			}
		} else if option == "" || !isKeyString(option) {
			return false
		}
	}
	return true
}

// validOID tells whether s is numbers joined by dots.
func validOID(s string) bool {
	for more := true; more; {
		var number string
		number, s, more = strings.Cut(s, ".")
		if number == "" || strings.Trim(number, "0123456789") != "" {
			return false
		}
	}
	return true
}

func isKeyString(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlpha(c) && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
