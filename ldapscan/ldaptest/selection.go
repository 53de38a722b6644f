package ldaptest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// selection is what a search asks for of the entries it finds.
type selection struct {
	all         bool
	attributes  []attributeRequest
	typesOnly   bool
	maxValRange int
}

// attributeRequest asks for one attribute, or a range of its values ([MS-ADTS] 3.1.1.3.1.3.3).
type attributeRequest struct {
	description string // as asked for
	key         string // the name in lower case
	ranged      bool
	low, high   int
}

// parseSelection reads an AttributeSelection (RFC 4511 section 4.5.1.8).
func parseSelection(d *decoder, typesOnly bool) selection {
	s := selection{typesOnly: typesOnly, all: !d.more()}
	for d.more() {
		description := d.text(tagOctetString)
		switch description {
		case "*":
			s.all = true
		case "1.1":
		default:
			s.attributes = append(s.attributes, parseAttributeRequest(description))
		}
	}
	return s
}

func parseAttributeRequest(description string) attributeRequest {
	a := attributeRequest{description: description, key: strings.ToLower(description)}
	key, option, _ := strings.Cut(a.key, ";range=")
	low, high, ok := strings.Cut(option, "-")
	if !ok {
		return a
	}
	from, err := strconv.Atoi(low)
	to := math.MaxInt
	if high != "*" && err == nil {
		to, err = strconv.Atoi(high)
	}
	if err != nil || from < 0 || to < from {
		return a
	}
	a.key, a.ranged, a.low, a.high = key, true, from, to
	return a
}

// descriptions are the attributes asked for, as the client wrote them.
func (s *selection) descriptions() (list []string) {
	for _, a := range s.attributes {
		list = append(list, a.description)
	}
	return list
}

// appendEntry writes a SearchResultEntry.
func (s *selection) appendEntry(e *encoder, dn string, attributes []attribute) result {
	op := e.open(searchResultEntry)
	e.text(tagOctetString, dn)
	list := e.open(tagSequence)
	for _, a := range attributes {
		i := slices.IndexFunc(s.attributes, func(r attributeRequest) bool { return r.key == a.key })
		if i < 0 && !s.all {
			continue
		}
		request := attributeRequest{description: a.name, high: math.MaxInt}
		if i >= 0 && s.attributes[i].ranged {
			request = s.attributes[i]
		}
		if done := s.appendAttribute(e, a, request); !done.ok() {
			return done
		}
	}
	e.close(list)
	e.close(op)
	return result{}
}

// appendAttribute writes the values asked for, up to MaxValRange. If their description is
// not the one asked for, it also writes that one without values, as a domain controller
// does.
func (s *selection) appendAttribute(e *encoder, a attribute, r attributeRequest) result {
	last := len(a.values) - 1
	if r.ranged && r.low > last {
		return rangeBeyondEnd
	}
	high := min(last, r.high, r.low+s.maxValRange-1)
	description := a.name
	switch {
	case !r.ranged && high == last:
	case high == last:
		description = fmt.Sprintf("%s;range=%d-*", a.name, r.low)
	default:
		description = fmt.Sprintf("%s;range=%d-%d", a.name, r.low, high)
	}
	if !strings.EqualFold(description, r.description) {
		s.appendValues(e, r.description, nil)
	}
	s.appendValues(e, description, a.values[r.low:high+1])
	return result{}
}

func (s *selection) appendValues(e *encoder, description string, values [][]byte) {
	list := e.open(tagSequence)
	e.text(tagOctetString, description)
	set := e.open(tagSet)
	for _, v := range values {
		if !s.typesOnly {
			e.octets(tagOctetString, v)
		}
	}
	e.close(set)
	e.close(list)
}
