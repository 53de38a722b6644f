package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"path/filepath"

	"github.com/spf13/pflag"

	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/ldapscan/ldaptest/company"
	"proxyaddr/report"
)

const demoUsage = `Demo starts a directory server inside the program that holds a made-up company,
binds to it over TLS, scans it page by page as it would scan a domain
controller, and leaves the report and the fix files. It contacts nothing else.
It replaces what an earlier demo wrote, unless somebody has changed it.

USAGE
  proxyaddr demo [FLAGS]

EXAMPLE
  proxyaddr demo -o proxyaddr-demo
`

// demoOptions are the options of a scan. A demo sets only the directory.
type demoOptions struct{ scanOptions }

func (o *demoOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVarP(&o.output, "output", "o", "proxyaddr-demo", "write the files to this `directory`")
}

func (o *demoOptions) check(_ *console, fs *pflag.FlagSet, args []string) error {
	o.format, o.commandLine = "table", report.DemoCommand
	if err := noArguments(args); err != nil {
		return err
	}
	return o.destination.check(fs)
}

func (o *demoOptions) run(ctx context.Context, c *console) (int, error) {
	if err := o.claimOver(report.Demo); err != nil {
		return 0, err
	}
	defer o.release()
	const password = "demo"
	var entries bytes.Buffer
	if err := company.WriteLDIF(&entries); err != nil {
		return 0, err
	}
	srv, err := ldaptest.NewServer(ldaptest.Config{Entries: &entries, Users: map[string]string{company.Reader: password}})
	if err != nil {
		return 0, err
	}
	defer srv.Close()
	d, err := ldapscan.Open(ctx, ldapscan.Config{URL: srv.URL, TLS: &tls.Config{RootCAs: srv.CertPool},
		Credentials: ldapscan.Credentials{Mechanism: ldapscan.Simple, User: company.Reader, Password: password}})
	if err != nil {
		return 0, unreached(err)
	}
	defer d.Close()
	audit, err := c.scan(ctx, d, &o.scanOptions, nil)
	if err != nil {
		return 0, err
	}
	// The port of the server changes with each run. The report must not.
	audit.Scope.Source, audit.Scope.Servers = []string{"the demo company, served by proxyaddr itself"}, nil
	code, err := c.deliver(audit, &o.reporting)
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Fprintf(c.stdout, `
This was a made-up company. Nothing was changed.
Open first: %s

Beside it are:
  report.xlsx        for the people who decide
  change-request.md  for the change board
  fix-*.ldif         the changes; rollback-*.ldif undoes them
  scan.json          everything, for programs

The exit code is 1, because conflicts were found. It is 0 if there are none.

Next, scan your own forest. On a computer of the domain, as the signed-in user:
  proxyaddr scan -d example.com -o audit
From any computer, as a user that you name:
  proxyaddr scan -H ldaps://dc1.example.com -D "EXAMPLE\anna" -W -o audit
`, filepath.Join(o.dir.Name(), "report.html")); err != nil {
		return 0, unprinted(err)
	}
	return code, nil
}
