package ldapscan

import (
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

// parseEntries takes SearchResultEntry messages apart that follow each other,
// each perhaps followed by controls of its own, which mean nothing here. The
// values are parts of b. The error names the object where that is known.
func parseEntries(b []byte) ([]result, error) {
	var list []result
	for len(b) > 0 {
		var body []byte
		var err error
		if b[0] != searchResultEntry { // [0] Controls
			if _, b, err = element(b, 0xa0); err != nil {
				return nil, err
			}
			continue
		}
		if body, b, err = element(b, searchResultEntry); err != nil {
			return nil, err
		}
		r, err := parseEntry(body)
		if err != nil {
			return nil, fmt.Errorf("%s: damaged entry: %w", r.dn, err)
		}
		list = append(list, r)
	}
	return list, nil
}

func parseEntry(b []byte) (r result, err error) {
	dn, b, err := element(b, octetString)
	if err != nil {
		return r, err
	}
	r.dn = string(dn)
	list, rest, err := element(b, sequence)
	if err != nil || len(rest) > 0 {
		return r, errBER
	}
	for len(list) > 0 {
		var attr, name, vals, v []byte
		if attr, list, err = element(list, sequence); err != nil {
			return r, err
		}
		if name, attr, err = element(attr, octetString); err != nil {
			return r, err
		}
		if vals, attr, err = element(attr, set); err != nil || len(attr) > 0 {
			return r, errBER
		}
		a := resultAttribute{name: string(name)}
		for len(vals) > 0 {
			if v, vals, err = element(vals, octetString); err != nil {
				return r, err
			}
			a.values = append(a.values, v)
		}
		r.values = append(r.values, a)
	}
	return r, nil
}
