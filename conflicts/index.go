package conflicts

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// An Index finds out which objects may share an address, in one pass over a
// forest and without keeping an address: of each it holds a 64-bit fingerprint
// of its key and, outside ASCII, of its loose key, with the number of the object.
// Fingerprints can collide, so what it returns are suspects; [Judge] compares
// the exact values of a second reading.
//
// An Index is not safe for concurrent use.
type Index struct {
	seed   maphash.Seed
	shards [256]shard
	guids  []GUID
	names  map[uint32]string // of the objects without a GUID
	sorted bool
}

// maxObjects is what the number of an object leaves room for beside its source.
const maxObjects = 1 << 29

// A source is the attribute in which a fingerprint stood.
type source uint32

const (
	fromProxy source = iota
	fromMail
	fromUPN
	fromTarget
	fromDeleted
)

type mark struct {
	print uint64
	owner uint32 // object number << 3 | source
}

// A shard holds the fingerprints with the same first byte. Columns instead of
// marks, as a mark would be padded to 16 bytes.
type shard struct {
	prints []uint64
	owners []uint32
}

// NewIndex returns an empty index. The seed makes fingerprints unpredictable,
// so that nobody can craft addresses that collide; no result depends on it.
func NewIndex(seed maphash.Seed) *Index {
	return &Index{seed: seed, names: map[uint32]string{}}
}

// Add takes in an object. It keeps nothing of e but its GUID, or its DN if it
// has none. Adding an object again is harmless, as Judge counts each once. Add
// must not be called after Suspects.
func (x *Index) Add(e *Entry) {
	n := x.object(e)
	for _, v := range e.ProxyAddresses {
		x.mark(n, fromProxy, ParseAddress(v))
	}
	if e.Mail != "" {
		x.mark(n, fromMail, mailAddress(e.Mail))
	}
	if e.UserPrincipalName != "" {
		x.mark(n, fromUPN, mailAddress(e.UserPrincipalName))
	}
	if e.TargetAddress != "" {
		x.mark(n, fromTarget, ParseAddress(e.TargetAddress))
	}
}

// Reserve takes in the proxy addresses of a deleted object: it owns nothing,
// but its addresses are not handed out.
func (x *Index) Reserve(addresses []string) {
	for _, v := range addresses {
		x.mark(0, fromDeleted, ParseAddress(v))
	}
}

func (x *Index) object(e *Entry) uint32 {
	n := uint32(len(x.guids))
	if n == maxObjects {
		panic("conflicts: more than 536,870,912 objects")
	}
	x.guids = append(x.guids, e.GUID)
	if e.GUID == (GUID{}) {
		x.names[n] = e.DN
	}
	return n
}

func (x *Index) mark(object uint32, from source, a Address) {
	if x.sorted {
		panic("conflicts: Index changed after Suspects")
	}
	key, loose := a.Key(), a.LooseKey()
	x.put(key, object, from)
	if loose != key {
		x.put(loose, object, from)
	}
}

func (x *Index) put(k Key, object uint32, from source) {
	print := x.fingerprint(k)
	s := &x.shards[print>>56]
	s.prints = append(s.prints, print)
	s.owners = append(s.owners, object<<3|uint32(from))
}

func (x *Index) fingerprint(k Key) uint64 { return maphash.String(x.seed, string(k)) }

// Suspects returns the objects that share a fingerprint with another one in a
// way that could be a conflict, each once, in a fixed order. It ends the taking
// in.
func (x *Index) Suspects() []Ref {
	suspect := map[uint32]bool{}
	var marks []mark
	for i := range x.shards {
		s := &x.shards[i]
		marks = marks[:0]
		for j := range s.prints {
			marks = append(marks, mark{s.prints[j], s.owners[j]})
		}
		slices.SortFunc(marks, func(a, b mark) int { return cmp.Compare(a.print, b.print) })
		s.owners = nil
		for j := range marks {
			s.prints[j] = marks[j].print
		}
		for lo := 0; lo < len(marks); {
			hi := lo + 1
			for hi < len(marks) && marks[hi].print == marks[lo].print {
				hi++
			}
			if hi-lo > 1 && shared(marks[lo:hi]) {
				for _, m := range marks[lo:hi] {
					if source(m.owner&7) != fromDeleted {
						suspect[m.owner>>3] = true
					}
				}
			}
			lo = hi
		}
	}
	x.sorted = true
	refs := make([]Ref, 0, len(suspect))
	seen := make(map[Ref]bool, len(suspect))
	for n := range suspect {
		ref := Ref{GUID: x.guids[n], DN: x.names[n]}
		if !seen[ref] {
			seen[ref] = true
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b Ref) int { return cmp.Or(slices.Compare(a.GUID[:], b.GUID[:]), cmp.Compare(a.DN, b.DN)) })
	return refs
}

// shared reports whether more than one object stands behind equal prints, one
// of them with a proxy address, or more than one with a target address.
func shared(run []mark) bool {
	if !slices.ContainsFunc(run, func(m mark) bool { return m.owner>>3 != run[0].owner>>3 }) {
		return false // most often: the primary address and mail of one object
	}
	var address, target, other []uint32
	for _, m := range run {
		switch source(m.owner & 7) {
		case fromProxy:
			address = append(address, m.owner>>3)
		case fromMail, fromUPN:
			other = append(other, m.owner>>3)
		case fromTarget:
			target = append(target, m.owner>>3)
		}
	}
	several := func(objects []uint32) bool {
		return slices.ContainsFunc(objects, func(n uint32) bool { return n != objects[0] })
	}
	return several(target) || len(address) > 0 && several(append(address, other...))
}

// Taken reports whether the address, under its key or its loose key, stands
// anywhere in the forest that was read, in any attribute, deleted objects
// included. It may say so wrongly once in 2^64 / n times, never the reverse.
// Suspects must have been called.
func (x *Index) Taken(a Address) bool {
	if !x.sorted {
		panic("conflicts: Taken before Suspects")
	}
	return x.has(a.Key()) || x.has(a.LooseKey())
}

func (x *Index) has(k Key) bool {
	print := x.fingerprint(k)
	_, ok := slices.BinarySearch(x.shards[print>>56].prints, print)
	return ok
}

// Repeated returns the objects that were added more than once, in no
// particular order: pages of a sweep that came twice, or objects that moved
// while it ran.
func (x *Index) Repeated() []Ref {
	guids := slices.Clone(x.guids)
	slices.SortFunc(guids, func(a, b GUID) int { return slices.Compare(a[:], b[:]) })
	var repeated []Ref
	for i := 1; i < len(guids); i++ {
		if guids[i] == guids[i-1] && guids[i] != (GUID{}) && (i < 2 || guids[i] != guids[i-2]) {
			repeated = append(repeated, Ref{GUID: guids[i]})
		}
	}
	names := make(map[string]int, len(x.names))
	for _, dn := range x.names {
		if names[dn]++; names[dn] == 2 {
			repeated = append(repeated, Ref{DN: dn})
		}
	}
	return repeated
}
