package memory

import (
	"fmt"
	"slices"
	"time"

	"proxyaddr/conflicts"
)

// A Scan is what [Matching.Judge] needs of a run beside its conflicts.
type Scan struct {
	// Run has all but its Number, ExitCode, Baseline and Counts.
	Run
	Scope      Scope
	Partitions []Partition
	// Former are the objects of [Matching.Former] as they are now, as far as the account
	// can see them; deleted ones only if their tombstones were read.
	Former []*conflicts.Object
	// Reports tells whether an object lies in the scope; nil means that all do.
	Reports func(dn string) bool
	// Suppressions are those that are given to this run.
	Suppressions []Suppression
	// AcceptDrop resolves also cases whose owners are no longer visible.
	AcceptDrop bool
}

// An Outcome is what a run says of all cases.
type Outcome struct {
	// State is what is to be remembered. The exit code of its last run is the caller's.
	State *State
	// Developments are those of the conflicts that were found, in their order, and then
	// those of the open cases that were not.
	Developments []Development
	// Notes are facts that do not make the run incomplete.
	Notes []string
	// Events are what the history is to have, but for the run itself.
	Events []Event
}

// A Development is what a run says of one case.
type Development struct {
	Case *Case // in the State
	// Conflict is nil if the case was not found.
	Conflict *conflicts.Conflict
	Joined   []Owner
	// Changed says in short clauses what else is not as it was. It fails no run.
	Changed []string
}

// An Event is a line of the history.
type Event struct {
	Kind    string // a [Status], "merged" or "split"
	ID      string
	Class   conflicts.Class
	Address string
	Detail  string
}

// forgetAfter is how long a resolved case is remembered, so that its return is told as one.
const forgetAfter = 366 * 24 * time.Hour

// Judge tells what the run says of each case.
func (m *Matching) Judge(s *Scan) *Outcome {
	j := &judge{Matching: m, Scan: s, read: newFormer(s.Former), out: &Outcome{State: &State{Scope: s.Scope, KeyRules: conflicts.KeyRules}}}
	before := m.before
	if before == nil {
		before = &State{KeyRules: conflicts.KeyRules}
	}
	next := j.out.State
	next.Last = s.Run
	next.Last.Number, next.Last.ExitCode, next.Last.Suppressions = before.Last.Number+1, 0, SuppressionCounts{}
	next.Last.Baseline = before.LastComplete.IsZero()
	next.Last.tidy()
	j.now, j.baseline = next.Last.Time, next.Last.Baseline
	next.LastComplete, next.Partitions = before.LastComplete, before.Partitions
	if s.Complete {
		next.LastComplete, next.Partitions = j.now, slices.Clone(s.Partitions)
	}
	j.suppressions, next.Ended = newSuppressions(s.Suppressions, before.Ended, j.now)
	if s.Suppressions == nil {
		next.Ended = before.Ended
	}
	if n := len(before.Cases); before.KeyRules != conflicts.KeyRules && n > 0 {
		j.note("the rules by which addresses are compared have changed since the last run; remembered conflicts keyed anew: %d", n)
	}
	j.out.Developments = make([]Development, 0, len(m.found))
	if last := before.Last.Time; j.now.Before(last) {
		j.note("the clock shows %s, but the last run was at %s", j.now.Format(time.RFC3339), last.Format(time.RFC3339))
	}
	next.Cases = make([]*Case, 0, len(m.found)+len(before.Cases))
	for i := range m.found {
		j.conflict(i)
	}
	for i := range before.Cases {
		if len(m.heirs[i]) == 0 {
			j.missing(i)
		}
	}
	slices.SortFunc(next.Cases, compareCases)
	j.count()
	return j.out
}

type judge struct {
	*Matching
	*Scan
	now          time.Time
	baseline     bool
	read         former
	suppressions *suppressions
	out          *Outcome
}

func (j *judge) note(format string, args ...any) {
	j.out.Notes = append(j.out.Notes, fmt.Sprintf(format, args...))
}

func (j *judge) event(kind string, c *Case, detail string) {
	j.out.Events = append(j.out.Events, Event{Kind: kind, ID: c.ID, Class: c.Class, Address: c.Address(), Detail: detail})
}

// conflict tells of a conflict that was found.
func (j *judge) conflict(i int) {
	found := &j.found[i]
	c := &Case{ID: found.ID, Class: found.Class, Owners: j.owners[i], FirstSeen: j.now, LastSeen: j.now}
	d := Development{Case: c, Conflict: found}
	var live []*Case
	var old *Cover
	for _, at := range j.cases[i] {
		if before := j.before.Cases[at]; before.Status != Resolved {
			live = append(live, before)
		}
	}
	cases := live
	for _, at := range j.cases[i] {
		before := j.before.Cases[at]
		if before.FirstSeen.Before(c.FirstSeen) {
			c.FirstSeen = before.FirstSeen
		}
		if len(live) == 0 {
			cases = append(cases, before)
		}
	}
	j.name(i, c)
	class := c.Class // what it may be: nothing is forgotten because it was not seen
	if len(cases) > 0 {
		lists, which, worst := make([][]Owner, len(cases)), make([]int, len(cases)), cases[0].Class
		for n, before := range cases {
			lists[n], which[n] = before.Owners, n
			if urgency(before.Class) < urgency(worst) {
				worst = before.Class
			}
			if old == nil || old.Broken && before.Cover != nil {
				old = before.Cover
			}
		}
		d.Joined = joined(c.Owners, newOwnerSet(lists, which...))
		if hidden := j.hidden(i, cases); hidden != nil {
			c.Owners = append(c.Owners, hidden...)
			if urgency(worst) < urgency(class) {
				class = worst
			}
		} else if !j.Complete && urgency(worst) < urgency(class) {
			class = worst
		}
		d.Changed = changed(cases[0], c, worst)
		c.Status = j.seenBefore(i, c, old, len(live) > 0, len(d.Joined) > 0 || urgency(c.Class) < urgency(worst))
	} else {
		c.Status = j.firstSeen(i, c)
	}
	c.Class = class
	j.keep(c)
	j.told(i, d, old)
	j.out.Developments = append(j.out.Developments, d)
}

// seenBefore returns the status of a conflict that is remembered.
func (j *judge) seenBefore(i int, c *Case, old *Cover, live, worse bool) Status {
	s := j.suppressions.of(j.keys[i])
	if s != nil {
		if c.Cover = s.cover(c, old); !c.Cover.Broken {
			return Suppressed
		}
	}
	switch {
	case !live:
		return Reopened
	case worse:
		return Worsened
	case s == nil && old != nil && !old.Broken:
		return Expired
	}
	return Known
}

func (j *judge) firstSeen(i int, c *Case) Status {
	if s := j.suppressions.of(j.keys[i]); s != nil {
		if c.Cover = s.cover(c, nil); !c.Cover.Broken {
			return Suppressed
		}
	}
	if j.baseline {
		return Known
	}
	return New
}

// name gives a case the ID of the oldest one whose first heir it is, and all other names
// as aliases.
func (j *judge) name(i int, c *Case) {
	names := []string{c.ID}
	named := false
	for _, at := range j.cases[i] {
		before := j.before.Cases[at]
		if !named && j.heirs[at][0] == i {
			c.ID, named = before.ID, true
		}
		names = append(append(names, before.ID), before.Aliases...)
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(id string) bool { return id == c.ID })
	if len(names) > 0 {
		c.Aliases = names
	}
}

// hidden returns the owners that a conflict had and that may have the address still,
// though this run did not see it: if they are seen again, that is no news.
func (j *judge) hidden(i int, cases []*Case) []Owner {
	set := newOwnerSet(j.owners, i)
	var hidden []Owner
	for _, before := range cases {
		if before.Status == Resolved {
			continue
		}
		for n := range before.Owners {
			o := &before.Owners[n]
			if set.has(o) || !o.shares(j.keys[i]) {
				continue
			}
			is, _ := j.read.of(o, j.keys[i])
			if !j.Complete || is == holds || is == invisible && !j.AcceptDrop {
				hidden = append(hidden, *o)
			}
		}
	}
	return hidden
}

// missing tells of a case that was not found.
func (j *judge) missing(i int) {
	before := j.before.Cases[i]
	if before.Status == Resolved {
		if Age(before.ResolvedAt, j.now) <= forgetAfter {
			j.keep(before)
		}
		return
	}
	now := *before
	c := &now
	c.Status, c.Reason = Unconfirmed, NotComplete
	if j.Complete {
		c.Status, c.Reason = j.became(c, j.caseKeys[i], j.read)
	}
	if c.Status == Resolved {
		c.ResolvedAt = j.now
	} else if s := j.suppressions.of(j.caseKeys[i]); s != nil {
		if c.Cover = s.cover(c, c.Cover); !c.Cover.Broken {
			c.Status = Suppressed
		}
	}
	j.keep(c)
	if c.Status != before.Status {
		j.event(string(c.Status), c, string(c.Reason))
	}
	j.out.Developments = append(j.out.Developments, Development{Case: c})
}

func (j *judge) keep(c *Case) { j.out.State.Cases = append(j.out.State.Cases, c) }

// told writes down what there is to tell of a conflict that was found.
func (j *judge) told(i int, d Development, old *Cover) {
	c := d.Case
	switch {
	case c.Status.News():
		detail := ""
		for n, o := range d.Joined {
			detail += []string{"joined: ", "; "}[min(n, 1)] + o.DN
		}
		j.event(string(c.Status), c, detail)
	case c.Status == Suppressed && (old == nil || old.Broken):
		j.event(string(Suppressed), c, c.Cover.Reason)
	}
	for _, at := range j.cases[i] {
		switch before := j.before.Cases[at]; {
		case before.ID == c.ID:
		case j.heirs[at][0] != i:
			j.event("split", c, "from "+before.ID)
		default:
			j.event("merged", before, "into "+c.ID)
		}
	}
}
