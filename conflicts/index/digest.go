package index

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	"proxyaddr/conflicts"
)

// A Digest tells what one domain controller holds of a partition, in little memory: of
// each object its GUID and a fingerprint of its proxyAddresses, 24 bytes in all.
// [Differing] compares several.
//
// A fingerprint has 64 bits and depends on the exact values, not on their order.
// That two sets of values have the same by chance has a probability of 1 in 2⁶⁴.
//
// A Digest is not safe for concurrent use. What several goroutines find goes into
// one of its own for each, made by Fork and put together by Join.
type Digest struct {
	seed maphash.Seed
	// parts are found by the first octet of the GUID, which is most often random, so
	// that none of them is large when it grows or is sorted.
	parts   [256][]imprint
	unnamed int
}

type imprint struct {
	guid   conflicts.GUID
	values uint64
}

// NewDigest returns an empty digest. Those that are compared have one seed,
// which makes fingerprints unpredictable; no result depends on it.
func NewDigest(seed maphash.Seed) *Digest { return &Digest{seed: seed} }

// Fork returns an empty digest whose content d can take in.
func (d *Digest) Fork() *Digest { return NewDigest(d.seed) }

// Join takes in the content of a fork, which is empty afterwards.
func (d *Digest) Join(fork *Digest) {
	for i, part := range fork.parts {
		if d.parts[i] == nil {
			d.parts[i] = part
		} else {
			d.parts[i] = append(d.parts[i], part...)
		}
		fork.parts[i] = nil
	}
	d.unnamed += fork.unnamed
	fork.unnamed = 0
}

// Add takes in an object. One that is added in two states counts as differing.
func (d *Digest) Add(v *conflicts.View) {
	if v.GUID == (conflicts.GUID{}) {
		d.unnamed++
		return
	}
	p := imprint{guid: v.GUID}
	for _, a := range v.ProxyAddresses {
		p.values += maphash.Bytes(d.seed, a)
	}
	part := &d.parts[v.GUID[0]]
	*part = append(*part, p)
}

// Unnamed returns how many objects had no GUID and so could not be taken in.
func (d *Digest) Unnamed() int { return d.unnamed }

// Differing returns the objects that are not in every digest, or not with the
// same proxyAddresses, in a fixed order. The digests are empty afterwards.
func Differing(digests ...*Digest) []conflicts.GUID {
	var found []conflicts.GUID
	heads := make([][]imprint, len(digests))
	for i := range digests[0].parts {
		for n, d := range digests {
			heads[n], d.parts[i] = d.parts[i], nil
			slices.SortFunc(heads[n], func(a, b imprint) int {
				return cmp.Or(bytes.Compare(a.guid[:], b.guid[:]), cmp.Compare(a.values, b.values))
			})
		}
		for {
			least := imprint{}
			for _, part := range heads {
				if len(part) > 0 && (least.guid == conflicts.GUID{} || bytes.Compare(part[0].guid[:], least.guid[:]) < 0) {
					least = part[0]
				}
			}
			if least.guid == (conflicts.GUID{}) {
				break
			}
			same := true
			for n, part := range heads {
				same = same && len(part) > 0 && part[0] == least
				for len(part) > 0 && part[0].guid == least.guid {
					same = same && part[0] == least
					part = part[1:]
				}
				heads[n] = part
			}
			if !same {
				found = append(found, least.guid)
			}
		}
	}
	return found
}
