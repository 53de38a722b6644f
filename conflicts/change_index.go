package conflicts

import (
	"cmp"
	"iter"
	"slices"
)

// A ChangeIndex finds the changes of a conflict, and those of one owner. A map would take
// ten times the memory.
type ChangeIndex struct {
	changes []Change
	order   ordered // by conflict and the name of the object
}

// NewChangeIndex returns an index of changes, which are not to be changed meanwhile.
func NewChangeIndex(changes []Change) ChangeIndex {
	x := ChangeIndex{changes: changes}
	x.order = newOrdered(len(changes), func(n, m int32) int { return x.compare(n, changes[m].Key, changes[m].Object.DN) })
	return x
}

// compare compares the n-th change with one of a conflict and an object.
func (x ChangeIndex) compare(n int32, conflict Key, dn string) int {
	c := &x.changes[n]
	return cmp.Or(cmp.Compare(c.Key, conflict), cmp.Compare(c.Object.DN, dn))
}

// First returns the index of the first change of a conflict, or -1 if there is none.
func (x ChangeIndex) First(c *Conflict) int {
	found := x.order.equal(func(n int32) int { return cmp.Compare(x.changes[n].Key, c.Key) })
	if len(found) == 0 {
		return -1
	}
	return int(slices.Min(found))
}

// Owner returns the changes of an owner in a conflict, in their order.
func (x ChangeIndex) Owner(c *Conflict, o *Owner) []*Change {
	var changes []*Change
	for _, n := range x.order.equal(func(n int32) int { return x.compare(n, c.Key, o.DN) }) {
		if change := &x.changes[n]; change.Object.Ref() == o.Ref() {
			changes = append(changes, change)
		}
	}
	return changes
}

// Claim returns the change of one claim of an owner, or nil.
func (x ChangeIndex) Claim(c *Conflict, o *Owner, claim Claim) *Change {
	for _, change := range x.Owner(c, o) {
		if change.Attribute == claim.Attribute && change.Old == claim.Value {
			return change
		}
	}
	return nil
}

// ordered are the indices of a list in an order of its elements.
type ordered []int32

func newOrdered(n int, compare func(n, m int32) int) ordered {
	order := make(ordered, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, compare)
	return order
}

// equal returns that part of the order for which compare gives zero.
func (o ordered) equal(compare func(n int32) int) []int32 {
	first, _ := slices.BinarySearchFunc(o, 0, func(n int32, _ int) int { return compare(n) })
	last := first
	for last < len(o) && compare(o[last]) == 0 {
		last++
	}
	return o[first:last]
}

// A ProposalIndex finds the proposals of a conflict, and that of one owner.
type ProposalIndex struct {
	proposals []Proposal
	order     ordered // by conflict
}

// NewProposalIndex returns an index of proposals, which are not to be changed meanwhile.
func NewProposalIndex(proposals []Proposal) ProposalIndex {
	return ProposalIndex{proposals, newOrdered(len(proposals), func(n, m int32) int {
		return cmp.Compare(proposals[n].Conflict.Key, proposals[m].Conflict.Key)
	})}
}

// Of yields the proposals of a conflict.
func (x ProposalIndex) Of(c *Conflict) iter.Seq[*Proposal] {
	return func(yield func(*Proposal) bool) {
		for _, n := range x.order.equal(func(n int32) int { return cmp.Compare(x.proposals[n].Conflict.Key, c.Key) }) {
			if !yield(&x.proposals[n]) {
				return
			}
		}
	}
}

// Owner returns the proposal for an owner of a conflict, nil if there is none.
func (x ProposalIndex) Owner(c *Conflict, o *Owner) *Proposal {
	for p := range x.Of(c) {
		if p.Owner.Ref() == o.Ref() {
			return p
		}
	}
	return nil
}
