package workbook

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// classHeight is the height of a row of a class in points. The chart is as high as these rows
// together.
const classHeight = 33

func (b *book) writeSummary() error {
	p, err := b.newNarrative(summarySheet, 42, 100)
	if err != nil {
		return err
	}
	notice := b.newNoticed()
	title := "Proxy address conflicts"
	if n := notice.changed(); n > 0 {
		title = "Give " + words.Quantity(n, "object") + " unique mail addresses"
	}
	p.write(look{face: faceTitle}, 34, title)
	b.summarizeCoverage(p)
	if len(b.decide.order) > 0 {
		b.summarizeDecisions(p)
		b.summarizeNotice(p, notice)
	}
	classes := b.summarizeConflicts(p)
	b.summarizeNext(p)
	p.heading("Scope")
	for _, f := range words.Scope(b.audit) {
		p.fact(f.Name, newCellLines(f.Values...))
	}
	if len(b.audit.Events) == 0 { // else nobody looked for any
		b.summarizeFindings(p)
	}
	if p.err == nil && len(b.audit.Conflicts) > 0 {
		p.err = b.drawClasses(classes)
	}
	return p.err
}

// summarizeDecisions counts what is decided, by formulas.
func (b *book) summarizeDecisions(p *narrative) {
	p.heading("Decisions")
	ofRisk := map[conflicts.Risk]int{}
	for _, risk := range b.decide.risks {
		ofRisk[conflicts.Risk(risk)]++
	}
	p.fact(cellLink{decideSheet, "'" + decideSheet + "'!A1"}, b.decided(len(b.decide.order), func(decisions, _ string) string {
		return fmt.Sprintf("SUMPRODUCT(--(LEN(%s)>0))", decisions)
	}))
	for _, r := range []conflicts.Risk{conflicts.High, conflicts.Medium, conflicts.Low} {
		p.fact(riskWord(r)+" risk", b.decided(ofRisk[r], func(decisions, risks string) string {
			return fmt.Sprintf(`SUMPRODUCT((%s="%s")*(LEN(%s)>0))`, risks, riskWord(r), decisions)
		}))
	}
	wrong := b.overDecide(func(decisions, _ string) string {
		return fmt.Sprintf(`SUMPRODUCT(--(LEN(%s)>0))-SUM(COUNTIF(%s,{"%s"}))`, decisions, decisions, strings.Join(allWords, `","`))
	})
	p.fact("Not a decision", cellFormula{fmt.Sprintf(`IF(%s=0,"none",(%s)&": see the red cells")`, wrong, wrong), "none"})
}

// decided counts decisions out of all, as "decided 12 of 26"; to begin with, there are none.
func (b *book) decided(all int, count func(decisions, risks string) string) cellFormula {
	return cellFormula{fmt.Sprintf(`"decided "&(%s)&" of %d"`, b.overDecide(count), all), fmt.Sprintf("decided 0 of %d", all)}
}

// overDecide adds up what a formula gives for the columns of decisions and of risks on each of
// the sheets of the table.
func (b *book) overDecide(formula func(decisions, risks string) string) string {
	var terms []string
	count := len(b.decide.order)
	for n := 0; n < count; n += b.tableRows {
		sheet, _ := b.place(decideSheet, n)
		last := 1 + min(count-n, b.tableRows)
		column := func(letter string) string { return fmt.Sprintf("'%s'!$%s$2:$%s$%d", sheet, letter, letter, last) }
		terms = append(terms, formula(column("A"), column("C")))
	}
	return strings.Join(terms, "+")
}

func (b *book) summarizeFindings(p *narrative) {
	p.heading("Findings")
	kinds := map[conflicts.FindingKind]int{}
	for i := range b.audit.Findings {
		kinds[b.audit.Findings[i].Kind]++
	}
	for _, k := range conflicts.FindingKinds {
		p.fact(k.Title(), kinds[k])
	}
	p.fact(cellBold("All findings"), len(b.audit.Findings))
}

// summarizeCoverage says whether the scan was complete, and if not, every
// reason.
func (b *book) summarizeCoverage(p *narrative) {
	scanned := " SCAN"
	if len(b.audit.Events) > 0 {
		scanned = ""
	}
	if b.audit.Complete() {
		p.write(look{face: faceComplete, wrap: true}, 30, "COMPLETE"+scanned, words.BriefCompleteness(b.audit)+".")
		return
	}
	p.write(look{face: faceIncomplete, wrap: true}, 48, "INCOMPLETE"+scanned,
		words.BriefCompleteness(b.audit)+". Do not take this workbook as proof that an address is free of conflicts.")
	for i, problem := range b.audit.Problems {
		p.write(look{face: faceProblem, wrap: true}, 18, fmt.Sprintf("Reason %d of %d", i+1, len(b.audit.Problems)), problem)
	}
}

// summarizeConflicts writes the counts and returns the first row of those by
// class.
func (b *book) summarizeConflicts(p *narrative) (firstRow int) {
	p.heading("Conflicts")
	firstRow = p.next
	for _, c := range conflicts.Classes {
		p.write(look{face: faceCount, wrap: true}, classHeight, c.Title(), b.audit.Count(c))
	}
	p.fact(cellBold("All conflicts"), len(b.audit.Conflicts))
	if r := b.audit.Remembered; r != nil {
		p.fact(cellBold("Since earlier runs"), newCellLines(words.Compared(r), r.Summary))
	}
	return firstRow
}

func (b *book) summarizeNext(p *narrative) {
	p.heading("What to do next")
	if !b.audit.Complete() {
		p.fact(cellBold("First"), "Remove the reasons above and scan again, before a decision rests on this workbook.")
	}
	if len(b.audit.Conflicts) == 0 {
		p.fact(cellLink{findingsSheet, "'" + findingsSheet + "'!A1"}, words.NoConflicts(b.audit)+". See what else should be put right.")
		return
	}
	var list []explained
	if len(b.decide.order) > 0 {
		list = append(list, explained{decideSheet, "Choose for every row; high risk comes first. The row has all that it takes."})
	}
	for _, step := range append(list,
		explained{evidenceSheet, "Look up who has an address, since when, and how that may have come about."},
		explained{findingsSheet, "See what else should be put right."},
		explained{aboutSheet, "Read what the columns mean, and how decisions are carried out and taken back."}) {
		p.fact(cellLink{step.name, "'" + step.name + "'!A1"}, step.text)
	}
}

// drawClasses draws the counts by class, which begin in a row, to their right.
func (b *book) drawClasses(row int) error {
	series := func(column string) string {
		return fmt.Sprintf("%s!$%s$%d:$%s$%d", summarySheet, column, row, column, row+len(conflicts.Classes)-1)
	}
	var counts []string
	for _, c := range conflicts.Classes {
		counts = append(counts, fmt.Sprintf("%s: %s", c.Title(), words.Number(b.audit.Count(c))))
	}
	font := excelize.Font{Family: fontFamily, Size: 10, Color: "404040"}
	return b.AddChart(summarySheet, "B"+strconv.Itoa(row), &excelize.Chart{
		Type: excelize.Bar,
		Series: []excelize.ChartSeries{{
			Name: "Conflicts", Categories: series("A"), Values: series("B"), Fill: solid(accent),
			DataLabel: excelize.ChartDataLabel{Font: font},
		}},
		Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{
			Text: "Conflicts by class", Font: &excelize.Font{Family: fontFamily, Size: 11, Bold: true, Color: accent},
		}}},
		Legend:    excelize.ChartLegend{Position: "none"},
		XAxis:     excelize.ChartAxis{ReverseOrder: true, Font: font},
		YAxis:     excelize.ChartAxis{None: true, Minimum: new(0.0)},
		PlotArea:  excelize.ChartPlotArea{ShowVal: true},
		GapWidth:  new(uint(60)),
		Border:    excelize.LineOptions{Type: excelize.LineNone},
		Dimension: excelize.ChartDimension{Width: 560, Height: classHeight * uint(len(conflicts.Classes)) * 96 / 72},
		Format: excelize.GraphicOptions{
			OffsetX: 120, Name: "Conflicts by class", Positioning: "oneCell",
			AltText: "Bar chart of the conflicts by class. " + strings.Join(counts, "; "),
		},
	})
}
