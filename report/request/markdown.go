package request

import (
	"regexp"
	"strings"

	"proxyaddr/report/words"
)

// bareURL matches what GitHub makes a link of without any markup (GFM section 6.9). An
// address of mail stays one: it is what these documents are about.
var bareURL = regexp.MustCompile(`(?i)(http|https|ftp|www)(://|\.)`)

// inert makes a text inert in Markdown (CommonMark section 2.4).
func inert(s string) string {
	var b strings.Builder
	for _, r := range words.Escape(s) {
		if strings.ContainsRune("\\`*_[]<>|#~&!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return bareURL.ReplaceAllString(b.String(), `$1\$2`)
}

// sentence is inert with a full stop, unless the text has an end of its own.
func sentence(s string) string {
	if s = strings.TrimRight(s, " "); s != "" && strings.Contains(".!?", s[len(s)-1:]) {
		return inert(s)
	}
	return inert(s) + "."
}

// span quotes a string from the directory: in a code span everything is
// literal, and its fence is longer than every run of backticks in it
// (CommonMark section 6.1).
func span(s string) string {
	s = words.Escape(s)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if s == "" || strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.Trim(s, " ") != s {
		s = " " + s + " "
	}
	return fence + s + fence
}

// cell is span for a cell of a table. A pipe ends a cell in a code span too, and a backslash
// before it does not always help (GFM section 4.10), so text with one stands outside of a span.
func cell(s string) string {
	if strings.Contains(s, "|") {
		return inert(s)
	}
	return span(s)
}
