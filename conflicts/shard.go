package conflicts

import "slices"

// shardBits is how many bits of a fingerprint are the number of its shard. Of
// the others a shard keeps 32.
const shardBits = 11

func remainder(print uint64) uint32 { return uint32(print >> (32 - shardBits)) }

// A source is the attribute in which an address stood.
type source uint8

const (
	fromProxy source = iota
	fromOther        // mail or userPrincipalName
	fromTarget
	fromDeleted
)

const sourceBits = 2

// A shard holds the fingerprints that begin with its number, as they come.
type shard struct {
	first, last *block
	n           int    // marks in all blocks
	object      uint32 // of the last mark
}

// A block is as large as an allocation of 384 octets, which none is lost of. The
// objects come in order, so that it is enough to keep how far each is from the
// one before.
type block struct {
	next   *block
	object uint32 // of the first mark
	n      uint32
	prints [blockMarks]uint32
	steps  [blockMarks]uint16 // distance << sourceBits | source
}

const (
	blockMarks = 61
	maxStep    = 1<<(16-sourceBits) - 1
)

// add takes in a fingerprint of an object, whose number is none smaller than the
// last.
func (s *shard) add(print uint32, object uint32, from source) {
	b := s.last
	if b == nil || b.n == blockMarks || object-s.object > maxStep {
		b = &block{object: object}
		s.link(b, b)
		s.object = object
	}
	b.prints[b.n], b.steps[b.n] = print, uint16(object-s.object)<<sourceBits|uint16(from)
	b.n++
	s.n++
	s.object = object
}

func (s *shard) link(first, last *block) {
	if s.last == nil {
		s.first = first
	} else {
		s.last.next = first
	}
	s.last = last
}

// join moves the marks of another shard behind those of s, with base added to the
// numbers of their objects.
func (s *shard) join(other *shard, base uint32) {
	if other.first == nil {
		return
	}
	for b := other.first; b != nil; b = b.next {
		b.object += base
	}
	s.link(other.first, other.last)
	s.n += other.n
	s.object = base + other.object
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
	for b := s.first; b != nil; b = b.next {
		for _, p := range b.prints[:b.n] {
			at[p>>(32-bits)+1]++
		}
	}
	for i := range 1 << bits {
		at[i+1] += at[i]
	}
	marks := slices.Grow(scratch[:0], s.n)[:s.n]
	for b := s.first; b != nil; b = b.next {
		object := b.object
		for i, p := range b.prints[:b.n] {
			object += uint32(b.steps[i] >> sourceBits)
			to := &at[p>>(32-bits)]
			marks[*to] = mark(p)<<32 | mark(object)<<sourceBits | mark(b.steps[i]&(1<<sourceBits-1))
			*to++
		}
	}
	for i, m := range marks {
		for ; i > 0 && marks[i-1] > m; i-- {
			marks[i] = marks[i-1]
		}
		marks[i] = m
	}
	rest := marks
	for b := s.first; b != nil; b = b.next {
		for i := range b.prints[:b.n] {
			b.prints[i] = rest[i].print()
		}
		rest = rest[b.n:]
	}
	return marks
}

// has reports whether the print is there. The shard must have been sorted.
func (s *shard) has(print uint32) bool {
	for b := s.first; b != nil; b = b.next {
		prints := b.prints[:b.n]
		if print <= prints[len(prints)-1] {
			_, found := slices.BinarySearch(prints, print)
			return found
		}
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
