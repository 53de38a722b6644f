package workbook

import (
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// The columns of the table of changes by which it is read again.
const (
	changeColumn    = "Change"
	attributeColumn = "Attribute"
	oldColumn       = "Old value"
	newColumn       = "New value"
	decisionColumn  = "Decision"
	commentColumn   = "Comment"
	dnColumn        = "DN"
)

func (b *book) layChanges() error {
	columns := []sheetColumn{
		{changeColumn, 28, false}, {"Conflict", 20, false}, {"Name", 20, true}, {"Kind", 16, true}, {attributeColumn, 15, false},
		{oldColumn, 36, true}, {"Action", 9, false}, {newColumn, 36, true}, {"Risk", 9, false}, {"Risk reason", 32, true},
		{decisionColumn, 11, false}, {commentColumn, 24, true}, {dnColumn, 36, true}, {"objectGUID", 20, true},
	}
	t := &sheetTable{name: changesSheet, count: len(b.audit.Changes), rows: b.writeChanges, columns: columns, empty: "No changes are proposed."}
	t.dress = func(sheet string, lastRow int) error {
		cells := func(head string) string {
			i := slices.IndexFunc(columns, func(c sheetColumn) bool { return c.head == head })
			letter, _ := excelize.ColumnNumberToName(i + 1)
			return letter + "2:" + letter + strconv.Itoa(lastRow)
		}
		if err := b.highlight(sheet, cells("Risk"), riskColors); err != nil {
			return err
		}
		if err := b.highlight(sheet, cells(decisionColumn), decisions); err != nil {
			return err
		}
		return b.AddDataValidation(sheet, decisionList(cells(decisionColumn)))
	}
	return b.lay(t)
}

func (b *book) writeChanges(t *rowWriter) error {
	band := true
	for i := range b.audit.Changes {
		c := &b.audit.Changes[i]
		first := i == 0 || c.Key != b.audit.Changes[i-1].Key
		band = band != first
		id := cellLink{text: c.Conflict}
		if n, ok := b.firstOwner[c.Key]; ok {
			id.to = b.location(conflictsSheet, n)
		}
		if err := t.add(band, first, cellBold(b.keys[i]), id, c.Object.Name(), c.Object.Kind(), c.Attribute, c.Old, words.Action(false, c), c.New,
			riskWord(c.Risk), c.RiskReason, "", "", c.Object.DN, c.Object.GUID.String()); err != nil {
			return err
		}
	}
	return nil
}

func riskWord(r conflicts.Risk) string { return words.Capital(r.String()) }

func decisionList(cells string) *excelize.DataValidation {
	var words []string
	for _, d := range decisions {
		words = append(words, d.word)
	}
	v := excelize.NewDataValidation(true)
	v.Sqref = cells
	v.Type, v.Formula1 = "list", `"`+strings.Join(words, ",")+`"`
	v.SetInput("Decision", "Approve, Reject or Defer. Decide all changes of a conflict alike: if only some are made, two owners stay. Empty means not decided.")
	v.SetError(excelize.DataValidationErrorStyleStop, "Not a decision", "Choose Approve, Reject or Defer, or leave the cell empty.")
	return v
}
