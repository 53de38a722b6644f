package conflicts

import (
	"cmp"
	"slices"
)

// OwnersByAddress finds objects by the loose keys of the addresses that they hold in any
// attribute.
type OwnersByAddress map[Key][]*Object

// NewOwnersByAddress indexes objects. Each comes once.
func NewOwnersByAddress(objects []*Object) OwnersByAddress {
	m := OwnersByAddress{}
	for _, o := range objects {
		for _, c := range everyClaim(o) {
			k := c.Parsed().OrSMTP().LooseKey()
			if list := m[k]; len(list) == 0 || list[len(list)-1] != o {
				m[k] = append(list, o)
			}
		}
	}
	return m
}

// Of returns who claims an address: first the objects that have it in
// proxyAddresses, deleted ones last.
func (m OwnersByAddress) Of(a Address) []Owner {
	wanted := NewAddressSet(a)
	var owners []Owner
	for _, o := range m[a.OrSMTP().LooseKey()] {
		owners = append(owners, Owner{Object: o, Claims: wanted.Claims(o)})
	}
	slices.SortFunc(owners, func(a, b Owner) int {
		return cmp.Or(cmp.Compare(a.place(), b.place()), compareObjects(a.Object, b.Object))
	})
	return owners
}

func (o *Owner) place() int {
	const deleted = 10
	place := int(o.Claims[0].Attribute)
	if o.Deleted {
		place += deleted
	}
	return place
}

// Forwards reports whether the owner has the address as its targetAddress alone.
// That makes it no owner in a conflict, but the address is taken: mail to the object
// would reach whoever else is given it.
func (o *Owner) Forwards() bool { return o.Claims[0].Attribute == TargetAddress }

// Availability tells whether an address is free.
type Availability struct {
	Address Address
	// Owners are all objects that hold it: deleted ones too, and those that forward
	// to it.
	Owners []Owner
	// Incomplete says that not everything could be read.
	Incomplete bool
	// Next is an address that is free, where this one is taken and one was found.
	Next Address
}

// Taken reports whether any object has the address.
func (a *Availability) Taken() bool { return len(a.Owners) > 0 }

// Blocker returns who keeps an object from getting the address, nil if nobody does:
// another object that has it in any attribute, or the object itself if it is one of
// its proxy addresses already.
func (a *Availability) Blocker(object Ref) *Owner {
	i := slices.IndexFunc(a.Owners, func(o Owner) bool {
		return o.Ref() != object || o.Claims[0].Attribute == ProxyAddresses
	})
	if i < 0 {
		return nil
	}
	return &a.Owners[i]
}

// Status is "free", "taken" or "unknown".
func (a *Availability) Status() string {
	switch {
	case a.Taken():
		return "taken"
	case a.Incomplete:
		return "unknown"
	}
	return "free"
}
