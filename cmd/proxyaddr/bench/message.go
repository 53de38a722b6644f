package main

import (
	"encoding/binary"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Entries are encoded with lengths of four bytes throughout, so that those that
// must be patched stand at fixed places.
const (
	headerSize = 6  // identifier, 0x84, four bytes
	idAt       = 8  // value of the message id
	bodyAt     = 12 // SearchResultEntry
	nameAt     = bodyAt + headerSize
)

func appendHeader(b []byte, tag byte, length int) []byte {
	return binary.BigEndian.AppendUint32(append(b, tag, 0x84), uint32(length))
}

func setLength(element []byte, length int) { binary.BigEndian.PutUint32(element[2:], uint32(length)) }

func setID(message []byte, id int64) { binary.BigEndian.PutUint32(message[idAt:], uint32(id)) }

func length(element []byte) int { return int(binary.BigEndian.Uint32(element[2:])) }

// appendEntry appends a message with a SearchResultEntry (RFC 4511 section 4.5.2)
// and the message id 0.
func appendEntry(b []byte, dn string, attributes []attribute) []byte {
	const sequence, octets, set, entry = 0x30, 0x04, 0x31, 0x64
	start := len(b)
	b = appendHeader(b, sequence, 0)
	b = append(b, 0x02, 4, 0, 0, 0, 0)
	b = appendHeader(b, entry, 0)
	b = append(appendHeader(b, octets, len(dn)), dn...)
	list := len(b)
	b = appendHeader(b, sequence, 0)
	for _, a := range attributes {
		one := len(b)
		b = appendHeader(b, sequence, 0)
		b = append(appendHeader(b, octets, len(a.name)), a.name...)
		values := len(b)
		b = appendHeader(b, set, 0)
		for _, v := range a.values {
			b = append(appendHeader(b, octets, len(v)), v...)
		}
		setLength(b[values:], len(b)-values-headerSize)
		setLength(b[one:], len(b)-one-headerSize)
	}
	setLengths(b[start:], list-start)
	return b
}

// setLengths sets the lengths of an entry that ends with b and whose attributes begin
// at list.
func setLengths(b []byte, list int) {
	setLength(b[list:], len(b)-list-headerSize)
	setLength(b[bodyAt:], len(b)-nameAt)
	setLength(b, len(b)-headerSize)
}

// appendFirstAttribute appends an entry with the first of its attributes alone.
func appendFirstAttribute(b, entry []byte) []byte {
	list := nameAt + headerSize + length(entry[nameAt:])
	first := list + headerSize
	start := len(b)
	b = append(b, entry[:first+headerSize+length(entry[first:])]...)
	setLengths(b[start:], list)
	return b
}

func appendResult(b []byte, id int64, op ber.Tag, code int64, paging *ldap.ControlPaging) []byte {
	m := ber.NewSequence("LDAPMessage")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, "messageID"))
	r := ber.Encode(ber.ClassApplication, ber.TypeConstructed, op, nil, "protocolOp")
	r.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, "resultCode"))
	r.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", "matchedDN"))
	r.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", "diagnosticMessage"))
	m.AppendChild(r)
	if paging != nil {
		controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "controls")
		controls.AppendChild(paging.Encode())
		m.AppendChild(controls)
	}
	return append(b, m.Bytes()...)
}
