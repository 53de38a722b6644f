package main

import (
	"context"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
)

// goneOwners are former owners that could no longer be seen, with their tombstones if those were
// read. A process that makes many runs does not ask for them each time: an object that comes back
// was written, so a reading of changes finds it. All are asked for again when everything is read.
type goneOwners map[conflicts.Ref]*conflicts.Object

// without returns the owners that are not gone.
func (g goneOwners) without(owners []conflicts.Entry) []conflicts.Entry {
	var left []conflicts.Entry
	for i := range owners {
		if _, gone := g[owners[i].Ref()]; !gone {
			left = append(left, owners[i])
		}
	}
	return left
}

// seen removes objects that came back.
func (g goneOwners) seen(objects []*conflicts.Object) {
	for _, o := range objects {
		delete(g, o.Ref())
	}
}

// formerOwners reads objects again, with the stamps that tell whether somebody wrote their
// addresses, and looks for missing ones among the deleted objects. It does not ask again for
// objects that a reading of changes has read.
func (r *stateRun) formerOwners(ctx context.Context, src ldapscan.Source, refs []conflicts.Ref) (found []*conflicts.Object, err error) {
	if len(refs) == 0 {
		return nil, nil
	}
	known := make(map[conflicts.Ref]bool, len(refs))
	take := func(o *conflicts.Object) {
		known[o.Ref()], known[conflicts.NameRef(o.DN)] = true, true
		found = append(found, o)
	}
	if r.reading.Whole == "" {
		for _, o := range r.reading.Objects {
			take(o)
		}
	} else if err := src.Inspect(ctx, refs, take); err != nil {
		return found, err
	}
	var gone []conflicts.FixRecord
	for _, ref := range refs {
		if known[ref] {
			continue
		}
		if o, before := r.gone[ref]; !before {
			gone = append(gone, conflicts.FixRecord{DN: ref.DN, GUID: ref.GUID})
		} else if o != nil {
			found = append(found, o)
		}
	}
	if len(gone) == 0 {
		return found, nil
	}
	if err := src.Reread(ctx, gone, take); err != nil || r.gone == nil {
		return found, err
	}
	for _, g := range gone {
		r.gone[conflicts.Ref{DN: g.DN, GUID: g.GUID}] = nil
	}
	for _, o := range found {
		if _, is := r.gone[o.Ref()]; is && o.Deleted {
			r.gone[o.Ref()] = o
		}
	}
	return found, nil
}
