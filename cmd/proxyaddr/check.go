package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
)

const checkUsage = `Check tells whether addresses are free, and who has the others: in
proxyAddresses, mail, userPrincipalName, targetAddress or legacyExchangeDN, in
any spelling that Active Directory treats as the same, and in deleted objects
that the account can see. For an SMTP address that is taken it names the next
free one. It uses the indexes of each partition, and never writes.

USAGE
  proxyaddr check ADDRESS... -d DOMAIN [FLAGS]
  proxyaddr check ADDRESS... -H URL -D USER [FLAGS]
  proxyaddr check ADDRESS... --input EXPORT [FLAGS]

EXAMPLE
  proxyaddr check bob@example.com -d example.com
  proxyaddr check bob@example.com X500:/o=Example/cn=bob -d example.com
  proxyaddr check bob@example.com -d example.com -D "EXAMPLE\anna"
  proxyaddr check bob@example.com --input export.ldif --format json

An ADDRESS without a type is an SMTP address. IMCEAEX-... from a delivery report
stands for an X500 address; both are looked up. An address in targetAddress is
taken, too: that object forwards its mail there.

The exit status is 0 if all are free, 1 if one is taken, and 3 if one is
unknown because not everything could be read.
`

// checkOptions are the settings of a check.
type checkOptions struct {
	source
	formatting
	addresses []conflicts.Address
}

// An availability is the result of a check.
type availability struct {
	list    []conflicts.Availability
	problem string // why not everything could be read, or empty
	notes   []string
}

func (o *checkOptions) addFlags(fs *pflag.FlagSet) {
	o.source.addFlags(fs)
	o.formatting.addFlags(fs, checkFormats.names())
}

func (o *checkOptions) check(_ *console, fs *pflag.FlagSet, args []string) error {
	if len(args) == 0 {
		return wrong("write for example proxyaddr check bob@example.com -d example.com", "no address to check")
	}
	if err := o.formatting.check(fs, checkFormats.names()); err != nil {
		return err
	}
	for _, arg := range args {
		a := typed(arg)
		if inner, ok := conflicts.Encapsulated(a.Text); ok && a.Unusable() != "" {
			a = inner // copied without its domain
		}
		if why := a.Unusable(); why != "" {
			return wrong("write for example bob@example.com or X500:/o=Example/cn=bob", "%q: not an address: %s", arg, why)
		}
		o.addresses = append(o.addresses, a.Meanings()...)
	}
	return o.source.check()
}

// typed returns the address that somebody wrote: without a type, it is SMTP.
func typed(text string) conflicts.Address {
	a := conflicts.ParseAddress(strings.TrimSpace(text))
	if !strings.Contains(a.Raw, ":") || strings.ContainsAny(a.Type, `@"`) { // a colon in a quoted string or an address literal
		return conflicts.ParseAddress("smtp:" + a.Raw)
	}
	return a
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
	notes, err := c.tellHidden(ctx, src)
	if err != nil {
		return 0, err
	}
	found := &availability{list: list, problem: textOf(failed), notes: notes}
	if err := checkFormats.write(c, &o.formatting, found); err != nil {
		return 0, err
	}
	switch {
	case failed != nil:
		c.log("incomplete: %v", failed)
		return exitIncomplete, nil
	case slices.ContainsFunc(list, func(a conflicts.Availability) bool { return a.Taken() }):
		return exitConflicts, nil
	}
	return exitClean, nil
}
