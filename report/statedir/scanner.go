package statedir

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// A syntaxError is a problem in a line of a text.
type syntaxError struct {
	line int
	err  error
}

func (e *syntaxError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e *syntaxError) Unwrap() error { return e.err }

// A scanner reads a JSON text (RFC 8259) of known form, front to back. It is stricter and
// several times faster than encoding/json: unknown and repeated fields are errors, each
// error has its line, and strings without escapes are parts of the text. After the first
// error it returns zero values.
type scanner struct {
	text string
	at   int
	err  error
}

func (s *scanner) fail(err error) {
	if s.err == nil {
		s.err = &syntaxError{1 + strings.Count(s.text[:s.at], "\n"), err}
	}
}

func (s *scanner) failf(format string, args ...any) { s.fail(fmt.Errorf(format, args...)) }

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next returns the next character after white space; 0 at the end or after an error.
func (s *scanner) next() byte {
	s.space()
	if s.err != nil || s.at == len(s.text) {
		return 0
	}
	return s.text[s.at]
}

var errCutOff = errors.New("the file is cut off")

func (s *scanner) take(c byte) {
	switch got := s.next(); {
	case s.err != nil:
	case s.at == len(s.text):
		s.fail(errCutOff)
	case got != c:
		s.failf("%q where %q belongs", got, c)
	default:
		s.at++
	}
}

// object calls a function for each field, which reads its value and reports whether it knows the
// field. required are the fields that must not be missing.
func (s *scanner) object(field func(name string) bool, required ...string) {
	start := s.at
	seen := make([]string, 0, 16) // more than any object has
	s.list('{', '}', func() {
		name := s.string()
		s.take(':')
		if s.err != nil {
			return
		}
		if slices.Contains(seen, name) {
			s.failf("%q twice", name)
			return
		}
		seen = append(seen, name)
		if !field(name) {
			s.failf("unknown field %q", name)
		}
	})
	if s.err != nil {
		return
	}
	for _, name := range required {
		if !slices.Contains(seen, name) {
			s.at = start
			s.space()
			s.failf("no field %q", name)
			return
		}
	}
}

// array calls a function to read each element.
func (s *scanner) array(element func()) { s.list('[', ']', element) }

func (s *scanner) list(open, end byte, element func()) {
	s.take(open)
	for first := true; s.err == nil; first = false {
		if s.next() == end {
			s.at++
			return
		}
		if !first {
			if s.take(','); s.err != nil {
				return
			}
		}
		element()
	}
}

func (s *scanner) strings() []string {
	var list []string
	s.array(func() { list = append(list, s.string()) })
	return list
}

func (s *scanner) string() string {
	if s.take('"'); s.err != nil {
		return ""
	}
	start := s.at
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[start : s.at-1]
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			s.failf("control character in a string")
			return ""
		}
	}
	s.fail(errCutOff)
	return ""
}

// escaped reads a string with an escape in it, which begins at start.
func (s *scanner) escaped(start int) string {
	text := []byte(s.text[start:s.at])
	for s.at < len(s.text) && s.err == nil {
		c := s.text[s.at]
		s.at++
		switch {
		case c == '"':
			return string(text)
		case c < ' ':
			s.failf("control character in a string")
		case c != '\\':
			text = append(text, c)
		case s.at < len(s.text):
			c = s.text[s.at]
			s.at++
			if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
				text = append(text, "\"\\/\b\f\n\r\t"[i])
			} else if c == 'u' {
				text = utf8.AppendRune(text, s.escapedRune())
			} else {
				s.failf(`\%c in a string`, c)
			}
		}
	}
	s.fail(errCutOff)
	return ""
}

func (s *scanner) escapedRune() rune {
	r := s.unit()
	if !utf16.IsSurrogate(r) {
		return r
	}
	if strings.HasPrefix(s.text[s.at:], `\u`) {
		s.at += 2
		if both := utf16.DecodeRune(r, s.unit()); both != utf8.RuneError {
			return both
		}
	}
	s.failf("half a surrogate pair")
	return utf8.RuneError
}

func (s *scanner) unit() rune {
	const digits = 4
	if s.at+digits > len(s.text) {
		s.fail(errCutOff)
		return utf8.RuneError
	}
	n, err := strconv.ParseUint(s.text[s.at:s.at+digits], 16, 16)
	if err != nil {
		s.failf(`\u without four digits`)
	}
	s.at += digits
	return rune(n)
}

// maxCount is the largest whole number that every reader of JSON accepts (RFC 8259, 6). Adding to
// it does not overflow.
const maxCount = 1 << 53

// count reads a whole number from 0 to maxCount.
func (s *scanner) count() int64 {
	n := s.whole()
	if n > maxCount {
		s.failf("not a whole number up to %d", int64(maxCount))
		return 0
	}
	return n
}

// milliseconds reads a duration.
func (s *scanner) milliseconds() time.Duration {
	n := s.count()
	if n > math.MaxInt64/int64(time.Millisecond) {
		s.failf("not a duration in milliseconds: %d", n)
		return 0
	}
	return time.Duration(n) * time.Millisecond
}

// whole reads a whole number from 0.
func (s *scanner) whole() int64 {
	s.space()
	start := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	n, err := strconv.ParseInt(s.text[start:s.at], 10, 64)
	if err != nil {
		s.failf("not a whole number")
	}
	return n
}

func (s *scanner) bool() bool {
	s.space()
	for word, value := range map[string]bool{"true": true, "false": false} {
		if strings.HasPrefix(s.text[s.at:], word) {
			s.at += len(word)
			return value
		}
	}
	s.failf("neither true nor false")
	return false
}

// moment reads a date with a time (RFC 3339), to the second and in UTC.
func (s *scanner) moment() time.Time { return s.time(time.RFC3339, "2026-03-31T02:00:00Z") }

// day reads a date.
func (s *scanner) day() time.Time { return s.time(time.DateOnly, "2026-03-31") }

func (s *scanner) time(layout, example string) time.Time {
	text := s.string()
	if s.err != nil {
		return time.Time{}
	}
	t, err := time.Parse(layout, text)
	if err != nil || t.Location() != time.UTC || t.IsZero() || t.Nanosecond() != 0 {
		s.failf("%q is not a date as in %q", text, example)
	}
	return t
}

// end makes sure that nothing follows.
func (s *scanner) end() {
	if s.next(); s.err == nil && s.at < len(s.text) {
		s.failf("text after the end")
	}
}
