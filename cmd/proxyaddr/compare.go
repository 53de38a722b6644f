package main

import (
	"context"
	"slices"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
)

// checkCompare reports a setting that does not go with --compare-dcs.
func (o *scanOptions) checkCompare() error {
	alone := func(flag string) error {
		return wrong("leave one of them out", "%s does not go with --compare-dcs", flag)
	}
	switch {
	case o.exported():
		return alone("--input")
	case o.hygiene:
		return alone("--hygiene")
	case o.catalog:
		return alone("--global-catalog")
	case len(o.keeper) > 0:
		return alone("--keeper")
	case o.pattern != "":
		return alone("--pattern")
	case o.secondary != "replace":
		return alone("--secondary")
	case o.state != "":
		return alone("--state")
	case len(o.auditLogs) > 0:
		return alone("--audit-log")
	case o.output != "":
		return wrong("use --report with a file that ends in .json", "--output does not go with --compare-dcs")
	case !slices.Contains(comparisonFormats.names(), o.format):
		return wrong("it takes "+conflicts.Enumerate(comparisonFormats.names(), "and"), "--format %s does not go with --compare-dcs", o.format)
	case len(o.domains) == 0 && len(o.urls) == 1:
		return wrong("name another domain controller with -H, or a domain with -d", "--compare-dcs: nothing to compare the domain controller with")
	}
	return o.checkReports(comparisonFormats.names())
}

// compare is the run of a scan with --compare-dcs.
func (o *scanOptions) compare(ctx context.Context, c *console) (int, error) {
	directories, err := openAs(ctx, c, &o.login, ldapscan.OpenDirectories)
	if err != nil {
		return 0, err
	}
	defer directories.Close()
	c.tellServers(directories.Servers())
	p := newProgress(c, time.Now)
	found, err := ldapscan.Compare(ctx, directories, ldapscan.Options{Version: version(), Command: o.commandLine, Judge: o.judge, Progress: p.show})
	p.done()
	if err != nil {
		return 0, err
	}
	if o.stats {
		p.stats()
	}
	if err := comparisonFormats.write(c, &o.formatting, found); err != nil {
		return 0, err
	}
	switch {
	case !found.Complete():
		for _, problem := range found.Problems {
			c.log("incomplete: %s", problem)
		}
		return exitIncomplete, nil
	case !found.Clean():
		return exitConflicts, nil
	}
	return exitClean, nil
}
