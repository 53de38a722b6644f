package conflicts

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A View is an [Entry] in the buffers of whoever reads it: it and its parts are
// valid only until the next one is read. It is what a sweep over millions of
// objects hands on. What is empty the object does not have.
type View struct {
	DN                []byte
	GUID              GUID
	ProxyAddresses    [][]byte
	Mail              []byte
	UserPrincipalName []byte
	LegacyExchangeDN  []byte
	TargetAddress     []byte
}

// Ref returns the name under which the object is read again. It stays valid.
func (v *View) Ref() Ref {
	if v.GUID != (GUID{}) {
		return Ref{GUID: v.GUID}
	}
	return NameRef(string(v.DN))
}

// Entry returns a copy that stays valid.
func (v *View) Entry() *Entry {
	e := &Entry{
		DN:                string(v.DN),
		GUID:              v.GUID,
		Mail:              string(v.Mail),
		UserPrincipalName: string(v.UserPrincipalName),
		LegacyExchangeDN:  string(v.LegacyExchangeDN),
		TargetAddress:     string(v.TargetAddress),
	}
	for _, a := range v.ProxyAddresses {
		e.ProxyAddresses = append(e.ProxyAddresses, string(a))
	}
	return e
}

// fewAddresses is the most addresses of an object that are compared in pairs.
const fewAddresses = 24

// Ordinary reports whether an object is in order at a glance, as most are: it
// has a few plain addresses, no two alike, one of them its primary SMTP address
// and its mail. [Findings] has nothing to say of it.
func (v *View) Ordinary() bool {
	if len(v.ProxyAddresses) > fewAddresses {
		return false
	}
	var primary, marked []byte // marked is the type of an address outside ASCII
	smtp := false
	for i, a := range v.ProxyAddresses {
		colon := bytes.IndexByte(a, ':')
		if colon < 0 || !word(a[:colon]) {
			return false
		}
		typ, text := a[:colon], a[colon+1:]
		if string(typ) == "SMTP" || string(typ) == "smtp" || bytes.EqualFold(typ, smtpType) {
			if !orderlyMail(text) {
				return false
			}
			smtp = true
			if string(typ) == "SMTP" {
				if primary != nil {
					return false
				}
				primary = text
			}
		} else if !orderly(text) {
			return false
		} else if !allASCII(text) {
			if marked != nil || !utf8.Valid(text) {
				return false
			}
			marked = typ
		}
		for _, b := range v.ProxyAddresses[:i] {
			if len(a) == len(b) && bytes.EqualFold(a, b) {
				return false
			}
		}
	}
	if marked != nil && v.count(marked) > 1 {
		return false // perhaps the same one under the loose key
	}
	if !smtp {
		return true
	}
	return primary != nil && (len(v.Mail) == 0 || bytes.Equal(v.Mail, primary) || bytes.EqualFold(v.Mail, primary))
}

// count returns how many proxy addresses have that type.
func (v *View) count(typ []byte) (n int) {
	for _, a := range v.ProxyAddresses {
		if len(a) > len(typ) && a[len(typ)] == ':' && bytes.EqualFold(a[:len(typ)], typ) {
			n++
		}
	}
	return n
}

var smtpType = []byte("smtp")

// word reports whether a type is made of ASCII letters and digits.
func word(typ []byte) bool {
	for _, c := range typ {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if c < '0' || c > '9' {
				return false
			}
		}
	}
	return len(typ) > 0
}

// orderly reports whether an address of any type begins and ends in ASCII that is
// no white space.
func orderly(text []byte) bool {
	edge := func(c byte) bool { return c > ' ' && c < utf8.RuneSelf }
	return len(text) > 0 && edge(text[0]) && edge(text[len(text)-1])
}

// orderlyMail reports whether a mail address has one "@", no part that is empty or
// too long, no dot at the edge of a part or beside another, no two hyphens in a row,
// as an A-label has them, nothing in it that Entra ID refuses, and a host name with
// nothing else than letters, digits and dots behind the "@", or hyphens of which
// hostLabels has to tell. It goes once through all bytes: the end of each loop is one
// that the processor does not foresee.
func orderlyMail(text []byte) bool {
	if len(text) > maxLocal && (bytes.IndexByte(text, '@') > maxLocal || len(text) > maxEntra-len("smtp:")) {
		return false
	}
	var all, host, pairs, ats uint8
	before, behind := uint8(divider), uint8(0) // behind the "@" all bits are set
	for _, c := range text {
		k := byteKinds[c]
		all |= k
		host |= k & behind
		pairs |= k & before
		at := k / atSign
		ats += at
		behind |= -at
		before = k
	}
	return all&refused == 0 && host&noHost == 0 && pairs&hyphen == 0 && (pairs|before)&divider == 0 && ats == 1 &&
		(host&hyphen == 0 && len(text) <= maxLocal || hostLabels(behindAt(text)))
}

// Kinds of bytes in a mail address.
const (
	refused = 1 << iota // may stand nowhere
	divider             // a dot or "@"
	hyphen
	noHost // in no host name
	atSign
)

var byteKinds = func() (kinds [256]uint8) {
	for i := range kinds {
		switch c := rune(i); {
		case c == '@':
			kinds[i] = divider | atSign
		case c == '.':
			kinds[i] = divider
		case c == '-':
			kinds[i] = hyphen
		case c < '!' || c > '~' || strings.ContainsRune(refusedMarks, c):
			kinds[i] = refused
		case !letterOrDigit(byte(i)):
			kinds[i] = noHost
		}
	}
	return kinds
}()

// spotless reports whether a text is ASCII without anything that may stand nowhere in a mail
// address.
func spotless(text string) bool {
	for i := range len(text) {
		if byteKinds[text[i]]&refused != 0 {
			return false
		}
	}
	return true
}
