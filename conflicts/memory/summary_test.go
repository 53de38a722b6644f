package memory

import (
	"testing"
	"time"

	"proxyaddr/conflicts"
)

// What a run that reads only changes does not look at stays as the last whole sweep found it.
func TestIncrementalSummary(t *testing.T) {
	w := newWorld(t)
	w.put("a", smtp("x"))
	w.put("b", smtp("x"))
	bookmark := &conflicts.Bookmark{Swept: w.now.AddDate(0, 0, 1)}
	w.scan.Findings = map[conflicts.FindingKind]int{conflicts.NoPrimary: 7}
	w.scan.Partitions = []Partition{{Name: root, Objects: 2}}
	w.scan.Bookmark = bookmark
	w.night()

	w.scan.Incremental, w.scan.Findings, w.scan.Partitions = true, nil, nil
	summary := func(after time.Duration, why ...string) string {
		t.Helper()
		before := w.state
		w.now = w.now.Add(after)
		audit := &conflicts.Audit{}
		w.run(why...).Mark(audit, before)
		if !audit.Remembered.Swept.Equal(bookmark.Swept) {
			t.Errorf("the last whole sweep was at %s", audit.Remembered.Swept)
		}
		if s := w.state; s.Last.Findings[conflicts.NoPrimary] != 7 || len(s.Partitions) != 1 || s.Bookmark != bookmark {
			t.Errorf("%+v", s)
		}
		return audit.Remembered.Summary
	}
	want := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	want(summary(10*time.Minute), "nothing new since 02:00 UTC: 1 known; last whole sweep 10 min ago")
	want(summary(6*time.Hour+50*time.Minute), "nothing new since 02:10 UTC: 1 known; last whole sweep 7 h ago")
	w.state = w.state.Failed(Run{Time: w.now.Add(time.Minute)})
	want(summary(time.Hour), "nothing new since 09:00 UTC: 1 known; last whole sweep 8 h ago")
	w.put("c", smtp("y"))
	w.put("d", smtp("y"))
	want(summary(time.Minute, "a server went away"), "1 new, 1 known; last whole sweep 8 h ago")
	want(summary(14*time.Hour), "nothing new since 2026-11-02 10:01 UTC: 2 known; last whole sweep 22 h ago")
	w.put("d")
	want(summary(time.Minute), "1 resolved, 1 known; last whole sweep 22 h ago")
}
