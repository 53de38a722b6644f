package ldapscan_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

const (
	user     = "CONTOSO\\anna"
	password = "correct horse"
)

func serve(t testing.TB, cfg ldaptest.Config) *ldaptest.Server {
	t.Helper()
	cfg.Users = map[string]string{user: password, "anna@contoso.example": password, "CN=Anna,DC=contoso,DC=example": password}
	srv, err := ldaptest.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

func config(srv *ldaptest.Server) ldapscan.Config {
	return ldapscan.Config{URL: srv.URL, TLS: &tls.Config{RootCAs: srv.CertPool}, Credentials: ldapscan.Credentials{Mechanism: ldapscan.Simple, User: user, Password: password},
		Timeout: time.Minute, RetryWait: time.Millisecond}
}

func open(t testing.TB, cfg ldapscan.Config) *ldapscan.Directory {
	t.Helper()
	d, err := ldapscan.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func TestServer(t *testing.T) {
	f, entries := forest(t)
	srv := serve(t, ldaptest.Config{Entries: entries})
	t.Run("ldaps", func(t *testing.T) { conformance(t, f, open(t, config(srv))) })
	t.Run("StartTLS", func(t *testing.T) {
		cfg := config(srv)
		cfg.URL, cfg.StartTLS = srv.PlainURL, true
		conformance(t, f, open(t, cfg))
	})
	t.Run("small pages", func(t *testing.T) {
		cfg := config(srv)
		cfg.PageSize = 7
		conformance(t, f, open(t, cfg))
	})
	if n := srv.Counts().Updates; n != 0 {
		t.Errorf("a scan sent %d updates", n)
	}
}

// Opinion 9: whatever order the server answers in, the audit is the same.
func TestOrderDoesNotMatter(t *testing.T) {
	var first *conflicts.Audit
	for _, seed := range []uint64{0, 1, 2} {
		_, entries := forest(t)
		srv := serve(t, ldaptest.Config{Entries: entries, Shuffle: seed})
		audit := scan(t, open(t, config(srv)), ldapscan.Options{})
		if first == nil {
			first = audit
			continue
		}
		if !slices.Equal(conflictsOf(audit), conflictsOf(first)) || !slices.EqualFunc(audit.Changes, first.Changes, func(a, b conflicts.Change) bool {
			return a.Old == b.Old && a.New == b.New && a.Object.DN == b.Object.DN
		}) {
			t.Errorf("order %d: another result", seed)
		}
	}
}

func TestExport(t *testing.T) {
	f, entries := forest(t)
	text := entries.Bytes()
	crlf := strings.ReplaceAll(string(text), "\n", "\r\n")
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(crlf)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"LF": string(text), "CRLF": crlf, "UTF-8 with BOM": "\ufeff" + string(text), "UTF-16": utf16,
		"no GUIDs": newFixtureWithHeads(t)} {
		t.Run(name, func(t *testing.T) {
			conformance(t, f, export(t, content))
		})
	}
}

func newFixtureWithHeads(t *testing.T) string {
	f, _ := forest(t)
	return f.ldif(t, false).String()
}

func export(t *testing.T, content string) *ldapscan.Export {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.ldif")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	x, err := ldapscan.OpenExport(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// An object with the name of a domain controller and several records is one object.
func TestScatteredController(t *testing.T) {
	const entry = "dn: CN=%s,DC=contoso,DC=example\nobjectClass: user\nobjectGUID:: %s\nproxyAddresses: smtp:shared@contoso.example\nproxyAddresses: smtp:%d@contoso.example\n\n"
	const one, two = "AQEBAQEBAQEBAQEBAQEBAQ==", "AgICAgICAgICAgICAgICAg=="
	text := fmt.Sprintf(entry+entry+entry, "NTDS Settings", one, 1, "Anna", two, 2, "NTDS Settings", one, 3)
	audit := scan(t, export(t, text), ldapscan.Options{})
	if !audit.Complete() || len(audit.Conflicts) != 1 || len(audit.Conflicts[0].Owners) != 2 {
		t.Errorf("%q %+v", audit.Problems, audit.Conflicts)
	}
}

// An export that breaks off is incomplete, one that is no export an error.
func TestDamagedExport(t *testing.T) {
	good := "dn: CN=a,DC=a,DC=com\nproxyAddresses: SMTP:x@a.com\n\ndn: CN=b,DC=a,DC=com\nproxyAddresses: SMTP:x@a.com\n"
	for name, tc := range map[string]struct{ content, problem, err string }{
		"whole":          {content: good},
		"cut in a line":  {content: good + "\ndn: CN=c,DC=a,DC=com\nproxyAddr", problem: "line 8"},
		"cut in base64":  {content: good + "\ndn: CN=c,DC=a,DC=com\nproxyAddresses:: U01U", problem: "line 8: the last line has no line end"},
		"part of values": {content: good + "\ndn: CN=c,DC=a,DC=com\nproxyAddresses;range=0-1: SMTP:c@a.com\n", problem: "only part of the values"},
		"same twice":     {content: good + "\n" + good},
		"URL value":      {content: good + "\ndn: CN=c,DC=a,DC=com\nproxyAddresses:< file:///etc/passwd\n", problem: "line 8"},
		"not LDIF":       {content: "\x7fELF\x02", err: "line 1"},
		"a change":       {content: "dn: CN=a,DC=a,DC=com\nchangetype: modify\ndelete: mail\n-\n", err: "a change, not the content"},
		"a later change": {content: good + "\ndn: CN=a,DC=a,DC=com\nchangetype: delete\n", err: "a change, not the content"},
		"nothing at all": {content: "", err: "no objects in it"},
		"no addresses":   {content: "dn: CN=a,DC=a,DC=com\nmail: x@a.com\n", problem: "not one proxy address"},
		"comments only":  {content: "# nobody\n", err: "no objects in it"},
		"as ldifde does": {content: "dn: CN=a,DC=a,DC=com\nchangetype: add\nproxyAddresses: SMTP:x@a.com\n\ndn: CN=b,DC=a,DC=com\nchangetype: add\nproxyAddresses: smtp:x@a.com\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			audit, err := ldapscan.Scan(context.Background(), export(t, tc.content), ldapscan.Options{})
			switch {
			case tc.err != "":
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%v, want %q", err, tc.err)
				}
			case err != nil:
				t.Error(err)
			case tc.problem != "" && (audit.Complete() || !strings.Contains(strings.Join(audit.Problems, "\n"), tc.problem)):
				t.Errorf("problems %q, want %q", audit.Problems, tc.problem)
			case tc.problem == "" && !audit.Complete():
				t.Errorf("problems %q", audit.Problems)
			case strings.HasPrefix(tc.content, good) && len(audit.Conflicts) != 1:
				t.Errorf("%d conflicts", len(audit.Conflicts))
			}
		})
	}
}

// Deleted objects own nothing, but their addresses are not handed out.
func TestDeletedObjects(t *testing.T) {
	const content = `dn: DC=contoso,DC=example
objectClass: domainDNS

dn: CN=Deleted Objects,DC=contoso,DC=example
objectClass: container
isDeleted: TRUE

dn: CN=gone\0ADEL:1,CN=Deleted Objects,DC=contoso,DC=example
objectClass: contact
isDeleted: TRUE
proxyAddresses: smtp:x2@contoso.example

dn: CN=a,DC=contoso,DC=example
objectClass: user
whenCreated: 20200101000000.0Z
proxyAddresses: SMTP:x@contoso.example

dn: CN=b,DC=contoso,DC=example
objectClass: user
whenCreated: 20210101000000.0Z
proxyAddresses: SMTP:x@contoso.example
`
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(content)})
	for name, src := range map[string]ldapscan.Source{"server": open(t, config(srv)), "export": export(t, content)} {
		audit := scan(t, src, ldapscan.Options{})
		if len(audit.Conflicts) != 1 || len(audit.Changes) != 1 || audit.Changes[0].New != "SMTP:x3@contoso.example" || audit.Coverage[0].Deleted != 1 {
			t.Errorf("%s: %+v, coverage %+v", name, audit.Changes, audit.Coverage)
		}
	}
}

const unseen = ": this account cannot see deleted objects: a proposed address may belong to one. Scan as a domain administrator to rule it out"

// An account that cannot see deleted objects is told that their addresses may be proposed: the
// container itself is hidden, or what is in it together with its attributes.
func TestHiddenDeletedObjects(t *testing.T) {
	const content = "dn: DC=contoso,DC=example\nobjectClass: domainDNS\n\ndn: CN=a,DC=contoso,DC=example\nobjectClass: contact\nproxyAddresses: SMTP:a@contoso.example\n"
	const container = "\ndn: CN=Deleted Objects,DC=contoso,DC=example\nobjectClass: container\n"
	for content, told := range map[string]bool{content: true, content + container: true, content + container + "isDeleted: TRUE\n": false} {
		audit := scan(t, open(t, config(serve(t, ldaptest.Config{Entries: strings.NewReader(content)}))), ldapscan.Options{})
		if !audit.Complete() || slices.Contains(audit.Notes, "DC=contoso,DC=example"+unseen) != told {
			t.Errorf("%s\nproblems %q, notes %q", content, audit.Problems, audit.Notes)
		}
	}
}

// What Exchange and Active Directory say of an object reaches the judgment,
// the same from both sources.
func TestObjectAttributes(t *testing.T) {
	const content = `dn: DC=contoso,DC=example
objectClass: domainDNS

dn: CN=Configuration,DC=contoso,DC=example
objectClass: configuration

dn: CN=contoso.example,CN=Accepted Domains,CN=Configuration,DC=contoso,DC=example
objectClass: msExchAcceptedDomain
msExchAcceptedDomainName: contoso.example

dn: CN=Store,CN=Configuration,DC=contoso,DC=example
objectClass: msExchPublicMDB
proxyAddresses: SMTP:anna@old.example

dn: CN=Anna,DC=contoso,DC=example
objectClass: top
objectClass: person
objectClass: user
objectGUID:: AAECAwQFBgcICQoLDA0ODw==
displayName: Anna Ek
givenName: Anna
sn: Ek
sAMAccountName: anna
mailNickname: annaek
mail: anna@old.example
userPrincipalName: anna@contoso.example
userAccountControl: 514
whenCreated: 20190203040506.0Z
homeMDB: CN=DB1
msExchRecipientTypeDetails: 4
msExchPoliciesIncluded: {x},{26491cfc-9e50-4857-861b-0cb8df22b5d7}
msDS-ExternalDirectoryObjectId: User_1
proxyAddresses: SMTP:Anna@contoso.example
proxyAddresses: smtp:anna@old.example

dn: CN=Group,DC=contoso,DC=example
objectClass: group
proxyAddresses: smtp:anna@old.example
isCriticalSystemObject: TRUE
member: CN=Anna,DC=contoso,DC=example
member: CN=Group,DC=contoso,DC=example
`
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(content)})
	for name, src := range map[string]ldapscan.Source{"server": open(t, config(srv)), "export": export(t, content)} {
		t.Run(name, func(t *testing.T) {
			audit := scan(t, src, ldapscan.Options{})
			if len(audit.Conflicts) != 1 || !slices.Equal(audit.Scope.AcceptedDomains, []string{"contoso.example"}) {
				t.Fatalf("%+v %v", audit.Conflicts, audit.Scope)
			}
			byName := map[string]*conflicts.Object{}
			for _, o := range audit.Conflicts[0].Owners {
				byName[o.Name()] = o.Object
			}
			anna := byName["Anna Ek"]
			if anna == nil || anna.GUID.String() != "03020100-0504-0706-0809-0a0b0c0d0e0f" || anna.Class != "user" || anna.GivenName != "Anna" || anna.Surname != "Ek" ||
				anna.SAMAccountName != "anna" || anna.MailNickname != "annaek" || !anna.Disabled || !anna.Mailbox || anna.Recipient.String() != "shared mailbox" ||
				anna.Created != conflicts.InstantOf(time.Date(2019, 2, 3, 4, 5, 6, 0, time.UTC)) || !anna.PolicyKnown || anna.PolicyExcluded || !anna.Synchronized ||
				anna.Partition != "DC=contoso,DC=example" || anna.Fixed != "" {
				t.Errorf("%+v", anna)
			}
			if g := byName["Group"]; g == nil || g.Fixed != "critical system object" || g.Members != 2 {
				t.Errorf("%+v", g)
			}
			if s := byName["Store"]; s == nil || s.Fixed != "lies outside the domain partitions" {
				t.Errorf("%+v", s)
			}
			if len(audit.Changes) != 2 || audit.Changes[0].New != "smtp:anna2@contoso.example" || audit.Changes[1].New != "anna2@contoso.example" {
				t.Errorf("proposals %+v", audit.Changes)
			}
		})
	}
}

// Two forests can give a domain the same name; both are read. The same domain by
// two servers is read once, and the scan says so.
func TestForestsOfOneName(t *testing.T) {
	content := func(guid, address string) string {
		return "dn: DC=corp,DC=local\nobjectClass: domainDNS\nobjectGUID:: " + guid + "\n\n" +
			"dn: CN=" + guid + ",DC=corp,DC=local\nobjectClass: contact\nproxyAddresses: " + address + "\n"
	}
	const one, two = "AQECAwQFBgcICQoLDA0ODw==", "AgECAwQFBgcICQoLDA0ODw=="
	server := func(content string) ldapscan.Config {
		return config(serve(t, ldaptest.Config{Entries: strings.NewReader(content)}))
	}
	forest := func(servers ...ldapscan.Config) *conflicts.Audit {
		f, err := ldapscan.OpenForest(context.Background(), ldapscan.ForestConfig{Servers: servers})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return scan(t, f, ldapscan.Options{})
	}
	audit := forest(server(content(one, "SMTP:x@a.example")), server(content(two, "SMTP:x@a.example")))
	if len(audit.Conflicts) != 1 || !audit.Complete() || len(audit.Coverage) != 2 {
		t.Errorf("two forests: %d conflicts, problems %q, coverage %+v", len(audit.Conflicts), audit.Problems, audit.Coverage)
	}
	same := server(content(one, "SMTP:x@a.example"))
	audit = forest(same, same)
	if len(audit.Conflicts) != 0 || !audit.Complete() || len(audit.Coverage) != 1 || !strings.Contains(strings.Join(audit.Notes, "\n"), "DC=corp,DC=local: read from") {
		t.Errorf("one twice: problems %q, notes %q, coverage %+v", audit.Problems, audit.Notes, audit.Coverage)
	}
	audit = forest(server(content(one, "SMTP:x@a.example")), server(strings.Replace(content(two, "x@a.example"), "proxyAddresses", "mail", 1)))
	if audit.Complete() {
		t.Error("a forest that shows no proxy address hides behind another")
	}
}

// A forest is asked for objects in the order in which they are named, so that what a
// failure leaves unread is the same in every run.
func TestForestAsksInOrder(t *testing.T) {
	_, entries := forest(t)
	srv := serve(t, ldaptest.Config{Entries: entries})
	f, err := ldapscan.OpenForest(t.Context(), ldapscan.ForestConfig{Servers: []ldapscan.Config{config(srv)}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var want strings.Builder
	var refs []conflicts.Ref
	for i := range byte(20) {
		refs = append(refs, conflicts.Ref{GUID: conflicts.GUID{15: 0x80 + i}})
		fmt.Fprintf(&want, `(objectGUID=%s\%02x)`, strings.Repeat(`\00`, 15), 0x80+i)
	}
	srv.Inject(ldaptest.Fault{Times: -1, Match: func(s ldaptest.Search) bool {
		if inspecting(s) && !strings.Contains(s.Filter, want.String()) {
			t.Errorf("asked for %s", s.Filter)
		}
		return false
	}})
	if err := f.Inspect(t.Context(), append(refs, refs[0]), func(*conflicts.Object) {}); err != nil {
		t.Fatal(err)
	}
}

// Without accepted domains the sweep tells which domains are the directory's own, and the audit
// says that they are unknown.
func TestUnknownAcceptedDomains(t *testing.T) {
	const content = `dn: DC=contoso,DC=example
objectClass: domainDNS

dn: CN=anna,DC=contoso,DC=example
objectClass: user
userPrincipalName: anna@contoso.local
proxyAddresses: SMTP:anna@contoso.example

dn: CN=a,DC=contoso,DC=example
objectClass: contact
whenCreated: 20200101000000.0Z
proxyAddresses: SMTP:x@contoso.example
proxyAddresses: smtp:y@partner.example

dn: CN=b,DC=contoso,DC=example
objectClass: contact
whenCreated: 20210101000000.0Z
proxyAddresses: SMTP:x@contoso.example

dn: CN=c,DC=contoso,DC=example
objectClass: contact
whenCreated: 20220101000000.0Z
proxyAddresses: SMTP:y@partner.example
`
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(content)})
	for name, src := range map[string]ldapscan.Source{"server": open(t, config(srv)), "export": export(t, content)} {
		audit := scan(t, src, ldapscan.Options{})
		var lines []string
		for _, c := range audit.Changes {
			lines = append(lines, c.Old+" "+c.New)
		}
		want := []string{"SMTP:x@contoso.example SMTP:x2@contoso.example", "smtp:y@partner.example smtp:y2@contoso.example"}
		if !slices.Equal(lines, want) || !slices.Equal(audit.Scope.PrimaryDomains, []string{"contoso.example"}) {
			t.Errorf("%s: %q, domains %q", name, lines, audit.Scope.PrimaryDomains)
		}
		if !strings.Contains(strings.Join(audit.Notes, "\n"), "accepted domains unknown") {
			t.Errorf("%s: notes %q", name, audit.Notes)
		}
	}
}
