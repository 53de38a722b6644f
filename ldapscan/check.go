package ldapscan

import (
	"context"
	"fmt"

	"proxyaddr/conflicts"
)

// Check finds out which addresses are free, who has the others, and which
// alternatives to them are free. The list has an element for each address. If not
// everything could be read, the list covers what was, and the error says what was
// not. With an [*Error] or the error of ctx there is no list.
func Check(ctx context.Context, src Source, addresses []conflicts.Address) ([]conflicts.Availability, error) {
	owners, err := Owners(ctx, src, addresses)
	if owners == nil {
		return nil, err
	}
	list := make([]conflicts.Availability, len(addresses))
	for i, a := range addresses {
		list[i] = conflicts.Availability{Address: a, Owners: owners.Of(a), Incomplete: err != nil}
	}
	if err == nil {
		err = suggest(ctx, src, list)
	}
	return list, err
}

// suggest finds a free alternative to each address that is taken. It tries more of
// them in each round.
func suggest(ctx context.Context, src Source, list []conflicts.Availability) error {
	const few, most = 10, 10_000
	for n := few; n <= most; n *= 10 {
		tried := map[*conflicts.Availability][]conflicts.Address{}
		var all []conflicts.Address
		for i := range list {
			if a := &list[i]; a.Taken() && a.Next == (conflicts.Address{}) {
				for next := range a.Address.Alternatives() {
					if len(tried[a]) == n {
						break
					}
					tried[a] = append(tried[a], next)
				}
				all = append(all, tried[a]...)
			}
		}
		if len(all) == 0 {
			return nil
		}
		owners, err := Owners(ctx, src, all)
		if err != nil {
			return err
		}
		for a, alternatives := range tried {
			for _, next := range alternatives {
				if len(owners.Of(next)) == 0 {
					a.Next = next
					break
				}
			}
		}
	}
	return nil
}

// Owners finds out who holds each of the addresses. An address without an owner is
// free only if the error is nil. With an [*Error] or the error of ctx nothing could
// be read, and no owners are returned.
func Owners(ctx context.Context, src Source, addresses []conflicts.Address) (conflicts.OwnersByAddress, error) {
	var objects []*conflicts.Object
	err := src.Lookup(ctx, addresses, func(o *conflicts.Object) { objects = append(objects, o) })
	if _, fatal := err.(*Error); fatal || ctx.Err() != nil {
		return nil, err
	}
	return conflicts.NewOwnersByAddress(objects), err
}

// Hidden asks for the container of deleted objects of each domain. That of the
// configuration partition has no deleted recipients.
func (d *Directory) Hidden(ctx context.Context) (notes []string) {
	if !d.conn.offers(showDeleted) {
		return nil
	}
	for _, p := range d.assigned {
		if p.kind != domainKind {
			continue
		}
		seen, err := d.conn.seesDeleted(ctx, deletedObjects+p.dn)
		switch {
		case err != nil && !noSuchObject(err):
			notes = append(notes, fmt.Sprintf("%s: deleted objects could not be read: %s", p.dn, brief(err)))
		case !seen:
			notes = append(notes, p.dn+": this account cannot see deleted objects, so an address that is called free may belong to one")
		}
	}
	return notes
}

// Hidden asks every server.
func (f *Forest) Hidden(ctx context.Context) (notes []string) {
	for _, d := range f.directories {
		notes = append(notes, d.Hidden(ctx)...)
	}
	return notes
}

// Hidden returns the notes of a sweep: an export does not have everything that its directory has.
func (x *Export) Hidden(ctx context.Context) []string {
	if x.survey == nil {
		if _, _, err := x.look(ctx, nowhere{}, nil); err != nil {
			return nil // as any lookup tells
		}
	}
	return x.survey.Notes
}
