package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	writer = "proxyaddr/ldapscan/apply"
	ldapv3 = "github.com/go-ldap/ldap/v3"
)

// A listed package is what go list tells of it.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles, Imports, Deps  []string
}

func list(t *testing.T, args ...string) (packages []listed) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Export,GoFiles,Imports,Deps"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for in := json.NewDecoder(out); ; {
		var p listed
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return packages
}

// What scans cannot reach what writes.
func TestScannerCannotReachWriter(t *testing.T) {
	reach := map[string]bool{}
	for _, p := range list(t, "proxyaddr/...") {
		reach[p.ImportPath] = slices.Contains(p.Deps, writer)
	}
	for _, p := range []string{"proxyaddr/conflicts", "proxyaddr/report", "proxyaddr/report/workbook", "proxyaddr/ldapscan", "proxyaddr/ldapscan/ldif", "proxyaddr/ldapscan/kerberos", "proxyaddr/ldapscan/locator"} {
		if there, ok := reach[p]; there || !ok {
			t.Errorf("%s depends on %s: %v, known: %v", p, writer, there, ok)
		}
	}
	if !reach["proxyaddr/cmd/proxyaddr"] {
		t.Error("nothing depends on the writer: the test looks in the wrong place")
	}
}

// changing are the names of the LDAP library with which a directory is changed, of
// functions, methods, types, fields and constants: every request but those to bind,
// search and close.
var changing = regexp.MustCompile(`Modify|^(New)?(Add|Del|Extended)(Request)?$|^Change$|(Add|Delete|Replace|Increment)Attribute$|Application(Add|Del|Modify)`)

// uses returns where a package uses such names.
func uses(t *testing.T, p listed, imports types.Importer) (places []string) {
	t.Helper()
	files := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	if _, err := (&types.Config{Importer: imports}).Check(p.ImportPath, files, parsed, &info); err != nil {
		t.Fatal(err)
	}
	for ident, object := range info.Uses {
		if object.Pkg() != nil && object.Pkg().Path() == ldapv3 && changing.MatchString(object.Name()) {
			places = append(places, files.Position(ident.Pos()).String()+": "+object.Name())
		}
	}
	slices.Sort(places)
	return places
}

// No package but the writer has a request in it that would change a directory. The
// test server, which takes such requests, is none of a scan, nor are the peers of
// the benchmark.
func TestOnlyWriterChangesDirectories(t *testing.T) {
	exports := map[string]string{}
	var ours []listed
	for _, p := range list(t, "-export", "-deps", "proxyaddr/...") {
		exports[p.ImportPath] = p.Export
		if strings.HasPrefix(p.ImportPath, "proxyaddr/") {
			ours = append(ours, p)
		}
	}
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	searching := 0
	for _, p := range ours {
		if strings.HasPrefix(p.ImportPath, "proxyaddr/ldapscan/ldaptest") {
			continue
		}
		if slices.Contains(p.Imports, ldapv3) {
			searching++
		}
		places := uses(t, p, imports)
		switch {
		case p.ImportPath == writer:
			for _, name := range []string{"NewModifyRequest", "Modify", "ModifyRequest"} {
				if !slices.ContainsFunc(places, func(at string) bool { return strings.HasSuffix(at, ": "+name) }) {
					t.Errorf("%s is not seen in the writer: the test is blind", name)
				}
			}
		case len(places) > 0:
			t.Errorf("%s can change a directory:\n%s", p.ImportPath, strings.Join(places, "\n"))
		}
	}
	if searching < 4 {
		t.Errorf("only %d packages with the LDAP library", searching)
	}
}
