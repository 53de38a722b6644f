package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
)

const watchUsage = `Watch finds conflicts soon after they arise. In each period it asks the domain
controllers what was written, and reports conflicts that are new, got worse,
came back or are resolved. It needs the read access that every account of a
domain has, and never writes.

USAGE
  proxyaddr watch -d DOMAIN --state DIR [FLAGS]
  proxyaddr watch -H URL -D USER --state DIR [FLAGS]

EXAMPLE
  proxyaddr watch -d example.com --state state
  proxyaddr watch -d example.com --state state --every 5m --full-at 03:30
  proxyaddr watch --config scan.conf --keytab keytab --state state

Watch prints a line when it begins, and then only news. It reports a failed run
once, and tries again in the next period. After two failed runs in a row it
also runs --notify-command, and again when a run is complete. If the domain
refuses the account, watch waits for an hour so that the account is not locked.

Watch reads everything once a day at --full-at, and whenever the changes alone
could miss a conflict; then it says why. It uses the same state as scans, and
locks it as long as it runs: a scan with the same state ends with exit code 6.
"proxyaddr status" shows it.

Ctrl-C and SIGTERM end watch, with exit code 0. A Windows service that runs it
is stopped by the service manager. You cannot type a password, because watch
logs on again after a lost connection.

Each flag can also be set by a variable (PROXYADDR_BIND_DN for --bind-dn) or a
line "flag = value" in the file that --config names. The command line overrides
the variables, and these override the file.
`

// watchOptions are the settings of a watch.
type watchOptions struct {
	login
	remembering
	base, exclude []string
	keeper        []string
	every         time.Duration
	fullAt        timeOfDay
	config        string
	judge         conflicts.Options
}

const (
	usualPeriod = time.Minute
	minPeriod   = time.Second
)

func (o *watchOptions) addFlags(fs *pflag.FlagSet) {
	o.fullAt = timeOfDay{hour: 2}
	fs.DurationVar(&o.every, "every", usualPeriod, "ask for changes once in this `period`")
	fs.Var(&o.fullAt, "full-at", "read everything once a day at this local `time`")
	o.remembering.addFlags(fs)
	fs.StringArrayVarP(&o.base, "base", "b", nil, "report only the subtree of this `DN` (repeatable); everything is still read and compared")
	fs.StringArrayVar(&o.exclude, "exclude", nil, "leave the subtree of this `DN` out of the report (repeatable)")
	fs.StringSliceVar(&o.keeper, "keeper", nil, "keeper `rules` to ask first, separated by commas: "+conflicts.RuleNames(conflicts.DefaultRules()))
	o.login.addFlags(fs)
	fs.StringVar(&o.config, "config", "", "read settings from this `file`")
}

func (o *watchOptions) check(_ *console, fs *pflag.FlagSet, args []string) error {
	if err := noArguments(args); err != nil {
		return err
	}
	o.failOn = string(memory.FailOnNew)
	switch {
	case !o.named():
		return wrong("name a domain with -d, or a domain controller with -H ldaps://HOST", "nothing to watch")
	case o.state == "":
		return wrong("name the directory that remembers earlier runs with --state", "watch needs --state")
	case o.every < minPeriod:
		return wrong("write for example 60s", "--every %v: must be %v or more", o.every, minPeriod)
	case o.prompt:
		return wrong("use --password-file, --password-command or --keytab", "--prompt does not go with watch, which logs on again when a connection was lost")
	}
	if err := o.remembering.check(fs); err != nil {
		return err
	}
	if err := checkNames(o.base, o.exclude); err != nil {
		return err
	}
	o.judge.Base, o.judge.Exclude = o.base, o.exclude
	var err error
	if o.judge.Rules, err = conflicts.SelectRules(o.keeper); err != nil {
		return unusable(err)
	}
	return o.login.check()
}

func (o *watchOptions) run(ctx context.Context, c *console) (int, error) {
	return asService(ctx, func(ctx context.Context) (int, error) {
		code, err := o.watch(ctx, c)
		if err != nil {
			o.record(c, eventFailed, "watching failed: "+err.Error())
		}
		return code, err
	})
}

// watch watches until ctx ends.
func (o *watchOptions) watch(ctx context.Context, c *console) (int, error) {
	quiet := *c
	quiet.stdin = strings.NewReader("") // nobody is there to answer
	w := &watcher{watchOptions: o, c: &quiet, now: time.Now, gone: goneOwners{}}
	defer w.disconnect()
	first := w.newRun(w.c, w.now())
	if err := first.hold(ctx); err != nil {
		return 0, err
	}
	w.dir = first.dir
	defer w.dir.Close()
	w.say(eventQuiet, "watching %s every %v; everything is read at %s; state in %s", strings.Join(slices.Concat(o.domains, o.urls), ", "), o.every, &o.fullAt, o.state)
	ticker := time.NewTicker(o.every)
	defer ticker.Stop()
	for {
		if err := w.period(ctx); err != nil {
			return 0, err
		}
		select {
		case <-ctx.Done():
			w.say(eventQuiet, "watch has ended")
			return exitClean, nil
		case <-ticker.C:
		}
	}
}

// A timeOfDay is a local time of each day.
type timeOfDay struct{ hour, minute int }

const timeOfDayLayout = "15:04"

func (t *timeOfDay) String() string {
	return time.Date(0, 1, 1, t.hour, t.minute, 0, 0, time.UTC).Format(timeOfDayLayout)
}

func (t *timeOfDay) Set(text string) error {
	at, err := time.Parse(timeOfDayLayout, text)
	if err != nil {
		return wrong("", "write a time such as 02:00")
	}
	t.hour, t.minute = at.Hour(), at.Minute()
	return nil
}

// Type is the placeholder in the help.
func (t *timeOfDay) Type() string { return "time" }

// last returns the last moment with that time, in the time zone of now. If a day does not have
// the time, because clocks are set forward, it is an hour earlier or later; if a day has it
// twice, it counts once.
func (t *timeOfDay) last(now time.Time) time.Time {
	at := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()-days, t.hour, t.minute, 0, 0, now.Location())
	}
	if today := at(0); !today.After(now) {
		return today
	}
	return at(1)
}
