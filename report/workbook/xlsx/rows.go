package xlsx

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// The most that a sheet can have.
const (
	maxRows    = 1 << 20
	maxColumns = 1 << 14
)

// A Row has the cells that are not empty, from left to right.
type Row struct {
	Number int // from 1
	Cells  []Cell
}

// A Cell is valid until the next row.
type Cell struct {
	Column int // from 1
	Text   string
	// Formula says that the text is what a formula gave when the workbook was
	// saved.
	Formula bool
}

// Rows hands over the rows that have cells, in their order. A row is valid until
// the next one. An error of each ends the reading and is returned.
func (s *Sheet) Rows(each func(*Row) error) error {
	r, err := s.reader.open(s.part, s.reader.limit)
	if err != nil {
		return err
	}
	defer r.Close()
	p := &rowParser{dec: xml.NewDecoder(r), string: s.reader.sharedString, each: each}
	if err := p.rows(); err != nil {
		return fmt.Errorf("sheet %s, row %d: %w", s.Name, p.row.Number, err)
	}
	if _, err := io.Copy(io.Discard, r); err != nil { // for the checksum behind it
		return fmt.Errorf("sheet %s: %w", s.Name, err)
	}
	return nil
}

// A rowParser reads the XML of a sheet (ECMA-376 part 1, 18.3).
type rowParser struct {
	dec    *xml.Decoder
	string func(index int) (string, error)
	each   func(*Row) error

	row    Row
	inRow  bool
	column int
	arrays []area // of the formulas that fill several cells
}

func (p *rowParser) rows() error {
	for {
		token, err := rawToken(p.dec)
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "row":
				err = p.begin(t)
			case "c":
				err = p.cell(t)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "row":
				if p.inRow = false; len(p.row.Cells) > 0 {
					err = p.each(&p.row)
				}
				p.row.Cells = p.row.Cells[:0]
			case "sheetData":
				return nil
			}
		}
		if err != nil {
			return err
		}
	}
}

// rawToken reads a token where the input may not end.
func rawToken(dec *xml.Decoder) (xml.Token, error) {
	token, err := dec.RawToken()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return token, err
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (p *rowParser) begin(e xml.StartElement) error {
	if p.inRow {
		return errors.New("a row within a row")
	}
	number := p.row.Number + 1
	if r := attribute(e, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < number {
			return fmt.Errorf("row %.20q where row %d or a later one belongs", r, number)
		}
		number = n
	}
	if number > maxRows {
		return fmt.Errorf("a sheet has %d rows at most", maxRows)
	}
	p.row.Number, p.inRow, p.column = number, true, 0
	return nil
}

// cell reads the element c to its end.
func (p *rowParser) cell(e xml.StartElement) error {
	if !p.inRow {
		return errors.New("a cell outside of a row")
	}
	p.column++
	if r := attribute(e, "r"); r != "" {
		column, row, err := parseReference(r)
		if err != nil || row != p.row.Number || column < p.column {
			return fmt.Errorf("cell %.20q in the wrong place", r)
		}
		p.column = column
	}
	if p.column > maxColumns {
		return fmt.Errorf("a row has %d cells at most", maxColumns)
	}
	c := Cell{Column: p.column}
	var text strings.Builder
	err := elements(p.dec, "c", func(e xml.StartElement) error {
		if e.Name.Local == "f" {
			c.Formula = true
			return p.array(e)
		}
		return nil
	}, &text)
	if err != nil {
		return err
	}
	c.Text = text.String()
	switch attribute(e, "t") {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(c.Text))
		if err != nil {
			return fmt.Errorf("shared string %.20q", c.Text)
		}
		if c.Text, err = p.string(i); err != nil {
			return err
		}
	case "b":
		c.Text = map[string]string{"0": "FALSE", "1": "TRUE"}[c.Text]
	case "inlineStr", "str":
		c.Text = unescape(c.Text)
	}
	for _, a := range p.arrays {
		c.Formula = c.Formula || a.has(p.column, p.row.Number)
	}
	if c.Text != "" || c.Formula {
		p.row.Cells = append(p.row.Cells, c)
	}
	return nil
}

// elements reads to the end of the element whose start was read last, and gathers
// the text in its elements v and t but for those that tell how it is pronounced.
func elements(dec *xml.Decoder, parent string, start func(xml.StartElement) error, text *strings.Builder) error {
	within, pronounced := false, false
	for {
		token, err := rawToken(dec)
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "v", "t":
				within = true
			case "rPh":
				pronounced = true
			}
			if err := start(t); err != nil {
				return err
			}
		case xml.EndElement:
			switch t.Name.Local {
			case parent:
				return nil
			case "v", "t":
				within = false
			case "rPh":
				pronounced = false
			}
		case xml.CharData:
			if within && !pronounced {
				text.Write(t)
			}
		}
	}
}

// An area is a rectangle of cells.
type area struct{ left, top, right, bottom int }

func (a area) has(column, row int) bool {
	return a.left <= column && column <= a.right && a.top <= row && row <= a.bottom
}

// maxArrays is how many formulas of a sheet may fill several cells.
const maxArrays = 100

// array notes the cells that a formula fills besides its own.
func (p *rowParser) array(e xml.StartElement) error {
	ref, kind := attribute(e, "ref"), attribute(e, "t")
	if ref == "" || kind != "array" && kind != "dataTable" {
		return nil
	}
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		return nil
	}
	var a area
	var err, err2 error
	a.left, a.top, err = parseReference(from)
	a.right, a.bottom, err2 = parseReference(to)
	if err != nil || err2 != nil {
		return fmt.Errorf("a formula for the cells %.40q", ref)
	}
	if len(p.arrays) == maxArrays {
		return errors.New("too many formulas that fill several cells")
	}
	p.arrays = append(p.arrays, a)
	return nil
}

// parseReference reads the name of a cell, "AB12".
func parseReference(s string) (column, row int, err error) {
	digits := strings.TrimLeft(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	letters := s[:len(s)-len(digits)]
	row, err = strconv.Atoi(digits)
	if err != nil || row < 1 || letters == "" || len(letters) > 3 {
		return 0, 0, fmt.Errorf("%.20q: not a cell", s)
	}
	for _, c := range letters {
		column = 26*column + int(c-'A') + 1
	}
	return column, row, nil
}

// Reference returns the name of a cell, "AB12".
func Reference(column, row int) string {
	var letters string
	for ; column > 0; column = (column - 1) / 26 {
		letters = string(rune('A'+(column-1)%26)) + letters
	}
	return letters + strconv.Itoa(row)
}

// sharedString returns one of the strings that cells name by number.
func (x *Reader) sharedString(i int) (string, error) {
	if x.shared == nil {
		if err := x.readShared(); err != nil {
			return "", err
		}
	}
	if i < 0 || i >= len(x.shared) {
		return "", fmt.Errorf("shared string %d of %d", i, len(x.shared))
	}
	return x.shared[i], nil
}

func (x *Reader) readShared() error {
	r, err := x.open(x.strings, x.limit)
	if err != nil {
		return err
	}
	defer r.Close()
	dec := xml.NewDecoder(r)
	var text strings.Builder
	for {
		token, err := dec.RawToken()
		if err == io.EOF {
			return nil
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "si" {
			text.Reset()
			if err = elements(dec, "si", func(xml.StartElement) error { return nil }, &text); err == nil {
				x.shared = append(x.shared, unescape(text.String()))
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", x.strings, err)
		}
	}
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape undoes how characters are written that XML does not hold, and the
// escape itself: "_x000D_" (ECMA-376 part 1, 22.9.2.19). Halves of characters
// beyond U+FFFF become U+FFFD.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(s string) string {
		n, _ := strconv.ParseUint(s[2:6], 16, 16)
		return string(rune(n))
	})
}
