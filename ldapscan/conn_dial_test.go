package ldapscan_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

func TestBindNames(t *testing.T) {
	_, entries := forest(t)
	srv := serve(t, ldaptest.Config{Entries: entries})
	for _, name := range []string{"CN=Anna,DC=contoso,DC=example", "anna@contoso.example", `CONTOSO\anna`} {
		cfg := config(srv)
		cfg.User = name
		var s conflicts.Scope
		if open(t, cfg).Describe(&s); s.Identity == "" || s.Servers[0].Transport != "TLS 1.3" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// Every fault of the way to a directory is one sentence, and says what to do.
func TestOpenErrors(t *testing.T) {
	_, entries := forest(t)
	srv := serve(t, ldaptest.Config{Entries: entries})
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	roots := &tls.Config{RootCAs: srv.CertPool}
	byName := func(url string) string { return strings.Replace(url, "127.0.0.1", "localhost.localdomain", 1) }
	for name, tc := range map[string]struct {
		cfg           ldapscan.Config
		problem, hint string
	}{
		"no TLS":            {ldapscan.Config{URL: srv.PlainURL}, "unencrypted", "--starttls"},
		"unknown CA":        {ldapscan.Config{URL: srv.URL, TLS: &tls.Config{RootCAs: x509.NewCertPool()}}, "unknown authority", "--ca-file"},
		"unknown CA, later": {ldapscan.Config{URL: srv.PlainURL, StartTLS: true, TLS: &tls.Config{RootCAs: x509.NewCertPool()}}, "unknown authority", "--ca-file"},
		"TLS twice":         {ldapscan.Config{URL: srv.URL, StartTLS: true}, "encrypted from the start", "--starttls"},
		"LDAP on TLS port":  {ldapscan.Config{URL: strings.Replace(srv.PlainURL, "ldap:", "ldaps:", 1), TLS: roots}, "", ""},
		"refused":           {ldapscan.Config{URL: "ldaps://" + closed.Addr().String()}, "connection refused", "port"},
		"silent":            {ldapscan.Config{URL: "ldaps://" + silent.Addr().String(), Timeout: 50 * time.Millisecond}, "no answer in time", "--timeout"},
		"silent, StartTLS":  {ldapscan.Config{URL: "ldap://" + silent.Addr().String(), StartTLS: true, Timeout: 50 * time.Millisecond}, "no answer in time", "--timeout"},
		"wrong password":    {ldapscan.Config{URL: srv.URL, TLS: roots, Credentials: ldapscan.Credentials{Password: "nope"}}, "user or password is wrong", "DOMAIN\\name"},
		"no user":           {ldapscan.Config{URL: srv.URL, TLS: roots, Credentials: ldapscan.Credentials{User: "-"}}, "user or password is wrong", ""},
		"scheme":            {ldapscan.Config{URL: "https://127.0.0.1"}, "unknown scheme", "ldaps://"},
		"no URL":            {ldapscan.Config{URL: "dc1"}, "not an LDAP URL", "ldaps://"},
		"password in URL":   {ldapscan.Config{URL: "ldaps://a:secret@dc1"}, "not an LDAP URL", "ldaps://"},
		"name not found":    {ldapscan.Config{URL: byName("ldaps://127.0.0.1.invalid")}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := tc.cfg
			if cfg.User == "" {
				cfg.User = user
			}
			if cfg.Password == "" {
				cfg.Password = password
			}
			cfg.Mechanism = ldapscan.Simple
			if cfg.Timeout == 0 {
				cfg.Timeout = 10 * time.Second
			}
			d, err := ldapscan.Open(context.Background(), cfg)
			var e *ldapscan.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v, %v", d, err)
			}
			if !strings.Contains(e.Problem, tc.problem) || !strings.Contains(e.Advice, tc.hint) || name != "password in URL" && e.Subject != cfg.URL {
				t.Errorf("%v / %s", e, e.Advice)
			}
			if strings.Contains(e.Error()+e.Advice, cfg.Password) || strings.Contains(e.Error(), "secret") {
				t.Errorf("the password is in %q", e.Error()+e.Advice)
			}
		})
	}
	if n := srv.Counts().ClearPasswords; n != 0 {
		t.Errorf("%d passwords were sent unencrypted", n)
	}
}
