package ldapscan

import (
	"context"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// Verify compares fix records with the current state of a source; the list has a verdict
// on each. If not everything could be read, the verdicts that depend on the rest are
// [conflicts.Unknown], and the error says why. With an [*Error] or the error of ctx there
// is no list.
func Verify(ctx context.Context, src Source, records []conflicts.FixRecord) ([]conflicts.Verdict, error) {
	var now conflicts.Snapshot
	var failed []string
	err := src.Reread(ctx, records, func(o *conflicts.Object) { now.Objects = append(now.Objects, o) })
	if _, fatal := err.(*Error); fatal || ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		failed = append(failed, err.Error())
	}
	var added []conflicts.Address
	known := map[conflicts.Key]bool{}
	for i := range records {
		for _, a := range records[i].Added() {
			if !known[a.Key()] {
				known[a.Key()] = true
				added = append(added, a)
			}
		}
	}
	now.Owners, err = Owners(ctx, src, added)
	if now.Owners == nil {
		return nil, err
	}
	if err != nil {
		failed = append(failed, err.Error())
	}
	now.Incomplete = len(failed) > 0
	return conflicts.Verify(records, now), joined(slices.Compact(failed)) // an export fails in the same way twice
}

// rereadAttributes include those that tell what the account may write ([MS-ADTS]
// 3.1.1.4.5.4 and 3.1.1.4.5.7).
var rereadAttributes = append([]string{"sDRightsEffective", "allowedAttributesEffective"}, lookupAttributes...)

// Reread asks by objectGUID, for deleted objects too if the server lets it.
func (d *Directory) Reread(ctx context.Context, records []conflicts.FixRecord, found func(*conflicts.Object)) error {
	return d.reread(ctx, refsOf(records), found)
}

func (d *Directory) reread(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	return d.layout.reread(ctx, d.conn, refs, func(e wholeEntry) { found(d.object(e)) })
}

func refsOf(records []conflicts.FixRecord) []conflicts.Ref {
	refs := make([]conflicts.Ref, len(records))
	for i := range records {
		refs[i] = records[i].Ref()
	}
	return refs
}

func (l layout) reread(ctx context.Context, c *conn, refs []conflicts.Ref, found func(wholeEntry)) error {
	err := c.withDeleted(func(controls ...ldap.Control) error {
		return l.batches(ctx, c, refs, func(search search) (int, error) {
			list, err := search(rereadAttributes, controls...)
			if err != nil {
				return 0, err
			}
			whole, err := c.whole(ctx, list)
			for _, e := range whole {
				found(e)
			}
			return len(whole), err
		})
	})
	if err == nil {
		err = c.drain(ctx)
	}
	return c.failed(ctx, err)
}

// Reread asks one server after the other for the objects that no earlier one had.
func (f *Forest) Reread(ctx context.Context, records []conflicts.FixRecord, found func(*conflicts.Object)) error {
	return f.ask(ctx, refsOf(records), (*Directory).reread, found)
}

// Reread reads the file to its end. A file that is not LDIF is an [*Error].
func (x *Export) Reread(ctx context.Context, records []conflicts.FixRecord, found func(*conflicts.Object)) error {
	guids, names := map[conflicts.GUID]bool{}, map[string]bool{}
	for _, a := range records {
		if a.GUID != (conflicts.GUID{}) {
			guids[a.GUID] = true
		}
		names[conflicts.DNKey(a.DN)] = true
	}
	return x.find(ctx, func(v *conflicts.View) bool { return guids[v.GUID] || names[conflicts.DNKey(string(v.DN))] }, found)
}
