package report

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
)

// The sheets of the workbook, in their order. Those with a table give it their
// name; a sheet that is full continues on another, "Findings 2".
const (
	summarySheet   = "Summary"
	conflictsSheet = "Conflicts"
	changesSheet   = "Changes"
	findingsSheet  = "Findings"
	coverageSheet  = "Coverage"
	aboutSheet     = "About"
)

// scanProperty is the document property, and the line of the sheet About, that
// has the checksum of scan.json. Either may get lost on the way.
const scanProperty = "SHA-256 of " + ScanFile

const (
	// maxTableRows is what a sheet holds beside its header.
	maxTableRows = excelize.TotalRows - 1
	// maxLinks is how many rows of a sheet carry a link, the others show the
	// same as text. Excel takes 65,529, but excelize compares each new link
	// with all before it: 20,000 take half a second, 65,529 eleven.
	maxLinks = 20_000
)

// Workbook writes the audit as an Excel workbook (ECMA-376, Office Open XML):
// a summary with a chart, a table each for conflicts, changes, findings and
// coverage, and a sheet that explains them. In the table of changes reviewers
// note their decisions.
//
// Every string is written as text and never as a formula, passes [Escape], and is
// cut at the 32,767 UTF-16 units of a cell, with a mark where it was. Rows
// beyond the 1,048,576 of a sheet continue on a further sheet. Large sheets
// are built in temporary files, which are removed before Workbook returns.
//
// The workbook names the scan.json of the same audit by its checksum, scan, so
// that decisions are not taken for those of another scan.
func Workbook(w io.Writer, a *conflicts.Audit, scan Sum) error {
	return newWorkbook(a, scan).write(w)
}

type workbook struct {
	*excelize.File
	audit *conflicts.Audit
	scan  Sum
	// tableRows and links are maxTableRows and maxLinks, less in tests.
	tableRows, links int
	styles           map[look]int
	// keys has the key of every change; firstOwner and firstChange have the
	// index of the first row of a conflict among all owners and all changes.
	keys                    []string
	firstOwner, firstChange map[string]int
}

func newWorkbook(a *conflicts.Audit, scan Sum) *workbook {
	b := &workbook{
		File: excelize.NewFile(), audit: a, scan: scan, tableRows: maxTableRows, links: maxLinks, styles: map[look]int{},
		keys:       changeKeys(a.Changes),
		firstOwner: make(map[string]int, len(a.Conflicts)), firstChange: make(map[string]int, len(a.Conflicts)),
	}
	owners := 0
	for i := range a.Conflicts {
		b.firstOwner[a.Conflicts[i].ID] = owners
		owners += len(a.Conflicts[i].Owners)
	}
	for i := range a.Changes {
		if _, ok := b.firstChange[a.Changes[i].Conflict]; !ok {
			b.firstChange[a.Changes[i].Conflict] = i
		}
	}
	return b
}

// changeKeys returns the key of each change: its conflict and a digest of all
// that makes it (30 bits of SHA-256 in base 32), "C-ABCDEFGHIJ/K2M4P6". A key is
// the same in every scan that proposes the same, and is not that of another
// change of the scan.
func changeKeys(changes []conflicts.Change) []string {
	keys := make([]string, len(changes))
	used := make(map[string]bool, len(changes))
	for i := range changes {
		c := &changes[i]
		ref := c.Object.Ref()
		for n := 0; keys[i] == "" || used[keys[i]]; n++ {
			sum := sha256.Sum256(fmt.Appendf(nil, "%q %s%q %s %q %q %d", c.Conflict, ref.GUID, ref.DN, c.Attribute, c.Old, c.New, n))
			keys[i] = c.Conflict + "/" + base32.StdEncoding.EncodeToString(sum[:])[:6]
		}
		used[keys[i]] = true
	}
	return keys
}

func (b *workbook) write(w io.Writer) error {
	defer b.Close()
	if err := b.SetSheetName("Sheet1", summarySheet); err != nil {
		return err
	}
	for _, write := range []func() error{
		b.writeSummary, b.writeConflicts, b.writeChanges, b.writeFindings, b.writeCoverage, b.writeAbout, b.describe,
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return b.archive(w)
}

// begin opens a sheet for writing, with columns of the given widths.
func (b *workbook) begin(sheet, titleRows string, widths []float64) (*excelize.StreamWriter, error) {
	if _, err := b.NewSheet(sheet); err != nil {
		return nil, err
	}
	if err := b.page(sheet, titleRows); err != nil {
		return nil, err
	}
	// The size of a sheet is not known before its last row: none is better
	// than the wrong one that excelize begins with.
	if err := b.SetSheetDimension(sheet, ""); err != nil {
		return nil, err
	}
	stream, err := b.NewStreamWriter(sheet)
	if err != nil {
		return nil, err
	}
	for i, width := range widths {
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return nil, err
		}
	}
	return stream, nil
}

// describe sets the document properties. Its dates are fixed, as no output
// holds the time of the run.
func (b *workbook) describe() error {
	if err := b.SetAppProps(&excelize.AppProperties{Application: "proxyaddr"}); err != nil {
		return err
	}
	if err := b.SetCustomProps(excelize.CustomProperty{Name: scanProperty, Value: b.scan.String()}); err != nil {
		return err
	}
	const epoch = "2000-01-01T00:00:00Z"
	return b.SetDocProps(&excelize.DocProperties{
		Title:   "Proxy address conflicts",
		Subject: "Proxy addresses that more than one directory object claims, and the changes proposed",
		Creator: "proxyaddr", LastModifiedBy: "proxyaddr", Created: epoch, Modified: epoch,
	})
}

// archive writes the file so that the same audit gives the same bytes.
// excelize goes through two maps on its way: one of the image types, which it
// declares along with a chart, and one of the streamed sheets.
func (b *workbook) archive(w io.Writer) error {
	types := b.ContentTypes.Defaults
	sort.Slice(types, func(i, j int) bool { return types[i].Extension < types[j].Extension })
	buf, err := b.WriteToBuffer()
	if err != nil {
		return err
	}
	unordered, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		return err
	}
	slices.SortFunc(unordered.File, func(x, y *zip.File) int { return cmp.Compare(x.Name, y.Name) })
	ordered := zip.NewWriter(w)
	for _, part := range unordered.File {
		if err := ordered.Copy(part); err != nil {
			return err
		}
	}
	return ordered.Close()
}
