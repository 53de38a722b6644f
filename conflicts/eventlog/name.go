package eventlog

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A spelling is one way to read a piece of an event, and its distance from the plainest way. Of
// two with the same cost the earlier is better.
type spelling struct {
	text string
	cost int
}

var (
	// root is the beginning of every name: every object of Active Directory lies under a domain.
	root = regexp.MustCompile(`^/*[Dd][Cc]=`)
	// part matches where another part of a name may begin. Between two parts there is one slash,
	// sometimes two.
	part  = regexp.MustCompile(`/+([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)=`)
	label = regexp.MustCompile(`^[\pL\pN_-]+$`)
)

// naming are the attributes that name objects below a domain in Active Directory's schema
// (rDNAttID). Any other type=… there is more likely a piece of a value.
var naming = []string{"C", "CN", "L", "O", "OU", "UID"}

// A text beyond these limits is not a name.
const (
	maxName  = 16 << 10 // bytes
	maxParts = 64
	// maxPair is how much of a text after the beginning of the first of two names is searched.
	maxPair = 2*maxName + 1<<10
)

// A boundary is a place in a name where a part may begin.
type boundary struct {
	slash, typ int // offsets of the first slash, and of the type after the last
}

// distinguished returns the distinguished names (RFC 4514) that a name in an event can stand for,
// the plainest first. Events write names from the root down and apparently escape nothing, so
// what looks like a part may be a piece of a value. Only one value of a name is read in this way,
// with at most two such parts.
func distinguished(name string) []spelling {
	if !root.MatchString(name) || len(name) > maxName {
		return nil
	}
	name = strings.TrimLeft(name, "/")
	found := part.FindAllStringSubmatchIndex(name, maxParts+1)
	if len(found) > maxParts {
		return nil
	}
	var plain, other []boundary
	below := 0 // the parts before it belong to the domain, and have only its labels
	for _, m := range found {
		typ := strings.ToUpper(name[m[2]:m[3]])
		switch {
		case typ == "DC" && below == len(plain):
			below++
			plain = append(plain, boundary{slash: m[0], typ: m[2]})
		case slices.Contains(naming, typ):
			plain = append(plain, boundary{slash: m[0], typ: m[2]})
		default:
			other = append(other, boundary{slash: m[0], typ: m[2]})
		}
	}
	s := speller{name: name, escaped: wellEscaped(name)}
	s.spell(plain, 0)
	if s.escaped {
		s.escaped = false
		s.spell(plain, 1)
		s.escaped = true
	}
	if strings.Contains(name, "//") {
		s.slashes = true
		s.spell(plain, 2)
		s.slashes = false
	}
	for run := 1; run <= 2; run++ {
		for from := len(plain) - run; from > below; from-- {
			s.spell(slices.Delete(slices.Clone(plain), from, from+run), 2)
		}
	}
	for _, m := range other {
		i, _ := slices.BinarySearchFunc(plain, m, func(a, b boundary) int { return a.slash - b.slash })
		s.spell(slices.Insert(slices.Clone(plain), i, m), 2)
	}
	return distinct(s.all)
}

// distinct sorts spellings and drops repetitions.
func distinct(all []spelling) []spelling {
	slices.SortStableFunc(all, func(a, b spelling) int { return a.cost - b.cost })
	seen := make(map[string]bool)
	return slices.DeleteFunc(all, func(s spelling) bool {
		again := seen[s.text]
		seen[s.text] = true
		return again
	})
}

// A speller collects the spellings of a name.
type speller struct {
	name    string
	escaped bool // its values have escapes
	slashes bool // of doubled slashes, all but the last belong to the value before
	all     []spelling
}

// spell adds the name whose parts begin at boundaries, unless a part has no value. A name that is
// unlikely in a directory costs extra.
func (s *speller) spell(boundaries []boundary, cost int) {
	var rdns []string
	domains := 0
	for i, start := 0, 0; i <= len(boundaries); i++ {
		end := len(s.name)
		if i < len(boundaries) {
			end = boundaries[i].slash
			if s.slashes {
				end = boundaries[i].typ - 1
			}
		}
		typ, value, _ := strings.Cut(s.name[start:end], "=")
		typ = strings.ToUpper(typ)
		if s.escaped {
			value = unescape(value)
		}
		if value == "" {
			return
		}
		if typ == "DC" {
			domains++
			if !label.MatchString(value) {
				cost++
			}
		}
		rdns = append(rdns, typ+"="+escape(value))
		if i < len(boundaries) {
			start = boundaries[i].typ
		}
	}
	if domains == len(rdns) {
		cost++ // a domain, which receives no mail
	}
	slices.Reverse(rdns)
	s.all = append(s.all, spelling{strings.Join(rdns, ","), cost})
}

// escape writes a value as in RFC 4514 section 2.4.
func escape(value string) string {
	var b strings.Builder
	for i, c := range value {
		if c < ' ' || c == 0x7F {
			fmt.Fprintf(&b, `\%02X`, c)
			continue
		}
		edge := i == 0 && (c == '#' || c == ' ') || i == len(value)-1 && c == ' '
		if edge || strings.ContainsRune(`,+"\<>;`, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// escapes are those of RFC 4514: a backslash before a special character, or
// before the two digits of a control character.
var escapes = regexp.MustCompile(`\\(?:[ #=,+"\\<>;]|[01][0-9A-Fa-f])`)

// wellEscaped reports whether a name has backslashes, and each can be an escape.
func wellEscaped(name string) bool {
	return strings.Contains(name, `\`) && !strings.Contains(escapes.ReplaceAllString(name, ""), `\`)
}

func unescape(value string) string {
	return escapes.ReplaceAllStringFunc(value, func(s string) string {
		if len(s) == 2 {
			return s[1:]
		}
		c, _ := strconv.ParseUint(s[1:], 16, 8)
		return string(rune(c))
	})
}
