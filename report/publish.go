package report

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/report/outdir"
	"proxyaddr/report/page"
)

// A Destination is the directory for the files of a run, claimed before the run begins.
// It is for one goroutine.
type Destination struct {
	name    string
	pattern string // name, with datePattern for the date
	claim   *outdir.Claim

	mu      sync.Mutex
	settled sync.Cond      // told of each new sum
	sums    map[string]Sum // by the name of the file; zero if it could not be staged
}

// datePattern stands for the date in the name of a directory.
const datePattern = "{date}"

// Claim claims a directory for the files of a run, so that no other run writes to
// it until Close. The directory itself is not touched yet. It may be missing or empty,
// or hold an earlier audit that may be deleted; else the error is an [outdir.Refusal].
//
// In the name {date} stands for the date of now in UTC. Such a name is always a new
// one: where it is taken, it gets -2, -3 and so on behind it, after all that are there.
func Claim(name string, now time.Time, may Replaceable) (*Destination, error) {
	name = filepath.Clean(name)
	if !strings.Contains(name, datePattern) {
		return claim(name, name, func(dir string) error { return may.check(name, dir) })
	}
	date := now.UTC().Format(time.DateOnly)
	pattern, dated := name, Dated(name, now)
	first := 1
	if s, err := seriesOf(pattern); err == nil {
		first = s.last(date) + 1
	}
	for n := first; ; n++ {
		name := dated
		if n > 1 {
			name = fmt.Sprintf("%s-%d", dated, n)
		}
		if _, err := os.Lstat(name); err == nil {
			continue
		}
		d, err := claim(name, pattern, func(string) error { return &outdir.Refusal{Dir: name, Err: errTaken, Advice: outdir.Elsewhere(dated)} })
		if !errors.Is(err, errTaken) && !errors.Is(err, outdir.ErrClaimed) {
			return d, err
		}
	}
}

// Dated returns the name of a directory with the date of now, in UTC, for {date}.
func Dated(name string, now time.Time) string {
	return strings.ReplaceAll(name, datePattern, now.UTC().Format(time.DateOnly))
}

// errTaken is the error for a dated directory that somebody made meanwhile.
var errTaken = errors.New("was made meanwhile")

func claim(name, pattern string, mayGo func(dir string) error) (*Destination, error) {
	c, err := outdir.Take(name, mayGo)
	if err != nil {
		return nil, err
	}
	d := &Destination{name: name, pattern: pattern, claim: c, sums: make(map[string]Sum)}
	d.settled.L = &d.mu
	return d, nil
}

// Name returns the name of the directory, with the date in it.
func (d *Destination) Name() string { return d.name }

// Close gives the directory up. If nothing was published, it is as it was.
func (d *Destination) Close() { d.claim.Release() }

// passing is how many bytes the outputs may take in passing beside a large audit,
// which stays; they keep next to nothing.
const passing = 16 << 20

// collect gives back what the scan took and does not need any more, and has garbage collected
// often enough for passing, but not oftener: each time the whole audit is looked through. It
// returns what takes the latter back.
func collect() (undo func()) {
	debug.FreeOSMemory()
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	const least = 5
	percent := max(least, int(passing*100/heap.HeapAlloc))
	before := debug.SetGCPercent(percent)
	if before < percent {
		debug.SetGCPercent(before)
	}
	return func() { debug.SetGCPercent(before) }
}

// Publish writes the files of a scan to the directory: report.html, report.xlsx, scan.json,
// change-request.md, a pair fix-<domain>.ldif and rollback-<domain>.ldif for each of
// the [Domains], and SHA256SUMS over them. Of an audit with a Review it writes no
// page, no workbook and no scan.json. It returns their names, sorted. Only their owner can
// read them.
//
// The page shows how many conflicts the runs found, the last of which is that of the audit.
//
// The files appear together, in the place of all that the directory held, or not at
// all. On an error, which names the file or the directory, what it held is as it was.
func (d *Destination) Publish(a *conflicts.Audit, runs ...page.Run) (names []string, err error) {
	defer collect()()
	return d.publish(files(a, d.sum, runs...)...)
}

// publish does the work of Publish for any outputs, which it writes in sequences side by side. It
// ends when nothing is being written any more. Of several errors it returns that of the first
// sequence.
func (d *Destination) publish(sequences ...sequence) (names []string, err error) {
	errs := make([]error, len(sequences))
	var all sync.WaitGroup
	for i, s := range sequences {
		all.Go(func() { errs[i] = d.stageAll(s) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	names = slices.Sorted(maps.Keys(d.sums))
	sums := output{sumsFile, func(w io.Writer) (err error) {
		for _, name := range names {
			_, err = fmt.Fprintf(w, "%s  %s\n", d.sums[name], name)
		}
		return err
	}}
	if _, err := d.stage(sums); err != nil {
		return nil, err
	}
	if err := d.claim.Commit(); err != nil {
		return nil, err
	}
	return slices.Insert(names, 0, sumsFile), nil
}

// sum waits until a file is staged, and returns its checksum. It returns the zero Sum if the file
// could not be staged.
func (d *Destination) sum(name string) Sum {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		if sum, ok := d.sums[name]; ok {
			return sum
		}
		d.settled.Wait()
	}
}

// settle notes the checksum of a file and wakes all that wait for it.
func (d *Destination) settle(name string, sum Sum) {
	d.mu.Lock()
	d.sums[name] = sum
	d.mu.Unlock()
	d.settled.Broadcast()
}

// stageAll stages outputs up to the first error. It settles the others too, as somebody may wait for
// them.
func (d *Destination) stageAll(s sequence) (err error) {
	for _, o := range s {
		var sum Sum
		if err == nil {
			sum, err = d.stage(o)
		}
		d.settle(o.name, sum)
	}
	return err
}

// stage writes an output and syncs it. It returns its checksum, the zero Sum on an error.
func (d *Destination) stage(o output) (sum Sum, err error) {
	defer func() {
		if err != nil {
			sum, err = Sum{}, named(filepath.Join(d.name, o.name), err)
		}
	}()
	f, err := os.OpenFile(filepath.Join(d.claim.Stage(), o.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return sum, err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	if sum, err = summed(f, o.write); err != nil {
		return sum, err
	}
	return sum, f.Sync()
}

// named says of which file an error is, and not under which name it was staged.
func named(path string, err error) error { return fmt.Errorf("%s: %w", path, outdir.WithoutNames(err)) }
