package memory

import (
	"testing"
	"time"

	"proxyaddr/conflicts"
)

func TestWhole(t *testing.T) {
	scope := Scope{Forests: []string{"a"}}
	swept := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	for want, change := range map[string]func(*State, *Scope){
		"":                               func(*State, *Scope) {},
		"a different forest than before": func(_ *State, now *Scope) { now.Forests = []string{"b"} },
		"a different --base than before": func(_ *State, now *Scope) { now.Base = []string{"OU=x"} },
		"the rules by which addresses are compared have changed":                func(s *State, _ *Scope) { s.KeyRules-- },
		"the last whole sweep was not complete":                                 func(s *State, _ *Scope) { s.Bookmark = nil },
		"the clock shows a time before the last whole sweep":                    func(s *State, _ *Scope) { s.Bookmark.Swept = swept.Add(24 * time.Hour) },
		"the last whole sweep was at 2026-10-31T03:00:00Z, 24h0m0s ago or more": func(s *State, _ *Scope) { s.Bookmark.Swept = swept.Add(-23 * time.Hour) },
	} {
		s, now := &State{Scope: scope, KeyRules: conflicts.KeyRules, Bookmark: &conflicts.Bookmark{Swept: swept}}, scope
		change(s, &now)
		if got := s.Whole(now, swept.Add(time.Hour), 24*time.Hour); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := (*State)(nil).Whole(scope, swept, time.Hour); got != "no earlier run is remembered" {
		t.Errorf("%q", got)
	}
}

// What was not all read is read again: the changes from the same place, and everything
// after a whole sweep that was not complete.
func TestBookmarkOfAnIncompleteRun(t *testing.T) {
	w := newWorld(t)
	first, second := &conflicts.Bookmark{}, &conflicts.Bookmark{}
	w.scan.Bookmark, w.scan.Partitions = first, []Partition{{Name: root, Objects: 5}}
	w.night()
	w.scan.Incremental, w.scan.Bookmark, w.scan.Partitions = true, second, nil
	if w.night("dc1: not read"); w.state.Bookmark != first {
		t.Error("a reading of changes that failed moved the bookmark")
	}
	if w.night(); w.state.Bookmark != second || len(w.state.Partitions) != 1 {
		t.Errorf("bookmark %v, partitions %v", w.state.Bookmark, w.state.Partitions)
	}
	w.scan.Incremental = false
	if w.night("dc1: not read"); w.state.Bookmark != nil {
		t.Error("a whole sweep that failed left a bookmark")
	}
}

func TestOpenOwners(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "b"} {
		w.put(name, smtp("x"), smtp("y"))
	}
	w.put("c", smtp("z"))
	w.put("d", smtp("z"))
	w.night()
	w.put("d")
	w.night()
	if got := w.state.OpenOwners(); len(got) != 2 || (*State)(nil).OpenOwners() != nil {
		t.Errorf("%v", got)
	}
}
