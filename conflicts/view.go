package conflicts

import (
	"bytes"
	"strings"
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
	TargetAddress     []byte
}

// Ref returns the name under which the object is read again. It stays valid.
func (v *View) Ref() Ref {
	if v.GUID != (GUID{}) {
		return Ref{GUID: v.GUID}
	}
	return Ref{DN: string(v.DN)}
}

// Entry returns a copy that stays valid.
func (v *View) Entry() *Entry {
	e := &Entry{
		DN:                string(v.DN),
		GUID:              v.GUID,
		Mail:              string(v.Mail),
		UserPrincipalName: string(v.UserPrincipalName),
		TargetAddress:     string(v.TargetAddress),
	}
	for _, a := range v.ProxyAddresses {
		e.ProxyAddresses = append(e.ProxyAddresses, string(a))
	}
	return e
}

// holds reports whether a mail address is at a glance one of the proxy addresses.
func (v *View) holds(mail []byte) bool {
	const prefix = len("smtp:")
	for _, a := range v.ProxyAddresses {
		if len(a) == prefix+len(mail) && (string(a[:prefix]) == "SMTP:" || string(a[:prefix]) == "smtp:") && bytes.Equal(a[prefix:], mail) {
			return true
		}
	}
	return false
}

// Findings returns what [Findings] says of the object.
func (v *View) Findings() []Finding {
	if v.ordinary() {
		return nil
	}
	return Findings(v.Entry())
}

// fewAddresses is up to where the addresses of an object are compared in pairs.
const fewAddresses = 24

// ordinary reports whether an object is in order at a glance, as most are: it
// has a few plain addresses, no two alike, one of them its primary SMTP address
// and its mail. No rule of hygiene has anything to say of it.
func (v *View) ordinary() bool {
	if len(v.ProxyAddresses) > fewAddresses {
		return false
	}
	var primary []byte
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
		}
		for _, b := range v.ProxyAddresses[:i] {
			if len(a) == len(b) && bytes.EqualFold(a, b) {
				return false
			}
		}
	}
	if !smtp {
		return true
	}
	return primary != nil && (len(v.Mail) == 0 || bytes.Equal(v.Mail, primary) || bytes.EqualFold(v.Mail, primary))
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

// orderly reports whether an address of any type is ASCII without white space
// around it.
func orderly(text []byte) bool {
	return len(text) > 0 && text[0] > ' ' && text[len(text)-1] > ' ' && allASCII(text)
}

// orderlyMail reports whether a mail address has one "@", no part that is empty or
// too long, and nothing in it that Entra ID refuses.
func orderlyMail(text []byte) bool {
	at := bytes.IndexByte(text, '@')
	if at < 1 || at > maxLocal || at == len(text)-1 || len(text) > maxEntra-len("smtp:") {
		return false
	}
	refused := uint8(0)
	for _, c := range text[:at] {
		refused |= refusedOctets[c]
	}
	dot := true // where no other may stand: at both ends and beside another
	for _, c := range text[at+1:] {
		refused |= refusedOctets[c]
		if c == '.' && dot {
			return false
		}
		dot = c == '.'
	}
	return refused == 0 && !dot
}

// refusedOctets is 1 for what may stand nowhere in a mail address but for its one "@".
var refusedOctets = func() (refused [256]uint8) {
	for i := range refused {
		c := rune(i)
		if c < '!' || c > '~' || c == '@' || strings.ContainsRune(refusedMarks, c) {
			refused[i] = 1
		}
	}
	return refused
}()
