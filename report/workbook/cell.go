package workbook

import (
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// Values of cells beside string and int.
type (
	// cellBold is set off, but says the same in plain.
	cellBold string
	// cellFormula shows what a formula of this package gives, to begin with the text.
	cellFormula struct{ formula, text string }
	// cellLink leads to the cell of another sheet, if to is set.
	cellLink struct{ text, to string }
)

// cellLines are lines that are shown one below the other.
type cellLines struct {
	text []byte
	ends []int
}

func newCellLines(lines ...string) *cellLines {
	var l cellLines
	for _, line := range lines {
		l.add(line)
	}
	return &l
}

// clear takes all lines out. Their memory is used again.
func (l *cellLines) clear() { l.text, l.ends = l.text[:0], l.ends[:0] }

// add adds a line that is given in pieces.
func (l *cellLines) add(pieces ...string) {
	l.ends = append(l.ends, len(l.text))
	l.extend(pieces...)
}

// extend adds pieces to the last line.
func (l *cellLines) extend(pieces ...string) {
	for _, piece := range pieces {
		l.text = append(l.text, piece...)
	}
	l.ends[len(l.ends)-1] = len(l.text)
}

// all yields the lines with their indices. They are valid until the next change.
func (l *cellLines) all() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		begin := 0
		for i, end := range l.ends {
			if !yield(i, l.text[begin:end]) {
				return
			}
			begin = end
		}
	}
}

// A cell is a value that is safe to write: text, or if its look says so, a
// number.
type cell struct {
	text    []byte
	look    look
	to      string // where it leads, if anywhere
	formula string // of a cell of a small sheet
}

// Spreadsheet programs count days from dayZero, and agree on the dates from firstDate on.
var (
	dayZero   = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	firstDate = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
)

// unknown stands for a time that was not read.
const unknown = "unknown"

func newCell(value any, l look) cell {
	var c cell
	c.set(value, l)
	return c
}

// set makes it the cell of a string, an int, a time in UTC, a GUID or one of the types above, in
// the memory of the one before.
func (c *cell) set(value any, l look) {
	*c = cell{text: c.text[:0], look: l}
	switch v := value.(type) {
	case cellBold:
		c.look.face = faceBold
		c.text = words.AppendEscaped(c.text, string(v))
	case cellFormula:
		c.text, c.formula = append(c.text, v.text...), v.formula
		return
	case cellLink:
		c.to = v.to
		if v.to != "" {
			c.look.face = faceLink
		}
		c.text = words.AppendEscaped(c.text, v.text)
	case *cellLines:
		for i, line := range v.all() {
			if i > 0 {
				c.text = append(c.text, '\n')
			}
			c.text = words.AppendEscaped(c.text, line)
		}
	case int:
		c.text, c.look.number = strconv.AppendInt(c.text, int64(v), 10), true
		return
	case time.Time:
		if !v.Before(firstDate) {
			c.text, c.look.date = strconv.AppendFloat(c.text, float64(v.Unix()-dayZero.Unix())/(24*60*60), 'f', -1, 64), true
			return
		}
		c.text = append(c.text, unknown...)
	case *conflicts.GUID:
		if *v != (conflicts.GUID{}) {
			c.text = v.Append(c.text)
		}
		return
	default:
		c.text = words.AppendEscaped(c.text, value.(string))
	}
	if end := room(c.text); end < len(c.text) {
		c.text = append(c.text[:end], cutMark...)
	}
	first, _ := utf8.DecodeRune(c.text)
	c.look.quoted = strings.ContainsRune(words.FormulaSigns, first)
}

// put writes a cell of a small sheet.
func (b *book) put(sheet string, row, col int, c cell) error {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		return err
	}
	switch {
	case c.formula != "":
		b.results = append(b.results, string(c.text))
		err = b.SetCellFormula(sheet, name, c.formula)
	case c.look.number, c.look.date:
		err = b.SetCellDefault(sheet, name, string(c.text))
	case len(c.text) > 0:
		err = b.SetCellStr(sheet, name, string(c.text))
	}
	if err != nil {
		return err
	}
	if c.to != "" {
		if err := b.SetCellHyperLink(sheet, name, c.to, "Location"); err != nil {
			return err
		}
	}
	id, err := b.style(c.look)
	if err != nil {
		return err
	}
	return b.SetCellStyle(sheet, name, name, id)
}

// cutMark stands at the end of a string that was too long for its cell.
const cutMark = "… [cut]"

// cut limits a string to what a cell can hold.
func cut(s string) string {
	if end := room(s); end < len(s) {
		return s[:end] + cutMark
	}
	return s
}

// room returns how many bytes of a text a cell can hold, beside cutMark if that is not all. It
// is counted in UTF-16 units.
func room[T string | []byte](text T) (end int) {
	if len(text) <= excelize.TotalCellChars {
		return len(text)
	}
	units := 0
	for i, r := range string(text) {
		if units <= excelize.TotalCellChars-len(cutMark) {
			end = i
		}
		if units += utf16.RuneLen(r); units > excelize.TotalCellChars {
			return end
		}
	}
	return len(text)
}
