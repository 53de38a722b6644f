package conflicts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"proxyaddr/conflicts/eventlog"
)

// A TracedEvent is an event that was logged, with what the directory now says of it.
type TracedEvent struct {
	eventlog.Event
	// Pairs are the two names of event 9514, in each of the ways to read them that
	// the directory bears out, and at least in one.
	Pairs [][2]Party
	// Addresses are what the event is about: the address that event 9217 or a message names, in
	// all its meanings, or all that the two objects of a pair now share.
	Addresses []Address
	// Conflicts are the keys of those that it is about, in the order of the audit.
	Conflicts []Key
	// Explanation is why nothing is left to put right, or why that is not known. It is
	// empty if there are conflicts.
	Explanation string
	// Resolved says that nothing is left: the event has no conflict, all it is
	// about was found, and everything was looked at where more of it could be.
	Resolved bool
}

// A Message is the kind of a text, other than event 9514 or 9217, that names an address.
type Message = eventlog.Message

// NewTracedEvents returns events of which nothing is known yet.
func NewTracedEvents(events []eventlog.Event) []TracedEvent {
	list := make([]TracedEvent, len(events))
	for i, e := range events {
		list[i] = TracedEvent{Event: e}
		if e.Address != "" {
			list[i].Addresses = namedAddress(e.Address).Meanings()
		}
	}
	return list
}

// namedAddress returns the address that an event names: without a type, it is SMTP.
func namedAddress(text string) Address {
	if a := ParseAddress(text); strings.Contains(text, ":") && !strings.ContainsAny(a.Type, `@"`) {
		return a
	}
	return mailAddress(text)
}

// Trace finds out which objects an event names, and what they share.
func (e *TracedEvent) Trace(n *DNIndex) {
	best := -1
	for _, names := range e.Readings {
		pair := [2]Party{n.party(names[0]), n.party(names[1])}
		switch rank := pair[0].rank() + pair[1].rank(); {
		case rank > best:
			best, e.Pairs = rank, [][2]Party{pair}
		case rank == best && rank > 0 && (len(pair[0].Objects) > 0 && len(pair[1].Objects) > 0 || !e.told(pair)):
			e.Pairs = append(e.Pairs, pair)
		}
	}
	for _, pair := range e.Pairs {
		for _, a := range pair[0].living() {
			for _, b := range pair[1].living() {
				e.Addresses = append(e.Addresses, inCommon(a, b)...)
			}
		}
	}
	slices.SortFunc(e.Addresses, func(a, b Address) int {
		return cmp.Or(strings.Compare(string(a.Key()), string(b.Key())), strings.Compare(a.Raw, b.Raw))
	})
	e.Addresses = slices.CompactFunc(e.Addresses, func(a, b Address) bool { return a.Key() == b.Key() })
}

// told reports whether a pair, of which one name stands for nothing, has nothing
// that another does not tell.
func (e *TracedEvent) told(pair [2]Party) bool {
	for _, p := range pair {
		known := func(other [2]Party) bool { return other[0].DN == p.DN || other[1].DN == p.DN }
		if len(p.Objects) > 0 && !slices.ContainsFunc(e.Pairs, known) {
			return false
		}
	}
	return true
}

// inCommon returns the addresses that two objects both hold, in the form that each holds.
func inCommon(a, b *Object) (list []Address) {
	if a.Ref() == b.Ref() {
		return nil
	}
	held := map[*Object][]Address{}
	for _, o := range []*Object{a, b} {
		for _, c := range claims(o) {
			held[o] = append(held[o], c.Parsed())
		}
	}
	for _, pair := range [][2]*Object{{a, b}, {b, a}} {
		other := NewAddressSet(held[pair[1]]...)
		for _, address := range held[pair[0]] {
			if other.Has(address) {
				list = append(list, address)
			}
		}
	}
	return list
}

// Conclude notes what is left of an event: the conflicts that it is about, or why
// there is none. owners are all that hold its addresses. incomplete says that there
// may be more, or that an object that it names was not read: then nothing is resolved.
func (e *TracedEvent) Conclude(found []Conflict, owners OwnersByAddress, incomplete bool) {
	about := NewAddressSet(e.Addresses...)
	for n := range found {
		if c := &found[n]; about.concerns(c.Owners) && e.names(c) {
			e.Conflicts = append(e.Conflicts, c.Key)
		}
	}
	switch {
	case len(e.Conflicts) > 0:
	case e.Address != "" && incomplete:
		e.Explanation = fmt.Sprintf("not everything could be read, so more objects may have %s", e.Address)
	case e.Address != "":
		e.Explanation, e.Resolved = e.soleOwner(owners)
		if e.Message == eventlog.SyncError {
			e.Explanation += "; the error may be about another value, or an object that is in Entra ID alone"
		}
	case len(e.Addresses) > 0 && !incomplete:
		e.Explanation, e.Resolved = "the two share an address, but one only forwards to the other, which is in another forest", true
	default:
		e.Explanation, e.Resolved = e.parted()
		if e.Resolved && incomplete {
			e.Explanation, e.Resolved = "not everything could be read, so the two may still share an address", false
		}
	}
}

// names reports whether a conflict is one between the objects that the event
// names; event 9217 names none.
func (e *TracedEvent) names(c *Conflict) bool {
	owner := func(p *Party) bool {
		return slices.ContainsFunc(p.living(), func(o *Object) bool {
			return slices.ContainsFunc(c.Owners, func(owner Owner) bool { return owner.Ref() == o.Ref() })
		})
	}
	return len(e.Pairs) == 0 || slices.ContainsFunc(e.Pairs, func(pair [2]Party) bool { return owner(&pair[0]) && owner(&pair[1]) })
}

// parted says why the objects of a pair share nothing, and whether that is known.
func (e *TracedEvent) parted() (explanation string, known bool) {
	var clauses []string
	latest := map[string]*Object{}
	for _, pair := range e.Pairs {
		var last *Object
		for _, p := range pair {
			if !p.certain() {
				return fmt.Sprintf("%s: %s", p.DN, p.String()), false
			}
			o := p.Objects[0]
			switch {
			case p.Status == Deleted:
				clauses = append(clauses, fmt.Sprintf("%s was deleted%s", p.DN, o.deletedAt()))
			case last == nil || last.Written.Time.Before(o.Written.Time):
				last = o
			}
		}
		if last != nil && last.Written.Known() {
			latest[last.DN] = last
		}
	}
	for _, o := range latest {
		clauses = append(clauses, o.lastWrite())
	}
	slices.Sort(clauses)
	return strings.Join(append([]string{"the two share no address any more"}, slices.Compact(clauses)...), "; "), true
}

func (o *Object) lastWrite() string {
	return fmt.Sprintf("proxyAddresses of %s last written %s", o.DN, o.Written)
}

// soleOwner says who is left of those who had the address that the event names, and whether it
// is known that it is only one: objects that have it in two meanings are no conflict, but
// Exchange may find either.
func (e *TracedEvent) soleOwner(owners OwnersByAddress) (explanation string, known bool) {
	var clauses []string
	holders := make(map[Ref]bool)
	meanings := 0
	for _, a := range e.Addresses {
		of := owners.Of(a)
		before := len(holders)
		of = slices.DeleteFunc(of, func(o Owner) bool { return holders[o.Ref()] })
		for _, o := range of {
			if !o.Deleted && !o.Forwards() {
				holders[o.Ref()] = true
			}
		}
		if len(holders) > before {
			meanings++
		}
		clauses = append(clauses, whoHas(of)...)
	}
	switch {
	case meanings > 1:
		return "objects have the address in two meanings, and Exchange may find either: " + strings.Join(clauses, "; "), false
	case len(clauses) == 0:
		return "nobody has the address any more", true
	}
	objects := "objects"
	if len(holders) > 1 {
		objects = "objects of one forest"
	}
	return "no two " + objects + " have the address any more: " + strings.Join(clauses, "; "), true
}

func whoHas(owners []Owner) (clauses []string) {
	for _, o := range owners {
		switch {
		case o.Deleted:
			clauses = append(clauses, fmt.Sprintf("%s was deleted%s", o.Name(), o.deletedAt()))
		case o.Forwards():
		case o.Written.Known():
			clauses = append(clauses, o.DN+" has it", o.lastWrite())
		default:
			clauses = append(clauses, o.DN+" has it")
		}
	}
	return clauses
}

// Label names the event, or the message that names an address.
func (e *TracedEvent) Label() string {
	switch {
	case e.ID != 0:
		return fmt.Sprintf("event %d", e.ID)
	case e.Message == eventlog.Refusal:
		return "refusal by Exchange"
	case e.Message == eventlog.DeliveryReport:
		return "delivery report: ambiguous recipient"
	case e.Message == eventlog.TrackingLog:
		return "message tracking log: ambiguous recipient"
	}
	return "error of Entra Connect: value of another object"
}

// Title says what was logged: the event, how often, when and where.
func (e *TracedEvent) Title() string {
	times := "once"
	if e.Count > 1 {
		times = fmt.Sprintf("%d times", e.Count)
	}
	text := e.Label() + ", "
	if e.ID != 0 {
		text += "logged "
	} else {
		text += "found "
	}
	text += times
	switch first, last := e.First.String(), e.Last.String(); {
	case first == "":
	case e.Count == 1 || first == last:
		text += ", " + first
	default:
		text += fmt.Sprintf(", from %s to %s", first, last)
	}
	if len(e.Computers) > 0 {
		text += ", on " + strings.Join(e.Computers, ", ")
	}
	return text
}
