package apply

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

const (
	root     = "DC=contoso,DC=example"
	user     = "admin@contoso.example"
	password = "correct horse battery"
)

// staff writes contacts whose alias all of them claim.
func staff(base string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "dn: CN=c%[1]d,%[2]s\nobjectClass: contact\nproxyAddresses: SMTP:c%[1]d@contoso.example\nproxyAddresses: smtp:info@contoso.example\nmail: c%[1]d@contoso.example\n\n", i, base)
	}
	return b.String()
}

func serve(t testing.TB, n int) *ldaptest.Server {
	t.Helper()
	srv, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader("dn: " + root + "\nobjectClass: domainDNS\n\n" + staff(root, n)),
		Users: map[string]string{user: password}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

func config(srv *ldaptest.Server) ldapscan.Config {
	return ldapscan.Config{URL: srv.URL, TLS: &tls.Config{RootCAs: srv.CertPool}, Timeout: time.Minute,
		Credentials: ldapscan.Credentials{Mechanism: ldapscan.Simple, User: user, Password: password}}
}

func open(t testing.TB, servers ...ldapscan.Config) *ldapscan.Forest {
	t.Helper()
	f, err := ldapscan.OpenForest(context.Background(), ldapscan.ForestConfig{Servers: servers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// mostStaff is how many contacts there are at most.
const mostStaff = 4

// contacts reads the staff, by name.
func contacts(t testing.TB, f *ldapscan.Forest, base string) map[string]*conflicts.Object {
	t.Helper()
	aliases := []conflicts.Address{conflicts.ParseAddress("smtp:info@contoso.example")}
	for i := range mostStaff {
		aliases = append(aliases, conflicts.ParseAddress(spare(i)))
	}
	found := map[string]*conflicts.Object{}
	err := f.Lookup(context.Background(), aliases, func(o *conflicts.Object) {
		if conflicts.Within(o.DN, base) {
			found[o.Name()] = o
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// spare is the alias that a contact gets for the common one.
func spare(i int) string { return fmt.Sprintf("smtp:spare%d@contoso.example", i) }

// planFor gives each contact its own primary address and mail, and its spare alias
// for the common one, so that one look finds them before and after.
func planFor(t testing.TB, f *ldapscan.Forest, base string) []conflicts.FixRecord {
	t.Helper()
	found := contacts(t, f, base)
	var plan []conflicts.FixRecord
	for i := range len(found) {
		o := found[fmt.Sprintf("c%d", i)]
		old, new := fmt.Sprintf("c%d@contoso.example", i), fmt.Sprintf("new%d@contoso.example", i)
		plan = append(plan, conflicts.FixRecord{File: "fix.ldif", Line: 10 * i, DN: o.DN, GUID: o.GUID, Attributes: []conflicts.AttributeFix{
			{Attribute: conflicts.ProxyAddresses.String(), Delete: []string{"SMTP:" + old, "smtp:info@contoso.example"}, Add: []string{"SMTP:" + new, spare(i)}},
			{Attribute: conflicts.Mail.String(), Delete: []string{old}, Add: []string{new}},
		}})
	}
	return plan
}

// states says of each fix record what the directory has of it.
func states(t testing.TB, f *ldapscan.Forest, plan []conflicts.FixRecord) string {
	t.Helper()
	objects := map[conflicts.GUID]*conflicts.Object{}
	if err := f.Reread(context.Background(), plan, func(o *conflicts.Object) { objects[o.GUID] = o }); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range plan {
		state, _ := plan[i].Status(objects[plan[i].GUID])
		b.WriteString(string(state)[:1])
	}
	return b.String()
}

// noted says of each fix record what the journal has of it, in the same way; "?"
// stands for a change with unknown outcome, "t" for theirs: a change that somebody else made.
func noted(j *Journal) string {
	b := make([]byte, len(j.plan))
	for i, f := range j.statuses {
		b[i] = map[changeStatus]byte{unmade: 'r', made: 'a', theirs: 't'}[f]
	}
	if j.open != none {
		b[j.open] = '?'
	}
	return string(b)
}

// agree reports whether a journal tells the state of a directory.
func agree(directory, journal string) bool {
	for i := range directory {
		if journal[i] != directory[i] && journal[i] != '?' {
			return false
		}
	}
	return len(directory) == len(journal)
}

// at is a clock that stands still.
func at() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 89_000_000, time.FixedZone("CET", 3600)) }
