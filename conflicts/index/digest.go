package index

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	"proxyaddr/conflicts"
)

// A Digest has the content of a partition on one domain controller, in little memory: for each
// object its GUID and a fingerprint of its proxyAddresses, 24 bytes in all. [Differing] compares
// several digests.
//
// A fingerprint has 64 bits and depends on the exact values, not on their order. Two sets of
// values have the same one by chance with a probability of 1 in 2⁶⁴.
//
// A Digest is not safe for concurrent use. Each goroutine fills its own, made by Fork and merged
// by Join.
type Digest struct {
	seed maphash.Seed
	// The first byte of the GUID, which is mostly random, chooses the shard. So no shard is large
	// when it grows or is sorted.
	shards  [256][]objectFingerprint
	unnamed int
}

type objectFingerprint struct {
	guid        conflicts.GUID
	fingerprint uint64
}

// NewDigest returns an empty digest. All digests to compare have one seed, which makes
// fingerprints unpredictable; no result depends on it.
func NewDigest(seed maphash.Seed) *Digest { return &Digest{seed: seed} }

// Fork returns an empty digest for Join.
func (d *Digest) Fork() *Digest { return NewDigest(d.seed) }

// Join moves the content of a fork to d. The fork is empty afterwards.
func (d *Digest) Join(fork *Digest) {
	for i, shard := range fork.shards {
		if d.shards[i] == nil {
			d.shards[i] = shard
		} else {
			d.shards[i] = append(d.shards[i], shard...)
		}
		fork.shards[i] = nil
	}
	d.unnamed += fork.unnamed
	fork.unnamed = 0
}

// Add adds an object. An object that is added in two states counts as differing.
func (d *Digest) Add(v *conflicts.View) {
	if v.GUID == (conflicts.GUID{}) {
		d.unnamed++
		return
	}
	o := objectFingerprint{guid: v.GUID}
	for _, a := range v.ProxyAddresses {
		o.fingerprint += maphash.Bytes(d.seed, a)
	}
	shard := &d.shards[v.GUID[0]]
	*shard = append(*shard, o)
}

// Unnamed returns how many objects could not be added because they had no GUID.
func (d *Digest) Unnamed() int { return d.unnamed }

// Differing returns the objects that are not in every digest, or not with the
// same proxyAddresses, in a fixed order. The digests are empty afterwards.
func Differing(digests ...*Digest) []conflicts.GUID {
	var found []conflicts.GUID
	heads := make([][]objectFingerprint, len(digests))
	for i := range digests[0].shards {
		for n, d := range digests {
			heads[n], d.shards[i] = d.shards[i], nil
			slices.SortFunc(heads[n], func(a, b objectFingerprint) int {
				return cmp.Or(bytes.Compare(a.guid[:], b.guid[:]), cmp.Compare(a.fingerprint, b.fingerprint))
			})
		}
		for {
			least := objectFingerprint{}
			for _, head := range heads {
				if len(head) > 0 && (least.guid == conflicts.GUID{} || bytes.Compare(head[0].guid[:], least.guid[:]) < 0) {
					least = head[0]
				}
			}
			if least.guid == (conflicts.GUID{}) {
				break
			}
			same := true
			for n, head := range heads {
				same = same && len(head) > 0 && head[0] == least
				for len(head) > 0 && head[0].guid == least.guid {
					same = same && head[0] == least
					head = head[1:]
				}
				heads[n] = head
			}
			if !same {
				found = append(found, least.guid)
			}
		}
	}
	return found
}
