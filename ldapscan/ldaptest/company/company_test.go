package company_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/ldapscan/ldaptest/company"
	"proxyaddr/ldapscan/ldif"
)

// digest is the SHA-256 of the directory. It changes with the content only.
const digest = "7a523d0335e9b9224b18d08e4293ee9462e92b010f87aedd535065c42cbb3a21"

func content(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := company.WriteLDIF(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func records(t *testing.T) (all []*ldif.Record) {
	t.Helper()
	for r := ldif.NewReader(bytes.NewReader(content(t))); ; {
		rec, err := r.Read()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rec)
	}
}

func values(rec *ldif.Record, name string) (values []string) {
	for _, a := range rec.Attributes {
		if a.Name == name {
			values = append(values, string(a.Value))
		}
	}
	return values
}

func scan(t *testing.T, src ldapscan.Source) *conflicts.Audit {
	t.Helper()
	audit, err := ldapscan.Scan(context.Background(), src, ldapscan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return audit
}

func export(t *testing.T) *ldapscan.Export {
	t.Helper()
	path := filepath.Join(t.TempDir(), "northwind.ldif")
	if err := os.WriteFile(path, content(t), 0o600); err != nil {
		t.Fatal(err)
	}
	x, err := ldapscan.OpenExport(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func TestBytesAreTheSameEverywhere(t *testing.T) {
	sum := sha256.Sum256(content(t))
	if got := hex.EncodeToString(sum[:]); got != digest {
		t.Errorf("SHA-256 of the directory is %s, not %s", got, digest)
	}
}

func TestParentsComeBeforeChildren(t *testing.T) {
	seen := map[string]bool{"dc=example": true}
	for _, rec := range records(t) {
		name, err := ldap.ParseDN(rec.DN)
		if err != nil {
			t.Fatalf("%s: %v", rec.DN, err)
		}
		parent := ldap.DN{RDNs: name.RDNs[1:]}
		if !seen[strings.ToLower(parent.String())] {
			t.Errorf("%s: its parent does not come before it", rec.DN)
		}
		key := strings.ToLower(name.String())
		if seen[key] {
			t.Errorf("%s: twice", rec.DN)
		}
		seen[key] = true
	}
}

func TestIdentifiersAreUnique(t *testing.T) {
	owner := map[string]string{}
	for _, rec := range records(t) {
		if guids := values(rec, "objectGUID"); len(guids) != 1 || len(guids[0]) != len(conflicts.GUID{}) {
			t.Errorf("%s: objectGUID %q", rec.DN, guids)
		}
		for _, name := range []string{"objectGUID", "userPrincipalName", "sAMAccountName", "employeeNumber", "msExchMailboxGuid"} {
			for _, v := range values(rec, name) {
				if name != "objectGUID" && name != "msExchMailboxGuid" {
					v = strings.ToLower(v)
				}
				if other, ok := owner[name+"="+v]; ok {
					t.Errorf("%s: %s %q is that of %s", rec.DN, name, v, other)
				}
				owner[name+"="+v] = rec.DN
			}
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	all := records(t)
	exists := map[string]bool{}
	for _, rec := range all {
		exists[rec.DN] = true
	}
	for _, rec := range all {
		for _, name := range []string{"member", "homeMDB", "nCName", "lastKnownParent", "serverReference"} {
			for _, dn := range values(rec, name) {
				if !exists[dn] {
					t.Errorf("%s: %s %s does not exist", rec.DN, name, dn)
				}
			}
		}
	}
}

func TestCompanyHasItsSizeAndVariety(t *testing.T) {
	all := records(t)
	if n := len(all); n < 2800 || n > 3600 {
		t.Errorf("%d objects, want about 3,000", n)
	}
	got := map[string]int{}
	for _, rec := range all {
		classes := values(rec, "objectClass")
		got[classes[len(classes)-1]]++
		for _, kind := range values(rec, "msExchRecipientTypeDetails") {
			got["recipient "+kind]++
		}
		if len(values(rec, "member")) > 100 {
			got["large group"]++
		}
		if slices.Contains(values(rec, "isDeleted"), "TRUE") && len(values(rec, "proxyAddresses")) > 0 {
			got["deleted"]++
		}
		if len(values(rec, "userPrincipalName")) > 0 && len(values(rec, "proxyAddresses")) == 0 {
			got["logon only"]++
		}
		if slices.Contains(values(rec, "userAccountControl"), "514") {
			got["disabled"]++
		}
		if len(values(rec, "replPropertyMetaData")) > 0 {
			got["stamped"]++
		}
	}
	for what, least := range map[string]int{
		"recipient 1": 1000, "recipient 4": 80, "recipient 16": 40, "recipient 32": 30, "recipient 64": 100, "recipient 128": 50,
		"recipient 256": 100, "recipient 2048": 15, "recipient 4096": 15, "recipient 2147483648": 200,
		"organizationalUnit": 100, "msExchAcceptedDomain": 5, "large group": 5, "deleted": 40, "logon only": 300, "disabled": 200, "stamped": 2000,
	} {
		if got[what] < least {
			t.Errorf("%s: %d, want %d or more", what, got[what], least)
		}
	}
}

func TestScanReportsWhatWasPlantedAndNothingElse(t *testing.T) {
	audit := scan(t, export(t))
	if !audit.Complete() {
		t.Errorf("incomplete: %q", audit.Problems)
	}
	planted, blemishes := company.Planted()

	for i := range planted {
		planted[i].Story = ""
	}
	var found []company.Conflict
	for _, c := range audit.Conflicts {
		f := company.Conflict{Class: c.Class, Address: c.Key.Address(), Cause: c.Cause.Kind}
		for _, o := range c.Owners {
			f.Owners = append(f.Owners, o.DN)
		}
		found = append(found, f)
	}
	for _, list := range [][]company.Conflict{planted, found} {
		for _, c := range list {
			slices.Sort(c.Owners[1:]) // the keeper stays
		}
		slices.SortFunc(list, func(a, b company.Conflict) int { return strings.Compare(a.Address, b.Address) })
	}
	if diff := cmp.Diff(planted, found); diff != "" {
		t.Errorf("conflicts (-planted +scanned):\n%s", diff)
	}

	var findings []company.Finding
	for _, f := range audit.Findings {
		findings = append(findings, company.Finding{Kind: f.Kind, DN: f.DN})
	}
	for _, list := range [][]company.Finding{blemishes, findings} {
		slices.SortFunc(list, func(a, b company.Finding) int {
			return strings.Compare(a.DN+string(a.Kind), b.DN+string(b.Kind))
		})
	}
	if diff := cmp.Diff(blemishes, findings); diff != "" {
		t.Errorf("findings (-planted +scanned):\n%s", diff)
	}
}

func TestEveryClassAndKindIsPlanted(t *testing.T) {
	planted, blemishes := company.Planted()
	for _, class := range conflicts.Classes {
		if !slices.ContainsFunc(planted, func(c company.Conflict) bool { return c.Class == class }) {
			t.Errorf("no conflict of the class %s", class)
		}
	}
	for _, kind := range conflicts.CauseKinds {
		if kind == conflicts.SameAlias || kind == conflicts.TwoForests {
			continue // there is one domain
		}
		if !slices.ContainsFunc(planted, func(c company.Conflict) bool { return c.Cause == kind }) {
			t.Errorf("no conflict with the cause %s", kind)
		}
	}
	for _, kind := range conflicts.FindingKinds {
		if kind == conflicts.Pointer || slices.Index(conflicts.FindingKinds, kind) >= slices.Index(conflicts.FindingKinds, conflicts.EntraAttribute) {
			continue // there is one forest, and these are found on request
		}
		if !slices.ContainsFunc(blemishes, func(f company.Finding) bool { return f.Kind == kind }) {
			t.Errorf("no finding of the kind %s", kind)
		}
	}
}

func TestNearMissesAreThereAndNotReported(t *testing.T) {
	audit := scan(t, export(t))
	reported := map[string]bool{}
	for _, c := range audit.Conflicts {
		for _, o := range c.Owners {
			reported[o.DN] = true
		}
	}
	for _, f := range audit.Findings {
		reported[f.DN] = true
	}
	owners := map[string][]string{}
	for _, rec := range records(t) {
		for _, v := range values(rec, "proxyAddresses") {
			owners[v] = append(owners[v], rec.DN)
		}
	}
	for _, address := range []string{
		"SMTP:siobhan.o'brien@northwind.example", "SMTP:siobhan.obrien@northwind.example",
		"SMTP:bjorn.lind@northwind.example", "SMTP:bjoern.lind@northwind.example",
		"SMTP:shop@northwind.example", "SMTP:shop+returns@northwind.example",
		"SMTP:info@northwind.example", "SMTP:info@lusitania-optica.example", "SMTP:info@wisla-precyzja.example",
		"SMTP:info@northwind-asia.example", "SMTP:info@xn--muster-mnchen-3ob.example",
		"sip:hotline@northwind.example", "SMTP:hotline@northwind.example",
		"X500:/o=Northwind/ou=External (FYDIBOHF25SPDLT)/cn=Recipients/cn=Orlaith D'Arcy (Dublin): Freight, Customs",
		"SMTP:guest.relations@northwind.example", "SMTP:administrative.assistants@northwind.example",
		"SMTP:leitstelle@werkfeuerwehr.test", "SMTP:elodie.marchand@northwind.example",
	} {
		if len(owners[address]) != 1 {
			t.Errorf("%s: stands on %q, want one object", address, owners[address])
		}
		for _, dn := range owners[address] {
			if reported[dn] {
				t.Errorf("%s: %s is reported", address, dn)
			}
		}
	}
}

func TestServerAndExportShowTheSameCompany(t *testing.T) {
	const password = "correct horse battery staple"
	server, err := ldaptest.NewServer(ldaptest.Config{
		Entries: bytes.NewReader(content(t)),
		Users:   map[string]string{company.Reader: password},
		Shuffle: 9514,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir, err := ldapscan.Open(context.Background(), ldapscan.Config{
		URL: server.URL, TLS: &tls.Config{RootCAs: server.CertPool}, Credentials: ldapscan.Credentials{Mechanism: ldapscan.Simple, User: company.Reader, Password: password},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	live, offline := scan(t, dir), scan(t, export(t))
	if !live.Complete() {
		t.Errorf("incomplete: %q", live.Problems)
	}
	if diff := cmp.Diff(offline.Conflicts, live.Conflicts); diff != "" {
		t.Errorf("conflicts (-export +server):\n%s", diff)
	}
	if diff := cmp.Diff(offline.Changes, live.Changes); diff != "" {
		t.Errorf("changes (-export +server):\n%s", diff)
	}
	if diff := cmp.Diff(offline.Findings, live.Findings); diff != "" {
		t.Errorf("findings (-export +server):\n%s", diff)
	}
	if got, want := [2]int{live.Objects(), live.Values()}, [2]int{offline.Objects(), offline.Values()}; got != want {
		t.Errorf("%d objects and values from the server, %d from the export", got, want)
	}
}
