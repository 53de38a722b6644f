package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// JSON writes the audit as one document, element by element: a line for each event,
// conflict, change, proposal and finding. Only one that was made from events has the field
// events. Arrays are never null. schema_version grows when a field changes its meaning or goes; new
// fields may come at any time.
//
// Strings are exact. Characters that a terminal obeys or a reader cannot see are
// written as \u escapes, which every parser takes back. A byte that is not UTF-8,
// which JSON cannot hold, stands as \xff for the eye (see [words.Escape]), and where it
// is in a name or value of the directory, the object that has the field has
// another one, base64, with the exact bytes under the name of the first.
func JSON(w io.Writer, a *conflicts.Audit) error {
	return writeJSON(w, newAuditJSON(a), auditLists(a))
}

func auditLists(a *conflicts.Audit) []jsonList {
	var lists []jsonList
	if len(a.Events) > 0 {
		lists = append(lists, listOf("events", "event", a.Events, func(in *conflicts.TracedEvent) *eventJSON { return newEventJSON(a, in) }))
	}
	return append(lists, conflictsJSON(a.Conflicts), changesJSON(a.Changes), proposalsJSON(a),
		listOf("findings", "finding", a.Findings, newFindingJSON))
}

// jsonRecord begins every object that can be a line of JSONL.
type jsonRecord struct {
	Record string `json:"record,omitempty"`
}

func (r *jsonRecord) setRecord(name string) { r.Record = name }

type jsonLine interface{ setRecord(name string) }

// A jsonList is a field of a JSON document, and in JSONL a record for each element.
type jsonList struct {
	field, record string
	n             int
	// element returns an element, which is good until the next call.
	element func(int) jsonLine
}

func listOf[T any, L jsonLine](field, record string, items []T, newLine func(*T) L) jsonList {
	return jsonList{field, record, len(items), func(i int) jsonLine { return newLine(&items[i]) }}
}

func writeJSON(w io.Writer, head any, lists []jsonList) error {
	e := newJSONEncoder(w)
	e.open(head)
	for _, l := range lists {
		e.array(l.field, l.n, func(i int) any { return l.element(i) })
	}
	e.close()
	return e.flush()
}

func writeJSONL(w io.Writer, record string, head jsonLine, lists []jsonList) error {
	e := newJSONEncoder(w)
	head.setRecord(record)
	e.line(head)
	for _, l := range lists {
		for i := range l.n {
			line := l.element(i)
			line.setRecord(l.record)
			e.line(line)
		}
	}
	return e.flush()
}

// jsonEncoder writes values one by one. The first error is kept for flush.
type jsonEncoder struct {
	w   *bufio.Writer
	enc *json.Encoder // to buf
	buf bytes.Buffer
	err error
}

func newJSONEncoder(w io.Writer) *jsonEncoder {
	e := &jsonEncoder{w: bufio.NewWriterSize(w, 64<<10)}
	e.enc = json.NewEncoder(&e.buf)
	e.enc.SetEscapeHTML(false)
	return e
}

// encode returns v without a line end. The bytes are valid until the next call.
func (e *jsonEncoder) encode(v any) []byte {
	e.buf.Reset()
	if err := e.enc.Encode(v); err != nil && e.err == nil {
		e.err = err
	}
	return escapeHidden(bytes.TrimSuffix(e.buf.Bytes(), []byte("\n")))
}

// open writes a document but for its end. It is indented, as there is little of it.
func (e *jsonEncoder) open(v any) {
	e.enc.SetIndent("", "  ")
	e.write(bytes.TrimSuffix(e.encode(v), []byte("\n}")))
	e.enc.SetIndent("", "")
}

func (e *jsonEncoder) close() { e.write([]byte("\n}\n")) }

// line writes a document of its own.
func (e *jsonEncoder) line(v any) {
	e.write(e.encode(v))
	e.write([]byte("\n"))
}

// array writes one more field of the document that stands open, each element on a line.
func (e *jsonEncoder) array(name string, n int, element func(int) any) {
	e.write(fmt.Appendf(nil, ",\n  %q: [", name))
	for i := range n {
		if i > 0 {
			e.write([]byte(","))
		}
		e.write([]byte("\n    "))
		e.write(e.encode(element(i)))
	}
	if n > 0 {
		e.write([]byte("\n  "))
	}
	e.write([]byte("]"))
}

func (e *jsonEncoder) write(b []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(b)
	}
}

func (e *jsonEncoder) flush() error {
	if e.err != nil {
		return e.err
	}
	return e.w.Flush()
}

// escapeHidden writes the hidden characters of a JSON text as \u escapes, in
// UTF-16 as JSON has it (RFC 8259 section 7). Those of ASCII, but for DEL, are
// escaped already.
func escapeHidden(b []byte) []byte {
	unsafe := func(r rune) bool { return r >= unicode.MaxASCII && words.Hidden(r) }
	if !slices.ContainsFunc(b, func(c byte) bool { return c >= unicode.MaxASCII }) || !bytes.ContainsFunc(b, unsafe) {
		return b
	}
	var out []byte
	for _, r := range string(b) {
		if !unsafe(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}
