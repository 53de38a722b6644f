package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/report"
	"proxyaddr/report/statedir"
	"proxyaddr/report/suppression"
	"proxyaddr/report/words"
	"proxyaddr/report/workbook"
)

const suppressUsage = `Suppress leaves conflicts for a time, with a reason. It writes them to a file
that scan --suppressions reads. They stay visible in every output and are
counted separately, but do not make a scan fail, and their changes are not in
the fix files.

USAGE
  proxyaddr suppress C-ID... --until DATE --reason TEXT \
                     --state DIR --suppressions FILE
  proxyaddr suppress --from-workbook report.xlsx --until DATE \
                     --suppressions FILE
  proxyaddr suppress --list --suppressions FILE [--state DIR]
  proxyaddr suppress --prune --suppressions FILE [--state DIR]

EXAMPLE
  proxyaddr suppress C-ID --until 2027-03-31 --reason "merger" --config my.conf
  proxyaddr suppress --list --suppressions suppressions.txt

A suppression ends after the day of --until, when an owner joins the conflict,
or when its class becomes more urgent. The current owners and class come from
the state of scan --state.

--from-workbook adds the conflicts that reviewers rejected or deferred. Their
comments become the reasons; --reason is for conflicts without a comment.

--prune deletes the suppressions that have ended, and with --state also those
that match no conflict of the last complete run.
`

// suppressOptions are the settings of a change of the suppressions.
type suppressOptions struct {
	state, suppressions, config string
	until, reason, workbook     string
	list, prune                 bool
	ids                         []string
	end                         time.Time // of --until; zero for never
	now                         time.Time
}

func (o *suppressOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.until, "until", "", "last `day` on which it holds, in UTC, for example 2027-03-31; or never")
	fs.StringVar(&o.reason, "reason", "", "`text` that says why")
	fs.StringVar(&o.state, "state", "", "`directory` in which scan remembers its runs")
	fs.StringVar(&o.suppressions, "suppressions", "", "`file` of the suppressions; it is created if it is missing")
	fs.StringVar(&o.workbook, "from-workbook", "", "add the conflicts that reviewers rejected or deferred in this `workbook`")
	fs.BoolVar(&o.list, "list", false, "list the suppressions")
	fs.BoolVar(&o.prune, "prune", false, "delete the suppressions that have ended or match nothing")
	fs.StringVar(&o.config, "config", "", "read settings from this `file`")
}

func (o *suppressOptions) check(_ *console, _ *pflag.FlagSet, args []string) error {
	o.ids, o.now = args, time.Now()
	kinds := 0
	for _, asked := range []bool{len(args) > 0, o.workbook != "", o.list, o.prune} {
		if asked {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		return wrong("name the ID of a conflict, or give --from-workbook, --list or --prune", "nothing to suppress")
	case kinds > 1:
		return wrong("give one of them", "more than one of IDs, --from-workbook, --list and --prune")
	case o.suppressions == "":
		return wrong("name one with --suppressions", "no file for the suppressions")
	case o.list || o.prune:
		return nil
	case o.state == "" && o.workbook == "":
		return wrong("name the directory of scan with --state", "no state with the conflict")
	case strings.TrimSpace(o.reason) == "" && o.workbook == "":
		return wrong("say why with --reason", "a suppression needs a reason")
	}
	return o.parseUntil()
}

func (o *suppressOptions) parseUntil() (err error) {
	const hint = "write for example --until 2027-03-31, or --until never"
	switch o.until {
	case "":
		return wrong(hint, "a suppression needs an end")
	case words.Never:
		return nil
	}
	if o.end, err = time.Parse(memory.Day, o.until); err != nil {
		return wrong(hint, "--until %s: not a date", o.until)
	}
	if o.end.IsZero() || (&memory.Suppression{Until: o.end}).Over(o.now) {
		return wrong(hint, "--until %s: has passed", o.until)
	}
	return nil
}

func (o *suppressOptions) run(_ context.Context, c *console) (int, error) {
	var state *memory.State
	var err error
	if o.state != "" {
		if state, err = statedir.Read(o.state); err != nil {
			return 0, unusable(err)
		}
	}
	if o.list || o.prune {
		file, err := c.loadSuppressions(o.suppressions)
		switch {
		case err != nil:
			return 0, err
		case o.list:
			return o.show(c, file, state)
		}
		return o.clear(c, file, state)
	}
	var chosen []memory.Suppression
	if o.workbook != "" {
		chosen, err = o.reviewed()
		if review := (*workbook.ReviewError)(nil); errors.As(err, &review) {
			return c.refuse(err)
		}
		if err != nil {
			return 0, err
		}
	} else if chosen, err = o.named(state); err != nil {
		return 0, err
	}
	file, err := c.suppressionsToAddTo(o.suppressions)
	if err != nil {
		return 0, err
	}
	for _, s := range chosen {
		if err := file.Set(s); err != nil {
			return 0, wrong("", "%v", err)
		}
	}
	if err := o.save(file); err != nil {
		return 0, err
	}
	c.log("wrote %s to %s", words.Quantity(len(chosen), "suppression"), o.suppressions)
	return exitClean, nil
}

// suppressionsToAddTo reads a file, or begins a new one if it is missing.
func (c *console) suppressionsToAddTo(path string) (*suppression.File, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return &suppression.File{}, nil
	}
	return c.loadSuppressions(path)
}

// named returns the suppressions of the conflicts with the IDs.
func (o *suppressOptions) named(state *memory.State) (list []memory.Suppression, err error) {
	for _, id := range o.ids {
		found, err := remembered(state, id, o.state)
		if err != nil {
			return nil, err
		}
		for _, k := range found {
			if k.Status == memory.Resolved {
				return nil, wrong("leave it out", "%s: is resolved", k.ID)
			}
			if !slices.ContainsFunc(list, func(s memory.Suppression) bool { return s.ID == k.ID }) {
				list = append(list, k.Suppression(o.end, o.reason, author()))
			}
		}
	}
	return list, nil
}

// reviewed returns the suppressions of the conflicts that reviewers rejected or deferred.
func (o *suppressOptions) reviewed() (list []memory.Suppression, err error) {
	decisions, err := report.ReadWorkbook(o.workbook)
	if review := (*workbook.ReviewError)(nil); err != nil && !errors.As(err, &review) {
		return nil, unopened("name the report.xlsx of a scan, for example audit/report.xlsx", err)
	}
	if err != nil {
		return nil, err
	}
	// Nothing is written to a directory, so it does not matter which addresses are free.
	free := func(conflicts.Address, conflicts.Ref) *conflicts.Object { return nil }
	decided, err := decisions.Approved(free)
	if err != nil {
		return nil, err
	}
	for _, left := range decided.Review.Left {
		if left.Decision != conflicts.Rejected && left.Decision != conflicts.Deferred {
			continue
		}
		reason := strings.Join(left.Comments, "; ")
		if reason == "" {
			reason = o.reason
		}
		if reason == "" {
			return nil, wrong("say why with --reason", "%s: %s without a comment", left.Conflict.ID, left.Decision)
		}
		list = append(list, memory.CaseOf(left.Conflict).Suppression(o.end, reason, author()))
	}
	if len(list) == 0 {
		return nil, wrong("reviewers choose Reject or Defer in the sheet Decide", "%s: no conflict is rejected or deferred", o.workbook)
	}
	return list, nil
}

// author returns the name of the user.
func author() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

func (o *suppressOptions) save(file *suppression.File) error {
	err := file.Save(o.suppressions)
	switch {
	case errors.Is(err, suppression.ErrChanged):
		return &failure{exitIncomplete, bare(err), "run the command again"}
	case err != nil:
		return &failure{exitIncomplete, bare(err), "--suppressions names a file that this account may write"}
	}
	return nil
}

// show lists the suppressions.
func (o *suppressOptions) show(c *console, file *suppression.File, state *memory.State) (int, error) {
	list := file.List()
	effects := state.Effects(list, o.now)
	for i, s := range list {
		terms := &conflicts.SuppressionTerms{Until: s.Until, Reason: s.Reason, By: s.By}
		line := fmt.Sprintf("%s  %s  %s  %s", s.ID, effects[i], s.Address, words.Suppression(terms))
		if _, err := fmt.Fprintln(c.stdout, words.Escape(line)); err != nil {
			return 0, unprinted(err)
		}
	}
	return exitClean, nil
}

// clear deletes the suppressions that have ended or match nothing.
func (o *suppressOptions) clear(c *console, file *suppression.File, state *memory.State) (int, error) {
	if state != nil && !state.Last.Complete {
		c.log("note: the last run was incomplete, so it is unknown which suppressions match nothing")
	}
	list := file.List()
	why := map[string]string{}
	for i, effect := range state.Effects(list, o.now) {
		switch effect {
		case memory.Over:
			why[list[i].ID] = "has ended"
		case memory.Unmatched:
			why[list[i].ID] = "matches nothing"
		}
	}
	gone := file.Prune(func(s *memory.Suppression) bool { return why[s.ID] != "" })
	for _, s := range gone {
		c.log("deleted %s, which %s: %s", s.ID, why[s.ID], s.Address)
	}
	if len(gone) == 0 {
		c.log("nothing to delete in %s", o.suppressions)
		return exitClean, nil
	}
	if err := o.save(file); err != nil {
		return 0, err
	}
	return exitClean, nil
}
