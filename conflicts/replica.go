package conflicts

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
)

// A Replica is what one domain controller holds of a partition, made small: of
// each object its GUID and a fingerprint of its proxyAddresses, 24 octets in all.
// [Differing] compares several.
//
// A fingerprint has 64 bits and depends on the exact values, not on their order.
// That two sets of values have the same by chance has a probability of 1 in 2⁶⁴.
//
// A Replica is not safe for concurrent use. What several goroutines find goes into
// one of its own for each, made by Fork and put together by Join.
type Replica struct {
	seed maphash.Seed
	// parts are found by the first octet of the GUID, which is most often random, so
	// that none of them is large when it grows or is sorted.
	parts   [256][]imprint
	unnamed int
}

type imprint struct {
	guid   GUID
	values uint64
}

// NewReplica returns an empty replica. Those that are compared have one seed,
// which makes fingerprints unpredictable; no result depends on it.
func NewReplica(seed maphash.Seed) *Replica { return &Replica{seed: seed} }

// Fork returns an empty replica whose content r can take in.
func (r *Replica) Fork() *Replica { return NewReplica(r.seed) }

// Join takes in the content of a fork, which is empty afterwards.
func (r *Replica) Join(fork *Replica) {
	for i, part := range fork.parts {
		if r.parts[i] == nil {
			r.parts[i] = part
		} else {
			r.parts[i] = append(r.parts[i], part...)
		}
		fork.parts[i] = nil
	}
	r.unnamed += fork.unnamed
	fork.unnamed = 0
}

// Add takes in an object. One that is added in two states counts as differing.
func (r *Replica) Add(v *View) {
	if v.GUID == (GUID{}) {
		r.unnamed++
		return
	}
	p := imprint{guid: v.GUID}
	for _, a := range v.ProxyAddresses {
		p.values += maphash.Bytes(r.seed, a)
	}
	part := &r.parts[v.GUID[0]]
	*part = append(*part, p)
}

// Unnamed returns how many objects had no GUID and so could not be taken in.
func (r *Replica) Unnamed() int { return r.unnamed }

// Differing returns the objects that are not in every replica, or not with the
// same proxyAddresses, in a fixed order. The replicas are empty afterwards.
func Differing(replicas ...*Replica) []GUID {
	var found []GUID
	heads := make([][]imprint, len(replicas))
	for i := range replicas[0].parts {
		for n, r := range replicas {
			heads[n], r.parts[i] = r.parts[i], nil
			slices.SortFunc(heads[n], func(a, b imprint) int {
				return cmp.Or(bytes.Compare(a.guid[:], b.guid[:]), cmp.Compare(a.values, b.values))
			})
		}
		for {
			least := imprint{}
			for _, part := range heads {
				if len(part) > 0 && (least.guid == GUID{} || bytes.Compare(part[0].guid[:], least.guid[:]) < 0) {
					least = part[0]
				}
			}
			if least.guid == (GUID{}) {
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
