package ldapscan

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/index"
)

// Compare sweeps every partition on all domain controllers that hold it, at the
// same time, and finds the objects whose proxyAddresses differ. It reads these
// again, to leave out what only changed between the sweeps, and judges them. It
// uses the options about the report, not those about solving conflicts. The error
// is that of ctx; any other failure makes the comparison incomplete.
func Compare(ctx context.Context, r *Directories, opt Options) (*conflicts.Comparison, error) {
	c := &comparer{
		Directories: r,
		seed:        maphash.MakeSeed(),
		tally:       tally{show: opt.Progress},
		unread:      map[*Directory]bool{},
		out: &conflicts.Comparison{Version: opt.Version, Command: opt.Command, Servers: r.Servers(), Base: opt.Judge.Base, Exclude: opt.Judge.Exclude,
			Problems: slices.Clone(r.problems), Notes: slices.Clone(r.notes)},
	}
	sweeps := c.sweep(ctx)
	c.out.Time = c.time(ctx, sweeps)
	for i, p := range r.partitions {
		c.compare(ctx, p, sweeps[i])
	}
	others, err := c.owners(ctx, c.out.Contested())
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		c.out.Problems = append(c.out.Problems, fmt.Sprintf("%v: conflicts that replication brings may be missing", err))
	}
	c.out.Judge(others, opt.Judge)
	return c.out, nil
}

type comparer struct {
	*Directories
	seed  maphash.Seed
	tally tally
	out   *conflicts.Comparison
	// compared are the partitions with the servers that hold them and were read to
	// the end; unread are the servers that failed while objects were read again.
	compared []replicated
	unread   map[*Directory]bool
}

func (c *comparer) server(d *Directory) *conflicts.Server {
	return &c.out.Servers[slices.Index(c.directories, d)]
}

// A compareSink is the [Sink] of the sweep of one partition on one server.
type compareSink struct {
	tally *tally

	mu    sync.Mutex
	whole *index.Digest
}

func (s *compareSink) Stream() Stream {
	return &compareStream{sink: s, digest: s.whole.Fork(), count: count{tally: s.tally}}
}

type compareStream struct {
	sink   *compareSink
	digest *index.Digest
	count
}

func (p *compareStream) Entry(v *conflicts.View) {
	p.digest.Add(v)
	p.entry(v)
}

func (p *compareStream) Changed(v *conflicts.View) { p.digest.Add(v) }
func (p *compareStream) Deleted(*conflicts.View)   {}

func (p *compareStream) Keep() {
	p.tell()
	p.sink.mu.Lock()
	defer p.sink.mu.Unlock()
	p.sink.whole.Join(p.digest)
}

// addressSweep asks for what goes into a digest.
var addressSweep = sweeping{filter: "(proxyAddresses=*)", attributes: []string{"objectGUID", "proxyAddresses"}}

// sweep reads every partition on all servers that hold it, and returns what was
// read to the end, by partition and server.
func (c *comparer) sweep(ctx context.Context) []map[*Directory]*index.Digest {
	type swept struct {
		conflicts.Coverage
		digest *index.Digest
	}
	found, surveys := make([][]*swept, len(c.directories)), make([]Survey, len(c.directories))
	var sweeps sync.WaitGroup
	for n, d := range c.directories {
		found[n] = make([]*swept, len(c.partitions))
		sweeps.Go(func() {
			for i, p := range c.partitions {
				if slices.Contains(p.holders, d) && ctx.Err() == nil {
					sink := &compareSink{tally: &c.tally, whole: index.NewDigest(c.seed)}
					found[n][i] = &swept{d.sweepPartition(ctx, p.partition, addressSweep, d.assigned, sink).keep(&surveys[n]), sink.whole}
				}
			}
		})
	}
	sweeps.Wait()
	digests := make([]map[*Directory]*index.Digest, len(c.partitions))
	for n, d := range c.directories {
		c.out.Notes = append(c.out.Notes, surveys[n].Notes...)
		c.out.Problems = append(c.out.Problems, surveys[n].Problems...)
		values, broken := 0, false
		for _, s := range found[n] {
			if s != nil {
				values += s.Values
				broken = broken || s.Problem != ""
			}
		}
		blind := ""
		if values == 0 && !broken {
			blind = notOneSeen(d.conn.server().URL)
			c.problem("%s", blind)
		}
		for i, s := range found[n] {
			if s == nil {
				continue
			}
			if s.Problem != "" {
				c.problem("%s", s.Problem)
			}
			s.Problem = cmp.Or(s.Problem, blind)
			if n := s.digest.Unnamed(); n > 0 {
				c.problem("%s: %s: %d objects came without objectGUID and were not compared", s.Partition, d.conn.server().URL, n)
			}
			c.out.Coverage = append(c.out.Coverage, conflicts.ReplicaCoverage{Server: c.server(d), Coverage: s.Coverage})
			if s.Problem == "" {
				if digests[i] == nil {
					digests[i] = map[*Directory]*index.Digest{}
				}
				digests[i][d] = s.digest
			}
		}
	}
	return digests
}

func (c *comparer) problem(format string, args ...any) {
	c.out.Problems = append(c.out.Problems, fmt.Sprintf(format, args...))
}

// time returns the latest current time of the servers. Those that failed are not
// asked.
func (c *comparer) time(ctx context.Context, sweeps []map[*Directory]*index.Digest) (latest time.Time) {
	for _, d := range c.directories {
		if !slices.ContainsFunc(sweeps, func(read map[*Directory]*index.Digest) bool { return read[d] != nil }) {
			continue
		}
		root, err := d.conn.read(ctx, "", []string{"currentTime"})
		if err != nil || len(root) == 0 {
			continue
		}
		a := attributes{}
		a.take(root[0])
		if t := generalizedTime(a.first("currenttime")); t.After(latest) {
			latest = t
		}
	}
	return latest
}

// compareBatch is how many objects are in memory at once, with the copies of all
// servers.
const compareBatch = 1000

// compare finds the differences in a partition.
func (c *comparer) compare(ctx context.Context, p replicated, digests map[*Directory]*index.Digest) {
	holders := slices.DeleteFunc(slices.Clone(p.holders), func(d *Directory) bool { return digests[d] == nil })
	if len(holders) < 2 {
		return // a problem says why
	}
	c.compared = append(c.compared, replicated{p.partition, holders})
	differing := index.Differing(slices.Collect(maps.Values(digests))...)
	c.tally.add(Progress{}, Progress{Suspects: len(differing)})
	for batch := range slices.Chunk(differing, compareBatch) {
		copies := make([][]conflicts.Copy, len(holders))
		failed := make([]error, len(holders))
		var reading sync.WaitGroup
		for i, d := range holders { // at the same time, so that as little as possible is on the way
			reading.Go(func() { copies[i], failed[i] = c.copies(ctx, d, batch) })
		}
		reading.Wait()
		if ctx.Err() != nil {
			return
		}
		for i, d := range holders {
			if failed[i] != nil && !c.unread[d] {
				c.unread[d] = true
				c.problem("%v: not all objects that differ could be read again", failed[i])
			}
		}
		for n := range batch {
			object := make([]conflicts.Copy, len(holders))
			for i := range holders {
				object[i] = copies[i][n]
			}
			if d, ok := conflicts.NewDifference(object, c.out.Time); ok {
				c.out.Differences = append(c.out.Differences, d)
			}
		}
	}
}

// copies reads objects as a server has them, in the order of their GUIDs.
func (c *comparer) copies(ctx context.Context, d *Directory, guids []conflicts.GUID) ([]conflicts.Copy, error) {
	copies := make([]conflicts.Copy, len(guids))
	at := make(map[conflicts.GUID]*conflicts.Copy, len(guids))
	refs := make([]conflicts.Ref, len(guids))
	for i, g := range guids {
		copies[i] = conflicts.Copy{Server: c.server(d), Unread: true}
		at[g], refs[i] = &copies[i], conflicts.Ref{GUID: g}
	}
	if c.unread[d] {
		return copies, nil
	}
	err := d.Inspect(ctx, refs, func(o *conflicts.Object) {
		if c := at[o.GUID]; c != nil {
			c.Object, c.Unread = o, false
		}
	})
	if err != nil {
		return copies, err
	}
	var missing []conflicts.GUID
	for i := range copies {
		if copies[i].Unread {
			copies[i].Unread = false
			missing = append(missing, guids[i])
		}
	}
	return copies, d.deletions(ctx, missing, func(g conflicts.GUID, s conflicts.Stamp) {
		if c := at[g]; c != nil {
			c.Deleted = s
		}
	})
}

// deletions tells when objects were deleted, as far as the account may see that.
func (d *Directory) deletions(ctx context.Context, guids []conflicts.GUID, found func(conflicts.GUID, conflicts.Stamp)) error {
	if !d.conn.offers(showDeleted) {
		return nil
	}
	for batch := range slices.Chunk(guids, inspectBatch) {
		for _, p := range d.assigned {
			answer, _, err := d.conn.search(ctx, p.dn, ldap.ScopeWholeSubtree, "(&(isDeleted=TRUE)"+guidFilter(batch)+")",
				[]string{"objectGUID", "replPropertyMetaData", "msDS-ReplAttributeMetaData"}, ldap.NewControlMicrosoftShowDeleted())
			if refused(err) {
				continue
			}
			var list []result
			if err == nil {
				list, err = parseEntries(answer.entries)
			}
			for _, r := range list {
				a := attributes{}
				a.take(r)
				s := a.stamp(deletionStamp)
				if err == nil {
					err = d.locate(ctx, &s)
				}
				found(a.entry(r.dn).GUID, s)
			}
			if err != nil {
				return d.conn.failed(ctx, err)
			}
		}
	}
	return nil
}

// owners returns the objects that have one of the addresses, each as one server has
// it.
func (c *comparer) owners(ctx context.Context, addresses []conflicts.Address) ([]*conflicts.Object, error) {
	var objects []*conflicts.Object
	for _, p := range c.compared {
		d := p.holders[max(0, slices.IndexFunc(p.holders, func(d *Directory) bool { return !c.unread[d] }))]
		var refs []conflicts.Ref
		l := newLookup(addresses, func(o *conflicts.Object) {
			if !o.Deleted {
				refs = append(refs, o.Ref())
			}
		})
		l.assigned = d.assigned
		if err := l.read(ctx, d, p.dn); err != nil || ctx.Err() != nil {
			return objects, d.conn.failed(ctx, err)
		}
		if err := d.Inspect(ctx, refs, func(o *conflicts.Object) { objects = append(objects, o) }); err != nil {
			return objects, err
		}
	}
	return objects, nil
}
