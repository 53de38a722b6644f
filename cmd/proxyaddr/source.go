package main

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/report/words"
)

// A source says what to read: directories, or exports of them.
type source struct {
	login
	input  []string
	config string // of all settings
}

func (s *source) addFlags(fs *pflag.FlagSet) {
	s.login.addFlags(fs)
	fs.StringArrayVar(&s.input, "input", nil, "read this `export` in LDIF, CSV or JSON instead of a domain controller, - for standard input (repeatable)")
	fs.StringVar(&s.config, "config", "", "read settings from this `file`")
}

// check validates the settings before anything is contacted.
func (s *source) check() error {
	var exports []string
	for _, arg := range s.input {
		names, err := filesOf("--input ", arg, "name exports of a directory, in LDIF, CSV or JSON")
		if err != nil {
			return err
		}
		exports = append(exports, names...)
	}
	s.input = exports
	switch {
	case !s.named() && !s.exported():
		return wrong("name a domain with -d, a domain controller with -H ldaps://HOST, or an export with --input", "nothing to read")
	case s.named() && s.exported():
		return wrong("give one of them", "both a directory and --input")
	case len(slices.DeleteFunc(slices.Clone(s.input), func(name string) bool { return name != "-" })) > 1:
		return wrong("put one of the exports into a file", "two exports from stdin")
	case s.named():
		return s.login.check()
	}
	return nil
}

// exported reports whether an export is named.
func (s *source) exported() bool { return len(s.input) > 0 }

// connect opens the directories or the exports, and prints each server with its encryption and
// logon. The caller ends it with done.
func (s *source) connect(ctx context.Context, c *console) (src ldapscan.Source, done func(), err error) {
	if !s.named() {
		x, err := s.openExports(ctx, c)
		if err != nil {
			return nil, nil, s.unreadable(err)
		}
		return x, func() { x.Close() }, nil
	}
	forest, err := s.open(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	c.tellServers(forest.Servers())
	return forest, forest.Close, nil
}

// tellServers prints each server with its encryption and logon, and once the attributes that
// their schemas lack.
func (c *console) tellServers(servers []conflicts.Server) {
	for _, line := range serverLines(servers) {
		c.log("%s", line)
	}
}

func serverLines(servers []conflicts.Server) []string {
	var lines, missing []string
	for i := range servers {
		s := &servers[i]
		lines = append(lines, words.Server(s))
		for _, name := range s.Missing {
			if !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
	}
	if missing != nil {
		lines = append(lines, "note: "+words.MissingAttributes(missing))
	}
	return lines
}

// tellHidden prints what a lookup in a source could not see, and returns it. The error is that of
// ctx: a result without these notes would promise too much.
func (c *console) tellHidden(ctx context.Context, src ldapscan.Source) ([]string, error) {
	notes := src.Hidden(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, note := range notes {
		c.log("note: %s", note)
	}
	return notes, nil
}

func (s *source) openExports(ctx context.Context, c *console) (interface {
	ldapscan.Source
	io.Closer
}, error) {
	switch {
	case len(s.input) > 1:
		return ldapscan.OpenExports(ctx, s.input, c.stdin)
	case s.input[0] == "-":
		return ldapscan.SpoolExport(ctx, "standard input", c.stdin)
	}
	return ldapscan.OpenExport(ctx, s.input[0])
}

// unreadable is the error for an export that could not be read at all.
func (s *source) unreadable(err error) error {
	if e := (*ldapscan.Error)(nil); s.exported() && errors.As(err, &e) {
		return unusable(err)
	}
	return err
}
