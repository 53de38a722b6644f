package index

import (
	"encoding/binary"
	"iter"
	"slices"
	"sort"
)

// shardBits is how many bits of a fingerprint are the number of its shard. Of
// the others a shard keeps 32.
const shardBits = 11

func remainder(print uint64) uint32 { return uint32(print >> (32 - shardBits)) }

// stored returns what a shard and its number keep of a fingerprint.
func stored(print uint64) uint64 { return print>>(64-shardBits)<<32 | uint64(remainder(print)) }

// A source is the attribute in which an address stood.
type source uint8

const (
	fromProxy source = iota
	fromOther        // mail or userPrincipalName
	fromTarget
	reserved // of a deleted object, or a value without a type as SMTP
)

const sourceBits = 2

// A shard holds the fingerprints that begin with its number, as they come.
type shard struct {
	first  uint32 // block by its number from 1, 0 for none
	tail   *block // the last
	n      int32  // marks in all blocks
	inTail int32  // of these
	object uint32 // of the last mark
}

// A block is 384 octets. The objects come in order, so that it is enough to keep
// how far each is from the one before.
type block struct {
	next   uint32 // by its number from 1, 0 for none
	object uint32 // of the first mark
	n      uint16 // marks; not known of the last block of a shard until that is closed
	// marks are print and distance << sourceBits | source, one behind the other: to
	// add one touches one place in memory.
	marks [blockMarks*markSize + 2]byte // what is read and written of a mark is 8 octets
}

const (
	blockMarks = 62
	markSize   = 6
	maxStep    = 1<<(16-sourceBits) - 1
)

func (b *block) set(i int, print uint32, step uint16) { // before those behind it
	binary.LittleEndian.PutUint64(b.marks[i*markSize:], uint64(print)|uint64(step)<<32)
}

func (b *block) get(i int) (print uint32, step uint16) {
	m := binary.LittleEndian.Uint64(b.marks[i*markSize:])
	return uint32(m), uint16(m >> 32)
}

func (b *block) print(i int) uint32 { return binary.LittleEndian.Uint32(b.marks[i*markSize:]) }

func (b *block) setPrint(i int, print uint32) {
	binary.LittleEndian.PutUint32(b.marks[i*markSize:], print)
}

// blocks are those of all shards.
type blocks struct{ slabs slabs[block] }

func (b *blocks) at(number uint32) *block { return b.slabs.at(number - 1) }

// add takes in a fingerprint of an object, whose number is none smaller than the
// last.
func (b *blocks) add(s *shard, print uint32, object uint32, from source) {
	if s.tail == nil || s.inTail == blockMarks || object-s.object > maxStep {
		b.extend(s, object)
	}
	s.tail.set(int(s.inTail), print, uint16(object-s.object)<<sourceBits|uint16(from))
	s.inTail++
	s.n++
	s.object = object
}

// extend appends a block, which begins with that object.
func (b *blocks) extend(s *shard, object uint32) {
	n, added := b.slabs.next()
	if s.tail == nil {
		s.first = n + 1
	} else {
		s.close()
		s.tail.next = n + 1
	}
	added.object = object
	s.tail, s.inTail, s.object = added, 0, object
}

// close notes how many marks are in the last block.
func (s *shard) close() {
	if s.tail != nil {
		s.tail.n = uint16(s.inTail)
	}
}

// join moves all of other behind b, with base added to the numbers of objects,
// and returns what is added to those of its blocks.
func (b *blocks) join(other *blocks, base uint32) (shift uint32) {
	shift = b.slabs.len()
	for _, slab := range other.slabs.list {
		for i := range slab.items {
			block := &slab.items[i]
			block.object += base
			if block.next > 0 {
				block.next += shift
			}
		}
	}
	b.slabs.join(&other.slabs)
	return shift
}

// joinShard moves the marks of another shard behind those of s.
func (b *blocks) joinShard(s, other *shard, shift, base uint32) {
	if other.tail == nil {
		return
	}
	if s.tail == nil {
		s.first = other.first + shift
	} else {
		s.close()
		s.tail.next = other.first + shift
	}
	s.tail, s.inTail = other.tail, other.inTail
	s.n += other.n
	s.object = other.object + base
}

// each goes through the blocks of a shard that was closed, in order.
func (b *blocks) each(s *shard) iter.Seq[*block] {
	return func(yield func(*block) bool) {
		for number := s.first; number > 0; {
			block := b.at(number)
			if !yield(block) {
				return
			}
			number = block.next
		}
	}
}

// A mark is a fingerprint with its owner: print << 32 | object << 2 | source.
type mark uint64

func (m mark) print() uint32  { return uint32(m >> 32) }
func (m mark) object() uint32 { return uint32(m) >> sourceBits }
func (m mark) source() source { return source(m & (1<<sourceBits - 1)) }

// sort closes a shard and returns its marks, ordered, in the memory of scratch. It
// leaves their prints in that order in the blocks. Prints are random numbers, so
// that counting their first bits puts nearly every mark in its place.
func (b *blocks) sort(s *shard, scratch []mark) []mark {
	s.close()
	if s.n < 2 {
		return scratch[:0] // nothing to share
	}
	const bits = 11
	var at [1<<bits + 1]uint32 // where the marks with these first bits go
	for block := range b.each(s) {
		for i := range int(block.n) {
			at[block.print(i)>>(32-bits)+1]++
		}
	}
	for i := range 1 << bits {
		at[i+1] += at[i]
	}
	marks := slices.Grow(scratch[:0], int(s.n))[:s.n]
	for block := range b.each(s) {
		object := block.object
		for i := range int(block.n) {
			p, step := block.get(i)
			object += uint32(step >> sourceBits)
			to := &at[p>>(32-bits)]
			marks[*to] = mark(p)<<32 | mark(object)<<sourceBits | mark(step&(1<<sourceBits-1))
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
	for block := range b.each(s) {
		for i := range int(block.n) {
			block.setPrint(i, rest[i].print())
		}
		rest = rest[block.n:]
	}
	return marks
}

// has reports whether the print is there. The shard must have been sorted.
func (b *blocks) has(s *shard, print uint32) bool {
	for block := range b.each(s) {
		n := int(block.n)
		if print <= block.print(n-1) {
			i := sort.Search(n, func(i int) bool { return block.print(i) >= print })
			return block.print(i) == print
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
