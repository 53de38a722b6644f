package status

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"proxyaddr/report/words"
)

// escapeHidden writes the invisible characters of a JSON text as \u escapes. Those of ASCII are
// escaped already, except DEL.
func escapeHidden(text string) string {
	hidden := func(r rune) bool { return r >= unicode.MaxASCII && words.Hidden(r) }
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if !hidden(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
