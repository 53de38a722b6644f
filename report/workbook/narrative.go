package workbook

// A narrative is a sheet to be read from top to bottom: headings, and facts
// with their names before them. The first error is kept.
type narrative struct {
	book   *book
	sheet  string
	widths []float64
	next   int // row to be written
	err    error
}

func (b *book) newNarrative(sheet string, widths ...float64) (*narrative, error) {
	return &narrative{book: b, sheet: sheet, widths: widths, next: 1}, b.begin(sheet, "", widths)
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
	for i, value := range values {
		c := newCell(value, l)
		height = max(height, c.look.height(c.text, p.widths[i]))
		if p.err == nil {
			p.err = p.book.put(p.sheet, p.next, i+1, c)
		}
	}
	if p.err == nil && height > 0 {
		p.err = p.book.SetRowHeight(p.sheet, p.next, height)
	}
	p.next++
}
