package request

import (
	"fmt"
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
				comment = inert(strings.Join(l.Comments, "; ")) + ". "
			}
			lines = append(lines, fmt.Sprintf("- **%s**: %s (%s). %sMail to it stays undelivered.",
				words.Capital(l.Decision.String()), span(address(l.Conflict)), d.owners(l.Conflict), comment))
		}
	}
	for i := range d.a.Conflicts {
		if c := &d.a.Conflicts[i]; c.SuppressedBy() != nil {
			lines = append(lines, fmt.Sprintf("- **Suppressed**: %s (%s). %s.", span(address(c)), d.owners(c), inert(words.Capital(words.Suppression(c.SuppressedBy())))))
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

// address is the one in conflict as its keeper has it.
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
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// manual lists the conflicts that the request does not end, by what a person has to do.
func (d *document) manual() {
	tasks := manualTasks(d.a)
	n := 0
	for _, t := range tasks {
		n += len(t.cases)
	}
	if n == 0 {
		return
	}
	d.linef("## Needs a manual decision: %s\n", words.Quantity(n, "address"))
	for _, t := range tasks {
		var cases []string
		for _, c := range t.cases[:min(len(t.cases), words.Listed)] {
			cases = append(cases, fmt.Sprintf("%s (%s)", span(c.address), c.about(d)))
		}
		if n := len(t.cases) - words.Listed; n > 0 {
			cases = append(cases, fmt.Sprintf("and %s more in %s", words.Number(n), span(d.files.Workbook)))
		}
		d.linef("- %s: %s", t.do, strings.Join(cases, "; "))
	}
	d.linef("")
}

// A manualTask is what a person has to do about some conflicts.
type manualTask struct {
	do    string
	cases []manualCase
}

type manualCase struct {
	address string
	about   func(*document) string
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
	add := func(c *conflicts.Conflict, do string, about func(*document) string) {
		for i := range tasks {
			if tasks[i].do == do {
				tasks[i].cases = append(tasks[i].cases, manualCase{address(c), about})
				return
			}
		}
		tasks = append(tasks, manualTask{do, []manualCase{{c.Key.Address(), about}}})
	}
	for i := range a.Conflicts {
		c := &a.Conflicts[i]
		if c.SuppressedBy() != nil || left[c.Key] {
			continue
		}
		owners := func(d *document) string { return d.owners(c) }
		switch c.Class {
		case conflicts.CrossAttribute:
			do, what := "Correct or clear the mail attribute", "mail attribute"
			if c.Owners[1].Claims[0].Attribute == conflicts.UserPrincipalName {
				do, what = "Change the logon name, or accept it", "logon name"
			}
			add(c, do, func(d *document) string {
				return fmt.Sprintf("address of %s; %s of %s", d.name(c.Owners[0].Object), what, d.name(c.Owners[1].Object))
			})
		case conflicts.NonSMTP:
			add(c, fmt.Sprintf("Remove the %s address from one", inert(strings.ToUpper(c.Key.Type()))), owners)
		default:
			for _, s := range c.Unresolved {
				switch s.Code {
				case conflicts.LogonName:
					add(c, "Change the logon name too", func(d *document) string { return "still the logon name of " + d.name(s.Object) })
				case conflicts.MailOnly:
					add(c, "Correct or clear the mail attribute", func(d *document) string { return "mail attribute of " + d.name(s.Object) })
				case conflicts.Unchangeable:
					add(c, "Change it in Exchange", owners)
				default:
					add(c, inert(words.Capital(s.String())), owners)
				}
			}
		}
	}
	return tasks
}
