package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/ldapscan"
	"proxyaddr/report/statedir"
	"proxyaddr/report/status"
)

// A watcher makes a run in each period.
type watcher struct {
	*watchOptions
	c   *console
	now func() time.Time
	dir *statedir.Dir

	gone   goneOwners
	forest *ldapscan.Forest // nil if there is no connection
	shown  []string         // the servers that were printed last

	began   bool      // a run has been made
	failed  int       // runs in a row that failed or were incomplete
	problem string    // the problem of the last of them, without numbers
	told    bool      // --notify-command was told of them
	rest    time.Time // no request is made before it

	unmeasured string // the last printed error of the metrics
}

const (
	// refusedRest is longer than the time for which domains count wrong passwords by default.
	refusedRest = time.Hour
	// maxRest bounds how long to wait after failed whole sweeps and notifications.
	maxRest = time.Hour
	// maxPrinted is the most conflicts of a run that are printed: a log is not a report.
	maxPrinted = 100
	// toldAfter is how many runs in a row must fail before --notify-command is told: nobody
	// should be woken because one run fails while a server restarts.
	toldAfter = 2
)

// period makes a run, unless it is better to wait. The error is a usage error, which only the
// first run can find.
func (w *watcher) period(ctx context.Context) error {
	if w.now().Before(w.rest) || ctx.Err() != nil {
		return nil
	}
	r := w.newRun(w.c, w.now())
	r.dir, r.gone = w.dir, w.gone
	err := w.look(ctx, r)
	if ctx.Err() != nil {
		return nil // nothing was wrong, so nothing is remembered
	}
	first := !w.began
	w.began = true
	if err != nil && first && exitCode(ctx, err) == exitUsage {
		return err
	}
	w.settle(ctx, r, err)
	return nil
}

// look makes a run, and remembers it if necessary.
func (w *watcher) look(ctx context.Context, r *stateRun) error {
	if err := r.loadSuppressions(); err != nil {
		return err
	}
	if err := w.read(ctx, r); err != nil {
		return err
	}
	audit, before := r.reading.Audit, w.dir.State
	if err := r.judge(ctx, w.forest, audit, w.judge); err != nil {
		return err
	}
	if recovered := w.told && r.run.Complete; !r.judgment.Changed(before) && !recovered {
		if !r.run.Complete {
			return nil
		}
		return w.dir.Confirm(r.run.Time, r.judgment.State.Bookmark)
	}
	code, tells := exitClean, r.judgment.Tells()
	if !r.run.Complete { // which is reported separately
		code, tells = exitIncomplete, r.judgment.State.Last.Fails(memory.FailOnNew)
	}
	if tells || before == nil {
		w.print(r.judgment, audit)
		id, text := eventOf(r, audit.Remembered.Summary)
		w.record(w.c, id, text)
	}
	_, err := r.remember(ctx, code, tells || w.told && r.run.Complete)
	return err
}

// say prints a line, and writes it to the event log too.
func (w *watcher) say(id event, format string, args ...any) {
	w.c.log(format, args...)
	w.record(w.c, id, fmt.Sprintf(format, args...))
}

// print prints the news.
func (w *watcher) print(j *memory.Judgment, audit *conflicts.Audit) {
	w.c.log("%s", audit.Remembered.Summary)
	for i, e := range j.History {
		if i == maxPrinted {
			w.c.log("and %d more; proxyaddr status --state %s lists them", len(j.History)-i, w.state)
			break
		}
		line := fmt.Sprintf("%s %s: %s %s", e.ID, e.Kind, e.Class, e.Address)
		if e.Detail != "" {
			line += " (" + e.Detail + ")"
		}
		w.c.log("%s", line)
	}
}

// read reads what was written since the last run, or everything if that is due or changes are not
// enough. An old connection does not know new partitions and attributes, so everything is read
// over a fresh one.
func (w *watcher) read(ctx context.Context, r *stateRun) (err error) {
	kept := w.forest != nil
	if err := w.connect(ctx, r); err != nil {
		return err
	}
	opt := ldapscan.Options{Version: version(), Judge: w.judge}
	since := ldapscan.Since{Now: r.run.Time, Owners: w.gone.without(w.dir.State.OpenOwners())}
	if w.dir.State != nil {
		since.Bookmark = w.dir.State.Bookmark
	}
	since.Whole = w.dir.State.Whole(r.scope, r.run.Time, math.MaxInt64)
	scheduled := since.Whole == "" && since.Bookmark.Swept.Before(w.fullAt.last(w.now()))
	if scheduled {
		since.Whole = "--full-at " + w.fullAt.String()
	}
	for since.Whole == "" {
		r.reading, err = ldapscan.ScanChanges(ctx, w.forest, since, opt)
		needed := (*ldapscan.SweepNeeded)(nil)
		if err == nil {
			w.gone.seen(r.reading.Objects)
		}
		if !errors.As(err, &needed) {
			return err
		}
		if !kept {
			since.Whole = needed.Reason
			break
		}
		w.disconnect()
		if kept, err = false, w.connect(ctx, r); err != nil {
			return err
		}
	}
	if kept {
		w.disconnect()
		if err := w.connect(ctx, r); err != nil {
			return err
		}
	}
	if !scheduled && w.dir.State != nil {
		w.c.log("everything is read: %s", since.Whole)
	}
	clear(w.gone)
	r.reading, err = ldapscan.ScanSince(ctx, w.forest, since, opt)
	debug.FreeOSMemory() // runs until the next sweep do not need it
	return err
}

// connect connects if there is no connection, and checks that the state belongs to the scope.
func (w *watcher) connect(ctx context.Context, r *stateRun) error {
	if w.forest == nil {
		forest, err := w.open(ctx, w.c)
		if err != nil {
			return err
		}
		w.forest = forest
		if lines := serverLines(forest.Servers()); !slices.Equal(lines, w.shown) {
			w.c.tellServers(forest.Servers())
			w.shown = lines
		}
	}
	return r.begin(w.forest, w.judge)
}

func (w *watcher) disconnect() {
	if w.forest != nil {
		w.forest.Close()
		w.forest = nil
	}
}

// settle reports how a run ended if that differs from the run before, and chooses how long to
// wait.
func (w *watcher) settle(ctx context.Context, r *stateRun, err error) {
	report := &status.Report{State: w.dir.State}
	if err == nil && r.run.Complete {
		if w.failed > 0 {
			w.say(eventQuiet, "complete again, after %d failed or incomplete runs", w.failed)
		}
		w.failed, w.problem, w.told, w.rest = 0, "", false, time.Time{}
	} else {
		w.failed++
		report = w.failing(ctx, r, err)
	}
	unmeasured := textOf(r.measured(nil, report))
	if unmeasured != "" && unmeasured != w.unmeasured {
		w.c.log("%s", unmeasured)
	}
	w.unmeasured = unmeasured
}

// failing reports a run that failed or was incomplete, and returns what the state says about it.
func (w *watcher) failing(ctx context.Context, r *stateRun, err error) *status.Report {
	w.disconnect()
	report, problem := &status.Report{State: w.dir.State}, textOf(err)
	if err == nil {
		problem = "incomplete: " + r.run.Problems[0]
		if more := len(r.run.Problems) - 1; more > 0 {
			problem += fmt.Sprintf(" (and %d more)", more)
		}
	} else {
		report.Problem = problem
		if w.dir.State == nil || w.dir.State.Last.Complete {
			report = r.failed(ctx, err)
		}
	}
	w.rest = time.Time{}
	switch {
	case ldapscan.AccountRefused(err):
		w.rest = w.now().Add(refusedRest)
		problem += "; watch tries again in an hour, so that the account is not locked"
	case r.reading != nil && (err != nil || r.reading.Whole != ""):
		w.rest = w.now().Add(min(maxRest, w.every<<min(w.failed, 10)))
	}
	if key := withoutNumbers(problem); key != w.problem {
		w.c.log("%s", problem)
		w.c.hint(hintOf(err))
		if err == nil { // which may name objects
			w.record(w.c, eventIncomplete, fmt.Sprintf("a run was incomplete; proxyaddr status --state %s says why", w.state))
		} else {
			w.record(w.c, eventFailed, problem)
		}
		w.problem = key
	}
	if notified := (*notifyError)(nil); w.failed == toldAfter && !errors.As(err, &notified) {
		if err := r.tell(ctx, report); err != nil {
			w.c.log("%v", err)
		} else {
			w.told = true
		}
	}
	return report
}

// withoutNumbers returns a problem in a form for comparison: a network error has the port of a
// connection, which differs each time.
func withoutNumbers(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, text)
}
