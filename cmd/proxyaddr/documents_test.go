package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	markdownLink = regexp.MustCompile(`\]\(([^)#:\s]*)(#[^)\s]*)?\)`)
	markdownCode = regexp.MustCompile("`([^`\n]+)`")
	codeOfFile   = regexp.MustCompile("`([^`\n]+\\.go)`: ((?:`\\w+`(?:, )?)+)")
	testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	testCommand  = regexp.MustCompile("go test \\./([\\w/]+)([^`\n]*)")
	testPattern  = regexp.MustCompile(`-(?:run|bench|fuzz) '?([^'/\s]+)`)
	testName     = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w+`)
)

// What the documents name is there: the targets of their links, the files and packages of
// this repository, functions behind the name of a file and a colon, and tests, also by
// the beginning of their names. What go test is to run is in its package.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	const root = "../.."
	tests := map[string][]string{} // by directory
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testFunction.FindAllSubmatch(text, -1) {
			dir := filepath.ToSlash(filepath.Dir(path))
			tests[dir] = append(tests[dir], string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(slices.Collect(maps.Values(tests))...)
	documents, err := filepath.Glob(root + "/docs/*.md")
	if err != nil || len(documents) == 0 {
		t.Fatal("no documents: ", err)
	}
	for _, name := range []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"} {
		documents = append(documents, filepath.Join(root, name))
	}
	for _, document := range documents {
		b, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, m := range markdownLink.FindAllStringSubmatch(text, -1) {
			target := filepath.Join(filepath.Dir(document), m[1])
			if m[1] == "" {
				target = document
			}
			linked, err := os.ReadFile(target)
			if info, statErr := os.Stat(target); statErr != nil || err != nil && !info.IsDir() {
				t.Errorf("%s links to %s: %v", document, m[1], err)
			}
			if m[2] != "" && !slices.Contains(anchors(string(linked)), m[2]) {
				t.Errorf("%s links to %s%s, which is no heading there", document, m[1], m[2])
			}
		}
		for _, m := range markdownCode.FindAllStringSubmatch(text, -1) {
			for word := range strings.FieldsSeq(m[1]) {
				if !ofRepository(word) {
					continue
				}
				if found, err := filepath.Glob(filepath.Join(root, word)); err != nil || len(found) == 0 {
					t.Errorf("%s names %s, which is not there", document, word)
				}
			}
		}
		for _, m := range codeOfFile.FindAllStringSubmatch(text, -1) {
			source, err := os.ReadFile(filepath.Join(root, m[1]))
			if err != nil {
				t.Error(err)
			}
			for _, function := range markdownCode.FindAllStringSubmatch(m[2], -1) {
				if !regexp.MustCompile(`(?m)^func (\([^)]+\) )?` + function[1] + `\(`).Match(source) {
					t.Errorf("%s names %s of %s, which is not there", document, function[1], m[1])
				}
			}
		}
		for _, name := range testName.FindAllString(text, -1) {
			if !slices.ContainsFunc(all, func(test string) bool { return strings.HasPrefix(test, name) }) {
				t.Errorf("%s names %s, which no test is called", document, name)
			}
		}
		for _, m := range testCommand.FindAllStringSubmatch(text, -1) {
			for _, pattern := range testPattern.FindAllStringSubmatch(m[2], -1) {
				chosen := regexp.MustCompile(pattern[1]).MatchString
				if pattern[1] != "^$" && !slices.ContainsFunc(tests[root+"/"+m[1]], chosen) {
					t.Errorf("%s: %s: no test of %s", document, m[0], m[1])
				}
			}
		}
	}
}

var (
	heading     = regexp.MustCompile("(?m)^#+ (.+)$")
	punctuation = regexp.MustCompile(`[^\pL\pN _-]`)
)

// anchors returns what the headings of a document are linked by, as GitHub makes it.
func anchors(text string) (list []string) {
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		list = append(list, "#"+strings.ReplaceAll(punctuation.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return list
}

// ofRepository reports whether a word is a path from the root of the repository.
func ofRepository(word string) bool {
	top, _, below := strings.Cut(strings.TrimPrefix(word, "./"), "/")
	return below && slices.Contains([]string{".ci", "cmd", "conflicts", "docs", "ldapscan", "report"}, top)
}
