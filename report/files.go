package report

import (
	"io"
	"maps"
	"regexp"
	"slices"

	"proxyaddr/conflicts"
	"proxyaddr/report/page"
	"proxyaddr/report/request"
	"proxyaddr/report/workbook"
)

// The files of a scan that [ReadWorkbook] reads.
const (
	scanFile     = "scan.json"
	workbookFile = "report.xlsx"
)

// The files of a scan for people alone.
const (
	pageFile    = "report.html"
	requestFile = "change-request.md"
)

// DemoCommand is the command line in the audits of the demo.
const DemoCommand = "proxyaddr demo"

// output is a file and what writes it.
type output struct {
	name  string
	write func(io.Writer) error
}

// ours tells whether a file has a name that files gives.
func ours(name string) bool {
	return slices.Contains([]string{scanFile, workbookFile, pageFile, requestFile}, name) || changeFile.MatchString(name)
}

// changeFile is the name of a fix or rollback file.
var changeFile = regexp.MustCompile(`^(fix|rollback)-[a-z0-9._-]+\.ldif$`)

// A sequence of outputs is written in its order. No output may wait for one behind it: it would wait
// for ever.
type sequence []output

// files returns the files of a scan but for SHA256SUMS, in sequences that can be written side by
// side. The second sequence names files by their checksums: the workbook names scan.json, and the
// change request names all other files. sum waits until a file is written, and returns its checksum.
func files(a *conflicts.Audit, sum func(name string) Sum, runs ...page.Run) []sequence {
	domains := byDomain(a)
	named := slices.Sorted(maps.Keys(domains))
	about := request.Files{Workbook: workbookFile}
	var first, second sequence
	var names []string // of the files, as the change request lists them
	if a.Review == nil {
		names = append(names, scanFile, workbookFile, pageFile)
		scanSum := func() string { return sum(scanFile).String() }
		first = sequence{{scanFile, func(w io.Writer) error { return JSON(w, a) }}}
		second = sequence{{workbookFile, func(w io.Writer) error { return workbook.Write(w, a, scanSum) }}}
		r := page.Report{Audit: a, Runs: runs}
		for _, domain := range named {
			if len(domains[domain].changes) > 0 {
				r.Fixes = append(r.Fixes, fixFile(domain))
			}
		}
		first = append(first, output{pageFile, func(w io.Writer) error { return page.Write(w, r) }})
	} else {
		about.Workbook = a.Review.Workbook
	}
	for _, domain := range named {
		names = append(names, fixFile(domain), rollbackFile(domain))
		d := request.Domain{Name: domain, Fix: fixFile(domain), Changes: len(domains[domain].changes) > 0}
		if domain == noDomain {
			d.Name = ""
		}
		about.Domains = append(about.Domains, d)
		first = append(first,
			output{fixFile(domain), func(w io.Writer) error { return writeChanges(w, domain, domains[domain], false) }},
			output{rollbackFile(domain), func(w io.Writer) error { return writeChanges(w, domain, domains[domain], true) }})
	}
	about.Sums = func(yield func(request.Sum) bool) {
		for _, name := range names {
			if !yield(request.Sum{File: name, Hex: sum(name).String()}) {
				return
			}
		}
	}
	second = append(second, output{requestFile, func(w io.Writer) error { return request.Write(w, a, about) }})
	return []sequence{first, second}
}
