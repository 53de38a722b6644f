package memory

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"proxyaddr/conflicts"
)

const root = "DC=example,DC=com"

// A world is a directory that changes from night to night, and what is remembered of it.
type world struct {
	t       *testing.T
	objects map[string]*conflicts.Object // by name
	hidden  map[string]bool              // from the account
	state   *State
	now     time.Time

	scan   Scan // of the next run; Time, Conflicts and Former are filled in
	former []conflicts.Ref
}

func newWorld(t *testing.T) *world {
	return &world{t: t, objects: map[string]*conflicts.Object{}, hidden: map[string]bool{},
		now: time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC), scan: Scan{Run: Run{Complete: true}}}
}

// put makes an object, or gives it other addresses.
func (w *world) put(name string, addresses ...string) *conflicts.Object {
	o := w.objects[name]
	if o == nil {
		o = &conflicts.Object{Partition: root, Entry: conflicts.Entry{DN: "CN=" + name + ",OU=Staff," + root}}
		copy(o.GUID[:], name)
		w.objects[name] = o
	}
	o.ProxyAddresses = addresses
	return o
}

func guidOf(name string) (g conflicts.GUID) {
	copy(g[:], name)
	return g
}

// visible returns what the account sees, live objects or all.
func (w *world) visible(deleted bool) (list []*conflicts.Object) {
	for name, o := range w.objects {
		if !w.hidden[name] && (deleted || !o.Deleted) {
			list = append(list, o)
		}
	}
	return list
}

// night makes a run a day later, which is complete unless why is given.
func (w *world) night(why ...string) *Judgment {
	w.t.Helper()
	w.now = w.now.AddDate(0, 0, 1)
	return w.run(why...)
}

func (w *world) run(why ...string) *Judgment {
	w.t.Helper()
	s := w.scan
	s.Time, s.Complete, s.Problems = w.now, len(why) == 0, why
	found := conflicts.Judge(w.visible(false), conflicts.Options{Base: s.Scope.Base}).Conflicts
	m := Match(w.state, found)
	w.former = m.Former()
	if s.Complete {
		for _, o := range w.visible(true) {
			if slices.Contains(w.former, o.Ref()) {
				s.Former = append(s.Former, o)
			}
		}
	}
	out := m.Judge(&s)
	w.state = out.State
	return out
}

// want compares the summary of a run.
func (w *world) want(out *Judgment, summary string) {
	w.t.Helper()
	if got := out.State.Last.Summary(); got != summary {
		w.t.Errorf("run %d: %s, want %s", out.State.Last.Number, got, summary)
	}
}

// only returns the one development that is not of a known case.
func (w *world) only(out *Judgment) *Development {
	w.t.Helper()
	var list []*Development
	for i := range out.Developments {
		if d := &out.Developments[i]; d.Case.Status != Known {
			list = append(list, d)
		}
	}
	if len(list) != 1 {
		w.t.Fatalf("run %d tells of %d cases: %s", out.State.Last.Number, len(list), out.State.Last.Summary())
	}
	return list[0]
}

func smtp(local string) string { return fmt.Sprintf("smtp:%s@example.com", local) }
