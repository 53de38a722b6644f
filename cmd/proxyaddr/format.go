package main

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
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

// write writes a result in the format with that name.
func (f formats[T]) write(c *console, name string, result T) error {
	for i := range f {
		if f[i].name == name {
			if err := f[i].write(c, result); err != nil {
				return unprinted(err)
			}
		}
	}
	return nil
}

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
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular() && info.Size() == 0
}

// A formatting is the format in which a result is written to stdout.
type formatting struct {
	format string
	quiet  bool
}

// addFlags adds --format with these names, and --quiet if totals are one of them.
func (o *formatting) addFlags(fs *pflag.FlagSet, names []string) {
	fs.StringVar(&o.format, "format", names[0], "write to stdout in this `format`: "+enumerate(names, "or"))
	choose(fs, "format", names...)
	if slices.Contains(names, "totals") {
		fs.BoolVarP(&o.quiet, "quiet", "q", false, "write nothing but totals to stdout: short for --format totals")
	}
}

func (o *formatting) check(fs *pflag.FlagSet, names []string) error {
	switch {
	case !slices.Contains(names, o.format):
		return wrong("the formats are "+enumerate(names, "and"), "--format %s: unknown", o.format)
	case o.quiet && fs.Changed("format") && o.format != "totals":
		return wrong("leave one of them out", "both --quiet and --format %s", o.format)
	case o.quiet:
		o.format = "totals"
	}
	return nil
}

// enumerate writes names as "table, json and csv".
func enumerate(names []string, conjunction string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " " + conjunction + " " + names[last]
}
