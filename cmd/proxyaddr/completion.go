package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
)

const completionUsage = `Completion prints a script for a shell, which then completes the commands of
proxyaddr, their flags and the values that a flag can have. It contacts
nothing, and the script runs no program.

USAGE
  proxyaddr completion SHELL

EXAMPLE
  proxyaddr completion bash >/etc/bash_completion.d/proxyaddr
  proxyaddr completion zsh >/usr/local/share/zsh/site-functions/_proxyaddr
  proxyaddr completion fish >~/.config/fish/completions/proxyaddr.fish
  proxyaddr completion powershell >>$PROFILE

SHELL is bash, zsh, fish or powershell. A new shell reads the script.
`

// shells lists the shells that have a script.
var shells = []struct {
	name  string
	write func(w *strings.Builder, table []shellCommand)
}{
	{"bash", bashCompletion}, {"zsh", zshCompletion}, {"fish", fishCompletion}, {"powershell", powershellCompletion},
}

type completionOptions struct {
	write func(w *strings.Builder, table []shellCommand)
}

func (*completionOptions) addFlags(*pflag.FlagSet) {}

func (o *completionOptions) check(_ *console, _ *pflag.FlagSet, args []string) error {
	hint := "write " + conflicts.Enumerate(o.arguments(), "or")
	switch {
	case len(args) == 0:
		return wrong(hint, "no shell to write for")
	case len(args) > 1:
		return wrong("", "unexpected argument %q", args[1])
	}
	for _, shell := range shells {
		if shell.name == args[0] {
			o.write = shell.write
			return nil
		}
	}
	return wrong(hint, "unknown shell %q", args[0])
}

func (o *completionOptions) run(_ context.Context, c *console) (int, error) {
	var script strings.Builder
	o.write(&script, shellCommands(commands))
	if _, err := io.WriteString(c.stdout, script.String()); err != nil {
		return 0, unprinted(err)
	}
	return exitClean, nil
}

func (*completionOptions) arguments() []string {
	names := make([]string, len(shells))
	for i := range shells {
		names[i] = shells[i].name
	}
	return names
}

// An argumentChooser is an action whose arguments are chosen from a few words. For the others a
// shell offers files.
type argumentChooser interface{ arguments() []string }

// A shellCommand is a command as the scripts know it.
type shellCommand struct {
	name, about string
	arguments   []string // to choose from
	flags       []shellFlag
}

type shellFlag struct {
	name, letter, about string
	value               string   // a word for the value, empty if the flag has none
	values              []string // to choose from
	files, directories  bool     // what the value names
	repeatable          bool
}

// shellCommands describes the commands of a table, and help.
func shellCommands(table []command) []shellCommand {
	var list []shellCommand
	help := shellCommand{name: "help", about: "show the flags of a command"}
	for _, cmd := range table {
		action := cmd.new()
		done := shellCommand{name: cmd.name, about: cmd.about}
		if a, ok := action.(argumentChooser); ok {
			done.arguments = a.arguments()
		}
		cmd.flags(action).VisitAll(func(f *pflag.Flag) { done.flags = append(done.flags, newShellFlag(f)) })
		list = append(list, done)
		help.arguments = append(help.arguments, cmd.name)
	}
	return append(list, help)
}

func newShellFlag(f *pflag.Flag) shellFlag {
	value, about := describe(f)
	_, repeatable := f.Value.(pflag.SliceValue)
	return shellFlag{name: f.Name, letter: f.Shorthand, about: about, value: value, values: choices(f), repeatable: repeatable,
		files: slices.Contains([]string{"file", "export", "journal", "workbook"}, value), directories: value == "directory"}
}

// names returns the names of the flags for which keep is true, or of all if keep is nil.
func (c *shellCommand) names(keep func(*shellFlag) bool) []string {
	var names []string
	for i := range c.flags {
		if f := &c.flags[i]; keep == nil || keep(f) {
			names = append(names, f.names()...)
		}
	}
	return names
}

// names returns the long name of a flag and its letter, if it has one.
func (f *shellFlag) names() []string {
	if f.letter == "" {
		return []string{"--" + f.name}
	}
	return []string{"--" + f.name, "-" + f.letter}
}

// free reports whether the value of a flag is a text that a shell cannot complete.
func (f *shellFlag) free() bool {
	return f.value != "" && f.values == nil && !f.files && !f.directories
}
