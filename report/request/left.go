package request

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// left lists what the reviewers did not approve, and what is suppressed.
func (d *document) left() {
	var lines []string
	if r := d.a.Review; r != nil {
		for i := range r.Left {
			l := &r.Left[i]
			comment := ""
			if len(l.Comments) > 0 {
				comment = sentence(strings.Join(l.Comments, "; ")) + " "
			}
			lines = append(lines, fmt.Sprintf("- **%s**: %s (%s). %sMail to it stays undelivered.",
				words.Capital(l.Decision.String()), span(address(l.Conflict)), d.owners(l.Conflict), comment))
		}
	}
	for i := range d.a.Conflicts {
		if c := &d.a.Conflicts[i]; c.SuppressedBy() != nil {
			lines = append(lines, fmt.Sprintf("- **Suppressed**: %s (%s). %s", span(address(c)), d.owners(c), sentence(words.Capital(words.Suppression(c.SuppressedBy())))))
		}
	}
	if len(lines) == 0 {
		return
	}
	d.linef("## Not in this request\n")
	for _, line := range lines[:min(len(lines), words.Listed)] {
		d.linef("%s", line)
	}
	d.more(len(lines))
}

// address returns the address in conflict, in the form that the keeper holds.
func address(c *conflicts.Conflict) string { return c.Keeper().Claims[0].Parsed().Trimmed() }

// owners names the owners of a conflict, the first ones of many.
func (d *document) owners(c *conflicts.Conflict) string {
	const named = 3
	var names []string
	for i := range c.Owners[:min(len(c.Owners), named)] {
		names = append(names, d.name(c.Owners[i].Object))
	}
	if n := len(c.Owners) - named; n > 0 {
		names = append(names, words.Number(n)+" more")
	}
	return conflicts.Enumerate(names, "and")
}

// manual lists the conflicts that the request does not end, by what has to be done.
func (d *document) manual() {
	tasks := manualTasks(d.a)
	open := make(map[conflicts.Key]bool)
	for _, t := range tasks {
		for _, c := range t.cases {
			open[c.conflict.Key] = true
		}
	}
	if len(open) == 0 {
		return
	}
	d.linef("## Needs a manual decision: %s\n", words.Quantity(len(open), "address"))
	for _, t := range tasks {
		var cases []string
		for _, c := range t.cases[:min(len(t.cases), words.Listed)] {
			var about []string
			for _, of := range c.about {
				if text := of(d); !slices.Contains(about, text) {
					about = append(about, text)
				}
			}
			cases = append(cases, fmt.Sprintf("%s (%s)", span(address(c.conflict)), strings.Join(about, "; ")))
		}
		if n := len(t.cases) - words.Listed; n > 0 {
			cases = append(cases, fmt.Sprintf("and %s more in %s", words.Number(n), span(d.files.Workbook)))
		}
		d.linef("- %s: %s", t.do, strings.Join(cases, "; "))
	}
	d.linef("")
}

// A manualTask is what people have to do about some conflicts.
type manualTask struct {
	do    string
	cases []manualCase
}

type manualCase struct {
	conflict *conflicts.Conflict
	about    []func(*document) string
}

// manualTasks groups the conflicts that no change ends, without those that are suppressed or
// were left by the reviewers.
func manualTasks(a *conflicts.Audit) []manualTask {
	left := make(map[conflicts.Key]bool)
	if a.Review != nil {
		for i := range a.Review.Left {
			left[a.Review.Left[i].Conflict.Key] = true
		}
	}
	var tasks []manualTask
	for i := range a.Conflicts {
		c := &a.Conflicts[i]
		if c.SuppressedBy() != nil || left[c.Key] {
			continue
		}
		for do, about := range manualSteps(c) {
			at := slices.IndexFunc(tasks, func(t manualTask) bool { return t.do == do })
			if at < 0 {
				at = len(tasks)
				tasks = append(tasks, manualTask{do: do})
			}
			t := &tasks[at]
			if n := len(t.cases); n == 0 || t.cases[n-1].conflict != c {
				t.cases = append(t.cases, manualCase{conflict: c})
			}
			last := &t.cases[len(t.cases)-1]
			last.about = append(last.about, about)
		}
	}
	return tasks
}

// manualSteps yields what people have to do to end a conflict, and about what.
func manualSteps(c *conflicts.Conflict) iter.Seq2[string, func(*document) string] {
	return func(yield func(string, func(*document) string) bool) {
		owners := func(d *document) string { return d.owners(c) }
		switch c.Class {
		case conflicts.CrossAttribute:
			if c.Keeper().Claims[0].Attribute != conflicts.ProxyAddresses {
				yield(words.Capital(words.ByHand(c)), owners)
				return
			}
			do, what := "Correct or clear the mail attribute", "mail attribute"
			if c.Owners[1].Claims[0].Attribute == conflicts.UserPrincipalName {
				do, what = "Change the logon name, or accept it", "logon name"
			}
			yield(do, func(d *document) string {
				return fmt.Sprintf("address of %s; %s of %s", d.name(c.Owners[0].Object), what, d.name(c.Owners[1].Object))
			})
			return
		case conflicts.NonSMTP:
			do := fmt.Sprintf("Remove the %s address from one", inert(strings.ToUpper(c.Key.Type())))
			if slices.Contains(c.Kept, conflicts.ByLegacyDN) || c.Owners[1].Claims[0].Attribute == conflicts.LegacyExchangeDN {
				do = words.Capital(words.ByHand(c))
			}
			yield(do, owners)
			return
		}
		for _, s := range c.Unresolved {
			do, about := inert(words.Capital(s.String())), owners
			switch s.Code {
			case conflicts.LogonName:
				do, about = "Change the logon name too", func(d *document) string { return "still the logon name of " + d.name(s.Object) }
			case conflicts.MailOnly:
				do, about = "Correct or clear the mail attribute", func(d *document) string { return "mail attribute of " + d.name(s.Object) }
			case conflicts.Unchangeable:
				do = "Change it in Exchange"
			case conflicts.OutsideScope:
				do, about = "Report its subtree too (--base, --exclude), or change it by hand", func(d *document) string { return d.name(s.Object) }
			case conflicts.NoReplacement:
				do, about = "Choose a new address, none can be proposed", func(d *document) string { return d.name(s.Object) + ": " + inert(obstacle(c, s)) }
			case conflicts.Verbatim:
				do, about = "Decide by hand", func(*document) string { return inert(s.Value) }
			}
			if !yield(do, about) {
				return
			}
		}
	}
}

// obstacle says why there is no new address, without the old one, which the text begins with.
func obstacle(c *conflicts.Conflict, s conflicts.Statement) string {
	for i := range c.Owners {
		if o := &c.Owners[i]; s.Object != nil && o.Ref() == s.Object.Ref() {
			for _, claim := range o.Claims {
				if why, ok := strings.CutPrefix(s.Value, claim.Value+": "); ok {
					return why
				}
			}
		}
	}
	return s.Value
}
