package ldapscan

import (
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"sync"
	"sync/atomic"

	"proxyaddr/ldapscan/ldif"
)

// A big export is swept by several goroutines, each of which takes one block after
// the other. More than maxReaders would take up more memory than they save time.
const (
	blockSize  = 4 << 20
	maxReaders = 4
)

// An exportSweep is what one goroutine finds.
type exportSweep struct {
	name    string // of the export
	portion Portion
	rows    *coverage
	places  *places
	domains []string
	records int
	w       viewer
}

// sweep reads the file in blocks of about so many octets. The first error ends it.
func (x *Export) sweep(ctx context.Context, sink Sink, goroutines int, block int64) ([]*exportSweep, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	blocks := &blocks{data: x.data, size: block}
	seed := maphash.MakeSeed()
	var parts []*exportSweep
	var group sync.WaitGroup
	for range min(goroutines, blocks.count()) {
		part := &exportSweep{name: x.name, portion: sink.Portion(), rows: newCoverage(x.name), places: &places{seed: seed}}
		parts = append(parts, part)
		group.Go(func() {
			if err := part.read(ctx, x, blocks); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	return parts, context.Cause(ctx)
}

func (s *exportSweep) read(ctx context.Context, x *Export, blocks *blocks) error {
	r := newExportReader()
	for {
		start, end, err := blocks.next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = x.readBlock(ctx, r, start, end, func(_ *ldif.Reader, v *ldif.View) error { s.take(v, start); return nil })
		}
		if err != nil {
			return err
		}
		s.portion.Page(int(end - start))
	}
}

// take takes in a record of the block that begins at start.
func (s *exportSweep) take(v *ldif.View, start int64) {
	w := &s.w
	w.record(v)
	s.records++
	s.places.add(&w.view, start, v.Offset)
	for _, name := range w.domains {
		s.domains = append(s.domains, string(name))
	}
	switch c := s.rows.of(v.DN); {
	case !w.hasAddress():
	case w.deleted:
		c.Deleted++
		s.portion.Deleted(&w.view)
	default:
		c.Objects++
		c.Values += len(w.view.ProxyAddresses)
		s.portion.Entry(&w.view)
		if w.missing > 0 {
			least(&c.Problem, fmt.Sprintf("%s: %s: only part of the values of proxyAddresses was exported", s.name, v.DN))
		}
	}
}

// add takes in what another goroutine found, but for its portion.
func (s *exportSweep) add(other *exportSweep) {
	s.records += other.records
	s.domains = append(s.domains, other.domains...)
	s.rows.add(other.rows)
	s.places.join(other.places)
}

func drop(parts []*exportSweep) {
	for _, p := range parts {
		p.portion.Drop()
	}
}

// blocks part a file into pieces that can be read on their own.
type blocks struct {
	data  *io.SectionReader
	size  int64
	taken atomic.Int64
}

func (b *blocks) count() int { return 1 + int(b.data.Size()/(b.size+1)) }

// next returns where a block begins and ends that nobody has taken, or io.EOF.
func (b *blocks) next() (start, end int64, err error) {
	for start == end && err == nil { // in the middle of a record that is larger than a block
		n := b.taken.Add(1) - 1
		if start = n * b.size; start >= b.data.Size() {
			return 0, 0, io.EOF
		}
		if end, err = b.cut(start + b.size); err == nil {
			start, err = b.cut(start)
		}
	}
	return start, end, err
}

// cut returns the first place behind at that does not part a record.
func (b *blocks) cut(at int64) (int64, error) {
	if at == 0 || at >= b.data.Size() {
		return min(at, b.data.Size()), nil
	}
	return ldif.Cut(b.data, at)
}
