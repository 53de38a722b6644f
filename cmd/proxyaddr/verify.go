package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/apply"
	"proxyaddr/report"
)

const verifyUsage = `Verify reads fix or rollback files, as scan wrote them or edited by hand, and
compares every record with the current directory: the object exists under its
name, it has the old values byte for byte, the new ones are free in the whole
forest, one primary address remains, and the account may make the change. It
never writes.

USAGE
  proxyaddr verify FILE.ldif... -d DOMAIN [FLAGS]
  proxyaddr verify FILE.ldif... -H URL -D USER [FLAGS]
  proxyaddr verify FILE.ldif... --input EXPORT.ldif [FLAGS]

EXAMPLE
  proxyaddr verify fix-*.ldif -d example.com
  proxyaddr verify fix-*.ldif -H ldaps://dc1.example.com -D "EXAMPLE\anna" -W
  proxyaddr verify fix-example.com.ldif --input export.ldif --format jsonl

Each record is ready, applied, stale, denied (the account cannot write what it
changes) or unknown (not everything could be read). Before the change all
should be ready, after it all applied. Verify with the account that will make
the change.

The exit status is 0 if all records are ready or all are applied, 5 if one is
stale or denied or only some are applied, and 3 if not everything could be
read. It is also 5 if SHA256SUMS beside a file lists a different checksum for
it.
`

// verifyOptions are the settings of a verification.
type verifyOptions struct {
	source
	formatting
	files   []apply.File
	records []conflicts.FixRecord
}

// A verification is the result of a verify.
type verification struct {
	verdicts []conflicts.Verdict
	problem  string // why not everything could be read, or empty
	notes    []string
}

func (o *verifyOptions) addFlags(fs *pflag.FlagSet) {
	o.source.addFlags(fs)
	o.formatting.addFlags(fs, verifyFormats.names())
}

func (o *verifyOptions) check(c *console, fs *pflag.FlagSet, args []string) error {
	if len(args) == 0 {
		return wrong("write for example proxyaddr verify fix-example.com.ldif -d example.com", "no file to verify")
	}
	if err := o.formatting.check(fs, verifyFormats.names()); err != nil {
		return err
	}
	if err := o.source.check(); err != nil {
		return err
	}
	var err error
	o.records, o.files, err = c.readFixes(args)
	return err
}

// readFixes reads the records of all files, at least one. It prints all mistakes in them.
func (c *console) readFixes(args []string) (all []conflicts.FixRecord, files []apply.File, err error) {
	wrongs := 0
	for _, arg := range args {
		hint := instead(arg, "name a fix or rollback file of a scan, for example audit/fix-example.com.ldif")
		names, err := filesOf("", arg, hint)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			list, sum, err := readFix(name)
			if many, ok := err.(interface{ Unwrap() []error }); ok {
				for _, err := range many.Unwrap() {
					wrongs++
					c.log("%s: %v", name, err)
				}
			} else if err != nil {
				return nil, nil, unopened(hint, err)
			}
			all = append(all, list...)
			files = append(files, apply.File{Name: name, SHA256: sum})
		}
	}
	if wrongs > 0 {
		return nil, nil, wrong("a record deletes exact values of proxyAddresses or mail and adds others, as in the files of a scan", "%s cannot be used", strings.Join(args, ", "))
	}
	return all, files, nil
}

// readFix reads the records of a file, and its SHA-256 in hexadecimal.
func readFix(name string) (list []conflicts.FixRecord, sum string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	hash := sha256.New()
	list, err = report.ReadFix(io.TeeReader(f, hash))
	for i := range list {
		list[i].File = name
	}
	return list, hex.EncodeToString(hash.Sum(nil)), err
}

// run reports last that a file was changed after it was written, in addition to the verdicts.
func (o *verifyOptions) run(ctx context.Context, c *console) (int, error) {
	changed := reviewed(o.files)
	code, err := o.verify(ctx, c, changed)
	if err == nil && changed != nil {
		code = max(code, c.fail(ctx, "verify", changed))
	}
	return code, err
}

func (o *verifyOptions) verify(ctx context.Context, c *console, changed error) (int, error) {
	src, done, err := o.connect(ctx, c)
	if err != nil {
		return 0, err
	}
	defer done()
	verdicts, failed := ldapscan.Verify(ctx, src, o.records)
	if verdicts == nil {
		return 0, o.unreadable(failed)
	}
	notes, err := c.tellHidden(ctx, src)
	if err != nil {
		return 0, err
	}
	if changed != nil {
		notes = append(notes, changed.Error())
	}
	found := &verification{verdicts: verdicts, problem: textOf(failed), notes: notes}
	if err := verifyFormats.write(c, &o.formatting, found); err != nil {
		return 0, err
	}
	c.log("%s", report.StatusCounts(verdicts))
	if failed != nil {
		c.log("incomplete: %v", failed)
		return exitIncomplete, nil
	}
	c.adviseDenied(verdicts)
	return verified(verdicts), nil
}

// adviseDenied says what to do if the account cannot make a change.
func (c *console) adviseDenied(verdicts []conflicts.Verdict) {
	if slices.ContainsFunc(verdicts, func(v conflicts.Verdict) bool { return v.Status == conflicts.Denied }) {
		c.hint("use the account that will make the change, or let this one write proxyAddresses and mail")
	}
}

// verified is the exit code for verdicts: all records must be ready, or all applied.
func verified(verdicts []conflicts.Verdict) int {
	for _, v := range verdicts {
		if s := v.Status; s != conflicts.Ready && s != conflicts.Applied || s != verdicts[0].Status {
			return exitStale
		}
	}
	return exitClean
}
