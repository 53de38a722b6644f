package memory

import (
	"fmt"
	"slices"
	"time"

	"proxyaddr/conflicts"
)

// A Scan is what [Matching.Judge] needs to know about a run besides its conflicts.
type Scan struct {
	// Run is filled in except Number, Duration, ExitCode, Baseline and Counts.
	Run
	Scope Scope
	// Partitions are not used if only changes were read.
	Partitions []Partition
	// Bookmark is what the next run can build on.
	Bookmark *conflicts.Bookmark
	// Former is the current state of the objects of [Matching.Former] that the account can see;
	// deleted ones only if their tombstones were read.
	Former []*conflicts.Object
	// Reports tells whether an object lies in the scope; nil means that all do.
	Reports func(dn string) bool
	// Suppressions are the suppressions for this run.
	Suppressions []Suppression
	// AcceptDrop also resolves cases whose owners are no longer visible.
	AcceptDrop bool
}

// A Judgment is the result of a run for all cases.
type Judgment struct {
	// State is what is to be remembered. The caller sets the exit code of its last run.
	State *State
	// Developments are first the conflicts that were found, in their order, and then the open
	// cases that were not.
	Developments []Development
	// Notes are facts that do not make the run incomplete.
	Notes []string
	// History is what to add to the history, except the run itself.
	History []HistoryEntry
}

// A Development is the result of a run for one case.
type Development struct {
	Case *Case // in the State
	// Conflict is nil if the case was not found.
	Conflict *conflicts.Conflict
	Joined   []Owner
	// Changed says in short clauses what else changed. It makes no run fail.
	Changed []string
}

// A HistoryEntry is a line of the history.
type HistoryEntry struct {
	Kind    string // a [Status], "merged" or "split"
	ID      string
	Class   conflicts.Class
	Address string
	Detail  string
}

// Tells reports whether there is something to tell people: news, or conflicts that are gone or no
// longer seen. Suppressed conflicts do not count.
func (j *Judgment) Tells() bool {
	return slices.ContainsFunc(j.History, func(e HistoryEntry) bool {
		s := Status(e.Kind)
		return s.News() || s == Resolved || s == Unconfirmed
	})
}

// forgetAfter is how long a resolved case is remembered, so that it can be reported as reopened.
const forgetAfter = 366 * 24 * time.Hour

// Judge returns the result of the run for each case.
func (m *Matching) Judge(s *Scan) *Judgment {
	j := &judge{Matching: m, Scan: s, read: newFormer(s.Former), out: &Judgment{State: &State{Scope: s.Scope, KeyRules: conflicts.KeyRules}}}
	before := m.before
	if before == nil {
		before = &State{KeyRules: conflicts.KeyRules}
	}
	next := j.out.State
	next.Last = s.Run
	next.Last.Number, next.Last.ExitCode, next.Last.Suppressions = before.Last.Number+1, 0, SuppressionCounts{}
	next.Last.Baseline = before.LastComplete.IsZero()
	if s.Incremental {
		next.Last.Findings = before.Last.Findings // the findings of unchanged objects are unknown
	}
	next.Last.tidy()
	j.now, j.baseline = next.Last.Time, next.Last.Baseline
	next.LastComplete, next.Partitions = before.LastComplete, before.Partitions
	if s.Complete {
		next.LastComplete = j.now
		if !s.Incremental {
			next.Partitions = slices.Clone(s.Partitions)
		}
	}
	next.Bookmark = s.bookmark(before)
	j.suppressions, next.Ended = newSuppressions(s.Suppressions, before.Ended, j.now)
	if s.Suppressions == nil {
		next.Ended = before.Ended
	}
	if n := len(before.Cases); before.KeyRules != conflicts.KeyRules && n > 0 {
		j.note("the rules by which addresses are compared have changed since the last run; remembered conflicts with new keys: %d", n)
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
	out          *Judgment
}

func (j *judge) note(format string, args ...any) {
	j.out.Notes = append(j.out.Notes, fmt.Sprintf(format, args...))
}

func (j *judge) enter(kind string, c *Case, detail string) {
	j.out.History = append(j.out.History, HistoryEntry{Kind: kind, ID: c.ID, Class: c.Class, Address: c.Address(), Detail: detail})
}

// conflict adds a conflict that was found.
func (j *judge) conflict(i int) {
	found := &j.found[i]
	c := &Case{ID: found.ID, Class: found.Class, Owners: j.owners[i], FirstSeen: j.now, LastSeen: j.now}
	d := Development{Case: c, Conflict: found}
	j.name(i, c)
	was := j.past(i)
	if len(was.cases) == 0 {
		c.Status = j.firstSeen(i, c)
	} else {
		if was.firstSeen.Before(j.now) {
			c.FirstSeen = was.firstSeen
		}
		var hidden []Owner
		if len(was.cases) > 1 || !sameOwners(was.cases[0].Owners, c.Owners) {
			d.Joined = joined(c.Owners, was.owners())
			hidden = j.hidden(i, was.cases)
			c.Owners = append(c.Owners, hidden...)
		}
		d.Changed = changed(was.cases[0], c, was.class)
		worse := urgency(c.Class) < urgency(was.class)
		c.Status = j.seenBefore(i, c, was, len(d.Joined) > 0 || worse)
		if !worse && (!j.Complete || len(hidden) > 0) {
			c.Class = was.class // a run that did not see a case does not forget it
		}
	}
	if c.Status.News() {
		c.News, c.NewsAt = c.Status, j.now
	} else if len(was.cases) > 0 {
		c.News, c.NewsAt = was.cases[0].News, was.cases[0].NewsAt
	}
	j.keep(c)
	j.told(i, d, was.cover)
	j.out.Developments = append(j.out.Developments, d)
}

// A past is what earlier runs knew about a conflict that was found.
type past struct {
	// cases are the open cases, or if there are none, the resolved ones; the oldest first.
	cases     []*Case
	open      bool
	firstSeen time.Time
	class     conflicts.Class // the most urgent
	cover     *Cover          // nil if there is none; an unbroken one if there is one
}

func (j *judge) past(i int) (p past) {
	var resolved []*Case
	for _, at := range j.cases[i] { // the oldest first
		before := j.before.Cases[at]
		if p.firstSeen.IsZero() {
			p.firstSeen = before.FirstSeen
		}
		if before.Status == Resolved {
			resolved = append(resolved, before)
		} else {
			p.cases = append(p.cases, before)
		}
	}
	if p.open = len(p.cases) > 0; !p.open {
		p.cases = resolved
	}
	for n, before := range p.cases {
		if n == 0 || urgency(before.Class) < urgency(p.class) {
			p.class = before.Class
		}
		if p.cover == nil || p.cover.Broken && before.Cover != nil {
			p.cover = before.Cover
		}
	}
	return p
}

func (p *past) owners() ownerSet {
	lists, which := make([][]Owner, len(p.cases)), make([]int, len(p.cases))
	for n, before := range p.cases {
		lists[n], which[n] = before.Owners, n
	}
	return newOwnerSet(lists, which...)
}

// seenBefore returns the status of a remembered conflict.
func (j *judge) seenBefore(i int, c *Case, was past, worse bool) Status {
	s := j.suppressions.of(j.keys[i])
	if s != nil {
		if c.Cover = s.cover(c, was.cover); !c.Cover.Broken {
			return Suppressed
		}
	}
	switch {
	case !was.open:
		return Reopened
	case worse:
		return Worsened
	case s == nil && was.cover != nil && !was.cover.Broken:
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
	if at := j.cases[i]; len(at) == 0 || len(at) == 1 && j.before.Cases[at[0]].ID == c.ID && len(j.before.Cases[at[0]].Aliases) == 0 {
		return // as nearly always
	}
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

// hidden returns the owners that a conflict had and that may still have the address, though this
// run did not see it: if they are seen again, that is not news.
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

// missing adds a case that was not found.
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
		j.enter(string(c.Status), c, string(c.Reason))
	}
	j.out.Developments = append(j.out.Developments, Development{Case: c})
}

func (j *judge) keep(c *Case) { j.out.State.Cases = append(j.out.State.Cases, c) }

// told records what there is to tell about a conflict that was found.
func (j *judge) told(i int, d Development, old *Cover) {
	c := d.Case
	switch {
	case c.Status.News():
		detail := ""
		for n, o := range d.Joined {
			detail += []string{"joined: ", "; "}[min(n, 1)] + o.DN
		}
		j.enter(string(c.Status), c, detail)
	case c.Status == Suppressed && (old == nil || old.Broken):
		j.enter(string(Suppressed), c, c.Cover.Reason)
	}
	for _, at := range j.cases[i] {
		switch before := j.before.Cases[at]; {
		case before.ID == c.ID:
		case j.heirs[at][0] != i:
			j.enter("split", c, "from "+before.ID)
		default:
			j.enter("merged", before, "into "+c.ID)
		}
	}
}
