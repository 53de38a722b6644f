package main

import (
	"errors"
	"path/filepath"
	"strings"

	"proxyaddr/ldapscan/apply"
	"proxyaddr/report"
)

// reviewed compares fix and rollback files with the SHA256SUMS beside them, if it lists them. A
// file that was changed since is exitStale.
func reviewed(files []apply.File) error {
	var changed []string
	for _, f := range files {
		contradicted, err := report.Contradicted(f.Name, f.SHA256)
		if err != nil {
			return unusable(err)
		}
		if contradicted {
			changed = append(changed, f.Name)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return &failure{exitStale, errors.New(strings.Join(changed, ", ") + ": was changed after it was written: SHA256SUMS lists another checksum"),
		"have it written again by scan or fix; to use it as it is, copy it to a directory without " + filepath.Join(filepath.Dir(changed[0]), "SHA256SUMS")}
}
