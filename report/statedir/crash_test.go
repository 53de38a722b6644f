package statedir

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts/memory"
)

// A diary makes runs one after another, each with one event, and checks what is
// remembered of them.
type diary struct {
	t    *testing.T
	disk *modelDisk
}

func (d *diary) open() *Dir {
	d.t.Helper()
	dir := &Dir{path: "state", disk: d.disk}
	if err := dir.load(); err != nil {
		d.t.Fatalf("step %d of %d: %v", d.disk.steps, d.disk.failAt, err)
	}
	return dir
}

// number is the run that is remembered last, 0 if none is.
func number(dir *Dir) int {
	if dir.State == nil {
		return 0
	}
	return dir.State.Last.Number
}

// run makes the next run.
func (d *diary) run(dir *Dir) error {
	n := number(dir) + 1
	s := sample(n)
	return dir.Commit(s, []memory.HistoryEntry{{Kind: "new", ID: fmt.Sprintf("C-%d", n), Detail: "told in run"}})
}

// check looks whether the state is that of one of two runs, and the history tells of all
// runs up to it, each once.
func (d *diary) check(dir *Dir, before, after int, what string) int {
	d.t.Helper()
	n := number(dir)
	if n != before && n != after {
		d.t.Fatalf("%s: run %d is remembered, neither %d nor %d", what, n, before, after)
	}
	if n > 0 {
		if diff := cmp.Diff(sample(n), dir.State); diff != "" {
			d.t.Fatalf("%s: %s", what, diff)
		}
	}
	history, _ := d.disk.Read(historyName)
	var want bytes.Buffer
	for run := 1; run <= n; run++ {
		want.Write(appendHistory(nil, sample(run), []memory.HistoryEntry{{Kind: "new", ID: fmt.Sprintf("C-%d", run), Detail: "told in run"}}))
	}
	if history != want.String() {
		d.t.Fatalf("%s: after run %d the history is\n%s", what, n, history)
	}
	return n
}

// Killed or cut from power at any step, the next run finds one of the two whole states and
// the history that belongs to it.
func TestCrashAtEachStep(t *testing.T) {
	for _, noExchange := range []bool{false, true} {
		for runs := range 4 {
			for step := 1; ; step++ {
				ended := false
				tries := 6
				if runs == 0 {
					tries = 60 // as all names are new
				}
				for try := range tries {
					powerCut := try > 0
					d := &diary{t, newModelDisk(uint64(try))}
					d.disk.noExchange = noExchange
					for range runs {
						if err := d.run(d.open()); err != nil {
							t.Fatal(err)
						}
					}
					dir := d.open()
					d.disk.steps, d.disk.failAt, d.disk.with = 0, step, errKilled
					err := d.run(dir)
					ended = d.disk.steps < step
					d.disk.restart(powerCut)
					what := fmt.Sprintf("run %d, step %d, power cut %t, exchange %t", runs+1, step, powerCut, !noExchange)
					dir = d.open()
					n := d.check(dir, runs, runs+1, what)
					if err == nil && n != runs+1 {
						t.Fatalf("%s: a run that was committed is lost", what)
					}
					if err := d.run(dir); err != nil {
						t.Fatal(err)
					}
					d.check(d.open(), n+1, n+1, what+", and another run")
				}
				if ended {
					break
				}
			}
		}
	}
}

func TestRandomKills(t *testing.T) {
	chance := rand.New(rand.NewPCG(14, 0))
	d := &diary{t, newModelDisk(14)}
	kills := 0
	for kills < 200 {
		before := number(d.open())
		dir := d.open()
		d.disk.steps, d.disk.failAt, d.disk.with = 0, 1+chance.IntN(20), errKilled
		d.disk.noExchange = chance.IntN(2) == 0
		killed := d.run(dir) != nil
		if killed {
			kills++
		}
		d.disk.restart(killed && chance.IntN(2) == 0)
		d.check(d.open(), before, before+1, fmt.Sprintf("kill %d", kills))
	}
}

// Where the disk is full, the run is not remembered, or all of it is, and the same process
// can go on.
func TestDiskFullAtEachStep(t *testing.T) {
	for _, noExchange := range []bool{false, true} {
		for runs := range 3 {
			for step := 1; ; step++ {
				d := &diary{t, newModelDisk(uint64(step))}
				d.disk.noExchange = noExchange
				dir := d.open()
				for range runs {
					if err := d.run(dir); err != nil {
						t.Fatal(err)
					}
				}
				d.disk.steps, d.disk.failAt, d.disk.with = 0, step, errFull
				err := d.run(dir)
				if d.disk.steps < step {
					break
				}
				what := fmt.Sprintf("run %d, step %d, exchange %t", runs+1, step, !noExchange)
				if e := (*Error)(nil); err != nil && (!errors.As(err, &e) || !errors.Is(err, syscall.ENOSPC) || e.Hint() == "" || !strings.HasPrefix(err.Error(), "state"+string(filepath.Separator))) {
					t.Errorf("%s: %v", what, err)
				}
				d.disk.failAt = 0
				n := d.check(d.open(), runs, runs+1, what)
				if err := d.run(dir); err != nil {
					t.Fatal(what, err)
				}
				d.check(d.open(), n+1, n+1, what+", and another run")
			}
		}
	}
}
