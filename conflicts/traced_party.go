package conflicts

import (
	"fmt"
	"slices"
	"strings"
)

// A Party is one of the two objects that event 9514 names.
type Party struct {
	DN     string // as it was logged
	Status PartyStatus
	// Objects are that object if it is there, and else those that have its relative
	// distinguished name and may be it.
	Objects []*Object
}

// PartyStatus is what became of an object that was logged.
type PartyStatus string

const (
	// Found: it is there under its name, or under the only one that its name can have been
	// before letters of it were lost.
	Found PartyStatus = "found"
	// Moved: no object has its name, but others have the relative distinguished
	// name elsewhere, or one of the names that its name can have been before letters of it were
	// lost. That one of them is the object nothing proves.
	Moved PartyStatus = "moved"
	// Deleted: only deleted objects had its relative distinguished name.
	Deleted PartyStatus = "deleted"
	// Missing: nothing like it is there, or the account does not see it.
	Missing PartyStatus = "missing"
	// Unread: nothing like it was found, but not everything could be read.
	Unread PartyStatus = "unread"
)

// String says what became of the object.
func (p *Party) String() string {
	var names, deleted []string
	for _, o := range p.Objects {
		names = append(names, o.DN)
		deleted = append(deleted, "deleted"+o.deletedAt())
	}
	switch p.Status {
	case Found:
		if p.Restored() {
			return "letters of its name were lost; read as " + names[0]
		}
	case Moved:
		if _, lost := NewLostName(p.DN); lost {
			return "letters of its name were lost; it may be " + strings.Join(names, " or ")
		}
		return "no longer there, moved perhaps: its name has " + strings.Join(names, " or ")
	case Deleted:
		return strings.Join(slices.Compact(deleted), " or ")
	case Missing:
		return "not found: renamed, or deleted and hidden from the account"
	case Unread:
		return "not found, but not everything could be read"
	}
	return "there"
}

// Restored reports whether the object was found though letters of its name were lost.
func (p *Party) Restored() bool {
	return p.Status == Found && DNKey(p.DN) != DNKey(p.Objects[0].DN)
}

func (o *Object) deletedAt() string {
	if o.Remains == nil || o.Remains.Changed.IsZero() {
		return ""
	}
	return fmt.Sprintf(", last changed %s", moment(o.Remains.Changed))
}

// certain reports whether it is known what the object is now, if anything.
func (p *Party) certain() bool {
	return p.Status == Found || p.Status == Deleted || p.Status == Moved && len(p.Objects) == 1
}

// living returns the objects that can be owners.
func (p *Party) living() []*Object {
	if p.Status == Deleted {
		return nil
	}
	return p.Objects
}

// A DNIndex finds objects by the names that they have or had.
type DNIndex struct {
	exact map[string]*Object   // by DNKey
	alike map[string][]*Object // by RDNKey
	// Incomplete says that there may be objects that were not read.
	Incomplete bool
}

// NewDNIndex returns an index of no objects.
func NewDNIndex() *DNIndex {
	return &DNIndex{exact: map[string]*Object{}, alike: map[string][]*Object{}}
}

// Add adds an object. A second one with the same identity replaces the first.
func (n *DNIndex) Add(o *Object) {
	if !o.Deleted {
		n.exact[DNKey(o.DN)] = o
	}
	key := RDNKey(o.DN)
	same := func(known *Object) bool { return known.Ref() == o.Ref() }
	if i := slices.IndexFunc(n.alike[key], same); i >= 0 {
		n.alike[key][i] = o
		return
	}
	n.alike[key] = append(n.alike[key], o)
}

// party finds out what became of the object that had a name.
func (n *DNIndex) party(dn string) Party {
	if o := n.exact[DNKey(dn)]; o != nil {
		return Party{dn, Found, []*Object{o}}
	}
	if lost, ok := NewLostName(dn); ok {
		var list []*Object
		for _, o := range n.exact {
			if lost.Match(o.DN) {
				list = append(list, o)
			}
		}
		slices.SortFunc(list, compareObjects)
		switch {
		case len(list) == 1:
			return Party{dn, Found, list}
		case len(list) > 1:
			return Party{dn, Moved, list}
		}
	}
	parent := ParentDN(dn)
	var living, deleted, here []*Object
	for _, o := range n.alike[RDNKey(dn)] {
		switch {
		case !o.Deleted:
			living = append(living, o)
		case o.Remains != nil && DNKey(o.Remains.LastParent) == DNKey(parent):
			here = append(here, o)
			fallthrough
		default:
			deleted = append(deleted, o)
		}
	}
	for _, list := range [][]*Object{living, deleted, here} {
		slices.SortFunc(list, compareObjects)
	}
	switch {
	case len(here) > 0:
		return Party{dn, Deleted, here}
	case len(living) > 0:
		return Party{dn, Moved, living}
	case len(deleted) > 0:
		return Party{dn, Deleted, deleted}
	case n.Incomplete:
		return Party{DN: dn, Status: Unread}
	}
	return Party{DN: dn, Status: Missing}
}

// Unknown returns the names, of events none of whose readings names two objects
// that are there, under which there is no object.
func (n *DNIndex) Unknown(events []TracedEvent) (dns []string) {
	for i := range events {
		var missing []string
		for _, pair := range events[i].Readings {
			before := len(missing)
			for _, dn := range pair {
				if n.exact[DNKey(dn)] == nil {
					missing = append(missing, dn)
				}
			}
			if len(missing) == before {
				missing = nil
				break
			}
		}
		dns = append(dns, missing...)
	}
	slices.Sort(dns)
	return slices.Compact(dns)
}

// rank orders readings: two names that stand for something before one, and what is
// there before what was.
func (p *Party) rank() int {
	switch p.Status {
	case Found:
		return 11
	case Moved, Deleted:
		return 10
	}
	return 0
}
