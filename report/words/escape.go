package words

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape makes a string out of a directory safe to show: what a terminal obeys
// or a reader cannot see stands as in a Go string (\n, \x1b, \u202e; \xff for
// a byte that is not UTF-8). Letters of every script stay. So does a
// backslash: the escapes are for the eye and cannot be taken back.
func Escape(s string) string {
	if Plain(s) || !strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || Hidden(r) }) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case Hidden(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		s = s[size:]
	}
	return b.String()
}

// AppendEscaped appends what [Escape] makes of a text.
func AppendEscaped[T string | []byte](dst []byte, text T) []byte {
	if Plain(text) {
		return append(dst, text...)
	}
	return append(dst, Escape(string(text))...)
}

// Plain reports whether a text has printable characters of ASCII alone, as most have. [Escape]
// leaves it as it is.
func Plain[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= unicode.MaxASCII {
			return false
		}
	}
	return true
}

// Hidden tells whether a rune has no shape of its own: controls, format
// characters such as the bidirectional overrides and zero-width joiners, fillers,
// and every space but the common one and that of East Asian names.
func Hidden(r rune) bool {
	const ideographicSpace = '　'
	if r < utf8.RuneSelf {
		return r < ' ' || r == unicode.MaxASCII
	}
	return !unicode.IsPrint(r) && r != ideographicSpace ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// FormulaSigns begin a formula in a spreadsheet, those of full width in some. The minus
// is the last, where it stands for itself in an expression.
const FormulaSigns = "=+@＝＋－＠-"
