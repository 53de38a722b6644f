package table

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// Limits of a table. An object with all values that Active Directory can hold in proxyAddresses
// takes less than 4 MiB.
const (
	MaxCell    = 8 << 20  // bytes of a cell, as UTF-8
	MaxRow     = 32 << 20 // bytes of a row or of an object of JSON
	MaxColumns = 10_000
)

var (
	errNUL       = errors.New("a NUL")
	errQuote     = errors.New("a quotation mark inside a cell without quotation marks")
	errBehind    = errors.New("text behind a closing quotation mark")
	errUnclosed  = errors.New("a quotation mark opens this cell and nothing closes it: the file may be cut off")
	errCellSize  = errors.New("the cell is larger than 8 MiB")
	errRowSize   = errors.New("the row is larger than 32 MiB")
	errManyCells = errors.New("more than 10,000 columns")
)

// rows reads the rows of CSV (RFC 4180): cells in quotation marks may have line breaks, and
// doubled quotation marks.
type rows struct {
	src    *bufio.Reader
	comma  byte
	line   int // from 1, that is read
	begins int // the line on which the row begins
	ended  bool
	cutOff bool // the last row has no line end

	text []byte // of all cells of the row
	ends []int  // of each cell in text
}

func newRows(src io.Reader, comma byte) *rows {
	return &rows{src: bufio.NewReaderSize(src, chunkSize), comma: comma, line: 1}
}

// next reads the next row that is not empty, or returns io.EOF.
func (r *rows) next() error {
	for !r.ended {
		if err := r.row(); err != nil {
			return err
		}
		if len(r.ends) > 1 || len(r.text) > 0 {
			return nil
		}
	}
	return io.EOF
}

func (r *rows) cells() int { return len(r.ends) }

// cell returns a cell of the row, valid until the next row is read.
func (r *rows) cell(i int) []byte {
	start := 0
	if i > 0 {
		start = r.ends[i-1]
	}
	return r.text[start:r.ends[i]]
}

// wrong returns an error with the place of the cell that is being read.
func (r *rows) wrong(line int, cause error) error {
	return &Error{Line: line, Column: len(r.ends) + 1, Cell: true, Err: cause}
}

func (r *rows) row() error {
	r.text, r.ends, r.begins = r.text[:0], r.ends[:0], r.line
	var quoted, closed bool
	opened := 0 // the line of the last quotation mark that opened a cell
	start := 0  // of the cell in text
	for {
		c, err := r.src.ReadByte()
		if err == io.EOF {
			r.ended = true
			if quoted && !closed {
				return r.wrong(opened, errUnclosed)
			}
			r.cutOff = len(r.text) > 0 || len(r.ends) > 0
			r.end()
			return nil
		}
		if err != nil {
			return &Error{Line: r.line, Err: err}
		}
		if c == '\n' {
			r.line++
		}
		switch {
		case c == 0:
			return r.wrong(r.line, errNUL)
		case quoted && !closed && c != '"':
			r.text = append(r.text, c)
		case quoted && !closed:
			if next, _ := r.src.Peek(1); len(next) == 1 && next[0] == '"' {
				r.src.Discard(1)
				r.text = append(r.text, c)
			} else {
				closed = true
			}
		case c == r.comma:
			r.end()
			start, quoted, closed = len(r.text), false, false
			if len(r.ends) >= MaxColumns {
				return r.wrong(r.line, errManyCells)
			}
		case c == '\n':
			if !quoted && len(r.text) > start {
				r.text = bytes.TrimSuffix(r.text, []byte("\r"))
			}
			r.end()
			return nil
		case closed && c == '\r':
		case closed:
			return r.wrong(r.line, errBehind)
		case c == '"' && len(r.text) == start:
			quoted, opened = true, r.line
		case c == '"':
			return r.wrong(r.line, errQuote)
		default:
			r.text = append(r.text, c)
		}
		if len(r.text)-start > MaxCell {
			return r.wrong(r.line, errCellSize)
		}
		if len(r.text) > MaxRow {
			return r.wrong(r.line, errRowSize)
		}
	}
}

func (r *rows) end() { r.ends = append(r.ends, len(r.text)) }

// commas are what separates cells, the first that fits counts.
const commas = ",;\t|"

// A layout is what the first lines of CSV tell.
type layout struct {
	comma   byte
	above   int // lines above the row of names
	columns []column
	csvde   bool
}

// typeLine is how Export-Csv begins without -NoTypeInformation up to PowerShell 5.1, and sepLine
// how a table tells Excel what separates cells.
const (
	typeLine = "#TYPE "
	sepLine  = "sep="
)

// layoutOf finds out what separates the cells of a table and which columns it has. It returns
// false if no column is known.
func layoutOf(head string) (layout, bool) {
	var l layout
	separators := commas
	for {
		line, rest, more := strings.Cut(head, "\n")
		line = strings.TrimSuffix(line, "\r")
		switch {
		case len(line) == len(sepLine)+1 && strings.EqualFold(line[:len(sepLine)], sepLine):
			separators = line[len(sepLine):]
		case strings.HasPrefix(line, typeLine), line == "":
		default:
			more = false
		}
		if !more {
			break
		}
		head = rest
		l.above++
	}
	best := 0
	for i := range len(separators) {
		r := newRows(strings.NewReader(head), separators[i])
		if r.next() != nil {
			continue
		}
		columns := make([]column, r.cells())
		known := 0
		for i := range columns {
			columns[i] = columnOf(string(r.cell(i)))
			if columns[i].field != unknown {
				known++
			}
		}
		if known > best {
			best = known
			l.comma, l.columns = separators[i], columns
		}
	}
	l.csvde = best > 0 && strings.EqualFold(l.columns[0].name, "DN") && l.comma == ',' && head[0] != '"' // as PowerShell writes it
	return l, best > 0
}
