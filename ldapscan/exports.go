package ldapscan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/table"
)

// Exports are several exports that are one name space: of the domains of a forest, of several
// forests, of a forest and a cloud directory with counterparts of its objects. It is a [Source].
//
// What several exports have of one object is joined; see [identities].
type Exports struct {
	list []*Export
	same *identities // nil until it is needed
}

var _ Source = (*Exports)(nil)

// OpenExports opens exports by their names, of which "-" is stdin. The caller closes them.
func OpenExports(ctx context.Context, names []string, stdin io.Reader) (*Exports, error) {
	x := &Exports{}
	opt := table.Options{Beside: len(names) > 1}
	for i, name := range names {
		if i > 0 {
			opt.Within = fmt.Sprintf(",OU=input %d", i+1)
		}
		var one *Export
		var err error
		if name == "-" {
			one, err = spoolExport(ctx, "standard input", stdin, opt)
		} else {
			one, err = openExport(ctx, name, opt)
		}
		if err != nil {
			x.Close()
			return nil, err
		}
		one.elsewhere = x.holds
		x.list = append(x.list, one)
	}
	return x, nil
}

// holds reports whether an export has an object of a partition.
func (x *Exports) holds(partition string) bool { return x.same.partitions[partition] }

// Close closes all exports.
func (x *Exports) Close() error {
	var failed []error
	for _, one := range x.list {
		failed = append(failed, one.Close())
	}
	return errors.Join(failed...)
}

// Describe names the files.
func (x *Exports) Describe(s *conflicts.Scope) {
	for _, one := range x.list {
		one.Describe(s)
	}
}

// Sweep reads one file after the other. What several files have of one object is read again at the
// end, and comes as one object.
func (x *Exports) Sweep(ctx context.Context, sink Sink) (*Survey, error) {
	if err := x.identify(ctx); err != nil {
		return nil, err
	}
	survey := &Survey{ByRecord: true}
	told := map[*Export]string{}
	for _, one := range x.list {
		s, err := one.Sweep(ctx, &joiningSink{sink, x.same, one})
		if err != nil {
			return nil, err
		}
		if err := s.incomplete(); err != nil {
			told[one] = err.Error()
		}
		survey.add(s)
		survey.PrimaryDomains = append(survey.PrimaryDomains, s.PrimaryDomains...)
	}
	survey.AcceptedDomains, survey.PrimaryDomains = inOrder(survey.AcceptedDomains), inOrder(survey.PrimaryDomains)
	stream := sink.Stream()
	defer stream.Keep()
	var contradictions contradictions
	strays := newStrays()
	for refs := range slices.Chunk(x.same.joinedInOrder(), x.joinedAtOnce()) {
		all, err := x.gather(ctx, refs)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && !slices.Contains(survey.Problems, err.Error()) {
			survey.Problems = append(survey.Problems, err.Error())
		}
		for _, p := range all {
			o := p.join()
			if hasAddress(o) {
				stream.Entry(viewOf(&o.Entry))
			}
			contradictions.take(p)
			strays.take(p, o, func(e *conflicts.Entry) { stream.Deleted(viewOf(e)) }) // claims nothing, and is taken
		}
	}
	if !survey.seesAddresses() {
		survey.Problems = append(survey.Problems, "not one proxy address was seen: the exports left them out")
	}
	also, err := strays.problems(ctx, x, told)
	survey.Problems = append(append(survey.Problems, contradictions.problems()...), also...)
	return survey, err
}

// joinedAtOnce returns how many objects are read again at once: more where each time takes a reading
// of a whole file.
func (x *Exports) joinedAtOnce() int {
	for i, one := range x.list {
		if one.places.unknown || x.same.nameless[i] && one.places.guids {
			return 8 * gatheredAtOnce
		}
	}
	return gatheredAtOnce
}

// hasAddress reports whether an object has an attribute for which objects are swept.
func hasAddress(o *conflicts.Object) bool {
	return len(o.ProxyAddresses) > 0 || o.Mail != "" || o.UserPrincipalName != "" || o.TargetAddress != "" || o.LegacyExchangeDN != ""
}

func viewOf(e *conflicts.Entry) *conflicts.View {
	v := &conflicts.View{DN: []byte(e.DN), GUID: e.GUID, Mail: []byte(e.Mail), UserPrincipalName: []byte(e.UserPrincipalName),
		TargetAddress: []byte(e.TargetAddress), LegacyExchangeDN: []byte(e.LegacyExchangeDN)}
	for _, a := range e.ProxyAddresses {
		v.ProxyAddresses = append(v.ProxyAddresses, []byte(a))
	}
	return v
}

// Inspect asks all files for each object.
func (x *Exports) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	if err := x.identify(ctx); err != nil {
		return err
	}
	all, err := x.gather(ctx, refs)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	objects := make([]*conflicts.Object, len(all))
	for i, p := range all {
		objects[i] = p.join()
	}
	pin(all, objects)
	for _, o := range objects {
		found(o)
	}
	return err
}

// versions are what the exports have of one object.
type versions struct {
	ref     conflicts.Ref
	objects []*conflicts.Object // in the order of the exports
	exports []string            // that have them
}

// gather returns what all exports have of the objects that refs name, in the order of refs.
func (x *Exports) gather(ctx context.Context, refs []conflicts.Ref) ([]*versions, error) {
	found := map[conflicts.Ref]*versions{}
	several := x.severalForests()
	var failed []string
	var names []conflicts.Ref // of objects that an export may have by name only
	ask := func(one *Export, refs []conflicts.Ref) {
		err := one.Inspect(ctx, refs, func(o *conflicts.Object) {
			if several {
				o.Forest = one.forests.name(o)
			}
			ref := x.same.refIn(one, o.Ref())
			p := found[ref]
			if p == nil {
				p = &versions{ref: ref}
				found[ref] = p
			}
			p.objects, p.exports = append(p.objects, o), append(p.exports, one.name)
		})
		if err != nil {
			failed = append(failed, err.Error())
		}
	}
	wanted := x.same.everyRef(refs)
	identified := slices.DeleteFunc(slices.Clone(wanted), func(ref conflicts.Ref) bool { return ref.GUID == (conflicts.GUID{}) })
	for i, one := range x.list {
		if !x.same.nameless[i] { // a name would make it read every record
			ask(one, identified)
		}
	}
	if len(x.same.named) > 0 {
		for _, p := range found {
			for _, o := range p.objects {
				names = append(names, conflicts.NameRef(o.DN))
			}
		}
	}
	for i, one := range x.list {
		if x.same.nameless[i] {
			ask(one, slices.Concat(wanted, names))
		}
	}
	var all []*versions
	for _, ref := range refs {
		if p := found[x.same.root(ref)]; p != nil {
			all = append(all, p)
			delete(found, p.ref)
		}
	}
	return all, joined(failed)
}

// severalForests reports whether the exports are of more than one forest.
func (x *Exports) severalForests() bool {
	first := ""
	for _, one := range x.list {
		for _, forest := range one.forests.names {
			if first = cmp.Or(first, forest); forest != first {
				return true
			}
		}
	}
	return false
}

// Lookup asks all files for the addresses, and then for all that they have of the objects found.
func (x *Exports) Lookup(ctx context.Context, addresses []conflicts.Address, found func(*conflicts.Object)) error {
	wanted := conflicts.NewAddressSet(addresses...)
	return x.find(ctx, func(one *Export, found func(*conflicts.Object)) error { return one.Lookup(ctx, addresses, found) },
		func(o *conflicts.Object) bool { return len(wanted.Claims(o)) > 0 }, found)
}

// Namesakes asks all files.
func (x *Exports) Namesakes(ctx context.Context, dns []string, found func(*conflicts.Object)) error {
	return x.find(ctx, func(one *Export, found func(*conflicts.Object)) error { return one.Namesakes(ctx, dns, found) },
		func(*conflicts.Object) bool { return true }, found)
}

// find asks all files, and hands over the joined objects that fit, or what was found of one whose
// counterpart alone fits. An [*Error] of one file is returned alone.
func (x *Exports) find(ctx context.Context, ask func(*Export, func(*conflicts.Object)) error, fits func(*conflicts.Object) bool,
	found func(*conflicts.Object)) error {
	if err := x.identify(ctx); err != nil {
		return err
	}
	var failed []string
	var refs []conflicts.Ref
	parts := map[conflicts.Ref]*conflicts.Object{}
	for _, one := range x.list {
		err := ask(one, func(o *conflicts.Object) {
			if o.Deleted {
				found(o)
				return
			}
			if ref := x.same.refIn(one, o.Ref()); parts[ref] == nil {
				parts[ref] = o
				refs = append(refs, ref)
			}
		})
		if _, fatal := err.(*Error); fatal || ctx.Err() != nil {
			return cmp.Or(ctx.Err(), err)
		}
		if err != nil {
			failed = append(failed, err.Error())
		}
	}
	err := x.Inspect(ctx, refs, func(o *conflicts.Object) {
		if !fits(o) {
			o = parts[x.same.root(o.Ref())]
		}
		found(o)
	})
	if err != nil {
		failed = append(failed, err.Error())
	}
	return joined(failed)
}

// Reread hands over the objects that fix records change, as the export of their directory has
// them: a counterpart in another one changes later.
func (x *Exports) Reread(ctx context.Context, records []conflicts.FixRecord, found func(*conflicts.Object)) error {
	if err := x.identify(ctx); err != nil {
		return err
	}
	all := map[conflicts.Ref]*versions{}
	var failed []string
	for _, one := range x.list {
		err := one.Reread(ctx, records, func(o *conflicts.Object) {
			ref := x.same.refIn(one, o.Ref())
			if all[ref] == nil {
				all[ref] = &versions{ref: ref}
			}
			all[ref].objects = append(all[ref].objects, o)
		})
		if _, fatal := err.(*Error); fatal || ctx.Err() != nil {
			return cmp.Or(ctx.Err(), err)
		}
		if err != nil {
			failed = append(failed, err.Error())
		}
	}
	for _, ref := range slices.SortedFunc(maps.Keys(all), compareRefs) {
		p := all[ref]
		o := p.objects[p.base()]
		if own := o.Ref(); own != ref && all[own] != nil {
			continue // a counterpart of another object, asked for by the objectGUID of this one
		}
		found(o)
	}
	return joined(failed)
}

// Hidden returns the notes on all files.
func (x *Exports) Hidden(ctx context.Context) (notes []string) {
	if x.identify(ctx) != nil {
		return nil // as any lookup tells
	}
	for _, one := range x.list {
		notes = append(notes, one.Hidden(ctx)...)
	}
	return notes
}

// AcceptedDomains are those of all files.
func (x *Exports) AcceptedDomains(ctx context.Context) ([]string, error) {
	if err := x.identify(ctx); err != nil {
		return nil, err
	}
	var all []string
	var failed []error
	for _, one := range x.list {
		domains, err := one.AcceptedDomains(ctx)
		all, failed = append(all, domains...), append(failed, err)
	}
	return inOrder(all), errors.Join(failed...)
}
