package words

import (
	"fmt"
	"strings"

	"proxyaddr/conflicts"
)

// Completeness says in one line whether the scan read everything, and if not,
// why. It is safe to print.
func Completeness(a *conflicts.Audit) string {
	if a.Complete() {
		return BriefCompleteness(a) + "."
	}
	return BriefCompleteness(a) + ": " + Escape(strings.Join(a.Problems, "; "))
}

// BriefCompleteness is Completeness without the reasons, for outputs that list them.
func BriefCompleteness(a *conflicts.Audit) string {
	if n := len(a.Events); n > 0 {
		about := "every object or address that " + Quantity(n, "event") + " named and every owner of the addresses in question"
		if a.Complete() {
			return "Complete: " + about + " was looked up"
		}
		return "INCOMPLETE: not " + about + " could be looked up, so conflicts may be missing"
	}
	all := "everything in " + Quantity(len(a.Coverage), "partition")
	if a.Remembered != nil && !a.Remembered.Swept.IsZero() {
		all = "everything that was written in " + Quantity(len(a.Coverage), "partition") + " since the last run"
	}
	read := Quantity(a.Objects(), "object") + " with " + Quantity(a.Values(), "address")
	if a.Complete() {
		return fmt.Sprintf("Complete: %s was read (%s)", all, read)
	}
	return fmt.Sprintf("INCOMPLETE: not %s was read (%s), so conflicts may be missing", all, read)
}

// NoConflicts says that there are none, as far as that can be said.
func NoConflicts(a *conflicts.Audit) string {
	if a.Complete() {
		return "No conflicts"
	}
	return "No conflicts in what was read"
}

// Counts says in one line how many conflicts of each class there are, what is
// proposed, and how many findings there are besides.
func Counts(a *conflicts.Audit) string {
	found := NoConflicts(a)
	if len(a.Conflicts) > 0 {
		var classes []string
		for _, c := range conflicts.Classes {
			if n := a.Count(c); n > 0 {
				classes = append(classes, Number(n)+" "+string(c))
			}
		}
		found = Quantity(len(a.Conflicts), "conflict") + ": " + strings.Join(classes, ", ")
	}
	counts := found + ". " + Quantity(len(a.Changes), "change") + " proposed"
	if len(a.Events) == 0 { // else nobody looked for any
		counts += ", " + Quantity(len(a.Findings), "finding")
	}
	return counts + "."
}

// Server says in one line how a server was reached and as whom. It is not escaped.
func Server(s *conflicts.Server) string {
	var where, how []string
	if !strings.Contains(s.URL, s.Host) {
		where = append(where, s.Host)
	}
	if s.Site != "" {
		where = append(where, "site "+s.Site)
	}
	name := s.URL
	if len(where) > 0 {
		name += " (" + strings.Join(where, ", ") + ")"
	}
	switch {
	case s.Transport != "":
		how = append(how, s.Transport)
	case s.Protection != "sealed":
		how = append(how, "not encrypted")
	}
	mechanism := strings.TrimSpace(s.Mechanism + " " + s.Protection)
	if s.Identity != "" {
		mechanism = "logged on as " + s.Identity + " (" + mechanism + ")"
	}
	return name + ": " + strings.Join(append(how, mechanism), ", ")
}

// MissingAttributes says what it means that the schema lacks attributes of Exchange.
func MissingAttributes(names []string) string {
	return "the schema lacks " + strings.Join(names, ", ") + ": Exchange's schema is not installed, or a global catalog does not hold them all; " +
		"what they tell of an object, such as the type of its mailbox, is unknown"
}

// A Fact is a line of what the outputs say of a scan. Its values are not escaped.
type Fact struct {
	Name   string
	Values []string
}

// Scope returns what was looked at, without the facts that are empty.
func Scope(a *conflicts.Audit) []Fact {
	var facts []Fact
	add := func(name string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			facts = append(facts, Fact{name, values})
		}
	}
	if len(a.Scope.Servers) == 0 {
		add("Read from", a.Scope.Source...)
		add("Read as", a.Scope.Identity)
	}
	for i := range a.Scope.Servers {
		s := &a.Scope.Servers[i]
		pieces := []string{Server(s)}
		if s.Level != "" {
			pieces = append(pieces, "forest level "+s.Level)
		}
		if len(s.Missing) > 0 {
			pieces = append(pieces, MissingAttributes(s.Missing))
		}
		add("Read from", pieces...)
	}
	switch {
	case len(a.Events) > 0: // a note says so
	case len(a.Scope.Base) == 0:
		add("Reported", "the whole directory")
	}
	add("Reported", a.Scope.Base...)
	add("Left out", a.Scope.Exclude...)
	if a.Scope.AcceptedDomainsKnown() || len(a.Proposals) == 0 {
		add("Accepted domains", a.Scope.AcceptedDomains...)
	} else {
		add("Accepted domains", "unknown")
	}
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
	parts := []string{Quantity(c.Objects, "object"), Quantity(c.Values, "address")}
	if c.Deleted > 0 {
		parts = append(parts, Quantity(c.Deleted, "deleted object"))
	}
	if c.Referrals > 0 {
		parts = append(parts, Quantity(c.Referrals, "referral")+" not followed")
	}
	if c.Problem != "" {
		parts = append(parts, "not read to the end: "+c.Problem)
	}
	return strings.Join(parts, ", ")
}
