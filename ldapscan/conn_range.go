package ldapscan

import (
	"context"
	"fmt"
	"strings"

	"proxyaddr/conflicts"
)

// maxParts bounds in how many parts the values of an attribute may come; their size
// is that of a message at most. Active Directory sends 1,500 values at once unless
// it was set up otherwise, and an attribute can hold fewer.
const maxParts = 1000

// attributes returns the values of an entry. Where the server returned part of
// the values of proxyAddresses it asks for the rest ([MS-ADTS] 3.1.1.3.1.3.3);
// of other attributes the first part is enough.
func (c *conn) attributes(ctx context.Context, r result) (attributes, error) {
	a := attributes{}
	a.take(r)
	from, err := nextPart(r, 0)
	for parts, bytes := 1, 0; err == nil && from > 0; parts++ {
		if bytes += r.size(); parts == maxParts || bytes > maxMessage {
			return nil, fmt.Errorf("%s: the server sends its proxyAddresses in more than %d parts or %d MiB", r.dn, maxParts, maxMessage>>20)
		}
		var rest []result
		if rest, err = c.read(ctx, r.dn, []string{fmt.Sprintf("proxyAddresses;range=%d-*", from)}); err != nil {
			return nil, fmt.Errorf("%s: values from %d on: %w", r.dn, from, err)
		}
		if len(rest) != 1 {
			return nil, fmt.Errorf("%s: the server did not return the values from %d on", r.dn, from)
		}
		a.take(rest[0])
		from, err = nextPart(rest[0], from)
		r.values = rest[0].values
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.dn, err)
	}
	return a, nil
}

// nextPart returns the number of the first value of proxyAddresses behind those of
// an entry, which begin with that of number from; 0 if there are no more.
func nextPart(r result, from int) (next int, err error) {
	there := from == 0
	for _, attr := range r.values {
		name, part := rangeOf(attr.name)
		switch {
		case !strings.EqualFold(name, conflicts.ProxyAddresses.String()):
		case part == valueRange{} && (from == 0 || len(attr.values) == 0): // AD sends the bare name with a range
		case part.first != from, len(attr.values) == 0, part.next > 0 && part.next-part.first != len(attr.values):
			return 0, fmt.Errorf("asked for the values from %d on, the server returned %d as %s", from, len(attr.values), attr.name)
		default:
			there, next = true, part.next
		}
	}
	if !there {
		return 0, fmt.Errorf("the server did not return the values from %d on", from)
	}
	return next, nil
}

// take adds the values of an entry.
func (a attributes) take(r result) {
	for _, attr := range r.values {
		a.add(attr.name, attr.values...)
	}
}
