package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
)

const scanUsage = `Scan reads every object of a directory that holds an address, finds the
addresses that more than one object claims, and reads those objects again to
confirm it. It needs the read access that every account of a domain has, and
never writes.

USAGE
  proxyaddr scan -d DOMAIN [FLAGS]
  proxyaddr scan -H URL -D USER [FLAGS]
  proxyaddr scan --input EXPORT.ldif [FLAGS]
  proxyaddr scan --compare-dcs -d DOMAIN [FLAGS]
  proxyaddr scan --compare-dcs -H URL -H URL [FLAGS]

EXAMPLE
  proxyaddr scan -d example.com -o audit
  proxyaddr scan -d example.com -o "audits/{date}" --keep 30
  proxyaddr scan -H ldaps://dc1.example.com -D "EXAMPLE\anna" -W -o audit
  proxyaddr scan -d example.com -D scan@example.com -y secret.txt --format json
  proxyaddr scan --input export.ldif -b "OU=Berlin,DC=example,DC=com"
  proxyaddr scan -d example.com --state state --fail-on new --quiet
  proxyaddr scan -d example.com --state state --incremental --quiet
  proxyaddr scan --compare-dcs -d example.com
  ldapsearch ... | proxyaddr scan --input -

With -d the domain controllers are found through DNS, and every domain of the
forest is read. Without --auth, the bind is by Kerberos as the signed-in user
on Windows and with the ticket of kinit elsewhere, unless -D names a user: then
by password, sealed by Kerberos with -d, and simple over TLS with -H.

With --compare-dcs the domain controllers are compared with each other: which
objects have other proxy addresses on one than on another, whether replication
is bringing them or stuck, and which conflicts it will bring. Exit code 1 then
means that something differs.

With -o the totals alone are printed, unless --format is given, and all files
appear together or not at all. The directory may be missing, empty, or hold an
earlier audit without changes, decisions or a journal; --replace deletes one
that has them. -o "audit-{date}" makes a new directory for each run, with the
date in UTC. --keep 30 then removes all but the newest 30 of them, without
those that somebody worked in, and has "audit-latest" point to the newest.

With --state a scan remembers the conflicts in a directory, and says which are
new, got worse, came back or are resolved since the last run, and why. Exit
code 1 then means a conflict that is not suppressed, or with --fail-on new one
of which there is news. A run that sees far fewer objects than the last
complete one is incomplete, unless --accept-drop is given; an incomplete run
never resolves anything. --suppressions names the conflicts to be left for a
time. --metrics and --notify-command hand the result on, also of a run that
failed. "proxyaddr status" shows what is remembered.

With --incremental a scan reads only what was written since the last run. Where
that could miss a conflict, it reads everything and says why.

An export is read twice. One that comes through a pipe is therefore copied to a
temporary file as large as it is, in the directory that TMPDIR names (on
Windows TMP), and the file is deleted.

Each flag can also be set by a variable (PROXYADDR_BIND_DN for --bind-dn) or a
line "flag = value" in the file that --config names; the command line goes
first.
`

// scanOptions are the settings of a scan.
type scanOptions struct {
	source
	reporting
	remembering
	incrementalFlags
	base, exclude     []string
	stats, compareDCs bool
}

func (o *scanOptions) addFlags(fs *pflag.FlagSet) {
	o.source.addFlags(fs)
	fs.StringArrayVarP(&o.base, "base", "b", nil, "report only the subtree of this `DN` (repeatable); all is still read and compared")
	fs.StringArrayVar(&o.exclude, "exclude", nil, "leave the subtree of this `DN` out of the report (repeatable)")
	o.reporting.addFlags(fs)
	o.remembering.addFlags(fs)
	o.remembering.addScanFlags(fs)
	o.incrementalFlags.addFlags(fs)
	fs.IntVar(&o.keep, "keep", 0, "with {date} in -o, keep the newest `n` directories and remove older ones that nobody touched")
	fs.BoolVar(&o.compareDCs, "compare-dcs", false, "compare domain controllers with each other instead: all of the domain that -d names, or those of several -H")
	fs.BoolVar(&o.stats, "stats", false, "say on stderr what was read, how fast, and with how much memory")
}

func (o *scanOptions) check(_ *console, fs *pflag.FlagSet, args []string) error {
	if err := noArguments(args); err != nil {
		return err
	}
	if err := o.reporting.check(fs); err != nil {
		return err
	}
	if err := o.remembering.check(fs); err != nil {
		return err
	}
	if err := o.incrementalFlags.check(fs, o); err != nil {
		return err
	}
	if o.compareDCs {
		if err := o.checkCompare(); err != nil {
			return err
		}
	}
	if err := checkNames(o.base, o.exclude); err != nil {
		return err
	}
	o.judge.Base, o.judge.Exclude = o.base, o.exclude
	return o.source.check()
}

// checkNames tells what cannot be a distinguished name.
func checkNames(base, exclude []string) error {
	for _, dn := range slices.Concat(base, exclude) {
		if !strings.Contains(dn, "=") {
			return wrong("write for example OU=Berlin,DC=example,DC=com", "%q: not a distinguished name", dn)
		}
	}
	return nil
}

func (o *scanOptions) run(ctx context.Context, c *console) (int, error) {
	if o.compareDCs {
		return o.compare(ctx, c)
	}
	if o.state == "" {
		return o.scan(ctx, c, nil)
	}
	return o.withState(ctx, c, func(r *stateRun) (int, error) { return o.scan(ctx, c, r) })
}

// scan scans, and compares with earlier runs if it is given what they remember.
func (o *scanOptions) scan(ctx context.Context, c *console, r *stateRun) (int, error) {
	if err := o.claim(); err != nil {
		return 0, err
	}
	defer o.release()
	src, done, err := o.connect(ctx, c)
	if err != nil {
		return 0, err
	}
	defer done()
	if r != nil {
		if err := r.begin(src, o.judge); err != nil {
			return 0, err
		}
	}
	audit, err := c.scan(ctx, src, o, r)
	if err != nil {
		return 0, o.unreadable(err)
	}
	if r == nil {
		return c.deliver(audit, &o.reporting)
	}
	if err := r.judge(ctx, src, audit, o.judge); err != nil {
		return 0, err
	}
	code, err := c.deliver(audit, &o.reporting)
	if err != nil {
		return 0, err
	}
	return r.remember(ctx, code, code == exitIncomplete || r.judgment.Tells())
}

// scan runs a source with progress shown.
func (c *console) scan(ctx context.Context, src ldapscan.Source, o *scanOptions, r *stateRun) (audit *conflicts.Audit, err error) {
	p := newProgress(c, time.Now)
	if r != nil && !o.incremental { // which may read only changes
		p.expected = r.expected()
	}
	opt := ldapscan.Options{Version: version(), Command: o.commandLine, Judge: o.judge, Progress: p.show}
	if r == nil {
		audit, err = ldapscan.Scan(ctx, src, opt)
	} else {
		audit, err = r.read(ctx, src, o, opt)
	}
	p.done()
	if err == nil && o.stats {
		if r != nil && r.reading.Whole == "" {
			p.changes(r.reading)
		} else {
			p.stats()
		}
	}
	return audit, err
}
