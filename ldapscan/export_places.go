package ldapscan

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"unicode/utf8"

	"proxyaddr/conflicts"
)

// places say where in an export the records of a sweep are. Each takes eight bytes: 40
// bits of a hash of what identifies the object, and 24 of the offset in a block.
//
// Among n objects n²/2⁴¹ pairs are expected to have the same hash by chance, 0.5 for a
// million. Each costs two more records to read.
type places struct {
	seed        maphash.Seed
	byName      bool // objects are told apart by their names alone
	blocks      []placesBlock
	controllers []int64 // the offsets of domain controllers
	unknown     bool    // some record has no place
	guids       bool    // a record has an objectGUID
	name        []byte  // scratch memory
}

// A placesBlock has the places in a block of the file, and where the block begins.
type placesBlock struct {
	start int64
	list  []uint64
}

const (
	offsetBits = 24
	maxOffset  = 1<<offsetBits - 1
)

// add notes the record of an object, at an offset in a block of the file that begins at
// start. The offset is -1 if it is unknown.
func (p *places) add(v *conflicts.View, start, offset int64) (hash uint64) {
	hash = p.hash(v.GUID, v.DN)
	p.guids = p.guids || v.GUID != (conflicts.GUID{})
	if offset < 0 || offset > maxOffset {
		p.unknown = true
		offset = 0
	}
	if isController(v.DN) {
		p.controllers = append(p.controllers, start+offset)
	}
	n := len(p.blocks) - 1
	if n < 0 || p.blocks[n].start != start {
		size := 64
		if n >= 0 {
			size = len(p.blocks[n].list) + len(p.blocks[n].list)/32
		}
		p.blocks = append(p.blocks, placesBlock{start, make([]uint64, 0, size)})
		n++
	}
	p.blocks[n].list = append(p.blocks[n].list, hash|uint64(offset))
	return hash
}

// join adds places of the same seed.
func (p *places) join(other *places) {
	p.blocks = append(p.blocks, other.blocks...)
	p.controllers = append(p.controllers, other.controllers...)
	p.unknown = p.unknown || other.unknown
	p.guids = p.guids || other.guids
}

// alone returns in order the offsets at which an object with one of the hashes is that no other
// record has, and those of domain controllers; and the hashes that several records have. The
// hashes are in order, and all places have to be known.
func (p *places) alone(hashes []uint64) (offsets []int64, several []uint64) {
	const none, many = -1, -2
	found := make([]int64, len(hashes))
	for i := range found {
		found[i] = none
	}
	p.find(hashes, func(i int, offset int64) {
		if found[i] == none {
			found[i] = offset
		} else {
			found[i] = many
		}
	})
	offsets = slices.Clone(p.controllers)
	for i, offset := range found {
		switch offset {
		case none:
		case many:
			several = append(several, hashes[i])
		default:
			offsets = append(offsets, offset)
		}
	}
	slices.Sort(offsets)
	return slices.Compact(offsets), several
}

// of returns in order the offsets at which objects with these hashes may be, which are in order. All
// places have to be known.
func (p *places) of(hashes []uint64) (offsets []int64) {
	p.find(hashes, func(_ int, offset int64) { offsets = append(offsets, offset) })
	slices.Sort(offsets)
	return offsets
}

// find hands over each place with one of the hashes, which are in order: which one, and the offset.
func (p *places) find(hashes []uint64, each func(i int, offset int64)) {
	var begins [1 << 16]bool // by the first bits of a hash, which rule out nearly all places
	for _, h := range hashes {
		begins[h>>48] = true
	}
	for _, block := range p.blocks {
		for _, place := range block.list {
			if !begins[place>>48] {
				continue
			}
			if i, ok := slices.BinarySearch(hashes, place&^maxOffset); ok {
				each(i, block.start+int64(place&maxOffset))
			}
		}
	}
}

// repeated returns in order the hashes that more than one record has.
func (p *places) repeated() []uint64 {
	lists := make([][]uint64, len(p.blocks))
	for i, block := range p.blocks {
		lists[i] = block.list
	}
	// The first bits of a hash rule out most places, and its last bits most of the rest.
	hashes := sharers(lists, false)
	hashes = sharers([][]uint64{hashes}, true)
	slices.Sort(hashes)
	repeated := hashes[:0]
	for i, h := range hashes {
		if i > 0 && h == hashes[i-1] && (len(repeated) == 0 || repeated[len(repeated)-1] != h) {
			repeated = append(repeated, h)
		}
	}
	return repeated
}

// sharers returns the hashes of all places that share some bits with another place: all
// repeated hashes, and about one in ten of the others. It compares just enough bits for
// that, at the beginning or the end of a hash.
func sharers(lists [][]uint64, last bool) (hashes []uint64) {
	n := 0
	for _, list := range lists {
		n += len(list)
	}
	n = min(bits.Len(uint(n))+4, 64-offsetBits)
	left, right := 0, 64-n
	if last {
		left = 64 - offsetBits - n
	}
	seen := make(bitmap, (1<<n+63)/64)
	var again []uint64
	for _, list := range lists {
		for _, place := range list {
			if i := place << left >> right; seen.has(i) {
				again = append(again, i)
			} else {
				seen.set(i)
			}
		}
	}
	clear(seen)
	for _, i := range again {
		seen.set(i)
	}
	for _, list := range lists {
		for _, place := range list {
			if seen.has(place << left >> right) {
				hashes = append(hashes, place&^maxOffset)
			}
		}
	}
	return hashes
}

type bitmap []uint64

func (b bitmap) has(i uint64) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitmap) set(i uint64)      { b[i/64] |= 1 << (i % 64) }

// ref names the object of a record, the same for all its records.
func (p *places) ref(v *conflicts.View) conflicts.Ref {
	if p.byName {
		return conflicts.NameRef(string(v.DN))
	}
	return v.Ref()
}

// hash returns the upper bits of a place. It is the same for names that are the same
// ([conflicts.DNKey]).
func (p *places) hash(guid conflicts.GUID, dn []byte) uint64 {
	if guid != (conflicts.GUID{}) && !p.byName {
		return maphash.Bytes(p.seed, guid[:]) &^ maxOffset
	}
	for _, c := range dn {
		if c >= utf8.RuneSelf || c == '\\' {
			dn = []byte(conflicts.DNKey(string(dn)))
			break
		}
	}
	p.name = p.name[:0]
	for _, c := range dn {
		if c != ' ' && c != ',' && c != 0 { // separators in names and in their keys
			p.name = append(p.name, c|0x20)
		}
	}
	return maphash.Bytes(p.seed, p.name) &^ maxOffset
}
