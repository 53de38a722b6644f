package conflicts

import (
	"cmp"
	"fmt"
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
	// Because says what speaks for it.
	Because string
}

// String says it in a line: "likely a race: …".
func (c Cause) String() string {
	text := c.Short()
	if c.Because != "" {
		text += ": " + c.Because
	}
	return text
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
		return "a write without a check"
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
		if a.Forest != b.Forest {
			return Cause{}
		}
		return rule(a, b)
	}
}

// fewOwners is up to how many owners are compared in pairs.
const fewOwners = 50

// causeOf judges why the owners of an address share it.
func causeOf(owners []Owner) Cause {
	inProxy := make([]*Owner, 0, len(owners))
	for i := range owners {
		if owners[i].Claims[0].Attribute == ProxyAddresses {
			inProxy = append(inProxy, &owners[i])
		}
	}
	if len(inProxy) < 2 {
		return Cause{Kind: UnknownCause, Because: "only one of the owners has it in proxyAddresses, and only that attribute's stamps are read"}
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
	found := Cause{Kind: UnknownCause, Because: "the directory shows for at most one owner when and where its proxyAddresses were last written"}
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
	case a.Invocation == b.Invocation && a.Invocation != GUID{}:
		return 0, 0
	case a.Site == "" || b.Site == "":
		return notified, usualLink
	case strings.EqualFold(a.Site, b.Site):
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
	return o.Created
}

// names returns what people call two owners. If that is the same, the first part in
// which their DNs differ is added, as a whole DN hides it among the parts that agree.
func names(a, b *Owner) (string, string) {
	if !strings.EqualFold(a.Name(), b.Name()) {
		return a.Name(), b.Name()
	}
	for s, t := a.DN, b.DN; s != "" && t != ""; {
		var ofA, ofB string
		ofA, s, _ = cutRDN(s)
		ofB, t, _ = cutRDN(t)
		if !strings.EqualFold(ofA, ofB) {
			return fmt.Sprintf("%s (%s)", a.Name(), ofA), fmt.Sprintf("%s (%s)", b.Name(), ofB)
		}
	}
	return a.DN, b.DN
}

func both(a, b *Owner) string {
	first, second := names(a, b)
	return first + " and " + second
}

// had says how long the owner of a stamp has had its addresses: the last write may
// have been of another one.
func had(name string, s Stamp) string {
	return fmt.Sprintf("%s had had the address since %s at the latest", name, moment(s.Time))
}

func race(a, b *Owner) Cause {
	s, t := a.Written, b.Written
	if !s.Known() || !t.Known() || s.Invocation == t.Invocation || s.Invocation == (GUID{}) || t.Invocation == (GUID{}) {
		return Cause{}
	}
	apart := t.Time.Sub(s.Time)
	likely, possible := latency(s, t)
	if apart > possible {
		return Cause{}
	}
	within := func(first time.Time) bool { return !first.IsZero() && t.Time.Sub(first) <= likely }
	c := Cause{Kind: Race, Certainty: Possible, Because: fmt.Sprintf("the proxyAddresses of %s were last written %s apart, on %s and on %s", both(a, b), apart, s.On(), t.On())}
	switch {
	case within(a.since()) && within(b.since()):
		c.Certainty = Likely
		c.Because += ", too soon to know of each other"
	case apart > likely:
		c.Because += ", and replication may have taken longer"
	default:
		c.Because += "; it was not the first time, so the address may be older"
	}
	return c
}

func restored(a, b *Owner) Cause {
	if a.Restored.Before(b.Restored) {
		a, b = b, a
	}
	s, t := a.Written, b.Written
	if !s.Known() || !t.Known() || !s.Time.Before(a.Restored) || !t.Time.Before(a.Restored) {
		return Cause{}
	}
	back, other := names(a, b)
	c := Cause{Kind: Restored, Certainty: Possible, Because: fmt.Sprintf("%s was deleted, and restored %s; %s", back, moment(a.Restored), had(other, t))}
	if b.since().After(s.Time) { // and not while the first was written
		c.Certainty = Likely
	}
	return c
}

func contactAndMailbox(a, b *Owner) Cause {
	if min(a.rank(), b.rank()) != mailboxRank || max(a.rank(), b.rank()) != contactRank {
		return Cause{}
	}
	return Cause{Kind: ContactAndMailbox, Certainty: Possible, Because: fmt.Sprintf("%s are a contact and a mailbox", both(a, b))}
}

func sameAlias(a, b *Owner) Cause {
	from, to := Domain(a.Partition), Domain(b.Partition)
	local, _, _ := splitAt(a.Claims[0].Parsed().Trimmed())
	if from == to || from == "" || to == "" || !strings.EqualFold(a.MailNickname, b.MailNickname) || !strings.EqualFold(a.MailNickname, local) {
		return Cause{}
	}
	c := Cause{Kind: SameAlias, Certainty: Possible, Because: fmt.Sprintf("%s have the alias %s, in %s and in %s", both(a, b), a.MailNickname, from, to)}
	if a.governed() && b.governed() {
		c.Certainty = Likely
		c.Because += ", and address policies are in force for both"
	}
	return c
}

func unchecked(a, b *Owner) Cause {
	s, t := a.Written, b.Written
	if !s.Known() || !t.Known() {
		return Cause{}
	}
	_, enough := latency(s, t)
	apart := t.Time.Sub(s.Time)
	first, second := names(a, b)
	c := Cause{Kind: Unchecked, Certainty: Likely}
	switch {
	case apart >= enough && t.Version == 1:
		c.Because = fmt.Sprintf("the proxyAddresses of %s were first written %s; %s", second, moment(t.Time), had(first, s))
	case b.Created.Sub(s.Time) >= usualLink: // on whatever domain controller that was
		c.Because = fmt.Sprintf("%s was created %s; %s", second, moment(b.Created), had(first, s))
	case apart >= enough:
		c.Certainty = Possible
		c.Because = fmt.Sprintf("the proxyAddresses of %s were last written %s; %s", second, moment(t.Time), had(first, s))
	default:
		return Cause{}
	}
	if apart == 0 { // and so one after the other
		c.Because = fmt.Sprintf("the proxyAddresses of %s were last written in the same second on %s", both(a, b), t.On())
	}
	return c
}

func twoForests(a, b *Owner) Cause {
	if a.Forest == b.Forest {
		return Cause{}
	}
	first, second := names(a, b)
	return Cause{Kind: TwoForests, Certainty: Likely, Because: fmt.Sprintf("%s is in the forest %s, %s in %s, and Exchange looks only in its own forest",
		first, a.Forest, second, b.Forest)}
}
