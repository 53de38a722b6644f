package page

import (
	"html/template"
	"iter"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// A findingGroup are the findings of one kind.
type findingGroup struct {
	Kind  conflicts.FindingKind
	Count int
	first []conflicts.Finding // as many as are shown
}

// FindingGroups hands over the findings by kind, as they are sorted by it.
func (v *view) FindingGroups() iter.Seq[findingGroup] {
	return func(yield func(findingGroup) bool) {
		for rest := v.Findings; len(rest) > 0; {
			g := findingGroup{Kind: rest[0].Kind}
			for g.Count < len(rest) && rest[g.Count].Kind == g.Kind {
				g.Count++
			}
			g.first = rest[:min(g.Count, maxFindings)]
			if !yield(g) {
				return
			}
			rest = rest[g.Count:]
		}
	}
}

func (g findingGroup) Advice() string { return words.FindingAdvice[g.Kind] }

// More is the number of those that are not shown.
func (g findingGroup) More() int { return g.Count - len(g.first) }

// A findingRow is a finding as the page shows it.
type findingRow struct {
	Name, Value string
	Container   []string
	Stored      template.HTML
	About       template.HTML
}

// Rows hands over those that are shown.
func (g findingGroup) Rows() iter.Seq[findingRow] {
	return func(yield func(findingRow) bool) {
		for i := range g.first {
			f := &g.first[i]
			if !yield(findingRow{f.Name(), f.Value, container(f.DN), stored(f.Value, ""), sentence(f.Detail().String())}) {
				return
			}
		}
	}
}
