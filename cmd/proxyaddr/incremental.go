package main

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
)

// incrementalFlags say when a scan may read only what was written since the last one.
type incrementalFlags struct {
	incremental, full bool
	fullEvery         time.Duration
}

func (o *incrementalFlags) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.incremental, "incremental", false, "with --state, read only what was written since the last run, where that finds all conflicts")
	fs.BoolVar(&o.full, "full", false, "with --incremental, read everything this time")
	fs.DurationVar(&o.fullEvery, "full-every", 24*time.Hour, "with --incremental, read everything once the last whole sweep is of this `age`")
}

// check validates the settings together with those of the scan.
func (o *incrementalFlags) check(fs *pflag.FlagSet, scan *scanOptions) error {
	switch {
	case !o.incremental:
		for _, name := range []string{"full", "full-every"} {
			if fs.Changed(name) {
				return wrong("a scan without --incremental reads everything", "--%s goes with --incremental only", name)
			}
		}
	case scan.state == "":
		return wrong("name the directory that remembers earlier runs with --state", "--incremental goes with --state only")
	case scan.exported():
		return wrong("an export does not tell what was written since the last one", "--incremental does not go with --input")
	case scan.hygiene:
		return wrong("leave one of them out", "--incremental does not go with --hygiene, which reads everything")
	case o.fullEvery <= 0:
		return wrong("write for example 24h", "--full-every %v: must be more than 0", o.fullEvery)
	}
	return nil
}

// read reads only what was written since the last run if the settings ask for that and nothing
// forces a whole sweep. In either case it notes the bookmark for the next run.
func (r *stateRun) read(ctx context.Context, src ldapscan.Source, o *scanOptions, opt ldapscan.Options) (*conflicts.Audit, error) {
	since := ldapscan.Since{Now: r.run.Time}
	if r.dir.State != nil {
		since.Bookmark = r.dir.State.Bookmark
	}
	switch {
	case !o.incremental:
		since.Whole = "--incremental was not given"
	case o.full:
		since.Whole = "--full was given"
	case o.output != "":
		since.Whole = "the files of -o propose addresses, which have to be known to be free"
	default:
		since.Whole = r.dir.State.Whole(r.scope, r.run.Time, o.fullEvery)
	}
	if since.Whole == "" {
		since.Owners = r.dir.State.OpenOwners()
	}
	var err error
	if r.reading, err = ldapscan.ScanSince(ctx, src, since, opt); err != nil {
		return nil, err
	}
	audit := r.reading.Audit
	if o.incremental && r.reading.Whole != "" {
		audit.Notes = append(audit.Notes, "everything was read: "+r.reading.Whole)
	}
	return audit, nil
}
