package request

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
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
	// tell are people whose primary address changes, primary the other objects with such a
	// change; secondary counts the rest.
	tell, primary []*conflicts.Object
	secondary     int
}

// A row is one address that one object gives up. It holds little, as there is one for each
// proposal: most is worked out on demand.
type row struct {
	*conflicts.Proposal
	audit *conflicts.Audit
	// objectRisk is the highest of all rows of the object, first the address by which they
	// are sorted.
	objectRisk conflicts.Risk
	first      string
}

func newPlan(a *conflicts.Audit) plan {
	p := plan{rows: make([]row, len(a.Proposals))}
	for i := range a.Proposals {
		p.rows[i] = row{Proposal: &a.Proposals[i], audit: a}
	}
	p.sum()
	return p
}

// changes are those that are made.
func (r *row) changes() []conflicts.Change { return r.audit.Changes[r.First : r.First+r.Count] }

func (r *row) risk() conflicts.Risk { return r.audit.Proposed(r.Proposal).Risk }

// advice is empty once there is a review.
func (r *row) advice() conflicts.Advice {
	if r.audit.Review != nil {
		return ""
	}
	return r.audit.Advice(r.Proposal)
}

func (r *row) object() *conflicts.Object { return r.changes()[0].Object }

// stays is who keeps the address.
func (r *row) stays() *conflicts.Object { return r.Conflict.Keeper().Object }

// address returns the address in conflict, in the form that the object holds, without its type.
func (r *row) address() string { return conflicts.ParseAddress(r.changes()[0].Old).Trimmed() }

// becomes is what takes the place of the address, without a type; empty if nothing does.
func (r *row) becomes() string {
	if r.changes()[0].New == "" {
		return ""
	}
	return conflicts.ParseAddress(r.changes()[0].New).Trimmed()
}

// primary reports whether it is a primary address.
func (r *row) primary() bool { return conflicts.ParseAddress(r.changes()[0].Old).Primary() }

// mail reports whether the mail attribute changes with it.
func (r *row) mail() bool {
	choice := conflicts.Choice{Changes: r.changes()}
	return choice.Mail()
}

// has reports whether a code is among the risks of the row.
func (r *row) has(code conflicts.StatementCode) bool {
	choice := conflicts.Choice{Changes: r.changes()}
	return choice.HasRisk(code)
}

func (r *row) risks() []conflicts.Statement {
	choice := conflicts.Choice{Changes: r.changes()}
	return choice.Risks()
}

// because says in a few words why the keeper keeps the address.
func (r *row) because() string {
	var reasons []string
	for _, s := range r.Conflict.Reasons() {
		reasons = append(reasons, words.Reason(s))
	}
	return strings.Join(reasons, ", then ")
}

// sum counts the objects and brings the rows into their order.
func (p *plan) sum() {
	slices.SortFunc(p.rows, func(a, b row) int { return cmp.Or(compare(a.object(), b.object()), cmp.Compare(a.First, b.First)) })
	for rows := range p.eachObject() {
		highest := slices.MaxFunc(rows, func(a, b row) int {
			return cmp.Or(cmp.Compare(a.risk(), b.risk()), cmp.Compare(b.address(), a.address()))
		})
		for i := range rows {
			rows[i].objectRisk, rows[i].first = highest.risk(), highest.address()
		}
	}
	slices.SortFunc(p.rows, func(a, b row) int {
		if c := cmp.Or(cmp.Compare(b.objectRisk, a.objectRisk), cmp.Compare(a.first, b.first)); c != 0 {
			return c
		}
		if x, y := a.object(), b.object(); compare(x, y) != 0 {
			return cmp.Or(cmp.Compare(x.DN, y.DN), compare(x, y))
		}
		return cmp.Or(cmp.Compare(b.risk(), a.risk()), cmp.Compare(a.address(), b.address()), cmp.Compare(a.First, b.First))
	})
	for rows := range p.eachObject() {
		o := rows[0].object()
		p.objects++
		p.risks[rows[0].objectRisk]++
		switch primary := slices.ContainsFunc(rows, func(r row) bool { return r.primary() }); {
		case primary && slices.ContainsFunc(rows, func(r row) bool { return r.has(conflicts.RiskLiveMailbox) }):
			p.tell = append(p.tell, o)
		case primary:
			p.primary = append(p.primary, o)
		default:
			p.secondary++
		}
	}
}

// eachObject yields the rows of each object, which stand together.
func (p *plan) eachObject() iter.Seq[[]row] {
	return func(yield func([]row) bool) {
		for rest := p.rows; len(rest) > 0; {
			n := 1
			for n < len(rest) && compare(rest[0].object(), rest[n].object()) == 0 {
				n++
			}
			if !yield(rest[:n]) {
				return
			}
			rest = rest[n:]
		}
	}
}

// compare gives objects an order without a meaning, which saves a plan a map of them.
func compare(x, y *conflicts.Object) int {
	if x == y {
		return 0
	}
	if c := bytes.Compare(x.GUID[:], y.GUID[:]); c != 0 {
		return c
	}
	return cmp.Compare(x.DN, y.DN)
}

// recommended counts the advice.
func (p *plan) recommended() string {
	counts := make(map[conflicts.Advice]int)
	for i := range p.rows {
		counts[p.rows[i].advice()]++
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
