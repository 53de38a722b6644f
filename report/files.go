package report

import (
	"io"
	"maps"
	"slices"

	"proxyaddr/conflicts"
)

// Publish writes the files of a scan into a directory, which it creates if it
// is missing: report.xlsx, scan.json, change-request.md, a pair fix-<domain>.ldif
// and rollback-<domain>.ldif for each of the [Domains], and SHA256SUMS over them.
// It returns their names, sorted. Only their owner can read them.
//
// The files are published together or not at all: each is written and synced
// under a temporary name, and when all are there, they replace those of an
// earlier scan, SHA256SUMS last. On an error, which names the file, what was there
// before is put back. Fix and rollback files that an earlier SHA256SUMS names and
// this scan does not have are removed, so that nobody applies them. Two Publish
// must not run in one directory at once.
func Publish(dir string, a *conflicts.Audit) (names []string, err error) {
	return publish(dir, files(a))
}

// files returns the files of a scan but for SHA256SUMS.
func files(a *conflicts.Audit) []output {
	outputs := []output{
		{"report.xlsx", func(w io.Writer) error { return Workbook(w, a) }},
		{"scan.json", func(w io.Writer) error { return JSON(w, a) }},
		{"change-request.md", func(w io.Writer) error { return ChangeRequest(w, a) }},
	}
	domains := byDomain(a)
	for _, domain := range slices.Sorted(maps.Keys(domains)) {
		outputs = append(outputs,
			output{fixFile(domain), func(w io.Writer) error { return writeChanges(w, a, domain, domains[domain], false) }},
			output{rollbackFile(domain), func(w io.Writer) error { return writeChanges(w, a, domain, domains[domain], true) }})
	}
	return outputs
}
