package conflicts

import "slices"

// shardBits is how many bits of a fingerprint are the number of its shard. Of
// the others a shard keeps 32.
const shardBits = 11

func remainder(print uint64) uint32 { return uint32(print >> (32 - shardBits)) }

// A source is the attribute in which an address stood.
type source uint64

const (
	fromProxy source = iota
	fromOther        // mail or userPrincipalName
	fromTarget
	fromDeleted
)

const sourceBits = 2

// A shard holds the fingerprints that begin with its number, as they come. The
// objects come in order, so that it is enough to keep how far each is from the
// one before.
type shard struct {
	first, last *block
	n           int    // marks in all blocks
	object      uint32 // of the last mark
}

// A block is as large as an allocation of 384 octets, which none is lost of.
type block struct {
	next   *block
	prints [blockMarks]uint32
	steps  [blockMarks]uint16 // distance << sourceBits | source
}

const (
	blockMarks = 62
	maxStep    = 1<<(16-sourceBits) - 1
)

// add takes in a fingerprint of an object, whose number is none smaller than the
// last. A distance that does not fit is bridged by marks of no object; they take
// one fingerprint of 2⁴³ out of use.
func (s *shard) add(print uint32, object uint32, from source) {
	for ; object-s.object > maxStep; s.object += maxStep {
		s.append(0, maxStep<<sourceBits|uint16(fromDeleted))
	}
	s.append(print, uint16(object-s.object)<<sourceBits|uint16(from))
	s.object = object
}

func (s *shard) append(print uint32, step uint16) {
	i := s.n % blockMarks
	if i == 0 {
		b := new(block)
		if s.last == nil {
			s.first = b
		} else {
			s.last.next = b
		}
		s.last = b
	}
	s.last.prints[i], s.last.steps[i] = print, step
	s.n++
}

// A mark is a fingerprint with its owner: print << 32 | object << 2 | source.
type mark uint64

func (m mark) print() uint32  { return uint32(m >> 32) }
func (m mark) object() uint32 { return uint32(m) >> sourceBits }
func (m mark) source() source { return source(m & (1<<sourceBits - 1)) }

// sort returns the marks of the shard, ordered, in the memory of scratch, and
// leaves their prints in that order in the blocks. Prints are random numbers, so
// that counting their first bits puts nearly every mark in its place.
func (s *shard) sort(scratch []mark) []mark {
	if s.n < 2 {
		return nil // nothing to share
	}
	const bits = 11
	var at [1<<bits + 1]uint32 // where the marks with these first bits go
	n := s.n
	for b := s.first; b != nil; b = b.next {
		for _, p := range b.prints[:min(n, blockMarks)] {
			at[p>>(32-bits)+1]++
		}
		n -= blockMarks
	}
	for i := range 1 << bits {
		at[i+1] += at[i]
	}
	marks := slices.Grow(scratch[:0], s.n)[:s.n]
	var object uint32
	n = s.n
	for b := s.first; b != nil; b = b.next {
		for i, p := range b.prints[:min(n, blockMarks)] {
			object += uint32(b.steps[i] >> sourceBits)
			to := &at[p>>(32-bits)]
			marks[*to] = mark(p)<<32 | mark(object)<<sourceBits | mark(b.steps[i]&(1<<sourceBits-1))
			*to++
		}
		n -= blockMarks
	}
	for i, m := range marks {
		for ; i > 0 && marks[i-1] > m; i-- {
			marks[i] = marks[i-1]
		}
		marks[i] = m
	}
	rest := marks
	for b := s.first; b != nil; b = b.next {
		for i := range min(len(rest), blockMarks) {
			b.prints[i] = rest[i].print()
		}
		rest = rest[min(len(rest), blockMarks):]
	}
	return marks
}

// has reports whether the print is there. The shard must have been sorted.
func (s *shard) has(print uint32) bool {
	n := s.n
	for b := s.first; b != nil; b = b.next {
		prints := b.prints[:min(n, blockMarks)]
		if print <= prints[len(prints)-1] {
			_, found := slices.BinarySearch(prints, print)
			return found
		}
		n -= len(prints)
	}
	return false
}

// shared reports whether more than one object stands behind marks of one
// fingerprint, one of them with a proxy address, or more than one with a target
// address. The marks are ordered.
func shared(run []mark) bool {
	var holders, targets distinctObjects
	address := false
	for _, m := range run {
		switch m.source() {
		case fromProxy:
			address = true
			holders.add(m)
		case fromOther:
			holders.add(m)
		case fromTarget:
			targets.add(m)
		}
	}
	return address && holders.n > 1 || targets.n > 1
}

// distinctObjects counts the objects of marks in order.
type distinctObjects struct {
	n    int
	last uint32
}

func (d *distinctObjects) add(m mark) {
	if d.n == 0 || m.object() != d.last {
		d.n++
		d.last = m.object()
	}
}
