package memory

import (
	"slices"
	"strings"
	"time"

	"proxyaddr/conflicts"
)

// A Suppression leaves a conflict for a time.
type Suppression struct {
	// ID is the ID of the conflict. It is only a label: the address decides.
	ID string
	// Address is a value of the conflict as stored, with its type. One without a colon
	// is SMTP.
	Address string
	// Until is the last day on which it holds, at 00:00 UTC; zero means that it never
	// ends.
	Until      time.Time
	Reason, By string
	// Class and Owners are those of the conflict at the time of the decision. If they are empty,
	// they are those of the conflict when a run first saw the suppression.
	Class  conflicts.Class
	Owners []conflicts.GUID
}

// Ended remembers a suppression whose end a run reported, so that it does not come back if a
// clock is set back.
type Ended struct {
	Address string
	Until   time.Time
}

// A Cover is the state of a case that a suppression covers: that when a run first saw the
// suppression.
type Cover struct {
	Until      time.Time
	Reason, By string
	Class      conflicts.Class
	Owners     []Owner // without values
	// Broken says that the case has more owners, or a more urgent class, than the decision
	// covers.
	Broken bool
}

// CaseOf returns a conflict as it is remembered when it is first seen.
func CaseOf(c *conflicts.Conflict) *Case {
	owners, _ := ownersOf(c)
	return &Case{ID: c.ID, Class: c.Class, Owners: owners}
}

// Suppression returns the suppression that covers the current state of the case.
func (c *Case) Suppression(until time.Time, reason, by string) Suppression {
	s := Suppression{ID: c.ID, Address: c.Address(), Until: until, Reason: reason, By: by, Class: c.Class}
	if !strings.Contains(s.Address, ":") {
		s.Address = ":" + s.Address // with the same key, which is not that of an SMTP address
	}
	for _, o := range c.Owners {
		if o.GUID == (conflicts.GUID{}) {
			s.Owners = nil // some owners cannot be named, so a run remembers them all
			break
		}
		s.Owners = append(s.Owners, o.GUID)
	}
	return s
}

// Over reports whether a suppression has ended at a time.
func (s *Suppression) Over(now time.Time) bool {
	return !s.Until.IsZero() && !now.Before(s.Until.AddDate(0, 0, 1))
}

func (s *Suppression) key() conflicts.Key {
	address := s.Address
	if !strings.Contains(address, ":") {
		address = "smtp:" + address
	}
	return conflicts.ParseAddress(address).LooseKey()
}

// suppressions are those of a run.
type suppressions struct {
	list    []Suppression
	ended   []bool
	matched []bool // a conflict that is not resolved
	byKey   map[conflicts.Key][]int
}

// newSuppressions also returns those that have ended by now, or had ended before.
func newSuppressions(list []Suppression, before []Ended, now time.Time) (*suppressions, []Ended) {
	s := &suppressions{list: list, ended: make([]bool, len(list)), matched: make([]bool, len(list)), byKey: map[conflicts.Key][]int{}}
	type key struct {
		address string
		until   int64
	}
	had := make(map[key]bool, len(before))
	for _, e := range before {
		had[key{e.Address, e.Until.Unix()}] = true
	}
	var ended []Ended
	for i := range list {
		e := Ended{list[i].Address, list[i].Until}
		if list[i].Over(now) || had[key{e.Address, e.Until.Unix()}] {
			s.ended[i] = true
			ended = append(ended, e)
		}
		s.byKey[list[i].key()] = append(s.byKey[list[i].key()], i)
	}
	return s, ended
}

// of returns the active suppression of the conflict with these keys; if there are several, the
// one that ends last; nil if there is none.
func (s *suppressions) of(keys []conflicts.Key) *Suppression {
	var best *Suppression
	for _, k := range keys {
		for _, i := range s.byKey[k] {
			s.matched[i] = true
			if x := &s.list[i]; !s.ended[i] && (best == nil || x.Until.IsZero() || !best.Until.IsZero() && x.Until.After(best.Until)) {
				best = x
			}
		}
	}
	return best
}

// cover returns the cover of a suppression for a case. before is the cover that the case had, nil
// if none.
func (s *Suppression) cover(c *Case, before *Cover) *Cover {
	now := &Cover{Until: s.Until, Reason: s.Reason, By: s.By}
	if before != nil && before.Until.Equal(s.Until) && before.Reason == s.Reason && before.By == s.By {
		now.Class, now.Owners = before.Class, before.Owners
	} else {
		now.Class, now.Owners = c.Class, bare(c.Owners)
	}
	if s.Class != "" {
		now.Class = s.Class
	}
	if len(s.Owners) > 0 {
		now.Owners = make([]Owner, len(s.Owners))
		for i, g := range s.Owners {
			now.Owners[i].GUID = g
		}
	}
	now.Broken = urgency(c.Class) < urgency(now.Class) || len(joined(c.Owners, newOwnerSet([][]Owner{now.Owners}, 0))) > 0
	return now
}

// bare returns owners without their values.
func bare(owners []Owner) []Owner {
	list := make([]Owner, len(owners))
	for i, o := range owners {
		list[i] = Owner{GUID: o.GUID, DN: o.DN}
	}
	return list
}

// joined returns the owners that are not in a set.
func joined(owners []Owner, before ownerSet) []Owner {
	var list []Owner
	for i := range owners {
		if !before.has(&owners[i]) {
			list = append(list, owners[i])
		}
	}
	return list
}

// urgency is lowest for the most urgent class.
func urgency(c conflicts.Class) int { return slices.Index(conflicts.Classes, c) }
