package ldaptest

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// maxFilterDepth is how deep filters may nest.
const maxFilterDepth = 100

// bitAnd is the matching rule that is true where all bits of the value are set ([MS-ADTS]
// 3.1.1.3.1.3.4.1).
const bitAnd = "1.2.840.113556.1.4.803"

// filter is one node of a search filter (RFC 4511 section 4.5.1.7).
type filter struct {
	kind      int // a Filter constant of go-ldap
	attribute string
	value     []byte
	rule      string      // of an extensible match
	parts     []substring // of a substrings filter
	operands  []filter    // of and, or and not
}

type substring struct {
	kind int // a FilterSubstrings constant of go-ldap
	text []byte
}

// truth is the value of a filter. In this order, and is the minimum, or the maximum and not the
// negation.
type truth int

const (
	isFalse truth = iota - 1
	isUndefined
	isTrue
)

// parseFilter reads the next element of d.
func parseFilter(d *decoder, depth int) (f filter) {
	tag, content := d.next()
	if tag&contextual == 0 || depth > maxFilterDepth {
		d.fail()
		return f
	}
	f.kind = int(tag &^ (contextual | constructed))
	in := &decoder{rest: content, malformed: d.malformed}
	switch f.kind {
	case ldap.FilterAnd, ldap.FilterOr:
		for in.more() {
			f.operands = append(f.operands, parseFilter(in, depth+1))
		}
	case ldap.FilterNot:
		f.operands = []filter{parseFilter(in, depth+1)}
	case ldap.FilterPresent:
		f.attribute = strings.ToLower(string(content))
	case ldap.FilterSubstrings:
		f.attribute = strings.ToLower(in.text(tagOctetString))
		for parts := in.in(tagSequence); parts.more(); {
			tag, text := parts.next()
			f.parts = append(f.parts, substring{int(tag &^ contextual), foldFor(f.attribute, text)})
		}
	case ldap.FilterEqualityMatch, ldap.FilterApproxMatch, ldap.FilterGreaterOrEqual, ldap.FilterLessOrEqual:
		f.attribute = strings.ToLower(in.text(tagOctetString))
		f.value = foldFor(f.attribute, in.octets(tagOctetString))
	case ldap.FilterExtensibleMatch:
		for in.more() {
			switch tag, content := in.next(); tag &^ contextual {
			case ldap.MatchingRuleAssertionMatchingRule:
				f.rule = string(content)
			case ldap.MatchingRuleAssertionType:
				f.attribute = strings.ToLower(string(content))
			case ldap.MatchingRuleAssertionMatchValue:
				f.value = content
			}
		}
	default:
		d.fail()
	}
	return f
}

func (f *filter) match(e *entry) truth {
	switch f.kind {
	case ldap.FilterAnd:
		all := isTrue
		for i := range f.operands {
			all = min(all, f.operands[i].match(e))
		}
		return all
	case ldap.FilterOr:
		one := isFalse
		for i := range f.operands {
			one = max(one, f.operands[i].match(e))
		}
		return one
	case ldap.FilterNot:
		return -f.operands[0].match(e)
	case ldap.FilterExtensibleMatch:
		return f.matchRule(e)
	}
	a := e.attribute(f.attribute)
	for _, v := range a.values {
		if f.kind == ldap.FilterPresent || f.matchValue(foldFor(a.key, v)) {
			return isTrue
		}
	}
	return isFalse
}

// matchValue compares one folded value.
func (f *filter) matchValue(v []byte) bool {
	switch f.kind {
	case ldap.FilterSubstrings:
		return f.matchParts(v)
	case ldap.FilterGreaterOrEqual:
		return compare(v, f.value) >= 0
	case ldap.FilterLessOrEqual:
		return compare(v, f.value) <= 0
	default:
		return bytes.Equal(v, f.value)
	}
}

func (f *filter) matchParts(v []byte) bool {
	for _, part := range f.parts {
		switch part.kind {
		case ldap.FilterSubstringsInitial:
			if !bytes.HasPrefix(v, part.text) {
				return false
			}
			v = v[len(part.text):]
		case ldap.FilterSubstringsFinal:
			if !bytes.HasSuffix(v, part.text) {
				return false
			}
			v = nil
		default:
			i := bytes.Index(v, part.text)
			if i < 0 {
				return false
			}
			v = v[i+len(part.text):]
		}
	}
	return true
}

// matchRule is undefined for other rules than bitAnd.
func (f *filter) matchRule(e *entry) truth {
	mask, err := strconv.ParseInt(string(f.value), 10, 64)
	if f.rule != bitAnd || err != nil {
		return isUndefined
	}
	for _, v := range e.attribute(f.attribute).values {
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err == nil && n&mask == mask {
			return isTrue
		}
	}
	return isFalse
}

// guids returns the objectGUIDs of which an entry must have one to match. If ok is false,
// an entry may have any.
func (f *filter) guids() (list []guid, ok bool) {
	switch f.kind {
	case ldap.FilterEqualityMatch:
		if f.attribute == "objectguid" && len(f.value) == len(guid{}) {
			return []guid{guid(f.value)}, true
		}
	case ldap.FilterAnd:
		for i := range f.operands {
			if list, ok = f.operands[i].guids(); ok {
				return list, true
			}
		}
	case ldap.FilterOr:
		for i := range f.operands {
			more, ok := f.operands[i].guids()
			if !ok {
				return nil, false
			}
			list = append(list, more...)
		}
		return list, len(f.operands) > 0
	}
	return nil, false
}
