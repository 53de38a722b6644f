package conflicts

import (
	"bytes"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// latinEnd is where the blocks of Latin letters end that European names are
// written with, and before which no character combines with another.
const latinEnd = 0x250

// A latinLetter is what foldMarked and loosenMarked make of one letter; both are
// empty if that depends on its neighbors, is more than letters, or is not the same
// of the folded letter.
type latinLetter struct{ folded, loose string }

func (l *latinLetter) fold() string   { return l.folded }
func (l *latinLetter) loosen() string { return l.loose }

// latinLetters are those below latinEnd, and ASCII.
var latinLetters = sync.OnceValue(func() *[latinEnd]latinLetter {
	latin := func(s string) bool {
		return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r >= latinEnd || !unicode.IsLetter(r) })
	}
	var letters [latinEnd]latinLetter
	for r := range rune(latinEnd) {
		l := latinLetter{foldMarked(string(r)), loosenMarked(string(r))}
		if r < utf8.RuneSelf || latin(l.folded) && latin(l.loose) && loosenMarked(l.folded) == l.loose {
			letters[r] = l
		}
	}
	return &letters
})

// inParts applies a function to s: letter by letter if all are ASCII or Latin letters,
// whose forms are known, and else to what is not ASCII, which takes ten times as long.
func inParts(s string, form func(*latinLetter) string, apply func(string) string) string {
	if formed, ok := appendByLetter(nil, []byte(s), form); ok {
		return string(formed)
	}
	before, marked, after := cutMarked(s)
	return strings.ToLower(before) + apply(marked) + strings.ToLower(after)
}

func appendByLetter(dst, s []byte, form func(*latinLetter) string) (formed []byte, ok bool) {
	letters := latinLetters()
	before, marked, after := cutMarked(s)
	dst, _ = appendLower(dst, before)
	for _, r := range string(marked) {
		if r >= latinEnd {
			return dst, false
		}
		f := form(&letters[r])
		if f == "" {
			return dst, false
		}
		dst = append(dst, f...)
	}
	dst, _ = appendLower(dst, after)
	return dst, true
}

// appendLatinKey appends the loose key of a value of proxyAddresses, if the value is
// as appendPlainKey wants it but for Latin letters behind its type, and not in the
// domain of a mail address.
func appendLatinKey(dst, value []byte) (loose []byte, ok bool) {
	colon := typeEnd(value)
	if colon < 0 || !allASCII(value[:colon]) {
		return dst, false
	}
	if bytes.EqualFold(value[:colon], smtpType) && !allASCII(value[1+bytes.LastIndexByte(value, '@'):]) {
		return dst, false
	}
	return appendByLetter(dst, value, (*latinLetter).loosen)
}
