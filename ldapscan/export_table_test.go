package ldapscan

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"proxyaddr/conflicts"
)

// tableFile writes a file and returns its name.
func tableFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A table has the same conflicts as the LDIF of the same objects, and says what it lacks. An
// object without a name cannot be changed, as no LDIF file could name it.
func TestExportTable(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	path := tableFile(t, "users.csv", `"DistinguishedName","Name","proxyAddresses"
"CN=Ann,DC=ex,DC=com","Ann","SMTP:ann@ex.com;smtp:sales@ex.com"
"","Bob","SMTP:bob@ex.com;smtp:sales@ex.com"
`)
	x, err := OpenExport(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	audit, err := Scan(t.Context(), x, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(audit.Conflicts) != 1 || !audit.Complete() {
		t.Fatalf("%d conflicts, problems %q", len(audit.Conflicts), audit.Problems)
	}
	c := &audit.Conflicts[0]
	if c.Keeper().DN != "CN=Bob" || c.Keeper().Fixed != path+" does not give its distinguished name" {
		t.Errorf("keeper %s: %q", c.Keeper().DN, c.Keeper().Fixed)
	}
	if len(audit.Changes) != 1 || audit.Changes[0].Object.DN != "CN=Ann,DC=ex,DC=com" || audit.Changes[0].Old != "smtp:sales@ex.com" {
		t.Errorf("changes %+v", audit.Changes)
	}
	if !slices.ContainsFunc(audit.Notes, func(n string) bool { return strings.Contains(n, "1 object without a distinguished name") }) {
		t.Errorf("notes %q", audit.Notes)
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
	nothingLeft(t, dir)
}

// Two people of one name are two objects, and rows with objectGUID beside rows without are what
// they are.
func TestExportTableNamesakes(t *testing.T) {
	x, err := OpenExport(t.Context(), tableFile(t, "users.csv", `Name,ObjectGUID,proxyAddresses
Ann,,smtp:a@ex.com
Ann,,"smtp:a@ex.com;smtp:b@ex.com"
Ann,2b4c7f0e-1111-2222-3333-444455556666,smtp:c@ex.com
Ann,2b4c7f0e-1111-2222-3333-444455556667,smtp:c@ex.com
`))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	audit, err := Scan(t.Context(), x, Options{})
	if err != nil || len(audit.Conflicts) != 2 || len(audit.Problems) > 0 {
		t.Errorf("%v, %+v", err, audit)
	}
}

// What is wrong with a table is an error that names the file, the place and what to do.
func TestExportTableErrors(t *testing.T) {
	for _, test := range []struct{ text, problem, advice string }{
		{"DN,proxyAddresses\nCN=A,Microsoft.ActiveDirectory.Management.ADPropertyValueCollection\n",
			`line 2, column 2 ("proxyAddresses"): the name of a list, and not its values: the export lost the addresses`,
			`(legacyExchangeDN=*))" -Properties mail,userPrincipalName,targetAddress,legacyExchangeDN,`},
		{"Name,Phone\nAnn,1\n", "line 1: a table without a column of addresses that is known", `ldifde -f export.ldif -r "` + filter + `"`},
		{"DN,proxyAddresses\nCN=A,\"smtp:a\"b\n", `line 2, column 2 ("proxyAddresses"): text behind a closing quotation mark`, "correct that place or export again"},
		{"PK\x03\x04\x14\x00", "a workbook or another zip archive", "save it in Excel as CSV UTF-8"},
		{"DN,proxyAddresses\n", "a table without rows", "check whether the export failed"},
	} {
		dir := t.TempDir()
		t.Setenv("TMPDIR", dir)
		t.Setenv("TMP", dir)
		path := tableFile(t, "t.csv", test.text)
		_, err := OpenExport(t.Context(), path)
		var e *Error
		if !errors.As(err, &e) || e.Error() != path+": "+test.problem || !strings.Contains(e.Hint(), test.advice) {
			t.Errorf("%v", err)
		}
		nothingLeft(t, dir)
	}
}

// A table through a pipe is read as the file is, and a damaged end makes the scan incomplete.
func TestSpoolTable(t *testing.T) {
	x, err := SpoolExport(t.Context(), "standard input", strings.NewReader("DN,proxyAddresses\nCN=A,smtp:a@ex.com\nCN=B,smtp:a@ex"))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	objects := 0
	err = x.Lookup(t.Context(), []conflicts.Address{conflicts.ParseAddress("smtp:a@ex.com")}, func(*conflicts.Object) { objects++ })
	if objects != 1 || err == nil || !strings.Contains(err.Error(), "standard input: line 3: the last line has no line end") {
		t.Errorf("%d objects, %v", objects, err)
	}
}
