package kerberos

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/go-ldap/ldap/v3/gssapi"
	"github.com/jcmturner/gokrb5/v8/keytab"

	"proxyaddr/ldapscan/ldaptest/samba"
)

// atDC is the configuration for a DC that the machine's krb5.conf does not know.
func atDC(dc *samba.DC) Config {
	return Config{
		Realm:    dc.Realm,
		KDCs:     map[string][]string{dc.Realm: {dc.IP}},
		Krb5Conf: "/nonexistent",
		Getenv:   func(string) string { return "" },
	}
}

// service is that of a DC, under the name that domain controllers alone have.
func service(dc *samba.DC) Service { return Service{dc.Host, strings.ToLower(dc.Realm)} }

// bindDC binds to a DC.
func bindDC(t *testing.T, dc *samba.DC, port string, cfg Config, cred Credentials) (*ldap.Conn, error) {
	t.Helper()
	client, err := New(cfg, cred)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	conn, wire := dial(t, net.JoinHostPort(dc.IP, port))
	return conn, client.Bind(context.Background(), conn, wire, service(dc))
}

// boundAs checks by its SID which account the DC takes a connection for.
func boundAs(t *testing.T, dc *samba.DC, conn *ldap.Conn, user string) {
	t.Helper()
	res, err := conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"tokenGroups"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	sid := base64.StdEncoding.EncodeToString(res.Entries[0].GetRawAttributeValue("tokenGroups")) // the first is the account's
	want := attribute(t, dc, user, "objectSid")
	if sid != want {
		t.Errorf("bound as %s, want %s", sid, want)
	}
}

// attribute returns a value of an account, in base64 if it is binary.
func attribute(t *testing.T, dc *samba.DC, user, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + name + `:+ (.+)$`).FindStringSubmatch(
		dc.Search(t, dc.BaseDN, "(sAMAccountName="+user+")", name))
	if found == nil {
		t.Fatalf("%s has no %s", user, name)
	}
	return found[1]
}

// exportKeytab makes the keytab of an account from its password.
func exportKeytab(t *testing.T, dc *samba.DC, user, password string, kvnoOff int) string {
	t.Helper()
	kvno, err := strconv.Atoi(attribute(t, dc, user, "msDS-KeyVersionNumber"))
	if err != nil {
		t.Fatal(err)
	}
	kt := keytab.New()
	if err := kt.AddEntry(user, dc.Realm, password, time.Unix(1e9, 0), uint8(kvno+kvnoOff), 18); err != nil {
		t.Fatal(err)
	}
	b, err := kt.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "scan.keytab", b)
}

func TestSambaTakesEveryCredentialOnEveryPort(t *testing.T) {
	dc := samba.Shared(t)
	dc.AddUser(t, "krbscan", secret)
	for name, cred := range map[string]func(t *testing.T) Credentials{
		"password": func(*testing.T) Credentials { return Credentials{User: "krbscan", Password: secret} },
		"keytab":   func(t *testing.T) Credentials { return Credentials{Keytab: exportKeytab(t, dc, "krbscan", secret, 0)} },
		"ccache":   func(t *testing.T) Credentials { return Credentials{CCache: dc.CCache(t, "krbscan", secret)} },
	} {
		for _, port := range []string{"389", "3268"} {
			for _, signOnly := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/sign=%t", name, port, signOnly), func(t *testing.T) {
					cfg := atDC(dc)
					cfg.SignOnly = signOnly
					conn, err := bindDC(t, dc, port, cfg, cred(t))
					if err != nil {
						t.Fatal(err)
					}
					boundAs(t, dc, conn, "krbscan")
					// An answer of many tokens.
					res, err := conn.Search(ldap.NewSearchRequest("CN=Schema,CN=Configuration,"+dc.BaseDN, ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=*)", []string{"lDAPDisplayName", "schemaIDGUID", "distinguishedName"}, nil))
					if err != nil || len(res.Entries) < 1000 {
						t.Errorf("read the schema: %v", err)
					}
				})
			}
		}
	}
}

// A request larger than Samba's buffer goes in several tokens.
func TestSambaTakesLargeRequests(t *testing.T) {
	dc := samba.Shared(t)
	dc.AddUser(t, "krblarge", secret)
	conn, err := bindDC(t, dc, "389", atDC(dc), Credentials{User: "krblarge", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	var filter strings.Builder
	filter.WriteString("(|(sAMAccountName=krblarge)")
	for n := range 5000 {
		fmt.Fprintf(&filter, "(sAMAccountName=nobody-%05d)", n)
	}
	filter.WriteString(")")
	res, err := conn.Search(ldap.NewSearchRequest("CN=Users,"+dc.BaseDN, ldap.ScopeWholeSubtree, 0, 0, 0, false, filter.String(), []string{"cn"}, nil))
	if err != nil || len(res.Entries) != 1 {
		t.Fatalf("filter of %d bytes: %v, %v", filter.Len(), res, err)
	}
}

func TestSambaKnowsTheUserByEveryName(t *testing.T) {
	dc := samba.Shared(t)
	upn := dc.AddUser(t, "krbjane", secret)
	dc.Modify(t, strings.NewReader(fmt.Sprintf("dn: CN=krbjane,CN=Users,%s\nchangetype: modify\nreplace: userPrincipalName\nuserPrincipalName: jane.doe@mail.example\n", dc.BaseDN)))
	for _, user := range []string{"krbjane", "KRBJANE", upn, "jane.doe@mail.example", dc.Domain + `\krbjane`} {
		conn, err := bindDC(t, dc, "389", atDC(dc), Credentials{User: user, Password: secret})
		if err != nil {
			t.Errorf("%s: %v (%v)", user, err, errors.Unwrap(err))
			continue
		}
		boundAs(t, dc, conn, "krbjane")
	}
}

func TestSambaRefusalsAreExplained(t *testing.T) {
	dc := samba.Shared(t)
	for _, name := range []string{"krbgood", "krboff", "krbmust"} {
		dc.AddUser(t, name, secret)
	}
	dc.Modify(t, strings.NewReader(fmt.Sprintf(`dn: CN=krboff,CN=Users,%[1]s
changetype: modify
replace: userAccountControl
userAccountControl: 514

dn: CN=krbmust,CN=Users,%[1]s
changetype: modify
replace: pwdLastSet
pwdLastSet: 0
`, dc.BaseDN)))
	closed := atDC(dc)
	closed.KDCs = map[string][]string{dc.Realm: {dc.IP + ":1"}}
	for _, tt := range []struct {
		name    string
		cfg     Config
		cred    Credentials
		host    string
		problem string
	}{
		{"wrong password", atDC(dc), Credentials{User: "krbgood", Password: "Wr0ng-horse"}, "", "the password is wrong"},
		{"no such account", atDC(dc), Credentials{User: "krbnobody", Password: secret}, "", "there is no such account"},
		{"disabled", atDC(dc), Credentials{User: "krboff", Password: secret}, "", "disabled, locked out or expired"},
		{"must change", atDC(dc), Credentials{User: "krbmust", Password: secret}, "", "must be changed"},
		{"an address for a host", atDC(dc), Credentials{User: "krbgood", Password: secret}, dc.IP, "does not know this LDAP server"},
		{"old keytab", atDC(dc), Credentials{Keytab: exportKeytab(t, dc, "krbgood", secret, 1)}, "", "no key that fits"},
		{"keytab of another password", atDC(dc), Credentials{Keytab: exportKeytab(t, dc, "krbgood", "Wr0ng-horse", 0)}, "", "is wrong"},
		{"closed port", closed, Credentials{User: "krbgood", Password: secret}, "", "refuse the connection"},
	} {
		client, err := New(tt.cfg, tt.cred)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		conn, wire := dial(t, net.JoinHostPort(dc.IP, "389"))
		of := service(dc)
		if tt.host != "" {
			of.Host = tt.host
		}
		err = client.Bind(context.Background(), conn, wire, of)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Problem, tt.problem) || e.Advice == "" {
			t.Errorf("%s: %v (%v), want %q", tt.name, err, errors.Unwrap(err), tt.problem)
		}
	}
}

// The binding is what decides: the same server refuses the same account with the
// binding of another connection and, from the LDAP library's own client, with none.
func TestSambaOverTLS(t *testing.T) {
	dc := samba.Shared(t)
	dc.AddUser(t, "krbtls", secret)
	client, err := New(atDC(dc), Credentials{User: "krbtls", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	own, err := gssapi.NewClientWithPassword("krbtls", dc.Realm, secret, dc.Krb5Conf)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	pem, err := os.ReadFile(dc.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: dc.Host}
	config.RootCAs.AppendCertsFromPEM(pem)
	for _, tt := range []struct {
		name string
		bind func(*ldap.Conn) error
		ok   bool
	}{
		{"right binding", func(conn *ldap.Conn) error {
			return client.Bind(context.Background(), conn, nil, service(dc))
		}, true},
		{"wrong binding", func(conn *ldap.Conn) error {
			state, _ := conn.TLSConnectionState()
			state.PeerCertificates = []*x509.Certificate{{Raw: []byte("another")}}
			return client.BindTLS(context.Background(), conn, state, service(dc))
		}, false},
		{"no binding", func(conn *ldap.Conn) error {
			return conn.GSSAPIBind(own, "ldap/"+dc.Host, "")
		}, false},
	} {
		for _, scheme := range []string{"ldaps", "ldap"} {
			t.Run(scheme+"/"+tt.name, func(t *testing.T) {
				conn, err := ldap.DialURL(dc.URL(scheme), ldap.DialWithTLSConfig(config))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if scheme == "ldap" {
					if err := conn.StartTLS(config); err != nil {
						t.Fatal(err)
					}
				}
				err = tt.bind(conn)
				var refusal *ldap.Error
				errors.As(err, &refusal)
				switch {
				case !dc.DemandsChannelBinding():
					if !ldap.IsErrorWithCode(refusal, ldap.LDAPResultStrongAuthRequired) {
						t.Errorf("got %v", err)
					}
				case !tt.ok: // SEC_E_BAD_BINDINGS
					if !ldap.IsErrorWithCode(refusal, ldap.LDAPResultInvalidCredentials) || !strings.Contains(refusal.Error(), "80090346") {
						t.Errorf("got %v", err)
					}
				case err != nil:
					t.Error(err)
				default:
					boundAs(t, dc, conn, "krbtls")
				}
			})
		}
	}
}

// What this package is for: the LDAP library's own client binds without a layer.
func TestSambaRefusesTheLibrarysOwnClient(t *testing.T) {
	dc := samba.Shared(t)
	dc.AddUser(t, "krbown", secret)
	client, err := gssapi.NewClientWithPassword("krbown", dc.Realm, secret, dc.Krb5Conf)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, _ := dial(t, net.JoinHostPort(dc.IP, "389"))
	err = conn.GSSAPIBind(client, "ldap/"+dc.Host, "")
	if !ldap.IsErrorWithCode(err, ldap.LDAPResultStrongAuthRequired) {
		t.Errorf("got %v", err)
	}
}
