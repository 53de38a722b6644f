package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts/memory"
	"proxyaddr/report/statedir"
	"proxyaddr/report/status"
)

const statusUsage = `Status shows what the last scan with --state remembered: whether it was
complete, how old it is, and the conflicts that are new, got worse or went
away. With the ID of a conflict it shows everything that is remembered about
it. It reads the state and contacts no server.

USAGE
  proxyaddr status --state DIR [FLAGS]
  proxyaddr status C-ID --state DIR

EXAMPLE
  proxyaddr status --state state
  proxyaddr status --state state --format nagios --max-age 26h
  proxyaddr status --state watch --format nagios --max-age 10m --news-for 1h
  proxyaddr status C-UHWUJZ5NTZM5KSVQ --state state

The exit status is 0 if the state could be shown, and 2 if there is none that
can be read. With --format nagios it is that of a plugin: 0 OK, 1 WARNING
(news), 2 CRITICAL (incomplete, or older than --max-age), 3 UNKNOWN (no state,
or wrong usage). With json, prometheus and prtg it is 0: the output says that
there is none. With prtg it is 3 for wrong usage, which the output explains.
`

// statusOptions are the settings of a status.
type statusOptions struct {
	formatting
	state, config string
	maxAge        time.Duration
	newsFor       time.Duration
	id            string
}

func (o *statusOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.state, "state", "", "`directory` in which scan remembers its runs")
	fs.DurationVar(&o.maxAge, "max-age", 0, "how old the last complete run may be, for example 26h; 0 allows any `age`")
	fs.DurationVar(&o.newsFor, "news-for", 0, "show as news what any run reported within this `time`, not only the last one")
	o.formatting.addFlags(fs, statusFormats.names())
	fs.StringVar(&o.config, "config", "", "read settings from this `file`")
}

func (o *statusOptions) check(_ *console, fs *pflag.FlagSet, args []string) error {
	if err := o.formatting.check(fs, statusFormats.names()); err != nil {
		return err
	}
	switch {
	case o.state == "":
		return wrong("name the directory of scan with --state", "no state to show")
	case o.maxAge < 0:
		return wrong("write for example 26h", "--max-age %v: must not be negative", o.maxAge)
	case o.newsFor < 0:
		return wrong("write for example 1h", "--news-for %v: must not be negative", o.newsFor)
	case len(args) > 1:
		return wrong("", "unexpected argument %q", args[1])
	case len(args) == 1 && o.format != "text":
		return wrong("--format json has all conflicts", "one conflict is shown as text only")
	case len(args) == 1:
		o.id = args[0]
	}
	return nil
}

func (o *statusOptions) run(_ context.Context, c *console) (int, error) {
	r := &status.Report{Now: time.Now(), MaxAge: o.maxAge, Version: version()}
	state, err := statedir.Read(o.state)
	switch {
	case err == nil:
		r.State = state
		if o.newsFor > 0 {
			state.Retold(r.Now.Add(-o.newsFor))
		}
	case o.format == "text":
		return 0, unusable(err)
	default:
		r.Problem = err.Error()
	}
	if o.id != "" {
		return o.show(c, r)
	}
	if err := statusFormats.write(c, &o.formatting, r); err != nil {
		return 0, err
	}
	if level, _ := r.Level(); o.format == "nagios" {
		return int(level), nil
	}
	return exitClean, nil
}

// misused tells a monitoring system of a wrong usage. The flags may not all have been read, so
// the format is looked for in what was written.
func (o *statusOptions) misused(c *console, args []string, err error) int {
	format := cmp.Or(c.getenv(variableOf("format")), o.format)
	if fixed := slices.Index(args, "--format"); fixed >= 0 && fixed+1 < len(args) {
		format = args[fixed+1]
	}
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--format="); ok {
			format = value
		}
	}
	if format != "nagios" && format != "prtg" {
		return exitUsage
	}
	// stderr has the error already, should stdout not take it.
	_ = statusFormats.writeAs(c, format, &status.Report{Problem: err.Error(), Now: time.Now(), Version: version()})
	return int(status.Unknown)
}

// show prints everything that is remembered about a conflict.
func (o *statusOptions) show(c *console, r *status.Report) (int, error) {
	found, err := remembered(r.State, o.id, o.state)
	if err != nil {
		return 0, err
	}
	for _, k := range found {
		if err := r.Case(c.stdout, k); err != nil {
			return 0, unprinted(err)
		}
	}
	return exitClean, nil
}

// remembered returns the conflicts with this ID, now or earlier.
func remembered(state *memory.State, id, dir string) ([]*memory.Case, error) {
	found := state.Find(id)
	if len(found) == 0 {
		return nil, wrong("proxyaddr status --format json lists all conflicts", "%s: no conflict of this ID is remembered in %s", id, dir)
	}
	return found, nil
}
