// Package calctest has LibreOffice Calc work on workbooks, as a reviewer would.
package calctest

import (
	"fmt"
	"html"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const basicModule = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">`

const frame = `
Sub Review(list As String)
	On Error GoTo Failed
	Dim hidden(0) As New com.sun.star.beans.PropertyValue
	hidden(0).Name = "Hidden"
	hidden(0).Value = True
	urls = Split(list, " ")
	For i = 0 To UBound(urls)
		doc = StarDesktop.loadComponentFromURL(urls(i), "_blank", 0, hidden())
		Edit(doc)
		doc.store()
		doc.close(True)
	Next
	StarDesktop.terminate()
	Exit Sub
Failed:
	doc.setModified(False)
	StarDesktop.terminate()
End Sub
`

// Edit runs Sub Edit(doc), in LibreOffice Basic, on each workbook and saves it in
// place. It takes the soffice of the search path; tests that are to be short are
// skipped.
func Edit(tb testing.TB, edit string, workbooks ...string) {
	tb.Helper()
	profile := newProfile(tb)
	profile.soffice(tb, "--terminate_after_init") // for it to make its profile
	module := basicModule + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(frame+edit) + "</script:module>"
	if err := os.WriteFile(filepath.Join(string(profile), "user", "basic", "Standard", "Module1.xba"), []byte(module), 0o600); err != nil {
		tb.Fatal(err)
	}
	var urls []string
	for _, path := range workbooks {
		urls = append(urls, fileURL(path))
	}
	profile.soffice(tb, `macro:///Standard.Module1.Review("`+strings.Join(urls, " ")+`")`)
}

// Formulas returns the formulas that LibreOffice finds in a CSV file, going by each of
// the separators. It takes the soffice of the search path; tests that are to be short are
// skipped.
func Formulas(tb testing.TB, csv string, separators ...rune) []string {
	tb.Helper()
	profile, out := newProfile(tb), tb.TempDir()
	var formulas []string
	for _, separator := range separators {
		// The filter takes the separator, the quote and UTF-8 by their numbers, and the first line.
		profile.soffice(tb, fmt.Sprintf("--infilter=CSV:%d,34,76,1", separator), "--convert-to", "fods", "--outdir", out, csv)
		sheet, err := os.ReadFile(filepath.Join(out, strings.TrimSuffix(filepath.Base(csv), ".csv")+".fods"))
		if err != nil {
			tb.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`table:formula="([^"]*)"`).FindAllSubmatch(sheet, -1) {
			formulas = append(formulas, html.UnescapeString(string(m[1])))
		}
	}
	return formulas
}

// A profile is the directory of a user of LibreOffice.
type profile string

func newProfile(tb testing.TB) profile {
	tb.Helper()
	if testing.Short() {
		tb.Skip("starts LibreOffice")
	}
	return profile(tb.TempDir())
}

func (p profile) soffice(tb testing.TB, args ...string) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "soffice", append([]string{"-env:UserInstallation=" + fileURL(string(p)), "--headless", "--norestore"}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+string(p))
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("soffice: %v\n%s", err, out)
	}
}

func fileURL(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}
