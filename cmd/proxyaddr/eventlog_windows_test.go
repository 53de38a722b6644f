package main

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows/registry"
)

// A source that is not registered is noted, and changes no exit code.
func TestEventLogWithoutSource(t *testing.T) {
	if key, err := registry.OpenKey(registry.LOCAL_MACHINE, eventSourceKey, registry.QUERY_VALUE); err == nil {
		key.Close()
		t.Skip("the source is registered here")
	}
	dir := t.TempDir()
	export := writeFile(t, filepath.Join(dir, "export.ldif"), pairs(10, 3))
	for _, code := range []int{exitClean, exitClean} {
		_, stderr := scanState(t, code, "--input", export, "--state", filepath.Join(dir, "state"), "--fail-on", "new", "--event-log")
		if !strings.Contains(stderr, "proxyaddr: note: --event-log: the source proxyaddr is not registered") {
			t.Error(stderr)
		}
	}
}
