package main

import (
	"context"
	"errors"

	"github.com/spf13/pflag"
)

// A command is one subcommand.
type command struct {
	name, about string
	// usage comes before the flags in its help.
	usage string
	new   func() action
}

// An action is one use of a command. The driver, [command.run], calls its methods
// in this order.
type action interface {
	addFlags(fs *pflag.FlagSet)
	// check validates the settings, once the flags are set and before anything is contacted or
	// asked for. It reports the first mistake.
	check(c *console, fs *pflag.FlagSet, args []string) error
	// run returns the exit code, or an error that has one (see [console.fail]).
	run(ctx context.Context, c *console) (int, error)
}

// A monitored action is one whose output a monitoring system may read, which has to be told of a
// wrong usage in its own way. It returns the exit code that the system understands.
type monitored interface {
	misused(c *console, args []string, err error) (code int)
}

var commands = []command{
	{"scan", "scan a directory or an LDIF export for conflicts", scanUsage, func() action { return &scanOptions{} }},
	{"check", "tell whether addresses are free, and who has them", checkUsage, func() action { return &checkOptions{} }},
	{"event", "explain event 9514 or 9217 of Exchange", eventUsage, func() action { return &eventOptions{} }},
	{"demo", "scan a made-up company, to see the results", demoUsage, func() action { return &demoOptions{} }},
	{"fix", "write fix files for the changes approved in the workbook", fixUsage, func() action { return &fixOptions{} }},
	{"verify", "compare fix files with the directory as it is now", verifyUsage, func() action { return &verifyOptions{} }},
	{"apply", "make the changes of fix files, or undo them", applyUsage, func() action { return &applyOptions{} }},
	{"watch", "report conflicts soon after they arise", watchUsage, func() action { return &watchOptions{} }},
	{"status", "show what scans with --state remember", statusUsage, func() action { return &statusOptions{} }},
	{"suppress", "ignore known conflicts for a time, with a reason", suppressUsage, func() action { return &suppressOptions{} }},
	{"completion", "print a completion script for a shell", completionUsage, func() action { return &completionOptions{} }},
	{"man", "print a manual page", manUsage, func() action { return &manOptions{} }},
	{"version", "print the version", versionUsage, func() action { return &versionOptions{} }},
}

// flags returns the flags of an action.
func (cmd *command) flags(a action) *pflag.FlagSet {
	fs := pflag.NewFlagSet(cmd.name, pflag.ContinueOnError)
	fs.SortFlags = false
	fs.Usage = func() {}
	a.addFlags(fs)
	return fs
}

// run runs the command and returns its exit code.
func (cmd *command) run(ctx context.Context, c *console, args []string) int {
	a := cmd.new()
	fs := cmd.flags(a)
	fail := func(err error) int {
		code := c.fail(ctx, cmd.name, err)
		if m, ok := a.(monitored); ok && code == exitUsage {
			return m.misused(c, args, err)
		}
		return code
	}
	err := fs.Parse(args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return c.print(ctx, cmd.help(fs))
	case err != nil:
		return fail(misspelt(err, fs))
	}
	err = await(ctx, func() error { // reading files may take long
		if err := c.settle(fs); err != nil {
			return err
		}
		return a.check(c, fs, fs.Args())
	})
	if err != nil {
		return fail(err)
	}
	end, err := c.startLog(fs)
	if err != nil {
		return fail(err)
	}
	code, err := a.run(ctx, c)
	if err != nil {
		code = fail(err)
	}
	end(code)
	return code
}

func noArguments(args []string) error {
	if len(args) > 0 {
		return wrong(instead(args[0], ""), "unexpected argument %q", args[0])
	}
	return nil
}

// textOf returns the text of an error, or "" for nil.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
