package ldapscan

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldaptest/company"
	"proxyaddr/ldapscan/ldif"
)

// tableColumns are those of the exports in docs/scan.md, and what else an export has.
var tableColumns = []string{"objectClass", "objectGUID", "mail", "userPrincipalName", "targetAddress", "displayName", "givenName", "sn", "sAMAccountName",
	"mailNickname", "msExchRecipientTypeDetails", "userAccountControl", "whenCreated", "isDeleted", "homeMDB", "msExchAcceptedDomainName", "proxyAddresses"}

// A made is one directory in each form of an export.
type made struct {
	ldif, csvde, powershell, json string
	objects                       int
}

// inEachForm writes the records that a table can hold: values without white space at their ends
// that are UTF-8, and addresses with a type.
func inEachForm(t *testing.T, records io.Reader) made {
	t.Helper()
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	var csvde, powershell strings.Builder
	csvde.WriteString("DN," + strings.Join(tableColumns, ",") + "\r\n")
	powershell.WriteString(`"DistinguishedName";"` + strings.Join(tableColumns, `";"`) + "\"\r\n")
	var text bytes.Buffer
	var objects []map[string]any
	w, r := ldif.NewWriter(&text), ldif.NewReader(records)
	for {
		rec, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		a, kept := attributesOf(rec), &ldif.Record{DN: rec.DN}
		o, line, row := map[string]any{"DistinguishedName": rec.DN}, quote(rec.DN), quote(rec.DN)
		holds := utf8.ValidString(rec.DN)
		for _, name := range tableColumns {
			values := a.all(strings.ToLower(name))
			for i, v := range values {
				kept.Attributes = append(kept.Attributes, ldif.Attribute{Name: name, Value: []byte(v)})
				if name == "objectGUID" {
					values[i] = guidOf([]byte(v)).String()
				}
				holds = holds && utf8.ValidString(values[i]) && strings.TrimSpace(v) == v && (name != "proxyAddresses" || strings.Contains(v, ":"))
			}
			line += "," + quote(strings.Join(values, ";"))
			row += ";" + quote(strings.Join(values, ";"))
			if len(values) == 1 {
				o[name] = values[0]
			} else if len(values) > 1 {
				o[name] = values
			}
		}
		if !holds || len(kept.Attributes) == 0 {
			continue
		}
		if err := w.Write(kept); err != nil {
			t.Fatal(err)
		}
		csvde.WriteString(line + "\r\n")
		powershell.WriteString(row + "\r\n")
		objects = append(objects, o)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	list, err := json.MarshalIndent(objects, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return made{text.String(), csvde.String(), powershell.String(), string(list), len(objects)}
}

// sameResult compares what audits found.
func sameResult(t *testing.T, name string, want, got *conflicts.Audit) {
	t.Helper()
	for what, pair := range map[string][2]any{
		"conflicts": {want.Conflicts, got.Conflicts},
		"changes":   {want.Changes, got.Changes},
		"findings":  {want.Findings, got.Findings},
		"domains":   {want.Scope.AcceptedDomains, got.Scope.AcceptedDomains},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) { // much faster than cmp
			t.Errorf("%s: %s: -want +got\n%.3000s", name, what, cmp.Diff(pair[0], pair[1]))
		}
	}
}

// A table gives the conflicts, changes and findings that an export of the same objects gives, in
// each form that a table has.
func TestTableIsExport(t *testing.T) {
	var records bytes.Buffer
	if err := company.WriteLDIF(&records); err != nil {
		t.Fatal(err)
	}
	made := inEachForm(t, &records)
	scan := func(name, text string) *conflicts.Audit {
		x, err := OpenExport(t.Context(), tableFile(t, name, text))
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		audit, err := Scan(t.Context(), x, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return audit
	}
	want := scan("export.ldif", made.ldif)
	if made.objects < 2000 || len(want.Conflicts) < 20 {
		t.Fatalf("%d objects, %d conflicts: too few to compare", made.objects, len(want.Conflicts))
	}
	for name, text := range map[string]string{"csvde.csv": made.csvde, "powershell.csv": made.powershell, "list.json": made.json} {
		got := scan(name, text)
		sameResult(t, name, want, got)
		if len(got.Problems) != len(want.Problems) || got.Objects() != want.Objects() || got.Values() != want.Values() {
			t.Errorf("%s: problems %q, %d objects with %d values, want %d with %d", name, got.Problems, got.Objects(), got.Values(), want.Objects(), want.Values())
		}
	}
}
