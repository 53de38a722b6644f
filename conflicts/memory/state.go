package memory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"proxyaddr/conflicts"
)

// State is what the runs of one scope remember. It is plain data.
type State struct {
	Scope Scope
	// KeyRules is the version of the rules of keys that the last run used, see
	// [conflicts.KeyRules].
	KeyRules int
	// Last is the last run, even if it failed.
	Last Run
	// LastComplete is the time of the last complete run, zero if there was none.
	LastComplete time.Time
	// Partitions are those of the last complete run that swept everything.
	Partitions []Partition
	// Bookmark lets the next run read only changes; nil if it has to sweep everything.
	Bookmark *conflicts.Bookmark
	// Ended are the suppressions whose end was reported.
	Ended []Ended
	// Cases are in the order of their IDs.
	Cases []*Case
}

// Scope says which conflicts a run can see. Runs of different scopes cannot be compared.
type Scope struct {
	// Forests are the objectGUIDs of the root domains, or something else that identifies the
	// source.
	Forests []string
	// Base and Exclude are as in [conflicts.Scope].
	Base, Exclude []string
}

// Difference says in a few words how two scopes differ, "" if they do not.
func (s Scope) Difference(other Scope) string {
	same := func(a, b []string, key func(string) string) bool {
		return slices.Equal(keyed(a, key), keyed(b, key))
	}
	switch {
	case !same(s.Forests, other.Forests, strings.ToLower):
		return "forest"
	case !same(s.Base, other.Base, conflicts.DNKey):
		return "--base"
	case !same(s.Exclude, other.Exclude, conflicts.DNKey):
		return "--exclude"
	}
	return ""
}

func keyed(list []string, key func(string) string) []string {
	keys := make([]string, len(list))
	for i, s := range list {
		keys[i] = key(s)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// A Run has the remembered facts about a run.
type Run struct {
	// Number counts the runs of a state from 1.
	Number int
	Time   time.Time // when it began, to the second
	// Duration is to the millisecond.
	Duration         time.Duration
	Version, Account string
	// Complete says that the run read everything it had to. Problems are the first reasons why it
	// did not.
	Complete bool
	Problems []string
	ExitCode int
	// Incremental says that only changes were read.
	Incremental bool
	// Baseline says that no complete run came before, so nothing is called new.
	Baseline bool
	// Counts are the numbers of cases with each status; Resolved counts those that this run
	// resolved. They are nil if the run failed.
	Counts map[Status]int
	// Findings are those of the last run that swept everything.
	Findings     map[conflicts.FindingKind]int
	Suppressions SuppressionCounts
}

// SuppressionCounts are the numbers of suppressions of a run.
type SuppressionCounts struct {
	Active, Expired int
	// Unmatched are active and match no conflict.
	Unmatched int
	// NextEnd is the last day of the suppression in force that ends first, zero if none ends.
	NextEnd time.Time
}

// Failed reports whether the run ended before it could tell anything.
func (r *Run) Failed() bool { return r.Counts == nil }

// A Partition has the counts of a complete run for a naming context.
type Partition struct {
	Name            string // distinguished name
	Objects, Values int
}

// A Case is a conflict as it is remembered.
type Case struct {
	// ID is the ID that the conflict had when it was first seen. Aliases are its other IDs, so
	// that old records still name it.
	ID      string
	Aliases []string
	Class   conflicts.Class
	// Owners begin with the keeper.
	Owners []Owner
	// FirstSeen and LastSeen are the times of runs.
	FirstSeen, LastSeen time.Time
	Status              Status
	// News is the last status that was news, and NewsAt the time of the run that reported it;
	// empty if there was none.
	News   Status
	NewsAt time.Time
	// Reason says why the case is resolved or unconfirmed.
	Reason Reason
	// ResolvedAt is the time of the run that found it resolved, zero if none has.
	ResolvedAt time.Time
	// Cover is the current or past suppression of the case, nil if none.
	Cover *Cover
}

// Address returns a value of the conflict, for people.
func (c *Case) Address() string {
	for _, o := range c.Owners {
		if len(o.Values) > 0 {
			return o.Values[0]
		}
	}
	return ""
}

// An Owner is an object that claims the address of a case.
type Owner struct {
	GUID conflicts.GUID
	DN   string
	// Values are what it holds, as stored, each once. Those of mail and
	// userPrincipalName have the type smtp, that of legacyExchangeDN X500.
	Values []string
	// Written and Version are the stamp of its proxyAddresses when the run saw it, if it holds
	// the address there and the directory shows stamps. While the stamp is the same, so are the
	// values, even if the account can no longer read them.
	Written time.Time
	Version int
}

// unwritten reports whether the proxyAddresses of an object have not changed.
func (o *Owner) unwritten(now *conflicts.Object) bool {
	return !o.Written.IsZero() && o.Written.Equal(now.Written.Time) && o.Version == now.Written.Version
}

// Ref returns the name under which the object is read again.
func (o *Owner) Ref() conflicts.Ref {
	if o.GUID != (conflicts.GUID{}) {
		return conflicts.Ref{GUID: o.GUID}
	}
	return conflicts.NameRef(o.DN)
}

// Status is the result of a run for a case.
type Status string

const (
	// New was not known before.
	New Status = "new"
	// Worsened has another owner or a more urgent class.
	Worsened Status = "worsened"
	// Reopened was resolved.
	Reopened Status = "reopened"
	// Expired had a suppression, which ended or was removed from the file.
	Expired Status = "expired"
	// Known is unchanged, or part of the baseline.
	Known Status = "known"
	// Suppressed is left for a time by decision.
	Suppressed Status = "suppressed"
	// Resolved was not found, and its former owners tell why.
	Resolved Status = "resolved"
	// Unconfirmed was not found, but may still exist.
	Unconfirmed Status = "unconfirmed"
)

// Statuses lists every status in the order of the outputs.
var Statuses = []Status{New, Worsened, Reopened, Expired, Resolved, Known, Suppressed, Unconfirmed}

// News reports whether a case with this status is news.
func (s Status) News() bool { return s == New || s == Worsened || s == Reopened || s == Expired }

// Reason says why a case that was not found is resolved or unconfirmed.
type Reason string

// Reasons of resolved cases.
const (
	AddressRemoved Reason = "address removed"
	ObjectDeleted  Reason = "object deleted"
	OutOfScope     Reason = "object out of scope"
	// Regrouped: by newer rules of keys the values are different addresses.
	Regrouped Reason = "no longer the same address"
	// Pointed: one owner only leads to the other, which is in another forest.
	Pointed Reason = "only a pointer to another forest"
	// Accepted: the user accepted that objects are no longer visible.
	Accepted Reason = "no longer visible, accepted"
)

// Reasons of unconfirmed cases.
const (
	NotComplete Reason = "run not complete"
	NotVisible  Reason = "no longer visible"
	// StillHeld: the owners were read and hold the address. They changed during the run.
	StillHeld Reason = "changed during the run"
)

// Find returns the cases with an ID or alias. A conflict that became two has its old ID
// on both.
func (s *State) Find(id string) []*Case {
	var found []*Case
	for _, c := range s.Cases {
		if strings.EqualFold(c.ID, id) || slices.ContainsFunc(c.Aliases, func(a string) bool { return strings.EqualFold(a, id) }) {
			found = append(found, c)
		}
	}
	return found
}

// Failed returns the state after a run that failed. Only the last run changes in it.
func (s *State) Failed(r Run) *State {
	next := *s
	next.Last = r
	next.Last.Number = s.Last.Number + 1
	next.Last.Complete, next.Last.Counts, next.Last.Findings = false, nil, s.Last.Findings
	next.Last.tidy()
	return &next
}

// maxProblems is how many reasons a state keeps: it is not a report.
const maxProblems = 10

func (r *Run) tidy() {
	r.Time = r.Time.UTC().Truncate(time.Second)
	r.Duration = r.Duration.Truncate(time.Millisecond)
	r.Problems = slices.Clone(r.Problems[:min(len(r.Problems), maxProblems)])
}

// Age returns how long ago a time was, zero if it lies in the future because a clock was set
// back.
func Age(then, now time.Time) time.Duration { return max(0, now.Sub(then)) }

func compareCases(a, b *Case) int {
	if a.ID != b.ID {
		return cmp.Compare(a.ID, b.ID)
	}
	return cmp.Or(cmp.Compare(a.Address(), b.Address()), a.FirstSeen.Compare(b.FirstSeen))
}
