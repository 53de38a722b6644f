package ldif

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of a Reader whose fields are zero, in bytes.
const (
	DefaultMaxLine   = 16 << 20
	DefaultMaxRecord = 64 << 20
)

// Causes a [ParseError] can wrap, besides errors of the underlying reader.
var (
	// ErrURL is a value to be fetched from elsewhere (attr:< url), which the Reader never does.
	ErrURL = errors.New("value is a URL (:<), which is never followed")
	// ErrLineTooLong is a line, folds joined, over MaxLine.
	ErrLineTooLong = errors.New("line too long")
	// ErrRecordTooLarge is a record over MaxRecord.
	ErrRecordTooLarge = errors.New("record too large")
	// ErrIncomplete is a search that ldapsearch says did not end well: entries are missing.
	ErrIncomplete = errors.New("the search behind this export did not succeed")
)

var (
	errContinuation = errors.New("line starts with a space but continues no line")
	errNoColon      = errors.New("no colon")
	errStrayByte    = errors.New("NUL or carriage return inside a line")
)

// A ParseError tells where the input stopped making sense.
type ParseError struct {
	Line int   // from 1: where the line that is wrong starts, or where a limit was passed or reading failed
	Err  error // the cause
}

func (e *ParseError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }

// A Reader reads records. It holds one record in memory, whatever the size of the input. Set its fields before
// the first Read. It must not be used by two goroutines at once.
type Reader struct {
	// MaxLine is the longest line, folds joined, in bytes of UTF-8. Zero means DefaultMaxLine.
	MaxLine int
	// MaxRecord is the largest record, comments, line ends and folds included, in bytes of UTF-8. Zero means
	// DefaultMaxRecord. The memory in use is a small multiple of the largest record seen, or about fifty times its size
	// when it is made of the shortest lines there are.
	MaxRecord int
	// ReuseRecord makes Read return the same Record each time: it, its slices and its values are valid until the next
	// Read. Strings stay valid. Without it every Record is the caller's to keep.
	ReuseRecord bool

	lines lines
	names map[string]name
	err   error

	// What the current record is made of, kept for its memory.
	rec     Record
	fields  []field
	values  [][]byte // of its modifications
	decoded []byte   // its base64 values
}

// NewReader returns a Reader of r. It reads in large blocks and needs no buffering below it.
func NewReader(r io.Reader) *Reader {
	return &Reader{
		lines:   lines{src: r},
		names:   make(map[string]name),
		decoded: []byte{}, // so that an empty value is not a nil one
	}
}

// Read returns the next record, or io.EOF after the last. Any other error is a [*ParseError]. The first error is final:
// later calls return it again.
func (r *Reader) Read() (*Record, error) {
	for r.err == nil {
		r.err = r.lines.next(cmp.Or(r.MaxLine, DefaultMaxLine), cmp.Or(r.MaxRecord, DefaultMaxRecord))
		if r.err != nil {
			break
		}
		var found bool
		if found, r.err = r.parse(); !found || r.err != nil {
			continue
		}
		if r.ReuseRecord {
			return &r.rec, nil
		}
		return r.rec.clone(), nil
	}
	return nil, r.err
}

// field is a line "name: value", or "-".
type field struct {
	name
	value []byte // valid as long as the lines of the record
	line  int
}

type name struct {
	text    string
	keyword keyword
}

// is compares without case, as RFC 2234 section 2.3 has it for the strings of a grammar.
func (n name) is(text string) bool { return strings.EqualFold(n.text, text) }

func (f field) errorf(format string, args ...any) error {
	return &ParseError{Line: f.line, Err: fmt.Errorf("%s: %w", f.text, fmt.Errorf(format, args...))}
}

// split sets fields and the record's comments from the lines of the record. It checks and drops the version line.
func (r *Reader) split() error {
	r.fields, r.decoded = r.fields[:0], r.decoded[:0]
	for _, l := range r.lines.record {
		text := r.lines.text(l)
		if text[0] == '#' {
			r.rec.Comments = append(r.rec.Comments, strings.TrimPrefix(string(text[1:]), " "))
			continue
		}
		f, err := r.field(text)
		if err != nil {
			return &ParseError{Line: l.number, Err: err}
		}
		f.line = l.number
		if len(r.fields) > 0 || !f.is("version") {
			r.fields = append(r.fields, f)
			continue
		}
		if string(f.value) != "1" {
			return f.errorf("%s: only version 1 is known", excerpt(f.value))
		}
		r.rec.Comments = r.rec.Comments[:0] // they head the file, not the record
	}
	return nil
}

func (r *Reader) field(text []byte) (f field, err error) {
	if string(text) == "-" {
		return field{name: name{"-", dashKeyword}}, nil
	}
	colon := bytes.IndexByte(text, ':')
	if colon < 0 {
		return f, fmt.Errorf("%s: %w", excerpt(text), errNoColon)
	}
	if f.name, err = r.name(text[:colon]); err != nil {
		return f, err
	}
	if bytes.IndexByte(text, 0) >= 0 || bytes.IndexByte(text, '\r') >= 0 {
		return f, fmt.Errorf("%s: %w", f.text, errStrayByte)
	}
	if f.value, err = r.value(text[colon+1:]); err != nil {
		return f, fmt.Errorf("%s: %w", f.text, err)
	}
	return f, nil
}

// value decodes a value-spec of RFC 2849 without its first colon.
func (r *Reader) value(spec []byte) ([]byte, error) {
	if len(spec) > 0 && spec[0] == '<' {
		return nil, ErrURL
	}
	if len(spec) == 0 || spec[0] != ':' {
		return trimFill(spec), nil
	}
	start := len(r.decoded)
	var err error
	if r.decoded, err = base64.StdEncoding.AppendDecode(r.decoded, trimFill(spec[1:])); err != nil {
		return nil, fmt.Errorf("broken base64: %w", err)
	}
	return r.decoded[start:len(r.decoded):len(r.decoded)], nil
}

// trimFill removes the spaces between a colon and its value.
func trimFill(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	return b
}

// Names repeat from record to record, so each is checked and allocated once. The bounds keep a hostile input from
// filling the memory with names.
const (
	maxNames   = 4096
	maxNameLen = 256
)

func (r *Reader) name(text []byte) (name, error) {
	if n, ok := r.names[string(text)]; ok {
		return n, nil
	}
	n := name{text: string(text)}
	if !validName(n.text) {
		return n, fmt.Errorf("%s: not an attribute name", excerpt(text))
	}
	n.keyword = keywordOf(n.text)
	if len(r.names) < maxNames && len(n.text) <= maxNameLen {
		r.names[n.text] = n
	}
	return n, nil
}

// excerpt quotes the start of a piece of input, safe for a terminal.
func excerpt(b []byte) string {
	const most = 40
	if len(b) > most {
		return fmt.Sprintf("%+q…", b[:most])
	}
	return fmt.Sprintf("%+q", b)
}
