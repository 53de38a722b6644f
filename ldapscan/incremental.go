package ldapscan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"proxyaddr/conflicts"
)

// Since is what a scan can build on.
type Since struct {
	// Now is when the scan begins.
	Now time.Time
	// Whole says why everything has to be read; empty if the caller knows no reason.
	Whole string
	// Bookmark is that of the last scan. Without one, everything is read.
	Bookmark *conflicts.Bookmark
	// Owners are the owners of all conflicts that are not resolved. Only the GUID and the
	// last known name of each are used.
	Owners []conflicts.Entry
}

// A Reading is the result of a scan that may build on an earlier one.
type Reading struct {
	// Audit has the conflicts of the whole name space, even if only changes were read. In
	// that case it has no proposed changes, and only the findings about objects that were
	// read.
	Audit *conflicts.Audit
	// Whole says in a sentence why everything was read; empty if only changes were.
	Whole string
	// Bookmark is what the next scan can build on. If the audit is incomplete, it is the
	// earlier bookmark if only changes were read, and nil otherwise.
	Bookmark *conflicts.Bookmark
	// Objects, if only changes were read, are the objects that were read with all that a
	// judgment needs. The owners of [Since] that could be seen are among them.
	Objects []*conflicts.Object
	// Changed is the number of objects in which an address may have changed. Requests and
	// Entries count what the servers were asked and what they sent.
	Changed, Requests, Entries int
}

// ScanSince finds the same conflicts as [Scan], from what was written since an earlier
// scan: it reads the objects in which an address may have been written, all others that
// have their addresses, and the owners of the known conflicts. Where that might miss
// something it sweeps everything and says why. Its errors are those of Scan.
//
// Three things are not seen until the next whole sweep. The account can see objects that it
// could not see before, although neither its groups nor the objects changed. A domain
// controller was set back and has since counted further than before, so its lost changes stay
// unnoticed. A subtree of Options.Judge has no object with an address any more.
func ScanSince(ctx context.Context, src Source, since Since, opt Options) (*Reading, error) {
	r, err := ScanChanges(ctx, src, since, opt)
	why := (*SweepNeeded)(nil)
	if !errors.As(err, &why) {
		return r, err
	}
	f, ok := src.(*Forest)
	if !ok {
		audit, err := Scan(ctx, src, opt)
		return &Reading{Audit: audit, Whole: why.Reason}, err
	}
	return f.counted(func() (*Reading, error) { return f.scanWhole(ctx, why.Reason, since.Now, opt) })
}

// ScanChanges is [ScanSince] without the whole sweep: where that is needed, it returns a
// [SweepNeeded].
func ScanChanges(ctx context.Context, src Source, since Since, opt Options) (*Reading, error) {
	f, ok := src.(*Forest)
	if !ok {
		return nil, sweepBecause("the source is an export, which does not tell changes")
	}
	return f.counted(func() (*Reading, error) { return f.scanChanges(ctx, since, opt) })
}

// counted adds the requests and entries of a reading to it.
func (f *Forest) counted(read func() (*Reading, error)) (*Reading, error) {
	requests, entries := f.traffic()
	r, err := read()
	if err != nil {
		return nil, err
	}
	r.Requests, r.Entries = f.traffic()
	r.Requests, r.Entries = r.Requests-requests, r.Entries-entries
	return r, nil
}

// traffic returns the numbers of requests and entries of all connections.
func (f *Forest) traffic() (requests, entries int) {
	for _, d := range f.directories {
		requests, entries = requests+d.conn.requests, entries+d.conn.entries
		if d.full != nil {
			requests, entries = requests+d.full.conn.requests, entries+d.full.conn.entries
		}
	}
	return requests, entries
}

// scanWhole sweeps everything, and makes a bookmark.
func (f *Forest) scanWhole(ctx context.Context, why string, now time.Time, opt Options) (*Reading, error) {
	b := newBookmarker(ctx, f.directories, now)
	audit, err := Scan(ctx, f, opt)
	if err != nil {
		return nil, err
	}
	r := &Reading{Audit: audit, Whole: why}
	if audit.Complete() {
		r.Bookmark = b.after(ctx, audit)
	}
	return r, ctx.Err()
}

// SweepNeeded is the error for changes that do not tell everything.
type SweepNeeded struct {
	// Reason says why in a sentence.
	Reason string
}

func (e *SweepNeeded) Error() string { return e.Reason }

func sweepBecause(format string, args ...any) error {
	return &SweepNeeded{fmt.Sprintf(format, args...)}
}

// scanChanges reads what was written since.
func (f *Forest) scanChanges(ctx context.Context, since Since, opt Options) (*Reading, error) {
	switch {
	case since.Whole != "":
		return nil, sweepBecause("%s", since.Whole)
	case since.Bookmark == nil:
		return nil, sweepBecause("no complete whole sweep is remembered")
	case since.Bookmark.Obstacle != "":
		return nil, sweepBecause("%s", since.Bookmark.Obstacle)
	}
	c := &changes{Forest: f, Since: since, judge: opt.Judge, audit: newAudit(f, opt), names: map[conflicts.Ref]string{}}
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	if err := c.read(ctx); err != nil {
		return nil, err
	}
	objects := c.inspect(ctx)
	if err := c.end(ctx); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return c.conclude(objects, opt), nil
}

// conclude judges what was read.
func (c *changes) conclude(objects []*conflicts.Object, opt Options) *Reading {
	audit := c.audit
	opt.Judge.Rules = audit.Rules
	judged := conflicts.Judge(objects, opt.Judge)
	audit.Conflicts = judged.Conflicts
	shared := judged.Findings
	for i := range audit.Conflicts {
		audit.Conflicts[i].Unresolved = []conflicts.Statement{{Code: conflicts.OnlyChanges}}
	}
	for _, o := range objects {
		if c.changed[o.Ref()] && opt.Judge.Reports(o.DN) {
			shared = append(shared, conflicts.Findings(&o.Entry)...)
		}
	}
	audit.Findings = conflicts.SortFindings(shared)
	audit.Coverage = c.coverage
	for _, row := range c.coverage {
		if row.Problem != "" {
			audit.Problems = append(audit.Problems, row.Problem)
		}
	}
	audit.Notes = append(audit.Notes, fmt.Sprintf("%s: only what changed was read, after the whole sweep of %s", sourceNames(audit), c.Bookmark.Swept.UTC().Format(time.RFC3339)))
	for _, d := range c.directories {
		if d.conn.comparesByCase() {
			audit.Notes = append(audit.Notes, fmt.Sprintf("%s compares addresses by case only: a conflict between addresses that only Active Directory treats as the same may not be seen before the next whole sweep", d.conn.server().Name()))
		}
	}
	r := &Reading{Audit: audit, Bookmark: c.Bookmark, Objects: objects, Changed: len(c.changed)}
	if audit.Complete() {
		r.Bookmark = c.next()
	}
	return r
}

// next is the bookmark after this reading.
func (c *changes) next() *conflicts.Bookmark {
	next := *c.Bookmark
	next.Positions = nil
	for _, p := range c.partitions {
		position := *p.position
		position.USN = c.marks[p.server].usn
		position.Witnesses = lastWritten(slices.Concat(p.seen, position.Witnesses))
		next.Positions = append(next.Positions, position)
	}
	return &next
}
