package kerberos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
)

// The causes are what gokrb5 v8.4.4, Samba 4.17 and 4.22, and Windows say.
func TestFaultsAreExplained(t *testing.T) {
	const (
		as  = "[Root cause: KDC_Error] KDC_Error: AS Exchange Error: kerberos error response from KDC: KRB Error: "
		tgs = "[Root cause: KDC_Error] KDC_Error: TGS Exchange Error: kerberos error response from KDC when requesting for ldap/dc1.contoso.test: KRB Error: "
		net = "[Root cause: Networking_Error] Networking_Error: AS Exchange Error: failed sending AS_REQ to KDC: communication error with KDC via TCP: error sending to a KDC: "
	)
	bind := func(code uint16, text string) error { return ldap.NewError(code, errors.New(text)) }
	c := &Client{realm: "CONTOSO.TEST", user: "scan", source: "keytab /etc/scan.keytab"}
	for _, tt := range []struct {
		err                    error
		subject, problem, hint string
	}{
		{errors.New(as + "(24) KDC_ERR_PREAUTH_FAILED Pre-authentication information was invalid"),
			"scan@CONTOSO.TEST", "the keytab /etc/scan.keytab is wrong", "check the password"},
		{errors.New(as + "(6) KDC_ERR_C_PRINCIPAL_UNKNOWN Client not found in Kerberos database"),
			"scan@CONTOSO.TEST", "there is no such account in realm CONTOSO.TEST", "name@domain"},
		{errors.New(as + "(18) KDC_ERR_CLIENT_REVOKED Clients credentials have been revoked"),
			"scan@CONTOSO.TEST", "the account is disabled, locked out or expired", "another account"},
		{errors.New(as + "(23) KDC_ERR_KEY_EXPIRED Password has expired; change password to reset"),
			"scan@CONTOSO.TEST", "the password has expired or must be changed", "change it"},
		{errors.New(as + "(12) KDC_ERR_POLICY KDC policy rejects request"),
			"scan@CONTOSO.TEST", "a policy forbids the account to log on from here", "Protected Users"},
		{errors.New(as + "(14) KDC_ERR_ETYPE_NOSUPP KDC has no support for encryption type"),
			"scan@CONTOSO.TEST", "only AES keys are supported, but the account or the server has none", "set the password again"},
		{etypeError(23),
			"scan@CONTOSO.TEST", "the server's ticket has a key of encryption type RC4, but only AES is supported", "msDS-SupportedEncryptionTypes"},
		{errors.New(as + "(68) KDC_ERR_WRONG_REALM Reserved for future use"),
			"scan@CONTOSO.TEST", "the account is not in realm CONTOSO.TEST", "domain of the account"},
		{errors.New("[Root cause: KRBMessage_Handling_Error] KRBMessage_Handling_Error: AS Exchange Error: AS_REP is not valid or client password/keytab incorrect < KRBMessage_Handling_Error: CRealm in response does not match what was requested. Requested: contoso.test; Reply: CONTOSO.TEST"),
			"scan@CONTOSO.TEST", "the account is not in realm CONTOSO.TEST", "domain of the account"},
		{errors.New(as + "(37) KRB_AP_ERR_SKEW Clock skew too great"),
			"dc1.contoso.test", "its clock and this computer's differ by more than five minutes", "NTP"},
		{bind(49, "SASL:[GSSAPI]: NT_STATUS_LOGON_FAILURE: gss_accept_sec_context: Clock skew too great"),
			"dc1.contoso.test", "its clock and this computer's differ by more than five minutes", "NTP"},
		{errors.New(tgs + "(7) KDC_ERR_S_PRINCIPAL_UNKNOWN Server not found in Kerberos database"),
			"dc1.contoso.test", "the domain does not know this LDAP server", "full DNS name"},
		{errors.New(tgs + "(32) KRB_AP_ERR_TKT_EXPIRED Ticket expired"),
			"keytab /etc/scan.keytab", "the ticket has expired", "kinit"},
		{errors.New("KRB Error: (41) KRB_AP_ERR_MODIFIED Message stream modified"),
			"dc1.contoso.test", "the server refused the Kerberos ticket", "not an alias"},
		{bind(49, "8009030C: LdapErr: DSID-0C0904DC, comment: AcceptSecurityContext error, data 52e, v1db1"),
			"dc1.contoso.test", "the server refused the Kerberos ticket", "not an alias"},
		{bind(49, "80090346: LdapErr: DSID-0C090711, comment: AcceptSecurityContext error, data 35b, v1db1"),
			"dc1.contoso.test", "the TLS channel binding does not match", "ends TLS"},
		{bind(8, "SASL:[GSSAPI]: Sign or Seal are required."),
			"dc1.contoso.test", "the server does not accept a Kerberos logon inside TLS", "ldap://"},
		{bind(8, "00002028: LdapErr: DSID-0C090343, comment: The server requires binds to turn on integrity checking if SSL\\TLS are not already active on the connection, data 0, v65f4"),
			"dc1.contoso.test", "the server does not accept a Kerberos logon inside TLS", "ldap://"},
		{bind(7, "SASL mechanism GSSAPI not supported"),
			"dc1.contoso.test", "the server does not offer Kerberos (SASL GSSAPI)", "domain controller"},
		{&layerError{want: 4, offered: 1},
			"dc1.contoso.test", "the server offers no encryption of LDAP", "ldaps://"},
		{errUnproven,
			"dc1.contoso.test", "the server did not prove that it is the domain controller", "not an alias"},
		{errors.New("[Root cause: Encrypting_Error] KRBMessage_Handling_Error: AS Exchange Error: failed setting AS_REQ PAData for pre-authentication required < Encrypting_Error: error getting key from credentials: matching key not found in keytab. Looking for \"scan\" realm: CONTOSO.TEST kvno: 2 etype: 18"),
			"keytab /etc/scan.keytab", "no key that fits scan@CONTOSO.TEST: the name, its case, the key version or the encryption type differs", "export"},
		{errors.New("TGT not found in CCache"),
			"keytab /etc/scan.keytab", "no valid ticket for realm CONTOSO.TEST", "kinit"},
		{errors.New("[Root cause: KRBMessage_Handling_Error] KRBMessage_Handling_Error: cannot login, no user credentials available and no valid existing session"),
			"keytab /etc/scan.keytab", "no valid ticket for realm CONTOSO.TEST", "kinit"},
		{errors.New("TGT bytes in cache are not valid: asn1: syntax error"),
			"keytab /etc/scan.keytab", "the file is damaged", "kinit"},
		{errors.New("[Root cause: Networking_Error] Networking_Error: TGS Exchange Error: issue sending TGS_REQ to KDC: communication error with KDC via TCP: no KDCs defined in configuration for realm SALES.TEST"),
			"realm SALES.TEST", "no Kerberos server is known", "krb5.conf"},
		{errors.New(net + "error resolving KDC address: lookup dc9.contoso.test on 10.0.0.1:53: no such host"),
			"dc9.contoso.test", "not found in DNS", "DNS server"},
		{errors.New("[Root cause: Networking_Error] Networking_Error: AS Exchange Error: failed sending AS_REQ to KDC: communication error with KDC via TCP: lookup _kerberos._tcp.CONTOSO.TEST on 10.0.0.1:53: no such host"),
			"CONTOSO.TEST", "not found in DNS", "DNS server"},
		{errors.New(net + "error setting dial timeout on connection to 127.0.0.98:88: dial tcp 127.0.0.98:88: connect: connection refused"),
			"realm CONTOSO.TEST", "its Kerberos servers refuse the connection", "port 88"},
		{fmt.Errorf("%serror setting dial timeout on connection to 127.0.0.98:88: dial tcp 127.0.0.98:88: connectex: %v", net, syscall.Errno(10061)),
			"realm CONTOSO.TEST", "its Kerberos servers refuse the connection", "port 88"},
		{fmt.Errorf("error sending to a KDC: %w", syscall.Errno(10061)),
			"realm CONTOSO.TEST", "its Kerberos servers refuse the connection", "port 88"},
		{errors.New(net + "error sneding to 127.0.0.98:88: error reading response size header: read tcp 127.0.0.1:1->127.0.0.98:88: i/o timeout"),
			"realm CONTOSO.TEST", "its Kerberos servers cannot be reached", "firewall"},
		{errors.New("[Root cause: Decrypting_Error] KRBMessage_Handling_Error: AS Exchange Error: AS_REP is not valid or client password/keytab incorrect < Decrypting_Error: error decrypting EncPart of AS_REP: integrity verification failed"),
			"scan@CONTOSO.TEST", "the keytab /etc/scan.keytab is wrong", "check the password"},
		{errors.New("something new"),
			"dc1.contoso.test", "the Kerberos logon failed: something new", ""},
	} {
		err := c.explain(tt.err, "dc1.contoso.test")
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%v: not explained", tt.err)
			continue
		}
		if d := cmp.Diff([]string{tt.subject, tt.problem}, []string{e.Subject, e.Problem}); d != "" {
			t.Errorf("%v:\n%s", tt.err, d)
		}
		if !strings.Contains(e.Advice, tt.hint) || (e.Advice == "") != (tt.hint == "") {
			t.Errorf("%v: hint %q, want one with %q", tt.err, e.Advice, tt.hint)
		}
		if !errors.Is(err, tt.err) {
			t.Errorf("%v: the cause is lost", tt.err)
		}
		if plain := e.Plain(); strings.Contains(plain, "scan") || strings.Contains(plain, "something new") || strings.Contains(plain, "{") {
			t.Errorf("%v: a log says %q", tt.err, plain)
		}
	}
}

func TestErrorsOfTheConnectionStayTheLDAPLibrarys(t *testing.T) {
	c := &Client{}
	for _, err := range []error{nil, ldap.NewError(ldap.ErrorNetwork, context.DeadlineExceeded), ldap.NewError(ldap.LDAPResultBusy, errors.New("busy"))} {
		if got := c.explain(err, "dc"); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}
