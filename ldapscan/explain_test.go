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
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/kerberos"
	"proxyaddr/ldapscan/ldaptest"
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
		{49, ad("530"), "the account is not allowed to log on at this time"},
		{49, ad("531"), "the account is not allowed to log on from this computer"},
		{49, ad("532"), "the password has expired"},
		{49, ad("533"), "the account is disabled"},
		{49, ad("701"), "the account has expired"},
		{49, ad("773"), "the password must be changed at the next logon"},
		{49, ad("775"), "the account is locked out"},
		{49, "Simple Bind Failed: NT_STATUS_LOGON_FAILURE", "user or password is wrong"},
		{49, "80090346: LdapErr: DSID-0C0905F1, comment: AcceptSecurityContext error, data 80090346, v4563", "the server refused the channel binding; the password was not the reason"},
		{8, "00002028: LdapErr: DSID-0C090259, comment: The server requires binds to turn on integrity checking if SSL\\TLS are not already active on the connection, data 0, v4563", "the server requires signing or encryption"},
		{8, "BindSimple: Transport encryption required.", "the server requires signing or encryption"},
		{4, "", "the server cut the answer at its size limit"},
		{51, "", "the server is busy"},
		{53, "00002029: LdapErr: DSID-0C060E1A", "the server answered Unwilling To Perform (53): 00002029: LdapErr: DSID-0C060E1A"},
		{53, "", "the server answered Unwilling To Perform (53)"},
		{10, "", "the server refers to another one"},
		{10, "ldap://dc2.a.example/", "the server refers to another one: ldap://dc2.a.example/"},
		{4242, "what it means", "what it means"},
		{4242, "", "the server answered 4242"},
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

// Windows has numbers of its own for the errors of the network, and the LDAP library
// makes text of some errors.
func TestNetworkErrorsOfWindowsAreExplained(t *testing.T) {
	for number, want := range map[syscall.Errno]string{
		10061: "connection refused",
		10054: "the server closed the connection",
		10053: "the server closed the connection",
		10060: "no answer in time",
		10065: "the network has no route to it",
		10051: "the network has no route to it",
	} {
		err := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connectex", number)}
		if problem, hint := diagnose(ldap.NewError(ldap.ErrorNetwork, err)); problem != want || hint == "" {
			t.Errorf("%d: %q, hint %q; want %q and a hint", number, problem, hint, want)
		}
	}
	problem, _ := diagnose(&handshakeError{&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("wsarecv", syscall.Errno(10054))}})
	if want := "the server closed the connection when TLS began; most likely it has no certificate"; problem != want {
		t.Errorf("a reset while TLS begins: %q, want %q", problem, want)
	}
	text := fmt.Errorf("unable to read LDAP response packet: %v", os.NewSyscallError("wsarecv", syscall.Errno(10060)))
	if problem, _ := diagnose(ldap.NewError(ldap.ErrorNetwork, text)); problem != "no answer in time" {
		t.Errorf("a time-out that became text: %q", problem)
	}
}

// A hint answers the error at hand: it names the file, the issuer and the user.
func TestHintsAnswerTheError(t *testing.T) {
	srv, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader(exampleForest), Users: map[string]string{"anna": "secret"}})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	other, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader(exampleForest)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	// A domain controller without a certificate takes the connection, and ends it when
	// TLS begins.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for reset := true; ; reset = !reset {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 1))
			if reset {
				c.(*net.TCPConn).SetLinger(0)
			}
			c.Close()
		}
	}()
	without := "ldaps://" + l.Addr().String()
	for _, tc := range []struct {
		url, ca, user string
		roots         *x509.CertPool
		problem, hint string
	}{
		{srv.URL, "corp.pem", "anna", other.CertPool, "unknown authority", `corp.pem does not hold the CA of the server's certificate: its issuer is "CN=ldaptest CA"`},
		{srv.URL, "", "anna", other.CertPool, "unknown authority", `--ca-file: the issuer of the server's certificate is "CN=ldaptest CA"`},
		{srv.URL, "corp.pem", "EXAMPLEanna", srv.CertPool, "user or password is wrong", `EXAMPLEanna does not name a domain: write "EXAMPLE\anna" in quotes`},
		{srv.URL, "", `EXAMPLE\anna`, srv.CertPool, "user or password is wrong", "check the password"},
		{srv.URL, "", "anna@example.test", srv.CertPool, "user or password is wrong", "check the password"},
		{srv.URL, "", "CN=anna,DC=example,DC=test", srv.CertPool, "user or password is wrong", "check the password"},
		{without, "", "anna", srv.CertPool, "closed the connection when TLS began; most likely it has no certificate", "-d DOMAIN without --auth, or -H ldap://HOST --auth gssapi"},
		{without, "", "anna", srv.CertPool, "closed the connection when TLS began; most likely it has no certificate", "-d DOMAIN without --auth, or -H ldap://HOST --auth gssapi"},
		{"ldaps://127.0.0.1:1", "", "anna", srv.CertPool, "connection refused", "-d DOMAIN without --auth, or -H ldap://HOST --auth gssapi"},
	} {
		d, err := Open(t.Context(), Config{URL: tc.url, TLS: &tls.Config{RootCAs: tc.roots}, CAFile: tc.ca, Credentials: Credentials{Mechanism: Simple, User: tc.user, Password: "wrong"}})
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Problem, tc.problem) || !strings.Contains(e.Advice, tc.hint) {
			t.Errorf("%s, %s, %q: %v, %v, %+v", tc.url, tc.user, tc.ca, d, err, e)
		}
	}
	problem, hint := diagnose(&handshakeError{ldap.NewError(52, errors.New("00000000: LdapErr: DSID-0C0910CD, comment: Error initializing SSL/TLS, data 0, v4563"))})
	if !strings.Contains(problem, "no certificate") || hint != hintNoCertificate {
		t.Errorf("%s / %s", problem, hint)
	}
}

// Invalid credentials that are about the channel binding are not about the password:
// the account may be tried at the next server.
func TestBadBindingsAreNoRefusal(t *testing.T) {
	const bindings = "80090346: LdapErr: DSID-0C090711, comment: AcceptSecurityContext error, data 80090346, v4563"
	for _, tc := range []struct {
		err     error
		refused bool
	}{
		{ldap.NewError(49, errors.New("80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data 52e, v4563")), true},
		{ldap.NewError(49, errors.New("80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data 775, v4563")), true},
		{ldap.NewError(49, errors.New(bindings)), false},
		{ldap.NewError(53, errors.New("00002029: LdapErr: DSID-0C060E1A")), false},
		{ldap.NewError(ldap.ErrorNetwork, errors.New("connection timed out")), false},
		{&kerberos.Error{Err: ldap.NewError(49, errors.New(bindings))}, false},
		{&kerberos.Error{Err: ldap.NewError(49, errors.New("8009030C: data 52e"))}, false}, // a ticket
		{&kerberos.Error{Account: true}, false},
		{&kerberos.Error{Account: true, Refused: true}, true},
		{io.EOF, false},
	} {
		a := new(logons).account(Credentials{User: "anna@example.test"})
		binds := 0
		bind := func() error { binds++; return tc.err }
		first := a.bind(t.Context(), bind)
		second := a.bind(t.Context(), bind)
		if !errors.Is(first, tc.err) || !errors.Is(second, tc.err) || (binds == 1) != tc.refused {
			t.Errorf("%v: %d binds, %v, %v", tc.err, binds, first, second)
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
			if !strings.Contains(e.Problem, tc.problem) || !strings.Contains(e.Advice, tc.hint) {
				t.Errorf("%s / %s", e.Problem, e.Advice)
			}
		})
	}
}
