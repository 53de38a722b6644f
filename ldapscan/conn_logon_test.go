package ldapscan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/kerberos"
	"proxyaddr/ldapscan/ldaptest"
)

// Once an account was refused it is not tried again, at whichever server: the domain
// counts, and locks it.
func TestRefusedAccountIsNotTriedAgain(t *testing.T) {
	for _, tc := range []struct {
		name        string
		connections int
		compare     bool
		// when the password stops being good: before a page of the sweep, or at the
		// first connection of several
		page int
	}{
		{"in the sweep", 1, false, 2},
		{"in the sweep, with four connections", 4, false, 1},
		{"before the other connections", 4, false, 0},
		{"of a comparison", 1, true, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			content := exampleForest + "dn: CN=Sites,CN=Configuration,DC=example,DC=test\nobjectClass: sitesContainer\n\n" + contactsOf(60)
			var servers []*ldaptest.Server
			for i := range 4 {
				host := fmt.Sprintf("dc%d.example.test", i+1)
				server := fmt.Sprintf("CN=DC%d,CN=Servers,CN=S,CN=Sites,CN=Configuration,DC=example,DC=test", i+1)
				content += fmt.Sprintf("dn: %[1]s\nobjectClass: server\ndNSHostName: %[2]s\n\ndn: CN=NTDS Settings,%[1]s\nobjectClass: nTDSDSA\nhasMasterNCs: DC=example,DC=test\n\n", server, host)
			}
			for i := range 4 {
				ip, host := fmt.Sprintf("127.0.0.%d", i+1), fmt.Sprintf("dc%d.example.test", i+1)
				servers = append(servers, w.add(t, ip, host, content))
				w.controllers = append(w.controllers, controllerAt(ip, host, "example.test"))
			}
			var bad int // binds with the password that was changed
			change := sync.OnceFunc(func() {
				for _, srv := range servers {
					bad -= srv.Counts().Binds
					srv.SetPassword(trustedUser, "changed")
				}
			})
			for _, srv := range servers {
				srv.Inject(ldaptest.Fault{Kind: ldaptest.Drop, Times: -1, Do: change, Match: func(s ldaptest.Search) bool {
					return s.Paged && s.Base == "DC=example,DC=test" && strings.Contains(s.Filter, "proxyAddresses")
				}, Page: tc.page})
			}
			cfg := w.forest()
			cfg.Domains[0].Connections = tc.connections
			var problems []string
			if tc.compare {
				r, err := OpenDirectories(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				c, err := Compare(t.Context(), r, Options{})
				if err != nil {
					t.Fatal(err)
				}
				problems = c.Problems
			} else {
				f, err := OpenForest(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if tc.page == 0 {
					change()
				}
				audit, err := Scan(t.Context(), f, Options{})
				if err != nil {
					t.Fatal(err)
				}
				problems = audit.Problems
				if _, err := Check(t.Context(), f, []conflicts.Address{conflicts.ParseAddress("smtp:free@example.test")}); err == nil {
					t.Error("a check after the refusal knows more than the scan")
				}
			}
			for _, srv := range servers {
				bad += srv.Counts().Binds
			}
			if bad != 1 {
				t.Errorf("%d binds with the wrong password", bad)
			}
			said := strings.Join(problems, "\n")
			if !strings.Contains(said, "logon was then refused: user or password is wrong; it is not tried again, so that the account is not locked") {
				t.Errorf("problems %q", problems)
			}
			if strings.Contains(said, trustedPassword) {
				t.Error("the password is told")
			}
		})
	}
}

// A wrong password is sent once, however many servers it is for.
func TestWrongPasswordIsSentOnce(t *testing.T) {
	w := newWorld()
	var servers []*ldaptest.Server
	for i := range 4 {
		ip, host := fmt.Sprintf("127.0.0.%d", i+1), fmt.Sprintf("dc%d.example.test", i+1)
		servers = append(servers, w.add(t, ip, host, exampleForest))
		w.controllers = append(w.controllers, controllerAt(ip, host, "example.test"))
	}
	cfg := w.forest()
	cfg.Domains[0].Password = "wrong"
	cfg.Domains = append(cfg.Domains, cfg.Domains[0])
	binds := func() (n int) {
		for _, srv := range servers {
			n += srv.Counts().Binds
		}
		return n
	}
	if _, err := OpenForest(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "user or password is wrong") || binds() != 1 {
		t.Errorf("%v, %d binds", err, binds())
	}
	// At the same time, too.
	server, one, err := Config{URL: "ldaps://127.0.0.1", TLS: cfg.Domains[0].TLS, Credentials: cfg.Domains[0].Credentials, dial: w.dial}.byURL()
	if err != nil {
		t.Fatal(err)
	}
	var opening sync.WaitGroup
	told := make([]string, 8)
	for i := range told {
		opening.Go(func() {
			_, err := openDirectory(t.Context(), one, server)
			told[i] = err.Error()
		})
	}
	opening.Wait()
	if n := binds(); n != 2 {
		t.Errorf("%d binds", n-1)
	}
	slices.Sort(told)
	if told = slices.Compact(told); len(told) != 2 || !strings.Contains(told[0], "the logon was refused before: user or password is wrong; it is not tried again") {
		t.Errorf("%q", told)
	}
}

// Windows gets tickets as Kerberos does: a server that refuses one says nothing about a
// password, so that the next server is asked.
func TestRefusedTicketIsNoRefusedAccount(t *testing.T) {
	refusal := ldap.NewError(ldap.LDAPResultInvalidCredentials, errors.New("80090308: LdapErr: DSID-0C0904DC, comment: AcceptSecurityContext error, data 52e"))
	if !refusesAccount(refusal) {
		t.Error("a refused password is none")
	}
	err := error(&kerberos.Error{Subject: "dc1.example.test", Problem: "the server refused the Kerberos ticket", Err: refusal})
	if refusesAccount(err) || accountAtFault(err) || !strings.Contains(err.Error(), "dc1.example.test: the server refused the Kerberos ticket") {
		t.Errorf("%v", err)
	}
}
