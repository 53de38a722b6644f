package ldaptest_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/ldaptest"
)

const (
	user     = "admin@contoso.test"
	password = "hunter2"

	patience = 10 * time.Second // after which a test that waits for the server fails
)

// forest is a small domain with all that the tests look for.
const forest = `version: 1

dn: DC=contoso,DC=test
objectClass: top
objectClass: domainDNS

dn: OU=Staff,DC=contoso,DC=test
objectClass: organizationalUnit
ou: Staff

dn: OU=Board,DC=contoso,DC=test
objectClass: organizationalUnit
ou: Board

dn: CN=Ann,OU=Staff,DC=contoso,DC=test
objectClass: user
cn: Ann
name: Ann
mail: Ann@contoso.test
objectGUID:: AQIDBAUGBwgJCgsMDQ4PYQ==
userAccountControl: 514
uSNChanged: 90
proxyAddresses: SMTP:ann@contoso.test
proxyAddresses: smtp:a.smith@contoso.test
proxyAddresses: smtp:ann.smith@contoso.test

dn: CN=Bob\, Jr,OU=Staff,DC=contoso,DC=test
objectClass: user
cn: Bob, Jr
userAccountControl: 512
uSNChanged: 100
proxyAddresses: SMTP:bob@contoso.test

dn:: Q049SsO2cmcsT1U9U3RhZmYsREM9Y29udG9zbyxEQz10ZXN0
objectClass: contact
cn:: SsO2cmc=

dn: CN=Deleted Objects,DC=contoso,DC=test
objectClass: container
isDeleted: TRUE

dn: CN=Gone\0ADEL:1f2e,CN=Deleted Objects,DC=contoso,DC=test
objectClass: user
isDeleted: TRUE
proxyAddresses: smtp:gone@contoso.test

dn: CN=Configuration,DC=contoso,DC=test
objectClass: configuration

dn: CN=Schema,CN=Configuration,DC=contoso,DC=test
objectClass: dMD

dn: CN=Partitions,CN=Configuration,DC=contoso,DC=test
objectClass: crossRefContainer

dn: CN=CHILD,CN=Partitions,CN=Configuration,DC=contoso,DC=test
objectClass: crossRef
nCName: DC=child,DC=contoso,DC=test
`

const (
	root   = "DC=contoso,DC=test"
	staff  = "OU=Staff,DC=contoso,DC=test"
	ann    = "CN=Ann,OU=Staff,DC=contoso,DC=test"
	bob    = `CN=Bob\, Jr,OU=Staff,DC=contoso,DC=test`
	jorg   = "CN=Jörg,OU=Staff,DC=contoso,DC=test"
	config = "CN=Configuration,DC=contoso,DC=test"
)

// crowd is a domain of n contacts in one OU.
func crowd(n int) string {
	var b strings.Builder
	b.WriteString("dn: DC=contoso,DC=test\nobjectClass: domainDNS\n\ndn: OU=Crowd,DC=contoso,DC=test\nobjectClass: organizationalUnit\n")
	for i := range n {
		fmt.Fprintf(&b, "\ndn: CN=c%06d,OU=Crowd,DC=contoso,DC=test\nobjectClass: contact\ncn: c%06d\nproxyAddresses: smtp:c%d@contoso.test\n", i, i, i)
	}
	return b.String()
}

func start(t testing.TB, cfg ldaptest.Config, content string) *ldaptest.Server {
	t.Helper()
	cfg.Entries = strings.NewReader(content)
	if cfg.Users == nil {
		cfg.Users = map[string]string{user: password}
	}
	srv, err := ldaptest.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

func tlsConfig(srv *ldaptest.Server) *tls.Config {
	return &tls.Config{RootCAs: srv.CertPool, ServerName: "127.0.0.1"}
}

// dial connects over TLS.
func dial(t testing.TB, srv *ldaptest.Server) *ldap.Conn {
	t.Helper()
	c, err := ldap.DialURL(srv.URL, ldap.DialWithTLSConfig(tlsConfig(srv)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetTimeout(patience)
	return c
}

// bound connects and binds.
func bound(t testing.TB, srv *ldaptest.Server) *ldap.Conn {
	t.Helper()
	c := dial(t, srv)
	if err := c.Bind(user, password); err != nil {
		t.Fatal(err)
	}
	return c
}

// wantCode checks the result code of an operation.
func wantCode(t *testing.T, err error, code uint16) {
	t.Helper()
	if code == ldap.LDAPResultSuccess && err == nil {
		return
	}
	if !ldap.IsErrorWithCode(err, code) {
		t.Errorf("got %v, want result code %d", err, code)
	}
}

func TestCertificateIsTrustedThroughTheAuthorityOnly(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	port := strings.TrimPrefix(srv.URL, "ldaps://127.0.0.1:")
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(srv.CAPEM) {
		t.Fatal("CAPEM holds no certificate")
	}
	for _, name := range []string{"127.0.0.1", "::1", "localhost"} {
		c, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: pool, ServerName: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.Close()
	}
	var unknown x509.UnknownAuthorityError
	if _, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: x509.NewCertPool()}); !errors.As(err, &unknown) {
		t.Errorf("without the authority: %v", err)
	}
	var wrongName x509.HostnameError
	if _, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: pool, ServerName: "dc1.contoso.test"}); !errors.As(err, &wrongName) {
		t.Errorf("under another name: %v", err)
	}
}

func TestContentThatIsNoDirectoryIsRefused(t *testing.T) {
	const head = "dn: DC=contoso,DC=test\nobjectClass: domainDNS\n\n"
	for name, test := range map[string]struct{ content, want string }{
		"no naming context": {"dn: OU=x\nobjectClass: organizationalUnit\n", "directory without naming context"},
		"outside":           {head + "dn: CN=x,DC=other\ncn: x\n", "CN=x,DC=other: in no naming context"},
		"held elsewhere":    {head + "dn: CN=r,DC=contoso,DC=test\nobjectClass: crossRef\nnCName: DC=a,DC=contoso,DC=test\n\ndn: CN=x,DC=a,DC=contoso,DC=test\ncn: x\n", "CN=x,DC=a,DC=contoso,DC=test: in no naming context"},
		"crossRef to no DN": {head + "dn: CN=r,DC=contoso,DC=test\nobjectClass: crossRef\nnCName: x\n", "CN=r,DC=contoso,DC=test: nCName: "},
		"same DN twice":     {head + "dn: CN=x,DC=contoso,DC=test\ncn: x\n\ndn: cn=X, dc=contoso,dc=test\ncn: x\n", "cn=X, dc=contoso,dc=test: entry exists"},
		"same GUID twice":   {head + "dn: CN=x,DC=contoso,DC=test\nobjectGUID: 0123456789abcdef\n\ndn: CN=y,DC=contoso,DC=test\nobjectGUID: 0123456789abcdef\n", "CN=y,DC=contoso,DC=test: has the objectGUID of CN=x,DC=contoso,DC=test"},
		"short GUID":        {head + "dn: CN=x,DC=contoso,DC=test\nobjectGUID: 01\n", "CN=x,DC=contoso,DC=test: objectGUID of 2 bytes"},
		"malformed DN":      {head + "dn: x\ncn: x\n", "x: "},
		"a change":          {head + "dn: CN=x,DC=contoso,DC=test\nchangetype: delete\n", "CN=x,DC=contoso,DC=test: line 4: a change, not an entry"},
		"no LDIF at all":    {"hello", "line 1: "},
		"nothing":           {"", "directory without naming context"},
		"empty DN":          {head + "dn:\nobjectClass: top\n", ": empty name"},
	} {
		t.Run(name, func(t *testing.T) {
			srv, err := ldaptest.NewServer(ldaptest.Config{Entries: strings.NewReader(test.content)})
			if err == nil {
				srv.Close()
			}
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s…", err, test.want)
			}
		})
	}
	if _, err := ldaptest.NewServer(ldaptest.Config{}); err == nil {
		t.Error("no reader: no error")
	}
}

// serverGoroutines returns the goroutines that run code of the server.
func serverGoroutines() (list []string) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, g := range strings.Split(string(stacks), "\n\n") {
		for _, line := range strings.Split(g, "\n") {
			if strings.HasPrefix(line, "proxyaddr/ldapscan/ldaptest.(") {
				list = append(list, g)
				break
			}
		}
	}
	return list
}

func TestCloseEndsEveryConnectionAndGoroutine(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	hangs := make(chan struct{})
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Hang, Do: func() { close(hangs) }})
	c := bound(t, srv)
	c.SetTimeout(0)
	failed := make(chan error, 1)
	go func() {
		_, err := c.SearchWithPaging(request(root, ldap.ScopeWholeSubtree, "(cn=*)"), 2)
		failed <- err
	}()
	<-hangs
	var idle []net.Conn
	for _, url := range []string{srv.URL, srv.PlainURL, srv.PlainURL} {
		conn, err := net.Dial("tcp", url[strings.LastIndex(url, "/")+1:])
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		idle = append(idle, conn)
	}
	fmt.Fprint(idle[2], "\x30\x84\x00\x00") // half a header

	srv.Close()
	if left := serverGoroutines(); len(left) > 0 {
		t.Errorf("still running:\n%s", strings.Join(left, "\n\n"))
	}
	for i, conn := range idle {
		if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Errorf("connection %d lives on", i)
		}
	}
	if err := <-failed; err == nil {
		t.Error("the hanging search succeeded")
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(srv.PlainURL, "ldap://")); err == nil {
		t.Error("the port is still open")
	}
	srv.Close()
}

func TestManyConnectionsSweepWhileTheContentChanges(t *testing.T) {
	const entries, clients = 300, 40
	srv := start(t, ldaptest.Config{}, crowd(entries))
	var wg sync.WaitGroup
	for i := range clients {
		c := bound(t, srv)
		wg.Go(func() {
			got, err := c.SearchWithPaging(request(root, ldap.ScopeWholeSubtree, "(proxyAddresses=*)"), 23)
			if err != nil {
				t.Error(err)
				return
			}
			if len(got.Entries) != entries {
				t.Errorf("client %d: %d entries, want %d", i, len(got.Entries), entries)
			}
		})
	}
	wg.Go(func() {
		for i := range 100 {
			change := fmt.Sprintf("dn: CN=c%06d,OU=Crowd,DC=contoso,DC=test\nchangetype: modify\nreplace: mail\nmail: %d\n-\n", i, i)
			if err := srv.Apply(strings.NewReader(change)); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	want := ldaptest.Counts{Connections: clients, Binds: clients, Entries: clients * entries, Searches: clients * 14, Pages: clients * 14}
	if got := srv.Counts(); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func deadline() time.Time { return time.Now().Add(patience) }

// raw connects without TLS and without an LDAP library.
func raw(t testing.TB, srv *ldaptest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.PlainURL, "ldap://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(deadline())
	return conn
}

func TestMalformedRequestEndsTheConnectionWithNotice(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	for name, request := range map[string]string{
		"not BER":                "GET / HTTP/1.1\r\n\r\n",
		"indefinite length":      "\x30\x80\x02\x01\x01\x42\x00\x00\x00",
		"length of five bytes":   "\x30\x85\x00\x00\x00\x00\x05\x02\x01\x01\x42\x00",
		"announced 4 GiB":        "\x30\x84\xff\xff\xff\xff",
		"one over the limit":     "\x30\x84\x00\xa0\x00\x01",
		"message id 0":           "\x30\x05\x02\x01\x00\x42\x00",
		"message id below 0":     "\x30\x05\x02\x01\xff\x42\x00",
		"unknown operation":      "\x30\x05\x02\x01\x01\x5e\x00",
		"element beyond the end": "\x30\x05\x02\x01\x01\x60\x7f",
		"empty bind":             "\x30\x05\x02\x01\x01\x60\x00",
		"empty search":           "\x30\x05\x02\x01\x01\x63\x00",
		"scope 3":                "\x30\x1c\x02\x01\x01\x63\x17\x04\x00\x0a\x01\x03\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x02cn\x30\x00",
	} {
		t.Run(name, func(t *testing.T) {
			conn := raw(t, srv)
			if _, err := io.WriteString(conn, request); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if err != nil && !strings.Contains(err.Error(), "reset") {
				t.Fatal(err)
			}
			if err == nil && !strings.Contains(string(answer), "1.3.6.1.4.1.1466.20036") {
				t.Errorf("answer %q", answer)
			}
		})
	}
}

func TestFilterNestedTooDeeplyEndsTheConnection(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	for depth, want := range map[int]bool{100: true, 101: false, 2000: false} {
		_, err := bound(t, srv).Search(request(root, ldap.ScopeWholeSubtree,
			strings.Repeat("(!", depth)+"(cn=*)"+strings.Repeat(")", depth)))
		if (err == nil) != want {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
}
