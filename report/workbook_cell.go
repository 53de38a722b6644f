package report

import (
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// Values of cells beside string and int.
type (
	// cellLines are shown one below the other.
	cellLines []string
	// cellBold is set off, but says the same in plain.
	cellBold string
	// cellLink leads to the cell of another sheet, if to is set.
	cellLink struct{ text, to string }
)

// cell makes a value of one of the types above into one that is safe to write.
func (b *workbook) cell(sheet string, row, col int, value any, l look) (excelize.Cell, error) {
	switch v := value.(type) {
	case string:
		value = cut(Escape(v))
	case cellLines:
		escaped := make([]string, len(v))
		for i := range v {
			escaped[i] = Escape(v[i])
		}
		value = cut(strings.Join(escaped, "\n"))
	case cellBold:
		value = cut(Escape(string(v)))
		l.face = faceBold
	case cellLink:
		value = cut(Escape(v.text))
		if v.to != "" && row <= b.links {
			l.face = faceLink
			if err := b.link(sheet, row, col, v.to); err != nil {
				return excelize.Cell{}, err
			}
		}
	case int:
		l.number = true
	}
	if value == "" {
		value = nil // a blank cell rather than one with an empty text
	}
	id, err := b.style(l)
	return excelize.Cell{StyleID: id, Value: value}, err
}

func (b *workbook) link(sheet string, row, col int, to string) error {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		return err
	}
	return b.SetCellHyperLink(sheet, name, to, "Location")
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
