package ldif

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// lineWidth is the most columns of a line, fold space included. RFC 2849 sets no limit;
// its examples use 76.
const lineWidth = 76

// A Writer writes records, in 7-bit ASCII. It buffers: call Flush at the end. It must not be
// used by two goroutines at once.
type Writer struct {
	// CRLF ends lines with CR LF instead of LF. Set it before the first write.
	CRLF bool

	out     *bufio.Writer
	started bool
	notes   []byte // comment lines above the next record
	block   []byte // a record or comment, written as a whole
	line    []byte // one of its lines before folding
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{out: bufio.NewWriter(w)} }

// Write writes a record and a blank line, and before the first the version line. A record that
// LDIF cannot represent, or that has fields its change type does not use, is an error and
// leaves no trace in the output.
//
// A comment becomes one line, however long. Everything but printable ASCII in it is
// escaped as in Go strings (\r, \n, \x1b, \u00e9; \xff for a byte that is not UTF-8), so
// no name from a directory can end the comment. A backslash stays as it is: the escapes
// are only for reading.
func (w *Writer) Write(rec *Record) error {
	w.block = append(w.block[:0], w.notes...)
	w.notes = w.notes[:0]
	if err := rec.check(); err != nil {
		return fmt.Errorf("%+q: %w", rec.DN, err)
	}
	for _, c := range rec.Comments {
		w.block = appendComment(w.block, c)
	}
	w.put("dn", []byte(rec.DN))
	for _, c := range rec.Controls {
		w.control(c)
	}
	if rec.Change != ChangeNone {
		w.put("changetype", []byte(rec.Change))
	}
	for _, a := range rec.Attributes {
		w.put(a.Name, a.Value)
	}
	for _, m := range rec.Mods {
		w.put(string(m.Op), []byte(m.Name))
		for _, v := range m.Values {
			w.put(m.Name, v)
		}
		w.block = append(w.block, "-\n"...)
	}
	if rec.Change == ChangeModRDN {
		w.put("newrdn", []byte(rec.NewRDN))
		if rec.DeleteOldRDN {
			w.put("deleteoldrdn", []byte("1"))
		} else {
			w.put("deleteoldrdn", []byte("0"))
		}
		if rec.NewSuperior != "" {
			w.put("newsuperior", []byte(rec.NewSuperior))
		}
	}
	return w.emit()
}

// Annotate adds a comment line to the record that is written next, above the Comments that the
// record has itself. It is for many records with many comments, as it takes a line out of a buffer.
func (w *Writer) Annotate(line []byte) { w.notes = appendComment(w.notes, line) }

// Comment writes text as comment lines that belong to no record, and a blank line. A line feed
// in text starts a new comment line; the rest is escaped like the comments of a record.
func (w *Writer) Comment(text string) error {
	w.block = w.block[:0]
	for line := range strings.SplitSeq(text, "\n") {
		w.block = appendComment(w.block, line)
	}
	return w.emit()
}

// Flush writes the buffer.
func (w *Writer) Flush() error { return w.out.Flush() }

// emit ends the block with a blank line and writes it.
func (w *Writer) emit() error {
	if !w.started {
		w.block = slices.Insert(w.block, 0, []byte("version: 1\n\n")...)
		w.started = true
	}
	w.block = append(w.block, '\n')
	if w.CRLF {
		w.block = bytes.ReplaceAll(w.block, []byte("\n"), []byte("\r\n"))
	}
	_, err := w.out.Write(w.block)
	return err
}

func appendComment[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '#')
	if len(text) > 0 {
		dst = append(dst, ' ')
	}
	return append(appendEscaped(dst, text), '\n')
}

// control always writes the criticality: ldapmodify 2.5 does not accept a value without
// it.
func (w *Writer) control(c Control) {
	head := fmt.Sprintf("control: %s %t", c.OID, c.Criticality)
	if c.Value != nil {
		w.put(head, c.Value)
		return
	}
	w.line = append(w.line[:0], head...)
	w.fold()
}

// put adds the line that gives name a value.
func (w *Writer) put(name string, value []byte) {
	w.line = append(append(w.line[:0], name...), ':')
	switch {
	case len(value) == 0:
	case safe(value):
		w.line = append(append(w.line, ' '), value...)
	default:
		w.line = base64.StdEncoding.AppendEncode(append(w.line, ": "...), value)
	}
	w.fold()
}

// fold adds line to the block. A line is ASCII, so that no character can be split.
func (w *Writer) fold() {
	rest := w.line
	for width := lineWidth; len(rest) > width; width = lineWidth - 1 {
		w.block = append(append(w.block, rest[:width]...), "\n "...)
		rest = rest[width:]
	}
	w.block = append(append(w.block, rest...), '\n')
}

// safe reports whether a value that is not empty can be written as it is: SAFE-STRING of
// RFC 2849 without control characters and without a space at the end.
func safe(value []byte) bool {
	switch value[0] {
	case ' ', ':', '<':
		return false
	}
	for _, c := range value {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return value[len(value)-1] != ' '
}

// appendEscaped adds text to dst in printable ASCII.
func appendEscaped[T string | []byte](dst []byte, text T) []byte {
	for len(text) > 0 {
		n := 0
		for n < len(text) && ' ' <= text[n] && text[n] <= '~' {
			n++
		}
		dst = append(dst, text[:n]...)
		if text = text[n:]; len(text) == 0 {
			break
		}
		c, size := utf8.DecodeRuneInString(string(text[:min(len(text), utf8.UTFMax)]))
		if c == utf8.RuneError && size == 1 {
			dst = fmt.Appendf(dst, `\x%02x`, text[0])
		} else {
			quoted := strconv.QuoteRuneToASCII(c)
			dst = append(dst, quoted[1:len(quoted)-1]...)
		}
		text = text[size:]
	}
	return dst
}
