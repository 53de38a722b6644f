package conflicts

import (
	"cmp"
	"slices"
)

// digest returns a hash of a key that is the same in every run (64-bit FNV-1a).
func digest(k Key) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(k) {
		h = (h ^ uint64(k[i])) * 1099511628211
	}
	return h
}

// sharedKeys are digests of all keys and loose keys that can bring objects
// together: those of two objects, or of two proxy addresses of one. Objects have
// many addresses and few of these, whose keys alone are worth their memory. A
// key more for a collision of digests does no harm.
type sharedKeys []uint64

func newSharedKeys(objects []*Object) sharedKeys {
	type use struct {
		digest uint64
		object int32
		proxy  bool
	}
	var uses []use
	for i, o := range objects {
		for attribute, a := range o.addresses() {
			k, l := a.keys()
			key, loose := digest(k), digest(l)
			uses = append(uses, use{key, int32(i), attribute == ProxyAddresses})
			if loose != key {
				uses = append(uses, use{loose, int32(i), attribute == ProxyAddresses})
			}
		}
	}
	slices.SortFunc(uses, func(a, b use) int { return cmp.Or(cmp.Compare(a.digest, b.digest), cmp.Compare(a.object, b.object)) })
	var shared sharedKeys
	for i := 0; i < len(uses); {
		proxies, end := 0, i
		for ; end < len(uses) && uses[end].digest == uses[i].digest; end++ {
			if uses[end].proxy {
				proxies++
			}
		}
		if proxies > 1 || uses[end-1].object != uses[i].object {
			shared = append(shared, uses[i].digest)
		}
		i = end
	}
	return shared
}

// has reports whether a claim with these keys may bring its object together with
// another.
func (s sharedKeys) has(key, loose Key) bool {
	_, found := slices.BinarySearch(s, digest(key))
	if !found && loose != key {
		_, found = slices.BinarySearch(s, digest(loose))
	}
	return found
}
