package ldapscan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// inspectBatch is how many objects one search asks for. More make Samba and
// OpenLDAP no faster.
const inspectBatch = 50

// Inspect reads the objects in batches by their objectGUID, which is indexed and
// stays the same when an object is renamed or moved. Those without one are read
// one by one.
func (d *Directory) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	return d.failed(ctx, d.inspect(ctx, refs, inspectAttributes, nil, found))
}

// failed is the error of a verb.
func (d *Directory) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %s", d.server.URL, brief(err))
	}
	return nil
}

func (d *Directory) inspect(ctx context.Context, refs []conflicts.Ref, attributes []string, controls []ldap.Control, found func(*conflicts.Object)) error {
	var guids []conflicts.GUID
	for _, ref := range refs {
		if ref.GUID != (conflicts.GUID{}) {
			guids = append(guids, ref.GUID)
			continue
		}
		if !slices.ContainsFunc(d.assigned, func(p partition) bool { return conflicts.Within(ref.DN, p.dn) }) {
			continue // another server's
		}
		list, err := d.read(ref.DN, attributes...)
		if err != nil {
			return err
		}
		if err := d.objects(list, found); err != nil || ctx.Err() != nil {
			return err
		}
	}
	for batch := range slices.Chunk(guids, inspectBatch) {
		left := len(batch)
		for _, p := range d.assigned {
			if left == 0 {
				break
			}
			answer, _, err := d.search(p.dn, ldap.ScopeWholeSubtree, guidFilter(batch), attributes, controls...)
			if err != nil {
				return err
			}
			list, err := parseEntries(answer.entries)
			if err != nil {
				return err
			}
			left -= len(list)
			if err := d.objects(list, found); err != nil || ctx.Err() != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Directory) objects(list []result, found func(*conflicts.Object)) error {
	for _, r := range list {
		a, err := d.attributes(r)
		if err != nil {
			return err
		}
		d.visible = d.visible || len(a["proxyaddresses"]) > 0
		o := a.object(r.dn)
		if d.full != nil {
			o.Writable = nil // nobody writes to a catalog
		}
		found(o)
	}
	return nil
}

// guidFilter finds any of the objects, by octets in hexadecimal (RFC 4515).
func guidFilter(guids []conflicts.GUID) string {
	var b strings.Builder
	b.WriteString("(|")
	for _, g := range guids {
		b.WriteString("(objectGUID=")
		for _, octet := range g {
			fmt.Fprintf(&b, `\%02x`, octet)
		}
		b.WriteString(")")
	}
	b.WriteString(")")
	return b.String()
}
