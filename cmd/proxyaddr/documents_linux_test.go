package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
)

// An export by the ldapsearch commands of docs/scan.md gives what a scan of the domain
// controller gives: the conflicts, the accepted domains and the names in the stamps.
func TestDocumentedExportOnSamba(t *testing.T) {
	dc := samba.Start(t, samba.Config{Exchange: true})
	configuration := "CN=Services,CN=Configuration," + dc.BaseDN
	dc.Load(t, strings.NewReader(staffOf(dc.OU(t, "Staff"))+fmt.Sprintf(`dn: CN=Accepted Domains,%[1]s
objectClass: container

dn: CN=contoso.example,CN=Accepted Domains,%[1]s
objectClass: msExchAcceptedDomain
msExchAcceptedDomainName: contoso.example

dn: CN=Store,%[1]s
objectClass: container
proxyAddresses: smtp:taken@contoso.example
`, configuration)))
	document, err := os.ReadFile("../../docs/scan.md")
	if err != nil {
		t.Fatal(err)
	}
	login := []string{"-D", dc.AdminUPN, "-y", secretFile(t, dc.AdminPassword)}
	t.Chdir(t.TempDir())
	exported := 0
	for line := range strings.Lines(string(document)) {
		if strings.HasPrefix(line, "ldapsearch ") {
			exported++
			line = strings.NewReplacer("ldaps://dc1.example.com", dc.URL("ldaps"), "DC=example,DC=com", dc.BaseDN, "anna@example.com", dc.AdminUPN).Replace(line)
			ldapsearch(t, shellWords(t, line), dc.AdminPassword, dc.CAFile)
		}
	}
	if exported != 2 {
		t.Errorf("%d commands of ldapsearch", exported)
	}
	type owner struct {
		DN      string
		Written struct{ Server, Site string }
	}
	type audit struct {
		Scope struct {
			AcceptedDomains []string `json:"accepted_domains"`
		}
		Conflicts []struct {
			Address string
			Owners  []owner
		}
	}
	scan := func(args ...string) (a audit, said string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(slices.Concat([]string{"scan", "--format", "json"}, args), strings.NewReader(""), &stdout, &stderr); code != exitConflicts {
			t.Fatalf("exit %d\n%s", code, stderr.String())
		}
		if err := json.Unmarshal(stdout.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		return a, fmt.Sprint(a.Scope.AcceptedDomains, a.Conflicts)
	}
	read, want := scan(slices.Concat([]string{"-H", dc.URL("ldaps"), "--ca-file", dc.CAFile}, login)...)
	_, got := scan("--input", "export.ldif")
	if got != want || !slices.Equal(read.Scope.AcceptedDomains, []string{"contoso.example"}) || read.Conflicts[0].Owners[0].Written.Server == "" {
		t.Errorf("from the export:\n%s\nfrom the server:\n%s", got, want)
	}
}
