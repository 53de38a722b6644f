package ldapscan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// lookupBatch is how many addresses one search asks for; each takes eighteen or more
// terms of the filter.
const lookupBatch = 20

var lookupAttributes = append([]string{"isDeleted", "whenChanged", "lastKnownParent"}, inspectAttributes...)

// Lookup asks for the addresses in batches, by filters on attributes that Active
// Directory indexes. A partition that the server does not hold is an error.
func (d *Directory) Lookup(ctx context.Context, addresses []conflicts.Address, found func(*conflicts.Object)) error {
	return newLookup(addresses, found).all(ctx, []*Directory{d})
}

// Lookup asks every server for the partitions that are read from it.
func (f *Forest) Lookup(ctx context.Context, addresses []conflicts.Address, found func(*conflicts.Object)) error {
	return newLookup(addresses, found).all(ctx, f.directories)
}

func newLookup(addresses []conflicts.Address, found func(*conflicts.Object)) *lookup {
	wanted := conflicts.NewAddressSet(addresses...)
	return &lookup{
		filters: func(d *Directory) (filters []string) {
			attributes := []conflicts.Attribute{conflicts.ProxyAddresses, conflicts.Mail, conflicts.UserPrincipalName, conflicts.LegacyExchangeDN, conflicts.TargetAddress}
			// An attribute without an index makes the server compare every object.
			attributes = slices.DeleteFunc(attributes, func(a conflicts.Attribute) bool { return slices.Contains(d.missing, a.String()) })
			for batch := range slices.Chunk(addresses, lookupBatch) {
				filters = append(filters, addressFilter(batch, attributes))
			}
			return filters
		},
		wanted: func(o *conflicts.Object) bool { return len(wanted.Claims(o)) > 0 },
		found:  found,
		seen:   map[conflicts.Ref]bool{},
	}
}

// all asks every server for the partitions that are read from it. The objects are
// complete only if the error is nil.
func (l *lookup) all(ctx context.Context, directories []*Directory) error {
	l.assigned = assignedTo(directories)
	var failed []string
	for _, d := range directories {
		var problems []string
		err := d.conn.persist(ctx, func() (err error) {
			problems, err = l.ask(ctx, d)
			return err
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failed = append(failed, problems...)
		if err != nil {
			failed = append(failed, d.conn.failed(ctx, err).Error())
		}
	}
	if len(failed) == 0 {
		failed = unseen(ctx, directories)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	failed = append(failed, unlisted(directories)...)
	for _, p := range unread(directories) {
		if gap := p.gap(); gap != "" {
			failed = append(failed, gap)
		}
	}
	return joined(failed)
}

// ask asks a server for its partitions and says which of them did not answer.
func (l *lookup) ask(ctx context.Context, d *Directory) (problems []string, err error) {
	for _, p := range d.assigned {
		err := l.read(ctx, d, p.dn)
		if errors.As(err, new(lostError)) || ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %s: %s", p.dn, d.conn.server().URL, brief(err)))
		}
	}
	return problems, d.conn.drain(ctx)
}

// A lookup is a question to every partition, and its result.
type lookup struct {
	filters  func(*Directory) []string
	wanted   func(*conflicts.Object) bool // of what the filters find
	assigned []partition                  // that are read, of all servers
	found    func(*conflicts.Object)
	seen     map[conflicts.Ref]bool
}

// read asks for the objects of a partition.
func (l *lookup) read(ctx context.Context, d *Directory, partition string) error {
	for _, filter := range l.filters(d) {
		err := d.conn.withDeleted(func(controls ...ldap.Control) error {
			return d.conn.pages(ctx, query{base: partition, filter: filter, attributes: lookupAttributes, controls: controls}, func(p page) error { return l.page(ctx, d, partition, p) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *lookup) page(ctx context.Context, d *Directory, partition string, p page) error {
	if err := d.followed(p, partition, l.assigned); err != nil {
		return err
	}
	list, err := parseEntries(p.entries)
	if err != nil {
		return err
	}
	whole, err := d.conn.whole(ctx, list)
	for _, e := range whole {
		o := d.object(e)
		if len(o.ProxyAddresses) > 0 {
			d.visible[partition] = true
		}
		if ref := o.Ref(); !l.seen[ref] && l.wanted(o) {
			l.seen[ref] = true
			l.found(o)
		}
	}
	return err
}

// count returns how many objects have proxy addresses, up to enough or a page more.
func (d *Directory) count(ctx context.Context, enough int) (n int, err error) {
	stop := errors.New("enough")
	for _, p := range d.assigned {
		err := d.conn.pages(ctx, query{base: p.dn, filter: "(proxyAddresses=*)", attributes: []string{"objectGUID"}, most: maxSwept}, func(p page) error {
			if n += p.count; n >= enough {
				return stop
			}
			return nil
		})
		if err == stop {
			break
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// HasAddresses reports whether at least so many objects have proxy addresses. It reads
// only a few pages more than needed to tell.
func (f *Forest) HasAddresses(ctx context.Context, objects int) (bool, error) {
	n := 0
	for _, d := range f.directories {
		if n >= objects {
			break
		}
		more, err := d.count(ctx, objects-n)
		if err != nil {
			return false, d.conn.failed(ctx, err)
		}
		n += more
	}
	return n >= objects, nil
}

// addressFilter finds any of the addresses in any of the attributes (RFC 4515), in each
// of their [conflicts.Address.Spellings], and with a space on either side.
func addressFilter(addresses []conflicts.Address, attributes []conflicts.Attribute) string {
	var b strings.Builder
	b.WriteString("(|")
	for _, a := range addresses {
		types := []string{a.Type + ":"}
		switch {
		case !strings.Contains(a.Raw, ":"):
			types = []string{""}
		case a.SMTP():
			types = append(types, "") // a value without a type takes the address too
		}
		for _, form := range a.Spellings() {
			for _, attribute := range attributes {
				prefixes := types
				switch attribute {
				case conflicts.Mail, conflicts.UserPrincipalName:
					if !a.SMTP() {
						continue
					}
					prefixes = []string{""}
				case conflicts.LegacyExchangeDN:
					if !strings.EqualFold(a.Type, "X500") {
						continue
					}
					prefixes = []string{""}
				}
				for _, prefix := range prefixes {
					for _, text := range []string{form, " " + form, form + " "} {
						b.WriteString("(" + attribute.String() + "=" + escape(prefix+text) + ")")
					}
				}
			}
		}
	}
	b.WriteString(")")
	return b.String()
}

// escape escapes a value for a filter, the spaces at its ends included.
func escape(value string) string {
	value = ldap.EscapeFilter(value)
	if v, ok := strings.CutPrefix(value, " "); ok {
		value = `\20` + v
	}
	if v, ok := strings.CutSuffix(value, " "); ok {
		value = v + `\20`
	}
	return value
}

// Lookup reads the file to its end. A file that is not LDIF is an [*Error].
func (x *Export) Lookup(ctx context.Context, addresses []conflicts.Address, found func(*conflicts.Object)) error {
	return x.find(ctx, conflicts.NewAddressSet(addresses...).In, found)
}
