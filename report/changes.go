package report

import (
	"maps"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// objectChanges are all changes of one object, which are made together.
type objectChanges struct {
	object  *conflicts.Object
	changes []change
}

// A change helps to end a conflict.
type change struct {
	*conflicts.Change
	conflict *conflicts.Conflict
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
	place := make(map[*conflicts.Object]int32, len(a.Changes))
	of := conflictFinder{list: a.Conflicts}
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
		domain := domainOf(c.Object)
		n, ok := place[c.Object]
		if !ok {
			n = int32(len(domains[domain]))
			place[c.Object] = n
			domains[domain] = append(domains[domain], objectChanges{object: c.Object})
		}
		g := &domains[domain][n]
		g.changes = append(g.changes, change{c, of.find(c.Key)})
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

// A conflictFinder finds conflicts by their keys, in their order or close to it. A map would
// take more memory than all that is found.
type conflictFinder struct {
	list []conflicts.Conflict
	next int
}

// find returns the conflict with a key, or nil.
func (f *conflictFinder) find(k conflicts.Key) *conflicts.Conflict {
	for range f.list {
		if c := &f.list[f.next]; c.Key == k {
			return c
		}
		f.next = (f.next + 1) % len(f.list)
	}
	return nil
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
