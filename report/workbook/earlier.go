package workbook

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"

	"proxyaddr/conflicts"
)

// tableOfChanges is the table in which people decided in workbooks of earlier versions, change
// by change. It has the attribute where today's has the GUID.
func tableOfChanges(a *conflicts.Audit) *reviewTable {
	t := &reviewTable{name: "Changes", keys: make(map[string]int, len(a.Changes)),
		heads: [columnsRead]string{decisionColumn, "Old value", "New value", commentColumn, "Change", "Attribute", dnColumn}}
	of := make([]*conflicts.Conflict, len(a.Changes))
	for i := range a.Proposals {
		p := &a.Proposals[i]
		for n := p.First; n < p.First+p.Count; n++ {
			of[n] = p.Conflict
		}
	}
	for n := range a.Changes {
		for again := 0; ; again++ {
			key := keyOfChange(&a.Changes[n], again)
			if _, used := t.keys[key]; !used {
				t.keys[key] = n
				break
			}
		}
	}
	t.row = func(n int) reviewRow {
		c := &a.Changes[n]
		return reviewRow{of[n], c.Old, c.Attribute.String(), c.Object.DN, c.New}
	}
	return t
}

// keyOfChange is the key of a change in workbooks of earlier versions; again counts those before
// it that have the same.
func keyOfChange(c *conflicts.Change, again int) string {
	dn := ""
	if c.Object.GUID == (conflicts.GUID{}) {
		dn = c.Object.DN
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %s%q %s %q %q %d", c.Conflict, c.Object.GUID, dn, c.Attribute, c.Old, c.New, again))
	return c.Conflict + "/" + base32.StdEncoding.EncodeToString(sum[:])[:6]
}

// joinChanges makes the replies to changes those to proposals: all changes of one have to be
// decided alike.
func (d *Decisions) joinChanges() {
	changes, places := d.replies, d.places
	d.replies, d.places = make([]conflicts.Reply, len(d.audit.Proposals)), make([]place, len(d.audit.Proposals))
	for i := range d.audit.Proposals {
		p := &d.audit.Proposals[i]
		first := &changes[p.First]
		d.replies[i], d.places[i] = *first, places[p.First]
		if first.Decision == conflicts.Approved && p.New == "" {
			d.replies[i].Decision, d.replies[i].Edited = conflicts.Removed, false
		}
		for n := p.First + 1; n < p.First+p.Count; n++ {
			switch r, at := &changes[n], places[n]; {
			case d.unclear[p.Conflict.Key] || at.sheet == nil:
			case r.Decision != first.Decision:
				d.wrong(at, decisionAt, "%s, but the first change of the object is %s", r.Decision, first.Decision)
			case r.Edited && r.Decision == conflicts.Approved:
				d.wrong(at, newAt, "write a new address over the first change of the object: the others follow")
			}
		}
	}
}
