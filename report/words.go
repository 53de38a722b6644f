package report

import (
	"fmt"
	"strconv"
	"strings"

	"proxyaddr/conflicts"
)

// Completeness says in one line whether the scan read everything, and if not,
// why. It is safe to print.
func Completeness(a *conflicts.Audit) string {
	if a.Complete() {
		return verdict(a) + "."
	}
	return verdict(a) + ": " + Escape(strings.Join(a.Problems, "; "))
}

// verdict is Completeness without the reasons, for outputs that list them.
func verdict(a *conflicts.Audit) string {
	if n := len(a.Incidents); n > 0 {
		about := "every object that " + quantity(n, "event") + " named and every owner of the addresses in question"
		if a.Complete() {
			return "Complete: " + about + " was looked up"
		}
		return "INCOMPLETE: not " + about + " could be looked up, so conflicts may be missing"
	}
	in := quantity(len(a.Coverage), "partition")
	read := quantity(a.Objects(), "object") + " with " + quantity(a.Values(), "address")
	if a.Complete() {
		return fmt.Sprintf("Complete: everything in %s was read (%s)", in, read)
	}
	return fmt.Sprintf("INCOMPLETE: not everything in %s was read (%s), so conflicts may be missing", in, read)
}

// noConflicts says that there are none, as far as that can be said.
func noConflicts(a *conflicts.Audit) string {
	if a.Complete() {
		return "No conflicts"
	}
	return "No conflicts in what was read"
}

// Counts says in one line how many conflicts of each class there are, what is
// proposed, and how many findings there are besides.
func Counts(a *conflicts.Audit) string {
	found := noConflicts(a)
	if len(a.Conflicts) > 0 {
		var classes []string
		for _, c := range conflicts.Classes {
			if n := a.Count(c); n > 0 {
				classes = append(classes, number(n)+" "+string(c))
			}
		}
		found = quantity(len(a.Conflicts), "conflict") + ": " + strings.Join(classes, ", ")
	}
	counts := found + ". " + quantity(len(a.Changes), "change") + " proposed"
	if len(a.Incidents) == 0 { // else nobody looked for any
		counts += ", " + quantity(len(a.Findings), "finding")
	}
	return counts + "."
}

// fact is a line of what the outputs say of a scan; its values are to be escaped.
type fact struct {
	name   string
	values []string
}

// scope returns what was looked at, without the facts that are empty.
func scope(a *conflicts.Audit) []fact {
	var facts []fact
	add := func(name string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			facts = append(facts, fact{name, values})
		}
	}
	if len(a.Scope.Servers) == 0 {
		add("Read from", a.Scope.Source...)
		add("Read as", a.Scope.Identity)
	}
	for _, s := range a.Scope.Servers {
		add("Read from", s.String())
	}
	switch {
	case len(a.Incidents) > 0: // a note says so
	case len(a.Scope.Base) == 0:
		add("Reported", "the whole directory")
	}
	add("Reported", a.Scope.Base...)
	add("Left out", a.Scope.Exclude...)
	add("Accepted domains", a.Scope.AcceptedDomains...)
	for _, c := range a.Coverage {
		add("Partition", c.Partition, covered(c))
	}
	for _, note := range a.Notes {
		add("Note", note)
	}
	return facts
}

// covered says what was read of a partition.
func covered(c conflicts.Coverage) string {
	parts := []string{quantity(c.Objects, "object"), quantity(c.Values, "address")}
	if c.Deleted > 0 {
		parts = append(parts, quantity(c.Deleted, "deleted object"))
	}
	if c.Referrals > 0 {
		parts = append(parts, quantity(c.Referrals, "referral")+" not followed")
	}
	if c.Problem != "" {
		parts = append(parts, "not read to the end: "+c.Problem)
	}
	return strings.Join(parts, ", ")
}

// quantity writes a number with its noun: "1 object", "3,214 addresses".
func quantity(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	return number(n) + " " + noun
}

// number writes n, which is not negative, with a comma between thousands.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// capital begins a word of ASCII with a capital letter.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
