package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

var (
	flagIn    = regexp.MustCompile(`(?:^|[^-\w])--([a-z][a-z-]*[a-z])`)
	commandIn = regexp.MustCompile("\\bproxyaddr ([a-z]+)\\b([^|>`\n]*)")
	shortIn   = regexp.MustCompile(` -([A-Za-z])\b`)
)

// A flag that a text of the program names is one of the command that prints it, and a
// command that a text shows can be called like that.
func TestTextsNameFlagsThatExist(t *testing.T) {
	all := map[string][]string{"help": {""}, "version": {""}} // commands by flag
	for _, cmd := range commands {
		cmd.flags(cmd.new()).VisitAll(func(f *pflag.Flag) { all[f.Name] = append(all[f.Name], cmd.name) })
	}
	texts := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "bench" || d.Name() == "ldaptest" || d.Name() == "calctest"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".md") && d.Name() != "CHANGELOG.md":
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			checkExamples(t, path, string(text))
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Errorf("%s: %v", path, err)
				}
				checkExamples(t, path, text)
				for _, m := range flagIn.FindAllStringSubmatch(text, -1) {
					texts++
					having := all[m[1]]
					if own := commandOf(path); len(having) == 0 || own != "" && !slices.Contains(having, own) {
						t.Errorf("%s: the command has no flag --%s: %.200q", path, m[1], text)
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil || texts < 50 {
		t.Errorf("%d flags seen, %v", texts, err)
	}
}

// commandOf returns the command that alone prints the texts of a file, or "".
func commandOf(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".go")
	switch {
	case strings.HasPrefix(filepath.ToSlash(path), "../../ldapscan/apply/"):
		return "apply"
	case filepath.ToSlash(path) != "../../cmd/proxyaddr/"+name+".go":
		return ""
	case slices.ContainsFunc(commands, func(c command) bool { return c.name == name }):
		return name
	}
	return ""
}

// checkExamples holds each call of a command in a text to the flags of the command.
func checkExamples(t *testing.T, path, text string) {
	t.Helper()
	for _, m := range commandIn.FindAllStringSubmatch(text, -1) {
		i := slices.IndexFunc(commands, func(c command) bool { return c.name == m[1] })
		if i < 0 {
			continue // a sentence
		}
		fs := commands[i].flags(commands[i].new())
		for _, name := range flagIn.FindAllStringSubmatch(m[2], -1) {
			if fs.Lookup(name[1]) == nil && name[1] != "help" {
				t.Errorf("%s: %s has no flag --%s: %q", path, m[1], name[1], m[0])
			}
		}
		for _, letter := range shortIn.FindAllStringSubmatch(m[2], -1) {
			if fs.ShorthandLookup(letter[1]) == nil {
				t.Errorf("%s: %s has no flag -%s: %q", path, m[1], letter[1], m[0])
			}
		}
	}
}
