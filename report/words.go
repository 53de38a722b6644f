package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"proxyaddr/conflicts"
)

// Completeness says in one line whether the scan read everything, and if not,
// why. It is safe to print.
func Completeness(a *conflicts.Audit) string {
	if a.Complete() {
		return verdict(a) + "."
	}
	return verdict(a) + ": " + Escape(strings.Join(a.Problems, "; "))
}

// verdict is Completeness without the reasons, for outputs that list them.
func verdict(a *conflicts.Audit) string {
	read := fmt.Sprintf("%s with %s", quantity(a.Objects(), "object"), quantity(a.Values(), "address"))
	partitions := quantity(len(a.Coverage), "partition")
	if a.Complete() {
		return fmt.Sprintf("Complete: all of %s was read (%s)", partitions, read)
	}
	return fmt.Sprintf("INCOMPLETE: conflicts may be missing, not all of %s was read (%s)", partitions, read)
}

// Counts says in one line how many conflicts of each class there are, and
// what is proposed.
func Counts(a *conflicts.Audit) string {
	if len(a.Conflicts) == 0 {
		return "No conflicts."
	}
	var classes []string
	for _, c := range conflicts.Classes {
		if n := a.Count(c); n > 0 {
			classes = append(classes, fmt.Sprintf("%s %s", number(n), c))
		}
	}
	return fmt.Sprintf("%s: %s. %s proposed.", quantity(len(a.Conflicts), "conflict"), strings.Join(classes, ", "),
		quantity(len(a.Changes), "change"))
}

// quantity writes a number with its noun: "no objects", "1 object", "3,214
// objects".
func quantity(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	if n == 0 {
		return "no " + noun
	}
	return number(n) + " " + noun
}

// number writes n, which is not negative, with a comma between thousands.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Escape makes a string out of a directory safe to show: what a terminal obeys
// or a reader cannot see stands as in a Go string (\n, \x1b, \u202e; \xff for
// a byte that is not UTF-8). Letters of every script stay. So does a
// backslash: the escapes are for the eye and cannot be taken back.
func Escape(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case hidden(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		s = s[size:]
	}
	return b.String()
}

// hidden tells whether a rune has no shape of its own: controls, format
// characters such as the bidirectional overrides and zero-width joiners, fillers,
// and every space but the common one and that of East Asian names.
func hidden(r rune) bool {
	const ideographicSpace = '　'
	return !unicode.IsPrint(r) && r != ideographicSpace ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
