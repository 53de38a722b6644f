package ldapscan

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"proxyaddr/conflicts"
)

// Trace finds out what events are about: the objects that they name, the addresses that
// these share, and every owner of those addresses. It judges the conflicts over these
// addresses, and puts the events into the audit. It sweeps nothing. It reads each name on
// its own; one search of each partition finds the owners and proves proposals free; then
// it reads the owners again that no event names. Names that no longer exist take one more
// search.
//
// The error is that of ctx, or says why nothing could be read at all; any other failure
// makes the audit incomplete.
func Trace(ctx context.Context, src Source, events []conflicts.TracedEvent, opt Options) (*conflicts.Audit, error) {
	t := &tracer{src: src, audit: newAudit(src, opt), objects: map[conflicts.Ref]*conflicts.Object{}}
	t.audit.Events = events
	t.audit.Notes = []string{"made from events: covers only the objects or addresses that the events name, and the addresses that these objects share"}
	t.resolve(ctx)
	var addresses []conflicts.Address
	for i := range events {
		addresses = append(addresses, events[i].Addresses...)
	}
	p := &proof{src: src, asked: map[conflicts.Key]bool{}}
	if err := p.ask(ctx, addresses, lookupBatch/2-1); len(p.byAddress) == 0 {
		return nil, err
	}
	owners := t.owners(ctx, p.byAddress[0], addresses)
	opt.Judge.Rules, opt.Judge.Only = t.audit.Rules, conflicts.NewAddressSet(addresses...)
	opt.Judge.Taken = func(a conflicts.Address) bool { return p.holders(ctx, a) > 0 }
	opt.Judge.Shared = func(a conflicts.Address) bool { return p.holders(ctx, a) > 1 }
	t.judge(ctx, owners, opt.Judge)
	if p.err != nil {
		t.unread(p.err)
		t.withdraw()
	}
	byAddress := conflicts.NewOwnersByAddress(owners)
	for i := range events {
		in := &events[i]
		in.Conclude(t.audit.Conflicts, byAddress, t.incomplete)
		if len(in.Conflicts) == 0 && !in.Resolved {
			t.problem("%s: %s", in.Label(), in.Explanation)
		}
	}
	t.audit.Notes = append(t.audit.Notes, src.Hidden(ctx)...)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return t.audit, nil
}

// A tracer is a Trace under way.
type tracer struct {
	src     Source
	audit   *conflicts.Audit
	objects map[conflicts.Ref]*conflicts.Object // inspected, so with the names of domain controllers
	// incomplete says that an object that an event is about may not have been found.
	incomplete bool
}

// unread notes an error because of which an object may not have been found.
func (t *tracer) unread(err error) {
	if err != nil {
		t.incomplete = true
		t.problem("%v", err)
	}
}

// problem notes why something is unknown, each reason once.
func (t *tracer) problem(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(t.audit.Problems, text) {
		t.audit.Problems = append(t.audit.Problems, text)
	}
}

// inspect reads objects whole and hands them over.
func (t *tracer) inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	if len(refs) == 0 {
		return nil
	}
	return t.src.Inspect(ctx, refs, func(o *conflicts.Object) {
		t.objects[o.Ref()] = o
		found(o)
	})
}

// resolve finds the objects that the events name.
func (t *tracer) resolve(ctx context.Context) {
	names := conflicts.NewDNIndex()
	var refs []conflicts.Ref
	known := map[string]bool{}
	for i := range t.audit.Events {
		for _, pair := range t.audit.Events[i].Readings {
			for _, dn := range pair {
				if !known[dn] {
					known[dn] = true
					refs = append(refs, conflicts.NameRef(dn))
				}
			}
		}
	}
	t.unread(t.inspect(ctx, refs, names.Add))
	if unknown := names.Unknown(t.audit.Events); len(unknown) > 0 {
		var living []conflicts.Ref
		t.unread(t.src.Namesakes(ctx, unknown, func(o *conflicts.Object) {
			names.Add(o)
			if !o.Deleted {
				living = append(living, o.Ref())
			}
		}))
		t.unread(t.inspect(ctx, living, names.Add))
	}
	names.Incomplete = t.incomplete
	for i := range t.audit.Events {
		t.audit.Events[i].Trace(names)
	}
}

// owners returns the objects that hold one of the addresses, deleted ones included: those
// that events named, whether or not the search found them, and the others, which are read
// again for the domain controllers that wrote them.
func (t *tracer) owners(ctx context.Context, byAddress conflicts.OwnersByAddress, addresses []conflicts.Address) []*conflicts.Object {
	wanted := conflicts.NewAddressSet(addresses...)
	all := map[conflicts.Ref]*conflicts.Object{}
	for ref, o := range t.objects {
		if len(wanted.Claims(o)) > 0 {
			all[ref] = o
		}
	}
	var further []conflicts.Ref
	for _, a := range addresses {
		for _, o := range byAddress.Of(a) {
			ref := o.Ref()
			if all[ref] == nil && t.objects[ref] == nil && !o.Deleted {
				further = append(further, ref)
			}
			all[ref] = o.Object
		}
	}
	t.unread(t.inspect(ctx, further, func(*conflicts.Object) {}))
	var owners []*conflicts.Object
	for ref, o := range all {
		if inspected := t.objects[ref]; inspected != nil && inspected != o {
			fixed := *inspected
			fixed.Fixed = cmp.Or(inspected.Fixed, o.Fixed) // with all its owners, the lookup knows more of an address
			o = &fixed
		}
		owners = append(owners, o)
	}
	return owners
}

// judge finds the conflicts among those owners that exist.
func (t *tracer) judge(ctx context.Context, owners []*conflicts.Object, opt conflicts.Options) {
	living := slices.DeleteFunc(slices.Clone(owners), func(o *conflicts.Object) bool { return o.Deleted })
	if len(living) < 2 {
		return
	}
	domains, err := t.src.AcceptedDomains(ctx)
	if err != nil {
		t.problem("%v", err)
	}
	t.audit.Scope.AcceptedDomains, opt.AcceptedDomains = domains, domains
	judged := conflicts.Judge(living, opt)
	judged.Into(t.audit)
	noteUnknownDomains(t.audit)
}

// withdraw takes back the proposals, as their addresses may be taken.
func (t *tracer) withdraw() {
	changed := map[conflicts.Key]bool{}
	for _, c := range t.audit.Changes {
		changed[c.Key] = true
	}
	t.audit.Withdraw(func(conflicts.Key) bool { return true })
	for i := range t.audit.Conflicts {
		if c := &t.audit.Conflicts[i]; changed[c.Key] {
			c.Unresolved = []conflicts.Statement{{Code: conflicts.NotAllRead}}
		}
	}
}

// A proof finds out which addresses are free with as few searches as it can: it looks up
// the alternatives to an address together with it.
type proof struct {
	src       Source
	byAddress []conflicts.OwnersByAddress
	asked     map[conflicts.Key]bool
	err       error // why something could not be read; then it asks no more
}

// ask looks up addresses, and the first few alternatives of each.
func (p *proof) ask(ctx context.Context, addresses []conflicts.Address, few int) error {
	var list []conflicts.Address
	add := func(a conflicts.Address) {
		if !p.asked[a.Key()] {
			p.asked[a.Key()] = true
			list = append(list, a)
		}
	}
	for _, a := range addresses {
		add(a)
		n := 0
		for next := range a.Alternatives() {
			if n == few {
				break
			}
			n++
			add(next)
		}
	}
	byAddress, err := Owners(ctx, p.src, list)
	if byAddress != nil {
		p.byAddress = append(p.byAddress, byAddress)
	}
	p.err = err
	return err
}

// holders counts the objects that have an address.
func (p *proof) holders(ctx context.Context, a conflicts.Address) int {
	if !p.asked[a.Key()] && p.err == nil {
		p.ask(ctx, []conflicts.Address{a}, lookupBatch-1)
	}
	holders := map[conflicts.Ref]bool{}
	for _, m := range p.byAddress {
		for _, o := range m.Of(a) {
			holders[o.Ref()] = true
		}
	}
	return len(holders)
}
