package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"proxyaddr/report/words"
)

// A flagGroup is a part of the flags of a command, under its heading in the help.
type flagGroup struct {
	title string
	flags []*pflag.Flag
}

// groups puts a command's own flags first: the connection flags are many, and the same for each
// command. It leaves out groups without flags.
func groups(fs *pflag.FlagSet) []flagGroup {
	connection, general := pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	new(login).addFlags(connection)
	addLogFlags(general)
	list := []flagGroup{{title: "FLAGS"}, {title: "CONNECTION FLAGS"}, {title: "SETTINGS AND LOG FLAGS"}}
	fs.VisitAll(func(f *pflag.Flag) {
		group := &list[0]
		switch {
		case f.Name == "config" || general.Lookup(f.Name) != nil:
			group = &list[2]
		case connection.Lookup(f.Name) != nil:
			group = &list[1]
		}
		group.flags = append(group.flags, f)
	})
	return slices.DeleteFunc(list, func(g flagGroup) bool { return len(g.flags) == 0 })
}

const (
	helpWidth  = 80 // columns of help
	textColumn = 28 // where the text of a flag begins
)

// help is the group as "proxyaddr help COMMAND" prints it.
func (g *flagGroup) help() string {
	var b strings.Builder
	b.WriteString(g.title + "\n")
	for _, f := range g.flags {
		value, text := describe(f)
		names := "      --" + f.Name
		if f.Shorthand != "" {
			names = "  -" + f.Shorthand + ", --" + f.Name
		}
		if value != "" {
			names += " " + value
		}
		if len(names) > textColumn-2 {
			fmt.Fprintln(&b, names)
			names = ""
		}
		for line := range words.Wrap(text, helpWidth-textColumn, words.Columns) {
			fmt.Fprintf(&b, "%-*s%s\n", textColumn, names, line)
			names = ""
		}
	}
	return b.String()
}

// describe returns a word for the value of a flag, empty if it has none, and a text that ends
// with the default.
func describe(f *pflag.Flag) (value, text string) {
	value, text = pflag.UnquoteUsage(f)
	if takesNone(f) {
		value = ""
	}
	if !slices.Contains([]string{"", "0", "0s", "false", "[]"}, f.DefValue) {
		text += " (default " + f.DefValue + ")"
	}
	return value, text
}

// takesNone reports whether a flag has no value, such as --quiet.
func takesNone(f *pflag.Flag) bool { return f.Value.Type() == "bool" }

// choose sets the possible values of a flag, for completion.
func choose(fs *pflag.FlagSet, name string, values ...string) {
	if err := fs.SetAnnotation(name, choicesKey, values); err != nil {
		panic(err) // there is no such flag
	}
}

// choices returns the possible values of a flag, nil if they are not a few words.
func choices(f *pflag.Flag) []string { return f.Annotations[choicesKey] }

const choicesKey = "choices"
