package workbook

import (
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// The colors of the workbook: one accent with its tints, and red and amber
// where something needs attention. Each is as dark or as light as to tell apart
// on a gray print, and none says anything that is not said in words.
const (
	accent    = "1F4E79"
	tint      = "EEF3F8"
	hairline  = "C9D3DE"
	quiet     = "595959"
	red       = "9C1C1C"
	redTint   = "FBE3E1"
	amber     = "6B4B00"
	amberTint = "FFF1CF"
	inputTint = "FFFBE6"
	blue      = "1F4E9E"
	blueTint  = "DCE9FA"
	gray      = "808080"
	green     = "1E5631"
	greenTint = "E3F1E6"
)

const fontFamily = "Calibri"

type typeface int

const (
	facePlain typeface = iota
	faceBold
	faceLink
	faceTitle
	faceHeading
	faceHeader // of a table
	faceNote
	faceComplete   // of the banner that says so
	faceIncomplete // of the banner that says so
	faceProblem
	faceCount // of a class in the summary
)

// look is how a cell is set.
type look struct {
	face typeface
	wrap bool
	// grid draws lines beside the cell, rule one above it, band fills it.
	grid, rule, band bool
	// number and date have the cell hold a number, and show it as either.
	number, date bool
	// large takes the size of the default font, where people read and write most; its cells
	// are framed all around.
	large bool
	// input is where people write.
	input bool
	// quoted has a spreadsheet program keep text that begins like a formula, also when
	// the cell is edited.
	quoted bool
}

// style returns the number of the style that has a look.
func (b *book) style(l look) (int, error) {
	if id, ok := b.styles[l]; ok {
		return id, nil
	}
	id, err := b.NewStyle(l.style())
	if err == nil && l.quoted {
		id = b.quote(id)
	}
	b.styles[l] = id
	return id, err
}

// quote returns the number of a copy of a style that has quotePrefix (ECMA-376 part 1
// section 18.8.45), which excelize cannot set.
func (b *book) quote(id int) int {
	all := b.Styles.CellXfs
	xf := all.Xf[id]
	xf.QuotePrefix = new(true)
	all.Xf = append(all.Xf, xf)
	all.Count = len(all.Xf)
	return all.Count - 1
}

// size returns the size of the letters in points.
func (l look) size() float64 {
	switch l.face {
	case faceTitle:
		return 20
	case faceIncomplete:
		return 14
	case faceHeading, faceComplete, faceCount:
		return 12
	}
	if l.large {
		return 11
	}
	return 10
}

func (l look) style() *excelize.Style {
	s := &excelize.Style{
		Font:      &excelize.Font{Family: fontFamily, Size: l.size()},
		Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "top", WrapText: l.wrap},
	}
	if l.number {
		s.NumFmt = 3 // #,##0
	}
	if l.date {
		s.CustomNumFmt = new("yyyy-mm-dd hh:mm:ss")
	}
	if l.band {
		s.Fill = solid(tint)
	}
	if l.input {
		s.Fill = solid(inputTint)
	}
	if l.grid {
		s.Border = []excelize.Border{{Type: "left", Color: hairline, Style: 1}, {Type: "right", Color: hairline, Style: 1}}
	}
	if l.grid && l.large {
		s.Border = append(s.Border, excelize.Border{Type: "top", Color: hairline, Style: 1}, excelize.Border{Type: "bottom", Color: hairline, Style: 1})
	}
	if l.rule && !l.large {
		s.Border = append(s.Border, excelize.Border{Type: "top", Color: accent, Style: 1})
	}
	switch l.face {
	case faceBold:
		s.Font.Bold = true
	case faceLink:
		s.Font.Color, s.Font.Underline = accent, "single"
	case faceTitle:
		s.Font.Bold, s.Font.Color = true, accent
	case faceHeading:
		s.Font.Bold, s.Font.Color = true, accent
		s.Border = []excelize.Border{{Type: "bottom", Color: accent, Style: 1}}
	case faceHeader:
		s.Font.Bold, s.Font.Color = true, "FFFFFF"
		s.Fill = solid(accent)
		s.Alignment.Vertical = "center"
	case faceNote:
		s.Font.Italic, s.Font.Color = true, quiet
	case faceComplete:
		s.Font.Bold, s.Font.Color = true, green
		s.Fill = solid(greenTint)
		s.Alignment.Vertical = "center"
	case faceIncomplete:
		s.Font.Bold, s.Font.Color = true, "FFFFFF"
		s.Fill = solid(red)
		s.Alignment.Vertical = "center"
	case faceCount:
		s.Alignment.Vertical = "center"
	case faceProblem:
		s.Alignment.Vertical = "center"
		s.Font.Color = red
		s.Fill = solid(redTint)
	}
	return s
}

func solid(color string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}

// A highlight colors cells for which a formula holds, written for the second row.
type highlight struct {
	columns string // "A" or "F:G"
	formula string
	style   *excelize.Style
}

// addHighlights colors the cells of a table down to its last row. Of several that apply to
// a cell, the first has its way.
func (b *book) addHighlights(sheet string, lastRow int, highlights []highlight) error {
	for _, h := range highlights {
		id, err := b.NewConditionalStyle(h.style)
		if err != nil {
			return err
		}
		first, last, found := strings.Cut(h.columns, ":")
		if !found {
			last = first
		}
		cells := first + "2:" + last + strconv.Itoa(lastRow)
		if err := b.SetConditionalFormat(sheet, cells, []excelize.ConditionalFormatOptions{{Type: "formula", Criteria: h.formula, Format: &id}}); err != nil {
			return err
		}
	}
	return nil
}

func colored(color, tint string, bold bool) *excelize.Style {
	s := &excelize.Style{Font: &excelize.Font{Color: color, Bold: bold}}
	if tint != "" {
		s.Fill = solid(tint)
	}
	return s
}

// page sets how a sheet looks on the screen and on paper: landscape, one page
// wide, titleRows ("$1:$1") on every page, and below it the name of the sheet
// and the number of the page.
func (b *book) page(sheet, titleRows string) error {
	if err := b.SetSheetView(sheet, 0, &excelize.ViewOptions{ShowGridLines: new(false), ZoomScale: new(100.0)}); err != nil {
		return err
	}
	if err := b.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: new(true)}); err != nil {
		return err
	}
	const a4 = 9
	if err := b.SetPageLayout(sheet, &excelize.PageLayoutOptions{
		Size: new(a4), Orientation: new("landscape"), FitToWidth: new(1), FitToHeight: new(0),
	}); err != nil {
		return err
	}
	if err := b.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{
		Left: new(0.28), Right: new(0.28), Top: new(0.5), Bottom: new(0.6), Header: new(0.3), Footer: new(0.3),
	}); err != nil {
		return err
	}
	if err := b.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{
		OddFooter: "&L&11proxyaddr&C&11&A&R&11Page &P of &N",
	}); err != nil {
		return err
	}
	if titleRows == "" {
		return nil
	}
	return b.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", Scope: sheet, RefersTo: "'" + sheet + "'!" + titleRows,
	})
}
