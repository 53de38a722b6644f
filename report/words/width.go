package words

import (
	"iter"
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

// WrapDN breaks an escaped distinguished name into lines of at most limit columns, behind the
// commas between its parts. It breaks a part only if that is longer than a line.
func WrapDN(dn string, limit int) []string {
	var lines []string
	line := ""
	for dn != "" {
		part := dn[:partEnd(dn)]
		dn = dn[len(part):]
		if Columns(line+part) <= limit {
			line += part
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		pieces := chop(part, limit)
		last := len(pieces) - 1
		lines, line = append(lines, pieces[:last]...), pieces[last]
	}
	return append(lines, line)
}

// Fold breaks a text at its spaces into lines of at most limit columns. It breaks a word that is
// longer than a line behind a comma, or else anywhere.
func Fold(text string, limit int) []string {
	var lines []string
	line := ""
	for i, word := range strings.Split(text, " ") {
		if both := line + " " + word; i > 0 && Columns(both) <= limit {
			line = both
			continue
		}
		if i > 0 {
			lines = append(lines, strings.TrimRight(line, " "))
		}
		pieces := chop(word, limit)
		last := len(pieces) - 1
		lines, line = append(lines, pieces[:last]...), pieces[last]
	}
	return append(lines, line)
}

// chop cuts a string into pieces of at most limit columns, behind commas where it can.
func chop(s string, limit int) []string {
	var pieces []string
	for {
		n := fitting(s, limit)
		if comma := strings.LastIndexByte(s[:n], ','); comma >= 0 && n < len(s) {
			n = comma + 1
		}
		pieces, s = append(pieces, s[:n]), s[n:]
		if s == "" {
			return pieces
		}
	}
}

// fitting returns how many bytes of a string fit into so many columns. It is one rune at least,
// unless the string is empty.
func fitting(s string, limit int) int {
	columns := 0
	for i, r := range s {
		if columns += RuneColumns(r); columns > limit && i > 0 {
			return i
		}
	}
	return len(s)
}

// partEnd returns where the first part of a distinguished name ends, its comma included.
func partEnd(dn string) int {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++ // what follows is no separator
		case ',':
			return i + 1
		}
	}
	return len(dn)
}

// Wrap breaks a text at its spaces into lines of at most limit, as measured
// by columns. A word that is longer has a line of its own.
func Wrap[T string | []byte](text T, limit int, columns func(T) int) iter.Seq[T] {
	return func(yield func(T) bool) {
		begin, end, width := 0, 0, 0 // of the line in hand
		for at := 0; at <= len(text); at = end + 1 {
			next := at
			for next < len(text) && text[next] != ' ' {
				next++
			}
			switch n := columns(text[at:next]); {
			case at == 0:
				width = n
			case width+1+n <= limit:
				width += 1 + n
			default:
				if !yield(text[begin:end]) {
					return
				}
				begin, width = at, n
			}
			end = next
		}
		yield(text[begin:end])
	}
}
