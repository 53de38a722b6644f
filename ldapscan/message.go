package ldapscan

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A message is the head of an LDAPMessage (RFC 4511 section 4.1.1).
type message struct {
	id     int64
	op     byte
	header int // octets before the protocol operation
	size   int // octets in all, controls included
}

var errBER = errors.New("not an LDAP message")

// parseMessage reads the head of a message, of which only a part may be there.
// It returns io.ErrUnexpectedEOF if that part is too short to tell.
func parseMessage(b []byte) (m message, err error) {
	tag, length, n, err := parseHeader(b)
	if err != nil {
		return m, err
	}
	if tag != 0x30 {
		return m, errBER
	}
	m.size = n + length
	if m.size > maxMessage {
		return m, fmt.Errorf("a message of %d octets is larger than %d", m.size, maxMessage)
	}
	tag, length, k, err := parseHeader(b[n:])
	if err != nil {
		return m, err
	}
	if tag != 0x02 || length < 1 || length > 4 || n+k+length >= m.size {
		return m, errBER
	}
	m.header = n + k + length
	if len(b) <= m.header {
		return m, io.ErrUnexpectedEOF
	}
	for _, c := range b[n+k : m.header] {
		m.id = m.id<<8 | int64(c)
	}
	m.op = b[m.header]
	return m, nil
}

// parseHeader reads a tag of one octet and a definite length of up to four,
// which is all that LDAP uses (RFC 4511 section 5.1).
func parseHeader(b []byte) (tag byte, length, size int, err error) {
	if len(b) < 2 {
		return 0, 0, 0, io.ErrUnexpectedEOF
	}
	if b[1] < 0x80 {
		return b[0], int(b[1]), 2, nil
	}
	octets := int(b[1] & 0x7f)
	if octets < 1 || octets > 4 || b[0]&0x1f == 0x1f {
		return 0, 0, 0, errBER
	}
	if len(b) < 2+octets {
		return 0, 0, 0, io.ErrUnexpectedEOF
	}
	for _, c := range b[2 : 2+octets] {
		length = length<<8 | int(c)
	}
	return b[0], length, 2 + octets, nil
}

// element reads a whole element with the given tag and returns its content
// and what stands behind it.
func element(b []byte, want byte) (content, rest []byte, err error) {
	if len(b) > 1 && b[0] == want && int(b[1]) < min(0x80, len(b)-1) { // most are short
		return b[2 : 2+b[1]], b[2+b[1]:], nil
	}
	const head = 6 // of those that Active Directory writes with a length of four octets
	if len(b) > head && b[0] == want && b[1] == 0x84 {
		if n := int64(binary.BigEndian.Uint32(b[2:])); n <= int64(len(b)-head) {
			return b[head : head+n], b[head+n:], nil
		}
	}
	return longElement(b, want)
}

func longElement(b []byte, want byte) (content, rest []byte, err error) {
	tag, length, n, err := parseHeader(b)
	if err != nil || tag != want || length > len(b)-n {
		return nil, nil, errBER
	}
	return b[n : n+length], b[n+length:], nil
}

const (
	octetString = 0x04
	sequence    = 0x30
	set         = 0x31
)

// A result is one entry as a search returned it.
type result struct {
	dn     string
	values []resultAttribute
}

type resultAttribute struct {
	name   string
	values [][]byte
}

// parseEntries takes apart the entries among messages that follow each other. The
// values are parts of b. The error names the object where that is known.
func parseEntries(b []byte) (list []result, err error) {
	var body []byte
	for {
		if body, b, err = nextEntry(b); body == nil || err != nil {
			return list, err
		}
		r, err := parseEntry(body)
		if err != nil {
			return list, damaged(r.dn, err)
		}
		list = append(list, r)
	}
}

func damaged(dn string, err error) error { return fmt.Errorf("%s: damaged entry: %w", dn, err) }

// nextEntry returns the content of the first SearchResultEntry among messages that
// follow each other, nil if there is none left, and what stands behind its
// message. Controls of its own, which an entry may have, mean nothing here.
func nextEntry(b []byte) (body, rest []byte, err error) {
	for len(b) > 0 {
		m, err := parseMessage(b)
		if err != nil || m.size > len(b) {
			return nil, nil, errBER
		}
		op, rest := b[m.header:m.size], b[m.size:]
		if m.op != searchResultEntry {
			b = rest
			continue
		}
		body, controls, err := element(op, searchResultEntry)
		if err == nil && len(controls) > 0 {
			_, controls, err = element(controls, 0xa0)
		}
		if err != nil || len(controls) > 0 {
			return nil, nil, errBER
		}
		return body, rest, nil
	}
	return nil, nil, nil
}

func parseEntry(b []byte) (r result, err error) {
	dn, list, err := entryParts(b)
	r.dn = string(dn)
	for err == nil && len(list) > 0 {
		var name, values, v []byte
		name, values, list, err = nextAttribute(list)
		a := resultAttribute{name: string(name)}
		for err == nil && len(values) > 0 {
			v, values, err = element(values, octetString)
			a.values = append(a.values, v)
		}
		r.values = append(r.values, a)
	}
	return r, err
}

// entryParts parts an entry into its name and the list of its attributes.
func entryParts(b []byte) (dn, list []byte, err error) {
	dn, b, err = element(b, octetString)
	if err != nil {
		return nil, nil, err
	}
	list, rest, err := element(b, sequence)
	if err != nil || len(rest) > 0 {
		return dn, nil, errBER
	}
	return dn, list, nil
}

// nextAttribute returns the name and the values, octet strings one behind the
// other, of the first attribute of a list, and what stands behind it.
func nextAttribute(list []byte) (name, values, rest []byte, err error) {
	attribute, rest, err := element(list, sequence)
	if err != nil {
		return nil, nil, nil, err
	}
	if name, attribute, err = element(attribute, octetString); err != nil {
		return nil, nil, nil, err
	}
	values, attribute, err = element(attribute, set)
	if err != nil || len(attribute) > 0 {
		return nil, nil, nil, errBER
	}
	return name, values, rest, nil
}
