package report

import (
	"time"

	"proxyaddr/conflicts"
)

// A jsonRoom is memory for the parts of records, which are written one after the other: the
// parts of each take that of the one before.
type jsonRoom struct {
	refs       roomOf[objectRefJSON]
	statements roomOf[statementJSON]
	stamps     roomOf[stampJSON]
	times      roomOf[time.Time]
	said       []conflicts.Statement
	choices    conflicts.Choices
	addresses  []string
	// guids are the last ones that were written: a record often has the same ones again.
	guids [16]struct {
		guid conflicts.GUID
		text string
	}
}

// roomOf has parts of one type, the first ones of which are in use.
type roomOf[T any] struct {
	parts []*T
	used  int
}

// next returns a part that is not in use.
func (r *roomOf[T]) next() *T {
	if r.used == len(r.parts) {
		r.parts = append(r.parts, new(T))
	}
	r.used++
	return r.parts[r.used-1]
}

// clear ends the use of all parts.
func (r *jsonRoom) clear() { r.refs.used, r.statements.used, r.stamps.used, r.times.used = 0, 0, 0, 0 }

// time returns a time in UTC, nil if it is not known. To encoding/json a pointer costs less than
// a value with omitzero.
func (r *jsonRoom) time(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := r.times.next()
	*utc = t.UTC()
	return utc
}

func (r *jsonRoom) guid(g conflicts.GUID) string {
	last := &r.guids[int(g[len(g)-1])%len(r.guids)]
	if last.guid != g {
		last.guid, last.text = g, g.String()
	}
	return last.text
}

// again empties a list, whose memory is used again. It is never nil.
func again[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list[:0]
}
