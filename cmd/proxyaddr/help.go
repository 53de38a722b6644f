package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// print prints a text of the program itself, and returns the exit code.
func (c *console) print(ctx context.Context, text string) int {
	if _, err := io.WriteString(c.stdout, text); err != nil {
		return c.fail(ctx, "", unprinted(err))
	}
	return exitClean
}

// help is what "proxyaddr help COMMAND" prints.
func (cmd *command) help(fs *pflag.FlagSet) string {
	text := cmd.usage + "\n"
	for _, g := range groups(fs) {
		text += g.help() + "\n"
	}
	return text + exitStatus()
}

const (
	overviewIntro = `proxyaddr finds the proxy addresses that more than one directory object claims
(Exchange event 9514), says who should keep each, and writes an Excel report
and LDIF files that correct it. No command but apply writes to a directory.
`
	overviewUsage = `  proxyaddr COMMAND [FLAGS]
`
	overviewExamples = `  proxyaddr demo
  proxyaddr scan -H ldaps://dc1.example.com -D admin@example.com -W -o audit
`
)

func overview() string {
	s := overviewIntro + "\nUSAGE\n" + overviewUsage + "\nCOMMANDS\n"
	for _, cmd := range commands {
		s += fmt.Sprintf("  %-11s %s\n", cmd.name, cmd.about)
	}
	return s + "\nEXAMPLE\n" + overviewExamples + `
"proxyaddr help COMMAND" shows the flags of a command.

` + exitStatus()
}

// unknownCommand is the error for an unknown command.
func unknownCommand(name string) error {
	names := []string{"help"}
	for _, cmd := range commands {
		names = append(names, cmd.name)
	}
	hint := `"proxyaddr help" lists the commands`
	if strings.HasPrefix(name, "-") {
		hint = "write the command first, then its flags; " + hint
	}
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q? %s", near, hint)
	}
	return wrong(hint, "unknown command %q", name)
}

// misspelt is the error for flags that could not be parsed.
func misspelt(err error, fs *pflag.FlagSet) error {
	hint := ""
	if e := (*pflag.NotExistError)(nil); errors.As(err, &e) {
		// pflag reads a name after a single dash as letters.
		if near := nearestFlag(fs, cmp.Or(e.GetSpecifiedShortnames(), e.GetSpecifiedName())); near != "" {
			hint = fmt.Sprintf("did you mean --%s? %q shows the flags", near, "proxyaddr help "+fs.Name())
		}
	}
	return &failure{exitUsage, err, hint}
}

// nearestFlag returns the long name of the flag that the user likely meant by a name, or "".
func nearestFlag(fs *pflag.FlagSet, name string) string {
	var names []string
	fs.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return nearest(name, names)
}

// nearest returns the name that the user likely meant, or "": up to a third of the letters may be
// wrong, or the word is the beginning of exactly one name.
func nearest(typed string, names []string) string {
	typed = strings.ToLower(typed)
	if len(typed) < 2 {
		return ""
	}
	best, least := "", max(1, len(typed)/3)+1
	var begun []string
	for _, name := range names {
		if strings.HasPrefix(name, typed) {
			begun = append(begun, name)
		}
		if len(typed) >= len(name)+least {
			continue // the lengths differ too much
		}
		if d := distance(typed, name); d < least {
			best, least = name, d
		}
	}
	if best == "" && len(begun) == 1 {
		return begun[0]
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with the next one to turn
// a into b (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
