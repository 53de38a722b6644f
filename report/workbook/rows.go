package workbook

import (
	"archive/zip"
	"bytes"
	"io"
	"strconv"
)

// A rowWriter writes the sheets of a table, row by row.
type rowWriter struct {
	table  *sheetTable
	frames map[string]frame
	out    *zip.Writer

	written int       // rows, on all sheets
	part    io.Writer // the sheet in hand, nil if there is none
	frame   frame     // around it
	links   []byte    // of it
	lists   lists     // of it
	cells   []cell    // of the row in hand
	row     []byte
}

// add writes a row. Band and rule are as in a look, for the whole row.
func (r *rowWriter) add(band, rule bool, values ...any) error {
	sheet, row := r.table.book.place(r.table.name, r.written)
	if row == 2 {
		if err := r.turn(sheet); err != nil {
			return err
		}
	}
	r.written++
	if r.cells == nil {
		r.cells = make([]cell, len(r.table.columns))
	}
	height := 0.0
	for i, value := range values {
		column := r.table.columns[i]
		if link, ok := value.(cellLink); ok && row > r.table.book.links {
			value = link.text
		}
		face := facePlain
		if column.bold {
			face = faceBold
		}
		c := &r.cells[i]
		c.set(value, look{face: face, wrap: column.wrap, grid: true, rule: rule, band: band, large: r.table.large, input: column.input})
		if !column.folded {
			height = max(height, c.look.height(c.text, column.width))
		}
	}
	r.row = appendRow(r.row[:0], row, height)
	for i := range values {
		c := &r.cells[i]
		r.row = appendCell(r.row, i, row, r.table.book.styles[c.look], c)
		if c.to != "" {
			r.links = appendLink(r.links, i, row, c.to)
		}
	}
	r.row = append(r.row, "</row>"...)
	_, err := r.part.Write(r.row)
	return err
}

// turn ends the sheet in hand, if there is one, and begins another.
func (r *rowWriter) turn(sheet string) error {
	if err := r.end(); err != nil {
		return err
	}
	r.frame = r.frames[sheet]
	part, err := r.out.Create(r.frame.name)
	if err != nil {
		return err
	}
	r.part = part
	_, err = part.Write(r.frame.beforeRows)
	return err
}

// close completes the table, which has one sheet at least.
func (r *rowWriter) close() error {
	if r.written == 0 {
		if err := r.turn(r.table.name); err != nil {
			return err
		}
	}
	return r.end()
}

// end completes the sheet in hand.
func (r *rowWriter) end() error {
	if r.part == nil {
		return nil
	}
	pieces := [][]byte{r.frame.beforeLinks, r.lists.take()}
	if len(r.links) > 0 {
		pieces = append(pieces, []byte("<hyperlinks>"), r.links, []byte("</hyperlinks>"))
	}
	pieces = append(pieces, r.frame.toTheEnd)
	for _, piece := range pieces {
		if _, err := r.part.Write(piece); err != nil {
			return err
		}
	}
	r.links = r.links[:0]
	return nil
}

// The elements of a sheet, ECMA-376 part 1 sections 18.3.1.73, 18.3.1.4 and
// 18.3.1.47.

func appendRow(b []byte, row int, height float64) []byte {
	b = append(b, `<row r="`...)
	b = strconv.AppendInt(b, int64(row), 10)
	b = append(b, `" ht="`...)
	b = strconv.AppendFloat(b, height, 'f', -1, 64)
	return append(b, `" customHeight="1">`...)
}

// appendName appends the name of a cell. Tables have few columns.
func appendName(b []byte, column, row int) []byte {
	return strconv.AppendInt(append(b, 'A'+byte(column)), int64(row), 10)
}

func appendCell(b []byte, column, row, style int, c *cell) []byte {
	b = append(b, `<c r="`...)
	b = appendName(b, column, row)
	b = append(b, `" s="`...)
	b = strconv.AppendInt(b, int64(style), 10)
	switch {
	case len(c.text) == 0:
		return append(b, `"/>`...)
	case c.look.number, c.look.date:
		b = append(b, `"><v>`...)
		b = append(b, c.text...)
		return append(b, `</v></c>`...)
	}
	b = append(b, `" t="inlineStr"><is><t`...)
	if len(bytes.TrimSpace(c.text)) < len(c.text) {
		b = append(b, ` xml:space="preserve"`...)
	}
	b = append(b, '>')
	b = appendText(b, c.text)
	return append(b, `</t></is></c>`...)
}

func appendLink(b []byte, column, row int, to string) []byte {
	b = append(b, `<hyperlink ref="`...)
	b = appendName(b, column, row)
	b = append(b, `" location="`...)
	b = append(b, to...)
	return append(b, `"/>`...)
}

// appendText appends what Escape has left of a string.
func appendText[T string | []byte](b []byte, s T) []byte {
	plain := 0 // up to here it is appended
	for i := range len(s) {
		var instead string
		switch s[i] {
		case '&':
			instead = "&amp;"
		case '<':
			instead = "&lt;"
		case '>':
			instead = "&gt;"
		case '_':
			if coded(s[i:]) {
				instead = "_x005F_"
			}
		}
		if instead != "" {
			b = append(append(b, s[plain:i]...), instead...)
			plain = i + 1
		}
	}
	return append(b, s[plain:]...)
}

// coded reports whether a string begins with what a spreadsheet program takes
// for a character, as in _x0041_ (ECMA-376 part 1 section 22.9.2.19).
func coded[T string | []byte](s T) bool {
	if len(s) < len("_x0041_") || s[1] != 'x' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return err == nil
}
