package report

import (
	"bufio"
	"io"
	"regexp"
	"strconv"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// CSV writes one row for each owner of each conflict (RFC 4180: CR LF, every cell in
// quotes; UTF-8 without [ByteOrderMark], which programs would take for part of the
// first name). The columns attribute, value and primary are those
// of the owner's first claim, as are action, proposed and risk; also lists the
// others.
//
// The last row is about the scan: it has no conflict, its class is "scan", and its reason says
// what was read and why that is not everything. It is there in every file, so a file without it
// was cut off. If the audit remembers earlier scans, a row without an owner stands before it
// for each conflict that was not found. The column complete repeats in every row whether the
// scan was complete.
//
// Every cell passes [words.Escape], and an apostrophe stands before what a spreadsheet
// could take for a formula (OWASP, "CSV Injection"): at the beginning of a cell, and
// after a semicolon, comma or vertical bar in it, where the cell ends for a program
// with that separator. For exact values use [JSON].
func CSV(w io.Writer, a *conflicts.Audit) error {
	rows := newCSVRows(w)
	var reason words.Memo
	columns := []string{"conflict", "class", "address", "role", "name", "kind", "dn", "guid", "attribute", "value", "primary",
		"also", "action", "proposed", "risk", "risk_reason", "reason", "unresolved"}
	if a.Remembered != nil {
		columns = append(columns, standingColumns...)
	}
	rows.write(append(columns, "complete")...)
	changes := conflicts.NewChangeIndex(a.Changes)
	for i := range a.Conflicts {
		for n := range a.Conflicts[i].Owners {
			rows.write(newCSVRow(&a.Conflicts[i], n, changes, &reason).cells(a)...)
		}
	}
	if a.Remembered != nil {
		for i := range a.Remembered.NotFound {
			rows.write(absentRow(&a.Remembered.NotFound[i]).cells(a)...)
		}
	}
	rows.write(csvRow{class: "scan", reason: words.Completeness(a)}.cells(a)...)
	return rows.flush()
}

// csvRows writes rows. The first error is kept for flush.
type csvRows struct{ out *bufio.Writer }

func newCSVRows(w io.Writer) csvRows { return csvRows{bufio.NewWriter(w)} }

func (r csvRows) write(cells ...string) {
	for i, c := range cells {
		if i > 0 {
			r.out.WriteByte(',')
		}
		r.out.WriteString(`"` + strings.ReplaceAll(csvCell(c), `"`, `""`) + `"`)
	}
	r.out.WriteString("\r\n")
}

func (r csvRows) flush() error { return r.out.Flush() }

// ByteOrderMark at the beginning of a CSV file tells Excel that it is UTF-8.
const ByteOrderMark = "\ufeff"

type csvRow struct {
	conflict, class, address, role, name, kind, dn, guid string
	attribute, value, primary, also                      string
	action, proposed, risk, riskReason                   string
	reason, unresolved                                   string
	standing                                             *conflicts.Standing
}

func newCSVRow(c *conflicts.Conflict, owner int, changes conflicts.ChangeIndex, reason *words.Memo) csvRow {
	o, role := &c.Owners[owner], "owner"
	if owner == 0 {
		role = "keeper"
	}
	first := o.Claims[0]
	change := changes.Claim(c, o, first)
	row := csvRow{
		conflict: c.ID, class: string(c.Class), address: c.Key.Address(), role: role,
		name: o.Name(), kind: o.Kind(), dn: o.DN, guid: o.GUID.String(),
		attribute: first.Attribute.String(), value: first.Value, primary: strconv.FormatBool(first.Primary),
		action: words.Action(owner == 0, change), reason: reason.Say(c, (*conflicts.Conflict).Reason), unresolved: c.Obstacles(), standing: c.Standing,
	}
	if change != nil {
		row.proposed, row.risk, row.riskReason = change.New, change.Risk.String(), change.RiskReason()
	}
	var also []string
	for _, claim := range o.Claims[1:] {
		if change := changes.Claim(c, o, claim); change != nil {
			also = append(also, words.Change(change))
		} else {
			also = append(also, claim.Attribute.String()+": "+claim.Value)
		}
	}
	row.also = strings.Join(also, "; ")
	return row
}

func (r csvRow) cells(a *conflicts.Audit) []string {
	cells := []string{r.conflict, r.class, r.address, r.role, r.name, r.kind, r.dn, r.guid, r.attribute, r.value, r.primary,
		r.also, r.action, r.proposed, r.risk, r.riskReason, r.reason, r.unresolved}
	if a.Remembered != nil {
		cells = append(cells, standingCells(r.standing)...)
	}
	return append(cells, strconv.FormatBool(a.Complete()))
}

// formula matches where one can begin: at a sign, also after a separator, and after
// spaces and quotes, which programs pass over. Escape leaves no tab and no line end.
var formula = regexp.MustCompile(`(^|[;,|])([ \x{3000}"]*[` + words.FormulaSigns + `])`)

// csvCell makes a string safe to show in a cell.
func csvCell(s string) string { return formula.ReplaceAllString(words.Escape(s), "$1'$2") }
