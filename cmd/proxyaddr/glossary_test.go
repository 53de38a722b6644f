package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var (
	glossaryRow  = regexp.MustCompile(`(?m)^\| (\w[\w ]*) \| .* \| (.*) \|$`)
	nameOfSource = regexp.MustCompile("`(\\w+)\\.([A-Z]\\w*)`")
)

// The words of the glossary are in the code where it says.
func TestGlossaryNamesWhatIsThere(t *testing.T) {
	text, err := os.ReadFile("../../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{
		"conflicts": "conflicts", "index": "conflicts/index", "memory": "conflicts/memory", "eventlog": "conflicts/eventlog",
		"ldapscan": "ldapscan", "apply": "ldapscan/apply",
	}
	rows := glossaryRow.FindAllStringSubmatch(string(text), -1)[1:] // behind the heading
	if len(rows) > 30 {
		t.Errorf("%d words: at most 30 can be learned", len(rows))
	}
	for _, row := range rows {
		names := nameOfSource.FindAllStringSubmatch(row[2], -1)
		if len(names) == 0 {
			t.Errorf("%s: no name in code", row[1])
		}
		for _, name := range names {
			if !declares(t, filepath.Join("../..", dirs[name[1]]), name[2]) {
				t.Errorf("%s: %s is not there", row[1], name[0])
			}
		}
	}
}

// declares reports whether a package declares a type or function.
func declares(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	declaration := regexp.MustCompile(`(?m)^(type|func) ` + name + `\b`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if declaration.Match(text) {
			return true
		}
	}
	return false
}
