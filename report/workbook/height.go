package workbook

import (
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"proxyaddr/report/words"
)

// height returns what a text needs in a column, in points. Programs differ in
// whether they fit rows to wrapped text when they open a file: Excel does,
// LibreOffice and most viewers do not. So each row is given its height.
func (l look) height(text []byte, width float64) float64 {
	const (
		digit = 7.0         // pixels of the default font, the unit of width
		inset = 5.0         // pixels left free beside the text
		pixel = 72.0 / 96   // in points
		em    = 1000 / 1.03 // in thousandths, of the bold letters, which are the wider ones
	)
	lines := 1
	if l.wrap {
		lines = countLines(text, int((width*digit-inset)*pixel/l.size()*em))
	}
	return min(float64(lines)*l.size()*1.275+2, excelize.MaxRowHeight)
}

// countLines returns how many lines a text takes that is broken at spaces
// and hyphens, and where a word is too long. Limit is in thousandths of an em.
func countLines(text []byte, limit int) int {
	lines := 1
	x, word := 0, 0 // the line in hand, and the part of it that stays together
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		if r == '\n' {
			lines++
			x, word = 0, 0
			continue
		}
		w := runeWidth(r)
		if x+w > limit && r != ' ' {
			lines++
			if word == x {
				word = 0
			}
			x = word
		}
		x += w
		word += w
		if r == ' ' || r == '-' {
			word = 0
		}
	}
	return lines
}

// runeWidth returns the width of a rune of Calibri in thousandths of an em,
// an estimate outside ASCII.
func runeWidth(r rune) int {
	if r >= ' ' && r < ' '+rune(len(calibri)) {
		return int(calibri[r-' '])
	}
	return 560 * words.RuneColumns(r)
}

// calibri has the advance widths of the printable characters of ASCII in
// thousandths of an em, as in the font and in Carlito, which is metrically equal.
var calibri = [...]uint16{
	226, 326, 401, 498, 507, 715, 682, 221, 303, 303, 498, 498, 250, 306, 252, 386, // space to /
	507, 507, 507, 507, 507, 507, 507, 507, 507, 507, 268, 268, 498, 498, 498, 463, // 0 to ?
	894, 579, 544, 533, 615, 488, 459, 631, 623, 252, 319, 520, 420, 855, 646, 662, // @ to O
	517, 673, 543, 459, 487, 642, 567, 890, 519, 487, 468, 307, 386, 307, 498, 498, // P to _
	291, 479, 525, 423, 525, 498, 305, 471, 525, 229, 239, 455, 229, 799, 525, 527, // ` to o
	525, 525, 349, 391, 335, 525, 452, 715, 433, 453, 395, 314, 460, 314, 498, // p to ~
}
