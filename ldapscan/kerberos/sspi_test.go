package kerberos

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// What Windows says about a logon as the signed-in user, in words and with what to do.
func TestStatusesAreExplained(t *testing.T) {
	const host, user = "dc1.contoso.test", "the signed-in user"
	c := &Client{user: signedIn, source: "ticket of the session"}
	for _, tt := range []struct {
		err                    error
		subject, problem, hint string
		account, refused       bool
	}{
		{secNoCredentials, user, "this Windows session has no Kerberos ticket of a domain", "--auth gssapi", true, false},
		{secTargetUnknown, host, "the domain does not know this LDAP server", "full DNS name", false, false},
		{secTimeSkew, host, "its clock and this computer's differ by more than five minutes", "NTP", false, false},
		{secLogonDenied, user, "the domain refused the logon", "has not expired", true, true},
		{secBadBindings, host, "the TLS channel binding does not match", "TLS inspection", false, false},
		{secNoAuthority, user, "no domain controller can be reached for the logon", "port 88", true, false},
		{secWrongPrincipal, host, "the server did not prove that it is the domain controller", "not an alias", false, false},
		{secEncryptionType, user, "only AES keys are supported, but the account or the server has none", "set the password again", true, false},
		{secPackageNotFound, "Windows", "it has no Kerberos package", "--auth gssapi", false, false},
		{&layerError{want: layerSeal, offered: layerNone}, host, "the server offers no encryption of LDAP", "ldaps://", false, false},
		{ldap.NewError(49, errors.New("80090346: LdapErr: DSID-0C090711, data 35b")), host, "the TLS channel binding does not match", "ldap://", false, false},
		{ldap.NewError(49, errors.New("8009030C: LdapErr: DSID-0C0904DC, data 52e")), host, "the server refused the Kerberos ticket", "not an alias", false, false},
		{status(0x80090301), user, "Windows cannot log on by Kerberos: Windows error 0x80090301", "klist", true, false},
	} {
		var e *Error
		err := c.explain(fmt.Errorf("bind: %w", tt.err), host)
		if !errors.As(err, &e) {
			t.Errorf("%v: %v", tt.err, err)
			continue
		}
		if e.Subject != tt.subject || e.Problem != tt.problem || !strings.Contains(e.Hint(), tt.hint) {
			t.Errorf("%v: %v\nhint: %s", tt.err, err, e.Hint())
		}
		if e.Account != tt.account || e.Refused != tt.refused {
			t.Errorf("%v: account %t, refused %t", tt.err, e.Account, e.Refused)
		}
	}
	for s, f := range statusFaults {
		err := c.explain(s, host)
		if f == (fault{}) || strings.ContainsAny(err.Error(), "{}") || err.(*Error).Hint() == "" {
			t.Errorf("%v: %v", s, err)
		}
	}
}
