package conflicts

import (
	"bytes"
	"encoding/binary"
)

// appendPlainKey appends the key of a value of proxyAddresses to dst, if the
// value is plain: it is ASCII and has a type and an address without white space
// around either. The key of such a value, and its loose key, is the value in
// lower case. All others have to go the way of [Address.Key].
func appendPlainKey(dst, value []byte) (key []byte, plain bool) {
	i := bytes.IndexByte(value, ':')
	if i < 1 || value[0] <= ' ' || value[i-1] <= ' ' || value[len(value)-1] <= ' ' || value[min(i+1, len(value)-1)] <= ' ' {
		return dst, false
	}
	return appendLower(dst, value)
}

// appendPlainMailKey does the same for a mail address without a type, of which
// [MailKey] tells the key.
func appendPlainMailKey(dst, address []byte) (key []byte, plain bool) {
	if len(address) == 0 || address[0] <= ' ' || address[len(address)-1] <= ' ' {
		return dst, false
	}
	return appendLower(append(dst, "smtp:"...), address)
}

// appendLower appends s with its ASCII letters in lower case, eight octets at a
// time, and reports whether all of s is ASCII.
func appendLower(dst, s []byte) (lowered []byte, ascii bool) {
	n := len(dst) + len(s)
	var w, all uint64
	for ; len(s) >= 8; s = s[8:] {
		w = binary.LittleEndian.Uint64(s)
		all |= w
		dst = binary.LittleEndian.AppendUint64(dst, lower8(w))
	}
	w = 0
	for i, c := range s {
		w |= uint64(c) << (8 * i)
	}
	all |= w
	dst = binary.LittleEndian.AppendUint64(dst, lower8(w))
	return dst[:n], all&(0x80*each) == 0
}

// allASCII is isASCII, eight octets at a time.
func allASCII(s []byte) bool {
	var all uint64
	for ; len(s) >= 8; s = s[8:] {
		all |= binary.LittleEndian.Uint64(s)
	}
	for _, c := range s {
		all |= uint64(c)
	}
	return all&(0x80*each) == 0
}

const each = 0x0101010101010101 // one in each octet of a word

// lower8 lower-cases the eight octets of a word. Adding to the low seven bits of an
// octet sets its high bit exactly if they are no less than 'A', or greater than
// 'Z'; where only the former holds the bit is moved to that of the case.
func lower8(w uint64) uint64 {
	low := w &^ (0x80 * each)
	atLeastA := low + (0x80-'A')*each
	aboveZ := low + (0x7f-'Z')*each
	return w | (atLeastA&^aboveZ&^w&(0x80*each))>>2
}
