package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/apply"
	"proxyaddr/report"
)

// run writes the result of the application, even if it was interrupted after the records had been
// compared with the directory.
func (o *applyOptions) run(ctx context.Context, c *console) (int, error) {
	// A reader of stdout may end early, as "| head" does. Then the write fails, instead of a
	// signal ending the program between two changes. Ignoring the signal would make the password
	// command ignore it too.
	unread := make(chan os.Signal, 1)
	signal.Notify(unread, syscall.SIGPIPE)
	defer signal.Stop(unread)
	o.result = report.Application{Version: version(), Undo: o.undo != "", Changed: map[conflicts.GUID]bool{}}
	code, err := o.apply(ctx, c)
	switch {
	case err != nil && (ctx.Err() == nil || o.result.Verdicts == nil):
		return 0, err
	case err != nil:
		o.result.Stopped = &report.Stopped{Problem: "interrupted", State: "unchanged"}
	}
	if failed := applyFormats.write(c, &o.formatting, &o.result); failed != nil {
		return 0, failed
	}
	if o.unprinted != nil && err == nil {
		return 0, unprinted(o.unprinted)
	}
	return code, err
}

// steps is where people read the steps: stdout, or stderr if the format needs stdout for itself.
// Then the plan to confirm is on stderr too.
func (o *applyOptions) steps(c *console) io.Writer {
	switch {
	case o.format == "table":
		return c.stdout
	case o.yes:
		return io.Discard
	}
	return c.stderr
}

// unchanged says that the run ends before the first change.
func (o *applyOptions) unchanged(c *console, problem string) {
	const outcome = "nothing was changed"
	c.log(outcome)
	o.result.Stopped = &report.Stopped{Problem: problem, Outcome: outcome, State: "unchanged"}
}

// ended says how a run ended, and how to continue; err is nil if everything was done.
func (o *applyOptions) ended(c *console, j *apply.Journal, err error) (int, error) {
	code, goesOn := exitClean, true
	var stop *apply.Stop
	if errors.As(err, &stop) {
		c.log("%v", stop)
		c.hint(stop.Hint())
		code = exitIncomplete
		if stop.Stale {
			code, goesOn = exitStale, stop.Hint() == ""
		}
		err = nil
		o.stopped(stop)
	}
	o.tally(j)
	left := o.result.Left
	others := ""
	if n := j.ByAnother(); n > 0 {
		others = fmt.Sprintf(", and %d by somebody else", n)
	}
	switch {
	case j.Undoing():
		c.log("%d of %d objects are left to undo; the journal is %s", left, j.Planned(), o.journal)
	default:
		c.log("%d of %d objects were changed%s; the journal is %s", j.Made(), j.Planned(), others, o.journal)
	}
	if left > 0 && goesOn {
		c.hint("--resume continues it")
	}
	return code, err
}

// tally copies the counts of the journal.
func (o *applyOptions) tally(j *apply.Journal) {
	r := &o.result
	r.Journal, r.Planned, r.Left, r.ByAnother = o.journal, j.Planned(), len(j.Left()), j.ByAnother()
	r.Undo = r.Undo || j.Undoing()
}

// stopped notes why the run ended early.
func (o *applyOptions) stopped(s *apply.Stop) {
	state := "unchanged"
	switch changed, known := s.Changed(); {
	case !known:
		state = "unknown"
	case changed:
		state = "changed"
		o.result.Changed[s.Record.GUID] = true
	}
	o.result.Stopped = &report.Stopped{DN: s.Record.DN, Object: s.Record.GUID, Problem: s.Problem, Outcome: s.Outcome, State: state, Hint: s.Hint()}
}
