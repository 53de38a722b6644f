package memory

import (
	"strings"
	"testing"
	"time"

	"proxyaddr/conflicts"
)

func day(s string) time.Time {
	d, err := time.Parse(Day, s)
	if err != nil {
		panic(err)
	}
	return d
}

// suppressed is a world in its second night, with a conflict that is suppressed.
func suppressed(t *testing.T, s Suppression) *world {
	t.Helper()
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b", smtp("x"))
	w.night()
	s.ID, s.Address, s.Reason = "C-X", smtp("x"), "merger"
	w.scan.Suppressions = []Suppression{s}
	w.want(w.night(), "1 suppressed"+map[bool]string{false: " (next ends " + s.Until.Format(Day) + ")"}[s.Until.IsZero()])
	if w.state.Last.Fails(FailOnAny) {
		t.Error("a suppressed conflict fails the run")
	}
	return w
}

func TestSuppressionEnds(t *testing.T) {
	w := suppressed(t, Suppression{Until: day("2026-11-04")})
	w.want(w.night(), "1 suppressed (next ends 2026-11-04)")
	w.want(w.run(), "1 suppressed (next ends 2026-11-04)")
	out := w.night() // 2026-11-05
	w.want(out, "1 expired")
	if !out.State.Last.Fails(FailOnNew) || !strings.Contains(strings.Join(out.Notes, "\n"), "ended on 2026-11-04") {
		t.Errorf("notes: %q", out.Notes)
	}
	w.want(w.night(), "1 known")

	w.now = day("2026-11-03") // the clock is put back
	w.want(w.run(), "1 known")
	w.scan.Suppressions[0].Until = day("2026-11-10")
	w.want(w.run(), "1 suppressed (next ends 2026-11-10)")
}

func TestSuppressionTakenAway(t *testing.T) {
	w := suppressed(t, Suppression{})
	w.scan.Suppressions = nil
	w.want(w.night(), "1 expired")
	w.want(w.night(), "1 known")
}

// An owner who joins was not decided on, in whatever way the owners are known.
func TestSuppressionCoversWhatWasDecided(t *testing.T) {
	for name, s := range map[string]Suppression{
		"by hand":     {},
		"with owners": {Class: conflicts.Duplicate, Owners: []conflicts.GUID{guidOf("a"), guidOf("b")}},
	} {
		t.Run(name, func(t *testing.T) {
			w := suppressed(t, s)
			w.put("c", smtp("x"))
			w.want(w.night(), "1 worsened")
			w.want(w.night(), "1 known")
			w.put("c")
			w.want(w.night(), "1 suppressed")
			w.put("c", smtp("x"))
			w.night()
			w.scan.Suppressions[0].Reason = "c is fine too"
			w.scan.Suppressions[0].Owners = nil
			w.want(w.night(), "1 suppressed")
		})
	}
}

func TestSuppressionOfALessUrgentClass(t *testing.T) {
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b").Mail = "x@example.com"
	w.scan.Suppressions = []Suppression{{ID: "C-X", Address: "x@example.com", Reason: "merger"}}
	w.want(w.night(), "1 suppressed")
	w.put("b", smtp("x"))
	w.want(w.night(), "1 worsened")
}

// A suppressed conflict that a run does not see stays suppressed, and is told when its
// suppression ends meanwhile.
func TestSuppressedAndNotSeen(t *testing.T) {
	w := suppressed(t, Suppression{Until: day("2026-11-06")})
	w.hidden["b"] = true
	w.want(w.night("dc1: not read"), "1 suppressed (next ends 2026-11-06)")
	w.want(w.night(), "1 suppressed (next ends 2026-11-06)")
	w.now = day("2026-11-06")
	w.want(w.night(), "1 unconfirmed")
	w.hidden["b"] = false
	w.want(w.night(), "1 expired")
}

func TestSuppressionReturns(t *testing.T) {
	w := suppressed(t, Suppression{})
	w.put("b")
	w.want(w.night(), "1 resolved")
	w.put("b", smtp("x"))
	w.want(w.night(), "1 suppressed")
	w.put("b")
	w.night()
	w.put("c", smtp("x"))
	w.want(w.night(), "1 reopened")
}

// What a suppression does is what the last run made of it.
func TestEffects(t *testing.T) {
	w := suppressed(t, Suppression{Until: day("2026-11-05")})
	want := func(when string, want Effect) {
		t.Helper()
		if got := w.state.Effects(w.scan.Suppressions, w.now); got[0] != want {
			t.Errorf("%s: %s, want %s", when, got[0], want)
		}
	}
	want("suppressed", Active)
	w.put("c", smtp("x"))
	w.night()
	want("worsened", Outgrown)
	w.put("c")
	w.put("b")
	w.night("dc1: not read")
	want("incomplete", Active)
	w.night()
	want("ended", Over)
	w.now = day("2026-11-03") // the clock is put back
	want("ended before the clock was put back", Over)
	w.scan.Suppressions[0].Until = day("2026-12-04")
	want("resolved", Unmatched)
	w.state.Scope.Base = []string{"OU=Staff," + root}
	want("resolved in the base", Unmatched)
	w.scan.Suppressions[0].Address = smtp("y")
	want("perhaps outside of the base", Active)
	w.state = nil
	want("no state", Active)
}

func TestSuppressionMatchesNothing(t *testing.T) {
	w := newWorld(t)
	w.scan.Suppressions = []Suppression{{ID: "C-Y", Address: smtp("y"), Reason: "typo"}}
	for name, test := range map[string]struct {
		base []string
		why  []string
		want int
	}{
		"whole directory":             {nil, nil, 1},
		"perhaps outside of the base": {[]string{"OU=Staff," + root}, nil, 0},
		"incomplete":                  {nil, []string{"dc1: not read"}, 0},
	} {
		w.scan.Scope.Base = test.base
		out := w.night(test.why...)
		got := out.State.Last.Suppressions
		if got.Unmatched != test.want || len(out.Notes) != test.want || got.Active != 1 {
			t.Errorf("%s: %+v, %q", name, got, out.Notes)
		}
	}

	w = suppressed(t, Suppression{})
	w.put("b")
	if out := w.night(); out.State.Last.Suppressions.Unmatched != 1 {
		t.Errorf("resolved: %q", out.Notes)
	}
}
