package memory

import (
	"fmt"
	"strings"
	"time"
)

// Day is how dates without a time are written.
const Day = time.DateOnly

// Summary returns the counts of a run in one line, without those that are zero:
// "2 new, 1 worsened, 3 resolved, 31 known, 4 suppressed (next ends 2027-03-31)".
func (r *Run) Summary() string {
	var parts []string
	for _, s := range Statuses {
		n := r.Counts[s]
		if n == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", n, s)
		if s == Suppressed && !r.Suppressions.NextEnd.IsZero() {
			part += " (next ends " + r.Suppressions.NextEnd.Format(Day) + ")"
		}
		if s == Known && r.Baseline {
			part += " (baseline)"
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "no conflicts"
	}
	return strings.Join(parts, ", ")
}

// summary returns the summary of the run and, if only changes were read, the last whole sweep.
func (j *Judgment) summary(before *State) string {
	last := &j.State.Last
	text := last.Summary()
	if !last.Incremental {
		return text
	}
	if last.Complete && !j.Tells() {
		since := before.Last.Time
		if before.Last.Failed() {
			since = before.LastComplete
		}
		text = "nothing new since " + clock(since, last.Time) + ": " + text
	}
	return text + "; last whole sweep " + ago(Age(before.Bookmark.Swept, last.Time))
}

// clock returns the time of day in UTC, with the day unless that is the same as now's.
func clock(t, now time.Time) string {
	layout := "2006-01-02 15:04 UTC"
	if t.UTC().Format(Day) == now.UTC().Format(Day) {
		layout = "15:04 UTC"
	}
	return t.UTC().Format(layout)
}

func ago(d time.Duration) string {
	if d < 2*time.Hour {
		return fmt.Sprintf("%d min ago", d/time.Minute)
	}
	return fmt.Sprintf("%d h ago", d/time.Hour)
}

// Found is the number of conflicts that the run found, including suppressed ones.
func (r *Run) Found() (n int) {
	for s, count := range r.Counts {
		if s != Resolved && s != Unconfirmed {
			n += count
		}
	}
	return n
}

// FailOn says which cases make a run fail.
type FailOn string

const (
	// FailOnAny is every case that exists and is not suppressed.
	FailOnAny FailOn = "any"
	// FailOnNew is every case that is news.
	FailOnNew FailOn = "new"
	// FailOnNone is no case.
	FailOnNone FailOn = "none"
)

// FailOns lists every FailOn.
var FailOns = []FailOn{FailOnAny, FailOnNew, FailOnNone}

// Fails reports whether a run found a case to fail on.
func (r *Run) Fails(on FailOn) bool {
	for s, n := range r.Counts {
		if n == 0 {
			continue
		}
		switch {
		case on == FailOnNone:
		case s.News(), on == FailOnAny && (s == Known || s == Unconfirmed):
			return true
		}
	}
	return false
}
