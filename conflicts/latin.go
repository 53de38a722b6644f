package conflicts

import (
	"strings"
	"sync"
	"unicode"
)

// latinEnd is where the blocks of Latin letters end that European names are
// written with, and before which no character combines with another.
const latinEnd = 0x250

// A latinLetter is what foldMarked and loosenMarked make of one letter; both are
// empty if that depends on its neighbours or is more than letters.
type latinLetter struct{ folded, loose string }

func (l latinLetter) fold() string   { return l.folded }
func (l latinLetter) loosen() string { return l.loose }

var latinLetters = sync.OnceValue(func() *[latinEnd]latinLetter {
	latin := func(s string) bool {
		return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r >= latinEnd || !unicode.IsLetter(r) })
	}
	var letters [latinEnd]latinLetter
	for r := range rune(latinEnd) {
		l := latinLetter{foldMarked(string(r)), loosenMarked(string(r))}
		if r < unicode.MaxASCII || latin(l.folded) && latin(l.loose) {
			letters[r] = l
		}
	}
	return &letters
})

// byLetter makes of a string what a form makes of each of its characters, if it is
// one of ASCII and Latin letters: the same as foldMarked or loosenMarked in a tenth
// of the time.
func byLetter(s string, form func(latinLetter) string) (formed string, ok bool) {
	letters := latinLetters()
	var b strings.Builder
	for _, r := range s {
		if r >= latinEnd {
			return "", false
		}
		f := form(letters[r])
		if f == "" {
			return "", false
		}
		b.WriteString(f)
	}
	return b.String(), true
}
