package conflicts

import "slices"

// Decision is what a reviewer says of a proposal.
type Decision int

const (
	Undecided Decision = iota
	Deferred
	Rejected
	// Approved takes the new address for the owner, Removed none, and Swapped leaves the
	// owner the address and gives the keeper another one.
	Approved
	Removed
	Swapped
)

func (d Decision) String() string {
	return [...]string{"not decided", "deferred", "rejected", "approved", "removed", "swapped"}[d]
}

// Made reports whether the decision changes an object.
func (d Decision) Made() bool { return d >= Approved }

// A Reply is what a reviewer made of one proposal.
type Reply struct {
	Decision Decision
	// Edited says that New was written in the place of what was proposed. It is for the
	// object that changes: the owner, or the keeper if the decision is Swapped.
	Edited  bool
	New     string
	Comment string
}

// A ReplyField is a part of a Reply.
type ReplyField int

const (
	DecisionField ReplyField = iota
	NewField
	CommentField
)

// A Mistake is why a decision cannot be carried out.
type Mistake struct {
	// Proposal is the index of the proposal, Other that of another one that stands against
	// it, or -1.
	Proposal, Other int
	// Field is the part of the reply that has to be corrected.
	Field   ReplyField
	Problem string
	// Unproven says that nothing is wrong with the reply but that no directory was asked
	// whether the address is free.
	Unproven bool
}

// A Review is what reviewers made of the proposals of a scan.
type Review struct {
	// Workbook is the name of the file with the decisions; WorkbookSum and
	// ScanSum are the SHA-256 of it and of the scan that it was made of, in hex.
	Workbook, WorkbookSum, ScanSum string
	// Proposed is the number of proposals that were to be decided.
	Proposed int
	// Left are the conflicts without an approved proposal, in the order of the audit.
	Left []Left
}

// Left is a conflict that stays as it is.
type Left struct {
	Conflict *Conflict
	Decision Decision
	Comments []string
}

// Count returns the number of conflicts that are left by a decision.
func (r *Review) Count(d Decision) (n int) {
	for i := range r.Left {
		if r.Left[i].Decision == d {
			n++
		}
	}
	return n
}

// Decide returns the audit with the decisions carried out. Its Proposals are the approved ones,
// each with its Reply, its Changes what they change; the conflicts that are left are in its
// Review. In a conflict with a swap the owner that keeps the address is the Keeper, chosen in
// review, and the proposal is for the one that gives it up.
//
// A conflict is decided as a whole: otherwise two owners would keep the address. There is
// one reply for each proposal, in their order. All mistakes are returned at once.
//
// What was written in the place of a proposal has to be all that a proposal is.
// Blocker returns who keeps an object from getting an address, as
// [Availability.Blocker] does, or nil if nobody does. Without it, no such address is known
// to be free.
func (a *Audit) Decide(replies []Reply, blocker func(Address, Ref) *Object) (*Audit, []Mistake) {
	r := newReviewer(a, replies)
	for i := range a.Proposals {
		if replies[i].Decision.Made() {
			r.choose(i)
		} else {
			r.pass(i)
		}
	}
	r.prove(blocker)
	of := map[Key][]int{}
	for i := range a.Proposals {
		k := a.Proposals[i].Conflict.Key
		of[k] = append(of[k], i)
	}
	decided := *a
	decided.Conflicts, decided.Proposals, decided.Changes = slices.Clone(a.Conflicts), nil, nil
	decided.Review = &Review{Proposed: len(a.Proposals)}
	for n := range decided.Conflicts {
		c := &decided.Conflicts[n]
		list := of[c.Key]
		switch made := r.together(c, list); {
		case len(list) == 0:
		case made:
			r.carryOut(&decided, c, list)
		default:
			decided.Review.Left = append(decided.Review.Left, r.leave(c, list))
		}
	}
	r.checkResult(&decided)
	slices.SortStableFunc(r.mistakes, func(a, b Mistake) int { return a.Proposal - b.Proposal })
	return &decided, r.mistakes
}

// together reports whether anything has to be done in a conflict, and compares the decisions on
// it with each other.
func (r *reviewer) together(c *Conflict, list []int) bool {
	made, swap := -1, -1
	for _, i := range list {
		d := r.replies[i].Decision
		if d.Made() && made < 0 {
			made = i
		}
		if d == Swapped && swap < 0 {
			swap = i
		}
	}
	if made < 0 {
		return false
	}
	for _, i := range list {
		switch d := r.replies[i].Decision; {
		case !d.Made():
			r.mistake(i, made, DecisionField, "%s, but for %s it is %s: two objects would keep %s",
				d, r.name(r.owner(made).Object), r.replies[made].Decision, c.Key.Address())
		case d == Swapped && i != swap:
			r.mistake(i, swap, DecisionField, "only one object can keep %s, and %s is to keep it too", c.Key.Address(), r.name(r.owner(swap).Object))
		}
	}
	return true
}

// leave returns a conflict that stays as it is.
func (r *reviewer) leave(c *Conflict, list []int) Left {
	l := Left{Conflict: c}
	for _, i := range list {
		l.Decision = max(l.Decision, r.replies[i].Decision)
		if s := r.replies[i].Comment; s != "" && !slices.Contains(l.Comments, s) {
			l.Comments = append(l.Comments, s)
		}
	}
	return l
}

// carryOut adds the approved proposals of a conflict to the decided audit.
func (r *reviewer) carryOut(decided *Audit, c *Conflict, list []int) {
	owner := r.giver // of the address in c
	if swap := slices.IndexFunc(list, func(i int) bool { return r.replies[i].Decision == Swapped }); swap >= 0 {
		i := list[swap]
		c.prefer(r.owner(i).Ref(), r.replies[i].Comment)
		places := make(map[Ref]*Owner, len(c.Owners))
		for n := range c.Owners {
			places[c.Owners[n].Ref()] = &c.Owners[n]
		}
		owner = func(i int) *Owner { return places[r.giver(i).Ref()] }
	}
	for _, i := range list {
		p := Proposal{Conflict: c, Owner: owner(i), First: int32(len(decided.Changes)), Count: int32(len(r.changes[i])), Reply: &r.replies[i]}
		if news := newsOf(r.changes[i]); len(news) > 0 {
			p.New = news[0]
		}
		decided.Proposals = append(decided.Proposals, p)
		decided.Changes = append(decided.Changes, r.changes[i]...)
	}
}

// prefer makes an owner the keeper of the conflict, which shares no owners with the one
// that it was copied from afterwards.
func (c *Conflict) prefer(owner Ref, comment string) {
	at := slices.IndexFunc(c.Owners, func(o Owner) bool { return o.Ref() == owner })
	owners := slices.Clone(c.Owners)
	chosen := owners[at]
	owners = slices.Delete(owners, at, at+1)
	slices.SortFunc(owners, func(a, b Owner) int { return compareObjects(a.Object, b.Object) })
	c.Owners = slices.Insert(owners, 0, chosen)
	c.Kept, c.Verbatim = []StatementCode{ByReview}, comment
	// The keeper of an address may log on with it.
	c.Unresolved = slices.DeleteFunc(slices.Clone(c.Unresolved), func(s Statement) bool { return s.Code == LogonName && s.Object.Ref() == owner })
}
