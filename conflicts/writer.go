package conflicts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"proxyaddr/conflicts/eventlog"
)

// WrittenAttributes are those whose writes an audit log is searched for.
var WrittenAttributes = []string{ProxyAddresses.String(), Mail.String(), UserPrincipalName.String()}

// A Writer is who wrote a value that holds the address of a conflict, as the audit log of a domain
// controller tells.
type Writer struct {
	Attribute string
	// Value is what was written. The stored value may be another spelling of it, which a later
	// write brought.
	Value string
	// Replaced is the value that the same request deleted, or empty.
	Replaced string
	Account  string // DOMAIN\name
	Computer string // the domain controller
	Logged   string // when, in words
}

// String says who wrote the value, where and when.
func (w *Writer) String() string {
	text := "written by " + w.Account
	if w.Attribute != ProxyAddresses.String() {
		text = w.Attribute + " " + text
	}
	if w.Computer != "" {
		text += " on " + w.Server()
	}
	if w.Logged != "" {
		text += ", " + w.Logged
	}
	if w.Replaced != "" {
		text += ", in place of " + w.Replaced
	}
	if w.Machine() {
		text += " (a computer account; if it is an Exchange server, its admin audit log names the person)"
	}
	return text
}

// Server is the name of the domain controller without its domain.
func (w *Writer) Server() string {
	host, _, _ := strings.Cut(w.Computer, ".")
	return host
}

// Machine reports whether the writer is the account of a computer: Exchange writes as its server.
func (w *Writer) Machine() bool { return strings.HasSuffix(w.Account, "$") }

// late is how much later than the last write that the directory tells of an event may be logged:
// the two are of different clocks.
const late = 5 * time.Minute

// MatchWrites finds, for the values of owners, who wrote them. It notes how many writes belong to
// no owner, and of how many values the writer is not certain.
func (a *Audit) MatchWrites(writes []eventlog.Write) {
	trail := newTrail(writes)
	for i := range a.Conflicts {
		for j := range a.Conflicts[i].Owners {
			trail.match(&a.Conflicts[i].Owners[j])
		}
	}
	const advice = "events in the audit log is unknown; use .evtx files, whose times are in UTC"
	switch n := trail.unordered; {
	case n == 1:
		a.Notes = append(a.Notes, "the writer of 1 value is not named: the order of its "+advice)
	case n > 1:
		a.Notes = append(a.Notes, fmt.Sprintf("the writers of %d values are not named: the order of their %s", n, advice))
	}
	switch n := len(trail.writes) - len(trail.matched); {
	case n == 1:
		a.Notes = append(a.Notes, "1 event of the audit log matches no owner of a conflict")
	case n > 1:
		a.Notes = append(a.Notes, fmt.Sprintf("%d events of the audit log match no owner of a conflict", n))
	}
}

// A trail has the writes of an audit log by the objects that were written.
type trail struct {
	writes    []eventlog.Write
	keys      []Key // of the addresses that were written
	byGUID    map[string][]int
	byDN      map[string][]int // by DNKey; without those that have a GUID
	anyDN     map[string][]int // by DNKey
	matched   map[int]bool
	unordered int // values whose last write is unknown
}

// once leaves out the writes that another export has, too. One may lack the zone of the time or the
// objectGUID. A request writes a value once.
func once(writes []eventlog.Write) []eventlog.Write {
	told := func(w eventlog.Write) int {
		n := 0
		if w.Logged.Zoned {
			n += 2
		}
		if w.GUID != "" {
			n++
		}
		return n
	}
	at := make(map[eventlog.Write]int, len(writes))
	var kept []eventlog.Write
	for _, w := range writes {
		key := w
		if w.Operation != "" {
			key = eventlog.Write{DN: DNKey(w.DN), Attribute: w.Attribute, Value: w.Value, Added: w.Added, Operation: w.Operation}
		}
		if i, again := at[key]; !again {
			at[key] = len(kept)
			kept = append(kept, w)
		} else if told(w) > told(kept[i]) {
			kept[i] = w
		}
	}
	return kept
}

// newTrail puts writes in order of time.
func newTrail(writes []eventlog.Write) *trail {
	writes = once(writes)
	slices.SortStableFunc(writes, func(a, b eventlog.Write) int {
		return cmp.Or(a.Logged.Time.Compare(b.Logged.Time), order(a.Added, b.Added))
	})
	t := &trail{writes: writes, keys: make([]Key, len(writes)), byGUID: map[string][]int{}, byDN: map[string][]int{}, anyDN: map[string][]int{}, matched: map[int]bool{}}
	for i, w := range writes {
		written := Claim{Attribute: AttributeNamed(w.Attribute), Value: w.Value}
		t.keys[i] = written.Parsed().Key()
		key := DNKey(w.DN)
		t.anyDN[key] = append(t.anyDN[key], i)
		if w.GUID == "" {
			t.byDN[key] = append(t.byDN[key], i)
		} else {
			t.byGUID[w.GUID] = append(t.byGUID[w.GUID], i)
		}
	}
	return t
}

// order puts what was deleted before what was added in the same moment.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// match finds the writers of the values of an owner. The objectGUID decides which object was
// written; the name does where one of the two has none.
func (t *trail) match(o *Owner) {
	of := t.anyDN[DNKey(o.DN)]
	if o.GUID != (GUID{}) {
		of = slices.Concat(t.byGUID[o.GUID.String()], t.byDN[DNKey(o.DN)])
		slices.Sort(of)
	}
	var writers []Writer
	for _, c := range o.Claims {
		key := c.Parsed().Key()
		var about []int // writes of this address
		for _, i := range of {
			if w := &t.writes[i]; AttributeNamed(w.Attribute) == c.Attribute && t.keys[i] == key && !o.before(w, c) {
				t.matched[i] = true
				about = append(about, i)
			}
		}
		if !t.ordered(about) {
			t.unordered++
		} else if w, ok := t.writer(about, of, c); ok {
			writers = append(writers, w)
		}
	}
	if writers != nil {
		o.Writers = &writers
	}
}

// before reports whether the last write of proxyAddresses that the directory tells of is earlier
// than an event. Then the event is not of what the directory has.
func (o *Owner) before(w *eventlog.Write, c Claim) bool {
	return c.Attribute == ProxyAddresses && w.Logged.Zoned && o.Written.Known() && w.Logged.Time.After(o.Written.Time.Add(late))
}

// ordered reports whether the order of writes is known: those of one request have one, and else
// all have to be by the same clock.
func (t *trail) ordered(about []int) bool {
	oneRequest, oneClock := true, true
	for _, i := range about {
		first, w := &t.writes[about[0]], &t.writes[i]
		oneRequest = oneRequest && w.Operation != "" && w.Operation == first.Operation
		oneClock = oneClock && !w.Logged.Time.IsZero() && w.Logged.Zoned == first.Logged.Zoned
	}
	return len(about) < 2 || oneRequest || oneClock
}

// writer returns who brought the value of a claim. A request that deletes another spelling of the
// address and adds this one, as to make it primary, did not bring it: then it looks further back.
func (t *trail) writer(about, of []int, c Claim) (found Writer, ok bool) {
	deletion := map[string]int{} // the place in about, by the request
	for n, i := range slices.Backward(about) {
		if w := &t.writes[i]; !w.Added && w.Operation != "" {
			deletion[w.Operation] = n
		}
	}
	value, end := c.Value, len(about)
	for {
		at := -1
		for n := end - 1; n >= 0 && at < 0; n-- {
			if t.writes[about[n]].Value == value {
				at = n
			}
		}
		if at < 0 || !t.writes[about[at]].Added {
			return found, ok // the log does not reach back, or lacks a later write
		}
		w := &t.writes[about[at]]
		found = Writer{Attribute: c.Attribute.String(), Value: w.Value, Account: w.Account, Computer: w.Computer, Logged: w.Logged.String()}
		n, spelling := deletion[w.Operation]
		if !spelling {
			found.Replaced = t.replaced(of, w)
			return found, true
		}
		found.Replaced, ok = t.writes[about[n]].Value, true
		value, end = found.Replaced, min(at, n)
	}
}

// replaced returns the value that a request deleted if that was its only other write to the attribute.
func (t *trail) replaced(of []int, added *eventlog.Write) string {
	if added.Operation == "" {
		return ""
	}
	var request []int
	for _, i := range of {
		if w := &t.writes[i]; w.Operation == added.Operation && w.Attribute == added.Attribute {
			request = append(request, i)
		}
	}
	if len(request) != 2 {
		return ""
	}
	for _, i := range request {
		if w := &t.writes[i]; !w.Added {
			t.matched[i] = true
			return w.Value
		}
	}
	return ""
}
