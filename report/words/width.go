package words

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Columns returns how many columns of a terminal an escaped string takes: two
// for East Asian wide characters ([UAX #11]), none for marks that stand on the
// letter before.
//
// [UAX #11]: https://www.unicode.org/reports/tr11/
func Columns(s string) (n int) {
	for _, r := range s {
		n += RuneColumns(r)
	}
	return n
}

// RuneColumns is [Columns] of a single rune.
func RuneColumns(r rune) int {
	switch {
	case r < unicode.MaxASCII:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me), r >= 'ᅠ' && r <= 'ᇿ': // and vowels and finals of Hangul
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

const ellipsis = "..."

// Shorten takes out the middle of an escaped string that is wider than limit.
func Shorten(s string, limit int) string {
	if Columns(s) <= limit {
		return s
	}
	runes := []rune(s)
	room := max(limit-len(ellipsis), 0)
	head, tail := 0, len(runes)
	for left := (room + 1) / 2; head < tail && RuneColumns(runes[head]) <= left; head++ {
		left -= RuneColumns(runes[head])
	}
	for left := room - Columns(string(runes[:head])); tail > head && RuneColumns(runes[tail-1]) <= left; tail-- {
		left -= RuneColumns(runes[tail-1])
	}
	for tail < len(runes) && RuneColumns(runes[tail]) == 0 { // a mark whose letter is gone
		tail++
	}
	return string(runes[:head]) + ellipsis + string(runes[tail:])
}

// Wrap breaks a text at its spaces into lines of at most limit, as measured
// by columns. A word that is longer has a line of its own.
func Wrap(text string, limit int, columns func(string) int) []string {
	var lines []string
	line, rest, more := strings.Cut(text, " ")
	begin, width := 0, columns(line)
	for more {
		var word string
		word, rest, more = strings.Cut(rest, " ")
		if n := columns(word); width+1+n <= limit {
			line = text[begin : begin+len(line)+1+len(word)]
			width += 1 + n
		} else {
			lines = append(lines, line)
			begin += len(line) + 1
			line, width = word, n
		}
	}
	return append(lines, line)
}
