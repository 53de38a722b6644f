package ldapscan

import (
	"context"
	"fmt"
	"hash/maphash"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/index"
)

// Options say how a scan is judged and reported.
type Options struct {
	// Version, Command and Connection are reported as they are.
	Version, Command, Connection string
	// Judge holds the rules; Scan fills in what it learns from the source: the
	// accepted domains and which addresses are taken.
	Judge conflicts.Options
	// Hygiene reads everything once more, for findings that take further attributes.
	Hygiene bool
	// Progress, if set, is called after every page, by one goroutine at a time.
	Progress func(Progress)
}

// Progress is the progress of a scan.
type Progress struct {
	Objects, Values, Pages int // a file has no pages
	// Bytes is the size of the entries, as they are on the wire or in the file.
	Bytes int64
	// Suspects is the number of objects that are read again; 0 until the sweep
	// is over.
	Suspects int
}

// Scan sweeps a source, reads the suspects again and judges them. The error is that of
// ctx, or says why nothing could be read at all; any other failure makes the audit
// incomplete.
func Scan(ctx context.Context, src Source, opt Options) (*conflicts.Audit, error) {
	sink := newCollector(index.New(maphash.MakeSeed()), opt.Judge, opt.Progress)
	survey, err := src.Sweep(ctx, sink)
	if err != nil {
		return nil, err
	}
	audit := newAudit(src, opt)
	audit.Scope.AcceptedDomains = survey.AcceptedDomains
	audit.Coverage, audit.Problems, audit.Notes = survey.Coverage, survey.Problems, survey.Notes
	for _, c := range survey.Coverage {
		if c.Problem != "" {
			audit.Problems = append(audit.Problems, c.Problem)
		}
	}

	all := &sink.whole
	for i, dn := range sink.subtrees {
		if all.inside[i] > 0 {
			continue
		}
		flag := "--base"
		if i >= len(opt.Judge.Base) {
			flag = "--exclude"
		}
		audit.Problems = append(audit.Problems, fmt.Sprintf("%s %s: nothing with an address found there. Is the DN right?", flag, dn))
	}

	suspects := all.index.Suspects()
	sink.tally.add(Progress{}, Progress{Suspects: len(suspects)})
	if n := all.unexplained(); n > 0 && !survey.ByRecord {
		audit.Problems = append(audit.Problems, fmt.Sprintf(
			"%s: %d objects came twice without having changed: others may be missing in their place", sourceNames(audit), n))
	}
	second := newSecondReading(all.index, suspects)
	second.read(ctx, src)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	second.tell(audit)
	opt.Judge.Rules = audit.Rules
	opt.Judge.AcceptedDomains, opt.Judge.PrimaryDomains = survey.AcceptedDomains, all.domains.List()
	if survey.ByRecord {
		opt.Judge.PrimaryDomains = survey.PrimaryDomains
	}
	opt.Judge.Taken, opt.Judge.Shared = all.index.Taken, all.index.Shared
	judged := conflicts.Judge(second.objects, opt.Judge)
	judged.Into(audit)
	noteUnknownDomains(audit)
	audit.Findings = conflicts.SortFindings(append(all.current(), judged.Findings...))
	if opt.Hygiene {
		if hygiene(ctx, src, &opt.Judge, audit); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return audit, nil
}

// newAudit returns an audit with everything known before reading.
func newAudit(src Source, opt Options) *conflicts.Audit {
	audit := &conflicts.Audit{
		Version: opt.Version,
		Command: opt.Command,
		Scope:   conflicts.Scope{Connection: opt.Connection, Base: opt.Judge.Base, Exclude: opt.Judge.Exclude},
		Rules:   opt.Judge.Rules,
	}
	src.Describe(&audit.Scope)
	if audit.Rules == nil {
		audit.Rules = conflicts.DefaultRules()
	}
	return audit
}

func sourceNames(a *conflicts.Audit) string { return strings.Join(a.Scope.Source, ", ") }

// noteUnknownDomains says in an audit with conflicts that the accepted domains are not known.
func noteUnknownDomains(a *conflicts.Audit) {
	if !a.Scope.AcceptedDomainsKnown() && len(a.Conflicts) > 0 {
		a.Notes = append(a.Notes, sourceNames(a)+": accepted domains unknown, so addresses are proposed only in domains in which users, groups or mailboxes have their primary address")
	}
}
