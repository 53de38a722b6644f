package memory

import (
	"time"

	"proxyaddr/conflicts"
)

// Mark writes the result of the run into the conflicts of the audit that was judged. Each gets
// the ID under which it is remembered. Changes of suppressed conflicts are removed. before is the
// State that the run was compared with, nil for none.
func (o *Judgment) Mark(a *conflicts.Audit, before *State) {
	last := &o.State.Last
	a.Remembered = &conflicts.Remembered{Run: last.Number, Baseline: last.Baseline, Summary: o.summary(before)}
	if before != nil {
		a.Remembered.LastComplete = before.LastComplete
	}
	if last.Incremental {
		a.Remembered.Swept = before.Bookmark.Swept
	}
	for _, s := range Statuses {
		a.Remembered.Counts = append(a.Remembered.Counts, conflicts.StatusCount{Status: string(s), Count: last.Counts[s]})
	}
	found := make(map[conflicts.Key]*conflicts.Conflict, len(a.Conflicts))
	for i := range o.Developments {
		d := &o.Developments[i]
		standing := d.standing(last)
		if d.Conflict == nil {
			a.Remembered.NotFound = append(a.Remembered.NotFound, conflicts.Absent{ID: d.Case.ID, Class: d.Case.Class,
				Address: d.Case.Address(), Standing: *standing, Reason: string(d.Case.Reason)})
			continue
		}
		d.Conflict.ID, d.Conflict.Standing = d.Case.ID, standing
		found[d.Conflict.Key] = d.Conflict
	}
	a.Withdraw(func(k conflicts.Key) bool { return found[k].SuppressedBy() != nil })
	for i := range a.Changes {
		a.Changes[i].Conflict = found[a.Changes[i].Key].ID
	}
}

func (d *Development) standing(run *Run) *conflicts.Standing {
	c := d.Case
	s := &conflicts.Standing{Status: string(c.Status), FirstSeen: c.FirstSeen, Days: int(Age(c.FirstSeen, run.Time) / (24 * time.Hour)), Changed: d.Changed}
	for _, o := range d.Joined {
		s.Joined = append(s.Joined, o.DN)
	}
	if c.Status == Suppressed {
		s.Suppression = &conflicts.SuppressionTerms{Until: c.Cover.Until, Reason: c.Cover.Reason, By: c.Cover.By}
	}
	return s
}
