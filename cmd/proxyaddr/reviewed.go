package main

import (
	"path/filepath"

	"proxyaddr/ldapscan/apply"
	"proxyaddr/report"
)

// A staleError is a plan that is not the one that was reviewed.
type staleError struct{ problem, hint string }

func (e *staleError) Error() string { return e.problem }

// reviewed holds fix and rollback files to the SHA256SUMS beside them, where it lists
// them. The first that was changed since is a [staleError].
func reviewed(files []apply.File) error {
	for _, f := range files {
		changed, err := report.Contradicted(f.Name, f.SHA256)
		if err != nil {
			return &usageError{problem: err.Error()}
		}
		if changed {
			return &staleError{f.Name + ": was changed after it was written: SHA256SUMS lists another checksum",
				"have it written again by scan or fix; to use it as it is, copy it to a directory without " + filepath.Join(filepath.Dir(f.Name), "SHA256SUMS")}
		}
	}
	return nil
}
