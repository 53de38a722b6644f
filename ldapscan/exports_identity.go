package ldapscan

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
	"proxyaddr/ldapscan/table"
)

// identities tell which objects of several exports are the same: those with one objectGUID; one
// whose mS-DS-ConsistencyGuid is that, as a counterpart in the cloud and an object that was migrated
// have it; and one without objectGUID that has the name of another. Two live objects of one export
// are never the same: they would be in conflict there alone.
type identities struct {
	// known leads from an objectGUID to the one under which the object is known, others are the way
	// back.
	known  map[conflicts.GUID]conflicts.GUID
	others map[conflicts.GUID][]conflicts.GUID
	// moved leads in an export from the objectGUID that its counterparts in the cloud have to that of
	// the object which took the place of the old one.
	moved map[*Export]map[conflicts.GUID]conflicts.GUID
	// named are the objectGUIDs of objects that an export has by name only.
	named map[nameSum]conflicts.GUID
	// nameless says which exports have objects by name only.
	nameless []bool
	// partitions are those of all objects, by DNKey.
	partitions map[string]bool
	// joined are the objects that more than one export has.
	joined map[conflicts.Ref]bool
}

// A nameSum stands for a name, as DNKey writes it.
type nameSum [16]byte

func sumOfName(dn string) nameSum {
	sum := sha256.Sum256([]byte(conflicts.DNKey(dn)))
	return nameSum(sum[:len(nameSum{})])
}

// inDirectory reports whether a name is that of an object of a directory: names that are made of
// the rows of a table have no DC parts.
func inDirectory(dn string) bool { return conflicts.Partition(dn) != "" }

// identify reads all files to find out which objects are the same. It takes memory for the
// objects of all files but the largest.
func (x *Exports) identify(ctx context.Context) error {
	if x.same != nil {
		return nil
	}
	same := &identities{known: map[conflicts.GUID]conflicts.GUID{}, moved: map[*Export]map[conflicts.GUID]conflicts.GUID{},
		named: map[nameSum]conflicts.GUID{}, partitions: map[string]bool{}, joined: map[conflicts.Ref]bool{}, nameless: make([]bool, len(x.list))}
	names := map[nameSum]int{}        // of objects without objectGUID, and the export
	twice := map[conflicts.Ref]bool{} // by name in several exports
	rows := newCoverage("")
	var pairs []pair
	err := x.eachIdentity(ctx, x.list, func(i int, id identity) {
		rows.of(id.dn)
		switch {
		case id.guid != (conflicts.GUID{}):
			if !id.deleted && id.anchor != (conflicts.GUID{}) && id.anchor != id.guid {
				pairs = append(pairs, pair{id.anchor, id.guid})
			}
		default:
			same.nameless[i] = true
			if !inDirectory(string(id.dn)) {
				return
			}
			sum := sumOfName(string(id.dn))
			if other, ok := names[sum]; !ok {
				names[sum] = i
			} else if other != i {
				twice[conflicts.NameRef(string(id.dn))] = true
			}
		}
	})
	if err != nil {
		return err
	}
	if err := x.unite(ctx, same, pairs); err != nil {
		return err
	}
	same.settle()
	for partition := range rows.partitions {
		same.partitions[conflicts.DNKey(partition)] = true
	}
	seen := map[conflicts.GUID]*Export{}
	bySize := slices.SortedStableFunc(slices.Values(x.list), func(a, b *Export) int { return cmp.Compare(a.data.Size(), b.data.Size()) })
	err = x.eachIdentity(ctx, bySize, func(i int, id identity) {
		if id.guid == (conflicts.GUID{}) {
			return
		}
		one := bySize[i]
		guid := same.refIn(one, conflicts.Ref{GUID: id.guid}).GUID
		if len(names) > 0 {
			if sum := sumOfName(string(id.dn)); inDirectory(string(id.dn)) {
				if _, ok := names[sum]; ok {
					same.named[sum] = guid
					same.joined[conflicts.Ref{GUID: guid}] = true
				}
			}
		}
		switch other := seen[guid]; {
		case other != nil && other != one:
			same.joined[conflicts.Ref{GUID: guid}] = true
		case other == nil && i < len(bySize)-1:
			seen[guid] = one
		}
	})
	if err != nil {
		return err
	}
	for ref := range twice {
		same.joined[same.root(ref)] = true
	}
	x.same = same
	return nil
}

// An identity is what tells which object a record is of.
type identity struct {
	dn           []byte
	guid, anchor conflicts.GUID
	deleted      bool
	cloud        bool // it lies in a cloud directory
}

// A pair is an object and its mS-DS-ConsistencyGuid.
type pair struct{ anchor, guid conflicts.GUID }

func comparePairs(a, b pair) int {
	return cmp.Or(slices.Compare(a.anchor[:], b.anchor[:]), slices.Compare(a.guid[:], b.guid[:]))
}

// unite unites the objects of pairs, unless an export has both sides alive. Then a counterpart in the
// cloud belongs to the one object that names the other in its mS-DS-ConsistencyGuid, unless that has
// named itself. It does not depend on the order of the exports.
func (x *Exports) unite(ctx context.Context, same *identities, pairs []pair) error {
	if len(pairs) == 0 {
		return nil
	}
	slices.SortFunc(pairs, comparePairs)
	pairs = slices.Compact(pairs)
	alive := map[conflicts.GUID][]int{} // in which exports
	counterparts := map[conflicts.GUID][]*Export{}
	own := map[conflicts.GUID]bool{} // that name themselves
	for _, p := range pairs {
		alive[p.anchor], alive[p.guid] = nil, nil
	}
	err := x.eachIdentity(ctx, x.list, func(i int, id identity) {
		in, ok := alive[id.guid]
		if !ok || id.deleted {
			return
		}
		own[id.guid] = own[id.guid] || id.anchor == id.guid
		if !slices.Contains(in, i) {
			alive[id.guid] = append(in, i)
		}
		if one := x.list[i]; id.cloud && !slices.Contains(counterparts[id.guid], one) {
			counterparts[id.guid] = append(counterparts[id.guid], one)
		}
	})
	if err != nil {
		return err
	}
	replaced, successors := map[conflicts.GUID]conflicts.GUID{}, map[conflicts.GUID]int{}
	for _, p := range pairs {
		successors[p.anchor]++
		from, to := same.last(p.anchor), same.last(p.guid)
		in := alive[to]
		both := slices.ContainsFunc(alive[from], func(i int) bool { return slices.Contains(in, i) })
		switch {
		case from == to:
		case both:
			replaced[p.anchor] = to
		default:
			same.known[from] = to
			alive[to] = append(in, alive[from]...)
		}
	}
	for old, by := range replaced {
		if successors[old] > 1 || own[old] {
			continue
		}
		for _, one := range counterparts[old] {
			if same.moved[one] == nil {
				same.moved[one] = map[conflicts.GUID]conflicts.GUID{}
			}
			same.moved[one][old] = by
		}
	}
	return nil
}

// eachIdentity reads files to their ends. Damage ends only the file: the sweep reports it.
func (x *Exports) eachIdentity(ctx context.Context, files []*Export, each func(i int, id identity)) error {
	for i, one := range files {
		r := ldif.NewReader(nil)
		r.Select = func(name string) bool {
			return strings.EqualFold(name, "objectGUID") || strings.EqualFold(name, "mS-DS-ConsistencyGuid") || strings.EqualFold(name, "isDeleted") || name == table.Unchangeable
		}
		err := one.readBlock(ctx, r, 0, one.data.Size(), func(_ *ldif.Reader, v *ldif.View) error {
			id := identity{dn: v.DN}
			for _, a := range v.Attributes {
				switch {
				case strings.EqualFold(a.Name, "objectGUID"):
					id.guid = guidOf(a.Value)
				case strings.EqualFold(a.Name, "isDeleted"):
					id.deleted = strings.EqualFold(string(a.Value), "TRUE")
				case a.Name == table.Unchangeable:
					id.cloud = one.table != nil && string(a.Value) == table.InCloud
				case len(a.Value) == len(id.anchor):
					id.anchor = conflicts.GUID(a.Value)
				}
			}
			each(i, id)
			return nil
		})
		if err != nil && err != io.EOF && !errors.As(err, new(*ldif.ParseError)) {
			return err
		}
	}
	return nil
}

// last follows a chain to its end.
func (s *identities) last(guid conflicts.GUID) conflicts.GUID {
	for {
		next, ok := s.known[guid]
		if !ok {
			return guid
		}
		if after, ok := s.known[next]; ok {
			s.known[guid] = after // half the way next time
		}
		guid = next
	}
}

// settle makes all chains short, after unite.
func (s *identities) settle() {
	s.others = map[conflicts.GUID][]conflicts.GUID{}
	for guid := range s.known {
		last := s.last(guid)
		s.known[guid] = last
		s.others[last] = append(s.others[last], guid)
	}
	for _, moved := range s.moved {
		for guid, to := range moved {
			if to = s.of(to); !slices.Contains(s.others[to], guid) {
				s.others[to] = append(s.others[to], guid)
			}
		}
	}
}

// of returns the objectGUID under which an object is known.
func (s *identities) of(guid conflicts.GUID) conflicts.GUID {
	if known, ok := s.known[guid]; ok {
		return known
	}
	return guid
}

// root returns the ref under which an object is known.
func (s *identities) root(ref conflicts.Ref) conflicts.Ref {
	if ref.GUID != (conflicts.GUID{}) {
		return conflicts.Ref{GUID: s.of(ref.GUID)}
	}
	if len(s.named) > 0 {
		if guid, ok := s.named[sumOfName(ref.DN)]; ok {
			return conflicts.Ref{GUID: s.of(guid)}
		}
	}
	return ref
}

// refIn returns the ref under which an object is known that an export has under this one.
func (s *identities) refIn(one *Export, ref conflicts.Ref) conflicts.Ref {
	if to, ok := s.moved[one][ref.GUID]; ok {
		ref = conflicts.Ref{GUID: to}
	}
	return s.root(ref)
}

// everyRef returns all refs that exports may have of objects.
func (s *identities) everyRef(refs []conflicts.Ref) []conflicts.Ref {
	all := slices.Clone(refs)
	for _, ref := range refs {
		for _, guid := range s.others[ref.GUID] {
			all = append(all, conflicts.Ref{GUID: guid})
		}
	}
	return all
}

// joinedInOrder returns the objects that more than one export has.
func (s *identities) joinedInOrder() []conflicts.Ref {
	return slices.SortedFunc(maps.Keys(s.joined), compareRefs)
}

func compareRefs(a, b conflicts.Ref) int {
	return cmp.Or(slices.Compare(a.GUID[:], b.GUID[:]), cmp.Compare(a.DN, b.DN))
}

// A joiningSink gives objects the objectGUID under which they are known, and leaves out those that
// are to be joined.
type joiningSink struct {
	Sink
	same *identities
	from *Export
}

func (s *joiningSink) Stream() Stream { return &joiningStream{s.Sink.Stream(), s.same, s.from} }

type joiningStream struct {
	Stream
	same *identities
	from *Export
}

// single hands over a view of an object that one export has, under the objectGUID by which it is
// known.
func (s *joiningStream) single(v *conflicts.View, hand func(*conflicts.View)) {
	if len(s.same.joined) == 0 {
		hand(v)
		return
	}
	ref := s.same.refIn(s.from, v.Ref())
	if s.same.joined[ref] {
		return
	}
	own := v.GUID
	v.GUID = ref.GUID
	hand(v)
	v.GUID = own
}

func (s *joiningStream) Entry(v *conflicts.View)   { s.single(v, s.Stream.Entry) }
func (s *joiningStream) Changed(v *conflicts.View) { s.single(v, s.Stream.Changed) }
