package ldapscan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// inspectBatch is how many objects one search asks for. Samba and OpenLDAP are not faster
// with more.
const inspectBatch = 50

// Inspect reads the objects in batches by their objectGUID, which is indexed and
// stays the same when an object is renamed or moved. Those without one are read
// one by one.
func (d *Directory) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	return d.conn.failed(ctx, d.batches(ctx, d.conn, refs, func(search search) (int, error) { return d.objects(ctx, search, found) }))
}

// A search asks for attributes of all objects in a batch.
type search func(attributes []string, controls ...ldap.Control) ([]result, error)

// batches hands over searches for the objects that refs name. The callback returns how
// many of them it found.
func (l layout) batches(ctx context.Context, c *conn, refs []conflicts.Ref, take func(search) (int, error)) error {
	var guids []conflicts.GUID
	for _, ref := range refs {
		if ref.GUID != (conflicts.GUID{}) {
			guids = append(guids, ref.GUID)
			continue
		}
		if !l.reads(ref.DN) {
			continue // another server's
		}
		_, err := take(func(attributes []string, _ ...ldap.Control) ([]result, error) { return c.read(ctx, ref.DN, attributes) })
		if ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidDNSyntax) {
			continue // no object can have this name
		}
		if err != nil || ctx.Err() != nil {
			return err
		}
	}
	for batch := range slices.Chunk(guids, inspectBatch) {
		left := len(batch)
		for _, p := range l.assigned {
			if left == 0 {
				break
			}
			n, err := take(func(attributes []string, controls ...ldap.Control) ([]result, error) {
				answer, _, err := c.search(ctx, p.dn, ldap.ScopeWholeSubtree, guidFilter(batch), attributes, controls...)
				if err == nil {
					err = l.followed(answer, p.dn, nil)
				}
				if err != nil {
					return nil, err
				}
				return parseEntries(answer.entries)
			})
			if err != nil || ctx.Err() != nil {
				return err
			}
			left -= n
		}
	}
	return nil
}

// objects hands over the objects that a search finds, with the domain controllers
// that wrote their addresses, and returns their number.
func (d *Directory) objects(ctx context.Context, search search, found func(*conflicts.Object)) (int, error) {
	list, err := search(inspectAttributes)
	if err != nil {
		return 0, err
	}
	whole, err := d.conn.whole(ctx, list)
	if err != nil {
		return 0, err
	}
	unstamped := func(w wholeEntry) bool { return len(w.attributes["replpropertymetadata"]) == 0 }
	if d.conn.root().first("configurationnamingcontext") != "" && slices.ContainsFunc(whole, unstamped) {
		// A domain controller computes the same data in another form for each request,
		// which needs other rights.
		again, err := search([]string{"msDS-ReplAttributeMetaData"})
		if err != nil {
			return 0, err
		}
		for _, r := range again {
			if i := slices.IndexFunc(whole, func(w wholeEntry) bool { return w.dn == r.dn }); i >= 0 {
				whole[i].take(r)
			}
		}
	}
	objects := make([]*conflicts.Object, len(whole))
	for i, w := range whole {
		objects[i] = d.object(w)
		if err := d.locate(ctx, &objects[i].Written); err != nil {
			return 0, err
		}
	}
	for _, o := range objects {
		found(o)
	}
	return len(objects), nil
}

// A wholeEntry has all values of proxyAddresses.
type wholeEntry struct {
	dn string
	attributes
}

func (c *conn) whole(ctx context.Context, list []result) ([]wholeEntry, error) {
	entries := make([]wholeEntry, len(list))
	for i, r := range list {
		a, err := c.attributes(ctx, r)
		if err != nil {
			return nil, err
		}
		entries[i] = wholeEntry{r.dn, a}
	}
	return entries, nil
}

func (d *Directory) object(e wholeEntry) *conflicts.Object {
	o := e.attributes.object(e.dn)
	if d.full != nil {
		o.Rights = nil // nobody writes to a catalog
	}
	return o
}

// guidFilter finds any of the objects, by bytes in hexadecimal (RFC 4515).
func guidFilter(guids []conflicts.GUID) string {
	var b strings.Builder
	b.WriteString("(|")
	for _, g := range guids {
		b.WriteString("(objectGUID=")
		for _, c := range g {
			fmt.Fprintf(&b, `\%02x`, c)
		}
		b.WriteString(")")
	}
	b.WriteString(")")
	return b.String()
}
