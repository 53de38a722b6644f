package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"proxyaddr/ldapscan/ldaptest/samba"
	"proxyaddr/report/schematest"
)

// An answer is what a scan printed.
type answer struct {
	code   int
	stderr string
	doc    struct {
		Complete bool
		Reasons  []string `json:"incomplete_reasons"`
		Scope    struct {
			AcceptedDomains []string `json:"accepted_domains"`
			Servers         []struct{ URL, Site, Transport, Mechanism, Protection string }
		}
		Coverage  []struct{ Partition string }
		Conflicts []struct {
			Class, Address, Reason string
			Cause                  struct{ Kind, Certainty, Because string }
			Owners                 []struct {
				DN      string
				Written struct{ Server, Site string }
			}
		}
		Changes []struct {
			New        string
			RiskReason string `json:"risk_reason"`
		}
	}
}

func scanJSON(t *testing.T, args ...string) answer {
	t.Helper()
	var stdout, stderr bytes.Buffer
	var a answer
	a.code = run(slices.Concat([]string{"scan", "--format", "json"}, args), strings.NewReader(""), &stdout, &stderr)
	a.stderr = stderr.String()
	if stdout.Len() > 0 {
		if err := schematest.Check(stdout.Bytes()); err != nil {
			t.Error(err)
		}
		if err := json.Unmarshal(stdout.Bytes(), &a.doc); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func (a answer) addresses() (list []string) {
	for _, c := range a.doc.Conflicts {
		list = append(list, c.Address)
	}
	return list
}

func secretFile(t *testing.T, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// twice loads two groups with one address.
func twice(t *testing.T, dc *samba.DC, ou, address string) {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"One", "Two"} {
		fmt.Fprintf(&b, "dn: CN=%s,%s\nobjectClass: group\nproxyAddresses: SMTP:%s\n\n", name, ou, address)
	}
	dc.Load(t, strings.NewReader(b.String()))
}

// Against Samba with its default hardening, which refuses every unsigned bind:
// Kerberos seals, from each kind of credentials, and the controllers are found
// through DNS.
func TestKerberosOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	twice(t, dc, dc.OU(t, "Kerberos"), "kerberos@contoso.example")
	const password = "Reads-0nly!"
	upn := dc.AddUser(t, "kerbreader", password)
	secret := secretFile(t, password)
	for name, args := range map[string][]string{
		"password":            {"-H", dc.URL("ldap"), "--auth", "gssapi", "-D", upn, "-y", secret},
		"password, DOMAIN":    {"-H", dc.URL("ldap"), "--auth", "gssapi", "-D", dc.Domain + `\kerbreader`, "-y", secret},
		"keytab":              {"-H", dc.URL("ldap"), "--keytab", dc.Keytab(t, "kerbreader")},
		"ccache":              {"-H", dc.URL("ldap"), "--ccache", dc.CCache(t, "kerbreader", password)},
		"domain and password": {"-d", dc.Realm, "--dns", dc.IP, "-D", upn, "-y", secret},
		"domain and ccache":   {"-d", strings.ToLower(dc.Realm), "--dns", dc.IP, "--ccache", dc.CCache(t, "kerbreader", password)},
	} {
		t.Run(name, func(t *testing.T) {
			a := scanJSON(t, args...)
			if a.code != exitConflicts || !a.doc.Complete || !slices.Contains(a.addresses(), "kerberos@contoso.example") {
				t.Fatalf("exit %d, conflicts %v, incomplete %q\n%s", a.code, a.addresses(), a.doc.Reasons, a.stderr)
			}
			s := a.doc.Scope.Servers[0]
			if s.Mechanism != "gssapi" || s.Protection != "sealed" || s.Transport != "" || s.Site == "" {
				t.Errorf("%+v", s)
			}
			if !strings.Contains(a.stderr, "gssapi sealed") {
				t.Errorf("not said before the sweep:\n%s", a.stderr)
			}
		})
	}
	t.Run("wrong password", func(t *testing.T) {
		a := scanJSON(t, "-H", dc.URL("ldap"), "--auth", "gssapi", "-D", upn, "-y", secretFile(t, "S3cret-and-wrong"))
		if a.code != exitConnect || !strings.Contains(a.stderr, "password is wrong") || !strings.Contains(a.stderr, "hint: ") || strings.Contains(a.stderr, "S3cret") {
			t.Errorf("exit %d\n%s", a.code, a.stderr)
		}
	})
	t.Run("global catalog without the addresses", func(t *testing.T) {
		a := scanJSON(t, "-H", catalog(dc), "--auth", "gssapi", "-D", upn, "-y", secret)
		if a.code != exitConnect || !strings.Contains(a.stderr, "does not hold proxyAddresses") {
			t.Errorf("exit %d\n%s", a.code, a.stderr)
		}
	})
}

// Over TLS the bind is tied to the connection, which a hardened controller demands.
// A Samba that knows no such binding refuses Kerberos there.
func TestKerberosOverTLSOnSamba(t *testing.T) {
	dc := samba.Shared(t)
	twice(t, dc, dc.OU(t, "Bound"), "bound@contoso.example")
	const password = "Reads-0nly!"
	upn := dc.AddUser(t, "boundreader", password)
	for login, cred := range map[string][]string{
		"password": {"-D", upn, "-y", secretFile(t, password)},
		"keytab":   {"--keytab", dc.Keytab(t, "boundreader")},
		"ccache":   {"--ccache", dc.CCache(t, "boundreader", password)},
	} {
		for way, server := range map[string][]string{
			"ldaps":            {"-H", dc.URL("ldaps")},
			"StartTLS":         {"-H", dc.URL("ldap"), "-Z"},
			"domain, StartTLS": {"-d", strings.ToLower(dc.Realm), "--dns", dc.IP, "-Z"},
		} {
			t.Run(way+"/"+login, func(t *testing.T) {
				a := scanJSON(t, slices.Concat(server, cred, []string{"--auth", "gssapi", "--ca-file", dc.CAFile})...)
				if !dc.DemandsChannelBinding() {
					if a.code != exitConnect || !strings.Contains(a.stderr, "does not accept a Kerberos logon inside TLS") {
						t.Errorf("exit %d\n%s", a.code, a.stderr)
					}
					return
				}
				if a.code != exitConflicts || !a.doc.Complete || !slices.Contains(a.addresses(), "bound@contoso.example") {
					t.Fatalf("exit %d, conflicts %v, incomplete %q\n%s", a.code, a.addresses(), a.doc.Reasons, a.stderr)
				}
				s := a.doc.Scope.Servers[0]
				if s.Mechanism != "gssapi" || s.Protection != "channel binding" || !strings.HasPrefix(s.Transport, "TLS 1.") {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// A forest with Exchange's schema: the global catalog can be trusted, and what
// Exchange says of recipients is heeded. A second forest shares its name space.
func TestForestsOnSamba(t *testing.T) {
	plain := samba.Shared(t)
	exchange := samba.Start(t, samba.Config{Realm: "NORTHWIND.TEST", Exchange: true})
	ou := exchange.OU(t, "Recipients")
	exchange.Modify(t, strings.NewReader(fmt.Sprintf(`dn: CN=Accepted Domains,CN=Services,CN=Configuration,%[1]s
changetype: add
objectClass: container

dn: CN=northwind.test,CN=Accepted Domains,CN=Services,CN=Configuration,%[1]s
changetype: add
objectClass: msExchAcceptedDomain
msExchAcceptedDomainName: northwind.test
`, exchange.BaseDN)))
	exchange.Load(t, strings.NewReader(fmt.Sprintf(`dn: CN=Contact,%[1]s
objectClass: contact
msExchRecipientTypeDetails: 64
proxyAddresses: SMTP:info@northwind.test
proxyAddresses: smtp:shared@contoso.example

dn: CN=Shared Mailbox,%[1]s
objectClass: contact
msExchRecipientTypeDetails: 4
msExchPoliciesIncluded: {26491cfc-9e50-4857-861b-0cb8df22b5d7}
proxyAddresses: SMTP:info@northwind.test

dn: CN=Folder,%[1]s
objectClass: publicFolder
msExchRecipientTypeDetails: 4096
proxyAddresses: SMTP:info@northwind.test
`, ou)))
	twiceOU := plain.OU(t, "Spanning")
	plain.Load(t, strings.NewReader("dn: CN=Elsewhere,"+twiceOU+"\nobjectClass: contact\nproxyAddresses: SMTP:shared@contoso.example\n"))
	admin := secretFile(t, exchange.AdminPassword)

	for name, args := range map[string][]string{
		"catalog by password": {"-H", catalog(exchange), "--auth", "gssapi", "-D", exchange.AdminUPN, "-y", admin},
		"catalog by keytab":   {"-H", catalog(exchange), "--keytab", exchange.Keytab(t, "Administrator")},
		"catalog by ccache":   {"-H", catalog(exchange), "--ccache", exchange.CCache(t, "Administrator", exchange.AdminPassword)},
		"catalog by DNS":      {"-d", "northwind.test", "--dns", exchange.IP, "--global-catalog", "-D", exchange.AdminUPN, "-y", admin},
	} {
		t.Run(name, func(t *testing.T) {
			a := scanJSON(t, args...)
			if a.code != exitConflicts || !a.doc.Complete || len(a.doc.Conflicts) != 1 {
				t.Fatalf("exit %d, conflicts %v, incomplete %q\n%s", a.code, a.addresses(), a.doc.Reasons, a.stderr)
			}
			c := a.doc.Conflicts[0]
			if len(c.Owners) != 3 || !strings.HasPrefix(c.Owners[0].DN, "CN=Shared Mailbox,") || !strings.Contains(c.Reason, "shared mailbox") {
				t.Errorf("%+v", c)
			}
			if !slices.Equal(a.doc.Scope.AcceptedDomains, []string{"northwind.test"}) || len(a.doc.Changes) != 2 || !strings.HasSuffix(a.doc.Changes[0].New, "@northwind.test") {
				t.Errorf("%v %+v", a.doc.Scope.AcceptedDomains, a.doc.Changes)
			}
		})
	}
	t.Run("a catalog takes no changes", func(t *testing.T) {
		dir := t.TempDir()
		login := []string{"-H", catalog(exchange), "--auth", "gssapi", "-D", exchange.AdminUPN, "-y", admin}
		if a := scanJSON(t, append(login, "-o", dir)...); a.code != exitConflicts {
			t.Fatalf("exit %d\n%s", a.code, a.stderr)
		}
		fix := filepath.Join(dir, "fix-northwind.test.ldif")
		var stdout, stderr bytes.Buffer
		code := run(append([]string{"apply", fix, "--yes"}, login...), strings.NewReader(""), &stdout, &stderr)
		if code != exitConnect || !strings.Contains(stderr.String(), "a global catalog accepts no changes\nhint: use the domain controller's own port") {
			t.Errorf("exit %d\n%s%s", code, stdout.String(), stderr.String())
		}
		if _, err := os.Stat(strings.TrimSuffix(fix, ".ldif") + ".journal"); err == nil {
			t.Error("a journal is left though nothing was begun")
		}
	})
	t.Run("two forests in one run", func(t *testing.T) {
		var ca []byte
		for _, dc := range []*samba.DC{plain, exchange} {
			pem, err := os.ReadFile(dc.CAFile)
			if err != nil {
				t.Fatal(err)
			}
			ca = append(ca, pem...)
		}
		a := scanJSON(t, "--ca-file", secretFile(t, string(ca)), "-H", plain.URL("ldaps"), "-H", exchange.URL("ldaps"),
			"-D", plain.AdminUPN, "-D", exchange.AdminUPN, "-y", secretFile(t, plain.AdminPassword), "-y", admin)
		i := slices.Index(a.addresses(), "shared@contoso.example")
		if a.code != exitConflicts || !a.doc.Complete || i < 0 || len(a.doc.Conflicts[i].Owners) != 2 {
			t.Errorf("exit %d, conflicts %v, incomplete %q\n%s", a.code, a.addresses(), a.doc.Reasons, a.stderr)
		}
	})
}

func catalog(dc *samba.DC) string { return "ldap://" + dc.IP + ":3268" }

// Two controllers of one domain: an address that both took while they did not
// hear of each other is a race, and one that is down is passed over for the other.
func TestPairOnSamba(t *testing.T) {
	pair := samba.StartPair(t, samba.Config{Realm: "CONTOSO.TEST"})
	secret := secretFile(t, pair.A.AdminPassword)
	args := []string{"-d", "contoso.test", "--dns", pair.B.IP, "-D", pair.A.AdminUPN, "-y", secret}

	t.Run("race", func(t *testing.T) {
		ou := pair.A.OU(t, "Race")
		pair.Pause(t)
		for _, dc := range []*samba.DC{pair.A, pair.B} {
			dc.Modify(t, strings.NewReader(fmt.Sprintf("dn: CN=%s,%s\nchangetype: add\nobjectClass: group\nproxyAddresses: SMTP:race@contoso.test\n", dc.IP, ou)))
			if a := scanJSON(t, "-H", dc.URL("ldap"), "--auth", "gssapi", "-D", dc.AdminUPN, "-y", secret); a.code != exitClean {
				t.Errorf("%s alone: exit %d, conflicts %v\n%s", dc.Host, a.code, a.addresses(), a.stderr)
			}
		}
		pair.Resume(t)
		pair.Sync(t)
		a := scanJSON(t, args...)
		if a.code != exitConflicts || !a.doc.Complete || !slices.Equal(a.addresses(), []string{"race@contoso.test"}) {
			t.Fatalf("exit %d, conflicts %v, incomplete %q\n%s", a.code, a.addresses(), a.doc.Reasons, a.stderr)
		}
		c := a.doc.Conflicts[0]
		if c.Cause.Kind != "race" || c.Cause.Certainty != "likely" {
			t.Errorf("cause %+v", c.Cause)
		}
		for _, dc := range []*samba.DC{pair.A, pair.B} {
			server, _, _ := strings.Cut(dc.Host, ".")
			const site = "Default-First-Site-Name"
			written := 0
			for _, o := range c.Owners {
				if strings.HasPrefix(o.DN, "CN="+dc.IP+",") && strings.EqualFold(o.Written.Server, server) && o.Written.Site == site {
					written++
				}
			}
			if written != 1 || !strings.Contains(strings.ToLower(c.Cause.Because), strings.ToLower(site+`\`+server)) {
				t.Errorf("%s is not named: %+v", server, c)
			}
		}
	})
	// Its event is told of by the pair that it names, and is over once the fix is applied.
	t.Run("event", func(t *testing.T) {
		ou, path := pair.A.OU(t, "Event"), "/dc=test/dc=contoso/ou=Event/cn="
		pair.Sync(t)
		pair.Pause(t)
		for dc, name := range map[*samba.DC]string{pair.A: "Search and Rescue", pair.B: "Storeroom"} {
			dc.Modify(t, strings.NewReader(fmt.Sprintf("dn: CN=%s,%s\nchangetype: add\nobjectClass: group\nproxyAddresses: SMTP:rescue@contoso.test\n", name, ou)))
		}
		var compared bytes.Buffer
		login := []string{"--auth", "gssapi", "-D", pair.A.AdminUPN, "-y", secret}
		run(slices.Concat([]string{"scan", "--compare-dcs", "-H", pair.A.URL("ldap"), "-H", pair.B.URL("ldap")}, login), strings.NewReader(""), &compared, &compared)
		for _, name := range []string{"Search and Rescue", "Storeroom"} {
			if !strings.Contains(compared.String(), "CN="+name+","+ou) {
				t.Errorf("the comparison does not show %s:\n%s", name, compared.String())
			}
		}
		pair.Resume(t)
		pair.Sync(t)
		dir := t.TempDir()
		event := func(other string, args ...string) (code int, said string) {
			t.Helper()
			var stdout, stderr bytes.Buffer
			text := "Two objects in the directory have the same proxy - " + path + "Search and Rescue and " + path + other
			code = run(slices.Concat([]string{"event", text, "-H", pair.B.URL("ldap")}, login, args), strings.NewReader(""), &stdout, &stderr)
			return code, strings.Join(strings.Fields(stdout.String()+stderr.String()), " ") // as if it were not wrapped
		}
		code, said := event("Storeroom", "-o", dir, "--format", "table")
		if code != exitConflicts {
			t.Fatalf("exit %d\n%s", code, said)
		}
		wanted := []string{"smtp:rescue@contoso.test", "cause: likely a race: ", "-> SMTP:rescue2@contoso.test"}
		for _, dc := range []*samba.DC{pair.A, pair.B} {
			server, _, _ := strings.Cut(dc.Host, ".")
			wanted = append(wanted, ` UTC on Default-First-Site-Name\`+server)
		}
		for _, w := range wanted {
			if !strings.Contains(strings.ToLower(said), strings.ToLower(w)) {
				t.Errorf("%q is not said:\n%s", w, said)
			}
		}
		fix, err := os.Open(filepath.Join(dir, "fix-contoso.test.ldif"))
		if err != nil {
			t.Fatal(err)
		}
		defer fix.Close()
		pair.B.Modify(t, fix)
		pair.Sync(t)
		if code, said := event("Storeroom"); code != exitClean || !strings.Contains(said, "resolved since: ") || !strings.Contains(said, "last written") {
			t.Errorf("after the fix: exit %d\n%s", code, said)
		}
		if a := scanJSON(t, append(slices.Clone(args), "-b", ou)...); a.code != exitClean {
			t.Errorf("after the fix: exit %d, conflicts %v\n%s", a.code, a.addresses(), a.stderr)
		}

		pair.B.Modify(t, strings.NewReader(fmt.Sprintf("dn: CN=Storeroom,%s\nchangetype: delete\n", ou)))
		if code, said := event("Storeroom"); code != exitClean || !strings.Contains(said, "deleted, last changed ") {
			t.Errorf("deleted: exit %d\n%s", code, said)
		}
		pair.B.Modify(t, strings.NewReader(fmt.Sprintf("dn: OU=Moved,%[1]s\nchangetype: add\nobjectClass: organizationalUnit\n\n"+
			"dn: CN=Search and Rescue,%[1]s\nchangetype: modrdn\nnewrdn: CN=Search and Rescue\ndeleteoldrdn: 1\nnewsuperior: OU=Moved,%[1]s\n", ou)))
		if code, said := event("Nobody"); code != exitIncomplete || !strings.Contains(said, "CN=Search and Rescue,OU=Moved,"+ou) || !strings.Contains(said, "not found") {
			t.Errorf("moved, and not found: exit %d\n%s", code, said)
		}
	})
	t.Run("one is down", func(t *testing.T) {
		twice(t, pair.A, pair.A.OU(t, "Failover"), "failover@contoso.test")
		pair.Sync(t)
		pair.A.Stop(t)
		a := scanJSON(t, args...)
		if a.code != exitConflicts || !a.doc.Complete || !slices.Equal(a.addresses(), []string{"failover@contoso.test"}) {
			t.Errorf("exit %d, conflicts %v, incomplete %q\n%s", a.code, a.addresses(), a.doc.Reasons, a.stderr)
		}
	})
}
