package memory

import (
	"maps"
	"testing"
	"time"

	"proxyaddr/conflicts"
)

// A run is remembered if a later one or a person would miss something that it says.
func TestChanged(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*world)
		want   bool
	}{
		"nothing":              {func(*world) {}, false},
		"a whole sweep":        {func(w *world) { w.scan.Incremental = false }, true},
		"another account":      {func(w *world) { w.scan.Account = "EXAMPLE\\other" }, true},
		"another version":      {func(w *world) { w.scan.Version = "2" }, true},
		"an object without":    {func(w *world) { w.put("other", smtp("other")) }, false},
		"a new conflict":       {func(w *world) { w.put("e", smtp("new")); w.put("f", smtp("new")) }, true},
		"a third owner":        {func(w *world) { w.put("third", smtp("x")) }, true},
		"a third owner left":   {func(w *world) { w.put("c") }, true},
		"an owner renamed":     {func(w *world) { w.objects["a"].DN = "CN=renamed,OU=Staff," + root }, true},
		"an owner hidden":      {func(w *world) { w.hidden["c"] = true }, true},
		"all owners hidden":    {func(w *world) { w.hidden["a"], w.hidden["b"], w.hidden["c"] = true, true, true }, true},
		"resolved":             {func(w *world) { w.put("a"); w.put("b") }, true},
		"another spelling":     {func(w *world) { w.put("a", "smtp:X@example.com") }, true},
		"written and put back": {func(w *world) { w.objects["a"].Written.Version++ }, true},
		"suppressed":           {func(w *world) { w.scan.Suppressions = []Suppression{{ID: "C", Address: smtp("x"), Reason: "r"}} }, true},
		"another suppression":  {func(w *world) { w.scan.Suppressions = []Suppression{{ID: "C", Address: smtp("none"), Reason: "r"}} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, owner := range []string{"a", "b", "c"} {
				w.put(owner, smtp("x")).Written = conflicts.Stamp{Time: w.now, Version: 1}
			}
			w.night()
			w.put("late", smtp("x")) // told as worsened, and then known
			w.scan.Incremental, w.scan.Bookmark = true, &conflicts.Bookmark{}
			w.night()
			before := w.state
			tc.change(w)
			if got := w.night().Changed(before); got != tc.want {
				t.Errorf("%t, want %t", got, tc.want)
			}
			w.scan.Incremental = true
			if before = w.state; w.night().Changed(before) {
				t.Error("the next run is remembered too")
			}
		})
	}
}

// After a run that failed or was incomplete, the next complete one is remembered.
func TestChangedAfterFailure(t *testing.T) {
	w := newWorld(t)
	w.night()
	w.scan.Incremental, w.scan.Bookmark = true, &conflicts.Bookmark{}
	before := w.state
	if !w.night("dc1: not read").Changed(before) {
		t.Error("an incomplete run is not remembered")
	}
	before = w.state
	if w.night("dc1: not read").Changed(before) {
		t.Error("the same once more is")
	}
	before = w.state
	if !w.night().Changed(before) {
		t.Error("the end of it is not")
	}
	failed := w.state.Failed(Run{Time: w.now})
	w.state = failed
	if !w.night().Changed(failed) {
		t.Error("the end of failures is not")
	}
}

// What a run told stays news as long as it is asked for, and no longer.
func TestRetold(t *testing.T) {
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b", smtp("x"))
	w.night() // the baseline is no news
	w.put("c", smtp("y"))
	w.put("d", smtp("y"))
	w.night()
	told := w.now
	w.put("e", smtp("x"))
	for range 3 {
		w.night()
	}
	for _, tc := range []struct {
		since time.Time
		want  string
	}{
		{w.now, "2 known"},
		{told.Add(time.Second), "1 worsened, 1 known"},
		{told, "1 new, 1 worsened"},
	} {
		s := *w.state
		s.Last.Counts, s.Cases = maps.Clone(s.Last.Counts), nil
		for _, c := range w.state.Cases {
			copied := *c
			s.Cases = append(s.Cases, &copied)
		}
		s.Retold(tc.since)
		if got := s.Last.Summary(); got != tc.want {
			t.Errorf("since %v: %s, want %s", tc.since, got, tc.want)
		}
	}
}

func TestLastRun(t *testing.T) {
	at := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	s := &State{Last: Run{Time: at, Complete: true}, LastComplete: at}
	s.Confirmed(at.Add(time.Hour))
	if got := s.LastRun(); !got.Equal(at.Add(time.Hour)) {
		t.Error(got)
	}
	if got := s.Failed(Run{Time: at.Add(time.Minute)}).LastRun(); !got.Equal(at.Add(time.Minute)) {
		t.Error(got)
	}
}

// Each run that finds nothing new sees the open conflicts again.
func TestConfirmedTwice(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "b", "c", "d"} {
		w.put(name, smtp(string("xy"[len(w.objects)/2])))
	}
	w.night()
	w.put("d")
	w.night()
	at := w.now
	w.state.Confirmed(at.Add(time.Hour))
	w.state.Confirmed(at.Add(2 * time.Hour))
	for _, c := range w.state.Cases {
		want := at.Add(2 * time.Hour)
		if c.Status == Resolved {
			want = at.AddDate(0, 0, -1)
		}
		if !c.LastSeen.Equal(want) {
			t.Errorf("%s %s: seen at %s, want %s", c.Address(), c.Status, c.LastSeen, want)
		}
	}
}
