package memory

import (
	"slices"
	"strings"
	"testing"
	"time"

	"proxyaddr/conflicts"
)

// The second night tells what is new, got worse and went away, and not what stayed.
func TestSecondNight(t *testing.T) {
	w := newWorld(t)
	w.put("a1", smtp("a"))
	w.put("a2", smtp("a"))
	w.put("b1", smtp("b"))
	w.put("b2", smtp("b"))
	w.put("c1", smtp("c"))
	w.put("c2", smtp("c"))
	w.put("d1", smtp("d"))
	first := w.night()
	w.want(first, "3 known (baseline)")
	if len(first.History) > 0 || first.State.Last.Fails(FailOnNew) || !first.State.Last.Fails(FailOnAny) {
		t.Errorf("the baseline tells %v", first.History)
	}

	w.put("a2") // gone
	w.put("b3", smtp("b"))
	w.put("d2", smtp("d"))
	w.scan.Suppressions = []Suppression{{ID: "C-X", Address: smtp("c"), Reason: "merger"}}
	second := w.night()
	w.want(second, "1 new, 1 worsened, 1 resolved, 1 suppressed")
	for on, want := range map[FailOn]bool{FailOnAny: true, FailOnNew: true, FailOnNone: false} {
		if second.State.Last.Fails(on) != want {
			t.Errorf("--fail-on %s fails: %t", on, !want)
		}
	}
	var told []string
	for _, e := range second.History {
		told = append(told, e.Kind+" "+e.Address+" "+e.Detail)
	}
	slices.Sort(told)
	want := "new smtp:d@example.com \nresolved smtp:a@example.com address removed\nsuppressed smtp:c@example.com merger\n" +
		"worsened smtp:b@example.com joined: CN=b3,OU=Staff,DC=example,DC=com"
	if got := strings.Join(told, "\n"); got != want {
		t.Errorf("history:\n%s\nwant:\n%s", got, want)
	}

	third := w.night()
	w.want(third, "2 known, 1 suppressed")
	if len(third.History) > 0 || third.State.Last.Fails(FailOnNew) {
		t.Errorf("told twice: %v", third.History)
	}
}

func TestWhyResolved(t *testing.T) {
	written := conflicts.Stamp{Time: day("2026-10-01"), Version: 3}
	for _, test := range []struct {
		name   string
		change func(w *world)
		want   Status
		reason Reason
	}{
		{"address removed", func(w *world) { w.put("b").Written = conflicts.Stamp{Time: day("2026-11-02"), Version: 4} }, Resolved, AddressRemoved},
		{"both addresses removed", func(w *world) { w.put("a"); w.put("b").Written = conflicts.Stamp{} }, Resolved, AddressRemoved},
		{"tombstone read", func(w *world) { w.objects["b"].Deleted = true }, Resolved, ObjectDeleted},
		{"deleted without a trace", func(w *world) { delete(w.objects, "b") }, Unconfirmed, NotVisible},
		{"one hidden", func(w *world) { w.hidden["b"] = true }, Unconfirmed, NotVisible},
		{"both hidden", func(w *world) { w.hidden["a"], w.hidden["b"] = true, true }, Unconfirmed, NotVisible},
		{"hidden, and removed from the other", func(w *world) { w.hidden["a"] = true; w.put("b").Written.Version++ }, Resolved, AddressRemoved},
		{"hidden, and accepted", func(w *world) { w.hidden["b"] = true; w.scan.AcceptDrop = true }, Resolved, Accepted},
		{"the addresses hidden", func(w *world) {
			w.put("b").Written = written
		}, Unconfirmed, NotVisible},
		{"the addresses hidden but for mail", func(w *world) {
			b := w.put("b")
			b.Written, b.Mail = written, "x@example.com"
			w.put("a")
		}, Resolved, AddressRemoved},
		{"address removed, says the stamp", func(w *world) {
			w.put("b").Written = conflicts.Stamp{Time: written.Time, Version: 4}
		}, Resolved, AddressRemoved},
		{"both moved out of the base", func(w *world) {
			w.objects["a"].DN, w.objects["b"].DN = "CN=a,OU=Old,"+root, "CN=b,OU=Old,"+root
		}, Resolved, OutOfScope},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.scan.Scope.Base = []string{"OU=Staff," + root}
			w.scan.Reports = func(dn string) bool { return conflicts.Within(dn, w.scan.Scope.Base[0]) }
			w.put("a", smtp("x"))
			w.put("b", smtp("x")).Written = written
			w.night()
			test.change(w)

			w.want(w.night("dc1: not read"), "1 unconfirmed")
			out := w.night()
			c := w.only(out).Case
			if c.Status != test.want || c.Reason != test.reason {
				t.Errorf("%s: %s", c.Status, c.Reason)
			}
			if again := w.night(); test.want == Resolved && len(again.Developments) > 0 || test.want != Resolved && len(again.History) > 0 {
				t.Errorf("told twice: %v", again.History)
			}
		})
	}
}

// Owners that keep the address in mail alone are still in conflict, in a less urgent one.
func TestMovedToMail(t *testing.T) {
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b", smtp("x"))
	w.night()
	for _, name := range []string{"a", "b"} {
		w.put(name).Mail = "x@example.com"
	}
	if c := w.night().State.Cases[0]; c.Status != Known || c.Class != conflicts.CrossAttribute {
		t.Errorf("%s %s", c.Status, c.Class)
	}
}

// An owner whom the account does not see for a night is no news when it is seen again.
func TestHiddenOwnerReturns(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "b", "c"} {
		w.put(name, smtp("x"))
	}
	w.night()
	for _, why := range [][]string{nil, {"dc1: not read"}} {
		w.hidden["c"] = true
		w.want(w.night(why...), "1 known")
		w.hidden["c"] = false
		w.want(w.night(), "1 known")
	}
	w.objects["c"].Deleted = true
	w.want(w.night(), "1 known")
	w.objects["c"].Deleted = false // restored
	w.want(w.night(), "1 worsened")
}

func TestReopened(t *testing.T) {
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b", smtp("x"))
	first := w.night().Developments[0].Case
	w.put("b")
	w.night()
	w.put("b", smtp("x"))
	out := w.night()
	w.want(out, "1 reopened")
	if c := w.only(out).Case; !c.FirstSeen.Equal(first.FirstSeen) || c.ID != first.ID {
		t.Errorf("%s since %s, was %s since %s", c.ID, c.FirstSeen, first.ID, first.FirstSeen)
	}
	w.want(w.night(), "1 known")

	w.put("b")
	w.night()
	w.now = w.now.AddDate(2, 0, 0)
	w.night()
	w.put("b", smtp("x"))
	w.want(w.night(), "1 new")
}

// Until a run was complete there is no baseline: what an incomplete run missed is not new.
func TestBaselineNeedsACompleteRun(t *testing.T) {
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b", smtp("x"))
	w.want(w.night("dc1: not read"), "1 known (baseline)")
	w.put("c", smtp("y"))
	w.put("d", smtp("y"))
	w.want(w.night(), "2 known (baseline)")
	w.put("e", smtp("z"))
	w.put("f", smtp("z"))
	w.want(w.night(), "1 new, 2 known")
}

// What a run before could not read is not told, and neither is what a failed one missed.
func TestFailedRunForgetsNothing(t *testing.T) {
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b", smtp("x"))
	w.night()
	before := *w.state
	w.state = w.state.Failed(Run{Time: w.now, ExitCode: 4, Problems: []string{"dc1: refused"}})
	if w.state.Last.Number != 2 || !w.state.LastComplete.Equal(before.LastComplete) || len(w.state.Cases) != 1 {
		t.Errorf("%+v", w.state)
	}
	w.want(w.night(), "1 known")
}

func TestMoreUrgentClassIsWorse(t *testing.T) {
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b").UserPrincipalName = "x@example.com"
	w.night()
	w.put("b", smtp("x"))
	w.want(w.night(), "1 worsened")
	w.put("b")
	out := w.night()
	w.want(out, "1 known")
	if got := out.Developments[0].Changed; !slices.Contains(got, "was duplicate") {
		t.Errorf("changed: %q", got)
	}
}

func TestChangedIsNoNews(t *testing.T) {
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b", smtp("x"))
	w.night()
	w.put("b", "SMTP:X@example.com").DN = "CN=Bob," + root
	out := w.night()
	w.want(out, "1 known")
	want := "the keeper was CN=a,OU=Staff,DC=example,DC=com\nCN=Bob,DC=example,DC=com was CN=b,OU=Staff,DC=example,DC=com\nCN=Bob,DC=example,DC=com held smtp:x@example.com"
	if got := strings.Join(out.Developments[0].Changed, "\n"); got != want {
		t.Errorf("changed:\n%s\nwant:\n%s", got, want)
	}
}

// The same object is known with and without its objectGUID, few owners or many.
func TestOwnersWithoutGUID(t *testing.T) {
	for _, n := range []int{2, 2 * fewOwners} {
		w := newWorld(t)
		names := make([]string, n)
		for i := range names {
			names[i] = "o" + strings.Repeat("x", i%10) + string(rune('a'+i))
			w.put(names[i], smtp("x")).GUID = conflicts.GUID{}
		}
		w.night()
		for _, name := range names {
			w.objects[name].GUID = guidOf(name)
		}
		w.want(w.night(), "1 known")
		w.objects[names[0]].GUID = conflicts.GUID{}
		w.want(w.night(), "1 known")
		w.put("joins", smtp("x"))
		if d := w.only(w.night()); d.Case.Status != Worsened || len(d.Joined) != 1 {
			t.Errorf("%s: %v", d.Case.Status, d.Joined)
		}
	}
}

func TestGuard(t *testing.T) {
	last := &State{Partitions: []Partition{{Name: "DC=big,DC=com", Objects: 10_000}, {Name: "DC=small,DC=com", Objects: 500}}}
	for _, test := range []struct {
		big, small int
		problems   int
	}{
		{10_000, 500, 0}, {9_500, 400, 0}, {9_499, 500, 1}, {10_000, 399, 1}, {0, 0, 2}, {20_000, 600, 0},
	} {
		now := []Partition{{Name: "dc=BIG, dc=com", Objects: test.big}, {Name: "DC=small,DC=com", Objects: test.small}}
		if got := Drops(last, now); len(got) != test.problems {
			t.Errorf("%d and %d: %q", test.big, test.small, got)
		}
	}
	if got := Drops(last, nil); len(got) != 2 {
		t.Errorf("partitions that are gone: %q", got)
	}
	if got := Drops(nil, []Partition{{Name: "DC=big,DC=com"}}); got != nil {
		t.Errorf("the first run: %q", got)
	}
}

// An incomplete run is no measure for the next one.
func TestGuardComparesWithCompleteRuns(t *testing.T) {
	w := newWorld(t)
	w.scan.Partitions = []Partition{{Name: root, Objects: 10_000}}
	w.night()
	few := []Partition{{Name: root, Objects: 10}}
	w.scan.Partitions = few
	for range 2 {
		w.night(Drops(w.state, few)...)
	}
	if w.state.Last.Complete || len(Drops(w.state, few)) != 1 {
		t.Errorf("%+v", w.state.Last)
	}
	w.night() // accepted
	if got := Drops(w.state, few); got != nil {
		t.Error(got)
	}
}

// A clock that is put back makes nothing older than it is, and is told.
func TestClockPutBack(t *testing.T) {
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b", smtp("x"))
	w.night()
	w.now = w.now.AddDate(-1, 0, 0)
	out := w.night()
	w.want(out, "1 known")
	if c := out.State.Cases[0]; Age(c.FirstSeen, w.now) != 0 || len(out.Notes) != 1 || !strings.HasPrefix(out.Notes[0], "the clock shows 2025-11-03T02:00:00Z") {
		t.Errorf("first seen %s, notes %q", c.FirstSeen, out.Notes)
	}
	if again := w.night(); len(again.Notes) > 0 {
		t.Errorf("notes %q", again.Notes)
	}
}

func TestAge(t *testing.T) {
	now := time.Unix(1e9, 0)
	if got := Age(now.Add(time.Hour), now); got != 0 {
		t.Error(got)
	}
	if got := Age(now.Add(-time.Hour), now); got != time.Hour {
		t.Error(got)
	}
}

func TestScopeDifference(t *testing.T) {
	a := Scope{Forests: []string{"G1", "g2"}, Base: []string{"OU=A, DC=x"}}
	for want, b := range map[string]Scope{
		"":          {Forests: []string{"G2", "g1", "g1"}, Base: []string{"ou=a,dc=x"}},
		"forest":    {Forests: []string{"g1"}, Base: a.Base},
		"--base":    {Forests: a.Forests},
		"--exclude": {Forests: a.Forests, Base: a.Base, Exclude: []string{"OU=B,DC=x"}},
	} {
		if got := a.Difference(b); got != want {
			t.Errorf("%+v: %q, want %q", b, got, want)
		}
	}
}

// A contact that an earlier version took for an owner, or that came to forward to the mailbox, is
// told to be a pointer, and not for ever to be unconfirmed.
func TestPointersAreResolved(t *testing.T) {
	w := newWorld(t)
	mailbox, contact := w.put("mailbox", smtp("a")), w.put("contact", smtp("a"))
	mailbox.Mailbox, mailbox.Forest = true, "a.example"
	contact.Class, contact.Forest = "contact", "b.example"
	w.night()
	contact.TargetAddress = smtp("a")
	if c := w.only(w.night()).Case; c.Status != Resolved || c.Reason != Pointed {
		t.Errorf("%s, %s", c.Status, c.Reason)
	}
	contact.TargetAddress = smtp("elsewhere")
	if c := w.only(w.night()).Case; c.Status != Reopened {
		t.Errorf("%s, %s", c.Status, c.Reason)
	}
}
