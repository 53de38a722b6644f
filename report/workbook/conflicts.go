package workbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

func (b *book) layConflicts() error {
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

func (b *book) writeConflicts(t *rowWriter) error {
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
				utc(o.Created), writtenLast(o.Written), c.Cause.Short(), why, o.DN, o.GUID.String()); err != nil {
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
		why = cellLines{c.Reason()}
		if c.Standing != nil {
			why = append(why, words.Capital(c.Standing.Status)+": "+strings.Join(words.Standing(c.Standing), "; "))
		}
		if c.Cause.Certainty != conflicts.NotKnown {
			why = append(why, "Evidence: "+c.Cause.Evidence().String())
		}
		if len(c.Unresolved) > 0 {
			why = append(why, "Not resolved: "+c.Obstacles())
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
	case c.SuppressedBy() != nil:
		why = cellLines{words.Suppression(c.SuppressedBy())}
	case o.Fixed != "":
		why = cellLines{"cannot be changed: " + o.Fixed}
	case o.Claims[0].Attribute != conflicts.ProxyAddresses:
		why = cellLines{"not in its proxyAddresses: it receives nothing by the address"}
	default:
		why = cellLines{cmp.Or(c.Obstacles(), words.NotProposed)}
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

func utc(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

func writtenLast(s conflicts.Stamp) cellLines {
	if !s.Known() {
		return cellLines{"unknown"}
	}
	return cellLines{utc(s.Time), s.On(), fmt.Sprintf("version %d", s.Version)}
}
