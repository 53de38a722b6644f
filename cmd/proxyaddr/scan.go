package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/report"
)

const scanUsage = `Scan reads every object of a directory that holds an address, finds the addresses
that more than one object claims, and reads those objects again to confirm it.
It needs the read access that every account of a domain has, and never writes.

USAGE
  proxyaddr scan -d DOMAIN [FLAGS]
  proxyaddr scan -H URL -D USER [FLAGS]
  proxyaddr scan --input EXPORT.ldif [FLAGS]
  proxyaddr scan --compare-dcs -d DOMAIN [FLAGS]
  proxyaddr scan --compare-dcs -H URL -H URL [FLAGS]

EXAMPLE
  proxyaddr scan -d example.com -o audit
  proxyaddr scan -H ldaps://dc1.example.com -D EXAMPLE\anna -W -o audit
  proxyaddr scan -H ldaps://dc1.example.com -D scan@example.com -y secret.txt --format json
  proxyaddr scan --input export.ldif -b OU=Berlin,DC=example,DC=com
  proxyaddr scan --compare-dcs -d example.com
  ldapsearch ... | proxyaddr scan --input -

With -d the domain controllers are found through DNS, and every domain of the
forest is read. Without --auth, the bind is by Kerberos as the signed-in user
on Windows and with the ticket of kinit elsewhere, unless -D names a user: then
by password, sealed by Kerberos with -d, and simple over TLS with -H.

With --compare-dcs the domain controllers are compared with each other: which
objects have other proxy addresses on one than on another, whether replication is
bringing them or stuck, and which conflicts it will bring. Exit code 1 then means
that something differs.

An export is read twice. One that comes through a pipe is therefore copied to a
temporary file as large as it is, in the directory that TMPDIR names (on Windows
TMP), and the file is deleted.

Each flag can also be set by a variable (PROXYADDR_BIND_DN for --bind-dn) or a
line "flag = value" in the file that --config names; the command line goes first.
`

// scanOptions are the settings of a scan.
type scanOptions struct {
	source
	output, format        string
	stats, compareDCs     bool
	base, exclude, keeper []string
	pattern, secondary    string
	commandLine           string
	judge                 conflicts.Options
}

func (o *scanOptions) addFlags(fs *pflag.FlagSet) {
	o.source.addFlags(fs)
	fs.StringArrayVarP(&o.base, "base", "b", nil, "report only the subtree of this `DN` (repeatable); all is still read and compared")
	fs.StringArrayVar(&o.exclude, "exclude", nil, "leave the subtree of this `DN` out of the report (repeatable)")
	fs.StringSliceVar(&o.keeper, "keeper", nil, "keeper `rules` to ask first, separated by commas: "+conflicts.RuleNames(conflicts.DefaultRules()))
	fs.StringVar(&o.pattern, "pattern", "", "`template` of proposals, for example '{given}.{sn}{n}@{domain}'")
	fs.StringVar(&o.secondary, "secondary", "replace", "replace or remove a duplicated secondary address")
	fs.StringVarP(&o.output, "output", "o", "", "write the report, the fix files and scan.json to this `directory`")
	fs.StringVar(&o.format, "format", "table", "write table, json, jsonl or csv to stdout")
	fs.BoolVar(&o.compareDCs, "compare-dcs", false, "compare domain controllers with each other instead: all of the domain that -d names, or those of several -H")
	fs.BoolVar(&o.stats, "stats", false, "say on stderr what was read, how fast, and with how much memory")
}

// check validates what can be validated before anything is contacted, and
// reports the first mistake.
func (o *scanOptions) check(args []string) error {
	var err error
	switch {
	case len(args) > 0:
		return wrong("", "unexpected argument %q", args[0])
	case !slices.Contains([]string{"table", "json", "jsonl", "csv"}, o.format):
		return wrong("the formats are table, json, jsonl and csv", "--format %s: unknown", o.format)
	case o.secondary != "replace" && o.secondary != "remove":
		return wrong("it takes replace or remove", "--secondary %s: unknown", o.secondary)
	}
	if o.compareDCs {
		if err := o.checkCompare(); err != nil {
			return err
		}
	}
	for _, dn := range slices.Concat(o.base, o.exclude) {
		if !strings.Contains(dn, "=") {
			return wrong("write for example OU=Berlin,DC=example,DC=com", "%q: not a distinguished name", dn)
		}
	}
	o.judge = conflicts.Options{Base: o.base, Exclude: o.exclude, RemoveSecondary: o.secondary == "remove"}
	if o.judge.Rules, err = conflicts.SelectRules(o.keeper); err != nil {
		return &usageError{problem: err.Error()}
	}
	if o.judge.Pattern, err = conflicts.ParsePattern(o.pattern); err != nil {
		return &usageError{problem: err.Error()}
	}
	if err := o.source.check(); err != nil {
		return err
	}
	if o.output != "" {
		if err := os.MkdirAll(o.output, 0o777); err != nil {
			return wrong("name a directory that can be written to", "%v", err)
		}
	}
	return nil
}

func wrong(hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), hint}
}

func newScan(c *console) (*pflag.FlagSet, func(context.Context, []string) (int, error)) {
	o := &scanOptions{}
	fs := pflag.NewFlagSet("scan", pflag.ContinueOnError)
	o.addFlags(fs)
	return fs, func(ctx context.Context, args []string) (int, error) {
		if err := c.settle(fs, alternatives...); err != nil {
			return 0, err
		}
		if err := o.check(args); err != nil {
			return 0, err
		}
		o.commandLine = commandLine("scan", fs)
		return o.run(ctx, c)
	}
}

func (o *scanOptions) run(ctx context.Context, c *console) (int, error) {
	if o.compareDCs {
		return o.compare(ctx, c)
	}
	src, done, err := o.connect(ctx, c)
	if err != nil {
		return 0, err
	}
	defer done()
	audit, err := c.scan(ctx, src, o)
	if err != nil {
		return 0, o.unreadable(err)
	}
	return c.deliver(audit, o)
}

// scan runs a source with progress shown.
func (c *console) scan(ctx context.Context, src ldapscan.Source, o *scanOptions) (*conflicts.Audit, error) {
	p := newProgress(c, time.Now)
	audit, err := ldapscan.Scan(ctx, src, ldapscan.Options{Version: version(), Command: o.commandLine, Judge: o.judge, Progress: p.show})
	p.done()
	if err == nil && o.stats {
		p.stats()
	}
	return audit, err
}

// deliver writes the outputs of an audit and returns the exit code that it
// calls for.
func (c *console) deliver(audit *conflicts.Audit, o *scanOptions) (int, error) {
	if o.output != "" {
		names, err := report.Publish(o.output, audit)
		if err != nil {
			return 0, unpublished(o.output, err)
		}
		c.log("wrote %s to %s", strings.Join(names, ", "), o.output)
	}
	if err := write(c, audit, o.format); err != nil {
		return 0, unprinted(err)
	}
	switch {
	case !audit.Complete():
		for _, problem := range audit.Problems {
			c.log("incomplete: %s", problem)
		}
		return exitIncomplete, nil
	case len(audit.Conflicts) > 0:
		return exitConflicts, nil
	}
	return exitClean, nil
}

func write(c *console, audit *conflicts.Audit, format string) error {
	formats := map[string]func(io.Writer, *conflicts.Audit) error{"json": report.JSON, "jsonl": report.JSONL, "csv": report.CSV}
	if f := formats[format]; f != nil {
		return f(c.stdout, audit)
	}
	_, screen := terminal(c.stdout)
	return report.Table(c.stdout, audit, report.TableOptions{Width: c.width(), Color: c.colour(), Brief: screen})
}
