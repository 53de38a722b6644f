package report

import (
	"io"
	"runtime/debug"
	"sync"

	"proxyaddr/conflicts"
)

// The files of a scan that [OpenReview] reads.
const (
	ScanFile     = "scan.json"
	workbookFile = "report.xlsx"
)

// Publish writes the files of a scan into a directory, which it creates if it
// is missing: report.xlsx, scan.json, change-request.md, a pair fix-<domain>.ldif
// and rollback-<domain>.ldif for each of the [Domains], and SHA256SUMS over them.
// Of an audit with a Review it writes no workbook and no scan.json. It returns
// their names, sorted. Only their owner can read them.
//
// The files are published together or not at all: each is written and synced
// under a temporary name, and when all are there, they replace those of an
// earlier scan, SHA256SUMS last. On an error, which names the file, what was there
// before is put back. Fix and rollback files that an earlier SHA256SUMS names and
// this scan does not have are removed, so that nobody applies them. Two Publish
// must not run in one directory at once.
func Publish(dir string, a *conflicts.Audit) (names []string, err error) {
	if percent := debug.SetGCPercent(gcPercent); percent > gcPercent {
		defer debug.SetGCPercent(percent)
	} else {
		debug.SetGCPercent(percent)
	}
	return publish(dir, files(a))
}

// gcPercent bounds what the outputs take in passing: the audit is large and stays,
// and they keep next to nothing.
const gcPercent = 5

// files returns the files of a scan but for SHA256SUMS, in the order in which
// they must be written: the workbook names scan.json by its checksum.
func files(a *conflicts.Audit) []output {
	var scan Sum
	outputs := []output{
		{ScanFile, func(w io.Writer) (err error) {
			scan, err = summed(w, func(w io.Writer) error { return JSON(w, a) })
			return err
		}},
		{workbookFile, func(w io.Writer) error { return Workbook(w, a, scan) }},
	}
	if a.Review != nil {
		outputs = nil
	}
	outputs = append(outputs, output{"change-request.md", func(w io.Writer) error { return ChangeRequest(w, a) }})
	domains := sync.OnceValue(func() map[string][]objectChanges { return byDomain(a) })
	for _, domain := range Domains(a) {
		outputs = append(outputs,
			output{fixFile(domain), func(w io.Writer) error { return writeChanges(w, a, domain, domains()[domain], false) }},
			output{rollbackFile(domain), func(w io.Writer) error { return writeChanges(w, a, domain, domains()[domain], true) }})
	}
	return outputs
}
