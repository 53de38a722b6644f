package ldapscan

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// What Active Directory and Samba really answer, and what is said of it.
func TestDiagnoseLDAP(t *testing.T) {
	ad := func(data string) string {
		return "80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data " + data + ", v4563\x00"
	}
	for _, tc := range []struct {
		code    uint16
		text    string
		problem string
	}{
		{49, ad("52e"), "user or password is wrong"},
		{49, ad("525"), "the user does not exist"},
		{49, ad("530"), "the account may not log on at this time"},
		{49, ad("531"), "the account may not log on from this computer"},
		{49, ad("532"), "the password has expired"},
		{49, ad("533"), "the account is disabled"},
		{49, ad("701"), "the account has expired"},
		{49, ad("773"), "the password must be changed at the next logon"},
		{49, ad("775"), "the account is locked out"},
		{49, "Simple Bind Failed: NT_STATUS_LOGON_FAILURE", "user or password is wrong"},
		{49, "80090346: LdapErr: DSID-0C0905F1, comment: AcceptSecurityContext error, data 80090346, v4563", "the server refused the channel binding"},
		{8, "00002028: LdapErr: DSID-0C090259, comment: The server requires binds to turn on integrity checking if SSL\\TLS are not already active on the connection, data 0, v4563", "the server requires signing or encryption"},
		{8, "BindSimple: Transport encryption required.", "the server requires signing or encryption"},
		{4, "", "the server cut the answer at its size limit"},
		{51, "", "the server is busy"},
		{53, "00002029: LdapErr: DSID-0C060E1A", "the server answered Unwilling To Perform (53): 00002029: LdapErr: DSID-0C060E1A"},
	} {
		problem, hint := diagnose(ldap.NewError(tc.code, errors.New(tc.text)))
		if problem != tc.problem {
			t.Errorf("%d %q: %q, want %q", tc.code, tc.text, problem, tc.problem)
		}
		if strings.HasPrefix(hint, " ") || strings.HasSuffix(hint, ".") {
			t.Errorf("hint %q", hint)
		}
	}
}

// Certificates that a domain controller can have, each with its own sentence.
func TestDiagnoseCertificates(t *testing.T) {
	loopback := []net.IP{net.IPv4(127, 0, 0, 1)}
	year := 365 * 24 * time.Hour
	for name, tc := range map[string]struct {
		template      x509.Certificate
		problem, hint string
	}{
		"good":         {x509.Certificate{IPAddresses: loopback, NotAfter: time.Now().Add(year)}, "", ""},
		"without SAN":  {x509.Certificate{Subject: pkix.Name{CommonName: "127.0.0.1"}, NotAfter: time.Now().Add(year)}, "names the server only in its Common Name", "subject alternative name"},
		"another name": {x509.Certificate{DNSNames: []string{"dc2.example"}, NotAfter: time.Now().Add(year)}, "certificate is for another name", "in its certificate"},
		"expired":      {x509.Certificate{IPAddresses: loopback, NotAfter: time.Now().Add(-time.Hour)}, "the certificate is not valid", "clock"},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			cert := tc.template
			cert.SerialNumber, cert.NotBefore = big.NewInt(1), time.Now().Add(-year)
			cert.IsCA, cert.BasicConstraintsValid = true, true
			der, err := x509.CreateCertificate(rand.Reader, &cert, &cert, key.Public(), key)
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AddCert(parsed)
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				if c, err := l.Accept(); err == nil {
					c.(*tls.Conn).Handshake()
					c.Close()
				}
			}()
			_, err = Open(context.Background(), Config{URL: "ldaps://" + l.Addr().String(), TLS: &tls.Config{RootCAs: roots},
				Credentials: Credentials{Mechanism: Simple, User: "a", Password: "b"}, Timeout: 10 * time.Second})
			var e *Error
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			if name == "good" {
				tc.problem = "the server closed the connection"
			}
			if !strings.Contains(e.Problem, tc.problem) || !strings.Contains(e.Hint, tc.hint) {
				t.Errorf("%s / %s", e.Problem, e.Hint)
			}
		})
	}
}
