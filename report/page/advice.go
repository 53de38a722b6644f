package page

import (
	"html/template"

	"proxyaddr/conflicts"
)

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
	p := v.proposals.Owner(o.card.Conflict, o.Owner)
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
