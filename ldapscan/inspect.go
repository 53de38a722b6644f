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
	err := d.inspect(ctx, refs, found)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %s", d.server.URL, brief(err))
	}
	return nil
}

func (d *Directory) inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	var guids []conflicts.GUID
	for _, ref := range refs {
		if ref.GUID != (conflicts.GUID{}) {
			guids = append(guids, ref.GUID)
			continue
		}
		if !slices.ContainsFunc(d.assigned, func(p partition) bool { return conflicts.Within(ref.DN, p.dn) }) {
			continue // another server's
		}
		_, err := d.objects(func(attributes ...string) ([]result, error) { return d.read(ref.DN, attributes...) }, found)
		if err != nil || ctx.Err() != nil {
			return err
		}
	}
	for batch := range slices.Chunk(guids, inspectBatch) {
		left := len(batch)
		for _, p := range d.assigned {
			if left == 0 {
				break
			}
			n, err := d.objects(func(attributes ...string) ([]result, error) {
				answer, _, err := d.search(p.dn, ldap.ScopeWholeSubtree, guidFilter(batch), attributes)
				if err != nil {
					return nil, err
				}
				return parseEntries(answer.entries)
			}, found)
			if err != nil || ctx.Err() != nil {
				return err
			}
			left -= n
		}
	}
	return nil
}

// objects hands over the objects that a search reads with the attributes that it
// is given, and returns their number.
func (d *Directory) objects(search func(attributes ...string) ([]result, error), found func(*conflicts.Object)) (int, error) {
	list, err := search(inspectAttributes...)
	if err != nil {
		return 0, err
	}
	whole := make([]attributes, len(list))
	stamped := true
	for i, r := range list {
		if whole[i], err = d.attributes(r); err != nil {
			return 0, err
		}
		stamped = stamped && len(whole[i]["replpropertymetadata"]) > 0
	}
	if !stamped { // the same is made for each request in another form, which takes other rights
		again, err := search("msDS-ReplAttributeMetaData")
		if err != nil {
			return 0, err
		}
		for _, r := range again {
			if i := slices.IndexFunc(list, func(first result) bool { return first.dn == r.dn }); i >= 0 {
				whole[i].take(r)
			}
		}
	}
	objects := make([]*conflicts.Object, len(list))
	for i, r := range list {
		objects[i] = whole[i].object(r.dn)
		if err := d.locate(&objects[i].Written); err != nil {
			return 0, err
		}
	}
	for _, o := range objects {
		found(o)
	}
	return len(objects), nil
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
