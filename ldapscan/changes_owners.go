package ldapscan

import (
	"context"
	"maps"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// confirmed compares the witnesses of a position with what was remembered of them.
func confirmed(p *conflicts.Position, seen []conflicts.Witness) error {
	found := false
	for _, w := range p.Witnesses {
		i := slices.IndexFunc(seen, func(s conflicts.Witness) bool { return s.GUID == w.GUID })
		if i < 0 {
			continue // deleted, most likely
		}
		if found = true; seen[i].USN < w.USN {
			return sweepBecause("%s: an object has a lower uSNChanged than before, %d after %d: the database of the domain controller was set back", p.Partition, seen[i].USN, w.USN)
		}
	}
	if !found {
		return sweepBecause("%s: none of the objects that were written last before can be seen any more", p.Partition)
	}
	return nil
}

// movedContainers ends the reading if a renamed or moved container may have brought
// objects into the report or out of it: their uSNChanged stays the same.
func (c *changes) movedContainers(ctx context.Context, d *Directory, p *changedPartition) error {
	if !c.scoped() {
		return nil
	}
	for _, dn := range p.renamed {
		request := newRequest(dn, ldap.ScopeSingleLevel, "(objectClass=*)", []string{noAttributes})
		request.SizeLimit = 1
		children, _, err := d.conn.send(ctx, request)
		switch {
		case noSuchObject(err): // moved once more, which is a later change
			return sweepBecause("%s: a container may have been renamed or moved", dn)
		case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded), err == nil && children.count > 0:
			return sweepBecause("%s: a container was renamed or moved, which --base and --exclude bear on", dn)
		case err != nil:
			return err
		}
	}
	return nil
}

// inspect reads the objects that were found, and the owners of known conflicts,
// which it looks for first where they were last seen.
func (c *changes) inspect(ctx context.Context) (objects []*conflicts.Object) {
	for i := range c.Owners {
		if o := &c.Owners[i]; c.names[o.Ref()] == "" {
			c.names[o.Ref()] = o.DN
		}
	}
	left := maps.Clone(c.names)
	found := func(o *conflicts.Object) {
		delete(left, o.Ref())
		delete(left, conflicts.NameRef(o.DN))
		objects = append(objects, o)
	}
	lastSeen := map[*changedPartition][]conflicts.Ref{}
	for ref, dn := range c.names {
		if p := c.partitionOf(dn); p != nil {
			lastSeen[p] = append(lastSeen[p], ref)
		}
	}
	for _, p := range c.partitions {
		d := c.directories[p.server]
		inOne := layout{forest: d.forest, assigned: []partition{p.partition}}
		err := inOne.batches(ctx, d.conn, lastSeen[p], func(search search) (int, error) {
			return d.objects(ctx, search, func(o *conflicts.Object) {
				if c.several() {
					o.Forest = d.name()
				}
				found(o)
			})
		})
		if err != nil {
			c.audit.Problems = append(c.audit.Problems, d.conn.failed(ctx, err).Error())
			return nil
		}
	}
	if len(left) > 0 {
		if err := c.Inspect(ctx, slices.Collect(maps.Keys(left)), found); err != nil {
			c.audit.Problems = append(c.audit.Problems, err.Error())
		}
	}
	return objects
}

// partitionOf returns the innermost partition around a name, nil if none is read.
func (c *changes) partitionOf(dn string) (innermost *changedPartition) {
	for _, p := range c.partitions {
		if conflicts.Within(dn, p.dn) && (innermost == nil || len(p.dn) > len(innermost.dn)) {
			innermost = p
		}
	}
	return innermost
}

// end makes sure that the servers that began answered everything, and that their
// databases are the same as before. It comes last: a server answers earlier
// requests in full before it answers another.
func (c *changes) end(ctx context.Context) error {
	ids := map[int]string{}
	for i, d := range c.directories {
		id, err := d.invocationID(ctx, c.marks[i].serviceName)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			c.audit.Problems = append(c.audit.Problems, d.conn.failed(ctx, err).Error())
			continue
		}
		if !d.conn.session.same(c.marks[i].session) {
			return sweepBecause("%s took over while changes were read", d.conn.server().Name())
		}
		ids[i] = id
	}
	for _, p := range c.partitions {
		if id, ok := ids[p.server]; ok && id != p.position.InvocationID {
			return sweepBecause("the invocationId of %s has changed: its database was restored or created again", c.directories[p.server].conn.server().Name())
		}
	}
	return nil
}
