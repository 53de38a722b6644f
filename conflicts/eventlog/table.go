package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A table is events in rows, as Export-Csv of PowerShell and EvtxECmd write them, and Event Viewer
// in CSV or text files. Event Viewer writes in the language of Windows, and up to Windows Server 2003
// without a row of names. So unless the columns have PowerShell's names, fields are recognized by
// their content.
type table struct {
	comma   byte
	columns []string // names of PowerShell or EvtxECmd, or nil
	remarks bool     // lines that begin with # are not rows
	named   int      // the column that Event Viewer calls Computer, or -1
}

var number = regexp.MustCompile(`^\d{1,10}$`)

// newTable returns the table that begins with head, if head is the beginning of one.
func newTable(head []byte) (table, bool) {
	for bytes.HasPrefix(head, []byte("#")) && !bytes.HasPrefix(head, []byte("#TYPE ")) { // the message tracking log
		line, rest, _ := bytes.Cut(head, []byte("\n"))
		if fields, ok := bytes.CutPrefix(line, []byte("#Fields:")); ok {
			columns := strings.Split(strings.TrimSpace(string(fields)), ",")
			return table{comma: ',', columns: columns, named: -1, remarks: true}, true
		}
		head = rest
	}
	if bytes.HasPrefix(head, []byte("#TYPE ")) { // as Export-Csv begins without -NoTypeInformation
		_, head, _ = bytes.Cut(head, []byte("\n"))
	}
	for _, comma := range []byte("\t,;") {
		first, n, _ := cutRow(head, comma, true)
		second, _, _ := cutRow(head[n:], comma, true)
		t := table{comma: comma, named: -1}
		named := func(name string) bool {
			return slices.Contains([]string{"message", "payload", "recipientstatus"}, strings.ToLower(name))
		}
		if slices.ContainsFunc(first, named) && len(first) > 1 {
			t.columns = first
			return t, true
		}
		if eventRow(first) || eventRow(second) {
			t.named = slices.IndexFunc(first, func(name string) bool { return strings.EqualFold(name, "Computer") })
			return t, true
		}
	}
	return table{}, false
}

// eventRow reports whether a row may be an event: it has a date and a number.
func eventRow(row []string) bool {
	return len(row) > 3 &&
		slices.ContainsFunc(row, number.MatchString) &&
		slices.ContainsFunc(row, func(s string) bool { return aDate.MatchString(invisible.Replace(s)) })
}

// format returns the format of the table. A row that is no event, nor the names of the columns, is text.
func (t table) format(other format) format {
	return format{
		name: "a table",
		split: func(data []byte, eof bool) (start, end int) {
			row, n, ok := cutRow(data, t.comma, eof)
			line := bytes.IndexByte(data, '\n') + 1
			switch {
			case ok && !t.several(row, data[:n]):
				return 0, n
			case line > 0 && (ok || eof || len(data) >= maxRecord): // a quotation mark too many
				return 0, line
			}
			return 0, 0
		},
		parse: func(text string) ([]record, error) {
			if records, err := t.parse(text); records != nil || err != nil {
				return records, err
			}
			return other.parse(text)
		},
	}
}

// several reports whether a row must be several rows with a missing quotation mark between them.
func (t table) several(row []string, text []byte) bool {
	return bytes.Count(text, []byte("\n")) > 1 &&
		(t.columns != nil && len(row) > len(t.columns) || len(phrases(string(text))) > 1)
}

// cutRow returns the fields of the first row of data, and its length. A field in quotation marks
// may have line breaks, and doubled quotation marks (RFC 4180). A single quotation mark within a
// field stays as it is.
func cutRow(data []byte, comma byte, eof bool) (row []string, n int, ok bool) {
	var field []byte
	begins, quoted := true, false
	for n < len(data) {
		if quoted {
			plain := bytes.IndexByte(data[n:], '"')
			if plain < 0 {
				plain = len(data) - n
			}
			field = append(field, data[n:n+plain]...)
			if n += plain; n == len(data) {
				break
			}
		}
		c := data[n]
		n++
		next := byte('\n')
		if n < len(data) {
			next = data[n]
		} else if !eof {
			next = 0
		}
		switch {
		case begins && c == '"':
			quoted, begins = true, false
			continue
		case quoted && c == '"' && next == '"':
			n++
		case quoted && c == '"' && (next == comma || next == '\n' || next == '\r'):
			quoted = false
			continue
		case !quoted && c == comma:
			row = append(row, string(field))
			field, begins = nil, true
			continue
		case !quoted && c == '\n':
			return append(row, strings.TrimSuffix(string(field), "\r")), n, true
		}
		begins = false
		field = append(field, c)
	}
	return append(row, string(field)), n, eof && !quoted && n > 0
}

// parse reads a row, which may be no event.
func (t table) parse(text string) ([]record, error) {
	row, _, ok := cutRow([]byte(text), t.comma, true)
	if !ok {
		return nil, errors.New("a quotation mark is missing")
	}
	if t.columns == nil {
		return t.guess(row), nil
	}
	if t.remarks && strings.HasPrefix(text, "#") || slices.Equal(row, t.columns) || len(row) == 1 {
		return nil, nil
	}
	if len(row) != len(t.columns) {
		return nil, fmt.Errorf("the row has %d fields instead of %d", len(row), len(t.columns))
	}
	var p properties
	for i, name := range t.columns {
		p.set(name, row[i])
	}
	return one(p.record())
}

// guess reads a row by the content of its fields. The last field is Exchange's text, which may
// have commas without quotation marks.
func (t table) guess(row []string) []record {
	var r record
	numbers := slices.DeleteFunc(slices.Clone(row), func(s string) bool { return !number.MatchString(s) })
	if len(numbers) == 0 {
		return nil
	}
	id := numbers[0]
	if i := slices.IndexFunc(numbers, func(s string) bool { return s == "9514" || s == "9217" }); i >= 0 {
		id = numbers[i]
	}
	r.id, _ = eventID(id)
	words := slices.IndexFunc(row, func(s string) bool {
		return mayName(s) && anyName.MatchString(s) || len(phrases(s)) > 0 || strings.Contains(s, "@")
	})
	if words < 0 {
		words = len(row) - 1
	}
	r.message = strings.Join(row[words:], string(t.comma))
	for i, field := range row[:words] {
		switch {
		case r.logged.rank() == 0 && aDate.MatchString(invisible.Replace(field)):
			r.logged = parseMoment(field)
			if words == 8 && r.logged.rank() == 1 { // up to Windows Server 2003
				r.logged = parseMoment(field + " " + row[i+1])
				r.computer = row[words-1]
			}
		case r.provider == "" && strings.HasPrefix(field, "MSExchange"):
			r.provider = field
		}
	}
	if t.named >= 0 && t.named < words {
		r.computer = row[t.named]
	}
	return []record{r}
}
