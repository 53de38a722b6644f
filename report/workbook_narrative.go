package report

import (
	"strconv"

	"github.com/xuri/excelize/v2"
)

// A narrative is a sheet to be read from top to bottom: headings, and facts
// with their names before them. The first error is kept for close.
type narrative struct {
	book   *workbook
	sheet  string
	stream *excelize.StreamWriter
	widths []float64
	next   int // row to be written
	err    error
}

func (b *workbook) newNarrative(sheet string, widths ...float64) (*narrative, error) {
	stream, err := b.begin(sheet, "", widths)
	return &narrative{book: b, sheet: sheet, stream: stream, widths: widths, next: 1}, err
}

func (p *narrative) heading(text string) {
	p.next++
	p.write(look{face: faceHeading}, 0, text, "")
	p.write(look{}, 4)
}

func (p *narrative) fact(name, value any) {
	p.write(look{wrap: true}, 0, name, value)
}

// write writes a row, at least as high as height in points.
func (p *narrative) write(l look, height float64, values ...any) {
	cells := make([]any, len(values))
	for i, value := range values {
		if p.err != nil {
			return
		}
		var cell excelize.Cell
		cell, p.err = p.book.cell(p.sheet, p.next, i+1, value, l)
		text, _ := cell.Value.(string)
		height = max(height, l.height(text, p.widths[i]))
		cells[i] = cell
	}
	if p.err == nil {
		p.err = p.stream.SetRow("A"+strconv.Itoa(p.next), cells, excelize.RowOpts{Height: height})
	}
	p.next++
}

func (p *narrative) close() error {
	if p.err != nil {
		return p.err
	}
	return p.stream.Flush()
}
