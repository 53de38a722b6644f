package ldif

import (
	"bytes"
	"cmp"
	"strings"
)

// glance sets the View to the next record in one pass over its lines, if the record is
// like nearly all: a content or add record without faults, whose names are known, and
// wholly in the buffer. It leaves any other record untouched for a closer look.
func (r *Reader) glance() bool {
	l := &r.lines
	buf := l.buf[:l.end]
	start, pos := l.pos, l.pos
	before, number := l.number, l.number
	view := View{Attributes: r.view.Attributes[:0]}
	r.decoded, r.unfolded = r.decoded[:0], r.unfolded[:0]
	last := r.names.last
	for fields := 0; ; {
		length := bytes.IndexByte(buf[pos:], '\n')
		if length < 0 {
			return false
		}
		text := buf[pos : pos+length]
		pos += length + 1
		number++
		if l.stray {
			text = bytes.TrimSuffix(text, []byte("\r"))
		}
		if len(text) == 0 && fields > 0 {
			if fields == 1 && len(view.DN) == 0 || pos-start > min(cmp.Or(r.MaxLine, DefaultMaxLine), cmp.Or(r.MaxRecord, DefaultMaxRecord)) {
				return false
			}
			break
		}
		if len(text) == 0 {
			start, before = pos, number
			continue
		}
		at := number
		if pos == len(buf) {
			return false // the next line may continue this one
		}
		if buf[pos] == ' ' {
			if text, length = r.unfold(text, buf[pos:]); text == nil {
				return false
			}
			number += bytes.Count(buf[pos:pos+length], []byte("\n"))
			pos += length
		}
		if text[0] == '#' {
			if _, ok := remarkIn(text); ok {
				return false
			}
			continue
		}
		n := r.names.after(last, text)
		if n == nil || l.stray && (bytes.IndexByte(text, 0) >= 0 || bytes.IndexByte(text, '\r') >= 0) {
			return false
		}
		last = n
		spec := text[len(n.text)+1:]
		fields++
		if fields > 1 && n.keyword == noKeyword && !n.selected && (len(spec) == 0 || spec[0] != ':' && spec[0] != '<') {
			continue // not wanted, and nothing can be wrong with it
		}
		value, err := r.value(spec)
		switch {
		case err != nil || (fields == 1) != (n.keyword == dnKeyword):
			return false
		case fields == 1:
			view.Line, view.DN = at, value
		case n.selected && n.keyword == noKeyword:
			i := len(view.Attributes)
			view.Attributes = append(view.Attributes, Attribute{})
			view.Attributes[i].Name, view.Attributes[i].Value = n.text, value
		case n.keyword == noKeyword:
		case fields == 2 && n.keyword == changeTypeKeyword && strings.EqualFold(string(value), string(ChangeAdd)):
			view.Change = ChangeAdd
		default:
			return false
		}
	}
	l.start, l.pos, l.number = start, pos, number
	r.names.last, r.before = last, before
	view.Offset = l.offset(l.start)
	r.view = view
	return true
}

// unfold joins a line with those of rest that continue it, which take up n bytes. It is
// nil if the line may go on after rest.
func (r *Reader) unfold(text, rest []byte) (joined []byte, n int) {
	from := len(r.unfolded)
	r.unfolded = append(r.unfolded, text...)
	for rest[n] == ' ' {
		length := bytes.IndexByte(rest[n:], '\n')
		if length < 0 || n+length+1 == len(rest) {
			return nil, 0
		}
		piece := rest[n+1 : n+length]
		if r.lines.stray {
			piece = bytes.TrimSuffix(piece, []byte("\r"))
		}
		r.unfolded = append(r.unfolded, piece...)
		n += length + 1
	}
	return r.unfolded[from:len(r.unfolded):len(r.unfolded)], n
}
