package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"proxyaddr/report/schematest"
)

// docs/output.md names the formats for programs of each command.
func TestDocumentedFormats(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join(schematest.Docs(), "output.md"))
	if err != nil {
		t.Fatal(err)
	}
	for command, names := range map[string][]string{
		"scan": auditFormats.names(), "scan --compare-dcs": comparisonFormats.names(), "check": checkFormats.names(),
		"verify": verifyFormats.names(), "fix": fixFormats.names(), "apply": applyFormats.names(),
	} {
		names = slices.DeleteFunc(names, func(name string) bool { return name == "table" || name == "totals" })
		row := "\n| `" + command + "` | "
		_, rest, found := strings.Cut(string(docs), row)
		rest, _, _ = strings.Cut(rest, "\n")
		_, listed, _ := strings.Cut(rest, " | ")
		listed, _, _ = strings.Cut(strings.TrimSuffix(listed, " |"), ";")
		if want := strings.Join(names, ", "); !found || listed != want {
			t.Errorf("%s has the formats %s; docs/output.md says %q", command, want, listed)
		}
	}
}
