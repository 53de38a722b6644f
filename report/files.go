package report

import (
	"io"
	"regexp"
	"slices"
	"sync"

	"proxyaddr/conflicts"
	"proxyaddr/report/page"
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
// they must be written: the workbook names scan.json by its checksum.
func files(a *conflicts.Audit, runs ...page.Run) []output {
	var scan Sum
	named := Domains(a)
	outputs := []output{
		{scanFile, func(w io.Writer) (err error) {
			scan, err = summed(w, func(w io.Writer) error { return JSON(w, a) })
			return err
		}},
		{workbookFile, func(w io.Writer) error { return workbook.Write(w, a, scan.String()) }},
		{pageFile, func(w io.Writer) error { return page.Write(w, page.Report{Audit: a, Domains: named, Runs: runs}) }},
	}
	if a.Review != nil {
		outputs = nil
	}
	outputs = append(outputs, output{requestFile, func(w io.Writer) error { return ChangeRequest(w, a) }})
	domains := sync.OnceValue(func() map[string][]objectChanges { return byDomain(a) })
	for _, domain := range named {
		outputs = append(outputs,
			output{fixFile(domain), func(w io.Writer) error { return writeChanges(w, a, domain, domains()[domain], false) }},
			output{rollbackFile(domain), func(w io.Writer) error { return writeChanges(w, a, domain, domains()[domain], true) }})
	}
	return outputs
}
