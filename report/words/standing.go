package words

import (
	"strings"
	"time"

	"proxyaddr/conflicts"
)

// Never stands for the end of a suppression that does not end.
const Never = "never"

// Until returns the last day of a suppression, or [Never].
func Until(s *conflicts.SuppressionTerms) string {
	if s.Until.IsZero() {
		return Never
	}
	return s.Until.Format(time.DateOnly)
}

// Suppression says until when, why and by whom a conflict is left.
func Suppression(s *conflicts.SuppressionTerms) string {
	text := "suppressed without an end"
	if !s.Until.IsZero() {
		text = "suppressed until " + Until(s)
	}
	text += ": " + s.Reason
	if s.By != "" {
		text += " (" + s.By + ")"
	}
	return text
}

// Standing says what earlier runs tell of a conflict, each fact by itself.
func Standing(s *conflicts.Standing) []string {
	facts := []string{FirstSeen(s)}
	if s.Suppression != nil {
		facts = append(facts, Suppression(s.Suppression))
	}
	if len(s.Joined) > 0 {
		facts = append(facts, "joined: "+strings.Join(s.Joined, "; "))
	}
	if len(s.Changed) > 0 {
		facts = append(facts, "changed: "+strings.Join(s.Changed, "; "))
	}
	return facts
}

// FirstSeen says when a conflict was first seen.
func FirstSeen(s *conflicts.Standing) string {
	text := "first seen " + s.FirstSeen.UTC().Format(time.DateOnly)
	if s.Days > 0 {
		text += ", " + Quantity(s.Days, "day") + " ago"
	}
	return text
}

// Compared says with what a run was compared.
func Compared(r *conflicts.Remembered) string {
	if r.Baseline {
		return "No complete run came before: this is the baseline, and nothing in it is called new."
	}
	return "Compared with the last complete run, of " + r.LastComplete.UTC().Format("2006-01-02 15:04 UTC") + ":"
}
