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
// empty if that depends on its neighbours or is more than letters.
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
		if r < utf8.RuneSelf || latin(l.folded) && latin(l.loose) && foldMarked(l.loose) == l.loose {
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

// appendLatinKeys appends both keys of a value of proxyAddresses, one behind the
// other, and returns the length of the first, if the value is as appendPlainKey wants
// it but for Latin letters behind its type, and not in the domain of a mail address.
func appendLatinKeys(dst, value []byte) (keys []byte, first int, ok bool) {
	colon := typeEnd(value)
	if colon < 0 || !allASCII(value[:colon]) {
		return dst, 0, false
	}
	if bytes.EqualFold(value[:colon], smtpType) && !allASCII(value[1+bytes.LastIndexByte(value, '@'):]) {
		return dst, 0, false
	}
	start := len(dst)
	if dst, ok = appendByLetter(dst, value, (*latinLetter).fold); !ok {
		return dst, 0, false
	}
	first = len(dst) - start
	dst, ok = appendByLetter(dst, value, (*latinLetter).loosen)
	return dst, first, ok
}
