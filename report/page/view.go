package page

import (
	"cmp"
	"iter"
	"slices"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// The page shows at most this many of each thing. The workbook has all.
const (
	maxCards    = 500    // conflicts in full
	maxRows     = 20_000 // conflicts in a line
	tableRows   = 100    // of one table, as browsers lay out tables whole
	maxListed   = 50     // objects, and conflicts that people decide
	maxFindings = 200    // of a kind
	maxOwners   = 20     // of a conflict
)

// A view is what the templates ask for. It holds numbers, not texts, which keeps it small
// beside the audit.
type view struct {
	*conflicts.Audit
	Fixes []string
	Trend *trend

	names     *conflicts.Names
	changes   conflicts.ChangeIndex
	proposals conflicts.ProposalIndex
	level     []level // of each conflict
	Groups    []group
	// People are those who notice the changes.
	People people
	// Manual counts the conflicts that no change ends, Choices those in which people have to
	// choose the keeper.
	Manual, Choices int
}

// A level is the place of a conflict on the page.
type level uint8

const (
	highRisk level = iota
	noChange
	mediumRisk
	lowRisk
	suppressed
)

var levels = []struct{ name, title string }{
	highRisk: {"high", "High risk"}, noChange: {"none", "No change proposed"},
	mediumRisk: {"medium", "Medium risk"}, lowRisk: {"low", "Low risk"}, suppressed: {"suppressed", "Suppressed"},
}

func levelOf(r conflicts.Risk) level {
	return map[conflicts.Risk]level{conflicts.High: highRisk, conflicts.Medium: mediumRisk, conflicts.Low: lowRisk}[r]
}

func newView(r Report) *view {
	v := &view{Audit: r.Audit, Fixes: r.Fixes, Trend: newTrend(r.Runs), names: conflicts.NewNames(r.Audit), changes: conflicts.NewChangeIndex(r.Audit.Changes), proposals: conflicts.NewProposalIndex(r.Audit.Proposals)}
	v.rate()
	v.group()
	v.People = newPeople(r.Audit.Changes)
	for i := range v.Conflicts {
		switch c := &v.Conflicts[i]; {
		case v.manual(c):
			v.Manual++
		case v.choice(c):
			v.Choices++
		}
	}
	return v
}

// rate finds the level of each conflict: the highest risk of its changes.
func (v *view) rate() {
	byKey := make([]int32, len(v.Conflicts))
	v.level = make([]level, len(v.Conflicts))
	for i := range v.Conflicts {
		byKey[i] = int32(i)
		v.level[i] = noChange
		if v.Conflicts[i].SuppressedBy() != nil {
			v.level[i] = suppressed
		}
	}
	slices.SortFunc(byKey, func(i, j int32) int { return cmp.Compare(v.Conflicts[i].Key, v.Conflicts[j].Key) })
	for i := range v.Changes {
		n, ok := slices.BinarySearchFunc(byKey, v.Changes[i].Key, func(n int32, k conflicts.Key) int { return cmp.Compare(v.Conflicts[n].Key, k) })
		if !ok {
			continue
		}
		of, risk := &v.level[byKey[n]], levelOf(v.Changes[i].Risk)
		if *of == noChange || *of == suppressed || risk < *of {
			*of = risk
		}
	}
}

// A group are the conflicts of one level, in the order of the audit.
type group struct {
	view  *view
	level level
	// Count is their number, Cards and Rows how many of them are shown in full and in a line.
	Count, Cards, Rows int
}

func (v *view) group() {
	counts := make([]int, len(levels))
	for _, l := range v.level {
		counts[l]++
	}
	cards, rows := maxCards, maxRows
	for l, n := range counts {
		if n == 0 {
			continue
		}
		g := group{view: v, level: level(l), Count: n, Cards: min(n, cards)}
		g.Rows = min(n-g.Cards, rows)
		cards -= g.Cards
		rows -= g.Rows
		v.Groups = append(v.Groups, g)
	}
}

func (g group) Name() string  { return levels[g.level].name }
func (g group) Title() string { return levels[g.level].title }

// members hands over the numbers of some of its conflicts.
func (g group) members(first, count int) iter.Seq[int] {
	return func(yield func(int) bool) {
		n := 0
		for i, l := range g.view.level {
			if l != g.level {
				continue
			}
			if n >= first && (n >= first+count || !yield(i)) {
				return
			}
			n++
		}
	}
}

// EachCard hands over the conflicts that are shown in full.
func (g group) EachCard() iter.Seq[*card] {
	return func(yield func(*card) bool) {
		for i := range g.members(0, g.Cards) {
			if !yield(g.view.card(i)) {
				return
			}
		}
	}
}

// Cards and Rows count the conflicts that are shown in full and in a line.
func (v *view) Cards() int { return v.total(func(g *group) int { return g.Cards }) }
func (v *view) Rows() int  { return v.total(func(g *group) int { return g.Rows }) }

func (v *view) total(of func(*group) int) (n int) {
	for i := range v.Groups {
		n += of(&v.Groups[i])
	}
	return n
}

// Left is the number of conflicts that are not on the page.
func (v *view) Left() int { return len(v.Conflicts) - v.Cards() - v.Rows() }

// Classes are the classes that have conflicts.
func (v *view) Classes() []classCount {
	var list []classCount
	for _, c := range conflicts.Classes {
		if n := v.Count(c); n > 0 {
			list = append(list, classCount{c, n})
		}
	}
	return list
}

type classCount struct {
	conflicts.Class
	Count int
}

func (c classCount) Short() string { return classShort[c.Class] }
func (c classCount) About() string { return words.ClassEffect[c.Class] }
