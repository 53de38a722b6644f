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
  proxyaddr scan --input EXPORT [--input EXPORT...] [FLAGS]
  proxyaddr scan --compare-dcs -d DOMAIN [FLAGS]
  proxyaddr scan --compare-dcs -H URL -H URL [FLAGS]

EXAMPLE
  proxyaddr scan -d example.com -o audit
  proxyaddr scan -d example.com -o "audits/{date}" --keep 30
  proxyaddr scan -H ldaps://dc1.example.com -D "EXAMPLE\anna" -W -o audit
  proxyaddr scan -d example.com -D scan@example.com -y secret.txt --format json
  proxyaddr scan --input export.ldif -b "OU=Berlin,DC=example,DC=com"
  proxyaddr scan --input forest.ldif --input cloud.csv -o audit
  proxyaddr scan -d example.com --state state --fail-on new --quiet
  proxyaddr scan -d example.com --state state --incremental --quiet
  proxyaddr scan --compare-dcs -d example.com
  ldapsearch ... | proxyaddr scan --input -

With -d, scan finds the domain controllers in DNS and reads every domain of the
forest. Without -D and --auth it binds by Kerberos: as the signed-in user on
Windows, with the ticket of kinit elsewhere. With -D it needs a password, and
binds by Kerberos if -d is given and by a simple bind over TLS if -H is given.

With --compare-dcs, scan compares domain controllers with each other: which
objects have different proxy addresses, whether replication is under way or
stuck, and which conflicts it will cause. Exit code 1 then means that something
differs.

With -o, scan prints only the totals unless --format is given. All files appear
together or not at all. The directory may be missing, empty, or hold an earlier
audit without changes, decisions or a journal; --replace deletes one that has
them. -o "audit-{date}" makes a new directory for each run, with the date in
UTC. --keep 30 then keeps the newest 30 and removes the older ones, except
those that somebody worked in. "audit-latest" points to the newest.

With --audit-log, scan says who wrote the address of each owner, as event 5136
of the domain controllers' Security logs tells: .evtx files, or exports in the
formats of "proxyaddr event".

With --state, scan remembers the conflicts in a directory and says which are
new, got worse, came back or are resolved since the last run, and why. Exit
code 1 then means a conflict that is not suppressed, or with --fail-on new a
conflict that is news. A run that sees far fewer objects than the last complete
one is incomplete, unless --accept-drop is given. An incomplete run never
resolves anything. --suppressions names conflicts to ignore for a time.
--metrics and --notify-command pass the result on, even that of a failed run.
"proxyaddr status" shows the state.

With --incremental, scan reads only what was written since the last run. Where
that could miss a conflict, it reads everything and says why.

An export is LDIF of ldifde or ldapsearch, CSV of csvde or Export-Csv, or JSON
of ConvertTo-Json. Several exports count as one name space. Objects that are
the same are joined by objectGUID, ImmutableId or mS-DS-ConsistencyGuid.

Scan reads an export twice. A table, and what comes through a pipe, is copied
to a temporary file in the directory that TMPDIR names (TMP on Windows), which
is deleted at the end.

Each flag can also be set by a variable (PROXYADDR_BIND_DN for --bind-dn) or by
a line "flag = value" in the file that --config names. The command line
overrides the variables, and these override the file. Only the command line
takes --report, because every command would write to the same file.
`

// scanOptions are the settings of a scan.
type scanOptions struct {
	source
	reporting
	remembering
	incrementalFlags
	auditing
	base, exclude     []string
	stats, compareDCs bool
	hygiene           bool
}

func (o *scanOptions) addFlags(fs *pflag.FlagSet) {
	o.source.addFlags(fs)
	fs.StringArrayVarP(&o.base, "base", "b", nil, "report only the subtree of this `DN` (repeatable); everything is still read and compared")
	fs.StringArrayVar(&o.exclude, "exclude", nil, "leave the subtree of this `DN` out of the report (repeatable)")
	o.reporting.addFlags(fs)
	o.remembering.addFlags(fs)
	o.remembering.addScanFlags(fs)
	o.incrementalFlags.addFlags(fs)
	o.auditing.addFlags(fs)
	fs.IntVar(&o.keep, "keep", 0, "with {date} in -o, keep the newest `n` directories and remove older ones that nobody touched")
	fs.BoolVar(&o.compareDCs, "compare-dcs", false, "compare domain controllers with each other instead: all of the domain that -d names, or those of several -H")
	fs.BoolVar(&o.hygiene, "hygiene", false, "read everything once more, for findings on names, aliases, logon names and shadow addresses")
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

// checkNames reports a text that is not a distinguished name.
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

// scan scans, and compares the result with earlier runs if it is given their state.
func (o *scanOptions) scan(ctx context.Context, c *console, r *stateRun) (int, error) {
	if err := o.claim(); err != nil {
		return 0, err
	}
	defer o.release()
	if err := await(ctx, o.auditing.read); err != nil {
		return 0, err
	}
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
	o.auditing.match(audit)
	if r == nil {
		return c.deliver(audit, &o.reporting)
	}
	if err := r.judge(ctx, src, audit, o.judge); err != nil {
		return 0, err
	}
	if o.runs, err = r.runs(audit); err != nil {
		return 0, err
	}
	code, err := c.deliver(audit, &o.reporting)
	if err != nil {
		return 0, err
	}
	return r.remember(ctx, code, code == exitIncomplete || r.judgment.Tells())
}

// scan runs a source and shows the progress.
func (c *console) scan(ctx context.Context, src ldapscan.Source, o *scanOptions, r *stateRun) (audit *conflicts.Audit, err error) {
	p := newProgress(c, time.Now)
	if r != nil && !o.incremental { // which may read only changes
		p.expected = r.expected()
	}
	opt := ldapscan.Options{Version: version(), Command: o.commandLine, Connection: o.connection, Judge: o.judge, Hygiene: o.hygiene, Progress: p.show}
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
