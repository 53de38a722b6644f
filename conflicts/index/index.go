package index

import (
	"bytes"
	"hash/maphash"
	"maps"
	"slices"

	"proxyaddr/conflicts"
)

// An Index finds out which objects may share an address, in one pass over a forest and without
// keeping addresses: for each it keeps a fingerprint of its loose key, with the number of the
// object. Its results are suspects; [conflicts.Judge] compares the exact values of a second
// reading.
//
// A fingerprint has 43 bits, 11 of them in the number of its shard. Among n fingerprints n²/2⁴⁴
// pairs are expected to be equal by chance: 1 for 4 million, 91 for 40 million. Each costs the
// second reading of two objects. Taken is wrong about a free address with a probability of n/2⁴³,
// 1 in 220,000 for 40 million; then a proposal has another number.
//
// The memory in use is 6.2 bytes for each fingerprint and 16 for each object. Partly filled
// blocks add up to 1 MiB and partly filled slabs up to 8 MiB, and as much again for each joined
// fork; a small index takes at most four times what it needs. mail and userPrincipalName cost
// nothing if they equal a proxy address of the object, so an object with four addresses takes 41
// bytes, and 47 with a legacyExchangeDN. Suspects adds up to 170 bytes for each object that it returns.
//
// An Index is not safe for concurrent use. Each goroutine fills its own, made by Fork and merged
// by Join.
type Index struct {
	seed     maphash.Seed
	shards   [1 << shardBits]shard
	blocks   blocks
	guids    slabs[conflicts.GUID] // of the objects by their numbers
	names    map[uint32]string     // of the objects without a GUID
	repeated map[conflicts.Ref]bool
	sorted   bool
	// The suspects, once they are found: the sorted fingerprints that any of them shares, and
	// the hashes of those that each of them shares.
	shared   []uint64
	suspects map[uint64]bool

	key          []byte   // of the current value
	fingerprints []uint64 // of the current object
	// burst holds postings on their way to the shards. The shards lie far apart in memory, and a
	// processor fetches several at once only if nothing else comes between.
	burst []burstPosting
}

type burstPosting struct {
	fingerprint uint64
	object      uint32
	origin      origin
}

const burstPostings = 512

// maxObjects is limited by the bits of an object's number in a posting.
const maxObjects = 1 << 30

const tooMany = "index: more than 1,073,741,824 objects"

// New returns an empty index. The seed makes fingerprints unpredictable, so nobody can craft
// addresses that collide; no result depends on it.
func New(seed maphash.Seed) *Index {
	return &Index{seed: seed, names: map[uint32]string{}, repeated: map[conflicts.Ref]bool{}}
}

// Fork returns an empty index for Join.
func (x *Index) Fork() *Index { return New(x.seed) }

// Join moves the content of a fork to x. The fork is empty afterwards. A fork that is never
// joined leaves no trace.
func (x *Index) Join(fork *Index) {
	if x.seed != fork.seed {
		panic("index: Join of an index that is no fork")
	}
	base := x.objects()
	if base+fork.objects() > maxObjects {
		panic(tooMany)
	}
	x.flush()
	fork.flush()
	shift := x.blocks.join(&fork.blocks, base)
	for i := range fork.shards {
		x.blocks.joinShard(&x.shards[i], &fork.shards[i], shift, base)
	}
	for object, dn := range fork.names {
		x.names[base+object] = dn
	}
	x.guids.join(&fork.guids)
	*fork = *x.Fork()
}

// Add adds an object. It keeps nothing of v but its GUID, or its DN if it has no GUID. Adding an
// object again is harmless: Judge counts each once. Add must not be called after Suspects. It
// reports whether the object is [conflicts.View.Ordinary].
func (x *Index) Add(v *conflicts.View) (ordinary bool) {
	ordinary = v.Ordinary()
	n := x.object(v)
	x.fingerprints = x.fingerprints[:0]
	for _, a := range v.ProxyAddresses {
		fingerprint, typed := x.address(a, ordinary)
		x.post(n, claimed, fingerprint)
		x.fingerprints = append(x.fingerprints, fingerprint)
		if !typed {
			x.post(n, reserved, x.fingerprint(conflicts.ParseAddress(string(a)).OrSMTP()))
		}
	}
	for _, a := range [][]byte{v.Mail, v.UserPrincipalName} {
		// The object has this address as a proxy address already.
		if len(a) == 0 || holds(v, a) {
			continue
		}
		if fingerprint := x.mail(a); !slices.Contains(x.fingerprints, fingerprint) {
			x.post(n, claimed, fingerprint)
			x.fingerprints = append(x.fingerprints, fingerprint)
		}
	}
	if len(v.LegacyExchangeDN) > 0 {
		// Few objects have it as a proxy address too.
		if fingerprint := x.x500(v.LegacyExchangeDN); !slices.Contains(x.fingerprints, fingerprint) {
			x.post(n, claimed, fingerprint)
		}
	}
	if len(v.TargetAddress) > 0 {
		fingerprint, typed := x.address(v.TargetAddress, false)
		x.post(n, forwards, fingerprint)
		if !typed {
			x.post(n, reserved, x.fingerprint(conflicts.ParseAddress(string(v.TargetAddress)).OrSMTP()))
		}
	}
	return ordinary
}

// Reserve adds a deleted object: it owns no address, but its addresses are not proposed.
func (x *Index) Reserve(v *conflicts.View) {
	for a := range v.Entry().Taken() {
		x.post(x.objects(), reserved, x.fingerprint(a))
	}
}

// holds reports whether a quick comparison finds a mail address among the proxy addresses.
func holds(v *conflicts.View, mail []byte) bool {
	const prefix = len("smtp:")
	for _, a := range v.ProxyAddresses {
		if len(a) == prefix+len(mail) && (string(a[:prefix]) == "SMTP:" || string(a[:prefix]) == "smtp:") && bytes.Equal(a[prefix:], mail) {
			return true
		}
	}
	return false
}

func (x *Index) objects() uint32 { return x.guids.len() }

func (x *Index) object(v *conflicts.View) uint32 {
	n, guid := x.guids.next()
	if n == maxObjects {
		panic(tooMany)
	}
	*guid = v.GUID
	if v.GUID == (conflicts.GUID{}) {
		x.names[n] = string(v.DN)
	}
	return n
}

func (x *Index) ref(object uint32) conflicts.Ref {
	if guid := *x.guids.at(object); guid != (conflicts.GUID{}) {
		return conflicts.Ref{GUID: guid}
	}
	return conflicts.NameRef(x.names[object])
}

// address returns the fingerprint of the loose key of a value of proxyAddresses, of an
// ordinary object or any, and whether the value has a type.
func (x *Index) address(value []byte, ordinary bool) (fingerprint uint64, typed bool) {
	x.key, typed = conflicts.AppendLooseKey(x.key[:0], value, ordinary)
	return maphash.Bytes(x.seed, x.key), typed
}

// mail does the same for a mail address without a type.
func (x *Index) mail(value []byte) uint64 {
	x.key = conflicts.AppendLooseMailKey(x.key[:0], value)
	return maphash.Bytes(x.seed, x.key)
}

// x500 does the same for a legacyExchangeDN.
func (x *Index) x500(dn []byte) uint64 {
	x.key = conflicts.AppendLooseX500Key(x.key[:0], dn)
	return maphash.Bytes(x.seed, x.key)
}

func (x *Index) fingerprint(a conflicts.Address) uint64 {
	return maphash.String(x.seed, string(a.LooseKey()))
}

func (x *Index) post(object uint32, from origin, fingerprint uint64) {
	if x.sorted {
		panic("index: Index changed after Suspects")
	}
	x.burst = append(x.burst, burstPosting{fingerprint, object, from})
	if len(x.burst) >= burstPostings {
		x.flush()
	}
}

func (x *Index) flush() {
	for _, p := range x.burst {
		x.blocks.add(x.shard(p.fingerprint), remainder(p.fingerprint), p.object, p.origin)
	}
	x.burst = x.burst[:0]
}

func (x *Index) shard(fingerprint uint64) *shard { return &x.shards[fingerprint>>(64-shardBits)] }

// Repeated returns the objects that were added more than once with an address in
// common, in no particular order: pages of a sweep that came twice, or objects
// that moved while it ran. Suspects must have been called.
func (x *Index) Repeated() []conflicts.Ref {
	if !x.sorted {
		panic("index: Repeated before Suspects")
	}
	return slices.Collect(maps.Keys(x.repeated))
}

// Taken reports whether the address, or one with the same loose key, is anywhere in the forest
// that was read: in any attribute, with a type or without, deleted objects included. A rare true
// is wrong, see [Index]; false is always right. Suspects must have been called.
func (x *Index) Taken(a conflicts.Address) bool { return x.holds(a, 1) }

// Shared reports whether the address is in more than one object, or in several attributes of one,
// other than proxyAddresses. A rare true is wrong; false is always right. Suspects must have been
// called.
func (x *Index) Shared(a conflicts.Address) bool { return x.holds(a, 2) }

// holds reports whether an address was posted at least so many times.
func (x *Index) holds(a conflicts.Address, times int) bool {
	if !x.sorted {
		panic("index: looked up before Suspects")
	}
	fingerprint := x.fingerprint(a)
	return x.blocks.has(x.shard(fingerprint), remainder(fingerprint), times)
}
