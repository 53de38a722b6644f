package request

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// A plan is what the request asks for: a row for each address that an object gives up.
type plan struct {
	// rows have the highest risk first, and those of an object together.
	rows []row
	// objects counts those that change, risks each of them by the highest of its risks.
	objects int
	risks   [3]int
	// tell are people whose primary address changes, primary the other objects of which that
	// is true; secondary counts the rest.
	tell, primary []*conflicts.Object
	secondary     int
}

// A row is one address that one object gives up.
type row struct {
	conflict *conflicts.Conflict
	object   *conflicts.Object
	// stays is who keeps the address.
	stays *conflicts.Object
	// address is the one in conflict as the object has it, new what takes its place: empty if
	// nothing does. Both are without a type.
	address, new string
	// mail says that the mail attribute changes with it, primary that it is a primary address.
	mail, primary bool
	risk          conflicts.Risk
	risks         []conflicts.Statement
	// objectRisk is the highest of all rows of the object.
	objectRisk conflicts.Risk
	advice     conflicts.Advice
	// because says why the address stays where it stays.
	because string
}

func newPlan(a *conflicts.Audit) plan {
	var p plan
	for i := range a.Proposals {
		proposal := &a.Proposals[i]
		r := newRow(proposal.Conflict, a.Proposed(proposal))
		if a.Review == nil {
			r.advice = a.Advice(proposal)
		}
		p.rows = append(p.rows, r)
	}
	p.sum()
	return p
}

// newRow makes a row of what is chosen for one owner of a conflict.
func newRow(c *conflicts.Conflict, choice conflicts.Choice) row {
	first := &choice.Changes[0]
	old := conflicts.ParseAddress(first.Old)
	r := row{conflict: c, object: first.Object, stays: c.Keeper().Object, because: because(c), address: old.Trimmed(), primary: old.Primary(), risk: choice.Risk, risks: choice.Risks()}
	if first.New != "" {
		r.new = conflicts.ParseAddress(first.New).Trimmed()
	}
	r.mail = slices.ContainsFunc(choice.Changes, func(c conflicts.Change) bool { return c.Attribute == conflicts.Mail })
	return r
}

// because says in a few words why the keeper of a conflict keeps its address.
func because(c *conflicts.Conflict) string {
	var reasons []string
	for _, s := range c.Reasons() {
		reasons = append(reasons, words.Reason(s))
	}
	return strings.Join(reasons, ", then ")
}

// sum counts the objects and brings the rows into their order.
func (p *plan) sum() {
	type object struct {
		*conflicts.Object
		risk    conflicts.Risk
		primary bool
		live    bool
		first   string
	}
	objects := make(map[conflicts.Ref]*object)
	for i := range p.rows {
		r := &p.rows[i]
		o := objects[r.object.Ref()]
		if o == nil {
			o = &object{Object: r.object, first: r.address}
			objects[r.object.Ref()] = o
		}
		if r.risk > o.risk || r.risk == o.risk && r.address < o.first {
			o.first = r.address
		}
		o.risk, o.primary = max(o.risk, r.risk), o.primary || r.primary
		o.live = o.live || slices.ContainsFunc(r.risks, func(s conflicts.Statement) bool { return s.Code == conflicts.RiskLiveMailbox })
	}
	slices.SortStableFunc(p.rows, func(a, b row) int {
		x, y := objects[a.object.Ref()], objects[b.object.Ref()]
		if x != y {
			return cmp.Or(cmp.Compare(y.risk, x.risk), cmp.Compare(x.first, y.first), cmp.Compare(x.DN, y.DN))
		}
		return cmp.Or(cmp.Compare(b.risk, a.risk), cmp.Compare(a.address, b.address))
	})
	p.objects = len(objects)
	var last *conflicts.Object
	for i := range p.rows {
		o := objects[p.rows[i].object.Ref()]
		p.rows[i].objectRisk = o.risk
		if o.Object == last {
			continue
		}
		last = o.Object
		p.risks[o.risk]++
		switch {
		case o.primary && o.live:
			p.tell = append(p.tell, o.Object)
		case o.primary:
			p.primary = append(p.primary, o.Object)
		default:
			p.secondary++
		}
	}
}

// recommended counts the advice.
func (p *plan) recommended() string {
	counts := make(map[conflicts.Advice]int)
	for i := range p.rows {
		counts[p.rows[i].advice]++
	}
	var parts []string
	for _, advice := range []conflicts.Advice{conflicts.AdviseReplace, conflicts.AdviseRemove, conflicts.AdviseChoice} {
		if n := counts[advice]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", adviceWord[advice], words.Number(n)))
		}
	}
	return strings.Join(parts, ", ")
}

// adviceWord is the decision that an advice asks for.
var adviceWord = map[conflicts.Advice]string{
	conflicts.AdviseReplace: "Approve", conflicts.AdviseRemove: "Remove", conflicts.AdviseChoice: "choose",
}
