package conflicts

import (
	"fmt"
	"slices"
)

// Synchronization of address lists makes for each mailbox of a forest a contact in the others. A
// pointer is such a contact, or mail user: its targetAddress is an address of a mailbox in another
// forest. An address that both have is the mailbox's: the contact only leads to it.
type pointers struct {
	// mailboxes are those to which each pointer leads.
	mailboxes map[*Object][]*Object
	// leftOut are the pointers of which a claim was left out.
	leftOut map[*Object]bool
}

// newPointers finds the pointers among objects. Without two forests there are none.
func newPointers(objects []*Object) *pointers {
	p := &pointers{mailboxes: map[*Object][]*Object{}, leftOut: map[*Object]bool{}}
	if !inSeveralForests(objects) {
		return p
	}
	candidates := map[Key][]*Object{} // by their targets
	for _, o := range objects {
		if rank := o.rank(); o.TargetAddress != "" && (rank == contactRank || rank == mailUserRank) {
			k := ParseAddress(o.TargetAddress).OrSMTP().LooseKey()
			candidates[k] = append(candidates[k], o)
		}
	}
	for _, m := range objects {
		if m.rank() != mailboxRank || len(candidates) == 0 {
			continue
		}
		for _, v := range m.ProxyAddresses {
			for _, o := range candidates[ParseAddress(v).LooseKey()] {
				if list := p.mailboxes[o]; apart(o, m) && (len(list) == 0 || list[len(list)-1] != m) {
					p.mailboxes[o] = append(list, m)
				}
			}
		}
	}
	return p
}

// Pointers returns those of some objects that are pointers to others of them.
func Pointers(objects []*Object) map[*Object]bool {
	led := map[*Object]bool{}
	for o := range newPointers(objects).mailboxes {
		led[o] = true
	}
	return led
}

func inSeveralForests(objects []*Object) bool {
	known := slices.IndexFunc(objects, func(o *Object) bool { return o.Forest != "" })
	return known >= 0 && slices.ContainsFunc(objects[known:], func(o *Object) bool { return apart(o, objects[known]) })
}

// apart reports whether two objects are known to be in different forests.
func apart(a, b *Object) bool { return a.Forest != "" && b.Forest != "" && a.Forest != b.Forest }

// claimants returns the owners of an address without the pointers among them, and what these lead
// to. A pointer stays if its own forest has another holder of the address: there the two are
// duplicates. If nobody but them and one mailbox has it, they are the ones in conflict.
func (p *pointers) claimants(owners []Owner) []Owner {
	if !slices.ContainsFunc(owners, func(o Owner) bool { return p.mailboxes[o.Object] != nil }) {
		return owners
	}
	present := make(map[*Object]bool, len(owners))
	holders := map[string]int{} // by forest
	for i := range owners {
		o := &owners[i]
		present[o.Object] = true
		if o.has(ProxyAddresses) {
			holders[o.Forest]++
		}
	}
	var left []Owner
	var others []*Object // that are no pointers
	for _, o := range owners {
		leads := slices.ContainsFunc(p.mailboxes[o.Object], func(m *Object) bool { return present[m] })
		if leads && (!o.has(ProxyAddresses) || holders[o.Forest] == 1) {
			p.leftOut[o.Object] = true
			continue
		}
		if !leads {
			others = append(others, o.Object)
		}
		left = append(left, o)
	}
	if len(others) == 1 && others[0].rank() == mailboxRank && len(left) > 2 {
		left = slices.DeleteFunc(left, func(o Owner) bool { return o.Object == others[0] })
	}
	return left
}

// findings tell of the pointers that were left out.
func (p *pointers) findings(opt *Options) (found []Finding) {
	for o := range p.leftOut {
		if opt.Reports(o.DN) {
			found = append(found, Finding{Kind: Pointer, DN: o.DN, GUID: o.GUID, Value: o.TargetAddress, Other: p.mailboxes[o][0].DN})
		}
	}
	slices.SortFunc(found, compareFindings)
	return found
}

// noteOnPointers says how many pointers there are, "" for none.
func noteOnPointers(found []Finding) string {
	n := 0
	for i := range found {
		if found[i].Kind == Pointer {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return "1 contact or mail user has the address of a mailbox in another forest and forwards to it: a pointer, not a conflict"
	}
	return fmt.Sprintf("%d contacts and mail users have addresses of mailboxes in other forests and forward to them: pointers, not conflicts", n)
}
