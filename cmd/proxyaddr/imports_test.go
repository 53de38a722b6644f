package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Imports run one way: cmd to report and ldapscan, these to conflicts. What report and
// ldapscan share is ldif and osfile, which import nothing of ours. Within report they
// run from the files to the workbook and the page, and from all to the words. The workbook also
// writes in the background, which knows nothing of ours.
// conflicts needs nothing but the standard library and golang.org/x/{text,net}, and of the
// former nothing that reaches out of the program. conflicts/index and conflicts/memory build
// on it; only ldapscan fills an index, and only report writes what is remembered.
func TestImportsRunOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}: {{join .Imports \" \"}}", "proxyaddr/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	below := func(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
	outside := []string{"os", "net", "syscall", "unsafe"}
	packages := 0
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		packages++
		for _, imp := range strings.Fields(imports) {
			ours := below(imp, "proxyaddr")
			allowed := true
			switch {
			case below(pkg, "proxyaddr/conflicts"):
				allowed = !strings.Contains(imp, ".") || below(imp, "golang.org/x/text") || below(imp, "golang.org/x/net")
				allowed = allowed && !slices.ContainsFunc(outside, func(dir string) bool { return below(imp, dir) })
				allowed = allowed && !ours || pkg == "proxyaddr/conflicts" && imp == "proxyaddr/conflicts/eventlog" ||
					pkg == "proxyaddr/conflicts/eventlog" && imp == "proxyaddr/conflicts/eventlog/evtx" ||
					(pkg == "proxyaddr/conflicts/index" || pkg == "proxyaddr/conflicts/memory") && imp == "proxyaddr/conflicts"
			case pkg == "proxyaddr/ldapscan/ldif":
				allowed = !strings.Contains(imp, ".") && !ours
			case pkg == "proxyaddr/ldapscan/osfile":
				allowed = !ours
			case pkg == "proxyaddr/report/words":
				allowed = !ours || imp == "proxyaddr/conflicts"
			case pkg == "proxyaddr/report/page":
				allowed = !ours || imp == "proxyaddr/conflicts" || imp == "proxyaddr/conflicts/memory" || imp == "proxyaddr/report/words"
			case pkg == "proxyaddr/report/workbook/xlsx", pkg == "proxyaddr/report/background":
				allowed = !ours
			case below(pkg, "proxyaddr/report/workbook"):
				allowed = !ours || imp == "proxyaddr/conflicts" || imp == "proxyaddr/report/words" || imp == "proxyaddr/report/background" || below(imp, "proxyaddr/report/workbook")
			case below(pkg, "proxyaddr/report"):
				allowed = !ours || imp == "proxyaddr/conflicts" || imp == "proxyaddr/conflicts/memory" || imp == "proxyaddr/ldapscan/ldif" || imp == "proxyaddr/ldapscan/osfile" || below(imp, "proxyaddr/report")
			case below(pkg, "proxyaddr/ldapscan"):
				allowed = !ours || imp == "proxyaddr/conflicts" || imp == "proxyaddr/conflicts/index" || below(imp, "proxyaddr/ldapscan")
			}
			if imp == "proxyaddr/conflicts/eventlog/evtx/evtxtest" || imp == "proxyaddr/report/schematest" || imp == "proxyaddr/report/calctest" { // for tests alone
				allowed = false
			}
			if !allowed {
				t.Errorf("%s imports %s", pkg, imp)
			}
		}
	}
	if packages < 5 {
		t.Errorf("only %d packages seen", packages)
	}
}
