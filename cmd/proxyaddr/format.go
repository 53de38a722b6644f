package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/osfile"
	"proxyaddr/report"
	"proxyaddr/report/status"
)

// formats are the values of --format of a command, each with its writer. The first is the
// default.
type formats[T any] []struct {
	name  string
	write func(c *console, result T) error
}

// The formats of each command and each kind of result. --quiet prints totals; those of verify,
// fix and apply go to stderr.
var (
	auditFormats = formats[*conflicts.Audit]{
		{"table", func(c *console, a *conflicts.Audit) error { return report.Table(c.stdout, a, c.tableOptions()) }},
		{"totals", func(c *console, a *conflicts.Audit) error { return report.Totals(c.stdout, a, c.tableOptions()) }},
		{"json", func(c *console, a *conflicts.Audit) error { return report.JSON(c.stdout, a) }},
		{"jsonl", func(c *console, a *conflicts.Audit) error { return report.JSONL(c.stdout, a) }},
		{"csv", func(c *console, a *conflicts.Audit) error {
			return c.writeCSV(func(w io.Writer) error { return report.CSV(w, a) })
		}},
	}
	comparisonFormats = formats[*conflicts.Comparison]{
		{"table", func(c *console, found *conflicts.Comparison) error {
			return report.ComparisonTable(c.stdout, found, c.tableOptions())
		}},
		{"totals", func(c *console, found *conflicts.Comparison) error {
			return report.ComparisonTotals(c.stdout, found, c.tableOptions())
		}},
		{"json", func(c *console, found *conflicts.Comparison) error { return report.ComparisonJSON(c.stdout, found) }},
	}
	verifyFormats = formats[*verification]{
		{"table", func(c *console, v *verification) error {
			return report.VerifyTable(c.stdout, v.verdicts, c.tableOptions())
		}},
		{"totals", func(*console, *verification) error { return nil }},
		{"json", func(c *console, v *verification) error {
			return report.VerifyJSON(c.stdout, v.verdicts, v.problem, v.notes)
		}},
		{"jsonl", func(c *console, v *verification) error {
			return report.VerifyJSONL(c.stdout, v.verdicts, v.problem, v.notes)
		}},
		{"csv", func(c *console, v *verification) error {
			return c.writeCSV(func(w io.Writer) error { return report.VerifyCSV(w, v.verdicts, v.problem) })
		}},
	}
	checkFormats = formats[*availability]{
		{"table", func(c *console, a *availability) error { return report.CheckTable(c.stdout, a.list, c.tableOptions()) }},
		{"json", func(c *console, a *availability) error {
			return report.CheckJSON(c.stdout, a.list, a.problem, a.notes)
		}},
		{"jsonl", func(c *console, a *availability) error {
			return report.CheckJSONL(c.stdout, a.list, a.problem, a.notes)
		}},
		{"csv", func(c *console, a *availability) error {
			return c.writeCSV(func(w io.Writer) error { return report.CheckCSV(w, a.list, a.problem) })
		}},
	}
	// The text for people about a fix goes to stderr.
	fixFormats = formats[*fixed]{
		{"table", func(*console, *fixed) error { return nil }},
		{"totals", func(*console, *fixed) error { return nil }},
		{"json", func(c *console, f *fixed) error { return report.FixJSON(c.stdout, f.approved, f.directory, f.files) }},
		{"jsonl", func(c *console, f *fixed) error { return report.FixJSONL(c.stdout, f.approved, f.directory, f.files) }},
		{"csv", func(c *console, f *fixed) error {
			return c.writeCSV(func(w io.Writer) error { return report.FixCSV(w, f.approved) })
		}},
	}
	statusFormats = formats[*status.Report]{
		{"text", func(c *console, r *status.Report) error { return r.Text(c.stdout) }},
		{"json", func(c *console, r *status.Report) error { return r.JSON(c.stdout) }},
		{"prometheus", func(c *console, r *status.Report) error { return r.Prometheus(c.stdout) }},
		{"nagios", func(c *console, r *status.Report) error { return r.Nagios(c.stdout) }},
		{"prtg", func(c *console, r *status.Report) error { return r.PRTG(c.stdout) }},
	}
	// The table of an application is printed step by step; see [applyOptions.steps].
	applyFormats = formats[*report.Application]{
		{"table", func(*console, *report.Application) error { return nil }},
		{"totals", func(*console, *report.Application) error { return nil }},
		{"json", func(c *console, a *report.Application) error { return report.ApplyJSON(c.stdout, a) }},
		{"jsonl", func(c *console, a *report.Application) error { return report.ApplyJSONL(c.stdout, a) }},
		{"csv", func(c *console, a *report.Application) error {
			return c.writeCSV(func(w io.Writer) error { return report.ApplyCSV(w, a) })
		}},
	}
)

func (f formats[T]) names() []string {
	names := make([]string, len(f))
	for i := range f {
		names[i] = f[i].name
	}
	return names
}

// write writes a result to the files of --report and to stdout. An error for one does not stop
// the others.
func (f formats[T]) write(c *console, o *formatting, result T) error {
	var failed error
	for _, path := range o.reports {
		err := osfile.ReplaceBy(path, reportMode, func(w io.Writer) error {
			to := *c
			to.stdout = reportFile{w}
			return f.writeAs(&to, reportFormat(path), result)
		})
		if err != nil && failed == nil {
			failed = &failure{exitIncomplete, fmt.Errorf("--report: %w", bare(err)), "name a file that this account may write"}
		}
	}
	if err := f.writeAs(c, o.format, result); err != nil && failed == nil {
		failed = unprinted(err)
	}
	return failed
}

// writeAs writes a result to stdout in the format with that name.
func (f formats[T]) writeAs(c *console, name string, result T) error {
	for i := range f {
		if f[i].name == name {
			return f[i].write(c, result)
		}
	}
	return nil
}

// reportMode lets only its owner read a report: it has names and addresses.
const reportMode = 0o600

// reportFormats are the formats that a file can have, by the ending of its name.
var reportFormats = []string{"csv", "json", "jsonl"}

func reportFormat(path string) string {
	return strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
}

// A reportFile is the stdout of a format that goes to a file.
type reportFile struct{ io.Writer }

// tableOptions are the options of a table on stdout.
func (c *console) tableOptions() report.TableOptions {
	_, screen := terminal(c.stdout)
	return report.TableOptions{Width: columnsOf(c.stdout), Color: c.color(), Brief: screen}
}

// writeCSV writes rows to stdout, after a byte order mark if stdout is a file.
func (c *console) writeCSV(rows func(io.Writer) error) error {
	if emptyFile(c.stdout) {
		if _, err := io.WriteString(c.stdout, report.ByteOrderMark); err != nil {
			return err
		}
	}
	return rows(c.stdout)
}

// emptyFile reports whether a stream goes to the beginning of a file, as with "> scan.csv", and
// not to a pipe.
func emptyFile(stream io.Writer) bool {
	if _, ok := stream.(reportFile); ok {
		return true
	}
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular() && info.Size() == 0
}

// A formatting is the format in which a result is written to stdout, and the files that get it
// too.
type formatting struct {
	format  string
	quiet   bool
	reports []string
}

// addFlags adds --format with these names, --report, and --quiet if totals are one of them.
func (o *formatting) addFlags(fs *pflag.FlagSet, names []string) {
	fs.StringVar(&o.format, "format", names[0], "write to stdout in this `format`: "+conflicts.Enumerate(names, "or"))
	choose(fs, "format", names...)
	fs.StringArrayVar(&o.reports, "report", nil, "also write the result to this `file` (repeatable), in the format of its ending: "+conflicts.Enumerate(reportable(names), "or"))
	if slices.Contains(names, "totals") {
		fs.BoolVarP(&o.quiet, "quiet", "q", false, "write nothing but totals to stdout: short for --format totals")
	}
}

func (o *formatting) check(fs *pflag.FlagSet, names []string) error {
	switch {
	case !slices.Contains(names, o.format):
		return wrong("the formats are "+conflicts.Enumerate(names, "and"), "--format %s: unknown", o.format)
	case o.quiet && fs.Changed("format") && o.format != "totals":
		return wrong("leave one of them out", "both --quiet and --format %s", o.format)
	case o.quiet:
		o.format = "totals"
	}
	if err := o.checkApart(fs); err != nil {
		return err
	}
	return o.checkReports(names)
}

// checkReports validates the files of --report, before anything is read or contacted.
func (o *formatting) checkReports(names []string) error {
	for _, path := range o.reports {
		if !slices.Contains(reportable(names), reportFormat(path)) {
			return wrong("name a file that ends in "+conflicts.Enumerate(reportable(names), "or"), "--report %s: no format by its ending", path)
		}
		err := osfile.CheckReplace(path)
		if errors.Is(err, osfile.ErrInUse) {
			return wrong("close it there, or name another file", "--report %s: is open in another program", path)
		}
		if err != nil {
			return unopened("name a file in a directory that exists, and that this account may write", fmt.Errorf("--report: %w", bare(err)))
		}
	}
	return nil
}

// reportable returns the formats of these that a file can have, as endings.
func reportable(names []string) []string {
	return slices.DeleteFunc(slices.Clone(reportFormats), func(name string) bool { return !slices.Contains(names, name) })
}
