package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"proxyaddr/conflicts/memory"
	"proxyaddr/report/status"
)

// A notifyError is a --notify-command that failed.
type notifyError struct{ err error }

func (e *notifyError) Error() string { return fmt.Sprintf("--notify-command: %v", e.err) }
func (e *notifyError) Unwrap() error { return e.err }

// Hint says what that means for what was to be told.
func (e *notifyError) Hint() string {
	return "the run is remembered as failed, so the next one tells the same again"
}

// tell gives a command the report as a text fit for a mail, and the state in its
// environment.
func (r *stateRun) tell(ctx context.Context, report *status.Report) error {
	if r.notify == "" {
		return nil
	}
	report.Now, report.Version = time.Now(), version()
	var text bytes.Buffer
	if err := report.Text(&text); err != nil {
		return err
	}
	within, cancel := context.WithTimeoutCause(ctx, notifyTimeout, fmt.Errorf("ended after %v, as it did not end by itself", notifyTimeout))
	defer cancel()
	cmd := shell(within, r.notify)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &text, r.c.stderr, r.c.stderr // stdout is for data
	cmd.Env = append(os.Environ(), r.environment(report)...)
	err := runGroup(cmd)
	if err != nil && within.Err() != nil {
		err = context.Cause(within)
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) { // which what it left running causes
		return &notifyError{err}
	}
	return nil
}

// notifyTimeout is how long a command may take. It holds up the run, and with it the state.
var notifyTimeout = time.Minute

// killDelay is how long stderr of a command that has ended is waited for.
const killDelay = 5 * time.Second

// environment has nothing that comes from the directory: a shell could take it for a
// command.
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

// shell runs a command line with the system's shell.
func shell(ctx context.Context, line string) *exec.Cmd {
	if runtime.GOOS == "windows" {
		return exec.CommandContext(ctx, "cmd", "/C", line)
	}
	return exec.CommandContext(ctx, "sh", "-c", line)
}
