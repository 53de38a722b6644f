package main

import (
	"io"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/report"
)

// A reporting says how conflicts are judged, and where the outputs go.
type reporting struct {
	destination
	format             string
	keeper             []string
	pattern, secondary string
	commandLine        string
	judge              conflicts.Options
}

func (r *reporting) addFlags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&r.keeper, "keeper", nil, "keeper `rules` to ask first, separated by commas: "+conflicts.RuleNames(conflicts.DefaultRules()))
	fs.StringVar(&r.pattern, "pattern", "", "`template` of proposals, for example \"{given}.{sn}{n}@{domain}\"")
	fs.StringVar(&r.secondary, "secondary", "replace", "replace or remove a duplicated secondary address")
	r.destination.addFlags(fs, "write the report, the fix files and scan.json to this `directory`")
	fs.StringVar(&r.format, "format", "table", "write table, json, jsonl or csv to stdout")
}

// check validates the settings and settles how to judge.
func (r *reporting) check() error {
	switch {
	case !slices.Contains([]string{"table", "json", "jsonl", "csv"}, r.format):
		return wrong("the formats are table, json, jsonl and csv", "--format %s: unknown", r.format)
	case r.secondary != "replace" && r.secondary != "remove":
		return wrong("it takes replace or remove", "--secondary %s: unknown", r.secondary)
	}
	r.judge.RemoveSecondary = r.secondary == "remove"
	var err error
	if r.judge.Rules, err = conflicts.SelectRules(r.keeper); err != nil {
		return &usageError{problem: err.Error()}
	}
	if r.judge.Pattern, err = conflicts.ParsePattern(r.pattern); err != nil {
		return &usageError{problem: err.Error()}
	}
	return nil
}

// deliver writes the outputs of an audit and returns the exit code that it
// calls for.
func (c *console) deliver(audit *conflicts.Audit, r *reporting) (int, error) {
	if err := r.publish(c, audit); err != nil {
		return 0, err
	}
	if err := write(c, audit, r.format); err != nil {
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
		if format == "csv" && emptyFile(c.stdout) {
			if _, err := io.WriteString(c.stdout, report.ByteOrderMark); err != nil {
				return err
			}
		}
		return f(c.stdout, audit)
	}
	_, screen := terminal(c.stdout)
	return report.Table(c.stdout, audit, report.TableOptions{Width: c.width(), Color: c.colour(), Brief: screen})
}

// emptyFile reports whether a stream goes to the beginning of a file, as with
// "> scan.csv", and not through a pipe to a program.
func emptyFile(stream io.Writer) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular() && info.Size() == 0
}
