package conflicts

import (
	"cmp"
	"slices"
	"strings"
)

// Names are what outputs call the owners of an audit: their display names. Namesakes get
// their kind behind it if that tells them apart, else the first container that does:
// "Carola Lindqvist (Sales)".
type Names struct{ namesakes map[Ref]string }

// NewNames returns the names of the owners of an audit.
func NewNames(a *Audit) *Names {
	type named struct {
		hash   uint64
		object *Object
	}
	count := 0
	for i := range a.Conflicts {
		count += len(a.Conflicts[i].Owners)
	}
	owners := make([]named, 0, count)
	for i := range a.Conflicts {
		for _, o := range a.Conflicts[i].Owners {
			owners = append(owners, named{keyHash(Key(strings.ToLower(o.Name()))), o.Object})
		}
	}
	slices.SortFunc(owners, func(a, b named) int {
		if c := cmp.Compare(a.hash, b.hash); c != 0 {
			return c
		}
		return compareObjects(a.object, b.object)
	})
	owners = slices.CompactFunc(owners, func(a, b named) bool { return a.object.Ref() == b.object.Ref() })
	n := &Names{make(map[Ref]string)}
	for len(owners) > 0 {
		end := 1
		for end < len(owners) && owners[end].hash == owners[0].hash {
			end++
		}
		if end > 1 {
			var namesakes []*Object
			for _, o := range owners[:end] {
				namesakes = append(namesakes, o.object)
			}
			for i, name := range tellApart(namesakes) {
				n.namesakes[namesakes[i].Ref()] = name
			}
		}
		owners = owners[end:]
	}
	return n
}

// Of returns the name of an object.
func (n *Names) Of(o *Object) string {
	if name, ok := n.namesakes[o.Ref()]; ok {
		return name
	}
	return o.Name()
}

// pair names two objects, either of which may be nil. Without Names it tells those two apart.
func (n *Names) pair(a, b *Object) (nameA, nameB string) {
	switch {
	case a == nil || b == nil || n != nil:
		name := func(o *Object) string {
			switch {
			case o == nil:
				return ""
			case n == nil:
				return o.Name()
			}
			return n.Of(o)
		}
		return name(a), name(b)
	case !strings.EqualFold(a.Name(), b.Name()):
		return a.Name(), b.Name()
	}
	names := tellApart([]*Object{a, b})
	return names[0], names[1]
}

// tellApart names objects with one name.
func tellApart(objects []*Object) []string {
	names := make([]string, len(objects))
	used := make(map[string]bool)
	// add names each object that alone has its value of an attribute, and reports whether
	// any has one.
	add := func(of func(*Object) string) (any bool) {
		count := make(map[string]int)
		for i, o := range objects {
			if names[i] == "" {
				count[strings.ToLower(of(o))]++
			}
		}
		for i, o := range objects {
			value := of(o)
			any = any || value != ""
			name := o.Name() + " (" + value + ")"
			if names[i] == "" && value != "" && count[strings.ToLower(value)] == 1 && !used[strings.ToLower(name)] {
				names[i] = name
				used[strings.ToLower(name)] = true
			}
		}
		return any
	}
	add((*Object).Kind)
	for level := 1; add(func(o *Object) string { return rdnValue(part(o.DN, level)) }); level++ {
	}
	add(func(o *Object) string {
		if own := rdnValue(part(o.DN, 0)); own != o.Name() {
			return own
		}
		return ""
	})
	for i, o := range objects {
		names[i] = cmp.Or(names[i], o.DN)
	}
	return names
}

// part returns the relative distinguished name at a level of a DN, from 0 for that of the
// object itself, or "".
func part(dn string, level int) (rdn string) {
	rdn, dn, _ = cutRDN(dn)
	for range level {
		rdn, dn, _ = cutRDN(dn)
	}
	return strings.TrimLeft(rdn, " ")
}
