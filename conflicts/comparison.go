package conflicts

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A Comparison is where domain controllers that hold the same partitions do not
// agree on proxyAddresses, the one value that its outputs are made of. It is plain
// data.
type Comparison struct {
	// Version and Command are those of the program, as in an [Audit].
	Version, Command string
	// Servers are the domain controllers that were compared.
	Servers []Server
	// Base and Exclude limit what is reported, as in a [Scope].
	Base, Exclude []string
	// Time is what ages are counted to: the latest of what the domain controllers
	// say that it is, zero if none does.
	Time time.Time
	// Coverage has one row for each partition on each domain controller.
	Coverage []ReplicaCoverage
	// Problems are all the reasons why a difference may have been missed, Notes
	// facts that do not make the comparison incomplete.
	Problems, Notes []string
	// Differences are in the order of what needs attention: stuck, not known, on
	// the way.
	Differences []Difference
	// Pending are the conflicts that replication brings.
	Pending []Pending
}

// ReplicaCoverage is what was read of a partition on a domain controller.
type ReplicaCoverage struct {
	Server *Server
	Coverage
}

// A Pending is a conflict that some domain controllers do not see yet. It is made
// of what the objects will be when all have replicated.
type Pending struct {
	Conflict
	// Seen are for each owner the domain controllers on which it has the address.
	Seen [][]*Server
}

// Complete reports whether everything that was to be compared was.
func (c *Comparison) Complete() bool { return len(c.Problems) == 0 }

// Clean reports whether nothing differs.
func (c *Comparison) Clean() bool { return len(c.Differences)+len(c.Pending) == 0 }

// Partitions returns how many were compared.
func (c *Comparison) Partitions() int {
	known := map[string]bool{}
	for _, row := range c.Coverage {
		known[strings.ToLower(row.Partition)] = true
	}
	return len(known)
}

// Count returns the number of differences with a status.
func (c *Comparison) Count(s CopyStatus) (n int) {
	for i := range c.Differences {
		if c.Differences[i].Status() == s {
			n++
		}
	}
	return n
}

// Contested returns the addresses that replication brings to domain controllers
// where the object has them not. Other objects may have them already.
func (c *Comparison) Contested() []Address {
	var list []Address
	known := map[Key]bool{}
	for i := range c.Differences {
		d := &c.Differences[i]
		if d.Converged == nil {
			continue
		}
		for _, v := range d.Converged.ProxyAddresses {
			a := ParseAddress(v)
			if !known[a.Key()] && d.seen([]Claim{{Attribute: ProxyAddresses, Value: v}}) != nil {
				known[a.Key()] = true
				list = append(list, a)
			}
		}
	}
	return list
}

// seen returns the domain controllers on which the object has one of the claims,
// nil if those are all.
func (d *Difference) seen(held []Claim) []*Server {
	wanted := map[Key]bool{}
	for _, c := range held {
		wanted[c.Parsed().Key()] = true
	}
	servers, all := []*Server{}, true
	for _, c := range d.Copies {
		switch {
		case c.Unread:
		case c.Object != nil && slices.ContainsFunc(claims(c.Object), func(c Claim) bool { return wanted[c.Parsed().Key()] }):
			servers = append(servers, c.Server)
		default:
			all = false
		}
	}
	if all {
		return nil
	}
	return servers
}

// Judge finds the conflicts that replication brings, among the objects that differ
// and others, which are those that have contested addresses. It puts the
// differences in order and drops those that opt does not report.
func (c *Comparison) Judge(others []*Object, opt Options) {
	differing := map[Ref]*Difference{}
	var objects []*Object
	for i := range c.Differences {
		d := &c.Differences[i]
		differing[d.Object().Ref()] = d
		if d.Converged != nil {
			objects = append(objects, d.Converged)
		}
	}
	for _, o := range others {
		if differing[o.Ref()] == nil {
			objects = append(objects, o)
		}
	}
	objects = distinct(objects)
	for _, found := range find(objects, newHoldings(objects).shared(), newPointers(objects), opt) {
		p := Pending{Conflict: found, Seen: make([][]*Server, len(found.Owners))}
		pending := false
		for i, o := range found.Owners {
			if d := differing[o.Ref()]; d != nil {
				p.Seen[i] = d.seen(o.Claims)
				pending = pending || p.Seen[i] != nil
			}
			if p.Seen[i] == nil {
				p.Seen[i] = c.comparedOn(o.Partition)
			}
		}
		if !pending {
			continue
		}
		if !p.seenTogether() {
			p.Cause = Cause{Kind: Race, Certainty: Likely, Code: RaceUnseen}
		}
		c.Pending = append(c.Pending, p)
	}
	c.Differences = slices.DeleteFunc(c.Differences, func(d Difference) bool { return !opt.Reports(d.Object().DN) })
	slices.SortFunc(c.Differences, func(a, b Difference) int {
		x, y := a.Object(), b.Object()
		return cmp.Or(cmp.Compare(slices.Index(CopyStatuses, a.Status()), slices.Index(CopyStatuses, b.Status())), strings.Compare(strings.ToLower(x.DN), strings.ToLower(y.DN)), compareObjects(x, y))
	})
}

// seenTogether reports whether a domain controller shows the address on two of the
// owners, so that who looked there could know.
func (p *Pending) seenTogether() bool {
	seen := map[*Server]bool{}
	for _, servers := range p.Seen {
		for _, s := range servers {
			if seen[s] {
				return true
			}
			seen[s] = true
		}
	}
	return false
}

// comparedOn returns the domain controllers on which a partition was compared.
func (c *Comparison) comparedOn(partition string) []*Server {
	var list []*Server
	for _, row := range c.Coverage {
		if row.Problem == "" && strings.EqualFold(row.Partition, partition) {
			list = append(list, row.Server)
		}
	}
	return list
}
