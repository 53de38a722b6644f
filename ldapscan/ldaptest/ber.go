package ldaptest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// Identifier bytes of the universal types that LDAP uses (RFC 4511 section 5.1).
const (
	tagBoolean     = 0x01
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagEnumerated  = 0x0A
	tagSequence    = 0x30
	tagSet         = 0x31
)

// Bits of the identifier bytes of all other types.
const (
	constructed = 0x20
	application = 0x40
	contextual  = 0x80
)

// maxRequest is the size in bytes over which a request ends the connection: MaxReceiveBuffer of
// [MS-ADTS] 3.1.1.3.4.6.
const maxRequest = 10485760

var errMalformed = errors.New("malformed request")

// readMessage returns the content of the next LDAPMessage. Memory grows with the bytes
// that arrive, not with the announced length.
func readMessage(r *bufio.Reader) ([]byte, error) {
	tag, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	if tag != tagSequence {
		return nil, errMalformed
	}
	length, err := readLength(r)
	if err != nil {
		return nil, err
	}
	if length > maxRequest {
		return nil, errMalformed
	}
	var body bytes.Buffer
	if _, err := io.CopyN(&body, r, int64(length)); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// readLength reads a length in the definite form with up to four bytes.
func readLength(r io.ByteReader) (uint32, error) {
	first, err := r.ReadByte()
	if err != nil || first < 0x80 {
		return uint32(first), err
	}
	octets := int(first & 0x7F)
	if octets < 1 || octets > 4 {
		return 0, errMalformed
	}
	var length uint32
	for range octets {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		length = length<<8 | uint32(b)
	}
	return length, nil
}

// decoder takes the elements of a constructed value one by one. The first unexpected
// element empties it and marks it, and all decoders that it came from, as malformed; from
// then on it reads zero values.
type decoder struct {
	rest      []byte
	malformed *bool
}

func newDecoder(data []byte) *decoder { return &decoder{rest: data, malformed: new(bool)} }

func (d *decoder) fail() {
	d.rest = nil
	*d.malformed = true
}

func (d *decoder) more() bool { return len(d.rest) > 0 && !*d.malformed }

// is tells whether the next element has this identifier.
func (d *decoder) is(tag byte) bool { return d.more() && d.rest[0] == tag }

// next returns the next element, whatever its type.
func (d *decoder) next() (tag byte, content []byte) {
	if !d.more() {
		d.fail()
		return 0, nil
	}
	r := bytes.NewReader(d.rest)
	tag, _ = r.ReadByte()
	length, err := readLength(r)
	if err != nil || int64(length) > int64(r.Len()) {
		d.fail()
		return 0, nil
	}
	start := len(d.rest) - r.Len()
	content = d.rest[start : start+int(length)]
	d.rest = d.rest[start+int(length):]
	return tag, content
}

func (d *decoder) octets(tag byte) []byte {
	got, content := d.next()
	if got != tag {
		d.fail()
		return nil
	}
	return content
}

func (d *decoder) text(tag byte) string { return string(d.octets(tag)) }

// in returns a decoder for the elements inside the next one.
func (d *decoder) in(tag byte) *decoder {
	return &decoder{rest: d.octets(tag), malformed: d.malformed}
}

// integer reads one of at most four bytes: LDAP's are below 2³¹ (RFC 4511 section 4.1.1).
func (d *decoder) integer(tag byte) int {
	content := d.octets(tag)
	if len(content) < 1 || len(content) > 4 {
		d.fail()
		return 0
	}
	n := int32(int8(content[0]))
	for _, b := range content[1:] {
		n = n<<8 | int32(b)
	}
	return int(n)
}

func (d *decoder) boolean(tag byte) bool {
	content := d.octets(tag)
	if len(content) != 1 {
		d.fail()
		return false
	}
	return content[0] != 0
}

// encoder writes elements one after the other. Lengths of constructed values take five
// bytes, as a domain controller writes them.
type encoder []byte

// open begins a constructed value. Its result is for close.
func (e *encoder) open(tag byte) int {
	*e = append(*e, tag, 0x84, 0, 0, 0, 0)
	return len(*e)
}

func (e *encoder) close(start int) {
	binary.BigEndian.PutUint32((*e)[start-4:start], uint32(len(*e)-start))
}

func (e *encoder) octets(tag byte, value []byte) {
	if len(value) < 0x80 {
		*e = append(*e, tag, byte(len(value)))
	} else {
		*e = append(*e, tag, 0x84)
		*e = binary.BigEndian.AppendUint32(*e, uint32(len(value)))
	}
	*e = append(*e, value...)
}

func (e *encoder) text(tag byte, value string) { e.octets(tag, []byte(value)) }

// integer writes n, from 0 to 2³¹-1, in as few bytes as hold it and its sign.
func (e *encoder) integer(tag byte, n int) {
	octets := binary.BigEndian.AppendUint32(nil, uint32(n))
	for len(octets) > 1 && octets[0] == 0 && octets[1] < 0x80 {
		octets = octets[1:]
	}
	e.octets(tag, octets)
}
