package main

import (
	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
)

// A reporting has the rules for judging conflicts, and the place of the outputs.
type reporting struct {
	destination
	formatting
	keeper             []string
	pattern, secondary string
	commandLine        string
	connection         string
	judge              conflicts.Options
	totals             bool // are printed only because files have the rest
}

func (r *reporting) addFlags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&r.keeper, "keeper", nil, "keeper `rules` to ask first, separated by commas: "+conflicts.RuleNames(conflicts.DefaultRules()))
	fs.StringVar(&r.pattern, "pattern", "", "`template` of proposals, for example \"{given}.{sn}{n}@{domain}\"")
	fs.StringVar(&r.secondary, "secondary", "replace", "what to propose for a duplicated secondary address: `action` replace, or remove where nothing stands against it")
	choose(fs, "secondary", "replace", "remove")
	r.destination.addFlags(fs, "write the report, the fix files and scan.json to this `directory`")
	r.formatting.addFlags(fs, auditFormats.names())
}

// check validates the settings and sets the rules.
func (r *reporting) check(fs *pflag.FlagSet) error {
	r.commandLine, r.connection = commandLine(fs), connection(fs)
	if err := r.formatting.check(fs, auditFormats.names()); err != nil {
		return err
	}
	if err := r.destination.check(fs); err != nil {
		return err
	}
	if r.output != "" && !fs.Changed("format") && !r.quiet {
		r.format, r.totals = "totals", true
	}
	if r.secondary != "replace" && r.secondary != "remove" {
		return wrong("it takes replace or remove", "--secondary %s: unknown", r.secondary)
	}
	r.judge.RemoveSecondary = r.secondary == "remove"
	var err error
	if r.judge.Rules, err = conflicts.SelectRules(r.keeper); err != nil {
		return unusable(err)
	}
	if r.judge.Pattern, err = conflicts.ParsePattern(r.pattern); err != nil {
		return unusable(err)
	}
	return nil
}

// deliver writes the outputs of an audit and returns the exit code. If the files cannot be
// written, the whole table is printed, so a sweep is not lost.
func (c *console) deliver(audit *conflicts.Audit, r *reporting) (int, error) {
	_, unwritten := r.publish(c, audit)
	formatting := r.formatting
	if unwritten != nil && r.totals {
		formatting.format = "table"
	}
	err := auditFormats.write(c, &formatting, audit)
	if unwritten != nil {
		return 0, unwritten
	}
	if err != nil {
		return 0, err
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
