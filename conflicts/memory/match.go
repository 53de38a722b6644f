package memory

import (
	"cmp"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// A Matching pairs the conflicts of a run with the cases of earlier ones. A conflict matches a
// case if they share a key.
type Matching struct {
	before *State // nil for the first run
	found  []conflicts.Conflict
	// owners are the owners of each conflict; keys and caseKeys are the loose keys of each
	// conflict and case.
	owners         [][]Owner
	keys, caseKeys [][]conflicts.Key
	// cases are the cases of each conflict, as indexes, the oldest first.
	cases [][]int
	// heirs are the conflicts of each case, as indexes. The first one inherits its ID.
	heirs [][]int
}

// Match finds the cases of the conflicts of a run. before is nil if nothing is
// remembered.
func Match(before *State, found []conflicts.Conflict) *Matching {
	m := &Matching{before: before, found: found, owners: make([][]Owner, len(found)),
		keys: make([][]conflicts.Key, len(found)), cases: make([][]int, len(found))}
	for i := range found {
		m.owners[i], m.keys[i] = ownersOf(&found[i])
	}
	if before == nil {
		return m
	}
	m.caseKeys = make([][]conflicts.Key, len(before.Cases))
	m.heirs = make([][]int, len(before.Cases))
	having := make(map[conflicts.Key][]int, len(before.Cases))
	for i := range before.Cases {
		m.caseKeys[i] = before.Cases[i].keys()
		for _, k := range m.caseKeys[i] {
			having[k] = append(having[k], i)
		}
	}
	for i := range found {
		for _, k := range m.keys[i] {
			m.cases[i] = append(m.cases[i], having[k]...)
		}
		slices.SortFunc(m.cases[i], m.older)
		m.cases[i] = slices.Compact(m.cases[i])
		for _, c := range m.cases[i] {
			m.heirs[c] = append(m.heirs[c], i)
		}
	}
	for c, heirs := range m.heirs {
		if i := slices.IndexFunc(heirs, func(i int) bool { return found[i].ID == before.Cases[c].ID }); i > 0 {
			heirs[0], heirs[i] = heirs[i], heirs[0]
		}
	}
	return m
}

// older orders cases by when they were first seen.
func (m *Matching) older(a, b int) int {
	x, y := m.before.Cases[a], m.before.Cases[b]
	return cmp.Or(x.FirstSeen.Compare(y.FirstSeen), cmp.Compare(a, b)) // which is by ID
}

// Former returns the objects that were owners and that this run did not find as owners, each
// once. Their current state tells whether a conflict is resolved.
func (m *Matching) Former() []conflicts.Ref {
	if m.before == nil {
		return nil
	}
	var refs []conflicts.Ref
	known := map[conflicts.Ref]bool{}
	for i := range m.before.Cases {
		c := m.before.Cases[i]
		if c.Status == Resolved {
			continue
		}
		heirs := m.heirs[i]
		if len(heirs) == 1 && sameOwners(c.Owners, m.owners[heirs[0]]) {
			continue // as nearly always
		}
		now := newOwnerSet(m.owners, heirs...)
		for j := range c.Owners {
			if o := &c.Owners[j]; !now.has(o) && !known[o.Ref()] {
				known[o.Ref()] = true
				refs = append(refs, o.Ref())
			}
		}
	}
	return refs
}

// ownersOf returns the owners of a conflict and the loose keys of all their values.
func ownersOf(c *conflicts.Conflict) ([]Owner, []conflicts.Key) {
	owners := make([]Owner, len(c.Owners))
	var keys []conflicts.Key
	for i := range c.Owners {
		o := &c.Owners[i]
		values := make([]string, 0, len(o.Claims))
		for j := range o.Claims {
			a := o.Claims[j].Parsed()
			if !slices.Contains(values, a.Raw) {
				values = append(values, strings.Clone(a.Raw)) // else it would keep all strings of the object in memory
			}
			keys = addKey(keys, a.LooseKey())
		}
		owners[i] = Owner{GUID: o.GUID, DN: o.DN, Values: values}
		if o.Claims[0].Attribute == conflicts.ProxyAddresses {
			owners[i].Written, owners[i].Version = o.Written.Time.UTC(), o.Written.Version
		}
	}
	return owners, keys
}

func addKey(keys []conflicts.Key, k conflicts.Key) []conflicts.Key {
	if slices.Contains(keys, k) {
		return keys
	}
	return append(keys, k)
}

func (c *Case) keys() []conflicts.Key {
	var keys []conflicts.Key
	for i := range c.Owners {
		keys = c.Owners[i].addKeys(keys)
	}
	return keys
}

func (o *Owner) addKeys(keys []conflicts.Key) []conflicts.Key {
	for _, v := range o.Values {
		keys = addKey(keys, conflicts.ParseAddress(v).LooseKey())
	}
	return keys
}

// shares reports whether an owner has a value with one of the keys.
func (o *Owner) shares(keys []conflicts.Key) bool {
	return slices.ContainsFunc(o.Values, func(v string) bool {
		return slices.Contains(keys, conflicts.ParseAddress(v).LooseKey())
	})
}

// An ownerSet is a set of objects. If one of two was read without its objectGUID, they are the
// same if their names are.
type ownerSet struct {
	few   [][]Owner                         // searched in order
	guids map[conflicts.GUID]bool           // or, of many
	named map[conflicts.Ref]*conflicts.GUID // by name, with the zero GUID if it was not read
}

// fewOwners is the most owners that are compared in pairs.
const fewOwners = 16

func newOwnerSet(lists [][]Owner, which ...int) ownerSet {
	n := 0
	s := ownerSet{few: make([][]Owner, 0, len(which))}
	for _, i := range which {
		n += len(lists[i])
		s.few = append(s.few, lists[i])
	}
	if n <= fewOwners {
		return s
	}
	s.guids, s.named = make(map[conflicts.GUID]bool, n), make(map[conflicts.Ref]*conflicts.GUID, n)
	for _, list := range s.few {
		for i := range list {
			o := &list[i]
			s.guids[o.GUID] = true
			s.named[conflicts.NameRef(o.DN)] = &o.GUID
		}
	}
	s.few = nil
	return s
}

func (s *ownerSet) has(o *Owner) bool {
	for _, list := range s.few {
		for i := range list {
			if same(&list[i], o) {
				return true
			}
		}
	}
	if s.guids == nil {
		return false
	}
	if o.GUID != (conflicts.GUID{}) && s.guids[o.GUID] {
		return true
	}
	g, ok := s.named[conflicts.NameRef(o.DN)]
	return ok && (o.GUID == (conflicts.GUID{}) || *g == (conflicts.GUID{}))
}

// sameOwners reports whether two lists have the same objects in the same order.
func sameOwners(a, b []Owner) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !same(&a[i], &b[i]) {
			return false
		}
	}
	return true
}

func same(a, b *Owner) bool {
	if a.GUID != (conflicts.GUID{}) && b.GUID != (conflicts.GUID{}) {
		return a.GUID == b.GUID
	}
	return conflicts.DNKey(a.DN) == conflicts.DNKey(b.DN)
}
