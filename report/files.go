package report

import (
	"io"
	"regexp"
	"slices"
	"sync"

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

// files returns the files of a scan but for SHA256SUMS, in the order in which
// they must be written: the workbook names scan.json by its checksum, and the
// change request names all others by theirs.
func files(a *conflicts.Audit, runs ...page.Run) []output {
	named := Domains(a)
	about := request.Files{Workbook: workbookFile}
	sums := make(map[string]Sum)
	domains := sync.OnceValue(func() map[string][]objectChanges { return byDomain(a) })
	var outputs []output
	add := func(name string, write func(io.Writer) error) {
		outputs = append(outputs, output{name, func(w io.Writer) (err error) {
			sums[name], err = summed(w, write)
			return err
		}})
	}
	if a.Review == nil {
		add(scanFile, func(w io.Writer) error { return JSON(w, a) })
		add(workbookFile, func(w io.Writer) error { return workbook.Write(w, a, sums[scanFile].String()) })
		add(pageFile, func(w io.Writer) error {
			r := page.Report{Audit: a, Runs: runs}
			for _, domain := range named {
				if len(domains()[domain]) > 0 {
					r.Fixes = append(r.Fixes, fixFile(domain))
				}
			}
			return page.Write(w, r)
		})
	} else {
		about.Workbook = a.Review.Workbook
	}
	for _, domain := range named {
		add(fixFile(domain), func(w io.Writer) error { return writeChanges(w, a, domain, domains()[domain], false) })
		add(rollbackFile(domain), func(w io.Writer) error { return writeChanges(w, a, domain, domains()[domain], true) })
	}
	return append(outputs, output{requestFile, func(w io.Writer) error {
		about := about
		for _, o := range outputs {
			about.Sums = append(about.Sums, request.Sum{File: o.name, Hex: sums[o.name].String()})
		}
		for _, domain := range named {
			d := request.Domain{Name: domain, Fix: fixFile(domain), Changes: len(domains()[domain]) > 0}
			if domain == noDomain {
				d.Name = ""
			}
			about.Domains = append(about.Domains, d)
		}
		return request.Write(w, a, about)
	}})
}
