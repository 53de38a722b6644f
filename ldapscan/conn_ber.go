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
	header int // bytes before the protocol operation
	size   int // bytes in all, controls included
}

var errBER = errors.New("not an LDAP message")

// parseMessage reads the head of a message that may not have arrived in full. It
// returns io.ErrUnexpectedEOF if the head is not there yet.
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
		return m, fmt.Errorf("a message of %d bytes is larger than %d", m.size, maxMessage)
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
	m.id = int64(int8(b[n+k]))
	for _, c := range b[n+k+1 : m.header] {
		m.id = m.id<<8 | int64(c)
	}
	m.op = b[m.header]
	return m, nil
}

// parseHeader reads a tag of one byte and a definite length of up to four,
// which is all that LDAP uses (RFC 4511 section 5.1).
func parseHeader(b []byte) (tag byte, length, size int, err error) {
	if len(b) < 2 {
		return 0, 0, 0, io.ErrUnexpectedEOF
	}
	if b[1] < 0x80 {
		return b[0], int(b[1]), 2, nil
	}
	lengthBytes := int(b[1] & 0x7f)
	if lengthBytes < 1 || lengthBytes > 4 || b[0]&0x1f == 0x1f {
		return 0, 0, 0, errBER
	}
	if len(b) < 2+lengthBytes {
		return 0, 0, 0, io.ErrUnexpectedEOF
	}
	for _, c := range b[2 : 2+lengthBytes] {
		length = length<<8 | int(c)
	}
	if length < 0 { // where an int has 32 bits
		return 0, 0, 0, errBER
	}
	return b[0], length, 2 + lengthBytes, nil
}

// element returns the content of the element with the given tag at the beginning of
// b, and its size with tag and length. The size is 0 if b begins otherwise or is
// cut off.
func element(b []byte, want byte) (content []byte, size int) {
	if len(b) < 2 || b[0] != want {
		return nil, 0
	}
	if n := int(b[1]); n < 0x80 && n <= len(b)-2 { // most are short
		return b[2 : 2+n], 2 + n
	}
	const head = 6 // of those that Active Directory writes with a length of four bytes
	if len(b) >= head && b[1] == 0x84 {
		if n := int64(binary.BigEndian.Uint32(b[2:])); n <= int64(len(b)-head) {
			return b[head : head+int(n)], head + int(n)
		}
	}
	return longElement(b)
}

func longElement(b []byte) (content []byte, size int) {
	_, length, n, err := parseHeader(b)
	if err != nil || length > len(b)-n {
		return nil, 0
	}
	return b[n : n+length], n + length
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

// size returns how many bytes the values have.
func (r result) size() (n int) {
	for _, attr := range r.values {
		for _, v := range attr.values {
			n += len(v)
		}
	}
	return n
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
// follow each other, nil if there is none left, and the messages behind it. It
// ignores controls of an entry.
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
		body, size := element(op, searchResultEntry)
		if controls := op[size:]; size > 0 && len(controls) > 0 {
			_, n := element(controls, 0xa0)
			size += n
		}
		if size < len(op) {
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
		name, values, size := firstAttribute(list)
		if size == 0 {
			return r, errBER
		}
		list = list[size:]
		a := resultAttribute{name: string(name)}
		for len(values) > 0 {
			v, size := element(values, octetString)
			if size == 0 {
				return r, errBER
			}
			values = values[size:]
			a.values = append(a.values, v)
		}
		r.values = append(r.values, a)
	}
	return r, err
}

// entryParts returns the name of an entry and the list of its attributes.
func entryParts(b []byte) (dn, list []byte, err error) {
	dn, n := element(b, octetString)
	if n == 0 {
		return nil, nil, errBER
	}
	list, m := element(b[n:], sequence)
	if m == 0 || n+m < len(b) {
		return dn, nil, errBER
	}
	return dn, list, nil
}

// firstAttribute returns the name and the values (OCTET STRINGs one after the
// other) of the first attribute of a list, and the size of the attribute; 0 if b
// begins otherwise.
func firstAttribute(list []byte) (name, values []byte, size int) {
	attribute, size := element(list, sequence)
	name, n := element(attribute, octetString)
	if n == 0 {
		return nil, nil, 0
	}
	values, m := element(attribute[n:], set)
	if m == 0 || n+m < len(attribute) {
		return nil, nil, 0
	}
	return name, values, size
}
