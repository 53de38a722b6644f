package eventlog

import (
	"bytes"
	"regexp"
	"strings"
)

// property is a line of Format-List of PowerShell, which aligns the colons of an event.
var property = regexp.MustCompile(`^([A-Za-z]+) +:(?: |[ \t\r]*$)`)

// isList reports whether text begins with an event as Format-List shows it.
func isList(text []byte) bool {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return property.Match(line)
}

// splitList finds the event that begins at start. A blank line within it is of a text, whose lines are
// indented.
func splitList(data []byte, start int, eof bool) (int, int) {
	blank := false
	return splitLines(data, start, eof, func(at int, line []byte) int {
		switch {
		case len(bytes.TrimSpace(line)) == 0:
			blank = true
		case blank && line[0] != ' ' && line[0] != '\t':
			return at
		default:
			blank = false
		}
		return 0
	})
}

// parseList reads an event as Format-List shows it. The lines of a text are indented as far as the
// values.
func parseList(text string) ([]record, error) {
	var p properties
	var name, indent string
	var value strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		line = strings.TrimSuffix(line, "\n")
		if found := property.FindStringSubmatch(line); found != nil {
			p.set(name, strings.TrimSpace(value.String()))
			name = found[1]
			indent = strings.Repeat(" ", strings.IndexByte(line, ':')+len(": "))
			value.Reset()
			line = line[len(found[0]):]
		} else if rest, ok := strings.CutPrefix(line, indent); ok {
			line = rest
		} else {
			line = strings.TrimLeft(line, " ")
		}
		value.WriteString(line + "\n")
	}
	p.set(name, strings.TrimSpace(value.String()))
	return one(p.record())
}
