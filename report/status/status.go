// Package status shows a state, without reading the directory: for people, for programs, and in
// the formats of Prometheus, Nagios and PRTG. All writers need only a [Report].
package status

import (
	"fmt"
	"io"
	"strings"
	"time"

	"proxyaddr/conflicts/memory"
	"proxyaddr/report/words"
)

// A Report is a state at a point in time.
type Report struct {
	// State is nil if there is no readable one; Problem then says why.
	State   *memory.State
	Problem string
	Now     time.Time
	// MaxAge is how old the last complete run may be; zero means any age.
	MaxAge time.Duration
	// Version is the version of this program.
	Version string
}

// Level is the urgency of the state. Its number is the exit code of a Nagios plugin.
type Level int

const (
	OK Level = iota
	// Warning is news of conflicts in the last run.
	Warning
	// Critical means that the last run failed or was incomplete, or that the last complete one is
	// too old: the state of the directory is unknown.
	Critical
	// Unknown means that there is no state.
	Unknown
)

func (l Level) String() string { return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[l] }

// maxSkew is how far ahead of this clock the date of a run may be.
const maxSkew = 5 * time.Minute

// Level returns the urgency of the state, with the reason in one line.
func (r *Report) Level() (Level, string) {
	if r.State == nil {
		return Unknown, words.Escape(r.Problem)
	}
	last, complete := &r.State.Last, r.State.LastComplete
	switch {
	case !last.Complete:
		why := "the last run was incomplete"
		if last.Failed() {
			why = "the last run failed"
		}
		if len(last.Problems) > 0 {
			why += ": " + words.Escape(last.Problems[0])
		}
		return Critical, why
	case complete.Sub(r.Now) > maxSkew:
		return Critical, fmt.Sprintf("the last complete run is dated %s, which is ahead of the clock", stamp(complete))
	case r.MaxAge > 0 && memory.Age(complete, r.Now) > r.MaxAge:
		return Critical, fmt.Sprintf("the last complete run was %s, more than %s", r.ago(complete), span(r.MaxAge))
	case r.news() > 0:
		return Warning, last.Summary()
	}
	return OK, last.Summary()
}

// outcome says in a word how a run ended.
func outcome(r *memory.Run) string {
	switch {
	case r.Complete:
		return "complete"
	case r.Failed():
		return "failed"
	}
	return "incomplete"
}

// news counts the cases that were news in the last run.
func (r *Report) news() (n int) {
	for s, count := range r.State.Last.Counts {
		if s.News() {
			n += count
		}
	}
	return n
}

// reliable reports whether the counts of conflicts cover the whole scope.
func (r *Report) reliable() bool { return r.State != nil && r.State.Last.Complete }

// count returns how many cases of a status the last run had.
func (r *Report) count(s memory.Status) int { return r.State.Last.Counts[s] }

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// span writes a duration in the largest unit of which it has at least two.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%d days", d/day)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

func (r *Report) ago(t time.Time) string { return span(memory.Age(t, r.Now)) + " ago" }

// listed is the most cases that a text shows: enough for a mail or a console.
const listed = 200

// Text writes the report for people.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	level, why := r.Level()
	fmt.Fprintf(&b, "%s: %s\n", level, why)
	if r.State != nil {
		r.runs(&b)
		r.cases(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) runs(b *strings.Builder) {
	last := &r.State.Last
	fmt.Fprintf(b, "last run: %s (%s), %s, exit code %d\n", stamp(last.Time), r.ago(last.Time), outcome(last), last.ExitCode)
	switch complete := r.State.LastComplete; {
	case complete.IsZero():
		fmt.Fprintln(b, "last complete run: none yet")
	case !last.Complete:
		fmt.Fprintf(b, "last complete run: %s (%s)\n", stamp(complete), r.ago(complete))
	case complete.After(last.Time):
		fmt.Fprintf(b, "nothing new since then, as of %s (%s)\n", stamp(complete), r.ago(complete))
	}
	if m := r.State.Bookmark; m != nil && m.Swept.Before(last.Time) {
		fmt.Fprintf(b, "last whole sweep: %s (%s)\n", stamp(m.Swept), r.ago(m.Swept))
	}
	if !last.Complete {
		for _, p := range last.Problems[min(1, len(last.Problems)):] {
			fmt.Fprintf(b, "  also: %s\n", words.Escape(p))
		}
		if !last.Failed() {
			fmt.Fprintf(b, "found: %s\n", last.Summary())
		}
	}
	if s := last.Suppressions; s.Expired+s.Unmatched > 0 {
		fmt.Fprintf(b, "suppressions: %d ended, %d match nothing\n", s.Expired, s.Unmatched)
	}
}

// cases lists all cases except those that the last run found unchanged.
func (r *Report) cases(b *strings.Builder) {
	n := 0
	for _, s := range memory.Statuses {
		for _, c := range r.State.Cases {
			if c.Status != s || s == memory.Known || s == memory.Resolved && !c.ResolvedAt.Equal(r.State.Last.Time) {
				continue
			}
			if n++; n > listed {
				continue
			}
			if n == 1 {
				b.WriteString("\n")
				if r.State.Last.Failed() {
					b.WriteString("As of the run before:\n")
				}
			}
			fmt.Fprintf(b, "%s  %-11s  %s", c.ID, c.Status, words.Escape(c.Address()))
			if note := remark(c); note != "" {
				fmt.Fprintf(b, "  (%s)", words.Escape(note))
			}
			b.WriteString("\n")
		}
	}
	if n > listed {
		fmt.Fprintf(b, "… and %d more: --format json has all\n", n-listed)
	}
}

// remark returns a remark on a case beside its status.
func remark(c *memory.Case) string {
	note := string(c.Reason)
	if c.Status == memory.Suppressed {
		note = until(c.Cover) + ": " + c.Cover.Reason
	}
	return note
}

func until(c *memory.Cover) string {
	if c.Until.IsZero() {
		return "never ends"
	}
	return "until " + c.Until.Format(memory.Day)
}

// Case writes everything that is remembered about a case.
func (r *Report) Case(w io.Writer, c *memory.Case) error {
	var b strings.Builder
	line := func(name, value string) {
		if name != "" {
			name += ":"
		}
		fmt.Fprintf(&b, "%-12s %s\n", name, words.Escape(value))
	}
	line("conflict", c.ID)
	if len(c.Aliases) > 0 {
		line("also called", strings.Join(c.Aliases, " "))
	}
	status := string(c.Status)
	if c.Reason != "" {
		status += " (" + string(c.Reason) + ")"
	}
	line("status", status)
	line("class", string(c.Class))
	line("first seen", fmt.Sprintf("%s (%s)", stamp(c.FirstSeen), r.ago(c.FirstSeen)))
	line("last seen", fmt.Sprintf("%s (%s)", stamp(c.LastSeen), r.ago(c.LastSeen)))
	if !c.ResolvedAt.IsZero() {
		line("resolved", stamp(c.ResolvedAt))
	}
	if s := c.Cover; s != nil {
		covers := until(s)
		if s.Broken {
			covers += "; no longer covers the conflict"
		}
		line("suppression", covers)
		line("  reason", s.Reason)
		if s.By != "" {
			line("  by", s.By)
		}
	}
	for i, o := range c.Owners {
		name := "owner"
		if i == 0 {
			name = "keeper"
		}
		dn := o.DN
		if dn == "" {
			dn = o.GUID.String()
		}
		line(name, dn)
		for _, v := range o.Values {
			line("", v)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
