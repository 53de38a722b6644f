package main

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/report"
	"proxyaddr/report/outdir"
	"proxyaddr/report/page"
)

// A destination is the directory for the files of a run, if one was named.
type destination struct {
	output  string
	replace bool
	keep    int // of the directories of a dated name; 0 for all
	dir     *report.Destination
	runs    []page.Run // for the page
}

func (d *destination) addFlags(fs *pflag.FlagSet, usage string) {
	fs.StringVarP(&d.output, "output", "o", "", usage+"; {date} in its name becomes the date in UTC")
	fs.BoolVar(&d.replace, "replace", false, "delete an earlier audit in the directory, even with changes, decisions or journals")
}

func (d *destination) check(fs *pflag.FlagSet) error {
	if fs.Changed("output") && d.output == "" {
		return wrong("name a directory, for example -o audit", "--output: the name is empty")
	}
	if !fs.Changed("keep") {
		return nil
	}
	if d.keep < 1 {
		return wrong("1 keeps only the directory of this run", "--keep %d: out of range", d.keep)
	}
	hint := `give each run a directory of its own, for example -o "audits/{date}"`
	if d.output == "" {
		return wrong(hint, "--keep goes with --output only")
	}
	if err := report.CheckSeries(d.output); err != nil {
		return wrong(hint, "--keep does not go with --output %q: %v", d.output, err)
	}
	return nil
}

// claim claims the directory, before anything is read, contacted or asked for. The caller must
// call release.
func (d *destination) claim() error {
	if d.replace {
		return d.claimOver(report.Any)
	}
	return d.claimOver(report.Unneeded)
}

func (d *destination) claimOver(may report.Replaceable) (err error) {
	if d.output == "" {
		return nil
	}
	d.dir, err = report.Claim(d.output, time.Now(), may)
	if r := (*outdir.Refusal)(nil); errors.As(err, &r) && !r.Unwritable {
		return unusable(err)
	}
	if err != nil {
		return unpublished(d.output, err)
	}
	return nil
}

// release gives up the directory. Unless something was published, it is unchanged.
func (d *destination) release() {
	if d.dir != nil {
		d.dir.Close()
	}
}

// publish writes the files of an audit, if a directory was claimed, and returns their
// names.
func (d *destination) publish(c *console, audit *conflicts.Audit) ([]string, error) {
	if d.dir == nil {
		return nil, nil
	}
	names, err := d.dir.Publish(audit, d.runs...)
	if err != nil {
		return nil, unpublished(d.dir.Name(), err)
	}
	c.log("wrote %s to %s", strings.Join(names, ", "), d.dir.Name())
	if d.keep > 0 {
		d.retain(c)
	}
	return names, nil
}

// retain removes the older directories that --keep does not keep, and says what it did. Its
// errors do not change the exit code: the outputs of this run are written.
func (d *destination) retain(c *console) {
	kept := d.dir.Retain(d.keep)
	for _, name := range kept.Removed {
		c.log("removed %s (--keep %d)", name, d.keep)
	}
	for _, problem := range kept.Problems {
		c.log("left %v", problem)
	}
}
