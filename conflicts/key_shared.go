package conflicts

import (
	"cmp"
	"slices"
)

// keyHash returns a hash of a key that is the same in every run (64-bit FNV-1a).
func keyHash[K Key | []byte](k K) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(k) {
		h = (h ^ uint64(k[i])) * 1099511628211
	}
	return h
}

// A holding says that an object has an address, by the hash of its loose key.
type holding struct {
	hash    uint64
	object  int32 // its index
	claimed bool  // the object can own the address; otherwise it only keeps others from having it
}

// holdings are the addresses of objects, in the order of their hashes and of the objects.
// Objects have many addresses and few that are shared, whose keys alone are worth their
// memory. A collision of hashes makes two addresses one, which does no harm: the owners of
// a shared one are told apart by their keys, and one address more is taken.
type holdings []holding

func newHoldings(objects []*Object) holdings {
	n := 0
	for _, o := range objects {
		n += len(o.ProxyAddresses)
		for _, v := range []string{o.Mail, o.UserPrincipalName, o.LegacyExchangeDN, o.TargetAddress} {
			if v != "" {
				n++
			}
		}
	}
	list := make(holdings, 0, n)
	for i, o := range objects {
		for c := range o.claimed() {
			hash, typed := c.looseHash()
			list = append(list, holding{hash, int32(i), true})
			if !typed {
				list = append(list, holding{keyHash(c.Parsed().OrSMTP().LooseKey()), int32(i), false})
			}
		}
		if o.TargetAddress != "" {
			list = append(list, holding{keyHash(ParseAddress(o.TargetAddress).OrSMTP().LooseKey()), int32(i), false})
		}
	}
	slices.SortFunc(list, func(a, b holding) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		return cmp.Compare(a.object, b.object)
	})
	return list
}

// shared returns the hashes of addresses that more than one object claims.
func (h holdings) shared() sharedKeys {
	var shared sharedKeys
	for i := 0; i < len(h); {
		first, again, hash := int32(-1), false, h[i].hash
		for ; i < len(h) && h[i].hash == hash; i++ {
			switch {
			case !h[i].claimed:
			case first < 0:
				first = h[i].object
			case first != h[i].object:
				again = true
			}
		}
		if again {
			shared = append(shared, hash)
		}
	}
	return shared
}

// holder returns the index of the object that has an address with this hash, or nobody or several.
func (h holdings) holder(hash uint64) int32 {
	i, found := slices.BinarySearchFunc(h, hash, func(held holding, hash uint64) int { return cmp.Compare(held.hash, hash) })
	if !found {
		return nobody
	}
	for _, other := range h[i:] {
		if other.hash != hash {
			break
		}
		if other.object != h[i].object {
			return several
		}
	}
	return h[i].object
}

// What holder says besides an index.
const (
	nobody  = -1
	several = -2
)

// sharedKeys are hashes of loose keys in order.
type sharedKeys []uint64

// find returns the place of a hash, if more than one object may claim an address with it.
func (s sharedKeys) find(hash uint64) (i int, found bool) { return slices.BinarySearch(s, hash) }
