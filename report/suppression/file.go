// Package suppression reads and writes the file with conflicts to leave for a time. Each has its
// own section, with lines "name = value" as in the configuration file (see
// [proxyaddr/report/ini]):
//
//	[C-UHWUJZ5NTZM5KSVQ]
//	address = smtp:jane.doe@example.com
//	until = 2027-03-31
//	reason = both mailboxes go in the merger
//	class = duplicate
//	owners = 33221101-5544-4766-8899-aabbccddee01 33221102-5544-4766-8899-aabbccddee02
//	by = anna
//
// The first three are required; until can be "never". An address that does not fit in a line is
// written as a Go string in double quotes. When proxyaddr changes the file, it keeps comments and
// the order of sections. A comment right above a section belongs to it.
package suppression

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/report/ini"
	"proxyaddr/report/words"
)

// A File is a file: its text and its suppressions.
type File struct {
	blocks []block
	// before is the text of the file when it was loaded.
	before string
}

// A block is the lines of a section, from the comment above it to the empty lines below.
// The first block of a file may have no section.
type block struct {
	lines       []string
	suppression *memory.Suppression
}

// Mistakes are all mistakes in a file, in the order of lines.
type Mistakes struct {
	File     string
	Mistakes []Mistake
}

// A Mistake is a mistake in a line.
type Mistake struct {
	Line    int
	Problem string
}

func (m *Mistakes) Error() string {
	lines := make([]string, len(m.Mistakes))
	for i, x := range m.Mistakes {
		lines[i] = fmt.Sprintf("%s:%d: %s", m.File, x.Line, x.Problem)
	}
	return strings.Join(lines, "\n")
}

// Hint says what to do.
func (m *Mistakes) Hint() string {
	return "a section has address, until = 2027-03-31 (or never) and reason, and may have class, owners and by; proxyaddr suppress writes it"
}

// Parse reads a text. The error is a [Mistakes]; name is the name of the file.
func Parse(name, text string) (*File, error) {
	p := &parser{sections: map[string]int{}}
	if !utf8.ValidString(text) {
		p.wrong(1, "not UTF-8 text")
	} else {
		for l := range ini.Lines(text) {
			p.line(l)
		}
		p.endSection()
		p.endBlock()
	}
	if len(p.mistakes) > 0 {
		return nil, &Mistakes{name, p.mistakes}
	}
	return &File{blocks: p.blocks, before: text}, nil
}

// List returns the suppressions in the order of the file.
func (f *File) List() []memory.Suppression {
	list := []memory.Suppression{} // even for an empty file
	for _, b := range f.blocks {
		if b.suppression != nil {
			list = append(list, *b.suppression)
		}
	}
	return list
}

// Text returns the text of the file.
func (f *File) Text() string {
	var b strings.Builder
	for _, x := range f.blocks {
		for _, l := range x.lines {
			io.WriteString(&b, l)
		}
	}
	return b.String()
}

// Set replaces the suppression with the same ID, or adds one at the end. Comments inside a
// replaced section are lost. If the suppression could not be read back, Set returns an error and
// changes nothing.
func (f *File) Set(s memory.Suppression) error {
	s.Reason, s.By = oneLine(s.Reason), oneLine(s.By)
	lines := section(&s)
	if _, err := Parse("", strings.Join(lines, "")); err != nil {
		m := (*Mistakes)(nil)
		errors.As(err, &m)
		return errors.New(m.Mistakes[0].Problem)
	}
	for i := range f.blocks {
		b := &f.blocks[i]
		if b.suppression == nil || b.suppression.ID != s.ID {
			continue
		}
		var kept []string
		for _, l := range b.lines {
			if !strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(l, "\ufeff")), "#") {
				break
			}
			kept = append(kept, l)
		}
		*b = block{append(kept, lines...), &s}
		f.part(i)
		f.part(i + 1)
		return nil
	}
	f.blocks = append(f.blocks, block{lines, &s})
	f.part(len(f.blocks) - 1)
	return nil
}

// part makes sure that the block before block i ends in an empty line.
func (f *File) part(i int) {
	if i == 0 || i >= len(f.blocks) {
		return
	}
	b := &f.blocks[i-1]
	last := &b.lines[len(b.lines)-1]
	if strings.TrimSpace(*last) == "" && strings.HasSuffix(*last, "\n") {
		return
	}
	if !strings.HasSuffix(*last, "\n") {
		*last += "\n"
	}
	b.lines = append(b.lines, "\n")
}

// Prune removes the suppressions for which goes is true, and returns them.
func (f *File) Prune(goes func(*memory.Suppression) bool) []memory.Suppression {
	var gone []memory.Suppression
	kept := f.blocks[:0:0]
	for _, b := range f.blocks {
		if b.suppression != nil && goes(b.suppression) {
			gone = append(gone, *b.suppression)
			continue
		}
		kept = append(kept, b)
	}
	f.blocks = kept
	return gone
}

// section returns the lines of a suppression.
func section(s *memory.Suppression) []string {
	lines := []string{"[" + s.ID + "]\n"}
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, name+" = "+value+"\n")
		}
	}
	address := s.Address
	if address != strings.TrimSpace(address) || address == "" || address[0] == '"' || !utf8.ValidString(address) || strings.ContainsFunc(address, words.Hidden) {
		address = strconv.QuoteToASCII(address)
	}
	add("address", address)
	until := "never"
	if !s.Until.IsZero() {
		until = s.Until.Format(memory.Day)
	}
	add("until", until)
	add("reason", s.Reason)
	add("class", string(s.Class))
	owners := make([]string, len(s.Owners))
	for i, g := range s.Owners {
		owners[i] = g.String()
	}
	add("owners", strings.Join(owners, " "))
	add("by", s.By)
	return lines
}

// oneLine returns a text as one line.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\ufffd"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

type parser struct {
	blocks   []block
	lines    []string // of the open block
	comments int      // how many of them, at the end, are comments
	current  *memory.Suppression
	at       int // its line
	has      map[string]bool
	sections map[string]int // lines
	mistakes []Mistake
}

func (p *parser) wrong(line int, format string, args ...any) {
	p.mistakes = append(p.mistakes, Mistake{line, fmt.Sprintf(format, args...)})
}

var idForm = regexp.MustCompile(`^C-[A-Z2-7]{10,}$`)

func (p *parser) line(l ini.Line) {
	switch l.Kind {
	case ini.Header:
		p.endSection()
		above := p.lines[len(p.lines)-p.comments:]
		p.lines = p.lines[:len(p.lines)-p.comments]
		p.endBlock()
		p.lines = append([]string(nil), above...)
		p.current, p.at, p.has = &memory.Suppression{ID: l.Name}, l.Number, map[string]bool{}
		if !idForm.MatchString(l.Name) {
			p.wrong(l.Number, "[%s]: not the ID of a conflict, such as C-UHWUJZ5NTZM5KSVQ", l.Name)
		} else if first, twice := p.sections[l.Name]; twice {
			p.wrong(l.Number, "[%s]: already in line %d", l.Name, first)
		} else {
			p.sections[l.Name] = l.Number
		}
	case ini.Setting:
		p.setting(l)
	case ini.Malformed:
		p.wrong(l.Number, "not of the form name = value")
	}
	p.lines = append(p.lines, l.Raw)
	if p.comments++; l.Kind != ini.Comment {
		p.comments = 0
	}
}

func (p *parser) setting(l ini.Line) {
	switch {
	case p.current == nil:
		p.wrong(l.Number, "%s: belongs in a section [C-…]", l.Name)
		return
	case p.has[l.Name]:
		p.wrong(l.Number, "%s: twice in this section", l.Name)
		return
	}
	p.has[l.Name] = true
	value := oneLine(l.Value)
	if value == "" {
		p.wrong(l.Number, "%s: no value", l.Name)
		return
	}
	s := p.current
	var err error
	switch l.Name {
	case "address":
		s.Address, err = address(l.Value)
	case "until":
		s.Until, err = until(l.Value)
	case "reason":
		s.Reason = value
	case "by":
		s.By = value
	case "class":
		s.Class, err = class(l.Value)
	case "owners":
		s.Owners, err = owners(l.Value)
	default:
		err = fmt.Errorf("unknown field")
	}
	if err != nil {
		p.wrong(l.Number, "%s: %v", l.Name, err)
	}
}

func (p *parser) endSection() {
	if p.current == nil {
		return
	}
	for _, name := range []string{"address", "until", "reason"} {
		if !p.has[name] {
			p.wrong(p.at, "[%s]: no %s", p.current.ID, name)
		}
	}
}

func (p *parser) endBlock() {
	if len(p.lines) > 0 || p.current != nil {
		p.blocks = append(p.blocks, block{p.lines, p.current})
	}
	p.lines, p.comments = nil, 0
}

func address(value string) (string, error) {
	if value[0] != '"' {
		return value, nil
	}
	text, err := strconv.Unquote(value)
	if err != nil || text == "" {
		return "", fmt.Errorf("the string in double quotes cannot be read")
	}
	return text, nil
}

func until(value string) (time.Time, error) {
	if value == "never" {
		return time.Time{}, nil
	}
	d, err := time.Parse(memory.Day, value)
	if err != nil || d.IsZero() {
		return time.Time{}, fmt.Errorf("%q is not a date; write it as 2027-03-31, or never", value)
	}
	return d, nil
}

func class(value string) (conflicts.Class, error) {
	var names []string
	for _, c := range conflicts.Classes {
		if string(c) == value {
			return c, nil
		}
		names = append(names, string(c))
	}
	return "", fmt.Errorf("%q is not one of %s", value, strings.Join(names, ", "))
}

func owners(value string) ([]conflicts.GUID, error) {
	var list []conflicts.GUID
	for _, field := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		g, err := conflicts.ParseGUID(field)
		if err != nil || g == (conflicts.GUID{}) {
			return nil, fmt.Errorf("%q is not an objectGUID", field)
		}
		list = append(list, g)
	}
	return list, nil
}
