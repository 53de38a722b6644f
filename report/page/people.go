package page

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// people are the objects that change, by what they notice of it.
type people struct {
	Objects           int
	High, Medium, Low int
	// live are mailboxes in use that get another primary address, others the other objects
	// that do.
	live, others primaries
	// Secondary is the number of those that keep their primary address.
	Secondary int
	kinds     map[string]int // of Secondary
}

// primaries are objects that get another primary address, up to maxListed of them in full.
type primaries struct {
	count  int
	listed []*conflicts.Change
}

func (p *primaries) add(c *conflicts.Change) {
	if p.count++; p.count <= maxListed {
		p.listed = append(p.listed, c)
	}
}

// A primaryTable is what the page shows of primaries.
type primaryTable struct {
	Count int
	Rows  []primaryRow
}

type primaryRow struct {
	Name, Kind, Old, New, ID string
	Container                []string
}

// More is the number of those that are not listed.
func (t *primaryTable) More() int { return t.Count - len(t.Rows) }

func (v *view) Live() *primaryTable   { return v.primaryTable(&v.People.live) }
func (v *view) Others() *primaryTable { return v.primaryTable(&v.People.others) }

func (v *view) primaryTable(p *primaries) *primaryTable {
	t := &primaryTable{Count: p.count}
	for _, c := range p.listed {
		t.Rows = append(t.Rows, primaryRow{v.name(c.Object), kind(c.Object), bare(c.Old), bare(c.New), words.Escape(c.Conflict), container(c.Object.DN)})
	}
	return t
}

// newPeople goes through the changes object by object. A map of the objects would take more
// memory than the page.
func newPeople(changes []conflicts.Change) people {
	p := people{kinds: map[string]int{}}
	order := make([]int32, len(changes))
	for i := range order {
		order[i] = int32(i)
	}
	same := func(i, j int32) int {
		a, b := changes[i].Object, changes[j].Object
		if a == b {
			return 0
		}
		if c := bytes.Compare(a.GUID[:], b.GUID[:]); c != 0 {
			return c
		}
		return cmp.Compare(a.DN, b.DN)
	}
	slices.SortFunc(order, func(i, j int32) int { return cmp.Or(same(i, j), cmp.Compare(i, j)) })
	for len(order) > 0 {
		n := 1
		for n < len(order) && same(order[0], order[n]) == 0 {
			n++
		}
		p.add(changes, order[:n])
		order = order[n:]
	}
	inOrder := func(a, b *conflicts.Change) int {
		return cmp.Or(-cmp.Compare(a.Risk, b.Risk), cmp.Compare(a.Key, b.Key))
	}
	slices.SortStableFunc(p.live.listed, inOrder)
	slices.SortStableFunc(p.others.listed, inOrder)
	return p
}

// add counts an object by all its changes.
func (p *people) add(changes []conflicts.Change, its []int32) {
	risk := conflicts.Low
	var primary *conflicts.Change
	for _, i := range its {
		c := &changes[i]
		risk = max(risk, c.Risk)
		if a := conflicts.ParseAddress(c.Old); c.Attribute == conflicts.ProxyAddresses && a.SMTP() && a.Primary() && primary == nil {
			primary = c
		}
	}
	p.Objects++
	switch levelOf(risk) {
	case highRisk:
		p.High++
	case mediumRisk:
		p.Medium++
	default:
		p.Low++
	}
	switch {
	case primary == nil:
		p.Secondary++
		p.kinds[kind(changes[its[0]].Object)]++
	case primary.HasRisk(conflicts.RiskLiveMailbox):
		p.live.add(primary)
	default:
		p.others.add(primary)
	}
}

// Kinds says of what kinds those are that keep their primary address, the most first.
func (p *people) Kinds() []string {
	kinds := slices.SortedFunc(maps.Keys(p.kinds), func(a, b string) int {
		return cmp.Or(-cmp.Compare(p.kinds[a], p.kinds[b]), cmp.Compare(a, b))
	})
	for i, k := range kinds {
		kinds[i] = words.Quantity(p.kinds[k], k)
	}
	return kinds
}
