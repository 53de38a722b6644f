package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"proxyaddr/report/outdir"
)

// Exit codes. A scan that is incomplete says so even if it found conflicts.
const (
	exitClean       = 0
	exitConflicts   = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitConnect     = 4
	exitStale       = 5
	exitInUse       = 6
	exitInterrupted = 130
)

// exitCodes are their meanings in help and documentation, in lines for the help. An unforeseen
// error is exitIncomplete: the run did not do everything.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitClean, `clean: everything was read, and no address is claimed twice or taken;
everything was done, or a watch was ended`},
	{exitConflicts, `conflicts found, or an address taken; with --compare-dcs, differences`},
	{exitUsage, `wrong usage or unreadable input`},
	{exitIncomplete, `incomplete: something could not be read, written or changed, or the run
failed in another way; beats 1`},
	{exitConnect, `no server found or reached, no TLS, or the bind was refused`},
	{exitStale, `stale or denied: the directory has changed, the account cannot make the
change, a fix file was changed after it was written, or a workbook
belongs to another scan or has mistakes`},
	{exitInUse, `the state directory is in use by another run`},
	{exitInterrupted, `interrupted, or not confirmed`},
}

// exitStatus is the section of the help on exit codes.
func exitStatus() string {
	var b strings.Builder
	b.WriteString("EXIT STATUS\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "  %-5d%s\n", e.code, strings.ReplaceAll(e.meaning, "\n", "\n       "))
	}
	return b.String()
}

// A failure is an error that ends a command.
type failure struct {
	code int // the exit code
	err  error
	hint string // what to do, may be empty
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// Hint says what to do about it, or is empty.
func (f *failure) Hint() string { return f.hint }

// wrong is a mistake in how the command was called.
func wrong(hint, format string, args ...any) error {
	return &failure{exitUsage, fmt.Errorf(format, args...), hint}
}

// unusable is the error for an input that cannot be used.
func unusable(err error) error { return &failure{exitUsage, err, hintOf(err)} }

// unreached is the error for a server that could not be found, reached or bound to.
func unreached(err error) error {
	if f := (*failure)(nil); errors.As(err, &f) {
		return err
	}
	return &failure{exitConnect, err, hintOf(err)}
}

// unopened is the error for a file that a flag or an argument names.
func unopened(hint string, err error) error { return &failure{exitUsage, bare(err), hint} }

// bare returns the error of a file operation without the operation and the file.
func bare(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return fmt.Errorf("%s: %w", e.Path, e.Err)
	}
	return err
}

// unpublished is the error for a failed write to an output directory.
func unpublished(dir string, err error) error {
	if r := (*outdir.Refusal)(nil); errors.As(err, &r) {
		return &failure{exitIncomplete, err, r.Hint()}
	}
	return &failure{exitIncomplete, err, dir + " needs room and write access; -o names another directory"}
}

// unprinted is the error for a failed write to stdout.
func unprinted(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		err = e.Err
	}
	return &failure{exitIncomplete, fmt.Errorf("stdout: %w", err), "the output ends early and is useless"}
}

// hintOf returns the hint of an error, or "".
func hintOf(err error) string {
	var e interface{ Hint() string }
	if errors.As(err, &e) {
		return e.Hint()
	}
	return ""
}

// exitCode returns the exit code that an error calls for.
func exitCode(ctx context.Context, err error) int {
	if ctx.Err() != nil {
		return exitInterrupted
	}
	if f := (*failure)(nil); errors.As(err, &f) {
		return f.code
	}
	return exitIncomplete
}

// fail prints an error with its hint and returns the exit code for it. Command is
// empty if none was named.
func (c *console) fail(ctx context.Context, command string, err error) int {
	code := exitCode(ctx, err)
	if code == exitInterrupted {
		c.log("interrupted")
		return code
	}
	hint := hintOf(err)
	if code == exitUsage && hint == "" && command != "" {
		hint = fmt.Sprintf("%q shows the flags", "proxyaddr help "+command)
	}
	c.log("%v", err)
	c.hint(hint)
	return code
}
