package index

import (
	"cmp"
	"hash/maphash"
	"maps"
	"runtime"
	"slices"
	"sync"

	"proxyaddr/conflicts"
)

// Suspects returns the objects that share a fingerprint with another one in a way that could be a
// conflict, each once, in a fixed order. Nothing can be added after it, and it must be called
// once. It uses several goroutines.
func (x *Index) Suspects() []conflicts.Ref {
	x.sorted = true
	x.flush()
	parts := make([]sharing, min(runtime.GOMAXPROCS(0), maxSorters))
	var group sync.WaitGroup
	for i := range parts {
		group.Go(func() {
			p := &parts[i]
			*p = sharing{x: x, suspects: map[uint32]uint64{}, repeated: map[conflicts.Ref]bool{}}
			for s := i; s < len(x.shards); s += len(parts) {
				p.look(s)
			}
		})
	}
	group.Wait()
	suspects := parts[0].suspects
	for i, p := range parts {
		maps.Copy(x.repeated, p.repeated)
		x.shared = append(x.shared, p.shared...)
		if i > 0 {
			for object, shared := range p.suspects {
				suspects[object] ^= shared
			}
		}
	}
	slices.Sort(x.shared)
	x.suspects = make(map[uint64]bool, len(suspects))
	refs := make([]conflicts.Ref, 0, len(suspects))
	for object, shared := range suspects {
		ref := x.ref(object)
		x.suspects[x.hash(suspect{ref, shared})] = true
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(a, b conflicts.Ref) int {
		return cmp.Or(slices.Compare(a.GUID[:], b.GUID[:]), cmp.Compare(a.DN, b.DN))
	})
	return slices.Compact(refs)
}

// A suspect is an object with the bitwise sum modulo 2 of the fingerprints that it shares.
type suspect struct {
	conflicts.Ref
	shared uint64
}

// Confirms reports whether a suspect that was read again still has the addresses that made it
// one: all of them, and no other that suspects share. It also confirms a fingerprint that is
// shared by chance. Suspects must have been called.
func (x *Index) Confirms(ref conflicts.Ref, e *conflicts.Entry) bool {
	var fingerprints []uint64
	add := func(a conflicts.Address) { fingerprints = append(fingerprints, stored(x.fingerprint(a))) }
	for a := range e.Claimed() {
		add(a)
	}
	if e.TargetAddress != "" {
		add(conflicts.ParseAddress(e.TargetAddress))
	}
	slices.Sort(fingerprints)
	s := suspect{Ref: ref}
	for _, fingerprint := range slices.Compact(fingerprints) {
		if _, shared := slices.BinarySearch(x.shared, fingerprint); shared {
			s.shared ^= fingerprint
		}
	}
	return x.suspects[x.hash(s)]
}

func (x *Index) hash(s suspect) uint64 { return maphash.Comparable(x.seed, s) }

// maxSorters bounds the memory for the search for suspects.
const maxSorters = 4

// A sharing has the suspects that one goroutine finds in its shards.
type sharing struct {
	x        *Index
	shared   []uint64          // fingerprints
	suspects map[uint32]uint64 // as in suspect, by the numbers of the objects
	repeated map[conflicts.Ref]bool

	postings []posting // scratch memory
	owners   []uint32
}

func (p *sharing) look(shard int) {
	p.postings = p.x.blocks.sort(&p.x.shards[shard], p.postings)
	for rest := p.postings; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].remainder() == rest[0].remainder() {
			n++
		}
		run := rest[:n]
		rest = rest[n:]
		if run[0].object() == run[n-1].object() {
			continue // mostly: an address that one object has
		}
		p.owners = p.owners[:0]
		for _, post := range run {
			if post.origin() != reserved && (len(p.owners) == 0 || post.object() != p.owners[len(p.owners)-1]) {
				p.owners = append(p.owners, post.object())
			}
		}
		if len(p.owners) < 2 {
			continue
		}
		p.noteRepeated()
		if shared(run) {
			fingerprint := uint64(shard)<<32 | uint64(run[0].remainder())
			p.shared = append(p.shared, fingerprint)
			for _, o := range p.owners {
				p.suspects[o] ^= fingerprint
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
	seen := make(map[conflicts.Ref]bool, len(owners))
	for _, o := range owners {
		ref := x.ref(o)
		if seen[ref] {
			p.repeated[ref] = true
		}
		seen[ref] = true
	}
}
