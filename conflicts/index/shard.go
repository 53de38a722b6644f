package index

import (
	"encoding/binary"
	"iter"
	"slices"
	"sort"
)

// shardBits is how many bits of a fingerprint are the number of its shard. A shard keeps 32 of
// the others.
const shardBits = 11

func remainder(fingerprint uint64) uint32 { return uint32(fingerprint >> (32 - shardBits)) }

// stored returns the part of a fingerprint that a shard and its number keep.
func stored(fingerprint uint64) uint64 {
	return fingerprint>>(64-shardBits)<<32 | uint64(remainder(fingerprint))
}

// An origin is the attribute that had an address.
type origin uint8

const (
	claimed  origin = iota
	forwards        // targetAddress
	reserved        // of a deleted object, or a value without a type as SMTP
)

const originBits = 2

// A shard has the fingerprints that begin with its number, in the order of arrival.
type shard struct {
	first  uint32 // block by its number from 1, 0 for none
	tail   *block // the last
	n      int32  // postings in all blocks
	inTail int32  // of these
	object uint32 // of the last posting
}

// A block is 384 bytes. The objects come in order, so it keeps only the distance of each from the
// one before.
type block struct {
	next   uint32 // by its number from 1, 0 for none
	object uint32 // of the first posting
	n      uint16 // postings; unknown for the last block of a shard until that is closed
	// postings are remainder and distance << originBits | origin, one after the other, so adding
	// one touches one place in memory.
	postings [blockPostings*postingSize + 2]byte // a posting is read and written as 8 bytes
}

const (
	blockPostings = 62
	postingSize   = 6
	maxStep       = 1<<(16-originBits) - 1
)

func (b *block) set(i int, remainder uint32, step uint16) { // before those after it
	binary.LittleEndian.PutUint64(b.postings[i*postingSize:], uint64(remainder)|uint64(step)<<32)
}

func (b *block) get(i int) (remainder uint32, step uint16) {
	p := binary.LittleEndian.Uint64(b.postings[i*postingSize:])
	return uint32(p), uint16(p >> 32)
}

func (b *block) remainder(i int) uint32 {
	return binary.LittleEndian.Uint32(b.postings[i*postingSize:])
}

func (b *block) setRemainder(i int, remainder uint32) {
	binary.LittleEndian.PutUint32(b.postings[i*postingSize:], remainder)
}

// blocks are the blocks of all shards.
type blocks struct{ slabs slabs[block] }

func (b *blocks) at(number uint32) *block { return b.slabs.at(number - 1) }

// add adds a fingerprint of an object, whose number must not be smaller than the last.
func (b *blocks) add(s *shard, remainder uint32, object uint32, from origin) {
	if s.tail == nil || s.inTail == blockPostings || object-s.object > maxStep {
		b.extend(s, object)
	}
	s.tail.set(int(s.inTail), remainder, uint16(object-s.object)<<originBits|uint16(from))
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

// close notes how many postings are in the last block.
func (s *shard) close() {
	if s.tail != nil {
		s.tail.n = uint16(s.inTail)
	}
}

// join moves all blocks of other to the end of b, and adds base to the numbers of objects. It
// returns the number that is added to those of the blocks.
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

// joinShard moves the postings of another shard to the end of s.
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

// each yields the blocks of a closed shard in order.
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

// A posting is a fingerprint with the object that has it: remainder << 32 | object << 2 | origin.
type posting uint64

func (p posting) remainder() uint32 { return uint32(p >> 32) }
func (p posting) object() uint32    { return uint32(p) >> originBits }
func (p posting) origin() origin    { return origin(p & (1<<originBits - 1)) }

// sort closes a shard and returns its sorted postings in the memory of scratch. It leaves their
// remainders in that order in the blocks. Fingerprints are random numbers, so counting their
// first bits puts nearly every posting in its place.
func (b *blocks) sort(s *shard, scratch []posting) []posting {
	s.close()
	if s.n < 2 {
		return scratch[:0] // nothing to share
	}
	const bits = 11
	var at [1<<bits + 1]uint32 // where the postings with these first bits go
	for block := range b.each(s) {
		for i := range int(block.n) {
			at[block.remainder(i)>>(32-bits)+1]++
		}
	}
	for i := range 1 << bits {
		at[i+1] += at[i]
	}
	postings := slices.Grow(scratch[:0], int(s.n))[:s.n]
	for block := range b.each(s) {
		object := block.object
		for i := range int(block.n) {
			remainder, step := block.get(i)
			object += uint32(step >> originBits)
			to := &at[remainder>>(32-bits)]
			postings[*to] = posting(remainder)<<32 | posting(object)<<originBits | posting(step&(1<<originBits-1))
			*to++
		}
	}
	for i, p := range postings {
		for ; i > 0 && postings[i-1] > p; i-- {
			postings[i] = postings[i-1]
		}
		postings[i] = p
	}
	rest := postings
	for block := range b.each(s) {
		for i := range int(block.n) {
			block.setRemainder(i, rest[i].remainder())
		}
		rest = rest[block.n:]
	}
	return postings
}

// has reports whether the shard has a remainder at least so many times. The shard must have been
// sorted.
func (b *blocks) has(s *shard, remainder uint32, times int) bool {
	for block := range b.each(s) {
		n := int(block.n)
		if remainder > block.remainder(n-1) {
			continue
		}
		for i := sort.Search(n, func(i int) bool { return block.remainder(i) >= remainder }); i < n; i++ {
			if block.remainder(i) != remainder {
				return false
			}
			if times--; times == 0 {
				return true
			}
		}
	}
	return false
}

// shared reports whether several objects claim the address of the postings of one fingerprint, or
// several forward to it. The postings are ordered.
func shared(run []posting) bool {
	var owners, targets distinctObjects
	for _, p := range run {
		switch p.origin() {
		case claimed:
			owners.add(p)
		case forwards:
			targets.add(p)
		}
	}
	return owners.n > 1 || targets.n > 1
}

// distinctObjects counts the objects of postings in order.
type distinctObjects struct {
	n    int
	last uint32
}

func (d *distinctObjects) add(p posting) {
	if d.n == 0 || p.object() != d.last {
		d.n++
		d.last = p.object()
	}
}
