package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"proxyaddr/conflicts/memory"
	"proxyaddr/report/status"
)

// A notifyError is the error of a --notify-command.
type notifyError struct{ err error }

func (e *notifyError) Error() string { return fmt.Sprintf("--notify-command: %v", e.err) }
func (e *notifyError) Unwrap() error { return e.err }

// Hint says when the news is told again.
func (e *notifyError) Hint() string {
	return "the run is remembered as failed, so the next one reports the same again"
}

// tell gives a command the report as a text for a mail, and the state in its environment.
func (r *stateRun) tell(ctx context.Context, report *status.Report) error {
	if r.notify == "" {
		return nil
	}
	report.Now, report.Version = time.Now(), version()
	var text bytes.Buffer
	if err := report.Text(&text); err != nil {
		return err
	}
	within, cancel := context.WithTimeoutCause(ctx, notifyTimeout, fmt.Errorf("killed after %v", notifyTimeout))
	defer cancel()
	cmd, err := shell(within, r.notify)
	if err != nil {
		return &notifyError{err}
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &text, r.c.stderr, r.c.stderr // stdout is for data
	cmd.Env = append(os.Environ(), r.environment(report)...)
	err = runGroup(cmd)
	if err != nil && within.Err() != nil {
		err = context.Cause(within)
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) { // because programs that it started still run
		return &notifyError{err}
	}
	return nil
}

// notifyTimeout is how long a command may take. Meanwhile the run waits, and the state is locked.
var notifyTimeout = time.Minute

// killDelay is how long to wait for the stderr of a command that has ended.
const killDelay = 5 * time.Second

// environment has no text from the directory: a shell could take it for a command.
func (r *stateRun) environment(report *status.Report) []string {
	level, _ := report.Level()
	run := &r.run
	if report.State != nil {
		run = &report.State.Last
	}
	summary := run.Summary()
	switch {
	case run.Counts == nil:
		summary = "the run failed"
	case !run.Complete:
		summary = "incomplete: " + summary
	}
	env := []string{
		"PROXYADDR_STATE=" + r.state,
		"PROXYADDR_LEVEL=" + strings.ToLower(level.String()),
		"PROXYADDR_SUMMARY=" + summary,
		fmt.Sprintf("PROXYADDR_COMPLETE=%t", run.Complete),
		fmt.Sprintf("PROXYADDR_EXIT_CODE=%d", run.ExitCode),
	}
	for _, s := range memory.Statuses {
		env = append(env, fmt.Sprintf("PROXYADDR_%s=%d", strings.ToUpper(string(s)), run.Counts[s]))
	}
	return env
}
