package memory

import (
	"slices"

	"proxyaddr/conflicts"
)

// former are the objects that were read again, by ref.
type former map[conflicts.Ref]*conflicts.Object

func newFormer(objects []*conflicts.Object) former {
	f := make(former, len(objects))
	for _, o := range objects {
		f[o.Ref()] = o
		if ref := conflicts.NameRef(o.DN); f[ref] == nil {
			f[ref] = o
		}
	}
	return f
}

// An ownerStatus says what happened to a former owner.
type ownerStatus int

const (
	invisible ownerStatus = iota
	removed               // the address
	deleted               // the object
	holds
)

// of returns what happened to an owner, and those of keys that it still holds.
func (f former) of(o *Owner, keys []conflicts.Key) (ownerStatus, []heldKey) {
	now := f[o.Ref()]
	switch {
	case now == nil:
		return invisible, nil
	case now.Deleted:
		return deleted, nil
	}
	held := heldKeys(now, keys)
	switch {
	case o.unwritten(now) && !slices.ContainsFunc(held, func(h heldKey) bool { return h.proxy }):
		return invisible, nil // the account sees the object, but no longer its addresses
	case len(held) == 0:
		return removed, nil
	}
	return holds, held
}

// pointers returns those owners of a case that only lead to another of them.
func (f former) pointers(c *Case) map[*conflicts.Object]bool {
	var objects []*conflicts.Object
	for i := range c.Owners {
		if now := f[c.Owners[i].Ref()]; now != nil && !now.Deleted {
			objects = append(objects, now)
		}
	}
	return conflicts.Pointers(objects)
}

// A heldKey is a key that an object holds, and whether as a proxy address.
type heldKey struct {
	key   conflicts.Key
	proxy bool
}

func heldKeys(o *conflicts.Object, keys []conflicts.Key) []heldKey {
	var held []heldKey
	add := func(value string, proxy bool) {
		k := conflicts.ParseAddress(value).LooseKey()
		if slices.Contains(keys, k) && !slices.ContainsFunc(held, func(h heldKey) bool { return h.key == k }) {
			held = append(held, heldKey{k, proxy})
		}
	}
	for _, v := range o.ProxyAddresses {
		add(v, true)
	}
	for _, v := range []string{o.Mail, o.UserPrincipalName} {
		if v != "" {
			add("smtp:"+v, false)
		}
	}
	if o.LegacyExchangeDN != "" {
		add("X500:"+o.LegacyExchangeDN, false)
	}
	return held
}

// A tally counts the objects that may hold one key now.
type tally struct{ seen, inScope, unseen int }

// conflict reports whether the objects seen are a conflict; possible, whether there may be one
// with those that were not seen.
func (t tally) conflict() bool { return t.seen >= 2 && t.inScope > 0 }
func (t tally) possible() bool { return t.unseen > 0 && t.seen+t.unseen >= 2 }

// became returns the status of a case that a complete run did not find.
func (s *Scan) became(c *Case, keys []conflicts.Key, read former) (Status, Reason) {
	counts := make([]tally, len(keys))
	var statuses [holds + 1]int
	led, pointers := read.pointers(c), 0
	for i := range c.Owners {
		o := &c.Owners[i]
		is, held := read.of(o, keys)
		statuses[is]++
		if is == holds && led[read[o.Ref()]] {
			pointers++
			continue
		}
		for _, h := range held {
			t := &counts[slices.Index(keys, h.key)]
			t.seen++
			if s.Reports == nil || s.Reports(read[o.Ref()].DN) {
				t.inScope++
			}
		}
		if is == invisible && !s.AcceptDrop {
			for _, k := range o.addKeys(nil) {
				counts[slices.Index(keys, k)].unseen++
			}
		}
	}
	outside := false
	for _, t := range counts {
		outside = outside || t.seen >= 2 && t.inScope == 0
	}
	switch {
	case slices.ContainsFunc(counts, tally.conflict):
		return Unconfirmed, StillHeld
	case slices.ContainsFunc(counts, tally.possible):
		return Unconfirmed, NotVisible
	case statuses[removed] > 0:
		return Resolved, AddressRemoved
	case statuses[deleted] > 0:
		return Resolved, ObjectDeleted
	case outside:
		return Resolved, OutOfScope
	case statuses[invisible] > 0:
		return Resolved, Accepted
	case pointers > 0:
		return Resolved, Pointed
	}
	return Resolved, Regrouped // every owner holds what it held
}
