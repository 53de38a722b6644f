package report

import (
	"cmp"
	"maps"
	"slices"
	"sort"
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

// domainChanges are the changes of a domain, object by object. They are numbers, as there can
// be many.
type domainChanges struct {
	audit   *conflicts.Audit
	changes []int32
	objects []int32 // where in changes the first one of each object stands
}

// object makes o the changes of the i-th object, in the memory of another.
func (d *domainChanges) object(o *objectChanges, i int) {
	its := d.changes[d.objects[i]:]
	if i+1 < len(d.objects) {
		its = its[:d.objects[i+1]-d.objects[i]]
	}
	o.object, o.changes = d.audit.Changes[its[0]].Object, o.changes[:0]
	for _, n := range its {
		o.changes = append(o.changes, change{&d.audit.Changes[n], d.conflict(n)})
	}
}

// conflict returns that of the n-th change of the audit, nil if no proposal has the change.
func (d *domainChanges) conflict(n int32) *conflicts.Conflict {
	proposals := d.audit.Proposals
	next := sort.Search(len(proposals), func(i int) bool { return proposals[i].First > n })
	if next == 0 {
		return nil
	}
	return proposals[next-1].Conflict
}

// noDomain stands for the domain of objects whose names have no DC parts.
const noDomain = "directory"

// Domains returns the domains that have a fix file of their own, sorted:
// those of all changes and of the domain partitions that were read, so that a
// scan without conflicts has them too. There is always one.
func Domains(a *conflicts.Audit) []string { return slices.Sorted(maps.Keys(byDomain(a))) }

// byDomain groups the changes by domain and object, in the order of the audit.
func byDomain(a *conflicts.Audit) map[string]*domainChanges {
	domains := make(map[string]*domainChanges)
	of := func(domain string) *domainChanges {
		d := domains[domain]
		if d == nil {
			d = &domainChanges{audit: a}
			domains[domain] = d
		}
		return d
	}
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
	first := firstChanges(a.Changes)
	order := make([]int32, len(first))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(n, m int32) int { return cmp.Or(cmp.Compare(first[n], first[m]), cmp.Compare(n, m)) })
	var d *domainChanges
	for _, n := range order {
		if first[n] == n {
			d = of(domainOf(a.Changes[n].Object))
			d.objects = append(d.objects, int32(len(d.changes)))
		}
		d.changes = append(d.changes, n)
	}
	for _, c := range a.Coverage {
		if conflicts.DomainPartition(c.Partition) {
			of(label(conflicts.Domain(c.Partition)))
		}
	}
	if len(domains) == 0 { // an export: its coverage names a file
		for i := range a.Conflicts {
			for _, o := range a.Conflicts[i].Owners {
				of(domainOf(o.Object))
			}
		}
		for i := range a.Findings {
			of(label(conflicts.Domain(a.Findings[i].DN)))
		}
	}
	if len(domains) == 0 {
		of(noDomain)
	}
	return domains
}

// changesIn returns the changes of a domain, which need not have any.
func changesIn(a *conflicts.Audit, domain string) *domainChanges {
	if d := byDomain(a)[domain]; d != nil {
		return d
	}
	return &domainChanges{audit: a}
}

// firstChanges returns of each change the number of the first one of its object.
func firstChanges(changes []conflicts.Change) []int32 {
	first := make([]int32, len(changes))
	of := make(map[*conflicts.Object]int32, len(changes))
	for i := range changes {
		n, known := of[changes[i].Object]
		if !known {
			n = int32(i)
			of[changes[i].Object] = n
		}
		first[i] = n
	}
	return first
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
