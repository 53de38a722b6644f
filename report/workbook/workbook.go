package workbook

import (
	"crypto/rand"
	"io"

	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
)

// The sheets of the workbook, in their order. Those with a table give it their
// name; a sheet that is full continues on another, "Findings 2".
const (
	summarySheet  = "Summary"
	decideSheet   = "Decide"
	evidenceSheet = "Evidence"
	findingsSheet = "Findings"
	coverageSheet = "Coverage"
	aboutSheet    = "About"
)

// scanProperty is the document property, and the line of the sheet About, that
// has the checksum of scan.json. Either may get lost on the way.
const scanProperty = "SHA-256 of scan.json"

const (
	// maxTableRows is what a sheet holds beside its header.
	maxTableRows = excelize.TotalRows - 1
	// maxLinks is how many rows of a sheet carry a link, the others show the same as text.
	// Excel takes 65,530; they are held in memory until the rows are written.
	maxLinks = 20_000
)

// Write writes the audit as an Excel workbook (ECMA-376, Office Open XML):
// a summary with a chart, a table in which reviewers note their decisions, one each
// for evidence, findings and coverage, and a sheet that explains them.
//
// Every string is written as text and never as a formula, passes [words.Escape], and is
// cut at the 32,767 UTF-16 units of a cell, with a mark where it was. Rows
// beyond the 1,048,576 of a sheet continue on a further sheet. Rows are written
// as they are made, so that their number takes no memory and no temporary file.
//
// The workbook names the scan.json of the same audit by its checksum, the SHA-256
// in hexadecimal, so that decisions are not taken for those of another scan. scanSum is
// called once all rows are written: so scan.json can be written meanwhile.
func Write(w io.Writer, a *conflicts.Audit, scanSum func() string) error {
	return newBook(a).write(w, scanSum)
}

type book struct {
	*excelize.File
	audit *conflicts.Audit
	// scanMark stands for the checksum of scan.json until that is asked for. No other text has it.
	scanMark string
	// tableRows and links are maxTableRows and maxLinks, less in tests.
	tableRows, links int
	styles           map[look]int
	tables           []*sheetTable
	results          []string // of the formulas of the summary, from top to bottom
	names            *conflicts.Names
	keys             proposalKeys
	decide           decideRows
	blocks           conflictRows
}

func newBook(a *conflicts.Audit) *book {
	return &book{
		File: excelize.NewFile(), audit: a, scanMark: rand.Text(), tableRows: maxTableRows, links: maxLinks, styles: map[look]int{},
		names: conflicts.NewNames(a), keys: newProposalKeys(a.Proposals), decide: newDecideRows(a),
		blocks: newConflictRows(a.Conflicts),
	}
}

func (b *book) write(w io.Writer, scanSum func() string) error {
	defer b.Close()
	if err := b.SetSheetName("Sheet1", summarySheet); err != nil {
		return err
	}
	for _, lay := range []func() error{
		b.writeSummary, b.layDecide, b.layEvidence, b.layFindings, b.layCoverage, b.writeAbout, b.describe,
	} {
		if err := lay(); err != nil {
			return err
		}
	}
	return b.archive(w, scanSum)
}

// begin makes a sheet with columns of the given widths.
func (b *book) begin(sheet, titleRows string, widths []float64) error {
	if _, err := b.NewSheet(sheet); err != nil {
		return err
	}
	for i, width := range widths {
		column, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := b.SetColWidth(sheet, column, column, width); err != nil {
			return err
		}
	}
	return b.page(sheet, titleRows)
}

// describe sets the properties of the document and of its small sheets. Dates are fixed, as
// no output holds the time of the run.
func (b *book) describe() error {
	if err := b.SetAppProps(&excelize.AppProperties{Application: "proxyaddr"}); err != nil {
		return err
	}
	if err := b.SetCustomProps(excelize.CustomProperty{Name: scanProperty, Value: b.scanMark}); err != nil {
		return err
	}
	if err := b.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: new(true)}); err != nil {
		return err
	}
	for _, sheet := range []string{summarySheet, aboutSheet} {
		if err := b.setDimension(sheet); err != nil {
			return err
		}
	}
	return nil
}

// setDimension notes which cells of a small sheet are in use: excelize leaves that at A1, and
// some programs read no further.
func (b *book) setDimension(sheet string) error {
	rows, err := b.GetRows(sheet)
	if err != nil {
		return err
	}
	columns := 1
	for _, row := range rows {
		columns = max(columns, len(row))
	}
	corner, err := excelize.CoordinatesToCellName(columns, max(len(rows), 1))
	if err != nil {
		return err
	}
	return b.SetSheetDimension(sheet, "A1:"+corner)
}

// coreProperties are the document properties (ECMA-376 part 2, annex C). excelize writes the
// same without the prefix cp, and then ExcelJS does not open the workbook.
const coreProperties = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" ` +
	`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
	`<dc:title>Proxy address conflicts</dc:title>` +
	`<dc:subject>Proxy addresses that more than one directory object claims, and the changes proposed</dc:subject>` +
	`<dc:creator>proxyaddr</dc:creator><cp:lastModifiedBy>proxyaddr</cp:lastModifiedBy>` +
	`<dcterms:created xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:created>` +
	`<dcterms:modified xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:modified>` +
	`</cp:coreProperties>`
