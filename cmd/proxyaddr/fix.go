package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/report"
	"proxyaddr/report/workbook"
)

const fixUsage = `Fix reads the workbook of a scan after people have decided on its changes. It
writes fix and rollback files for the approved changes, and a change request
that also says what was not approved. It never writes to a directory.

USAGE
  proxyaddr fix report.xlsx -o DIR [FLAGS]

EXAMPLE
  proxyaddr fix audit/report.xlsx -o approved
  proxyaddr fix audit/report.xlsx -o approved -d example.com

You may sort and filter the workbook, add to it, and save it with LibreOffice.
The scan.json of the same scan must be beside it. Fix reports all mistakes at
once, by sheet and cell, and then writes nothing.

DIR may be missing, empty, or hold an earlier audit without changes, decisions
or a journal; --replace deletes one that has them, but never the workbook that
is read. {date} in the name of DIR becomes the date in UTC.

All changes of a conflict are approved, or none. If somebody typed an address
over a proposal, name the directory with -d or -H, or an export with --input,
as for scan: fix looks up the address there, and refuses it unless it is free.

With --format json, jsonl or csv, stdout has what was approved and what is
left, for programs.

The exit status is 0 if the files are written, and 5 if the review cannot be
used.
`

// fixOptions are the settings of a fix.
type fixOptions struct {
	source
	destination
	formatting
	workbook string
}

// fixed is the result of a fix, and where it was written.
type fixed struct {
	approved  *conflicts.Audit
	directory string
	files     []string
}

func (o *fixOptions) addFlags(fs *pflag.FlagSet) {
	o.destination.addFlags(fs, "write the files to this `directory`")
	o.source.addFlags(fs)
	o.formatting.addFlags(fs, fixFormats.names())
	fs.Lookup("format").Usage = "write what was approved and left to stdout as json, jsonl or csv; table and totals write nothing there"
}

func (o *fixOptions) check(_ *console, fs *pflag.FlagSet, args []string) error {
	if err := o.formatting.check(fs, fixFormats.names()); err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		return wrong("write for example proxyaddr fix audit/report.xlsx -o approved", "no workbook to read")
	case len(args) > 1:
		return wrong("", "unexpected argument %q", args[1])
	case o.output == "":
		return wrong("name one with -o", "no directory for the files")
	case o.named() || o.exported():
		if err := o.source.check(); err != nil {
			return err
		}
	}
	o.workbook = args[0]
	if err := o.checkUnread(report.ScanBeside(o.workbook)); err != nil {
		return err
	}
	source, err := os.Stat(filepath.Dir(o.workbook))
	if target, missing := os.Stat(o.output); err == nil && missing == nil && os.SameFile(source, target) {
		return wrong("name another directory with -o", "%s: holds the workbook that is read", o.output)
	}
	return nil
}

func (o *fixOptions) run(ctx context.Context, c *console) (int, error) {
	if err := o.claim(); err != nil {
		return 0, err
	}
	defer o.release()
	review, err := report.ReadWorkbook(o.workbook)
	if err != nil {
		return c.refuse(err)
	}
	var blocker func(conflicts.Address, conflicts.Ref) *conflicts.Object
	typed := review.Typed()
	if len(typed) > 0 && (o.named() || o.exported()) {
		src, done, err := o.connect(ctx, c)
		if err != nil {
			return 0, err
		}
		defer done()
		list, failed := ldapscan.Check(ctx, src, typed)
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if list == nil {
			return 0, o.unreadable(failed)
		}
		if failed != nil {
			c.log("incomplete: %v", failed)
			c.hint("nothing was written: the addresses written over proposals could not be looked up everywhere")
			return exitIncomplete, nil
		}
		blocker = blockerIn(list)
	}
	approved, err := review.Approved(blocker)
	if err != nil {
		return c.refuse(err)
	}
	approved.Version = version()
	r := approved.Review
	c.log("approved %d of %d proposals; conflicts left: %d rejected, %d deferred, %d not decided", len(approved.Proposals), r.Proposed,
		r.Count(conflicts.Rejected), r.Count(conflicts.Deferred), r.Count(conflicts.Undecided))
	names, err := o.publish(c, approved)
	if err != nil {
		return 0, err
	}
	return exitClean, fixFormats.write(c, &o.formatting, &fixed{approved, o.dir.Name(), names})
}

// blockerIn returns who keeps an object from getting an address.
func blockerIn(list []conflicts.Availability) func(conflicts.Address, conflicts.Ref) *conflicts.Object {
	known := map[string]*conflicts.Availability{}
	for i := range list {
		known[list[i].Address.Raw] = &list[i]
	}
	return func(a conflicts.Address, object conflicts.Ref) *conflicts.Object {
		if owner := known[a.Raw].Blocker(object); owner != nil {
			return owner.Object
		}
		return nil
	}
}

// refuse prints all mistakes in a review.
func (c *console) refuse(err error) (int, error) {
	var review *workbook.ReviewError
	if !errors.As(err, &review) {
		return 0, unopened("name the report.xlsx of a scan, for example audit/report.xlsx", err)
	}
	for _, problem := range review.Problems {
		c.log("%s", problem)
	}
	c.hint(review.Hint())
	if review.Unproven {
		c.hint("name the directory with -d or -H, or an export with --input, to look up addresses written over proposals")
	}
	return exitStale, nil
}
