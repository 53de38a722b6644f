// Package ini reads settings files: the configuration and the suppressions:
//
//	# a comment, on a line of its own
//	[section]
//	name = value
//
// White space around sections, names and values does not count. There is no quoting: a "#" or ";"
// after a value is part of it. The text is UTF-8; a byte order mark is skipped. The caller
// decides which sections and names are allowed.
package ini

import (
	"iter"
	"strings"
)

// Kind is the kind of a line.
type Kind int

const (
	// Malformed is a line of no other kind.
	Malformed Kind = iota
	// Empty has only white space, Comment only a comment.
	Empty
	Comment
	// Header begins a section.
	Header
	// Setting is a name with a value.
	Setting
)

// A Line is a line of a file.
type Line struct {
	Number int    // from 1
	Raw    string // as in the text, with its line end
	Kind   Kind
	// Name is the name of the section or setting; Value is the value of a setting.
	Name, Value string
}

// mark is the byte order mark that Windows editors put first.
const mark = "\ufeff"

// Lines returns the lines of a text. Their Raw fields joined are the text.
func Lines(text string) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		number := 0
		for raw := range strings.Lines(text) {
			number++
			if !yield(parse(number, raw)) {
				return
			}
		}
	}
}

func parse(number int, raw string) Line {
	l := Line{Number: number, Raw: raw}
	text := raw
	if number == 1 {
		text = strings.TrimPrefix(text, mark)
	}
	text = strings.TrimSpace(text)
	name, value, assigned := strings.Cut(text, "=")
	switch {
	case text == "":
		l.Kind = Empty
	case text[0] == '#':
		l.Kind = Comment
	case text[0] == '[' && text[len(text)-1] == ']':
		l.Kind, l.Name = Header, strings.TrimSpace(text[1:len(text)-1])
	case assigned && strings.TrimSpace(name) != "":
		l.Kind, l.Name, l.Value = Setting, strings.TrimSpace(name), strings.TrimSpace(value)
	}
	return l
}
