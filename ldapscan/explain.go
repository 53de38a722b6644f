package ldapscan

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/kerberos"
	"proxyaddr/ldapscan/neterr"
)

// An Error says in one sentence why a directory could not be opened, and what to
// do.
type Error struct {
	Subject string // the URL
	Problem string
	Advice  string // may be empty
	Err     error  // what it is made of, or nil
}

func (e *Error) Error() string { return e.Subject + ": " + e.Problem }
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do, or is empty.
func (e *Error) Hint() string { return e.Advice }

func explain(subject string, err error) *Error {
	problem, hint := diagnose(err)
	return &Error{Subject: subject, Problem: problem, Advice: hint, Err: err}
}

// explain returns the error of a server that could not be opened, with a hint for
// this error.
func (cfg Config) explain(subject string, err error) error {
	if e, ok := err.(*Error); ok { // of the same server's other port
		return e
	}
	e := explain(subject, err)
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &unknown) && cfg.CAFile != "":
		e.Advice = fmt.Sprintf("%s does not hold the CA of the server's certificate: its issuer is %q", cfg.CAFile, issuer(err, unknown))
	case errors.As(err, &unknown):
		e.Advice = fmt.Sprintf("pass the domain's CA with --ca-file: the issuer of the server's certificate is %q", issuer(err, unknown))
	case cfg.Mechanism == Simple && (e.Advice == bindData["525"][1] || e.Advice == bindData["52e"][1]) && !strings.ContainsAny(cfg.User, `@\=`):
		e.Advice = fmt.Sprintf(`%s does not name a domain: write "EXAMPLE\anna" in quotes (a shell removes the backslash otherwise), anna@example.com or a distinguished name`, cfg.User)
	}
	return e
}

// issuer names the CA that issued the last certificate that a server sent.
func issuer(err error, unknown x509.UnknownAuthorityError) string {
	last := unknown.Cert
	var failed *tls.CertificateVerificationError
	if errors.As(err, &failed) && len(failed.UnverifiedCertificates) > 0 {
		last = failed.UnverifiedCertificates[len(failed.UnverifiedCertificates)-1]
	}
	if last == nil {
		return ""
	}
	return last.Issuer.String()
}

// A handshakeError is one of bringing up TLS.
type handshakeError struct{ error }

func (e *handshakeError) Unwrap() error { return e.error }

const hintNoCertificate = "if the domain controller has no certificate, log on by Kerberos, which needs none: -d DOMAIN without --auth, or -H ldap://HOST --auth gssapi"

// brief is the sentence for an error without its hint.
func brief(err error) string {
	problem, _ := diagnose(err)
	return problem
}

// bindData are the codes that Active Directory adds to invalidCredentials
// ("data 52e"), in hexadecimal Windows errors.
var bindData = map[string][2]string{
	"525": {"the user does not exist", `write the user as name@domain, "DOMAIN\name" in quotes or a distinguished name`},
	"52e": {"user or password is wrong", `write the user as name@domain, "DOMAIN\name" in quotes or a distinguished name, and check the password`},
	"530": {"the account is not allowed to log on at this time", ""},
	"531": {"the account is not allowed to log on from this computer", ""},
	"532": {"the password has expired", "set a new password, then scan again"},
	"533": {"the account is disabled", "use another account"},
	"701": {"the account has expired", "use another account"},
	"773": {"the password must be changed at the next logon", "log on once and change it"},
	"775": {"the account is locked out", "unlock it or wait, and check which password is stored for the scan"},
}

var bindDataCode = regexp.MustCompile(`data ([0-9a-f]+)`)

// diagnose turns the errors of the network, of TLS and of LDAP into a sentence
// and a hint.
func diagnose(err error) (problem, hint string) {
	var (
		unknownCA x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		dns       *net.DNSError
		le        *ldap.Error
		logon     *kerberos.Error
		account   *refusedError
		handshake *handshakeError
	)
	closed := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || neterr.Reset(err)
	switch {
	case errors.As(err, &account):
		return account.explain()
	case errors.As(err, &logon):
		return logon.Error(), logon.Advice
	case errors.As(err, &unknownCA):
		return "certificate signed by unknown authority", "pass the domain's CA with --ca-file"
	case errors.As(err, &hostname):
		if strings.Contains(err.Error(), "legacy Common Name") {
			return "the certificate names the server only in its Common Name", "issue the domain controller a certificate with a subject alternative name"
		}
		return "the certificate is for another name: " + hostname.Error(), "use the name of the domain controller that is in its certificate"
	case errors.As(err, &invalid):
		return "the certificate is not valid: " + invalid.Error(), "renew the domain controller's certificate, and check the clock of this computer"
	case strings.Contains(err.Error(), "negative serial number"):
		return "the certificate has a negative serial number", "renew the domain controller's certificate"
	case errors.As(err, &record):
		return "the server does not speak TLS on this port", "use port 636 for ldaps://, or ldap:// with --starttls"
	case errors.As(err, &dns):
		return fmt.Sprintf("host %s not found", dns.Name), "check the name, and that this computer asks the domain's DNS server"
	case neterr.Refused(err):
		return "connection refused", "check the port, and that the domain controller is up; " + hintNoCertificate
	case neterr.Unreachable(err):
		return "the network has no route to it", "check the address, the routes and a VPN"
	case neterr.TimedOut(err):
		return "no answer in time", "check the network and firewalls, or give it longer with --timeout"
	case closed && errors.As(err, &handshake):
		return "the server closed the connection when TLS began; most likely it has no certificate", hintNoCertificate
	case closed:
		return "the server closed the connection", "check the domain controller's event log"
	case errors.Is(err, errBER):
		return "the server sent something that is not LDAP", "check the port, and whether something stands between"
	case errors.As(err, &le):
		return diagnoseLDAP(le)
	}
	return err.Error(), ""
}

func diagnoseLDAP(e *ldap.Error) (problem, hint string) {
	text := strings.TrimSpace(strings.TrimRight(e.Err.Error(), "\x00"))
	saying := func(problem string) string { // a server may send only the code
		return strings.TrimSuffix(problem+": "+text, ": ")
	}
	switch e.ResultCode {
	case ldap.LDAPResultInvalidCredentials:
		if refusesBinding(e) {
			return "the server refused the channel binding; the password was not the reason", "something ends TLS between here and the domain controller: name the domain controller itself, not a proxy or load balancer"
		}
		if m := bindDataCode.FindStringSubmatch(text); m != nil {
			if said, ok := bindData[m[1]]; ok {
				return said[0], said[1]
			}
		}
		return bindData["52e"][0], bindData["52e"][1]
	case ldap.LDAPResultStrongAuthRequired:
		return "the server requires signing or encryption", "use ldaps://, add --starttls, or use --auth gssapi on ldap://"
	case ldap.LDAPResultReferral:
		return saying("the server refers to another one"), "name a domain controller that holds the object and is writable"
	case ldap.LDAPResultSizeLimitExceeded:
		return "the server cut the answer at its size limit", "lower --page-size"
	case ldap.LDAPResultUnavailable:
		if strings.Contains(text, "SSL/TLS") { // "Error initializing SSL/TLS"
			return "the server cannot bring up TLS; most likely it has no certificate", hintNoCertificate
		}
		fallthrough
	case ldap.LDAPResultBusy:
		return "the server is " + strings.ToLower(ldap.LDAPResultCodeMap[e.ResultCode]), "try again, or another domain controller"
	case ldap.ErrorNetwork:
		if text == "ldap: connection timed out" || neterr.TimedOutText(text) { // the library's own, or an error that it read
			return "no answer in time", "check the network and firewalls, or give it longer with --timeout"
		}
		return "the connection broke", "check the network and the domain controller's event log"
	}
	name := ldap.LDAPResultCodeMap[e.ResultCode]
	if name == "" {
		return cmp.Or(text, fmt.Sprintf("the server answered %d", e.ResultCode)), ""
	}
	return saying(fmt.Sprintf("the server answered %s (%d)", name, e.ResultCode)), ""
}
