package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/ldapscan"
	"proxyaddr/report/page"
	"proxyaddr/report/statedir"
	"proxyaddr/report/status"
	"proxyaddr/report/suppression"
)

// A remembering says where runs keep their state, and where they report.
type remembering struct {
	state, suppressions string
	failOn              string
	acceptDrop          bool
	metrics, notify     string
	eventLog            bool
	eventNote           string // the last message about the event log
}

func (o *remembering) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.state, "state", "", "remember the conflicts of each run in this `directory`, and report what has changed")
	fs.StringVar(&o.suppressions, "suppressions", "", "leave the conflicts that this `file` names; proxyaddr suppress writes it")
	fs.StringVar(&o.metrics, "metrics", "", "with --state, write metrics for Prometheus to this `file`")
	fs.StringVar(&o.notify, "notify-command", "", "with --state, give this `command` a summary on stdin when there is something to tell")
	fs.BoolVar(&o.eventLog, "event-log", false, "with --state, write results to the Windows event log, as the source proxyaddr")
}

// addScanFlags adds the flags of a single run.
func (o *remembering) addScanFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.failOn, "fail-on", string(memory.FailOnAny), "with --state, exit with 1 on these `conflicts`: any that is not suppressed, new ones, or none")
	choose(fs, "fail-on", string(memory.FailOnAny), string(memory.FailOnNew), string(memory.FailOnNone))
	fs.BoolVar(&o.acceptDrop, "accept-drop", false, "with --state, accept once that far fewer objects are seen than before")
}

// check validates the settings.
func (o *remembering) check(fs *pflag.FlagSet) error {
	if !slices.Contains(memory.FailOns, memory.FailOn(o.failOn)) {
		return wrong("it takes any, new or none", "--fail-on %s: unknown", o.failOn)
	}
	if fs.Changed("state") && o.state == "" {
		return wrong("name a directory, for example --state state", "--state: the name is empty")
	}
	if o.state != "" {
		return o.checkEventLog()
	}
	for _, name := range []string{"suppressions", "fail-on", "accept-drop", "metrics", "notify-command", "event-log"} {
		if fs.Changed(name) {
			return wrong("name the directory that remembers earlier runs with --state", "--%s goes with --state only", name)
		}
	}
	return nil
}

// A stateRun is a scan that holds its state directory.
type stateRun struct {
	*remembering
	c            *console
	dir          *statedir.Dir
	suppressions []memory.Suppression // nil if no file was named
	began        time.Time            // by the monotonic clock
	run          memory.Run
	scope        memory.Scope
	reading      *ldapscan.Reading // nil until the source was read
	judgment     *memory.Judgment  // nil until the scan was judged
	gone         goneOwners
}

// withState locks the state directory while scan runs, and remembers how that ended.
func (o *remembering) withState(ctx context.Context, c *console, scan func(*stateRun) (int, error)) (code int, err error) {
	r := o.newRun(c, time.Now())
	if err := r.hold(ctx); err != nil {
		r.record(c, eventFailed, "the scan failed: "+err.Error())
		return 0, err
	}
	defer r.dir.Close()
	if err = r.loadSuppressions(); err == nil {
		code, err = scan(r)
	}
	if err != nil {
		report := r.reported(ctx, err)
		r.record(c, eventFailed, "the scan failed: "+r.run.Problems[0])
		return code, r.measured(err, report)
	}
	id, text := eventOf(r, r.judgment.State.Last.Summary())
	r.record(c, id, text)
	return code, r.measured(nil, &status.Report{State: r.dir.State})
}

// newRun begins a run that has no directory yet.
func (o *remembering) newRun(c *console, now time.Time) *stateRun {
	return &stateRun{remembering: o, c: c, began: time.Now(), run: memory.Run{Time: now.UTC().Truncate(time.Second), Version: version()}}
}

// hold locks the state directory.
func (r *stateRun) hold(ctx context.Context) (err error) {
	r.dir, err = statedir.Open(r.state, fmt.Sprintf("process %d since %s", os.Getpid(), r.run.Time.Format(time.RFC3339)))
	if errors.Is(err, statedir.ErrInUse) {
		return &failure{exitInUse, err, hintOf(err)} // the other run writes the metrics
	}
	if err != nil {
		err = unusable(err)
		return r.measured(err, r.reported(ctx, err))
	}
	return nil
}

// took returns how long the run has taken so far.
func (r *stateRun) took() time.Duration { return time.Since(r.began).Truncate(time.Millisecond) }

func (r *stateRun) loadSuppressions() error {
	if r.remembering.suppressions == "" {
		return nil
	}
	file, err := r.c.loadSuppressions(r.remembering.suppressions)
	if err == nil {
		r.suppressions = file.List()
	}
	return err
}

// loadSuppressions reads a file and prints all its mistakes.
func (c *console) loadSuppressions(path string) (*suppression.File, error) {
	file, err := suppression.Load(path)
	if m := (*suppression.Mistakes)(nil); errors.As(err, &m) {
		last := len(m.Mistakes) - 1
		for _, x := range m.Mistakes[:last] {
			c.log("%s:%d: %s", path, x.Line, x.Problem)
		}
		return nil, wrong(m.Hint(), "%s:%d: %s", path, m.Mistakes[last].Line, m.Mistakes[last].Problem)
	}
	if err != nil {
		return nil, unopened("--suppressions names a file that proxyaddr suppress wrote", err)
	}
	return file, nil
}

// begin checks that the state belongs to the scope of the scan.
func (r *stateRun) begin(src ldapscan.Source, judge conflicts.Options) error {
	var scope conflicts.Scope
	src.Describe(&scope)
	r.scope = memory.Scope{Forests: scope.Forests, Base: judge.Base, Exclude: judge.Exclude}
	r.run.Account = scope.Identity
	if err := r.dir.CheckScope(r.scope); err != nil {
		return unusable(err)
	}
	return nil
}

// judge compares an audit with the state, and marks it.
func (r *stateRun) judge(ctx context.Context, src ldapscan.Source, audit *conflicts.Audit, judge conflicts.Options) error {
	partitions, onlyChanges := partitionsOf(audit), r.reading.Whole == ""
	if !r.acceptDrop && !onlyChanges {
		audit.Problems = append(audit.Problems, memory.Drops(r.dir.State, partitions)...)
	}
	matching := memory.Match(r.dir.State, audit.Conflicts)
	scan := &memory.Scan{Scope: r.scope, Partitions: partitions, Reports: judge.Reports, Suppressions: r.suppressions, AcceptDrop: r.acceptDrop,
		Bookmark: r.reading.Bookmark}
	if audit.Complete() {
		var err error
		scan.Former, err = r.formerOwners(ctx, src, matching.Former())
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			audit.Problems = append(audit.Problems, fmt.Sprintf("former owners of addresses could not be read again: %v", err))
		}
	}
	r.run.Complete, r.run.Problems = audit.Complete(), audit.Problems
	r.run.Findings = map[conflicts.FindingKind]int{}
	for i := range audit.Findings {
		r.run.Findings[audit.Findings[i].Kind]++
	}
	r.run.Incremental = onlyChanges
	scan.Run = r.run
	r.judgment = matching.Judge(scan)
	r.judgment.Mark(audit, r.dir.State)
	audit.Notes = append(append(audit.Notes, r.dir.Notes...), r.judgment.Notes...)
	r.dir.Notes = nil
	return nil
}

// shownRuns is how many runs the page shows.
const shownRuns = 30

// runs returns the last runs for the page, this one included.
func (r *stateRun) runs(audit *conflicts.Audit) ([]page.Run, error) {
	earlier, err := r.dir.Runs(shownRuns - 1)
	if err != nil {
		return nil, unusable(err)
	}
	var runs []page.Run
	for i := range earlier {
		runs = append(runs, page.Run{Time: earlier[i].Time, Complete: earlier[i].Complete, Conflicts: earlier[i].Found()})
	}
	return append(runs, page.Run{Time: r.run.Time, Complete: audit.Complete(), Conflicts: len(audit.Conflicts)}), nil
}

// partitionsOf returns the partitions that the guard compares.
func partitionsOf(audit *conflicts.Audit) []memory.Partition {
	list := make([]memory.Partition, len(audit.Coverage))
	for i, c := range audit.Coverage {
		list[i] = memory.Partition{Name: c.Partition, Objects: c.Objects, Values: c.Values}
		if len(audit.Scope.Servers) == 0 {
			list[i].Name = "export" // the file may have another name each night
		}
	}
	return list
}

// expected returns how many objects the last complete run saw, 0 if there was none.
func (r *stateRun) expected() (objects int) {
	if r.dir.State != nil {
		for _, p := range r.dir.State.Partitions {
			objects += p.Objects
		}
	}
	return objects
}

// remember writes the run to the state as the last one. Before that it notifies people if there
// is something to tell. code is the exit code of the scan without a state.
func (r *stateRun) remember(ctx context.Context, code int, tell bool) (int, error) {
	last := &r.judgment.State.Last
	if code != exitIncomplete {
		code = exitClean
		if last.Fails(memory.FailOn(r.failOn)) {
			code = exitConflicts
		}
	}
	last.ExitCode, last.Duration = code, r.took()
	if tell {
		if err := r.tell(ctx, &status.Report{State: r.judgment.State}); err != nil {
			return 0, err
		}
	}
	if err := r.dir.Commit(r.judgment.State, r.judgment.History); err != nil {
		return 0, &failure{exitIncomplete, err, hintOf(err)}
	}
	return code, nil
}

// reported remembers that a run failed, and notifies people.
func (r *stateRun) reported(ctx context.Context, err error) *status.Report {
	report := r.failed(ctx, err)
	if told := (*notifyError)(nil); errors.As(err, &told) || ctx.Err() != nil {
		return report
	}
	if err := r.tell(ctx, report); err != nil {
		r.c.log("%v", err)
	}
	return report
}

// failed remembers that a run failed, and returns what there is to tell. It changes nothing else
// in the state, and nothing at all in a state of another scope.
func (r *stateRun) failed(ctx context.Context, err error) *status.Report {
	r.run.Duration, r.run.ExitCode = r.took(), exitCode(ctx, err)
	r.run.Complete, r.run.Problems = false, []string{err.Error()}
	if ctx.Err() != nil {
		r.run.Problems = []string{"interrupted"}
	}
	report := &status.Report{Problem: r.run.Problems[0]}
	if r.dir != nil && r.dir.State != nil {
		report.State = r.dir.State.Failed(r.run)
		if !errors.Is(err, statedir.ErrOtherScope) {
			unwritten := (*statedir.Error)(nil) // said once
			if again := r.dir.Commit(report.State, nil); again != nil && !errors.As(err, &unwritten) {
				r.c.log("%v", again)
			}
		}
	}
	return report
}

// measured writes the metrics, if a file was named. It returns the error of the run or, without
// one, that of the metrics.
func (r *stateRun) measured(err error, report *status.Report) error {
	if r.metrics == "" {
		return err
	}
	report.Now, report.Version = time.Now(), version()
	failed := report.WriteMetrics(r.metrics)
	switch {
	case failed == nil:
		return err
	case err != nil:
		r.c.log("--metrics: %v", bare(failed))
		return err
	}
	return &failure{exitIncomplete, fmt.Errorf("--metrics: %w", bare(failed)), "name a file that this account may write"}
}
