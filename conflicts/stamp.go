package conflicts

import (
	"fmt"
	"time"
	"unique"
)

// A Stamp says when and where an attribute of an object was last written
// ([MS-ADTS] 3.1.1.1.9). It covers all values of the attribute: which of them
// that write brought it does not tell. The zero Stamp is not known.
type Stamp struct {
	// Time is in whole seconds, by the clock of the domain controller that was
	// written to.
	Time time.Time
	// Version counts the writes: 1 means that there was no other.
	Version int
	Origin
}

// An Origin is the database that was written to. Stamps share what is known of it, and so hold
// one word of it. The zero Origin is not known.
type Origin struct{ shared unique.Handle[origin] }

type origin struct {
	invocation   GUID
	server, site string
}

// NewOrigin returns the origin with these properties, any of which may be empty.
func NewOrigin(invocation GUID, server, site string) Origin {
	o := origin{invocation, server, site}
	if o == (origin{}) {
		return Origin{}
	}
	return Origin{unique.Make(o)}
}

func (o Origin) properties() origin {
	if o == (Origin{}) {
		return origin{}
	}
	return o.shared.Value()
}

// Equal reports whether two origins are the same, for programs that compare audits in depth.
func (o Origin) Equal(other Origin) bool { return o == other }

// Invocation identifies the database. A domain controller gets another when it is restored.
func (o Origin) Invocation() GUID { return o.properties().invocation }

// Server and Site name its domain controller. They are empty if none is known: it was removed
// or restored since, or the list of them could not be read.
func (o Origin) Server() string { return o.properties().server }
func (o Origin) Site() string   { return o.properties().site }

// Known reports whether the directory told of the write.
func (s Stamp) Known() bool { return !s.Time.IsZero() }

// On names the domain controller as repadmin does, SITE\SERVER.
func (s Stamp) On() string {
	switch {
	case s.Server() != "":
		return s.Site() + `\` + s.Server()
	case s.Invocation() != GUID{}:
		return fmt.Sprintf("an unknown DC (invocation id %s)", s.Invocation())
	}
	return "an unknown DC"
}

// String says when and where in words.
func (s Stamp) String() string {
	if !s.Known() {
		return "not known when"
	}
	return moment(s.Time) + " on " + s.On()
}

// An Instant is a time in milliseconds. It takes a third of the memory of a [time.Time], which
// matters in an object, as an audit has many. The zero Instant is not known.
type Instant int64

// InstantOf returns the instant of a time.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMilli() - time.Time{}.UnixMilli()) }

// Time returns the instant in UTC, the zero time for the zero Instant.
func (i Instant) Time() time.Time { return time.UnixMilli(int64(i) + time.Time{}.UnixMilli()).UTC() }

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }
