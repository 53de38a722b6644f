package words

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Listed is how many elements of one kind are named to people who read from top to bottom; the
// workbook has all.
const Listed = 200

// Quantity writes a number with its noun: "1 object", "3,214 addresses".
func Quantity(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "x"):
		noun += "es"
	default:
		noun += "s"
	}
	return Number(n) + " " + noun
}

// Number writes n, which is not negative, with a comma between thousands.
func Number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Capital begins a text with a capital letter.
func Capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if first == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}
