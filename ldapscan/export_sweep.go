package ldapscan

import (
	"context"
	"hash/maphash"
	"io"
	"maps"
	"sync"
	"sync/atomic"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// A big export is swept by several goroutines, each of which takes one block after
// the other. More than maxReaders would cost memory and save little time.
const (
	blockSize  = 4 << 20
	maxReaders = 4
)

// An exportSweep is what one goroutine finds.
type exportSweep struct {
	stream   Stream
	want     func(*conflicts.View) bool // which objects are looked for; nil for none
	rows     *coverage
	places   *places
	domains  []string
	homes    homeDomains
	stores   configurations
	records  int
	nameless int               // of them, with an address and without an objectGUID
	wanted   map[uint64]bool   // the hashes of objects that are looked for
	partial  map[uint64]string // names of objects with a record without all values, by hash
	has      [noField]bool     // the attributes of records with an address
	w        viewer
}

// A reading is the result of reading an export once.
type reading struct {
	sweeps   []*exportSweep
	searches *searches
	damage   error // that ended it
}

// sweep reads the file in blocks of about so many bytes. The first error ends it.
func (x *Export) sweep(ctx context.Context, sink Sink, want func(*conflicts.View) bool, byName bool, goroutines int, block int64) *reading {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	blocks := &blocks{data: x.data, size: block}
	seed := maphash.MakeSeed()
	r := &reading{searches: newSearches()}
	said := sayings{searches: r.searches, ahead: map[int64]passage{}}
	var group sync.WaitGroup
	for range min(goroutines, blocks.count()) {
		s := &exportSweep{stream: sink.Stream(), want: want, rows: newCoverage(x.name), places: &places{seed: seed, byName: byName},
			homes: homeDomains{}, stores: configurations{}, wanted: map[uint64]bool{}, partial: map[uint64]string{}}
		r.sweeps = append(r.sweeps, s)
		group.Go(func() {
			if err := s.read(ctx, x, blocks, &said); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	r.damage = context.Cause(ctx)
	return r
}

func (s *exportSweep) read(ctx context.Context, x *Export, blocks *blocks, said *sayings) error {
	r := newExportReader()
	var says passage
	r.Remark = func(m ldif.Remark) {
		says.add(m)
		if len(says.remarks)%maxRemarks == 0 {
			said.takeSoFar(&says)
		}
	}
	for {
		start, end, err := blocks.next()
		if err == io.EOF {
			return nil
		}
		says = passage{start: start, end: end}
		if err == nil {
			err = x.readBlock(ctx, r, start, end, func(_ *ldif.Reader, v *ldif.View) error {
				says.entries++
				says.adds = says.adds || v.Change == ldif.ChangeAdd
				s.take(v, start)
				return nil
			})
		}
		if err != nil {
			return err
		}
		said.take(says)
		s.stream.Progress(0, int(end-start))
	}
}

// take handles a record of the block that begins at start.
func (s *exportSweep) take(v *ldif.View, start int64) {
	w := &s.w
	w.record(v)
	s.records++
	found := s.want != nil && s.want(&w.view)
	if w.view.GUID == (conflicts.GUID{}) && w.hasAddress() {
		s.nameless++
	}
	hash := s.places.add(&w.view, start, v.Offset)
	if found {
		s.wanted[hash] = true
	}
	for _, name := range w.domains {
		s.domains = append(s.domains, string(name))
	}
	if len(w.ranges) > 0 && !whole(w.ranges) {
		dn := s.partial[hash]
		least(&dn, string(v.DN))
		s.partial[hash] = dn
	}
	s.count(w, 1)
	if w.store != nil {
		s.stores.add(s.rows.of(w.view.DN), w.store)
	}
	if w.hasAddress() {
		for f, seen := range w.seen {
			s.has[f] = s.has[f] || seen
		}
	}
	switch {
	case !w.hasAddress():
	case w.deleted:
		s.stream.Deleted(&w.view)
	default:
		if s.places.byName {
			w.view.GUID = conflicts.GUID{}
		}
		s.stream.Entry(&w.view)
	}
}

// count counts an object for its partition and its domains, n times.
func (s *exportSweep) count(w *viewer, n int) {
	s.homes.count(w, n)
	switch c := s.rows.of(w.view.DN); {
	case !w.hasAddress():
	case w.deleted:
		c.Deleted += n
	default:
		c.Objects += n
		c.Values += n * len(w.view.ProxyAddresses)
	}
}

// total returns what all goroutines found, except their streams.
func (r *reading) total() *exportSweep {
	total := r.sweeps[0]
	for _, p := range r.sweeps[1:] {
		total.records += p.records
		total.nameless += p.nameless
		total.domains = append(total.domains, p.domains...)
		total.homes.join(p.homes)
		maps.Copy(total.stores, p.stores)
		total.rows.add(p.rows)
		total.places.join(p.places)
		maps.Copy(total.wanted, p.wanted)
		for f, seen := range p.has {
			total.has[f] = total.has[f] || seen
		}
		for hash, dn := range p.partial {
			least(&dn, total.partial[hash])
			total.partial[hash] = dn
		}
	}
	return total
}

func (r *reading) drop() {
	for _, p := range r.sweeps {
		p.stream.Drop()
	}
}

func (r *reading) keep() {
	for _, p := range r.sweeps {
		p.stream.Keep()
	}
}

// sayings puts the passages of a file into their order.
type sayings struct {
	mu       sync.Mutex
	searches *searches
	read     int64 // searches has all before this offset
	ahead    map[int64]passage
}

func (s *sayings) take(p passage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead[p.start] = p
	for p, ok := s.ahead[s.read]; ok; p, ok = s.ahead[s.read] {
		delete(s.ahead, p.start)
		s.searches.read(p)
		s.read = p.end
	}
}

// takeSoFar takes the beginning of an unfinished passage, if it is next. The other
// passages are no longer than a block.
func (s *sayings) takeSoFar(p *passage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.start == s.read {
		s.searches.read(*p)
		p.remarks, p.entries = p.remarks[:0], 0
	}
}

// nowhere is a [Sink] that keeps nothing.
type nowhere struct{}

func (nowhere) Stream() Stream          { return nowhere{} }
func (nowhere) Entry(*conflicts.View)   {}
func (nowhere) Changed(*conflicts.View) {}
func (nowhere) Deleted(*conflicts.View) {}
func (nowhere) Progress(int, int)       {}
func (nowhere) Keep()                   {}
func (nowhere) Drop()                   {}

// blocks divide a file so that each can be read on its own.
type blocks struct {
	data  *io.SectionReader
	size  int64
	taken atomic.Int64
}

func (b *blocks) count() int { return 1 + int(b.data.Size()/(b.size+1)) }

// next returns the bounds of a block that nobody has taken, or io.EOF.
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

// cut returns the first offset after at that does not cut a record.
func (b *blocks) cut(at int64) (int64, error) {
	if at == 0 || at >= b.data.Size() {
		return min(at, b.data.Size()), nil
	}
	return ldif.Cut(b.data, at)
}
