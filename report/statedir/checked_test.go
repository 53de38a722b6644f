package statedir

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

// A run that found nothing new leaves state and history as they are, and is known to later
// processes by its time alone.
func TestConfirm(t *testing.T) {
	d := &diary{t, newModelDisk(1)}
	if err := d.run(d.open()); err != nil {
		t.Fatal(err)
	}
	state, _ := d.disk.Read(stateName)
	dir := d.open()
	want := sample(1)
	at, moved := want.Last.Time.Add(time.Hour), &conflicts.Bookmark{Swept: want.Last.Time}
	if err := dir.Confirm(at.Add(time.Millisecond), moved); err != nil || dir.State.Bookmark != moved {
		t.Fatal(err)
	}
	want.Confirmed(at)
	if !want.LastComplete.Equal(at) || !want.Cases[0].LastSeen.Equal(at) {
		t.Errorf("%+v", want)
	}
	if diff := cmp.Diff(want, d.open().State); diff != "" {
		t.Error(diff)
	}
	if now, _ := d.disk.Read(stateName); now != state {
		t.Error("the state was written anew")
	}
	if err := d.run(dir); err != nil {
		t.Fatal(err)
	}
	d.check(d.open(), 2, 2, "after another run") // to which the file does not belong
}

// A file that does not tell when a run of this state was, tells nothing.
func TestConfirmedByNonsense(t *testing.T) {
	for _, text := range []string{"", "1", "1 ", "1 yesterday\n", "2 2026-11-02T03:00:00Z\n", "x 2026-11-02T03:00:00Z\n", "\x00\x00\x00"} {
		d := &diary{t, newModelDisk(1)}
		if err := d.run(d.open()); err != nil {
			t.Fatal(err)
		}
		f, err := d.disk.Create(checkedName)
		if err != nil {
			t.Fatal(err)
		}
		if err := finish(f, whole([]byte(text))); err != nil {
			t.Fatal(err)
		}
		d.check(d.open(), 1, 1, text)
	}
}

// Killed or cut from power while it is noted, the state is as it was, seen then or later.
func TestConfirmKilled(t *testing.T) {
	for step := 1; step < 8; step++ {
		for seed := range uint64(20) {
			d := &diary{t, newModelDisk(seed)}
			if err := d.run(d.open()); err != nil {
				t.Fatal(err)
			}
			dir := d.open()
			d.disk.steps, d.disk.failAt, d.disk.with = 0, step, errKilled
			at := sample(1).Last.Time.Add(time.Hour)
			_ = dir.Confirm(at, dir.State.Bookmark)
			d.disk.restart(seed > 0)
			got, confirmed := d.open().State, sample(1)
			confirmed.Confirmed(at)
			if !cmp.Equal(got, sample(1)) && !cmp.Equal(got, confirmed) {
				t.Fatalf("step %d, seed %d: %s", step, seed, cmp.Diff(sample(1), got))
			}
		}
	}
}
