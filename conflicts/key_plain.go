package conflicts

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// appendPlainKey appends the key of a value of proxyAddresses to dst, if the
// value is plain: it is ASCII and has a type and an address without white space
// around either. The key of such a value is the value in lower case. All others have
// to go the way of [Address.Key].
func appendPlainKey(dst, value []byte) (key []byte, plain bool) {
	if typeEnd(value) < 0 {
		return dst, false
	}
	key, plain = appendLower(dst, value)
	return key, plain
}

// typeEnd returns where the colon behind the type of an address is, -1 if there is
// none, or around the type or the address white space or a control character of ASCII.
func typeEnd(value []byte) int {
	i := bytes.IndexByte(value, ':')
	if i < 1 || value[0] <= ' ' || value[i-1] <= ' ' || value[len(value)-1] <= ' ' || value[min(i+1, len(value)-1)] <= ' ' {
		return -1
	}
	return i
}

// appendPlainKeyOf does the same for an address whose type, in lower case and with its
// colon, is not part of the value.
func appendPlainKeyOf(typ string, dst, address []byte) (key []byte, plain bool) {
	if len(address) == 0 || address[0] <= ' ' || address[len(address)-1] <= ' ' {
		return dst, false
	}
	key, plain = appendLower(append(dst, typ...), address)
	return key, plain
}

// AppendLooseKey appends the loose key of a value of proxyAddresses to dst, without
// allocating for most values, and reports whether the value has a type. It is quicker
// where the value is known to be one of an object that is [View.Ordinary].
func AppendLooseKey(dst, value []byte, ordinary bool) (loose []byte, typed bool) {
	if loose, ok := appendLooseKey(dst, value, ordinary); ok {
		return loose, true
	}
	a := ParseAddress(string(value))
	return append(dst, a.LooseKey()...), a.Type != ""
}

// AppendLooseMailKey does the same for a mail address without a type, which counts as
// SMTP.
func AppendLooseMailKey(dst, address []byte) (loose []byte) {
	if loose, ok := appendPlainKeyOf("smtp:", dst, address); ok && !hasALabel(loose[len(dst):]) {
		return loose
	}
	return append(dst, mailAddress(string(address)).LooseKey()...)
}

// AppendLooseX500Key does the same for a legacyExchangeDN, which counts as X500.
func AppendLooseX500Key(dst, dn []byte) (loose []byte) {
	if loose, ok := appendPlainKeyOf("x500:", dst, dn); ok {
		return loose
	}
	return append(dst, x500Address(string(dn)).LooseKey()...)
}

// appendLooseKey appends the loose key of a value of proxyAddresses to dst, if the
// value is plain and has no A-label, as none of an ordinary object has one, or has Latin
// letters besides in parts where they stand for themselves. All others have to go the
// way of [Address.LooseKey].
func appendLooseKey(dst, value []byte, ordinary bool) (loose []byte, ok bool) {
	if ordinary || typeEnd(value) >= 0 {
		if loose, ascii := appendLower(dst, value); ascii {
			return loose, ordinary || !hasALabel(loose[len(dst):])
		}
	}
	loose, ok = appendLatinKey(dst, value)
	return loose, ok && !hasALabel(loose[len(dst):])
}

// hasALabel reports whether there may be an A-label in a key.
func hasALabel(key []byte) bool {
	return len(key) > len("smtp:") && string(key[:len("smtp:")]) == "smtp:" && bytes.Contains(key, []byte(acePrefix))
}

// appendLower appends s with its ASCII letters in lower case, eight bytes at a
// time, and reports whether all of s is ASCII.
//
// It takes the last sixteen bytes together, some of them twice: of a loop over what
// is left at the end a processor does not foresee the end.
func appendLower(dst, s []byte) (lowered []byte, ascii bool) {
	if len(s) < 16 {
		return appendLowerShort(dst, s)
	}
	n := len(dst)
	dst = slices.Grow(dst, len(s))[:n+len(s)]
	to := dst[n:]
	a, b := binary.LittleEndian.Uint64(s[len(s)-16:]), binary.LittleEndian.Uint64(s[len(s)-8:])
	binary.LittleEndian.PutUint64(to[len(s)-16:], lower8(a))
	binary.LittleEndian.PutUint64(to[len(s)-8:], lower8(b))
	all := a | b
	for len(s) > 16 && len(to) > 16 {
		a, b = binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[8:])
		binary.LittleEndian.PutUint64(to, lower8(a))
		binary.LittleEndian.PutUint64(to[8:], lower8(b))
		all |= a | b
		s, to = s[16:], to[16:]
	}
	return dst, all&high == 0
}

func appendLowerShort(dst, s []byte) (lowered []byte, ascii bool) {
	n := len(dst) + len(s)
	var all uint64
	if len(s) >= 8 {
		all = binary.LittleEndian.Uint64(s)
		dst, s = binary.LittleEndian.AppendUint64(dst, lower8(all)), s[8:]
	}
	w := lastWord(s)
	return binary.LittleEndian.AppendUint64(dst, lower8(w))[:n], (all|w)&high == 0
}

// lastWord returns the bytes of s, at most seven, in a word.
func lastWord(s []byte) (w uint64) {
	for i, c := range s {
		w |= uint64(c) << (8 * i)
	}
	return w
}

// allASCII is isASCII, eight bytes at a time.
func allASCII(s []byte) bool {
	if len(s) < 8 {
		return lastWord(s)&high == 0
	}
	all := binary.LittleEndian.Uint64(s[len(s)-8:])
	for ; len(s) > 8; s = s[8:] {
		all |= binary.LittleEndian.Uint64(s)
	}
	return all&high == 0
}

// Words of eight bytes: one and the highest bit in each.
const (
	each = 0x0101010101010101
	high = 0x80 * each
)

// lower8 lower-cases the eight bytes of a word. Adding to the low seven bits of an
// byte sets its high bit exactly if they are no less than 'A', or greater than
// 'Z'; where only the former holds the bit is moved to that of the case.
func lower8(w uint64) uint64 {
	low := w &^ high
	atLeastA := low + (0x80-'A')*each
	aboveZ := low + (0x7f-'Z')*each
	return w | (atLeastA&^aboveZ&^w&high)>>2
}
