package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest"
)

// A server that holds a directory is scanned as an export of it is, and what apply
// makes of it and takes back is what the fix files say.
func TestOracleServer(t *testing.T) {
	features := slices.DeleteFunc(oracleAllowed(), func(f string) bool {
		// A server holds one domain, and all its objects have a GUID and a class.
		return slices.Contains([]string{"two domains", "no GUID", "no class"}, f)
	})
	for n := range max(2, *oracleDirectories/20) {
		seed := *oracleSeed + uint64(n)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := newMaker(rand.New(rand.NewPCG(seed, 2)), features)
			d := m.directory()
			e := newExamination(t.TempDir(), seed)
			e.Rand = m.Rand
			if err := e.serve(t, d); err != nil {
				t.Fatal(err)
			}
			if err := e.applied(d); err != nil {
				t.Fatalf("-oracle.n 1 -oracle.seed %d: %v\n%s", seed, err, d.export("entries alone", rand.New(still{})))
			}
		})
	}
}

// serve starts a server that answers in an order of its own, in small pages and with few
// values at once.
func (e *examination) serve(t *testing.T, d directory) error {
	ranges := 2 + e.IntN(2)
	if slices.ContainsFunc(d, (*object).deleted) {
		ranges = 0 // the scan does not ask for more values of these
	}
	content := partitions + d.export("entries alone", rand.New(still{}))
	srv, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader(content), Users: map[string]string{"anna@ex.com": password},
		MaxPageSize: 8 + e.IntN(4), MaxValRange: ranges, Shuffle: e.Uint64()})
	if err != nil {
		return err
	}
	t.Cleanup(srv.Close)
	e.accepts = directory.surely
	e.source = []string{"-H", srv.URL, "--ca-file", e.path("ca.pem"), "-D", "anna@ex.com", "-y", e.path("secret")}
	if err := os.WriteFile(e.path("ca.pem"), srv.CAPEM, 0o600); err != nil {
		return err
	}
	return os.WriteFile(e.path("secret"), []byte(password), 0o600)
}

// partitions are those of the directories that are made up.
const partitions = `dn: DC=ex,DC=com
objectClass: domainDNS

dn: CN=Deleted Objects,DC=ex,DC=com
objectClass: container
isDeleted: TRUE

dn: CN=Configuration,DC=ex,DC=com
objectClass: configuration

dn: CN=Partitions,CN=Configuration,DC=ex,DC=com
objectClass: crossRefContainer

dn: CN=EX,CN=Partitions,CN=Configuration,DC=ex,DC=com
objectClass: crossRef
nCName: DC=ex,DC=com
dnsRoot: ex.com
systemFlags: 3

dn: CN=Enterprise Configuration,CN=Partitions,CN=Configuration,DC=ex,DC=com
objectClass: crossRef
nCName: CN=Configuration,DC=ex,DC=com
dnsRoot: ex.com
systemFlags: 1

`

// applied scans the server, makes the changes and takes them back.
func (e *examination) applied(before directory) error {
	_, rulings, files, err := e.publish(before, "first")
	if err != nil {
		return err
	}
	fixes := records(files, "fix-")
	after, err := before.applyAll(fixes)
	if err != nil || len(fixes) == 0 {
		return err
	}
	if err := e.resolved(before, after, rulings); err != nil {
		return err
	}
	if _, err := e.run([]int{exitClean}, append([]string{"apply", "--yes", e.path("first/fix-ex.com.ldif")}, e.source...)...); err != nil {
		return err
	}
	if _, _, err := e.scan(after); err != nil {
		return fmt.Errorf("%w\nafter the fix", err)
	}
	if _, err := e.run([]int{exitClean}, append([]string{"apply", "--yes", "--undo", e.path("first/fix-ex.com.journal")}, e.source...)...); err != nil {
		return err
	}
	if _, _, err := e.scan(before); err != nil {
		return fmt.Errorf("%w\nafter it was taken back", err)
	}
	return nil
}
