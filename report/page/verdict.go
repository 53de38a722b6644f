package page

import (
	"cmp"
	"html/template"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// Finds is the first sentence of the verdict.
func (v *view) Finds() string {
	switch n := len(v.Conflicts); {
	case n == 1:
		return "1 address has more than one owner."
	case n > 1:
		return words.Number(n) + " addresses have more than one owner."
	case !v.Complete():
		return "No conflict was found, but not everything was read."
	case len(v.Events) > 0:
		return "No address in question has more than one owner."
	}
	return "No address has more than one owner."
}

// Clean says that there is nothing to be done about.
func (v *view) Clean() bool { return v.Complete() && len(v.Conflicts) == 0 }

// Harm is the second sentence: what the conflicts do to mail.
func (v *view) Harm() string {
	switch n := v.Count(conflicts.Duplicate); {
	case n == 0:
		return ""
	case n < len(v.Conflicts):
		return "Mail to " + words.Number(n) + " of them is delayed or returned."
	case n == 1:
		return "Mail to it is delayed or returned."
	default:
		return "Mail to them is delayed or returned."
	}
}

// fewNames is up to how many people are named in a sentence.
const fewNames = 4

// Tell names the people to tell before anything is changed.
func (v *view) Tell() template.HTML {
	live := v.People.live
	switch {
	case live.count == 0:
		return ""
	case live.count > fewNames:
		return template.HTML("the owners of " + words.Quantity(live.count, "mailbox"))
	}
	names := make([]string, live.count)
	for i, c := range live.listed {
		names[i] = string(text(v.name(c.Object)))
	}
	return template.HTML(conflicts.Enumerate(names, "and"))
}

// Completeness says in a line whether everything was read: the word and what it means.
func (v *view) Completeness() []string {
	word, rest, _ := strings.Cut(words.BriefCompleteness(v.Audit), ": ")
	return []string{word, words.Capital(rest) + "."}
}

// A remark is a note of the scan, and the distinguished name of what it is about, if it is
// about something that has one.
type remark struct {
	Text template.HTML
	Of   string
}

func (v *view) Remarks() []remark {
	list := make([]remark, len(v.Notes))
	for i, note := range v.Notes {
		if name, rest, ok := strings.Cut(note, ": "); ok && conflicts.Partition(name) != "" {
			list[i] = remark{sentence(rest), name}
		} else {
			list[i] = remark{sentence(note), ""}
		}
	}
	return list
}

// Place names what was scanned: the domain of the first partition, or else the source.
func (v *view) Place() string {
	return cmp.Or(v.domain(), strings.Join(v.Scope.Source, ", "))
}

// A share is a part of the objects that would change.
type share struct {
	Name     string
	Count    int
	X, Width string
}

// Shares part the objects that would change by their risk.
func (v *view) Shares() []share {
	var list []share
	x := 0
	for _, s := range []share{{Name: "high", Count: v.People.High}, {Name: "medium", Count: v.People.Medium}, {Name: "low", Count: v.People.Low}} {
		if s.Count == 0 {
			continue
		}
		s.X, s.Width = percent(x, v.People.Objects), percent(s.Count, v.People.Objects)
		x += s.Count
		list = append(list, s)
	}
	return list
}

// Decide counts the conflicts that people have to decide.
func (v *view) Decide() int { return v.Manual + v.Choices }

// Decisions are those conflicts, as many as are listed.
func (v *view) Decisions() []*card {
	var list []*card
	for i := range v.Conflicts {
		if _, ok := v.todo(&v.Conflicts[i]); ok {
			if list = append(list, v.card(i)); len(list) == maxListed {
				break
			}
		}
	}
	return list
}

// MoreDecisions is the number of the others.
func (v *view) MoreDecisions() int { return max(0, v.Decide()-maxListed) }

// Facts say what was looked at, but for what has a table of its own.
func (v *view) Facts() []words.Fact {
	var facts []words.Fact
	for _, f := range words.Scope(v.Audit) {
		if f.Name != "Partition" && f.Name != "Note" {
			facts = append(facts, f)
		}
	}
	return facts
}
