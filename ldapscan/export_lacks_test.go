package ldapscan

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"proxyaddr/conflicts"
)

// What an export lacks is said by a scan and, in the same words, by a look-up.
func TestExportLacks(t *testing.T) {
	const (
		left     = "1: an export; what it leaves out cannot be seen"
		compared = ": addresses there are not compared, and one that looks free may be taken"
		places   = "deleted objects and the Configuration partition"
		names    = "1: some objects have no objectGUID, so only their names tell them apart, in fix files too: export objectGUID"
		columns  = "DN,objectGUID,mail,upn,targetAddress,legacyExchangeDN,proxyAddresses"
		guid     = "2b4c7f0e-1111-2222-3333-444455556666"
		whole    = "\"CN=A,DC=ex\"," + guid + ",a@ex,a@ex,SMTP:a@t,/o=E/cn=a,SMTP:a@ex\n"
	)
	ann := strings.TrimSpace(person("Ann", 1, 0, "SMTP:ann@ex.com")) + "\nmail: ann@ex.com\nuserPrincipalName: ann@ex.com\n"
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"LDIF", ann + "legacyExchangeDN: /o=E/cn=ann\n\n", []string{left}},
		{"LDIF without legacyExchangeDN", ann + "\n", []string{left, "1: no object in it has legacyExchangeDN: if the export left that out, addresses there are not compared, and one that looks free may be taken"}},
		{"LDIF of addresses alone", person("Ann", 0, 0, "SMTP:ann@ex.com"),
			[]string{left, "1: no object in it has mail, userPrincipalName or legacyExchangeDN: if the export left that out, addresses there are not compared, and one that looks free may be taken", names}},
		{"LDIF of a configuration", strings.ReplaceAll(person("S", 1, 0, "SMTP:s@ex.com"), ",DC=ex", ",CN=Configuration,DC=ex"), []string{left}},
		{"a table with all columns", columns + ",isDeleted\n" + strings.ReplaceAll(whole, "\n", ",\n") + strings.NewReplacer("CN=A,", "CN=B,CN=Configuration,", "444455556666", "444455556667", "\n", ",True\n").Replace(whole),
			[]string{left}},
		{"a table", columns + "\n" + whole, []string{left, "1: a table without " + places + compared}},
		{"a table with few columns", "DN,proxyAddresses\n\"CN=A,DC=ex\",SMTP:a@ex\n",
			[]string{left, "1: a table without mail, userPrincipalName, targetAddress, legacyExchangeDN, " + places + compared, names}},
		{"a table with empty columns", columns + "\n\"CN=A,DC=ex\"," + guid + ",,,,/o=E/cn=a,SMTP:a@ex\n", []string{left, "1: a table without " + places + compared,
			"1: no object in it has mail, userPrincipalName or targetAddress: if the export left that out, addresses there are not compared, and one that looks free may be taken"}},
		{"a table without names and identifiers", "Name" + strings.TrimPrefix(columns, "DN") + "\nA,,a@ex,a@ex,SMTP:a@t,/o=E,SMTP:a@ex\nB,,,,,,\n",
			[]string{left, "1: a table without " + places + compared, "1: 1 object without a distinguished name: no LDIF file can change that; export DistinguishedName too"}},
		{"one object of a table without an identifier", "Name," + columns + "\nA,,,a@ex,a@ex,SMTP:a@t,/o=E,SMTP:a@ex\nB,\"CN=B,DC=ex\",,,,,,SMTP:b@ex\n",
			[]string{left, "1: a table without " + places + compared, names, "1: 1 object without a distinguished name: no LDIF file can change that; export DistinguishedName too"}},
		{"a table of a cloud directory", "DisplayName,ImmutableId,mail,upn,targetAddress,legacyExchangeDN,proxyAddresses\nA,Dn9MKxERIiIzM0REVVVmZg==,a@ex,a@ex,a@t,/o=E/cn=a,SMTP:a@ex\n",
			[]string{left, "1: a table without deleted objects" + compared}},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := exportsOf(t, test.text)
			short := func(notes []string) (list []string) {
				for _, n := range notes {
					if !strings.Contains(n, "accepted domains unknown") {
						list = append(list, strings.ReplaceAll(n, filepath.Dir(x.list[0].name)+string(filepath.Separator), ""))
					}
				}
				return list
			}
			if got := short(x.list[0].Hidden(t.Context())); !slices.Equal(got, test.want) {
				t.Errorf("before a look-up: %q, want %q", got, test.want)
			}
			audit, err := Scan(t.Context(), x, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := short(audit.Notes); !slices.Equal(got, test.want) {
				t.Errorf("scan: %q, want %q", got, test.want)
			}
			if _, err := Check(t.Context(), x, []conflicts.Address{conflicts.ParseAddress("smtp:free@ex.com")}); err != nil {
				t.Fatal(err)
			}
			if got := short(x.Hidden(t.Context())); !slices.Equal(got, test.want) {
				t.Errorf("check: %q, want %q", got, test.want)
			}
		})
	}
}

// A table of accepted domains beside exports of objects is no export that lacks objects.
func TestAcceptedDomainsLackNothing(t *testing.T) {
	x := exportsOf(t, "Name,DomainName,DomainType\nex.com,ex.com,Authoritative\n", person("Ann", 1, 0, "SMTP:ann@ex.com"))
	for _, note := range x.Hidden(t.Context()) {
		if strings.HasPrefix(note, x.list[0].name+": ") {
			t.Errorf("note: %s", note)
		}
	}
}
