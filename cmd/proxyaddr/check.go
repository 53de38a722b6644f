package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/report"
)

const checkUsage = `Check tells whether addresses are free, and who has those that are taken: in
proxyAddresses, mail, userPrincipalName or targetAddress, written in any way
that Active Directory takes for the same, and by deleted objects as far as the
account sees them. In place of an SMTP address that is taken it names the next
free one. It asks each partition by its indexes, and never writes.

USAGE
  proxyaddr check ADDRESS... -d DOMAIN [FLAGS]
  proxyaddr check ADDRESS... -H URL -D USER [FLAGS]
  proxyaddr check ADDRESS... --input EXPORT.ldif [FLAGS]

EXAMPLE
  proxyaddr check bob@example.com -d example.com
  proxyaddr check bob@example.com X500:/o=Example/cn=bob -H ldaps://dc1.example.com -D "EXAMPLE\anna" -W
  proxyaddr check bob@example.com --input export.ldif --format json

An ADDRESS without a type is an SMTP address. An object that forwards mail to
an address by targetAddress takes it: whoever else got it would get that mail.

The exit status is 0 if all are free, 1 if one is taken, and 3 if that could
not be told of all, because not everything could be read.
`

// checkOptions are the settings of a check.
type checkOptions struct {
	source
	format    string
	addresses []conflicts.Address
}

func (o *checkOptions) addFlags(fs *pflag.FlagSet) {
	o.source.addFlags(fs)
	fs.StringVar(&o.format, "format", "table", "write table or json to stdout")
}

func (o *checkOptions) check(args []string) error {
	switch {
	case len(args) == 0:
		return wrong("write for example proxyaddr check bob@example.com -d example.com", "no address to check")
	case !slices.Contains([]string{"table", "json"}, o.format):
		return wrong("the formats are table and json", "--format %s: unknown", o.format)
	}
	for _, arg := range args {
		a := typed(arg)
		if why := a.Malformed(); why != "" {
			return wrong("write for example bob@example.com or X500:/o=Example/cn=bob", "%q: not an address: %s", arg, why)
		}
		o.addresses = append(o.addresses, a)
	}
	return o.source.check()
}

// typed returns what a person wrote as an address: without a type, it is SMTP.
func typed(text string) conflicts.Address {
	a := conflicts.ParseAddress(strings.TrimSpace(text))
	if !strings.Contains(a.Raw, ":") || strings.ContainsAny(a.Type, `@"`) { // a colon in a quoted string or an address literal
		return conflicts.ParseAddress("smtp:" + a.Raw)
	}
	return a
}

func newCheck(c *console) (*pflag.FlagSet, func(context.Context, []string) (int, error)) {
	o := &checkOptions{}
	fs := pflag.NewFlagSet("check", pflag.ContinueOnError)
	o.addFlags(fs)
	return fs, func(ctx context.Context, args []string) (int, error) {
		if err := c.settle(fs, alternatives...); err != nil {
			return 0, err
		}
		if err := o.check(args); err != nil {
			return 0, err
		}
		return o.run(ctx, c)
	}
}

func (o *checkOptions) run(ctx context.Context, c *console) (int, error) {
	src, done, err := o.connect(ctx, c)
	if err != nil {
		return 0, err
	}
	defer done()
	list, failed := ldapscan.Check(ctx, src, o.addresses)
	if list == nil {
		return 0, o.unreadable(failed)
	}
	problem := ""
	if failed != nil {
		problem = failed.Error()
	}
	notes := c.tellHidden(ctx, src)
	if o.format == "json" {
		err = report.CheckJSON(c.stdout, list, problem, notes)
	} else {
		err = report.CheckTable(c.stdout, list, report.TableOptions{Width: c.width(), Color: c.colour()})
	}
	switch {
	case err != nil:
		return 0, unprinted(err)
	case failed != nil:
		c.log("incomplete: %s", problem)
		return exitIncomplete, nil
	case slices.ContainsFunc(list, func(a conflicts.Availability) bool { return a.Taken() }):
		return exitConflicts, nil
	}
	return exitClean, nil
}
