package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"proxyaddr/report/ini"
	"proxyaddr/report/words"
)

// alternatives are groups of flags that replace each other: if a level sets one, lower levels do
// not set any of its group. A flag that is set to false does not count.
var alternatives = [][]string{
	{"url", "domain", "input"},
	{"prompt", "password-file", "password-command", "keytab", "ccache"},
	{"format", "quiet"},
}

// settle sets the flags that are not on the command line from PROXYADDR_* variables, and the rest
// from the file that --config names. The variable of --bind-dn is PROXYADDR_BIND_DN; a repeatable
// flag takes one value on each line.
//
// The file has lines "flag = value" with the long names of the flags; a repeatable flag has
// several lines. Empty lines and lines that begin with "#" are skipped.
//
// One file and one environment serve all commands: flags and formats that only other commands
// have are skipped. --report is set by neither: each command would replace the file of another.
//
// A command without --config has no settings.
func (c *console) settle(fs *pflag.FlagSet) error {
	if fs.Lookup("config") == nil {
		return nil
	}
	fixed := map[string]bool{}
	level := func() {
		fs.Visit(func(f *pflag.Flag) { fixed[f.Name] = true })
		for _, group := range alternatives {
			if slices.ContainsFunc(group, func(name string) bool {
				f := fs.Lookup(name)
				return fixed[name] && !(f != nil && f.Value.Type() == "bool" && f.Value.String() == "false")
			}) {
				for _, name := range group {
					fixed[name] = true
				}
			}
		}
	}
	set := func(name, value string) error {
		if name == "format" && formatOfAnother(fs, value) {
			return nil
		}
		return fs.Set(name, value)
	}
	level()
	var failed error
	fs.VisitAll(func(f *pflag.Flag) {
		variable := variableOf(f.Name)
		value := c.getenv(variable)
		if value == "" || f.Name == "report" || fixed[f.Name] || failed != nil {
			return
		}
		for line := range strings.Lines(value) {
			if err := set(f.Name, strings.TrimRight(line, "\r\n")); err != nil {
				failed = wrong("", "%s: %v", variable, err)
			}
		}
	})
	level()
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, cmd := range commands {
		all.AddFlagSet(cmd.flags(cmd.new()))
	}
	c.warnOfVariables(all)
	path, err := fs.GetString("config")
	if failed != nil || err != nil || path == "" {
		return failed
	}
	return readConfig(path, func(name, value string) error {
		if name == "config" {
			return wrong("write the settings of the other file into this one", "a settings file cannot name another one")
		}
		if name == "report" {
			return wrong("name it on the command line: each command writes a report of its own", "a settings file cannot name a report")
		}
		if all.Lookup(name) == nil {
			hint := ""
			if near := nearestFlag(all, strings.TrimLeft(name, "-")); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return wrong(hint, "unknown setting %q", name)
		}
		if fixed[name] || fs.Lookup(name) == nil {
			return nil
		}
		return set(name, value)
	})
}

const variablePrefix = "PROXYADDR_"

// variableOf returns the variable of a flag.
func variableOf(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// warnOfVariables warns about variables that set no flag of any command. They are not an error,
// because other programs may use the prefix, and --notify-command gets variables with it.
func (c *console) warnOfVariables(all *pflag.FlagSet) {
	if c.getenv(variablePrefix+"SUMMARY") != "" {
		return
	}
	var known []string
	all.VisitAll(func(f *pflag.Flag) {
		if f.Name != "report" {
			known = append(known, strings.ReplaceAll(f.Name, "-", "_"))
		}
	})
	for _, variable := range c.environ {
		variable, value, _ := strings.Cut(variable, "=")
		name, ours := strings.CutPrefix(variable, variablePrefix)
		if name = strings.ToLower(name); !ours || value == "" || slices.Contains(known, name) {
			continue
		}
		c.log("warning: the variable %s sets nothing", variable)
		if near := nearest(name, known); near != "" {
			c.hint(fmt.Sprintf("did you mean %s?", variableOf(near)))
		}
	}
}

// formatOfAnother reports whether another command has this format, and this one does not.
func formatOfAnother(fs *pflag.FlagSet, value string) bool {
	own := choices(fs.Lookup("format"))
	if compares, err := fs.GetBool("compare-dcs"); err == nil && compares {
		own = comparisonFormats.names()
	}
	return !slices.Contains(own, value) && slices.ContainsFunc(commands, func(cmd command) bool {
		f := cmd.flags(cmd.new()).Lookup("format")
		return f != nil && slices.Contains(choices(f), value)
	})
}

func readConfig(path string, set func(name, value string) error) error {
	const hint = `--config names a file with lines such as "bind-dn = anna@example.com"`
	f, err := os.Open(path)
	if err != nil {
		return unopened(hint, err)
	}
	defer f.Close()
	text, err := io.ReadAll(decoded(f))
	if err != nil {
		return unopened(hint, err)
	}
	for line := range ini.Lines(string(text)) {
		if line.Kind != ini.Comment && !isText(line.Raw) {
			return wrong("save it as UTF-8, or as UTF-16 with a byte order mark", "%s:%d: not UTF-8 text", path, line.Number)
		}
		switch line.Kind {
		case ini.Empty, ini.Comment:
			continue
		case ini.Setting:
			err = set(line.Name, line.Value)
		default:
			err = errors.New("not of the form flag = value")
		}
		if err != nil {
			return &failure{exitUsage, fmt.Errorf("%s:%d: %w", path, line.Number, err), hintOf(err)}
		}
	}
	return nil
}

// unreported are flags that do not change the findings: where secrets and certificates come from,
// and where results and the log go.
var unreported = []string{"config", "output", "replace", "keep", "format", "report", "quiet", "stats", "prompt", "password-file", "password-command", "keytab", "ccache", "ca-file",
	"cert-file", "key-file", "metrics", "notify-command", "event-log", "log-level", "log-file", "log-values"}

// commandLine writes the settings in force as a command line for the reports.
func commandLine(fs *pflag.FlagSet) string {
	line := []string{"proxyaddr", fs.Name()}
	fs.Visit(func(f *pflag.Flag) {
		if slices.Contains(unreported, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if many, ok := f.Value.(pflag.SliceValue); ok {
			values = many.GetSlice()
		}
		for _, v := range values {
			if f.Value.Type() == "bool" {
				line = append(line, "--"+f.Name+"="+v)
				continue
			}
			line = append(line, "--"+f.Name, words.Quoted(v))
		}
	})
	return strings.Join(line, " ")
}

// connecting are the flags with which a command finds a directory and binds to it, except the
// secrets.
var connecting = []string{"domain", "url", "dns", "starttls", "auth", "bind-dn", "ca-file", "cert-file", "key-file"}

// connection writes those that were given. It puts words in double quotes where necessary,
// because cmd, PowerShell and POSIX shells all know these. Files are named in full, because the
// commands are run in the directory of the outputs.
func connection(fs *pflag.FlagSet) string {
	var line []string
	for _, name := range connecting {
		f := fs.Lookup(name)
		if f == nil || !f.Changed {
			continue
		}
		flag := "--" + name
		if f.Shorthand != "" {
			flag = "-" + f.Shorthand
		}
		values := []string{f.Value.String()}
		if many, ok := f.Value.(pflag.SliceValue); ok {
			values = many.GetSlice()
		}
		for _, v := range values {
			line = append(line, flag)
			if strings.HasSuffix(name, "-file") {
				if path, err := filepath.Abs(v); err == nil {
					v = path
				}
			}
			if f.Value.Type() != "bool" {
				line = append(line, words.Quoted(v))
			}
		}
	}
	return strings.Join(line, " ")
}
