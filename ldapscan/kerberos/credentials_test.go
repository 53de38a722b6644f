package kerberos

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

const secret = "C0rrect-horse"

func TestUserNamesBecomePrincipals(t *testing.T) {
	for _, tt := range []struct {
		user, realm string // of the Config
		want        string
		nameType    int32
		wantRealm   string
	}{
		{"scan", "contoso.test", "scan", nametype.KRB_NT_PRINCIPAL, "CONTOSO.TEST"},
		{"scan", "", "scan", nametype.KRB_NT_PRINCIPAL, "DEFAULT.TEST"},
		{"scan@contoso.test", "", "scan@contoso.test", nametype.KRB_NT_ENTERPRISE, "CONTOSO.TEST"},
		{"jane@mail.example", "contoso.test", "jane@mail.example", nametype.KRB_NT_ENTERPRISE, "CONTOSO.TEST"},
		{`CONTOSO\scan`, "contoso.test", "scan@CONTOSO", nametype.KRB_NT_ENTERPRISE, "CONTOSO.TEST"},
		{"http/host", "", "http|host", nametype.KRB_NT_PRINCIPAL, "DEFAULT.TEST"},
	} {
		cfg := Config{Realm: tt.realm, Krb5Conf: writeFile(t, "krb5.conf", []byte("[libdefaults]\ndefault_realm = DEFAULT.TEST\n"))}
		c, err := New(cfg, Credentials{User: tt.user, Password: secret})
		if err != nil {
			t.Errorf("%s: %v", tt.user, err)
			continue
		}
		name := c.logon.name
		if got := strings.Join(name.NameString, "|"); got != tt.want || name.NameType != tt.nameType || c.logon.realm != tt.wantRealm {
			t.Errorf("%s: %s of type %d in %s, want %s of type %d in %s", tt.user, got, name.NameType, c.logon.realm, tt.want, tt.nameType, tt.wantRealm)
		}
	}
}

func TestCanonicalNameIsReadFromTheError(t *testing.T) {
	name := types.PrincipalName{NameType: nametype.KRB_NT_ENTERPRISE, NameString: []string{"jane@mail.example"}}
	for _, account := range []string{"jdoe", "jane doe", "j.d{o}e"} {
		rep := messages.ASRep{}
		rep.CName = types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, account)
		req := messages.ASReq{}
		req.ReqBody.CName = name
		_, err := rep.Verify(nil, nil, req)
		got, ok := canonicalName(fmt.Errorf("AS Exchange Error: %w", err))
		if !ok || len(got.NameString) != 1 || got.NameString[0] != account || got.NameType != nametype.KRB_NT_PRINCIPAL {
			t.Errorf("%v: %+v", err, got)
		}
	}
	if got, ok := canonicalName(errors.New("KRB Error: (24) KDC_ERR_PREAUTH_FAILED")); ok {
		t.Errorf("read %+v from another error", got)
	}
}

func testKeytab(t testing.TB, principals ...string) []byte {
	t.Helper()
	kt := keytab.New()
	for _, p := range principals {
		if err := kt.AddEntry(p, testRealm, secret, time.Unix(1e9, 0), 1, 18); err != nil {
			t.Fatal(err)
		}
	}
	b, err := kt.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestKeytabNamesTheAccountWhenNobodyElseDoes(t *testing.T) {
	file := writeFile(t, "scan.keytab", testKeytab(t, "scan", "other", "HTTP/host"))
	for _, tt := range []struct{ user, file, want string }{
		{"", file, "scan@" + testRealm},
		{"", "FILE:" + file, "scan@" + testRealm},
		{"other@" + testRealm, file, "other@" + testRealm},
		{"HTTP/host@" + testRealm, file, "HTTP/host@" + testRealm},
	} {
		c, err := New(offline(t), Credentials{User: tt.user, Keytab: tt.file})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.krb.Credentials.CName().PrincipalNameString() + "@" + c.krb.Credentials.Domain(); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.user, got, tt.want)
		}
		aes, err := crypto.GetEtype(18)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.krb.Key(aes, 1, nil); err != nil {
			t.Errorf("%q: %v", tt.user, err)
		}
	}
}

func TestTicketCacheIsFoundAsKinitFindsIt(t *testing.T) {
	cache, _ := forge(t, 18, time.Hour)
	file := writeFile(t, "ccache", encode(cache))
	conf := writeFile(t, "krb5.conf", []byte("[libdefaults]\ndefault_ccache_name = FILE:"+file+"\n"))
	for name, tt := range map[string]struct {
		cred Credentials
		conf string
		env  string
	}{
		"given":             {cred: Credentials{CCache: file}, env: "KCM:"},
		"given, with type":  {cred: Credentials{CCache: "FILE:" + file}},
		"KRB5CCNAME":        {env: file, conf: "/nonexistent"},
		"KRB5CCNAME, typed": {env: "FILE:" + file},
		"krb5.conf":         {conf: conf},
	} {
		c, err := New(Config{Krb5Conf: tt.conf, Getenv: func(key string) string {
			return map[string]string{"KRB5CCNAME": tt.env}[key]
		}}, tt.cred)
		if err != nil || c.account() != "scan@"+testRealm {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCredentialsThatCannotWorkAreRefusedWithAHint(t *testing.T) {
	missing := writeFile(t, "x", nil) + ".missing"
	cache, _ := forge(t, 18, time.Hour)
	cache.Credentials = cache.Credentials[1:]
	noTGT := writeFile(t, "ccache", encode(cache))
	for _, tt := range []struct {
		cred          Credentials
		problem, hint string
	}{
		{Credentials{CCache: "KCM:0"}, "caches of type KCM cannot be read", "kinit -c FILE:"},
		{Credentials{CCache: "KEYRING:persistent:0"}, "caches of type KEYRING cannot be read", "kinit -c FILE:"},
		{Credentials{CCache: "API:1"}, "caches of type API cannot be read", "kinit -c FILE:"},
		{Credentials{CCache: "MEMORY:x"}, "caches of type MEMORY cannot be read", "kinit -c FILE:"},
		{Credentials{CCache: "DIR:/tmp/cc"}, "caches of type DIR cannot be read", "kinit -c FILE:"},
		{Credentials{CCache: missing}, "there is no such file", "kinit"},
		{Credentials{CCache: t.TempDir()}, "", ""}, // worded by the system
		{Credentials{CCache: noTGT}, "no valid ticket for realm " + testRealm, "kinit"},
		{Credentials{Keytab: missing}, "there is no such file", "--keytab"},
		{Credentials{User: "scan", Password: secret}, "realm is not known", "with -d"},
		{Credentials{User: "CN=scan,DC=x", Password: secret}, "distinguished name", "name@domain"},
		{Credentials{Password: secret}, "without a user", "name@domain"},
		{Credentials{User: "scan", Password: secret, Keytab: missing}, "more than one", "one of them"},
		{Credentials{User: "scan", Password: secret, CCache: noTGT}, "more than one", "one of them"},
	} {
		_, err := New(offline(t), tt.cred)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Problem, tt.problem) || !strings.Contains(e.Advice, tt.hint) {
			t.Errorf("%+v: %v, hint %q", tt.cred, err, e.Advice)
		}
	}
}

func TestDamagedFilesAreErrors(t *testing.T) {
	cache, _ := forge(t, 18, time.Hour)
	v3 := *cache
	v3.Version = 3
	for name, good := range map[string][]byte{"version 4": encode(cache), "version 3": encode(&v3)} {
		parsed, err := parseCCache(good)
		if err != nil || len(parsed.Credentials) != 2 || !bytes.Equal(parsed.Credentials[1].Ticket, cache.Credentials[1].Ticket) {
			t.Fatalf("%s: %v", name, err)
		}
	}
	good := encode(cache)
	whole := map[int]bool{} // cut behind a credential, a cache is shorter but not damaged
	for n := range 3 {
		some := *cache
		some.Credentials = cache.Credentials[:n]
		whole[len(encode(&some))] = true
	}
	for n := range good {
		if _, err := parseCCache(good[:n]); (err == nil) != whole[n] {
			t.Errorf("ticket cache cut at %d of %d: %v", n, len(good), err)
		}
	}
	cfg, file := offline(t), writeFile(t, "ccache", good)
	for n := range good { // a damaged ticket is found out here, or by the KDC
		bad := bytes.Clone(good)
		bad[n] ^= 0x7F
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := New(cfg, Credentials{CCache: file}); err == nil {
			c.authenticate(context.Background(), &initiator{}, Service{Host: testHost})
		}
	}
	kt := testKeytab(t, "scan")
	for n := range kt {
		if _, err := parseKeytab(kt[:n]); err == nil && n < len(kt)-4 { // the last field is optional
			t.Errorf("keytab cut at %d of %d", n, len(kt))
		}
		bad := bytes.Clone(kt)
		bad[n] ^= 0xFF
		parseKeytab(bad)
	}
}

// gokrb5 prints the keytab it cannot read, keys and all.
func TestErrorsHoldNoSecret(t *testing.T) {
	kt := testKeytab(t, "scan")
	parsed, err := parseKeytab(kt)
	if err != nil {
		t.Fatal(err)
	}
	key := parsed.Entries[0].Key.KeyValue
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	cfg := offline(t)
	cfg.KDCs = map[string][]string{testRealm: {closed.Addr().String()}}
	client, err := New(cfg, Credentials{User: "scan@" + testRealm, Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	conn, wire := dial(t, (&acceptor{}).start(t, nil))
	errs := []error{client.Bind(context.Background(), conn, wire, Service{Host: testHost})}
	for _, cred := range []Credentials{
		{Keytab: writeFile(t, "cut", kt[:len(kt)-10])},
		{User: "scan", Password: secret},
		{User: "scan", Password: secret, Keytab: "x"},
		{User: "CN=scan", Password: secret},
		{Password: secret},
	} {
		_, err := New(offline(t), cred)
		errs = append(errs, err)
		if s := fmt.Sprintf("%v %+v", cred, cred); strings.Contains(s, secret) {
			t.Errorf("the credentials print their password")
		}
	}
	for _, err := range errs {
		if err == nil {
			t.Error("no error")
		}
		for ; err != nil; err = errors.Unwrap(err) {
			text := fmt.Sprintf("%v %+v %#v", err, err, err)
			for _, s := range []string{secret, string(key), string(key[:8]), fmt.Sprintf("%x", key)} {
				if strings.Contains(text, s) {
					t.Errorf("%q holds a secret", text)
				}
			}
		}
	}
}

func TestExpiredTicketsAreRefusedWithAHint(t *testing.T) {
	cache, _ := forge(t, 18, -time.Second)
	client, err := New(offline(t), Credentials{CCache: writeFile(t, "ccache", encode(cache))})
	if err != nil {
		t.Fatal(err)
	}
	conn, wire := dial(t, (&acceptor{}).start(t, nil))
	err = client.Bind(context.Background(), conn, wire, Service{Host: testHost})
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Problem, "no valid ticket") || e.Advice != hintKinit {
		t.Errorf("got %v", err)
	}
}

func FuzzCCache(f *testing.F) {
	cache, _ := forge(f, 18, time.Hour)
	f.Add(encode(cache))
	cache.Version = 3
	f.Add(encode(cache))
	huge := binary.BigEndian.AppendUint32([]byte{5, 4, 0, 0}, 1)
	f.Add(binary.BigEndian.AppendUint32(huge, 1<<31-1))
	f.Fuzz(func(t *testing.T, b []byte) {
		cache, err := parseCCache(b)
		if err != nil {
			return
		}
		// What was read is what is written.
		again, err := parseCCache(encode(cache))
		if err != nil || len(again.Credentials) != len(cache.Credentials) {
			t.Errorf("%d credentials, then %v", len(cache.Credentials), err)
		}
	})
}

func FuzzKeytab(f *testing.F) {
	f.Add(testKeytab(f, "scan", "HTTP/host"))
	f.Add([]byte{5, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) { parseKeytab(b) })
}
