package page

import (
	"iter"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/report/words"
)

// A statusGroup are the conflicts of one status, found or not.
type statusGroup struct {
	Status string
	Count  int
	// Found are the first ones that are there, NotFound those that are not.
	Found    []*card
	NotFound []conflicts.Absent
}

// statusAbout says what each status means.
var statusAbout = map[memory.Status]string{
	memory.New:         "not seen before",
	memory.Worsened:    "another owner, or more urgent",
	memory.Reopened:    "resolved once, back again",
	memory.Expired:     "no longer suppressed",
	memory.Resolved:    "gone, for a known reason",
	memory.Known:       "as before",
	memory.Suppressed:  "left by decision",
	memory.Unconfirmed: "not found, may still be there",
}

func (g *statusGroup) About() string { return statusAbout[memory.Status(g.Status)] }

// More is the number of conflicts that are not listed.
func (g *statusGroup) More() int { return g.Count - len(g.Found) - len(g.NotFound) }

// Statuses yields the statuses that conflicts have, with the first conflicts of
// those that a reader has to look at.
func (v *view) Statuses() iter.Seq[*statusGroup] {
	return func(yield func(*statusGroup) bool) {
		for _, c := range v.Remembered.Counts {
			if c.Count == 0 {
				continue
			}
			g := &statusGroup{Status: c.Status, Count: c.Count}
			if c.Status != string(memory.Known) {
				v.list(g)
			}
			if !yield(g) {
				return
			}
		}
	}
}

// list finds the conflicts of a status.
func (v *view) list(g *statusGroup) {
	for i := range v.Conflicts {
		if s := v.Conflicts[i].Standing; s != nil && s.Status == g.Status && len(g.Found) < maxListed {
			g.Found = append(g.Found, v.card(i))
		}
	}
	for i := range v.Remembered.NotFound {
		if m := &v.Remembered.NotFound[i]; m.Status == g.Status && len(g.NotFound) < maxListed {
			g.NotFound = append(g.NotFound, *m)
		}
	}
}

// Compared says with which run this one was compared.
func (v *view) Compared() string { return strings.TrimRight(words.Compared(v.Remembered), ":.") + "." }
