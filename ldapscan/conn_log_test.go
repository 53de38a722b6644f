package ldapscan

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/debuglog"
	"proxyaddr/ldapscan/kerberos"
	"proxyaddr/ldapscan/locator"
)

// An error tells in a log what helps, and no name that a server, a library or this program
// puts into its text.
func TestOutcomeTellsNoNames(t *testing.T) {
	const name = "Anna"
	for _, tc := range []struct {
		err  error
		says string
	}{
		{nil, "code=0"},
		{ldap.NewError(ldap.LDAPResultNoSuchObject, errors.New("0000208D: NameErr: DSID-03100241, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'CN=Anna'")),
			`code=32 result="No Such Object" diagnostic="0000208D: NameErr: DSID-03100241, problem 2001 (NO_OBJECT), data 0 ~`},
		{fmt.Errorf("Anna: %w", ldap.NewError(ldap.LDAPResultBusy, errors.New("not for Anna"))), "code=51 result=Busy diagnostic=~"},
		{ldap.NewError(ldap.LDAPResultReferral, errors.New("ldap://dc/CN=Anna")), "code=10 result=Referral diagnostic=~"},
		{ldap.NewError(ldap.ErrorFilterCompile, errors.New("(cn=Anna")), `error="Filter Compile Error"`},
		{ldap.NewError(ldap.ErrorNetwork, errors.New("ldap: connection closed by Anna")), `error="the connection broke"`},
		{&refusedError{err: ldap.NewError(ldap.LDAPResultInvalidCredentials, errors.New("Anna")), earlier: true}, `"refused before"=true code=49 result="Invalid Credentials" diagnostic=~`},
		{&kerberos.Error{Subject: "Anna", Problem: "the Kerberos realm is not known"}, `error="the Kerberos realm is not known"`},
		{lostError{&net.OpError{Op: "read", Net: "tcp", Err: io.EOF}}, `error="the server closed the connection"`},
		{violation{errBER}, `error="the server sent something that is not LDAP"`},
		{lostError{errEvicted}, "MaxResultSetSize"},
		{x509.UnknownAuthorityError{Cert: &x509.Certificate{Raw: []byte(name)}}, `error="certificate signed by unknown authority"`},
		{context.Canceled, `error="context canceled"`},
		{context.DeadlineExceeded, `error="no answer in time"`},
		{&locator.Error{Subject: "contoso.com", Problem: "no domain controllers in DNS"}, `error="contoso.com: no domain controllers in DNS"`},
		{&Error{Subject: "Anna", Problem: "Anna", Err: errOtherServer}, `error="another server answers under this name"`},
		{&Error{Subject: "Anna", Problem: "Anna"}, "error=~"},
		{errors.New("CN=Anna is damaged"), "error=~"},
	} {
		var b bytes.Buffer
		logFailure(t.Context(), debuglog.New(&b, false), "failed", tc.err, "server", "dc")
		if s := b.String(); !strings.Contains(s, tc.says) || strings.Contains(s, name) || strings.Count(s, "\n") != 1 {
			t.Errorf("%v: %s, want %s", tc.err, s, tc.says)
		}
	}
}
