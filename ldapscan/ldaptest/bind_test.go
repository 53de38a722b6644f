package ldaptest_test

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/ldaptest"
)

func TestBindTakesEveryFormOfName(t *testing.T) {
	srv := start(t, ldaptest.Config{Users: map[string]string{
		user: password, `CONTOSO\admin`: password, "CN=Admin,OU=Staff,DC=contoso,DC=test": password,
	}}, forest)
	for _, name := range []string{user, "ADMIN@contoso.TEST", `CONTOSO\admin`, `contoso\Admin`, "cn=admin, ou=staff,dc=contoso,dc=test"} {
		c := dial(t, srv)
		if err := c.Bind(name, password); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		who, err := c.WhoAmI(nil)
		if err != nil || who.AuthzID != "u:"+name {
			t.Errorf("%s: who am I: %v, %v", name, who, err)
		}
		for _, wrong := range []string{"Hunter2", "x"} {
			err = c.Bind(name, wrong)
			wantCode(t, err, ldap.LDAPResultInvalidCredentials)
			if want := "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v2580"; !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if who, err := c.WhoAmI(nil); err != nil || who.AuthzID != "" {
			t.Errorf("%s: after a failed bind: %v, %v", name, who, err)
		}
	}
	wantCode(t, dial(t, srv).Bind("nobody@contoso.test", password), ldap.LDAPResultInvalidCredentials)
}

func TestPasswordIsRefusedInClearAndCounted(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	c, err := ldap.DialURL(srv.PlainURL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	wantCode(t, c.Bind(user, password), ldap.LDAPResultStrongAuthRequired)
	if got := srv.Counts().ClearPasswords; got != 1 {
		t.Errorf("%d passwords in clear, want 1", got)
	}
	if err := c.UnauthenticatedBind(""); err != nil {
		t.Errorf("anonymous bind: %v", err)
	}

	if err := c.StartTLS(tlsConfig(srv)); err != nil {
		t.Fatal(err)
	}
	if err := c.Bind(user, password); err != nil {
		t.Errorf("after StartTLS: %v", err)
	}
	if got := srv.Counts(); got.ClearPasswords != 1 || got.Binds != 3 {
		t.Errorf("counts %+v", got)
	}
}

func TestEmptyPasswordStaysAnonymous(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	c := bound(t, srv)
	if err := c.UnauthenticatedBind(user); err != nil {
		t.Fatal(err)
	}
	_, err := c.Search(request(root, ldap.ScopeBaseObject, "(objectClass=*)"))
	wantCode(t, err, ldap.LDAPResultOperationsError)
}

func TestStartTLSVerifiesAndHappensOnce(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	c, err := ldap.DialURL(srv.PlainURL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.StartTLS(&tls.Config{ServerName: "127.0.0.1"}); err == nil {
		t.Error("a certificate of an unknown authority was accepted")
	}

	// go-ldap refuses a second StartTLS by itself.
	secured, err := tls.Dial("tcp", strings.TrimPrefix(srv.URL, "ldaps://"), tlsConfig(srv))
	if err != nil {
		t.Fatal(err)
	}
	defer secured.Close()
	io.WriteString(secured, startTLSRequest)
	secured.CloseWrite()
	answer, err := io.ReadAll(secured)
	if err != nil || !strings.Contains(string(answer), "\x0a\x01\x01") {
		t.Errorf("StartTLS inside TLS: %q, %v", answer, err)
	}
}

const startTLSRequest = "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"

// A man in the middle could put requests of his own before the handshake.
func TestRequestSentBehindStartTLSEndsTheConnection(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	conn := raw(t, srv)
	io.WriteString(conn, startTLSRequest+"\x30\x0c\x02\x01\x02\x60\x07\x02\x01\x03\x04\x00\x80\x00")
	answer, err := io.ReadAll(conn)
	if err == nil && !strings.Contains(string(answer), "1.3.6.1.4.1.1466.20036") {
		t.Errorf("answer %q", answer)
	}
	if n := srv.Counts().Binds; n != 0 {
		t.Errorf("%d binds", n)
	}
}

func TestOtherOperationsAreRefused(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	c := bound(t, srv)
	_, err := c.Extended(ldap.NewExtendedRequest("1.2.3", nil))
	wantCode(t, err, ldap.LDAPResultProtocolError)
	_, err = c.Compare(ann, "cn", "Ann")
	wantCode(t, err, ldap.LDAPResultUnwillingToPerform)
	wantCode(t, c.Del(ldap.NewDelRequest(ann, nil)), ldap.LDAPResultUnwillingToPerform)
	wantCode(t, c.Add(ldap.NewAddRequest(ann, nil)), ldap.LDAPResultUnwillingToPerform)
	wantCode(t, c.ModifyDN(ldap.NewModifyDNRequest(ann, "CN=x", true, "")), ldap.LDAPResultUnwillingToPerform)
	wantCode(t, c.ExternalBind(), ldap.LDAPResultAuthMethodNotSupported)
	if got := srv.Counts().Updates; got != 3 {
		t.Errorf("%d updates counted, want 3", got)
	}
}
