package conflicts

import "time"

// Remembered is what a run that remembers earlier ones says of them.
type Remembered struct {
	// Run is its number, from 1.
	Run int
	// Baseline says that no complete run came before, so nothing is called new.
	Baseline bool
	// LastComplete is when the last complete run before this one began; zero if there
	// was none.
	LastComplete time.Time
	// Swept is when the last whole sweep began, if this run read only what was written
	// since an earlier one; else zero.
	Swept time.Time
	// Summary has the counts in one line.
	Summary string
	// Counts are the conflicts of each status, in the order of the outputs.
	Counts []StatusCount
	// NotFound are the remembered conflicts that were not found.
	NotFound []Absent
}

// A StatusCount is how many conflicts have a status.
type StatusCount struct {
	Status string
	Count  int
}

// A Standing is what a run that remembers earlier ones says of a conflict.
type Standing struct {
	Status string
	// FirstSeen is the time of the first run that found it, Days how many whole days ago
	// that was.
	FirstSeen time.Time
	Days      int
	// Joined are the owners that it did not have before, by their names.
	Joined []string
	// Changed says in short clauses what else is not as it was.
	Changed []string
	// Suppression leaves the conflict for a time; nil if none does.
	Suppression *SuppressionTerms
}

// SuppressionTerms say how long, why and by whom a conflict is left.
type SuppressionTerms struct {
	Until      time.Time // the last day; zero if it does not end
	Reason, By string
}

// An Absent is a remembered conflict that a run did not find.
type Absent struct {
	ID      string
	Class   Class
	Address string // a stored value, with its type
	Standing
	// Reason says why it is resolved, or why that is not known.
	Reason string
}

// SuppressedBy returns what leaves a conflict for a time, nil if nothing does.
func (c *Conflict) SuppressedBy() *SuppressionTerms {
	if c.Standing == nil {
		return nil
	}
	return c.Standing.Suppression
}

// Suppressed counts the conflicts that are left for a time.
func (a *Audit) Suppressed() (n int) {
	for i := range a.Conflicts {
		if a.Conflicts[i].SuppressedBy() != nil {
			n++
		}
	}
	return n
}
