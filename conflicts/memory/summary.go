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

// FailOn says which cases make a run fail.
type FailOn string

const (
	// FailOnAny is every case that is there and not suppressed.
	FailOnAny FailOn = "any"
	// FailOnNew is every case of which there is news.
	FailOnNew FailOn = "new"
	// FailOnNone is none.
	FailOnNone FailOn = "none"
)

// FailOns lists every FailOn.
var FailOns = []FailOn{FailOnAny, FailOnNew, FailOnNone}

// Fails reports whether a run found what it is to fail on.
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
