package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/pflag"

	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/locator"
	"proxyaddr/report/outdir"
)

// The voice of the command: stdout carries data and nothing else. All else goes
// to stderr behind the program's name, without a capital and a full stop. An
// error names the object first and is followed by a hint where there is one.

// Exit codes. A scan that is incomplete says so even if it found conflicts.
const (
	exitClean       = 0
	exitConflicts   = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitConnect     = 4
	exitStale       = 5
	exitInterrupted = 130
)

const exitStatus = `EXIT STATUS
  0    clean: everything was read, and no address is claimed twice or taken
  1    conflicts found, or an address taken; with --compare-dcs, differences
  2    wrong usage or unreadable input
  3    incomplete: something could not be read, or an output not be written
       (also when conflicts were found), or a change was not made
  4    no server found or reached, no TLS, or the bind was refused
  5    stale or denied: the directory is no longer as it was, the account may
       not make the change, a fix file was changed after it was written, or a
       workbook is not of its scan or has mistakes
  130  interrupted, or not confirmed
`

// A command is one subcommand.
type command struct {
	name, about string
	// new returns the command's flags, and what to do once they are set.
	new func(*console) (*pflag.FlagSet, func(ctx context.Context, args []string) (int, error))
	// usage stands above the flags in its help.
	usage string
}

var commands = []command{
	{"scan", "scan a directory or an LDIF export for conflicts", newScan, scanUsage},
	{"check", "tell whether addresses are free, and who has them", newCheck, checkUsage},
	{"event", "tell what an event 9514 or 9217 of Exchange is about", newEvent, eventUsage},
	{"demo", "scan a made-up company and show what comes out", newDemo, demoUsage},
	{"fix", "write the fix files of what was approved in the workbook", newFix, fixUsage},
	{"verify", "compare fix files with the directory as it is now", newVerify, verifyUsage},
	{"apply", "make the changes of fix files, and take them back", newApply, applyUsage},
	{"version", "print the version", newVersion, versionUsage},
}

// A usageError is a mistake in how the command was called.
type usageError struct{ problem, hint string }

func (e *usageError) Error() string { return e.problem }

// unopened is the error of a file that a flag or an argument names.
func unopened(hint string, err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = fmt.Errorf("%s: %w", e.Path, e.Err)
	}
	return &usageError{err.Error(), hint}
}

// An outputError is a result that could not be written.
type outputError struct {
	error
	hint string
}

// unpublished is the error of what writes to an output directory.
func unpublished(dir string, err error) error {
	if r := (*outdir.Refusal)(nil); errors.As(err, &r) {
		return &outputError{err, r.Hint}
	}
	return &outputError{err, dir + " needs room and write access; -o names another directory"}
}

// unprinted is the error of what writes to stdout.
func unprinted(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		err = e.Err
	}
	return &outputError{fmt.Errorf("stdout: %w", err), "what was printed ends early and is of no use"}
}

// gcPercent is lower than Go's 100, as nearly all that a scan keeps is the index,
// and grows but slowly: collecting more often costs no time that can be measured
// and saves a fifth of the memory.
const gcPercent = 40

// run is the whole program but for the exit. It may be called by tests.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	c := &console{stdin: stdin, stdout: stdout, stderr: stderr, getenv: os.Getenv}
	return c.run(ctx, args)
}

func (c *console) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(c.stderr, overview())
		return exitUsage
	}
	name, args := args[0], args[1:]
	if name == "help" || name == "-h" || name == "--help" {
		if len(args) == 0 {
			fmt.Fprint(c.stdout, overview())
			return exitClean
		}
		name, args = args[0], []string{"--help"}
	}
	for _, cmd := range commands {
		if cmd.name == name {
			code, err := cmd.run(ctx, c, args)
			if err == nil {
				return code
			}
			return c.fail(ctx, cmd.name, err)
		}
	}
	return c.fail(ctx, "", &usageError{fmt.Sprintf("unknown command %q", name), `"proxyaddr help" lists the commands`})
}

func (cmd *command) run(ctx context.Context, c *console, args []string) (int, error) {
	fs, do := cmd.new(c)
	fs.SortFlags = false
	fs.Usage = func() {}
	if err := fs.Parse(args); errors.Is(err, pflag.ErrHelp) {
		flags := ""
		if fs.HasFlags() {
			flags = "FLAGS\n" + fs.FlagUsagesWrapped(80) + "\n"
		}
		fmt.Fprint(c.stdout, cmd.usage, "\n", flags, exitStatus)
		return exitClean, nil
	} else if err != nil {
		return 0, &usageError{problem: err.Error()}
	}
	return do(ctx, fs.Args())
}

// fail prints an error with its hint and returns the exit code for it.
func (c *console) fail(ctx context.Context, name string, err error) int {
	var (
		usage  *usageError
		open   *ldapscan.Error
		locate *locator.Error
		output *outputError
		stale  *staleError
	)
	if ctx.Err() != nil {
		c.log("interrupted")
		return exitInterrupted
	}
	c.log("%v", err)
	switch {
	case errors.As(err, &usage):
		hint := usage.hint
		if hint == "" && name != "" {
			hint = fmt.Sprintf("%q shows the flags", "proxyaddr help "+name)
		}
		c.hint(hint)
		return exitUsage
	case errors.As(err, &output):
		c.hint(output.hint)
		return exitIncomplete
	case errors.As(err, &stale):
		c.hint(stale.hint)
		return exitStale
	case errors.As(err, &open):
		c.hint(open.Hint)
	case errors.As(err, &locate):
		c.hint(locate.Hint)
	}
	return exitConnect
}

func overview() string {
	s := `proxyaddr finds the proxy addresses that more than one directory object claims
(Exchange event 9514), says who should keep each, and writes an Excel report and
LDIF files that put it right. No command but apply writes to a directory.

USAGE
  proxyaddr COMMAND [FLAGS]

COMMANDS
`
	for _, cmd := range commands {
		s += fmt.Sprintf("  %-10s %s\n", cmd.name, cmd.about)
	}
	return s + `
EXAMPLE
  proxyaddr demo
  proxyaddr scan -H ldaps://dc1.example.com -D admin@example.com -W -o audit

"proxyaddr help COMMAND" shows the flags of a command.

` + exitStatus
}
