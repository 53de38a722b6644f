package ldif

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Limits of a Reader whose fields are zero, in bytes.
const (
	DefaultMaxLine   = 16 << 20
	DefaultMaxRecord = 64 << 20
)

// Errors that a [ParseError] can wrap, besides errors of the underlying reader.
var (
	// ErrURL is a value to be fetched from elsewhere (attr:< url), which the Reader never does.
	ErrURL = errors.New("value is a URL (:<), which is never followed")
	// ErrLineTooLong is a line, folds joined, over MaxLine.
	ErrLineTooLong = errors.New("line too long")
	// ErrRecordTooLarge is a record over MaxRecord.
	ErrRecordTooLarge = errors.New("record too large")
	// ErrCutOff is an input whose last line has no line end: it may be part of a line,
	// and its record part of a record.
	ErrCutOff = errors.New("the last line has no line end, so the file may be cut off")
	// ErrIncomplete is a search that failed according to ldapsearch: entries are missing.
	ErrIncomplete = errors.New("the search behind this export did not succeed")
)

var (
	errContinuation = errors.New("line starts with a space but continues no line")
	errNoColon      = errors.New("no colon")
	errStrayByte    = errors.New("NUL or carriage return inside a line")
)

// A ParseError tells where the input is wrong.
type ParseError struct {
	Line int   // from 1: where the mistake starts, a limit was passed or reading failed
	Err  error // the cause
}

func (e *ParseError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the error behind it.
func (e *ParseError) Unwrap() error { return e.Err }

// A Reader reads records. It holds one record in memory, whatever the size of the input. Set
// its fields before the first Read. It must not be used by two goroutines at once.
type Reader struct {
	// MaxLine is the longest line, folds joined, in bytes of UTF-8. Zero means DefaultMaxLine.
	MaxLine int
	// MaxRecord is the largest record, comments, line ends and folds included, in bytes of
	// UTF-8. Zero means DefaultMaxRecord. The memory in use is a small multiple of the
	// largest record seen, or about fifty times its size if it consists of the shortest
	// possible lines.
	MaxRecord int
	// Select, if set, tells which attributes a View has, by their names as written. It is
	// called once for each name, or more often if there are very many names.
	Select func(name string) bool
	// Remark, if set, is called with what ldapsearch wrote about its search as Read and
	// View find it: in order, and before the next record is returned.
	Remark func(Remark)

	lines lines
	names names
	err   error

	// The parts of the current record, kept to reuse their memory.
	view    View
	rec     Record // the parts that a View lacks
	fields  []field
	values  [][]byte // of its modifications
	decoded []byte   // its base64 values

	glanced   bool // glance made the View
	before    int  // lines before its record
	versioned bool // the lines began with the version
	unfolded  []byte
}

// NewReader returns a Reader of r. It reads in large blocks and needs no buffering below it.
func NewReader(r io.Reader) *Reader {
	return &Reader{
		lines:   lines{src: r},
		names:   names{known: make(map[string]*name), last: &name{text: "dn", keyword: dnKeyword}},
		decoded: []byte{}, // so that an empty value is not nil
	}
}

// Reset makes r read another input, with its memory and settings.
func (r *Reader) Reset(src io.Reader) {
	r.lines = lines{src: src, buf: r.lines.buf, record: r.lines.record}
	r.err = nil
}

// Read returns the next record, or io.EOF after the last. Any other error is a [*ParseError].
// The first error is final: later calls return it again. The record is the caller's to keep.
func (r *Reader) Read() (*Record, error) {
	r.lines.forgetful = false
	if err := r.next(true); err != nil {
		return nil, err
	}
	return r.whole().Clone(), nil
}

// View reads the next record like Read, but keeps nothing. Attributes that are not
// selected are checked too. Comments do not count for MaxRecord.
func (r *Reader) View() (*View, error) {
	r.lines.forgetful = true
	if r.glanced = r.err == nil && r.glance(); r.glanced {
		return &r.view, nil
	}
	if err := r.next(false); err != nil {
		return nil, err
	}
	return &r.view, nil
}

// Next reads the next record like Read, without its comments and in memory that is used again:
// it is valid until the next is read. Comments do not count for MaxRecord.
func (r *Reader) Next() (*Record, error) {
	r.lines.forgetful, r.glanced = true, false
	if err := r.next(true); err != nil {
		return nil, err
	}
	return r.whole(), nil
}

// Offset returns how many bytes of the input come before what is read next, -1 in UTF-16.
func (r *Reader) Offset() int64 { return r.lines.offset(r.lines.pos) }

// Record returns the whole record of the last View without its comments. The View is no
// longer valid after that; the caller may keep the record.
func (r *Reader) Record() *Record {
	var err error
	if r.glanced {
		r.lines.pos, r.lines.number = r.lines.start, r.before
		err = r.next(true)
	} else {
		_, err = r.parse(true)
	}
	if err != nil {
		panic("ldif: Record without a View: " + err.Error())
	}
	return r.whole().Clone()
}

// next reads and parses a record, whole or only what a View needs.
func (r *Reader) next(whole bool) error {
	for found := false; !found && r.err == nil; {
		r.err = r.lines.next(cmp.Or(r.MaxLine, DefaultMaxLine), cmp.Or(r.MaxRecord, DefaultMaxRecord))
		if r.err == nil {
			found, r.err = r.parse(whole)
		}
		if r.err == nil && r.lines.cutOff {
			r.err = &ParseError{Line: r.lines.number, Err: ErrCutOff}
		}
		if r.err == nil && r.Remark != nil {
			r.remarks(found)
		}
	}
	return r.err
}

// whole returns the record that was parsed whole.
func (r *Reader) whole() *Record {
	r.rec.Line, r.rec.DN, r.rec.Change, r.rec.Attributes = r.view.Line, string(r.view.DN), r.view.Change, r.view.Attributes
	return &r.rec
}

// field is a line "name: value", or "-".
type field struct {
	*name
	value []byte // valid as long as the lines of the record
	line  int
}

func (f field) errorf(format string, args ...any) error {
	return &ParseError{Line: f.line, Err: fmt.Errorf("%s: %w", f.text, fmt.Errorf(format, args...))}
}

// split sets fields and, if whole, the record's comments from the lines of the record. It
// checks and drops the version line.
func (r *Reader) split(whole bool) error {
	r.versioned = false
	comments := 0
	for _, l := range r.lines.record {
		if l.comment {
			comments++
		}
	}
	r.fields, r.decoded = slices.Grow(r.fields[:0], len(r.lines.record)-comments), r.decoded[:0]
	for _, l := range r.lines.record {
		text := r.lines.text(l)
		if l.comment {
			if whole && !r.lines.forgetful {
				r.rec.Comments = append(r.rec.Comments, strings.TrimPrefix(strings.TrimPrefix(string(text), "#"), " "))
			}
			continue
		}
		n := len(r.fields)
		r.fields = r.fields[:n+1]
		f := &r.fields[n]
		f.line = l.number
		if err := r.field(f, text); err != nil {
			return &ParseError{Line: l.number, Err: err}
		}
		if n > 0 || !f.is("version") {
			continue
		}
		if string(f.value) != "1" {
			return f.errorf("%s: only version 1 is known", excerpt(f.value))
		}
		r.fields, r.versioned = r.fields[:0], true
		r.rec.Comments = r.rec.Comments[:0] // they head the file, not the record
	}
	return nil
}

var dash = &name{text: "-", keyword: dashKeyword}

// field sets the name and the value of f to those of a line.
func (r *Reader) field(f *field, text []byte) (err error) {
	if string(text) == "-" {
		f.name = dash
		return nil
	}
	if f.name = r.names.last.follower(text); f.name == nil {
		colon := bytes.IndexByte(text, ':')
		if colon < 0 {
			return fmt.Errorf("%s: %w", excerpt(text), errNoColon)
		}
		if f.name, err = r.name(text[:colon]); err != nil {
			return err
		}
	}
	r.names.follow(f.name)
	if r.lines.stray && (bytes.IndexByte(text, 0) >= 0 || bytes.IndexByte(text, '\r') >= 0) {
		return fmt.Errorf("%s: %w", f.text, errStrayByte)
	}
	if f.value, err = r.value(text[len(f.text)+1:]); err != nil {
		return fmt.Errorf("%s: %w", f.text, err)
	}
	return nil
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

// name returns the name in text.
func (r *Reader) name(text []byte) (*name, error) {
	if n := r.names.known[string(text)]; n != nil {
		return n, nil
	}
	n := &name{text: string(text)}
	if !validName(n.text) {
		return nil, fmt.Errorf("%s: not an attribute name", excerpt(text))
	}
	n.keyword = keywordOf(n.text)
	n.selected = r.Select == nil || r.Select(n.text)
	r.names.keep(n)
	return n, nil
}

// excerpt quotes the start of a piece of input, so that it is safe on a terminal.
func excerpt(b []byte) string {
	const most = 40
	if len(b) > most {
		return fmt.Sprintf("%+q…", b[:most])
	}
	return fmt.Sprintf("%+q", b)
}
