package conflicts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Difference is an object whose proxyAddresses are not the same on all domain
// controllers.
type Difference struct {
	// Copies has one for each domain controller that was compared.
	Copies []Copy
	// Converged is the object as it will be when all have replicated, nil if it will
	// be gone. Where the copies do not tell, it has the values of all of them.
	Converged *Object
}

// A Copy is what one domain controller has of an object.
type Copy struct {
	Server *Server
	// Unread says that the object was not read there: nothing is known.
	Unread bool
	// Object is nil if it is not there.
	Object *Object
	// Deleted is when the object was deleted there, if the account may see that.
	Deleted Stamp

	// Has are values that some other copy has not, Lacks those of others that this
	// one has not.
	Has, Lacks []string
	// Status is what will become of the copy, Because what speaks for it.
	Status    CopyStatus
	Certainty Certainty
	Because   string
	// Age is how long the copy has waited for the newest; Usual, how long that
	// takes at most as a rule. Both are zero if Status is neither OnTheWay nor Stuck.
	Age, Usual time.Duration
}

// CopyStatus is how a copy stands to the others.
type CopyStatus string

const (
	// Newest: the others will become the same.
	Newest CopyStatus = "newest"
	// OnTheWay: the newest was written so lately that replication may bring it yet.
	OnTheWay CopyStatus = "on-the-way"
	// Stuck: the newest should have arrived.
	Stuck CopyStatus = "stuck"
	// Unclear: the copies do not tell.
	Unclear CopyStatus = "unknown"
)

// CopyStatuses lists every status, what needs attention most first.
var CopyStatuses = []CopyStatus{Stuck, Unclear, OnTheWay, Newest}

// Title returns the status in words.
func (s CopyStatus) Title() string {
	switch s {
	case OnTheWay:
		return "on the way"
	case Unclear:
		return "not known"
	}
	return string(s)
}

// Summary says in words how the copy stands: "likely on the way: …".
func (c *Copy) Summary() string {
	text := c.Status.Title()
	switch c.Certainty {
	case Likely:
		text = "likely " + text
	case Possible:
		text = "possibly " + text
	}
	if c.Because != "" {
		text += ": " + c.Because
	}
	return text
}

// NewDifference judges the copies of an object that were read at the same time. Now
// is by the clocks of the domain controllers, zero if they do not tell it. It
// reports false if the copies that could be read have the same values.
func NewDifference(copies []Copy, now time.Time) (Difference, bool) {
	d := Difference{Copies: copies}
	if !d.compare() {
		return d, false
	}
	d.judge(now)
	return d, true
}

// Object returns the object as it is on the first domain controller that has it.
func (d *Difference) Object() *Object {
	return d.Copies[slices.IndexFunc(d.Copies, func(c Copy) bool { return c.Object != nil })].Object
}

// Status is the status of the copy that needs attention most.
func (d *Difference) Status() CopyStatus {
	for _, s := range CopyStatuses {
		if slices.ContainsFunc(d.Copies, func(c Copy) bool { return c.Status == s }) {
			return s
		}
	}
	return Unclear
}

// compare finds the values that not all copies have, and reports whether there are any.
func (d *Difference) compare() bool {
	held := map[string]int{}
	read := 0
	for i := range d.Copies {
		if !d.Copies[i].Unread {
			read++
		}
		for v := range d.Copies[i].values() {
			held[v]++
		}
	}
	differ := false
	for i := range d.Copies {
		c := &d.Copies[i]
		values := c.values()
		for v, n := range held {
			switch {
			case c.Unread || n == read:
			case values[v]:
				c.Has = append(c.Has, v)
				differ = true
			default:
				c.Lacks = append(c.Lacks, v)
			}
		}
		slices.Sort(c.Has)
		slices.Sort(c.Lacks)
	}
	return differ
}

func (c *Copy) values() map[string]bool {
	values := map[string]bool{}
	if c.Object != nil {
		for _, v := range c.Object.ProxyAddresses {
			values[v] = true
		}
	}
	return values
}

// differs reports whether two copies have different values.
func (c *Copy) differs(other *Copy) bool { return !slices.Equal(c.Has, other.Has) }

// judge asks which copy replication will leave. A deletion prevails over all
// writes, unless the object was restored since.
func (d *Difference) judge(now time.Time) {
	newest, tie := d.newest()
	deletion := d.deletion()
	switch {
	case deletion.Known():
	case tie != "":
		d.Converged = d.union(newest.Object)
	default:
		d.Converged = newest.Object
	}
	for i := range d.Copies {
		c := &d.Copies[i]
		switch {
		case c.Unread:
			c.unclear("it could not be read there")
		case deletion.Known() && c.Object == nil:
			c.Status = Newest
		case deletion.Known():
			c.behind("the object was deleted", deletion, now)
		case c.Object == nil:
			c.absent(newest.Object, now)
		case tie != "":
			c.unclear(tie)
		case !c.differs(newest):
			c.Status = Newest
		default:
			c.behind("the newest was written", newest.Object.Written, now)
			if c.Object.Written.Version == newest.Object.Written.Version {
				c.Because += "; what was written here meanwhile will be lost"
			}
		}
	}
}

// newest returns the copy that prevails: of two writes of an attribute the one
// with the greater version, then the later ([MS-DRSR] 5.11). Where that cannot be
// told from the others, it says why.
func (d *Difference) newest() (newest *Copy, tie string) {
	for i := range d.Copies {
		if c := &d.Copies[i]; c.Object != nil && (newest == nil || compareWrites(c.Object.Written, newest.Object.Written) > 0) {
			newest = c
		}
	}
	last := newest.Object.Written
	for i := range d.Copies {
		c := &d.Copies[i]
		if c.Object == nil || !c.differs(newest) {
			continue
		}
		w := c.Object.Written
		switch {
		case !last.Known() || !w.Known() && len(c.Object.ProxyAddresses) > 0:
			return newest, "the directory does not tell when the addresses were written"
		case compareWrites(w, last) < 0:
		case w.Invocation() == last.Invocation():
			return newest, "the stamps are the same, so replication treats the copies as equal"
		default:
			return newest, "they were written in the same second, and either may prevail"
		}
	}
	return newest, ""
}

func compareWrites(a, b Stamp) int {
	return cmp.Or(cmp.Compare(a.Version, b.Version), a.Time.Compare(b.Time))
}

// deletion returns the last one, unless the object was restored since.
func (d *Difference) deletion() (last Stamp) {
	for _, c := range d.Copies {
		if c.Deleted.Time.After(last.Time) {
			last = c.Deleted
		}
	}
	for _, c := range d.Copies {
		if c.Object != nil && c.Object.Restored().After(last.Time) {
			return Stamp{}
		}
	}
	return last
}

// union returns the object with the values of all copies.
func (d *Difference) union(o *Object) *Object {
	whole := *o
	for i := range d.Copies {
		whole.ProxyAddresses = slices.AppendSeq(slices.Clip(whole.ProxyAddresses), maps.Keys(d.Copies[i].values()))
	}
	slices.Sort(whole.ProxyAddresses)
	whole.ProxyAddresses = slices.Compact(whole.ProxyAddresses)
	return &whole
}

func (c *Copy) unclear(because string) { c.Status, c.Because = Unclear, because }

// behind judges a copy that a write elsewhere has not reached.
func (c *Copy) behind(what string, write Stamp, now time.Time) {
	if now.IsZero() {
		c.unclear(what + " " + write.String() + ", and no domain controller tells what time it is")
		return
	}
	var likely time.Duration
	likely, c.Usual = latency(write, Stamp{Origin: NewOrigin(GUID{}, "", c.Server.Site)})
	c.Age = max(0, now.Sub(write.Time))
	c.Status, c.Certainty = OnTheWay, Likely
	c.Because = fmt.Sprintf("%s %s ago, which arrives within %s as a rule", what, c.Age, c.Usual)
	switch {
	case c.Age > c.Usual:
		c.Status = Stuck
		c.Because = fmt.Sprintf("%s %s ago, which is %s overdue", what, c.Age, c.Age-c.Usual)
	case c.Age > likely:
		c.Certainty = Possible
	}
}

// absent judges a copy that is not there.
func (c *Copy) absent(elsewhere *Object, now time.Time) {
	came, how := elsewhere.Created.Time(), "the object was created"
	if restored := elsewhere.Restored(); restored.After(came) {
		came, how = restored, "the object was restored"
	}
	if came.IsZero() {
		c.unclear("the directory does not tell when the object was created")
		return
	}
	c.behind(how, Stamp{Time: came, Origin: NewOrigin(GUID{}, "", elsewhere.Written.Site())}, now)
	if c.Status == Stuck {
		c.Certainty, c.Age, c.Usual = NotKnown, 0, 0
		c.unclear(fmt.Sprintf("%s %s ago: either it never arrived, or it was deleted here and lingers elsewhere", how, now.Sub(came)))
	}
}
