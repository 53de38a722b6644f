package conflicts

import (
	"fmt"
	"slices"
	"strings"
)

// A reviewer works out what each reply changes.
type reviewer struct {
	audit   *Audit
	opt     *Options
	replies []Reply
	// changes are those of each proposal that is carried out, typed the addresses that were
	// written in the place of proposals.
	changes [][]Change
	typed   map[int]Address
	// warned are the objects that keep no address in an accepted domain, as the choice said.
	warned   map[*Object]bool
	mistakes []Mistake
	names    *Names // made when they are needed
}

func newReviewer(a *Audit, replies []Reply) *reviewer {
	r := &reviewer{audit: a, replies: slices.Clone(replies), opt: a.Scope.options(), changes: make([][]Change, len(replies)), typed: map[int]Address{}, warned: map[*Object]bool{}}
	if len(r.opt.AcceptedDomains)+len(r.opt.PrimaryDomains) == 0 { // of an earlier version: every domain in use will do
		for i := range a.Conflicts {
			for _, o := range a.Conflicts[i].Owners {
				for _, c := range o.Claims {
					r.opt.PrimaryDomains = append(r.opt.PrimaryDomains, DomainKey(c.Parsed().Domain()))
				}
			}
		}
		slices.Sort(r.opt.PrimaryDomains)
		r.opt.PrimaryDomains = slices.Compact(r.opt.PrimaryDomains)
	}
	return r
}

func (r *reviewer) name(o *Object) string {
	if r.names == nil {
		r.names = NewNames(r.audit)
	}
	return r.names.Of(o)
}

func (r *reviewer) owner(i int) *Owner { return r.audit.Proposals[i].Owner }

// giver returns the owner that gives the address up: the keeper if the two swap.
func (r *reviewer) giver(i int) *Owner {
	if r.replies[i].Decision == Swapped {
		return r.audit.Proposals[i].Conflict.Keeper()
	}
	return r.owner(i)
}

func (r *reviewer) mistake(i, other int, field ReplyField, format string, args ...any) {
	r.mistakes = append(r.mistakes, Mistake{Proposal: i, Other: other, Field: field, Problem: fmt.Sprintf(format, args...)})
}

// typedBeside notes an address that would not be taken, because of the decision beside it.
func (r *reviewer) typedBeside(i int, decision string) {
	if reply := &r.replies[i]; reply.Edited && strings.TrimSpace(reply.New) != "" {
		r.mistake(i, -1, NewField, "%s: an address was written, but %s: correct one of them", abridged(reply.New), decision)
	}
}

// pass notes what was written beside a decision that changes nothing.
func (r *reviewer) pass(i int) {
	decision := "nothing is decided"
	if d := r.replies[i].Decision; d != Undecided {
		decision = "the change is " + d.String()
	}
	r.typedBeside(i, decision)
}

// abridged cuts what was typed to what a message has room for.
func abridged(text string) string {
	const room = 300
	if len(text) <= room {
		return text
	}
	return strings.ToValidUTF8(text[:room], "") + "…"
}

// choose finds out what the reply to a proposal changes.
func (r *reviewer) choose(i int) {
	p, reply := &r.audit.Proposals[i], &r.replies[i]
	replace := r.audit.Replace(p)
	choice := replace
	switch reply.Decision {
	case Removed:
		choice = r.audit.Remove(p)
	case Swapped:
		choice = r.audit.Swap(p)
	}
	if !choice.Offered() {
		why := "it is the only address of " + r.name(p.Owner.Object)
		switch {
		case choice.Obstacle.Code != "":
			why = choice.Obstacle.Text(r.names)
		case p.Owner.Primary():
			why = "it is the primary address of " + r.name(p.Owner.Object)
		}
		r.mistake(i, -1, DecisionField, "the address cannot be %s: %s", reply.Decision, why)
		return
	}
	r.changes[i] = choice.Changes
	if choice.Obstacle.Code == KeepsExternal {
		r.warned[p.Owner.Object] = true
	}
	switch {
	case reply.Decision == Removed:
		r.typedBeside(i, "the decision is to remove the old one")
	case reply.Edited:
		r.write(i)
	}
	if risk := newChoice(r.changes[i]).Risk; reply.Decision == Swapped && risk > replace.Risk && reply.Comment == "" {
		r.mistake(i, -1, CommentField, "swapping raises the risk from %s to %s: name who asked for it", replace.Risk, risk)
	}
}

// write uses what was written in the place of a new address.
func (r *reviewer) write(i int) {
	if strings.TrimSpace(r.replies[i].New) == "" {
		r.mistake(i, -1, NewField, "empty: write the new address, for example the proposed %s", r.proposed(i))
		return
	}
	a, problem := r.address(i)
	if problem != "" {
		r.mistake(i, -1, NewField, "%s: %s", abridged(r.replies[i].New), problem)
		return
	}
	news := newsOf(r.changes[i])
	news[0] = a.Raw
	r.typed[i] = a
	r.changes[i] = surrender(new([]Change), r.audit.Proposals[i].Conflict, r.giver(i), news)
}

// proposed returns the address, without its type, that is proposed for the object that changes.
func (r *reviewer) proposed(i int) string {
	return ParseAddress(newsOf(r.changes[i])[0]).Trimmed()
}

// newsOf returns the addresses that changes bring.
func newsOf(changes []Change) (news []string) {
	for i := range changes {
		if c := &changes[i]; c.Attribute == ProxyAddresses && c.New != "" {
			news = append(news, c.New)
		}
	}
	return news
}

// address returns what was written in the place of a new address, with the type of the
// old one, or says what is wrong with it.
func (r *reviewer) address(i int) (a Address, problem string) {
	old, text := ParseAddress(r.giver(i).Claims[0].Value), strings.TrimSpace(r.replies[i].New)
	switch a = ParseAddress(text); {
	case a.Type == "" && !strings.Contains(text, ":"):
		a = ParseAddress(old.Type + ":" + text)
	case !strings.EqualFold(a.Type, old.Type):
		return a, fmt.Sprintf("the type must stay %s:", old.Type)
	case a.Primary() != old.Primary():
		return a, fmt.Sprintf("the type must stay %s:, as capitals tell the primary address", old.Type)
	default:
		a = ParseAddress(old.Type + ":" + a.Trimmed())
	}
	return a, r.opt.improper(a)
}

// Typed returns the approved addresses that were written in the place of proposals, as far as
// they are proper: somebody has to look up whether they are free. There is one reply for each
// proposal, in their order.
func (a *Audit) Typed(replies []Reply) []Address {
	var typed []Address
	r := newReviewer(a, replies)
	for i := range a.Proposals {
		if replies[i].Decision.Made() {
			r.choose(i)
		}
		if t, ok := r.typed[i]; ok {
			typed = append(typed, t)
		}
	}
	return typed
}

// prove finds out whether what was written is free.
func (r *reviewer) prove(blocker func(Address, Ref) *Object) {
	if len(r.typed) == 0 {
		return
	}
	held, reserved := r.held(), r.reserved()
	for i := range r.audit.Proposals {
		a, ok := r.typed[i]
		if !ok {
			continue
		}
		k := a.LooseKey()
		holder := held[k]
		if holder == nil && blocker != nil {
			holder = blocker(a, r.giver(i).Ref())
		}
		other := slices.IndexFunc(reserved[k], func(b reservation) bool { return b.proposal != i })
		switch {
		case holder != nil:
			r.mistake(i, -1, NewField, "%s: held by %s, %s", r.replies[i].New, r.name(holder), holder.DN)
		case other >= 0:
			b := reserved[k][other]
			r.mistake(i, b.proposal, NewField, "%s: reserved for %s", r.replies[i].New, r.name(b.object))
		case blocker == nil:
			r.mistake(i, -1, NewField, "%s: not proven free, because no directory was named to look it up in", r.replies[i].New)
			r.mistakes[len(r.mistakes)-1].Unproven = true
		}
	}
}

// held returns who holds each address that the audit knows to be in use, by its loose
// key: the keeper of one in conflict.
func (r *reviewer) held() map[Key]*Object {
	held := map[Key]*Object{}
	add := func(a Address, o *Object) {
		if k := a.OrSMTP().LooseKey(); held[k] == nil {
			held[k] = o
		}
	}
	for i := range r.audit.Conflicts {
		for _, o := range r.audit.Conflicts[i].Owners {
			for _, c := range o.Claims {
				add(c.Parsed(), o.Object)
			}
		}
	}
	for i := range r.audit.Findings {
		f := &r.audit.Findings[i]
		o := &Object{Entry: Entry{DN: f.DN, GUID: f.GUID}}
		add(ParseAddress(f.Value), o)
		add(mailAddress(f.Value), o)
	}
	return held
}

// A reservation is an address that a proposal has for an object.
type reservation struct {
	proposal int
	object   *Object
}

// reserved returns who gets each address, by its loose key. An address stays reserved,
// whatever is decided, unless another one was written in its place.
func (r *reviewer) reserved() map[Key][]reservation {
	reserved := map[Key][]reservation{}
	add := func(address string, i int, o *Object) {
		if address != "" {
			k := ParseAddress(address).LooseKey()
			reserved[k] = append(reserved[k], reservation{i, o})
		}
	}
	for i := range r.audit.Proposals {
		p := &r.audit.Proposals[i]
		keeper := p.Conflict.Keeper().Object
		typed, written := r.typed[i]
		swap := r.replies[i].Decision == Swapped
		switch {
		case written:
			add(typed.Raw, i, r.giver(i).Object)
		case swap:
			add(p.SwapTo, i, keeper)
		}
		if !written || swap {
			add(p.New, i, p.Owner.Object)
		}
		for _, further := range newsOf(r.audit.changesOf(p)) {
			if further != p.New {
				add(further, i, p.Owner.Object)
			}
		}
		if i == 0 || r.audit.Proposals[i-1].Conflict != p.Conflict {
			add(p.SwapTo, i, keeper)
		}
	}
	return reserved
}

// checkResult applies what was decided and finds objects that would be left in a bad state. Of
// objects whose addresses are not known, as in a document of an earlier version, it says nothing.
func (r *reviewer) checkResult(decided *Audit) {
	changes, taken := map[*Object][]*Change{}, map[*Object]int{}
	for i := range r.changes {
		for n := range r.changes[i] {
			c := &r.changes[i][n]
			changes[c.Object] = append(changes[c.Object], c)
			taken[c.Object] = i
		}
	}
	for i := range r.changes {
		for n := range r.changes[i] {
			o := r.changes[i][n].Object
			if problem := r.result(o, changes[o]); problem != "" && taken[o] == i {
				r.mistake(i, -1, DecisionField, "%s would have %s", r.name(o), problem)
				taken[o] = -1 // told once
			}
		}
	}
}

// result says what is wrong with an object after its changes.
func (r *reviewer) result(o *Object, changes []*Change) string {
	values := slices.Clone(o.ProxyAddresses)
	for _, c := range changes {
		if c.Attribute != ProxyAddresses {
			continue
		}
		at := slices.Index(values, c.Old)
		if at < 0 {
			return ""
		}
		values = slices.Delete(values, at, at+1)
		if c.New != "" {
			values = append(values, c.New)
		}
	}
	accepted := func(v string) bool { a := ParseAddress(v); return a.SMTP() && r.opt.accepts(a.Domain()) }
	switch before, after := primarySMTP(o.ProxyAddresses), primarySMTP(values); {
	case after != 1 && after != before:
		return fmt.Sprintf("%d primary addresses", after)
	case !r.warned[o] && slices.ContainsFunc(o.ProxyAddresses, accepted) && !slices.ContainsFunc(values, accepted):
		return "no address in an accepted domain"
	}
	return ""
}
