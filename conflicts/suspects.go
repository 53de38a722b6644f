package conflicts

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"
)

// Suspects returns the objects that share a fingerprint with another one in a
// way that could be a conflict, each once, in a fixed order. It ends the taking
// in and must be called once. Several goroutines look for them.
func (x *Index) Suspects() []Ref {
	x.sorted = true
	x.flush()
	parts := make([]sharing, min(runtime.GOMAXPROCS(0), maxSorters))
	var group sync.WaitGroup
	for i := range parts {
		group.Go(func() {
			p := &parts[i]
			*p = sharing{x: x, suspect: make([]uint64, (x.objects()+63)/64), repeated: map[Ref]bool{}}
			for s := i; s < len(x.shards); s += len(parts) {
				p.look(&x.shards[s])
			}
		})
	}
	group.Wait()
	all := parts[0].suspect
	for _, p := range parts {
		maps.Copy(x.repeated, p.repeated)
		for i, bits := range p.suspect {
			all[i] |= bits
		}
	}
	var refs []Ref
	for o := range x.objects() {
		if all[o/64]&(1<<(o%64)) != 0 {
			refs = append(refs, x.ref(o))
		}
	}
	slices.SortFunc(refs, func(a, b Ref) int { return cmp.Or(slices.Compare(a.GUID[:], b.GUID[:]), cmp.Compare(a.DN, b.DN)) })
	return slices.Compact(refs)
}

// maxSorters bounds the memory that is taken to look for suspects: for each, one bit
// an object.
const maxSorters = 4

// A sharing is what one goroutine finds out about the objects of the shards that it
// looks through.
type sharing struct {
	x        *Index
	suspect  []uint64 // one bit an object
	repeated map[Ref]bool

	marks  []mark // kept for their memory
	owners []uint32
}

func (p *sharing) look(s *shard) {
	p.marks = p.x.blocks.sort(s, p.marks)
	for rest := p.marks; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].print() == rest[0].print() {
			n++
		}
		run := rest[:n]
		rest = rest[n:]
		if run[0].object() == run[n-1].object() {
			continue // most often: an address that one object has
		}
		p.owners = p.owners[:0]
		for _, m := range run {
			if m.source() != reserved && (len(p.owners) == 0 || m.object() != p.owners[len(p.owners)-1]) {
				p.owners = append(p.owners, m.object())
			}
		}
		if len(p.owners) < 2 {
			continue
		}
		p.noteRepeated()
		if shared(run) {
			for _, o := range p.owners {
				p.suspect[o/64] |= 1 << (o % 64)
			}
		}
	}
}

// noteRepeated finds owners of one fingerprint that are the same object.
func (p *sharing) noteRepeated() {
	x, owners := p.x, p.owners
	if len(owners) == 2 {
		if ref := x.ref(owners[0]); ref == x.ref(owners[1]) {
			p.repeated[ref] = true
		}
		return
	}
	seen := make(map[Ref]bool, len(owners))
	for _, o := range owners {
		ref := x.ref(o)
		if seen[ref] {
			p.repeated[ref] = true
		}
		seen[ref] = true
	}
}
