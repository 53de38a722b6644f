package main

import (
	"errors"
	"path/filepath"

	"proxyaddr/ldapscan/apply"
	"proxyaddr/report"
)

// reviewed holds fix and rollback files to the SHA256SUMS beside them, where it lists
// them. The first that was changed since is exitStale.
func reviewed(files []apply.File) error {
	for _, f := range files {
		changed, err := report.Contradicted(f.Name, f.SHA256)
		if err != nil {
			return unusable(err)
		}
		if changed {
			return &failure{exitStale, errors.New(f.Name + ": was changed after it was written: SHA256SUMS lists another checksum"),
				"have it written again by scan or fix; to use it as it is, copy it to a directory without " + filepath.Join(filepath.Dir(f.Name), "SHA256SUMS")}
		}
	}
	return nil
}
