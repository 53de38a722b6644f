package workbook

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
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

// changeKeys are the keys of changes: of each its conflict and a digest of all that
// makes it (30 bits of SHA-256 in base 32), "C-ABCDEFGHIJ/K2M4P6". A key is the same in
// every scan that proposes the same, and is not that of another change of the scan.
type changeKeys struct {
	changes []conflicts.Change
	digests [][6]byte
}

func newChangeKeys(changes []conflicts.Change) changeKeys {
	k := changeKeys{changes, make([][6]byte, len(changes))}
	used := make(map[string]bool, len(changes))
	for i := range changes {
		c := &changes[i]
		dn := "" // as it is written, as it was in the keys of earlier workbooks
		if c.Object.GUID == (conflicts.GUID{}) {
			dn = c.Object.DN
		}
		for n := 0; n == 0 || used[k.of(i)]; n++ {
			sum := sha256.Sum256(fmt.Appendf(nil, "%q %s%q %s %q %q %d", c.Conflict, c.Object.GUID, dn, c.Attribute, c.Old, c.New, n))
			copy(k.digests[i][:], base32.StdEncoding.EncodeToString(sum[:]))
		}
		used[k.of(i)] = true
	}
	return k
}

// of returns the key of the i-th change.
func (k changeKeys) of(i int) string { return k.changes[i].Conflict + "/" + string(k.digests[i][:]) }

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
		if n, ok := b.rows.first(c.Key); ok {
			id.to = b.location(conflictsSheet, n)
		}
		if err := t.add(band, first, cellBold(b.keys.of(i)), id, c.Object.Name(), c.Object.Kind(), c.Attribute, c.Old, words.Action(false, c), c.New,
			riskWord(c.Risk), c.RiskReason(), "", "", c.Object.DN, c.Object.GUID.String()); err != nil {
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
