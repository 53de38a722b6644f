package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"proxyaddr/conflicts"
)

// CSV writes one row for each owner of each conflict (RFC 4180: CR LF, quotes
// where needed; UTF-8 without a byte order mark, which programs would take for
// part of the first name). The columns attribute, value and primary are those
// of the owner's first claim, as are action, proposed and risk; also lists the
// others.
//
// The last row is about the scan: it has no conflict, its class is "scan", and
// its reason says what was read and why that is not everything. It is there in
// every file, so a file without it was cut off. The column complete repeats
// in every row whether the scan was complete.
//
// Every cell passes [Escape], and a cell that a spreadsheet could take for a
// formula (OWASP, "CSV Injection") begins with an apostrophe. For exact values
// use [JSON].
func CSV(w io.Writer, a *conflicts.Audit) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	write := func(cells []string) {
		_ = out.Write(cells) // out.Error returns it
	}
	write([]string{"conflict", "class", "address", "role", "name", "kind", "dn", "guid", "attribute", "value", "primary",
		"also", "action", "proposed", "risk", "risk_reason", "reason", "unresolved", "complete"})
	changes := newPlan(a)
	for i := range a.Conflicts {
		for n := range a.Conflicts[i].Owners {
			write(newCSVRow(&a.Conflicts[i], n, changes).cells(a.Complete()))
		}
	}
	write(csvRow{class: "scan", reason: Completeness(a)}.cells(a.Complete()))
	out.Flush()
	return out.Error()
}

type csvRow struct {
	conflict, class, address, role, name, kind, dn, guid string
	attribute, value, primary, also                      string
	action, proposed, risk, riskReason                   string
	reason, unresolved                                   string
}

func newCSVRow(c *conflicts.Conflict, owner int, changes plan) csvRow {
	o, role := &c.Owners[owner], "owner"
	if owner == 0 {
		role = "keeper"
	}
	first := o.Claims[0]
	change := changes.of(c, o, first)
	row := csvRow{
		conflict: c.ID, class: string(c.Class), address: c.Address, role: role,
		name: o.Name(), kind: o.Kind(), dn: o.DN, guid: o.GUID.String(),
		attribute: first.Attribute, value: first.Value, primary: strconv.FormatBool(first.Primary),
		action: action(owner == 0, change), reason: c.Reason, unresolved: c.Unresolved,
	}
	if change != nil {
		row.proposed, row.risk, row.riskReason = change.New, change.Risk.String(), change.RiskReason
	}
	var also []string
	for _, claim := range o.Claims[1:] {
		if change := changes.of(c, o, claim); change != nil {
			also = append(also, describe(change))
		} else {
			also = append(also, claim.Attribute+": "+claim.Value)
		}
	}
	row.also = strings.Join(also, "; ")
	return row
}

func (r csvRow) cells(complete bool) []string {
	cells := []string{r.conflict, r.class, r.address, r.role, r.name, r.kind, r.dn, r.guid, r.attribute, r.value, r.primary,
		r.also, r.action, r.proposed, r.risk, r.riskReason, r.reason, r.unresolved, strconv.FormatBool(complete)}
	for i, c := range cells {
		cells[i] = csvCell(c)
	}
	return cells
}

// csvCell defuses a cell that begins like a formula. Escape leaves no tab and
// no line end that it could begin with.
func csvCell(s string) string {
	s = Escape(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
