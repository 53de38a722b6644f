package conflicts

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A Cause is how a conflict may have come about, judged from the stamps of
// proxyAddresses and from what the owners are. It is evidence and no proof: a
// stamp tells of the last write of the attribute, not of the one that brought
// the address.
type Cause struct {
	Kind      CauseKind
	Certainty Certainty
	// Code is what speaks for it. Earlier and Later are the owners that it is about, in the order in which they
	// were written; [Cause.Evidence] puts it together.
	Code           StatementCode
	Earlier, Later *Object
	// Verbatim is the evidence in the words of a document of schema version 1.
	Verbatim string
}

// String says it in a line: "likely a race: …".
func (c Cause) String() string {
	text := c.Short()
	if because := c.Evidence().String(); because != "" {
		text += ": " + because
	}
	return text
}

// Evidence says what speaks for the cause. Its code is empty if that is not known.
func (c Cause) Evidence() Statement {
	if c.Verbatim != "" {
		return Statement{Code: Verbatim, Value: c.Verbatim}
	}
	s := Statement{Code: c.Code, Object: c.Earlier, Other: c.Later}
	if c.Earlier == nil || c.Later == nil {
		return s
	}
	switch c.Code {
	case RaceTooSoon, RaceSlow, RaceWrittenAgain, UncheckedFirst, UncheckedLast, UncheckedTogether:
		s.Time, s.OtherTime = c.Earlier.Written.Time, c.Later.Written.Time
	case UncheckedCreation:
		s.Time, s.OtherTime = c.Earlier.Written.Time, c.Later.Created.Time()
	case RestoredLater:
		s.Time, s.OtherTime = c.Earlier.Written.Time, c.Later.Restored()
	case AliasTwice, AliasByPolicies:
		s.Value = c.Earlier.MailNickname
	}
	return s
}

// Short is String without what speaks for it.
func (c Cause) Short() string {
	switch c.Certainty {
	case Likely:
		return "likely " + c.Kind.Title()
	case Possible:
		return "possibly " + c.Kind.Title()
	}
	return "not known"
}

// CauseKind is what sort of thing leads to a conflict.
type CauseKind string

const (
	// Race: two domain controllers took the address before they had heard of each
	// other. The documentation of event 9514 names it.
	Race CauseKind = "race"
	// Restored: an object came back with addresses that were given away meanwhile.
	Restored CauseKind = "restored"
	// ContactAndMailbox: address policies and imported address books give contacts
	// addresses of mailboxes.
	ContactAndMailbox CauseKind = "contact-and-mailbox"
	// SameAlias: address policies make one address of an alias that two domains have.
	SameAlias CauseKind = "same-alias"
	// Unchecked: the address was there to be found when it was written again, as by
	// provisioning and other programs that write over LDAP without a look.
	Unchecked CauseKind = "unchecked"
	// TwoForests: neither knows of the addresses of the other.
	TwoForests CauseKind = "two-forests"
	// UnknownCause has the Certainty NotKnown.
	UnknownCause CauseKind = "unknown"
)

// CauseKinds lists every kind but UnknownCause in the order in which they are
// asked for.
var CauseKinds = []CauseKind{Race, Restored, ContactAndMailbox, SameAlias, Unchecked, TwoForests}

// Title returns the kind in words.
func (k CauseKind) Title() string {
	switch k {
	case Race:
		return "a race"
	case Restored:
		return "a restored object"
	case ContactAndMailbox:
		return "a contact beside a mailbox"
	case SameAlias:
		return "one alias in two domains"
	case Unchecked:
		return "no duplicate check"
	case TwoForests:
		return "two forests"
	}
	return string(k)
}

// Certainty is how much speaks for a cause.
type Certainty int

const (
	NotKnown Certainty = iota
	Possible
	Likely
)

func (c Certainty) String() string { return [...]string{"unknown", "possible", "likely"}[c] }

// causeRules look for a cause between two owners, of which the first was not
// written later than the second. Those without a stamp come last. In the order of
// CauseKinds, the first of the most certain answers counts.
var causeRules = []func(a, b *Owner) Cause{
	withinForest(race), withinForest(restored), contactAndMailbox, withinForest(sameAlias), withinForest(unchecked), twoForests,
}

func withinForest(rule func(a, b *Owner) Cause) func(a, b *Owner) Cause {
	return func(a, b *Owner) Cause {
		if apart(a.Object, b.Object) {
			return Cause{}
		}
		return rule(a, b)
	}
}

// fewOwners is up to how many owners are compared in pairs.
const fewOwners = 50

// causeOf judges why the owners of an address share it.
func causeOf(owners []Owner) Cause {
	inProxy := holders(nil, owners, ProxyAddresses)
	switch len(inProxy) {
	case 0:
		return Cause{Kind: UnknownCause, Code: NoHolder}
	case 1:
		return Cause{Kind: UnknownCause, Code: OneHolder}
	}
	slices.SortFunc(inProxy, func(a, b *Owner) int {
		if known := a.Written.Known(); known != b.Written.Known() {
			if known {
				return -1
			}
			return 1
		}
		return cmp.Or(a.Written.Time.Compare(b.Written.Time), compareObjects(a.Object, b.Object))
	})
	inProxy = inProxy[:min(len(inProxy), fewOwners)]
	found := Cause{Kind: UnknownCause, Code: NoStamps}
	for _, rule := range causeRules {
		for i, a := range inProxy {
			for _, b := range inProxy[i+1:] {
				if c := rule(a, b); c.Certainty > found.Certainty {
					found = c
				}
			}
		}
	}
	return found
}

// Up to these times after a write on one domain controller, another may not have
// it. Within a site changes are notified after 15 seconds, over three hops at
// most, and 15 minutes are the worst case to plan with; between sites, 15 minutes
// are the shortest interval and 3 hours the usual one (Microsoft, "Determining
// the Interval").
const (
	notified     = time.Minute
	withinSite   = 15 * time.Minute
	shortestLink = 15 * time.Minute
	usualLink    = 3 * time.Hour
)

// latency returns how far apart two writes can be that likely, and that possibly,
// did not know of each other.
func latency(a, b Stamp) (likely, possible time.Duration) {
	switch {
	case a.Invocation() == b.Invocation() && a.Invocation() != GUID{}:
		return 0, 0
	case a.Site() == "" || b.Site() == "":
		return notified, usualLink
	case strings.EqualFold(a.Site(), b.Site()):
		return notified, withinSite
	}
	return shortestLink, usualLink
}

// since returns the earliest moment at which the owner can have got one of its
// addresses, zero if it is not known.
func (o *Owner) since() time.Time {
	if o.Written.Version == 1 {
		return o.Written.Time
	}
	return o.Created.Time()
}

func race(a, b *Owner) Cause {
	s, t := a.Written, b.Written
	if !s.Known() || !t.Known() || s.Invocation() == t.Invocation() || s.Invocation() == (GUID{}) || t.Invocation() == (GUID{}) {
		return Cause{}
	}
	apart := t.Time.Sub(s.Time)
	likely, possible := latency(s, t)
	if apart > possible {
		return Cause{}
	}
	within := func(first time.Time) bool { return !first.IsZero() && t.Time.Sub(first) <= likely }
	switch {
	case within(a.since()) && within(b.since()):
		return cause(Race, Likely, RaceTooSoon, a, b)
	case apart > likely:
		return cause(Race, Possible, RaceSlow, a, b)
	}
	return cause(Race, Possible, RaceWrittenAgain, a, b)
}

func restored(a, b *Owner) Cause {
	if a.Restored().Before(b.Restored()) {
		a, b = b, a
	}
	s, t := a.Written, b.Written
	if !s.Known() || !t.Known() || !s.Time.Before(a.Restored()) || !t.Time.Before(a.Restored()) {
		return Cause{}
	}
	certainty := Possible
	if b.since().After(s.Time) { // and not while the first was written
		certainty = Likely
	}
	return cause(Restored, certainty, RestoredLater, b, a)
}

func contactAndMailbox(a, b *Owner) Cause {
	if min(a.rank(), b.rank()) != mailboxRank || max(a.rank(), b.rank()) != contactRank {
		return Cause{}
	}
	return cause(ContactAndMailbox, Possible, ContactHolds, a, b)
}

func sameAlias(a, b *Owner) Cause {
	if !strings.EqualFold(a.MailNickname, b.MailNickname) {
		return Cause{}
	}
	from, to := Domain(a.Partition), Domain(b.Partition)
	local, _, _ := splitAt(a.Claims[0].Parsed().Trimmed())
	if from == to || from == "" || to == "" || !strings.EqualFold(a.MailNickname, local) {
		return Cause{}
	}
	if a.UnderPolicy() && b.UnderPolicy() {
		return cause(SameAlias, Likely, AliasByPolicies, a, b)
	}
	return cause(SameAlias, Possible, AliasTwice, a, b)
}

func unchecked(a, b *Owner) Cause {
	s, t := a.Written, b.Written
	if !s.Known() || !t.Known() {
		return Cause{}
	}
	_, enough := latency(s, t)
	apart := t.Time.Sub(s.Time)
	c := cause(Unchecked, Likely, UncheckedLast, a, b)
	switch {
	case apart >= enough && t.Version == 1:
		c.Code = UncheckedFirst
	case b.Created.Time().Sub(s.Time) >= usualLink: // on whatever domain controller that was
		c.Code = UncheckedCreation
	case apart >= enough:
		c.Certainty = Possible
	default:
		return Cause{}
	}
	if apart == 0 { // and so one after the other
		c.Code = UncheckedTogether
	}
	return c
}

func twoForests(a, b *Owner) Cause {
	if !apart(a.Object, b.Object) {
		return Cause{}
	}
	return cause(TwoForests, Likely, ForestsApart, a, b)
}

// cause is about an owner and one that was not written earlier.
func cause(kind CauseKind, certainty Certainty, code StatementCode, a, b *Owner) Cause {
	return Cause{Kind: kind, Certainty: certainty, Code: code, Earlier: a.Object, Later: b.Object}
}
