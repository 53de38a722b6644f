package ldapscan

import (
	"hash/maphash"
	"slices"

	"proxyaddr/conflicts"
)

// places tell where in an export the records stand that a sweep saw, in eight
// octets each: 24 bits of a hash of what names the object, and 40 of the offset.
type places struct {
	seed        maphash.Seed
	blocks      [][]uint64
	controllers []int64 // the offsets of domain controllers
	unknown     bool    // of a record at least
}

const (
	placesBlock = 8192
	maxOffset   = 1<<40 - 1
)

// add takes in the record of an object, at an offset in a block of the file that
// begins at start. The offset is -1 if it is not known.
func (p *places) add(v *conflicts.View, start, offset int64) {
	at := start + offset
	if offset < 0 || at > maxOffset {
		p.unknown = true
		return
	}
	if isController(v.DN) {
		p.controllers = append(p.controllers, at)
	}
	n := len(p.blocks) - 1
	if n < 0 || len(p.blocks[n]) == placesBlock {
		p.blocks = append(p.blocks, make([]uint64, 0, placesBlock))
		n++
	}
	p.blocks[n] = append(p.blocks[n], p.hash(v.GUID, v.DN)|uint64(at))
}

// join takes in places of the same seed.
func (p *places) join(other *places) {
	p.blocks = append(p.blocks, other.blocks...)
	p.controllers = append(p.controllers, other.controllers...)
	p.unknown = p.unknown || other.unknown
}

// of returns the offsets at which objects may stand, and domain controllers do, in
// order, if all are known.
func (p *places) of(refs []conflicts.Ref) (offsets []int64, known bool) {
	if p == nil || p.unknown {
		return nil, false
	}
	wanted := make(map[uint64]bool, len(refs))
	var begins [1 << 16]bool // by the first bits of a hash, which rule out nearly all places
	for _, ref := range refs {
		h := p.hash(ref.GUID, []byte(ref.DN))
		wanted[h], begins[h>>48] = true, true
	}
	for _, block := range p.blocks {
		for _, place := range block {
			if begins[place>>48] && wanted[place&^maxOffset] {
				offsets = append(offsets, int64(place&maxOffset))
			}
		}
	}
	offsets = append(offsets, p.controllers...)
	slices.Sort(offsets)
	return slices.Compact(offsets), true
}

// hash returns the upper bits of a place.
func (p *places) hash(guid conflicts.GUID, dn []byte) uint64 {
	if guid != (conflicts.GUID{}) {
		return maphash.Bytes(p.seed, guid[:]) &^ maxOffset
	}
	return maphash.Bytes(p.seed, dn) &^ maxOffset
}
