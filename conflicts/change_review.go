package conflicts

import (
	"fmt"
	"slices"
	"strings"
)

// Decision is what a reviewer says of a change.
type Decision int

const (
	Undecided Decision = iota
	Deferred
	Rejected
	Approved
)

func (d Decision) String() string {
	return [...]string{"not decided", "deferred", "rejected", "approved"}[d]
}

// A Reply is what a reviewer made of one change.
type Reply struct {
	Decision Decision
	// Edited says that New was written in the place of what was proposed.
	Edited  bool
	New     string
	Comment string
}

// A Mistake is why a decision cannot be carried out.
type Mistake struct {
	// Change is the index of the change.
	Change int
	// New says that the mistake is in what was written in the place of the
	// proposal, rather than in the decision.
	New     bool
	Problem string
}

// A Review is what reviewers made of the changes of a scan.
type Review struct {
	// Workbook is the name of the file with the decisions; WorkbookSum and
	// ScanSum are the SHA-256 of it and of the scan that it was made of, in hex.
	Workbook, WorkbookSum, ScanSum string
	// Proposed is the number of changes that were to be decided.
	Proposed int
	// Left are the conflicts whose changes were not approved, in the order of the
	// audit.
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

// Typed returns the addresses that were written in the place of proposals and
// approved, if they may be proposed at all: those of which somebody has to tell
// whether they are free. There is one reply for each change, in their order.
func (a *Audit) Typed(replies []Reply) []Address {
	var typed []Address
	r := newReviewer(a, replies)
	for i := range a.Changes {
		if r.judged(i) && a.Changes[i].Attribute == ProxyAddresses {
			if t, problem := r.address(i); problem == "" {
				typed = append(typed, t)
			}
		}
	}
	return typed
}

// Decide returns the audit with those of its changes that were approved, as they
// were approved, and with the conflicts that are left in its Review. A conflict
// is decided as a whole: if only some of its changes were made, two owners would
// stay. There is one reply for each change, in their order.
//
// What was written in the place of a proposal has to be all that a proposal is.
// Blocker names who keeps an object from getting an address, as
// [Availability.Blocker] does, or returns "" if nobody does; if it is nil, no such
// address is known to be free.
func (a *Audit) Decide(replies []Reply, blocker func(Address, Ref) string) (*Audit, []Mistake) {
	r := newReviewer(a, replies)
	r.replace(blocker)
	r.follow()
	decided := *a
	decided.Changes = nil
	decided.Review = &Review{Proposed: len(a.Changes)}
	ofConflict := map[Key][]int{}
	for i := range a.Changes {
		key := a.Changes[i].Key
		ofConflict[key] = append(ofConflict[key], i)
		if replies[i].Decision == Approved {
			c := a.Changes[i]
			c.New = r.news[i]
			decided.Changes = append(decided.Changes, c)
		}
	}
	for i := range a.Conflicts {
		c := &a.Conflicts[i]
		changes := ofConflict[c.Key]
		n := len(changes)
		left := slices.DeleteFunc(changes, func(i int) bool { return replies[i].Decision == Approved })
		switch {
		case len(left) == 0:
		case len(left) < n:
			r.mistake(left[0], false, "%s: %s, but other changes of the conflict are approved: two objects would keep %s",
				c.ID, replies[left[0]].Decision, c.Key.Address())
		default:
			l := Left{Conflict: c}
			for _, i := range left {
				l.Decision = max(l.Decision, replies[i].Decision)
				if s := replies[i].Comment; s != "" && !slices.Contains(l.Comments, s) {
					l.Comments = append(l.Comments, s)
				}
			}
			decided.Review.Left = append(decided.Review.Left, l)
		}
	}
	return &decided, r.mistakes
}

// A reviewer works out what is to take the place of each old value.
type reviewer struct {
	audit   *Audit
	replies []Reply
	opt     Options
	// news has the new value of every change, bad those that cannot be had.
	news     []string
	bad      map[int]bool
	mistakes []Mistake
}

func newReviewer(a *Audit, replies []Reply) *reviewer {
	r := &reviewer{audit: a, replies: replies, news: make([]string, len(a.Changes)), bad: map[int]bool{}}
	for i := range a.Changes {
		r.news[i] = a.Changes[i].New
	}
	r.opt.AcceptedDomains = a.Scope.AcceptedDomains
	if len(r.opt.AcceptedDomains) == 0 { // then every domain in use will do
		used := map[string]bool{}
		for i := range a.Conflicts {
			for _, o := range a.Conflicts[i].Owners {
				for _, c := range o.Claims {
					if d := c.Parsed().Domain(); d != "" && !used[DomainKey(d)] {
						used[DomainKey(d)] = true
						r.opt.AcceptedDomains = append(r.opt.AcceptedDomains, d)
					}
				}
			}
		}
	}
	return r
}

func (r *reviewer) mistake(change int, isNew bool, format string, args ...any) {
	m := Mistake{change, isNew, fmt.Sprintf(format, args...)}
	if isNew && r.replies[change].New != "" {
		m.Problem = r.replies[change].New + ": " + m.Problem
	}
	r.mistakes = append(r.mistakes, m)
	r.bad[change] = true
}

// judged reports whether what was written over a proposal is to be carried out.
func (r *reviewer) judged(i int) bool {
	return r.replies[i].Edited && r.replies[i].Decision == Approved
}

// address returns what was written in the place of a proxy address, with the
// type of the old one, or says what is wrong with it.
func (r *reviewer) address(i int) (a Address, problem string) {
	old, text := ParseAddress(r.audit.Changes[i].Old), strings.TrimSpace(r.replies[i].New)
	switch a = ParseAddress(text); {
	case r.audit.Changes[i].New == "":
		return a, "nothing is to take the place of this value"
	case text == "":
		return a, "no new value: the change replaces the old one"
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

// replace takes in what was written in the place of proxy addresses.
func (r *reviewer) replace(blocker func(Address, Ref) string) {
	var typed []int
	parsed := map[int]Address{}
	for i := range r.audit.Changes {
		if !r.replies[i].Edited || r.audit.Changes[i].Attribute != ProxyAddresses {
			continue
		}
		a, problem := r.address(i)
		switch {
		case problem == "":
			r.news[i] = a.Raw
			parsed[i] = a
			if r.judged(i) {
				typed = append(typed, i)
			}
		case r.judged(i):
			r.mistake(i, true, "%s", problem)
		}
	}
	if len(typed) == 0 {
		return
	}
	held, proposed := r.held(), r.proposed()
	for _, i := range typed {
		a := parsed[i]
		dn := held[a.LooseKey()]
		if dn == "" && blocker != nil {
			dn = blocker(a, r.audit.Changes[i].Object.Ref())
		}
		switch {
		case dn != "":
			r.mistake(i, true, "held by %s", dn)
		case len(proposed[a.LooseKey()]) > 1:
			r.mistake(i, true, "the new value of another change, too")
		case blocker == nil:
			r.mistake(i, true, "not proven free, as no directory was named to look it up in")
		}
	}
}

// held returns who holds each address that the audit knows to be in use, by its loose
// key: the keeper of one in conflict.
func (r *reviewer) held() map[Key]string {
	held := map[Key]string{}
	add := func(a Address, dn string) {
		if k := a.OrSMTP().LooseKey(); held[k] == "" {
			held[k] = dn
		}
	}
	for i := range r.audit.Conflicts {
		for _, o := range r.audit.Conflicts[i].Owners {
			for _, c := range o.Claims {
				add(c.Parsed(), o.DN)
			}
		}
	}
	for i := range r.audit.Findings {
		f := &r.audit.Findings[i]
		add(ParseAddress(f.Value), f.DN)
		add(mailAddress(f.Value), f.DN)
	}
	return held
}

// proposed returns the changes that would bring each address, by its loose key.
func (r *reviewer) proposed() map[Key][]int {
	proposed := map[Key][]int{}
	for i := range r.audit.Changes {
		if r.audit.Changes[i].Attribute != ProxyAddresses || r.news[i] == "" {
			continue
		}
		k := ParseAddress(r.news[i]).LooseKey()
		proposed[k] = append(proposed[k], i)
	}
	return proposed
}

// follow has mail become what the proxy address became that it followed.
func (r *reviewer) follow() {
	type part struct {
		conflict Key
		object   Ref
	}
	replaced := map[part][]int{}
	for i := range r.audit.Changes {
		if c := &r.audit.Changes[i]; c.Attribute == ProxyAddresses {
			p := part{c.Key, c.Object.Ref()}
			replaced[p] = append(replaced[p], i)
		}
	}
	for i := range r.audit.Changes {
		c := &r.audit.Changes[i]
		if c.Attribute != Mail {
			continue
		}
		changes := replaced[part{c.Key, c.Object.Ref()}]
		followed := slices.IndexFunc(changes, func(j int) bool {
			return c.New != "" && ParseAddress(r.audit.Changes[j].New).Trimmed() == c.New
		})
		if followed < 0 {
			if r.judged(i) {
				r.mistake(i, true, "mail follows no proxy address here")
			}
			continue
		}
		j := changes[followed]
		r.news[i] = ParseAddress(r.news[j]).Trimmed()
		if r.judged(i) && !r.bad[j] && MailKey(strings.TrimSpace(r.replies[i].New)) != MailKey(r.news[i]) {
			r.mistake(i, true, "mail follows the proxy address, which becomes %s", r.news[i])
		}
	}
}
