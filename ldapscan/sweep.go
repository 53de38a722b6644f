package ldapscan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/debuglog"
)

// attempts is how often a partition is swept from the start if the sweep cannot be
// continued on another connection.
const attempts = 3

// A sweeping is what a sweep asks of a partition.
type sweeping struct {
	filter     string
	attributes []string
	deleted    bool // and for the addresses of deleted objects
}

// wholeSweep asks for everything that goes into an index.
var wholeSweep = sweeping{filter, sweepAttributes, true}

// sweepPartition reads one partition. The results of an attempt that is retried are
// dropped; the caller keeps those of the last one, even if it did not come to its end.
func (d *Directory) sweepPartition(ctx context.Context, p partition, ask sweeping, all []partition, sink Sink) *attempt {
	var notes []string
	for n := 1; ; n++ {
		a := &attempt{d: d, partition: p, ask: ask, all: all, sink: sink, Survey: &Survey{}}
		err := a.run(ctx)
		if errors.As(err, new(lostError)) && n < attempts && ctx.Err() == nil {
			a.drop()
			logFailure(ctx, d.conn.session.log, "the sweep is begun again", err, debuglog.DN("partition", p.dn), "try", n+1, "of", attempts)
			notes = append(notes, fmt.Sprintf("%s: %s: the sweep broke off after %d objects and was begun again", p.dn, d.conn.server().URL, a.Objects))
			continue
		}
		if err != nil {
			a.Problem = fmt.Sprintf("%s: %s after %d objects: %s", p.dn, d.conn.server().URL, a.Objects, brief(err))
		}
		a.Notes = append(notes, a.Notes...)
		a.server = d.conn.session
		return a
	}
}

// sweepPartitions sweeps the partitions assigned to the server, and sweeps again those
// that were read from a server that it replaces.
func (d *Directory) sweepPartitions(ctx context.Context, all []partition, sink Sink) []*attempt {
	swept := make([]*attempt, len(d.assigned))
	onAnother := func(a *attempt) bool { return !a.server.same(d.conn.session) }
	for range attempts {
		for i, p := range d.assigned {
			last := swept[i]
			if last != nil && !onAnother(last) {
				continue
			}
			swept[i] = d.sweepPartition(ctx, p, wholeSweep, all, sink)
			if last != nil {
				last.drop()
				swept[i].Notes = append(swept[i].Notes, fmt.Sprintf("%s: swept again on %s, which took over", p.dn, d.conn.server().Name()))
			}
			if ctx.Err() != nil {
				return nil
			}
		}
		if !slices.ContainsFunc(swept, onAnother) {
			return swept
		}
	}
	swept[0].Problems = append(swept[0].Problems, fmt.Sprintf("%s: several servers answer under this name, and none of them answered for all partitions", d.conn.server().URL))
	return swept
}

// An attempt is one to sweep a partition.
type attempt struct {
	d         *Directory
	partition partition
	ask       sweeping
	all       []partition
	sink      Sink
	streams   []Stream
	elsewhere references
	server    *session // that answered last

	conflicts.Coverage
	*Survey
}

func (a *attempt) drop() {
	for _, p := range a.streams {
		p.Drop()
	}
}

func (a *attempt) keep(survey *Survey) conflicts.Coverage {
	for _, p := range a.streams {
		p.Keep()
	}
	survey.add(a.Survey)
	return a.Coverage
}

func (a *attempt) stream() Stream {
	p := a.sink.Stream()
	a.streams = append(a.streams, p)
	return p
}

func (a *attempt) run(ctx context.Context) error {
	d := a.d
	a.Partition = a.partition.dn
	before, err := d.conn.highestUSN(ctx)
	if err != nil {
		return err
	}
	server := d.conn.session
	whole := query{base: a.Partition, filter: a.ask.filter, attributes: a.ask.attributes, most: mostObjects(before)}
	defer a.tellReferences()
	if err := a.read(ctx, a.split(whole, before)); err != nil {
		return err
	}
	after := a.stream()
	if before == 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%s: %s counts no changes, so an object that moved during the sweep may be missing", a.Partition, d.conn.server().URL))
	} else if err := a.catchUp(ctx, whole, before, after); err != nil {
		return err
	}
	if !d.conn.session.same(server) {
		return lostError{errOtherServer} // it has its own count of changes
	}
	if err := a.deleted(ctx, after); err != nil {
		return err
	}
	return d.conn.drain(ctx)
}

// mostObjects returns how many objects a partition can have on a server that counted so
// many changes: creating or replicating an object is a change ([MS-ADTS] 3.1.1.1.9). The
// bound leaves room, as the server goes on counting during a sweep. 0 stands for a server
// that counts no changes.
func mostObjects(changes int64) int {
	const room = 10_000
	if changes == 0 || changes > (maxSwept-room)/2 {
		return maxSwept
	}
	return int(2*changes + room)
}

// tellReferences reports as problems the references to places that nobody reads.
func (a *attempt) tellReferences() {
	if len(a.elsewhere) > 0 {
		a.Problem = fmt.Sprintf("%s: %s refers to %s, which was not followed", a.Partition, a.d.conn.server().URL, strings.Join(a.elsewhere, ", "))
	}
}

// rangesPerConnection is how many ranges of uSNChanged there are for each connection.
// There are several because the ranges hold different numbers of objects.
const rangesPerConnection = 4

// split divides a query by uSNChanged for several connections. catchUp reads what is
// written after the highest number.
func (a *attempt) split(q query, highest int64) []query {
	n := int64(a.d.connections * rangesPerConnection)
	if a.d.connections < 2 || highest < n {
		return []query{q}
	}
	list := make([]query, n)
	for i := range list {
		list[i] = q
		from, to := highest*int64(i)/n+1, highest*int64(i+1)/n
		// Not-greater, so that an object without a number matches too.
		limits := fmt.Sprintf("(!(uSNChanged>=%d))", to+1)
		if i > 0 {
			limits = fmt.Sprintf("(uSNChanged>=%d)(uSNChanged<=%d)", from, to)
		}
		list[i].filter = "(&" + limits + q.filter + ")"
	}
	return list
}

// read runs the queries, as many at a time as there are to be connections.
func (a *attempt) read(ctx context.Context, queries []query) error {
	own := a.d.conn
	workers := []*conn{own}
	for len(workers) < min(a.d.connections, len(queries)) {
		s, err := own.another(ctx)
		if err != nil {
			a.Notes = append(a.Notes, fmt.Sprintf("%s: %s: read by %d connections, as no other could be opened: %s", a.Partition, a.d.conn.server().URL, len(workers), brief(err)))
			break
		}
		other := newConn(s, own.connSettings)
		defer other.close()
		workers = append(workers, other)
	}
	ranges := make([]*rangeSweep, len(queries))
	for i, q := range queries {
		ranges[i] = &rangeSweep{query: q, attempt: a, stream: a.stream()}
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	drained := make([]error, len(workers))
	for n, c := range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(ranges); i = int(next.Add(1)) - 1 {
				if ranges[i].read(ctx, c) != nil {
					next.Store(int64(len(ranges)))
				}
			}
			drained[n] = c.drain(ctx)
		})
	}
	wg.Wait()
	err := cmp.Or(drained...)
	for _, other := range workers[1:] {
		own.reopened += other.reopened
		own.requests += other.requests
		own.entries += other.entries
		if !other.session.same(own.session) {
			err = lostError{errOtherServer} // it has its own count of changes
		}
	}
	for _, s := range ranges {
		a.Objects += s.objects
		a.Values += s.values
		a.Pages += s.pages
		a.Referrals = max(a.Referrals, s.referrals) // each range has all of them
		a.elsewhere.add(s.elsewhere)
		err = cmp.Or(err, s.err)
	}
	return err
}

// A rangeSweep reads the results of one query of an attempt, most often a range of
// uSNChanged.
type rangeSweep struct {
	query
	attempt                           *attempt
	stream                            Stream
	objects, values, pages, referrals int
	elsewhere                         references
	err                               error
}

func (s *rangeSweep) read(ctx context.Context, c *conn) error {
	s.err = c.pages(ctx, s.query, func(p page) error {
		s.pages++
		err := c.views(ctx, p, func(v *conflicts.View) {
			s.objects++
			s.values += len(v.ProxyAddresses)
			s.stream.Entry(v)
		})
		if err != nil {
			return err
		}
		s.referrals += len(p.referrals)
		s.elsewhere.add(s.attempt.d.unfollowed(p, s.base, s.attempt.all))
		s.stream.Progress(1, len(p.entries))
		return nil
	})
	return s.err
}

// catchUp reads again what was written since the sweep of a partition began:
// paging is no snapshot, so an object that moved meanwhile may have been missed.
func (a *attempt) catchUp(ctx context.Context, q query, before int64, stream Stream) error {
	q.filter = fmt.Sprintf("(&(uSNChanged>=%d)%s)", before+1, q.filter)
	n := 0
	err := a.d.conn.pages(ctx, q, func(p page) error {
		a.elsewhere.add(a.d.unfollowed(p, a.Partition, a.all))
		return a.d.conn.views(ctx, p, func(v *conflicts.View) {
			n++
			stream.Changed(v)
		})
	})
	if n > 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%s: %d objects were written during the sweep and read again", q.base, n))
	}
	return err
}

// deletedObjects is the container of a partition to which deleting moves objects
// ([MS-ADTS] 6.1.1.4.2), except objects whose systemFlags forbid that; none of these is a
// recipient. A search of the whole partition would make a domain controller read every
// object that has an address: isDeleted is not indexed.
const deletedObjects = "CN=Deleted Objects,"

// deleted hands over the addresses of deleted objects. Most directories strip them on
// deletion or hide them from ordinary users; the count shows how many were seen.
func (a *attempt) deleted(ctx context.Context, stream Stream) error {
	if !a.ask.deleted || !a.d.conn.offers(showDeleted) {
		return nil
	}
	q := query{base: deletedObjects + a.Partition, filter: "(&(isDeleted=TRUE)" + a.ask.filter + ")", attributes: a.ask.attributes,
		controls: []ldap.Control{ldap.NewControlMicrosoftShowDeleted()}, most: maxSwept}
	err := a.d.conn.pages(ctx, q, func(p page) error {
		a.elsewhere.add(a.d.unfollowed(p, a.Partition, a.all))
		return a.d.conn.views(ctx, p, func(v *conflicts.View) {
			a.Deleted++
			stream.Deleted(v)
		})
	})
	seen := true
	if err == nil && a.Deleted == 0 && a.Objects > 0 {
		seen, err = a.d.conn.seesDeleted(ctx, q.base)
	}
	switch {
	case errors.As(err, new(lostError)):
		return err
	case noSuchObject(err), err == nil && !seen:
		if a.Objects > 0 { // otherwise there is most likely nothing to see
			a.Notes = append(a.Notes, a.Partition+": this account cannot see deleted objects: a proposed address may belong to one. Scan as a domain administrator to rule it out")
		}
	case err != nil:
		text := fmt.Sprintf("%s: deleted objects could not be read: %s", a.Partition, brief(err))
		if refused(err) {
			a.Notes = append(a.Notes, text)
		} else {
			a.Problems = append(a.Problems, text)
		}
	}
	return nil
}

// seesDeleted reports whether the account may look into a container of deleted objects.
// Samba finds the container for any account, but shows its isDeleted only to one that may.
func (c *conn) seesDeleted(ctx context.Context, container string) (bool, error) {
	list, err := c.read(ctx, container, []string{"isDeleted"}, ldap.NewControlMicrosoftShowDeleted())
	return slices.ContainsFunc(list, func(r result) bool { return len(r.values) > 0 }), err
}

// refused reports whether a server refused to answer, rather than failed to.
func refused(err error) bool {
	return !errors.As(err, new(lostError)) && ldap.IsErrorAnyOf(err, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultUnwillingToPerform,
		ldap.LDAPResultUnavailableCriticalExtension, ldap.LDAPResultNoSuchObject)
}

func noSuchObject(err error) bool { return ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) }

// highestUSN returns the number of the last change that the server knows of,
// 0 where it counts none.
func (c *conn) highestUSN(ctx context.Context) (int64, error) {
	root, err := c.read(ctx, "", []string{"highestCommittedUSN"})
	if err != nil || len(root) == 0 {
		return 0, err
	}
	a := attributes{}
	a.take(root[0])
	return a.number("highestcommittedusn"), nil
}
