package conflicts

import (
	"cmp"
	"slices"
)

// keyHash returns a hash of a key that is the same in every run (64-bit FNV-1a).
func keyHash(k Key) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(k) {
		h = (h ^ uint64(k[i])) * 1099511628211
	}
	return h
}

// sharedKeys are hashes of the loose keys that more than one object claims.
// Objects have many addresses and few of these, whose keys alone are worth their
// memory. A collision of hashes adds a key, which does no harm.
type sharedKeys []uint64

func newSharedKeys(objects []*Object) sharedKeys {
	type use struct {
		hash   uint64
		object int32
	}
	var uses []use
	for i, o := range objects {
		for a := range o.Claimed() {
			uses = append(uses, use{keyHash(a.LooseKey()), int32(i)})
		}
	}
	slices.SortFunc(uses, func(a, b use) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.object, b.object)) })
	var shared sharedKeys
	for i := 0; i < len(uses); {
		end := i
		for end < len(uses) && uses[end].hash == uses[i].hash {
			end++
		}
		if uses[end-1].object != uses[i].object {
			shared = append(shared, uses[i].hash)
		}
		i = end
	}
	return shared
}

// has reports whether more than one object may claim an address with this loose key.
func (s sharedKeys) has(loose Key) bool {
	_, found := slices.BinarySearch(s, keyHash(loose))
	return found
}
