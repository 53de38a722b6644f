package workbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// The columns of the table of decisions by which it is read again.
const (
	decisionColumn = "Decision"
	addressColumn  = "Address"
	newColumn      = "New address"
	commentColumn  = "Comment"
	keyColumn      = "Key"
	guidColumn     = "GUID"
	dnColumn       = "DN"
)

// decideColumns are read from left to right: who changes, what, who keeps it and why. All but
// the folded ones fit a screen 1,920 pixels wide, and a page at 7 points. Formulas and lists
// name the columns by their letters.
var decideColumns = []sheetColumn{
	{head: decisionColumn, width: 11, input: true},              // A
	{head: "Advice", width: 9.5, wrap: true},                    // B
	{head: "Risk", width: 8.5},                                  // C
	{head: "Changes", width: 20, wrap: true, bold: true},        // D
	{head: addressColumn, width: 32, wrap: true},                // E
	{head: newColumn, width: 32, wrap: true, input: true},       // F
	{head: "mail too", width: 5.5, wrap: true},                  // G
	{head: "Stays with", width: 19, wrap: true},                 // H
	{head: "because", width: 17.5, wrap: true},                  // I
	{head: "Other choices", width: 26, wrap: true},              // J
	{head: "Why risky", width: 22, wrap: true},                  // K
	{head: commentColumn, width: 17.5, wrap: true, input: true}, // L
	{head: "Likely cause", width: 26, wrap: true},               // M
	{head: keyColumn, width: 24, folded: true},                  // N
	{head: "Proposed", width: 34, folded: true},                 // O
	{head: "Kind", width: 20, folded: true},                     // P
	{head: "Class", width: 24, folded: true},                    // Q
	{head: "Conflict", width: 20, folded: true},                 // R
	{head: "GUID of the keeper", width: 38, folded: true},       // S
	{head: guidColumn, width: 38, folded: true},                 // T
	{head: dnColumn, width: 60, folded: true},                   // U
}

const (
	// frozenDecide keeps in sight up to the name of the object that changes.
	frozenDecide = 4
	// printedDecide leaves the cause, which is a link, to the screen.
	printedDecide = 12
)

const (
	// maxPrompts is how many rows have a prompt of their own: each costs a reader time when a
	// workbook is opened.
	maxPrompts = 1000
	// maxCompared is up to how many rows are compared with each other by formulas, whose cost
	// grows with the square.
	maxCompared = 2000
)

// decideRows are the rows of the table of decisions, one for each proposal: those of the
// highest risk first, then by address and by the name of the object.
type decideRows struct {
	proposals []conflicts.Proposal
	risks     []uint8
	order     []int32 // of proposals, by row
	byOwner   []int32 // rows, by conflict and object
}

func newDecideRows(a *conflicts.Audit) decideRows {
	proposals := a.Proposals
	d := decideRows{proposals, make([]uint8, len(proposals)), make([]int32, len(proposals)), make([]int32, len(proposals))}
	for i := range proposals {
		d.order[i], d.byOwner[i] = int32(i), int32(i)
		d.risks[i] = uint8(riskOf(a, &proposals[i]))
	}
	slices.SortFunc(d.order, func(n, m int32) int {
		if c := cmp.Compare(d.risks[m], d.risks[n]); c != 0 {
			return c
		}
		p, q := &proposals[n], &proposals[m]
		if c := cmp.Compare(p.Conflict.Key.Address(), q.Conflict.Key.Address()); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(p.Conflict.Key, q.Conflict.Key), cmp.Compare(p.Owner.Name(), q.Owner.Name()), cmp.Compare(n, m))
	})
	slices.SortFunc(d.byOwner, func(n, m int32) int {
		return cmp.Or(d.compare(n, d.at(int(m)).Conflict, d.at(int(m)).Owner), cmp.Compare(n, m))
	})
	return d
}

// at returns the proposal of a row, from 0.
func (d decideRows) at(row int) *conflicts.Proposal { return &d.proposals[d.order[row]] }

func (d decideRows) compare(row int32, c *conflicts.Conflict, o *conflicts.Owner) int {
	p := d.at(int(row))
	if c := cmp.Compare(p.Conflict.Key, c.Key); c != 0 {
		return c
	}
	return cmp.Compare(p.Owner.DN, o.DN)
}

// row returns the row of an owner of a conflict, if there is a proposal for it.
func (d decideRows) row(c *conflicts.Conflict, o *conflicts.Owner) (row int, ok bool) {
	first, _ := slices.BinarySearchFunc(d.byOwner, 0, func(row int32, _ int) int { return d.compare(row, c, o) })
	for _, row := range d.byOwner[first:] {
		if d.compare(row, c, o) != 0 {
			break
		}
		if d.at(int(row)).Owner.Ref() == o.Ref() {
			return int(row), true
		}
	}
	return 0, false
}

func (b *book) layDecide() error {
	t := &sheetTable{name: decideSheet, count: len(b.decide.order), rows: b.writeDecide, columns: decideColumns, frozen: frozenDecide, printed: printedDecide, large: true,
		empty: "There is nothing to decide: no changes are proposed."}
	t.dress = func(sheet string, lastRow int) error {
		return b.addHighlights(sheet, lastRow, decideHighlights(lastRow))
	}
	return b.lay(t)
}

// decideHighlights color decisions and what they make of the row. Whatever a color says
// stands in words, too.
func decideHighlights(lastRow int) []highlight {
	gray, struck := colored(gray, "", false), colored(gray, "", false)
	struck.Font.Strike = true
	mistake := colored(red, redTint, true)
	list := []highlight{
		{"A", `AND($A2<>"",ISNA(MATCH(TRIM($A2),{"` + strings.Join(allWords, `","`) + `"},0)))`, mistake},
	}
	for _, w := range []string{removeWord, swapWord} { // not on offer
		list = append(list, highlight{"A", fmt.Sprintf(`AND($A2="%s",ISERROR(SEARCH("%s: ",SUBSTITUTE($J2,"No %s: ",""))))`, w, w, w), mistake})
	}
	if lastRow <= maxCompared {
		of := func(words ...string) string { // other rows of the same address
			var counts []string
			for _, w := range words {
				counts = append(counts, fmt.Sprintf(`COUNTIFS($R$2:$R$%d,$R2,$A$2:$A$%d,"%s")`, lastRow, lastRow, w))
			}
			return strings.Join(counts, "+")
		}
		list = append(list,
			highlight{"A", `AND(OR($A2="Approve",$A2="Remove",$A2="Swap"),` + of("Reject", "Defer") + `>0)`, mistake},
			highlight{"A", `AND($A2="Swap",` + of("Swap") + `>1)`, mistake})
	}
	return append(list,
		highlight{"A", `OR($A2="Approve",$A2="Remove")`, colored(green, greenTint, true)},
		highlight{"A", `$A2="Swap"`, colored(blue, blueTint, true)},
		highlight{"A", `OR($A2="Reject",$A2="Defer")`, colored(quiet, "E7E6E6", true)},
		highlight{"C", `$C2="High"`, colored(red, redTint, true)},
		highlight{"C", `$C2="Medium"`, colored(amber, amberTint, true)},
		highlight{"D", `$A2="Swap"`, gray},
		highlight{"F", `$F2<>$O2`, colored(blue, "", true)},
		highlight{"F:G", `OR($A2="Remove",$A2="Swap",$A2="Reject",$A2="Defer")`, struck},
		highlight{"H:I", `$A2="Swap"`, gray},
		highlight{"J", `OR($A2="Remove",$A2="Swap")`, &excelize.Style{Font: &excelize.Font{Bold: true}}},
		highlight{"L", `AND($L2="",OR($A2="Reject",$A2="Defer",AND($A2="Swap",ISNUMBER(SEARCH("` + commentNeeded + `",$J2)))))`, mistake})
}

func (b *book) writeDecide(t *rowWriter) error {
	var because words.Memo
	var d decideRow
	var object cellLines
	for row := range b.decide.order {
		p := b.decide.at(row)
		c, o, keeper := p.Conflict, p.Owner, p.Conflict.Keeper()
		d.set(b, p)
		object.clear()
		object.add(b.name(o.Object))
		object.add(o.Kind())
		cause := cellLink{text: strings.TrimPrefix(c.Cause.Short(), conflicts.Likely.String()+" ")} // as the head says
		if first, ok := b.blocks.first(c.Key); ok {
			cause.to = b.location(evidenceSheet, first)
		}
		if _, n := b.place(decideSheet, row); n <= maxPrompts+1 {
			t.lists.prompt(n, d.offered, "Advice: "+d.advice, d.prompt())
		} else {
			t.lists.offer(n, d.offered)
		}
		if err := t.add(false, false, "", d.advice, riskWord(d.risk), &object, shortAddress(o), d.newAddress, d.mailToo,
			b.name(keeper.Object), because.Say(c, reason), &d.others, d.risks, "", cause,
			b.keys.of(int(b.decide.order[row])), d.newAddress, o.Kind(), string(c.Class), c.ID, &keeper.GUID, &o.GUID, o.DN); err != nil {
			return err
		}
	}
	return nil
}

// shortAddress is the address in conflict as an owner holds it, without its type.
func shortAddress(o *conflicts.Owner) string { return o.Claims[0].Parsed().Trimmed() }

// riskOf is the risk of what a row proposes.
func riskOf(a *conflicts.Audit, p *conflicts.Proposal) conflicts.Risk {
	if replace := a.Replace(p); replace.Offered() {
		return replace.Risk
	}
	remove := a.Remove(p)
	return remove.Risk
}

func riskWord(r conflicts.Risk) string { return words.Capital(r.String()) }
