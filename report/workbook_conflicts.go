package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

func (b *workbook) layConflicts() error {
	owners := 0
	for i := range b.audit.Conflicts {
		owners += len(b.audit.Conflicts[i].Owners)
	}
	return b.lay(&sheetTable{name: conflictsSheet, count: owners, rows: b.writeConflicts, empty: b.none("conflicts"), columns: []sheetColumn{
		{"Conflict", 20, false}, {"Class", 15, true}, {"Address", 26, true}, {"Role", 13, true}, {"Name", 20, true},
		{"Kind", 16, true}, {"Held as", 36, true}, {"Marks", 14, true}, {"Account", 10, true}, {"Created (UTC)", 12, true},
		{"proxyAddresses last written (UTC)", 18, true}, {"Cause", 14, true}, {"Why", 36, true}, {"DN", 36, true}, {"objectGUID", 20, true},
	}})
}

func (b *workbook) writeConflicts(t *rowWriter) error {
	for i := range b.audit.Conflicts {
		c := &b.audit.Conflicts[i]
		id := cellLink{text: c.ID}
		if first := b.changes.First(c); first >= 0 {
			id.to = b.location(changesSheet, first)
		}
		for j := range c.Owners {
			o := &c.Owners[j]
			role, why := roleOf(c, j, b.changes.Owner(c, o))
			if err := t.add(i%2 == 1, j == 0,
				id, c.Class.Title(), fullAddress(c), role, o.Name(), o.Kind(), heldAs(o), marks(o), account(o.Object),
				stamp(o.Created), writtenLast(o.Written), c.Cause.Short(), why, o.DN, o.GUID.String()); err != nil {
				return err
			}
		}
	}
	return nil
}

// roleOf says what becomes of the j-th owner of a conflict, for which changes
// are proposed, and why.
func roleOf(c *conflicts.Conflict, j int, changes []*conflicts.Change) (role any, why cellLines) {
	o := &c.Owners[j]
	switch {
	case j == 0:
		why = cellLines{c.Reason}
		if c.Cause.Certainty != conflicts.NotKnown {
			why = append(why, "Evidence: "+c.Cause.Because)
		}
		if c.Unresolved != "" {
			why = append(why, "Not resolved: "+c.Unresolved)
		}
		return cellBold("Keeper"), why
	case len(changes) > 0:
		for _, change := range changes {
			if change.New == "" {
				why = append(why, change.Attribute+" loses "+change.Old)
			} else {
				why = append(why, change.Attribute+" becomes "+change.New)
			}
		}
		return "Changes", why
	case o.Fixed != "":
		why = cellLines{"cannot be changed: " + o.Fixed}
	case o.Claims[0].Attribute != conflicts.ProxyAddresses:
		why = cellLines{"not in its proxyAddresses: it receives nothing by the address"}
	default:
		why = cellLines{cmp.Or(c.Unresolved, words.NotProposed)}
	}
	return "Not changed", why
}

func fullAddress(c *conflicts.Conflict) string {
	if c.Key.Type() == "smtp" {
		return c.Key.Address()
	}
	return string(c.Key)
}

func heldAs(o *conflicts.Owner) cellLines {
	var held cellLines
	for _, c := range o.Claims {
		line := c.Attribute + ": " + c.Value
		if c.Primary {
			line += " (primary)"
		}
		held = append(held, line)
	}
	return held
}

func marks(o *conflicts.Owner) cellLines {
	var m cellLines
	if slices.ContainsFunc(o.Claims, func(c conflicts.Claim) bool { return c.Padded }) {
		m = append(m, "padded")
	}
	if slices.ContainsFunc(o.Claims, func(c conflicts.Claim) bool { return c.Loose }) {
		m = append(m, "spelt differently")
	}
	if o.Fixed != "" {
		m = append(m, "cannot be changed")
	}
	return m
}

// account says whether one can log on with the object, where that is known.
func account(o *conflicts.Object) string {
	switch {
	case o.Disabled:
		return "disabled"
	case strings.EqualFold(o.Class, "user") || strings.EqualFold(o.Class, "inetOrgPerson"):
		return "enabled"
	}
	return ""
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

func writtenLast(s conflicts.Stamp) cellLines {
	if !s.Known() {
		return cellLines{"unknown"}
	}
	return cellLines{stamp(s.Time), s.On(), fmt.Sprintf("version %d", s.Version)}
}

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

func (b *workbook) layChanges() error {
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

func (b *workbook) writeChanges(t *rowWriter) error {
	band := true
	for i := range b.audit.Changes {
		c := &b.audit.Changes[i]
		first := i == 0 || c.Key != b.audit.Changes[i-1].Key
		band = band != first
		action := "replace"
		if c.New == "" {
			action = "remove"
		}
		id := cellLink{text: c.Conflict}
		if n, ok := b.firstOwner[c.Key]; ok {
			id.to = b.location(conflictsSheet, n)
		}
		if err := t.add(band, first, cellBold(b.keys[i]), id, c.Object.Name(), c.Object.Kind(), c.Attribute, c.Old, action, c.New,
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

// none says that nothing was found, and not that there is nothing if the scan
// was incomplete.
func (b *workbook) none(what string) string {
	if b.audit.Complete() {
		return "No " + what + " found: everything that was to be read was read."
	}
	return "No " + what + " found in what was read. The scan is INCOMPLETE: see the sheet " + summarySheet + "."
}
