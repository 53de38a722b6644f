package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// plan finds the changes of a conflict, and those of one owner. A map would take ten
// times the memory.
type plan struct {
	changes []conflicts.Change
	order   []int // of changes, by conflict and the name of the object
}

func newPlan(a *conflicts.Audit) plan {
	p := plan{a.Changes, make([]int, len(a.Changes))}
	for i := range p.order {
		p.order[i] = i
	}
	slices.SortStableFunc(p.order, func(x, y int) int { return p.compare(x, p.changes[y].Key, p.changes[y].Object.DN) })
	return p
}

// compare compares the n-th change with one of a conflict and an object.
func (p plan) compare(n int, conflict conflicts.Key, dn string) int {
	c := &p.changes[n]
	return cmp.Or(cmp.Compare(c.Key, conflict), cmp.Compare(c.Object.DN, dn))
}

// conflict returns the indices of the changes of a conflict.
func (p plan) conflict(c *conflicts.Conflict) []int {
	return p.equal(func(n int) int { return cmp.Compare(p.changes[n].Key, c.Key) })
}

// owner returns the changes of an owner in a conflict, in their order.
func (p plan) owner(c *conflicts.Conflict, o *conflicts.Owner) []*conflicts.Change {
	var changes []*conflicts.Change
	for _, i := range p.equal(func(n int) int { return p.compare(n, c.Key, o.DN) }) {
		if change := &p.changes[i]; change.Object.Ref() == o.Ref() {
			changes = append(changes, change)
		}
	}
	return changes
}

// equal returns that part of the order for which compare gives zero.
func (p plan) equal(compare func(n int) int) []int {
	first, _ := slices.BinarySearchFunc(p.order, 0, func(n, _ int) int { return compare(n) })
	last := first
	for last < len(p.order) && compare(p.order[last]) == 0 {
		last++
	}
	return p.order[first:last]
}

// of returns the change of one claim, or nil.
func (p plan) of(c *conflicts.Conflict, o *conflicts.Owner, claim conflicts.Claim) *conflicts.Change {
	for _, change := range p.owner(c, o) {
		if change.Attribute == claim.Attribute && change.Old == claim.Value {
			return change
		}
	}
	return nil
}

// action says in one word what becomes of an owner's claim; change may be nil.
func action(keeper bool, change *conflicts.Change) string {
	switch {
	case change != nil && change.New != "":
		return "replace"
	case change != nil:
		return "remove"
	case keeper:
		return "keep"
	}
	return "leave"
}

// describe says in a line what is changed and at what risk.
func describe(c *conflicts.Change) string {
	if c.New == "" {
		return fmt.Sprintf("%s: remove %s, risk %s", c.Attribute, c.Old, danger(c))
	}
	return fmt.Sprintf("%s: replace %s with %s, risk %s", c.Attribute, c.Old, c.New, danger(c))
}

// danger says how risky a change is, and why.
func danger(c *conflicts.Change) string {
	if c.RiskReason == "" {
		return c.Risk.String()
	}
	return c.Risk.String() + ": " + c.RiskReason
}

// kind says what sort of object it is, where its directory tells.
func kind(o *conflicts.Object) string { return cmp.Or(o.Kind(), "unknown class") }

// objectChanges are all changes of one object, which are made together.
type objectChanges struct {
	object  *conflicts.Object
	changes []*conflicts.Change
}

// noDomain stands for the domain of objects whose names have no DC parts.
const noDomain = "directory"

// Domains returns the domains that have a fix file of their own, sorted:
// those of all changes and of the domain partitions that were read, so that a
// scan without conflicts has them too. There is always one.
func Domains(a *conflicts.Audit) []string { return slices.Sorted(maps.Keys(byDomain(a))) }

// byDomain groups the changes by domain and object, in the order of the audit.
func byDomain(a *conflicts.Audit) map[string][]objectChanges {
	domains := make(map[string][]objectChanges)
	place := make(map[conflicts.Ref]int)
	partitions := make(map[string]string) // their domains
	domainOf := func(o *conflicts.Object) string {
		domain, ok := partitions[o.Partition]
		if !ok {
			domain = conflicts.Domain(o.Partition)
			partitions[o.Partition] = domain
		}
		if domain == "" {
			domain = conflicts.Domain(o.DN)
		}
		return label(domain)
	}
	for i := range a.Changes {
		c := &a.Changes[i]
		domain, ref := domainOf(c.Object), c.Object.Ref()
		n, ok := place[ref]
		if !ok {
			n = len(domains[domain])
			place[ref] = n
			domains[domain] = append(domains[domain], objectChanges{object: c.Object})
		}
		g := &domains[domain][n]
		g.changes = append(g.changes, c)
	}
	for _, c := range a.Coverage {
		if domain := label(conflicts.Domain(c.Partition)); conflicts.DomainPartition(c.Partition) && domains[domain] == nil {
			domains[domain] = nil
		}
	}
	if len(domains) == 0 { // an export: its coverage names a file
		for i := range a.Conflicts {
			for _, o := range a.Conflicts[i].Owners {
				domains[domainOf(o.Object)] = nil
			}
		}
		for i := range a.Findings {
			domains[label(conflicts.Domain(a.Findings[i].DN))] = nil
		}
	}
	if len(domains) == 0 {
		domains[noDomain] = nil
	}
	return domains
}

// label makes a domain fit for the name of a file on every system: a DC part
// can hold any character, separators of paths among them.
func label(domain string) string {
	if domain == "" {
		return noDomain
	}
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, conflicts.DomainKey(domain))
}
