package ldapscan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// changes is a reading of changes under way.
type changes struct {
	*Forest
	Since
	judge      conflicts.Options
	audit      *conflicts.Audit
	marks      []mark // of each directory
	partitions []*changedPartition
	coverage   []conflicts.Coverage

	changed   map[conflicts.Ref]bool   // objects in which an address may have been written
	addresses []conflicts.Address      // theirs
	names     map[conflicts.Ref]string // of the objects to inspect
}

// A changedPartition is a partition whose changes are read.
type changedPartition struct {
	partition
	server   int // the number of its directory
	position *conflicts.Position
	seen     []conflicts.Witness // objects that were written since, and the witnesses
	renamed  []string            // of these and others, those that may be a container
	entries  []wholeEntry        // with addresses that may have changed
	coverage conflicts.Coverage
}

// begin checks that the servers are those of the last reading, with their databases
// unchanged.
func (c *changes) begin(ctx context.Context) error {
	c.marks = make([]mark, len(c.directories))
	positions := slices.Clone(c.Bookmark.Positions)
	for i, d := range c.directories {
		m, err := d.mark(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return sweepBecause("%s did not answer: %s", d.conn.server().Name(), brief(err))
		}
		c.marks[i] = m
		for _, p := range d.assigned {
			at := slices.IndexFunc(positions, func(known conflicts.Position) bool { return sameDN(known.Partition, p.dn) })
			if at < 0 {
				return sweepBecause("%s was not read by the last whole sweep", p.dn)
			}
			position := &positions[at]
			switch {
			case position.ServiceName != m.serviceName:
				return sweepBecause("%s is read from another domain controller than before, %s", p.dn, d.conn.server().Name())
			case m.usn < position.USN:
				return sweepBecause("%s has counted fewer changes than before, %d after %d: its database was set back", d.conn.server().Name(), m.usn, position.USN)
			}
			c.partitions = append(c.partitions, &changedPartition{partition: p, server: i, position: position, coverage: conflicts.Coverage{Partition: p.dn}})
			position.Partition = p.dn
			positions = slices.Delete(slices.Clone(positions), at, at+1)
		}
	}
	for _, p := range positions {
		return sweepBecause("%s is no longer read", p.Partition)
	}
	for _, p := range unread(c.directories) {
		if gap := p.gap(); gap != "" {
			return sweepBecause("%s", gap)
		}
	}
	switch {
	case len(unlisted(c.directories)) > 0:
		return sweepBecause("the list of the forest's partitions could not be read")
	case c.Bookmark.Account != accountOf(c.directories, c.marks):
		return sweepBecause("the account or its groups have changed")
	case c.Bookmark.Schema != missingIn(c.directories):
		return sweepBecause("the Exchange attributes in the schema have changed")
	}
	return nil
}

// read finds the objects in which an address may have been written, and all that have
// one of their addresses.
func (c *changes) read(ctx context.Context) error {
	c.changed = map[conflicts.Ref]bool{}
	assigned := assignedTo(c.directories)
	for _, p := range c.partitions {
		d := c.directories[p.server]
		err := d.conn.persist(ctx, func() error { return c.readPartition(ctx, d, p, assigned) })
		if why := (*SweepNeeded)(nil); errors.As(err, &why) || ctx.Err() != nil {
			return cmp.Or(ctx.Err(), err)
		}
		if err != nil {
			p.coverage.Problem = fmt.Sprintf("%s: %s: %s", p.dn, d.conn.server().URL, brief(err))
		}
		for _, e := range p.entries {
			entry := e.entry(e.dn)
			c.changed[entry.Ref()] = true
			c.names[entry.Ref()] = e.dn
			for a := range entry.Claimed() {
				c.addresses = append(c.addresses, a)
			}
		}
		c.coverage = append(c.coverage, p.coverage)
	}
	slices.SortStableFunc(c.coverage, func(a, b conflicts.Coverage) int { return strings.Compare(a.Partition, b.Partition) })
	if len(c.addresses) == 0 {
		return nil
	}
	err := c.Lookup(ctx, c.addresses, func(o *conflicts.Object) {
		if !o.Deleted {
			c.names[o.Ref()] = o.DN
		}
	})
	if err != nil {
		c.audit.Problems = append(c.audit.Problems, err.Error())
	}
	return ctx.Err()
}

const (
	// Beyond both bounds, reading the changes takes as long as reading everything.
	manyChanges      = 1000
	manyChangesShare = 20 // one in so many
)

// readPartition reads what was written in a partition. Pages are no snapshot: an
// object that moved while they were read has a later uSNChanged, and is asked for
// again.
func (c *changes) readPartition(ctx context.Context, d *Directory, p *changedPartition, assigned []partition) error {
	p.seen, p.renamed, p.entries, p.coverage = nil, nil, nil, conflicts.Coverage{Partition: p.dn}
	which := filter
	if p.kind == configurationKind {
		which = "(|(objectClass=crossRef)" + strings.TrimPrefix(filter, "(|")
	}
	if c.scoped() {
		which = "(objectClass=*)" // renamed containers take their children along
	}
	witnesses, from := p.position.Witnesses, p.position.USN
	for again := true; again; {
		pages := 0
		q := query{base: p.dn, filter: changedFilter(from, which, witnesses), attributes: append([]string{"objectClass"}, changedAttributes...), most: mostObjects(c.marks[p.server].usn)}
		err := d.conn.pages(ctx, q, func(page page) error {
			pages++
			if err := d.followed(page, p.dn, assigned); err != nil {
				return err
			}
			return c.take(ctx, d, p, page)
		})
		if err != nil {
			return err
		}
		again, from, witnesses = pages > 1, c.marks[p.server].usn, nil
		p.coverage.Pages += pages
	}
	if err := confirmed(p.position, p.seen); err != nil {
		return err
	}
	return c.movedContainers(ctx, d, p)
}

// scoped reports whether it matters below which containers objects lie.
func (c *changes) scoped() bool { return len(c.judge.Base)+len(c.judge.Exclude) > 0 }

// take sorts the entries of a page.
func (c *changes) take(ctx context.Context, d *Directory, p *changedPartition, page page) error {
	list, err := parseEntries(page.entries)
	if err != nil {
		return err
	}
	whole, err := d.conn.whole(ctx, list)
	if err != nil {
		return err
	}
	usn := p.position.USN
	for _, e := range whole {
		w := e.witness(e.dn)
		p.seen = append(p.seen, w)
		switch {
		case w.USN == 0:
			return sweepBecause("%s: this account cannot read its uSNChanged", e.dn)
		case w.USN <= usn:
			continue // a witness
		case e.isOf("crossRef"):
			return sweepBecause("the list of the forest's partitions has changed: %s", e.dn)
		}
		if e.writtenSince(usn, nameStamp.id) && e.number("usncreated") <= usn {
			p.renamed = append(p.renamed, e.dn)
		}
		if !e.hasAddress() {
			continue
		}
		p.coverage.Objects++
		p.coverage.Values += len(e.attributes["proxyaddresses"])
		if n := p.position.Objects; p.coverage.Objects > manyChanges && p.coverage.Objects*manyChangesShare > n {
			return sweepBecause("%s: more than 1 in %d of its %d objects were written since", p.dn, manyChangesShare, n)
		}
		if e.writtenSince(usn, claimStamps...) {
			p.entries = append(p.entries, e)
		}
	}
	return nil
}

func (a attributes) hasAddress() bool {
	return slices.ContainsFunc(sweepAttributes[1:], func(name string) bool { return len(a[strings.ToLower(name)]) > 0 })
}

func (a attributes) isOf(class string) bool {
	return slices.ContainsFunc(a.all("objectclass"), func(c string) bool { return strings.EqualFold(c, class) })
}
