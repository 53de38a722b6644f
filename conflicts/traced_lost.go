package conflicts

import (
	"fmt"
	"regexp"
	"strings"
)

// A LostName is a distinguished name some of whose letters were lost: a console that lacks a letter
// writes "?", and a program that cannot decode one writes U+FFFD.
type LostName struct{ rdn, whole *regexp.Regexp }

const lostLetter = "?\uFFFD"

// NewLostName returns the name that a distinguished name is if letters of it may be lost, and
// enough is left to tell objects apart.
func NewLostName(dn string) (LostName, bool) {
	if !strings.ContainsAny(dn, lostLetter) {
		return LostName{}, false
	}
	rdn := RDNKey(dn)
	_, value, _ := strings.Cut(rdn, "=")
	if left := len([]rune(strings.Map(known, value))); left < 2 {
		return LostName{}, false
	}
	return LostName{rdn: lostPattern(rdn), whole: lostPattern(DNKey(dn))}, true
}

// known drops what may stand for a lost letter.
func known(c rune) rune {
	if strings.ContainsRune(lostLetter, c) {
		return -1
	}
	return c
}

// lostPattern matches the keys that a key with lost letters can have been. For one letter there may
// be as many signs as it has bytes.
func lostPattern(key string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("^")
	for key != "" {
		n := strings.IndexAny(key, lostLetter)
		if n < 0 {
			n = len(key)
		}
		b.WriteString(regexp.QuoteMeta(key[:n]))
		key = key[n:]
		rest := strings.TrimLeft(key, lostLetter)
		if run := len([]rune(key[:len(key)-len(rest)])); run > 0 {
			fmt.Fprintf(&b, `[^\x00-\x3E\x40-\x7F]{1,%d}`, min(run, 255))
		}
		key = rest
	}
	return regexp.MustCompile(b.String() + "$")
}

// MatchRDN reports whether an object has a relative distinguished name that the name can be.
func (n LostName) MatchRDN(dn string) bool { return n.rdn.MatchString(RDNKey(dn)) }

// Match reports whether an object has a distinguished name that the name can be.
func (n LostName) Match(dn string) bool { return n.whole.MatchString(DNKey(dn)) }
