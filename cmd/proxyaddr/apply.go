package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/apply"
	"proxyaddr/report"
	"proxyaddr/report/words"
)

const applyUsage = `Apply makes the changes of fix or rollback files. It first verifies every
record as verify does, and changes nothing if one is stale or denied. It then
shows the plan, and continues when you type the number of objects. Each object
is changed by one request, to one domain controller of its domain, and read
before and after it. Right before the request, apply asks the whole forest
again whether the new addresses are free. It stops as soon as anything is not
as expected.

USAGE
  proxyaddr apply FILE.ldif... -d DOMAIN [FLAGS]
  proxyaddr apply FILE.ldif... -H URL -D USER [FLAGS]
  proxyaddr apply --resume JOURNAL -d DOMAIN [FLAGS]
  proxyaddr apply --undo JOURNAL -d DOMAIN [FLAGS]

EXAMPLE
  proxyaddr apply fix-*.ldif -d example.com --limit 10
  proxyaddr apply --resume fix-example.com.journal -d example.com
  proxyaddr apply --undo fix-example.com.journal -d example.com

The journal records each change before it is made, and then its result. However
a run ended, --resume finds out whether the last change was made and makes the
remaining ones. --undo undoes the changes that were made, the last one first.
It shows objects that were changed since, and leaves them as they are. Apply
and --undo skip records that somebody else applied. Ctrl-C ends a run between
two objects.

With --limit, apply changes only the first objects of the plan and leaves the
others for --resume: try a few, check, continue. Apply refuses a plan that
would change more than --max-percent of the objects with addresses in the
forest, whatever --limit says.

Apply refuses a file if SHA256SUMS beside it lists a different checksum: it is
not the file that was reviewed. It never changes a logon name.

With --format json, jsonl or csv, stdout has only the result of each record,
for programs, once the run has ended.

The exit status is 0 if everything was done or there was nothing to do; 5 if
the directory has changed since the files were written, or the account may not
make the changes; 3 if a change was refused, its outcome is unknown or not
everything could be read; and 130 if the plan was not confirmed.
`

// applyOptions are the settings of an application.
type applyOptions struct {
	login
	formatting
	journal, resume, undo string
	yes                   bool
	limit                 int
	maxPercent            float64

	files   []apply.File
	records []conflicts.FixRecord
	result  report.Application
	// unprinted is why steps could not be printed. They are carried out nevertheless.
	unprinted error
}

func (o *applyOptions) addFlags(fs *pflag.FlagSet) {
	o.login.addFlags(fs)
	fs.String("config", "", "read settings from this `file`")
	fs.StringVar(&o.journal, "journal", "", "write the journal to this `file` (default: beside the first file, fix-example.com.journal)")
	fs.StringVar(&o.resume, "resume", "", "continue with the remaining changes of this `journal`")
	fs.StringVar(&o.undo, "undo", "", "undo the changes of this `journal`")
	fs.BoolVar(&o.yes, "yes", false, "do not ask for confirmation")
	fs.IntVar(&o.limit, "limit", 0, "change at most this `number` of objects now, and leave the others for --resume")
	fs.Float64Var(&o.maxPercent, "max-percent", 0, "refuse a plan that changes more than this `percentage` of the objects with addresses")
	o.formatting.addFlags(fs, applyFormats.names())
}

// leastPercent allows one changed object in a million. Less would refuse every plan.
const leastPercent = 0.0001

// check refuses a --limit or --max-percent that limits nothing: leave the flag out instead.
func (o *applyOptions) check(c *console, fs *pflag.FlagSet, args []string) error {
	ways := 0
	for _, given := range []bool{len(args) > 0, o.resume != "", o.undo != ""} {
		if given {
			ways++
		}
	}
	_, asks := terminal(c.stdin)
	switch {
	case ways == 0:
		return wrong("write for example proxyaddr apply fix-example.com.ldif -d example.com", "no file to apply")
	case ways > 1 || o.journal != "" && len(args) == 0:
		return wrong("a journal has everything that is left to do", "--resume and --undo take no other files")
	case fs.Changed("limit") && o.limit < 1:
		return wrong("write for example --limit 10, or leave it out", "--limit %d: must be 1 or more", o.limit)
	case fs.Changed("max-percent") && !(o.maxPercent >= leastPercent && o.maxPercent <= 100): // nor is NaN
		return wrong("write for example --max-percent 5, or leave it out", "--max-percent %v: must be from %v to 100", o.maxPercent, leastPercent)
	case o.catalog:
		return wrong("leave it out", "a global catalog accepts no changes")
	case !o.named():
		return wrong("name a domain with -d, or a domain controller with -H ldaps://HOST", "nothing to write to")
	case !o.yes && !asks:
		return wrong("add --yes if the plan was reviewed", "no terminal to ask for confirmation")
	}
	if err := o.formatting.check(fs, applyFormats.names()); err != nil {
		return err
	}
	if err := o.login.check(); err != nil || len(args) == 0 {
		return err
	}
	var err error
	if o.records, o.files, err = c.readFixes(args); err != nil {
		return err
	}
	if err := reviewed(o.files); err != nil {
		return err
	}
	if o.journal == "" {
		o.journal = strings.TrimSuffix(o.files[0].Name, ".ldif") + ".journal"
	}
	if _, err := os.Lstat(o.journal); err == nil {
		return o.journalExists()
	}
	return nil
}

func (o *applyOptions) journalExists() error {
	return wrong("continue it with --resume, or name another file with --journal", "%s: the journal exists already", o.journal)
}

func (o *applyOptions) apply(ctx context.Context, c *console) (int, error) {
	var j *apply.Journal
	if o.resume != "" || o.undo != "" {
		o.journal = o.resume + o.undo
		var err error
		if j, err = c.openJournal(o.journal); err != nil {
			return 0, err
		}
		defer j.Close()
	}
	forest, err := o.open(ctx, c)
	if err != nil {
		return 0, err
	}
	defer forest.Close()
	c.tellServers(forest.Servers())
	if j != nil {
		if err := apply.Recover(ctx, forest, j); err != nil {
			return o.ended(c, j, elsewhere(err))
		}
		o.tally(j)
		if o.records = j.Left(); o.undo != "" {
			o.records = j.Inverses()
		}
	}
	for _, s := range apply.Servers(forest, o.records) {
		o.result.Servers = append(o.result.Servers, report.WrittenServer(s))
	}
	undoing := j != nil && (j.Undoing() || o.undo != "")
	plan, code, err := o.verify(ctx, c, forest, undoing)
	if err != nil || len(plan) == 0 {
		return code, err
	}
	todo := plan
	if o.limit > 0 && o.limit < len(plan) {
		todo = plan[:o.limit]
	}
	if ok, err := o.confirm(ctx, c, forest, todo, len(plan)); !ok {
		return exitInterrupted, err
	}
	if end, err := o.execute(ctx, c, forest, j, fixRecords(plan), fixRecords(todo)); end != exitClean || err != nil {
		return end, err
	}
	return code, nil
}

// elsewhere is the error for a journal whose servers are not the opened ones, or cannot be
// reached any longer.
func elsewhere(err error) error {
	if e := (*ldapscan.Error)(nil); errors.As(err, &e) {
		return unreached(err)
	}
	return err
}

// execute makes the changes of a confirmed plan that are due now, and says how that ended. The
// journal is nil for a plan that has none yet.
func (o *applyOptions) execute(ctx context.Context, c *console, forest *ldapscan.Forest, j *apply.Journal, plan, todo []conflicts.FixRecord) (int, error) {
	w, err := apply.Connect(ctx, forest, todo)
	if err != nil {
		return 0, unreached(err)
	}
	defer w.Close()
	head := apply.Head{Version: version(), Files: o.files, Servers: apply.Servers(forest, plan)}
	switch {
	case j == nil:
		if j, err = apply.Create(o.journal, time.Now, head, plan); err == nil {
			defer j.Close()
		}
	case o.undo != "" && !j.Undoing():
		err = j.Undo(head)
	default:
		err = j.Resume(head)
	}
	switch {
	case j == nil && errors.Is(err, os.ErrExist): // another run was faster
		return 0, o.journalExists()
	case err != nil:
		return 0, &failure{exitIncomplete, err, "nothing more was written to the directory; a journal needs room and write access, and --journal names another file"}
	}
	word := "applied"
	if j.Undoing() {
		word = "undone"
	}
	err = w.Run(ctx, j, todo, func(a *conflicts.FixRecord) {
		o.result.Changed[a.GUID] = true
		_, err := fmt.Fprintln(o.steps(c), words.Escape(fmt.Sprintf("%-8s %s:%d  %s", word, a.File, a.Line, a.DN)))
		o.unprinted = cmp.Or(o.unprinted, err)
	})
	return o.ended(c, j, err)
}

// openJournal opens a journal to continue.
func (c *console) openJournal(name string) (*apply.Journal, error) {
	j, err := apply.Open(name, time.Now)
	switch {
	case errors.Is(err, apply.ErrNoPlan):
		return nil, wrong("remove it, and apply the files again", "%v", err)
	case errors.Is(err, apply.ErrInUse):
		return nil, wrong("wait for it to end", "%v", err)
	case err != nil:
		return nil, unopened("name the journal that apply wrote, such as fix-example.com.journal beside the fix file", err)
	}
	if j.Torn {
		c.log("%s: its last line was cut off, and is ignored", name)
	}
	return j, nil
}

// verify compares the records with the directory, and returns those to apply: all ready ones, or
// none if one is stale or denied, unless the run is an undo. The exit code says why the plan
// cannot be applied.
func (o *applyOptions) verify(ctx context.Context, c *console, forest *ldapscan.Forest, undoing bool) (ready []conflicts.Verdict, code int, err error) {
	verdicts, failed := ldapscan.Verify(ctx, forest, o.records)
	if verdicts == nil && failed != nil {
		return nil, 0, failed
	}
	var against []conflicts.Verdict
	for _, v := range verdicts {
		switch v.Status {
		case conflicts.Ready:
			v.Record.GUID = v.Object.GUID // if the file does not have it
			ready = append(ready, v)
		case conflicts.Stale, conflicts.Denied, conflicts.Unknown:
			against = append(against, v)
		}
	}
	if err := report.VerifyTable(o.steps(c), against, c.tableOptions()); err != nil {
		return nil, 0, unprinted(err)
	}
	c.log("%s", report.StatusCounts(verdicts))
	o.result.Verdicts, o.result.Problem = verdicts, textOf(failed)
	if !undoing {
		if o.result.Notes, err = c.tellHidden(ctx, forest); err != nil {
			return nil, 0, err
		}
	}
	switch {
	case failed != nil:
		c.log("incomplete: %v", failed)
		o.unchanged(c, "not everything could be read")
		return nil, exitIncomplete, nil
	case len(against) > 0 && !undoing:
		o.unchanged(c, "the directory is no longer as the records expect, or the account cannot change it")
		c.adviseDenied(against)
		return nil, exitStale, nil
	case len(against) > 0: // the others can still be undone
		c.adviseDenied(against)
		code = exitStale
	case len(ready) == 0:
		c.log("nothing to do")
	}
	return ready, code, nil
}

func fixRecords(verdicts []conflicts.Verdict) []conflicts.FixRecord {
	list := make([]conflicts.FixRecord, len(verdicts))
	for i, v := range verdicts {
		list[i] = *v.Record
	}
	return list
}

// needed returns how many objects with addresses there must be so that n of them do not exceed a
// percentage. It fits an int of 32 bits, as no Active Directory database holds 2^31 objects.
func needed(n int, percent float64) int {
	const rounding = 1 - 1e-12 // 3 objects are 0.3 % of 1,000, though no binary fraction is 0.3
	return int(min(math.Ceil(float64(n)*100/percent*rounding), math.MaxInt32))
}

// confirm shows the steps and asks for confirmation. planned is how many objects the plan
// changes, including those left for later.
func (o *applyOptions) confirm(ctx context.Context, c *console, forest *ldapscan.Forest, todo []conflicts.Verdict, planned int) (bool, error) {
	if o.maxPercent > 0 {
		enough, err := forest.HasAddresses(ctx, needed(planned, o.maxPercent))
		if err != nil {
			return false, err
		}
		if !enough {
			return false, wrong("raise --max-percent if these are the right files", "the plan changes %d objects, more than %v %% of those with addresses: nothing was changed",
				planned, o.maxPercent)
		}
	}
	n := len(todo)
	err := report.PreviewTable(o.steps(c), todo, func(dn string) string {
		server, _ := forest.Server(dn)
		return cmp.Or(server.Host, server.URL)
	}, c.tableOptions())
	if err != nil {
		return false, unprinted(err)
	}
	if n < planned {
		c.log("%d of %d objects (--limit)", n, planned)
	}
	if o.yes {
		return true, nil
	}
	answer := c.ask(ctx, fmt.Sprintf("objects to be changed: %d. Type this number to continue: ", n))
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if answer != strconv.Itoa(n) {
		c.log("not confirmed: nothing was changed")
		o.result.Stopped = &report.Stopped{Problem: "not confirmed", Outcome: "nothing was changed", State: "unchanged"}
		return false, nil
	}
	return true, nil
}
