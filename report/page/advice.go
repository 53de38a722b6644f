package page

import (
	"cmp"
	"html/template"
	"iter"
	"slices"

	"proxyaddr/conflicts"
)

// A proposalIndex finds the proposals of a conflict.
type proposalIndex []int32

func newProposalIndex(a *conflicts.Audit) proposalIndex {
	x := make(proposalIndex, len(a.Proposals))
	for i := range x {
		x[i] = int32(i)
	}
	slices.SortStableFunc(x, func(i, j int32) int {
		return cmp.Compare(a.Proposals[i].Conflict.Key, a.Proposals[j].Conflict.Key)
	})
	return x
}

// proposalsOf yields those of a conflict.
func (v *view) proposalsOf(c *conflicts.Conflict) iter.Seq[*conflicts.Proposal] {
	return func(yield func(*conflicts.Proposal) bool) {
		n, _ := slices.BinarySearchFunc(v.proposals, c.Key, func(i int32, k conflicts.Key) int { return cmp.Compare(v.Proposals[i].Conflict.Key, k) })
		for ; n < len(v.proposals); n++ {
			if p := &v.Proposals[v.proposals[n]]; p.Conflict.Key != c.Key || !yield(p) {
				return
			}
		}
	}
}

// proposal returns what may be done about an owner, nil if nothing is proposed for it.
func (v *view) proposal(c *conflicts.Conflict, o *conflicts.Owner) *conflicts.Proposal {
	for p := range v.proposalsOf(c) {
		if p.Owner.Ref() == o.Ref() {
			return p
		}
	}
	return nil
}

// Removable counts the addresses whose removal would do, if all conflicts have cards to tell
// which these are.
func (v *view) Removable() (n int) {
	if v.Rows() > 0 {
		return 0
	}
	for i := range v.Proposals {
		if v.Advice(&v.Proposals[i]) == conflicts.AdviseRemove {
			n++
		}
	}
	return n
}

// Advice says what to choose in the workbook if that is not the change that is proposed.
func (o *ownerCard) Advice() template.HTML {
	v := o.card.view
	p := v.proposal(o.card.Conflict, o.Owner)
	if p == nil {
		return ""
	}
	advice := o.choice(p)
	merge, ok := p.Conflict.Merge(p.Owner)
	switch {
	case !ok:
		return advice
	case advice != "":
		advice += " "
	}
	return advice + say("<b>Or merge:</b> %s.", merge.Text(v.names))
}

func (o *ownerCard) choice(p *conflicts.Proposal) template.HTML {
	v := o.card.view
	switch v.Advice(p) {
	case conflicts.AdviseRemove:
		switch {
		case o.New() == "":
			return ""
		case p.Keeps == "":
			return "<b>Advice: Remove.</b> Nobody needs this address with a number behind it."
		}
		return say("<b>Advice: Remove.</b> It keeps %s, and nothing forwards to the address in conflict.", address(p.Keeps))
	case conflicts.AdviseChoice:
		return say("<b>Or Swap:</b> it keeps the address, and %s gets %s.", v.strong(o.card.Conflict.Keeper().Object), address(bare(p.SwapTo)))
	}
	return ""
}
