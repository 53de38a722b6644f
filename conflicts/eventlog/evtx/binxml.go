package evtx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// The tokens of binary XML ([MS-EVEN6] 2.2.12). more is set in some of them if another of the kind
// follows, or if an element has attributes.
const (
	more = 0x40

	tokenEOF          = 0x00
	tokenOpen         = 0x01
	tokenCloseStart   = 0x02
	tokenCloseEmpty   = 0x03
	tokenEnd          = 0x04
	tokenValue        = 0x05
	tokenAttribute    = 0x06
	tokenCDATA        = 0x07
	tokenCharRef      = 0x08
	tokenEntityRef    = 0x09
	tokenPITarget     = 0x0A
	tokenPIData       = 0x0B
	tokenTemplate     = 0x0C
	tokenSubstitution = 0x0D
	tokenOptional     = 0x0E
	tokenFragment     = 0x0F
)

const (
	// maxDepth is how deep elements and templates may nest.
	maxDepth = 64
	// maxExpanded is how large an event may become: bytes of text, or those that it is read from if
	// they are more, 64 for each element, attribute and template, and 1 for each token. Values can
	// be put into a template any number of times.
	maxExpanded = 256 << 10
	// maxChunk is how large all events of a chunk may become together.
	maxChunk = 16 << 20
)

var (
	errCut   = errors.New("ends within its XML")
	errDepth = fmt.Errorf("its XML nests deeper than %d", maxDepth)
	errLarge = fmt.Errorf("larger than %d KB", maxExpanded>>10)
)

// A node is an element that is being read.
type node struct {
	*Element
	text strings.Builder
	// list has the texts of the elements that this one stands for, if its value is an array.
	list []string
	// absent says that its value is optional, and null.
	absent bool
}

// A parser reads the XML of the records of a chunk.
type parser struct {
	data  []byte
	left  int // of maxExpanded
	total int // left of maxChunk, before this event
}

func newParser(chunk []byte) *parser { return &parser{data: chunk, total: maxChunk} }

// A value is one to put into a template.
type value struct {
	typ      byte
	from, to int
}

// A scope is a piece of binary XML.
type scope struct {
	end    int
	values []value
	// template says that it is the definition of a template, whose elements have an additional
	// field.
	template bool
	depth    int
}

// event returns the event whose XML lies between two offsets of the chunk.
func (p *parser) event(from, to int) (*Element, error) {
	p.left = min(maxExpanded, p.total)
	p.total -= p.left
	root := &node{Element: new(Element)}
	_, err := p.content(from, scope{end: to}, root)
	p.total += max(p.left, 0)
	if err != nil {
		return nil, err
	}
	if len(root.Children) == 0 {
		return nil, errors.New("has no XML")
	}
	return root.Children[0], nil
}

// spend takes a number of bytes off what the event may still grow.
func (p *parser) spend(n int) error {
	if p.left -= n; p.left < 0 {
		return errLarge
	}
	return nil
}

func (p *parser) u16(at, end int) (int, error) {
	if at < 0 || at+2 > end {
		return 0, errCut
	}
	return int(binary.LittleEndian.Uint16(p.data[at:])), nil
}

func (p *parser) u32(at, end int) (int, error) {
	if at < 0 || at+4 > end {
		return 0, errCut
	}
	n := binary.LittleEndian.Uint32(p.data[at:])
	if n > chunkSize {
		return 0, fmt.Errorf("has an offset or a count of %d", n)
	}
	return int(n), nil
}

// spendText takes off what a text is longer than the bytes that it was read from. Those are taken off
// before they are read, for zeros leave no text.
func (p *parser) spendText(text string, from int) error { return p.spend(max(0, len(text)-from)) }

// content reads what stands in an element, or in a document, and returns the offset behind it.
func (p *parser) content(at int, s scope, into *node) (int, error) {
	if s.depth > maxDepth {
		return 0, errDepth
	}
	for at < s.end {
		err := p.spend(1)
		if err != nil {
			return 0, err
		}
		switch token := p.data[at] &^ more; token {
		case tokenEOF, tokenEnd:
			return at + 1, nil
		case tokenOpen:
			at, err = p.element(at, s, into)
		case tokenTemplate:
			at, err = p.instance(at, s, into)
		case tokenFragment:
			at += 4
		case tokenPITarget:
			_, at, err = p.name(at+1, s.end)
		case tokenPIData:
			_, at, err = p.text(at+1, s.end)
		default:
			at, err = p.piece(at, s, into, &into.text)
		}
		if err != nil {
			return 0, err
		}
	}
	return at, nil
}

// element reads an element and adds it to its parent.
func (p *parser) element(at int, s scope, parent *node) (int, error) {
	hasAttributes := p.data[at]&more != 0
	at++
	if s.template {
		at += 2 // an identifier
	}
	at += 4 // its size
	e := &node{Element: new(Element)}
	if err := p.spend(64); err != nil {
		return 0, err
	}
	var err error
	if e.Name, at, err = p.name(at, s.end); err != nil {
		return 0, err
	}
	if hasAttributes {
		at += 4 // their size
	}
	for at < s.end && p.data[at]&^more == tokenAttribute {
		if err := p.spend(64); err != nil {
			return 0, err
		}
		var a Attribute
		if a.Name, at, err = p.name(at+1, s.end); err != nil {
			return 0, err
		}
		var text strings.Builder
		for at < s.end && isPiece(p.data[at]&^more) {
			if err := p.spend(1); err != nil {
				return 0, err
			}
			if at, err = p.piece(at, s, nil, &text); err != nil {
				return 0, err
			}
		}
		a.Value = text.String()
		e.Attributes = append(e.Attributes, a)
	}
	if at >= s.end {
		return 0, errCut
	}
	switch token := p.data[at]; token {
	case tokenCloseEmpty:
		at++
	case tokenCloseStart:
		s.depth++
		if at, err = p.content(at+1, s, e); err != nil {
			return 0, err
		}
	default:
		return 0, fmt.Errorf("unexpected token %#02x in an element", token)
	}
	e.Text = e.text.String()
	if e.absent && e.Text == "" && len(e.Children) == 0 && len(e.Attributes) == 0 {
		return at, nil
	}
	if len(e.list) == 0 {
		parent.Children = append(parent.Children, e.Element)
		return at, nil
	}
	size := 64 + len(e.Name)
	for _, a := range e.Attributes {
		size += 64 + len(a.Name) + len(a.Value)
	}
	for _, text := range e.list { // an array repeats its element
		if err := p.spend(size); err != nil {
			return 0, err
		}
		parent.Children = append(parent.Children, &Element{Name: e.Name, Attributes: e.Attributes, Text: text})
	}
	return at, nil
}

func isPiece(token byte) bool {
	switch token {
	case tokenValue, tokenCDATA, tokenCharRef, tokenEntityRef, tokenSubstitution, tokenOptional:
		return true
	}
	return false
}

// piece reads a piece of text and appends it. Only in an element can it stand for elements or an
// array.
func (p *parser) piece(at int, s scope, into *node, to *strings.Builder) (int, error) {
	text := ""
	var err error
	switch token := p.data[at] &^ more; token {
	case tokenValue:
		text, at, err = p.text(at+2, s.end) // behind the type, which is that of strings
	case tokenCDATA:
		text, at, err = p.text(at+1, s.end)
	case tokenCharRef:
		var c int
		if c, err = p.u16(at+1, s.end); err == nil {
			text, at = string(rune(c)), at+3
			err = p.spend(len(text))
		}
	case tokenEntityRef:
		text, at, err = p.name(at+1, s.end)
		text = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}[text]
	case tokenSubstitution, tokenOptional:
		text, err = p.substitution(at, s, into)
		at += 4
	default:
		err = fmt.Errorf("unexpected token %#02x", p.data[at])
	}
	to.WriteString(text)
	return at, err
}

// substitution returns the text of a value that stands in a template.
func (p *parser) substitution(at int, s scope, into *node) (string, error) {
	id, err := p.u16(at+1, s.end)
	if err != nil || id >= len(s.values) {
		return "", err
	}
	v := s.values[id]
	switch {
	case v.typ == typeNull && p.data[at]&^more == tokenOptional && into != nil:
		into.absent = true
		return "", nil
	case v.typ == typeBinXML && into != nil:
		if err := p.spend(64); err != nil {
			return "", err
		}
		_, err := p.content(v.from, scope{end: v.to, depth: s.depth + 1}, into)
		return "", err
	}
	size := v.to - v.from
	if err := p.spend(size); err != nil {
		return "", err
	}
	if v.typ&typeArray != 0 && into != nil {
		into.list, err = p.array(v)
		return "", err
	}
	text, err := p.render(v)
	if err == nil {
		err = p.spendText(text, size)
	}
	return text, err
}

// instance reads a template with its values.
func (p *parser) instance(at int, s scope, into *node) (int, error) {
	const head = 24 // of a definition: the next one, its GUID, its size
	at += 6
	definition, err := p.u32(at, s.end)
	if err != nil {
		return 0, err
	}
	at += 4
	size, err := p.u32(definition+20, len(p.data))
	if err != nil || size > len(p.data)-definition-head {
		return 0, errors.New("has a template outside the chunk")
	}
	if definition == at { // otherwise it stands in an earlier record
		at += head + size
	}
	n, err := p.u32(at, s.end)
	if err != nil || n > (s.end-at)/4 {
		return 0, errCut
	}
	if err := p.spend(64 + 4*n); err != nil {
		return 0, err
	}
	at += 4
	from := at + 4*n
	values := make([]value, n)
	for i := range values {
		size, err := p.u16(at+4*i, s.end)
		if err != nil || from+size > s.end {
			return 0, errCut
		}
		values[i] = value{p.data[at+4*i+2], from, from + size}
		from += size
	}
	body := scope{end: definition + head + size, values: values, template: true, depth: s.depth + 1}
	_, err = p.content(definition+head, body, into)
	return from, err
}

// name reads a name, which may stand at another place of the chunk, and returns the offset behind
// its mention.
func (p *parser) name(at, end int) (string, int, error) {
	offset, err := p.u32(at, end)
	if err != nil {
		return "", 0, err
	}
	at += 4
	n, err := p.u16(offset+6, len(p.data))
	if err != nil || offset+8+2*n > len(p.data) {
		return "", 0, errors.New("has a name outside the chunk")
	}
	if offset == at {
		at += 8 + 2*n + 2
	}
	text, err := p.utf16(offset+8, n)
	return text, at, err
}

// text reads a string with its length.
func (p *parser) text(at, end int) (string, int, error) {
	n, err := p.u16(at, end)
	if err != nil || at+2+2*n > end {
		return "", 0, errCut
	}
	at += 2
	text, err := p.utf16(at, n)
	return text, at + 2*n, err
}

// utf16 decodes a string of n units.
func (p *parser) utf16(at, n int) (string, error) {
	if err := p.spend(2 * n); err != nil {
		return "", err
	}
	text := utf16Text(p.data[at : at+2*n])
	return text, p.spendText(text, 2*n)
}
