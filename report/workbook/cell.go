package workbook

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"proxyaddr/report/words"
)

// Values of cells beside string and int.
type (
	// cellLines are shown one below the other.
	cellLines []string
	// cellBold is set off, but says the same in plain.
	cellBold string
	// cellFormula shows what a formula of this package gives, to begin with the text.
	cellFormula struct{ formula, text string }
	// cellLink leads to the cell of another sheet, if to is set.
	cellLink struct{ text, to string }
)

// A cell is a value that is safe to write: text, or if its look says so, a
// number.
type cell struct {
	text    string
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

// newCell makes a cell of a string, an int, a time in UTC or one of the types above.
func newCell(value any, l look) cell {
	c := cell{look: l}
	switch v := value.(type) {
	case cellBold:
		c.text, c.look.face = words.Escape(string(v)), faceBold
	case cellFormula:
		c.text, c.formula = v.text, v.formula
		return c
	case cellLink:
		c.text, c.to = words.Escape(v.text), v.to
		if v.to != "" {
			c.look.face = faceLink
		}
	case cellLines:
		escaped := make([]string, len(v))
		for i := range v {
			escaped[i] = words.Escape(v[i])
		}
		c.text = strings.Join(escaped, "\n")
	case int:
		c.text, c.look.number = strconv.Itoa(v), true
		return c
	case time.Time:
		if !v.Before(firstDate) {
			c.text, c.look.date = strconv.FormatFloat(float64(v.Unix()-dayZero.Unix())/(24*60*60), 'f', -1, 64), true
			return c
		}
		c.text = unknown
	default:
		c.text = words.Escape(value.(string))
	}
	c.text = cut(c.text)
	first, _ := utf8.DecodeRuneInString(c.text)
	c.look.quoted = strings.ContainsRune(words.FormulaSigns, first)
	return c
}

// put writes a cell of a small sheet.
func (b *book) put(sheet string, row, col int, c cell) error {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		return err
	}
	switch {
	case c.formula != "":
		b.results = append(b.results, c.text)
		err = b.SetCellFormula(sheet, name, c.formula)
	case c.look.number, c.look.date:
		err = b.SetCellDefault(sheet, name, c.text)
	case c.text != "":
		err = b.SetCellStr(sheet, name, c.text)
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

// cut limits a string to what a cell can hold, which is counted in UTF-16
// units.
func cut(s string) string {
	if len(s) <= excelize.TotalCellChars {
		return s
	}
	units, end := 0, 0
	for i, r := range s {
		if units <= excelize.TotalCellChars-len(cutMark) {
			end = i
		}
		if units += utf16.RuneLen(r); units > excelize.TotalCellChars {
			return s[:end] + cutMark
		}
	}
	return s
}
