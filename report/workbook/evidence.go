package workbook

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

func (b *book) layEvidence() error {
	owners := 0
	for i := range b.audit.Conflicts {
		owners += len(b.audit.Conflicts[i].Owners)
	}
	return b.lay(&sheetTable{name: evidenceSheet, count: owners, rows: b.writeEvidence, empty: b.none("conflicts"), frozen: 1, columns: []sheetColumn{
		{head: "Address", width: 30, wrap: true}, {head: "Class", width: 12, wrap: true}, {head: "Why", width: 31, wrap: true},
		{head: "Owner", width: 20, wrap: true, bold: true}, {head: "Kind", width: 14, wrap: true},
		{head: "Role", width: 11}, {head: "Held as", width: 31, wrap: true}, {head: "Created (UTC)", width: 17}, {head: "Last written (UTC)", width: 17},
		{head: "Written by", width: 15, wrap: true}, {head: "Conflict", width: 16, folded: true}, {head: "DN", width: 60, folded: true}, {head: "objectGUID", width: 38, folded: true},
	}})
}

// conflictRows finds the rows of a conflict. A map would take several times the memory.
type conflictRows struct {
	conflicts []conflicts.Conflict
	order     []int32 // of conflicts, by key
	rows      []int32 // the first one of each
}

func newConflictRows(list []conflicts.Conflict) conflictRows {
	r := conflictRows{list, make([]int32, len(list)), make([]int32, len(list))}
	next := 0
	for i := range list {
		r.order[i], r.rows[i] = int32(i), int32(next)
		next += len(list[i].Owners)
	}
	slices.SortFunc(r.order, func(n, m int32) int { return cmp.Compare(list[n].Key, list[m].Key) })
	return r
}

// first returns the first row of a conflict, from 0.
func (r conflictRows) first(key conflicts.Key) (row int, ok bool) {
	at, ok := slices.BinarySearchFunc(r.order, key, func(n int32, key conflicts.Key) int { return cmp.Compare(r.conflicts[n].Key, key) })
	if !ok {
		return 0, false
	}
	return int(r.rows[r.order[at]]), true
}

func (b *book) writeEvidence(t *rowWriter) error {
	var why, kind, held, written cellLines
	for i := range b.audit.Conflicts {
		c := &b.audit.Conflicts[i]
		for j := range c.Owners {
			o := &c.Owners[j]
			address, class := "", ""
			if j == 0 { // and blank below, so that a block is seen as one
				address, class = fullAddress(c), c.Class.Title()
			}
			role := b.roleOf(&why, c, j)
			kindOf(&kind, o)
			heldAs(&held, o)
			writtenBy(&written, o)
			if err := t.add(i%2 == 1, j == 0, address, class, &why, b.name(o.Object), &kind, role, &held,
				o.Created.Time(), o.Written.Time, &written, c.ID, o.DN, &o.GUID); err != nil {
				return err
			}
		}
	}
	return nil
}

// roleOf says what happens to the j-th owner of a conflict, and why.
func (b *book) roleOf(why *cellLines, c *conflicts.Conflict, j int) (role cellLink) {
	why.clear()
	o := &c.Owners[j]
	if j == 0 {
		why.add(c.Reason())
		if c.Standing != nil {
			why.add(words.Capital(c.Standing.Status), ": ", strings.Join(words.Standing(c.Standing), "; "))
		}
		if c.Cause.Certainty != conflicts.NotKnown {
			why.add(words.Capital(c.Cause.Short()), ": ", c.Cause.Evidence().Text(b.names))
		}
		if len(c.Unresolved) > 0 {
			why.add("Not resolved: ", c.Obstacles())
		} else if c.Class == conflicts.CrossAttribute || c.Class == conflicts.NonSMTP {
			why.add("By hand: ", words.ByHand(c))
		}
		return cellLink{text: "keeps"}
	}
	if row, ok := b.decide.row(c, o); ok {
		return cellLink{"changes", b.location(decideSheet, row)}
	}
	held, keeps := o.Claims[0].Attribute, c.Keeper().Claims[0].Attribute
	switch {
	case c.SuppressedBy() != nil:
		why.add(words.Suppression(c.SuppressedBy()))
	case o.Fixed != "":
		why.add("cannot be changed: ", o.Fixed)
	case keeps == conflicts.ProxyAddresses && (held == conflicts.Mail || held == conflicts.UserPrincipalName):
		why.add("not in its proxyAddresses: it receives nothing by the address")
	default:
		why.add(cmp.Or(c.Obstacles(), words.NotProposed))
	}
	return cellLink{text: "not changed"}
}

func fullAddress(c *conflicts.Conflict) string {
	if c.Key.Type() == "smtp" {
		return c.Key.Address()
	}
	return string(c.Key)
}

// heldAs lists the values of an owner that hold the address, as stored.
func heldAs(held *cellLines, o *conflicts.Owner) {
	held.clear()
	for _, c := range o.Claims {
		marks := make([]string, 0, 3)
		if c.Primary {
			marks = append(marks, "primary")
		}
		if c.Padded {
			marks = append(marks, "padded")
		}
		if c.Loose {
			marks = append(marks, "spelled differently")
		}
		held.add(c.Attribute.String(), ": ", c.Value)
		if len(marks) > 0 {
			held.extend(" (", strings.Join(marks, ", "), ")")
		}
	}
}

// kindOf says what an owner is, and whether its account is disabled.
func kindOf(kind *cellLines, o *conflicts.Owner) {
	kind.clear()
	kind.add(o.Kind())
	if o.Disabled {
		kind.add("account disabled")
	}
}

// writtenBy says which domain controller wrote proxyAddresses last, as which version, and which
// account wrote the address.
func writtenBy(lines *cellLines, o *conflicts.Owner) {
	lines.clear()
	if s := o.Written; s.Known() {
		on := "unknown DC"
		if s.Server() != "" {
			on = s.On()
		}
		lines.add(on)
		lines.add("version ", strconv.Itoa(s.Version))
	}
	for _, w := range o.WrittenBy() {
		lines.add("audit log: ", w.String())
	}
}
