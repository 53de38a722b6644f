package kerberos

import (
	"crypto/rand"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

const (
	testRealm = "EXAMPLE.TEST"
	testHost  = "dc.example.test"
)

// forge makes tickets without a KDC: a cache with those of account scan to the
// realm and to the LDAP service of testHost, and the keytab of the service.
func forge(t testing.TB, etype int32, lifetime time.Duration) (*credentials.CCache, *keytab.Keytab) {
	t.Helper()
	kt := keytab.New()
	name := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "scan")
	cache := &credentials.CCache{Version: 4}
	cache.DefaultPrincipal.Realm, cache.DefaultPrincipal.PrincipalName = testRealm, name
	now := time.Now().UTC().Truncate(time.Second)
	start, end := now.Add(-time.Minute), now.Add(lifetime)
	for _, service := range []string{"krbtgt/" + testRealm, "ldap/" + testHost} {
		if err := kt.AddEntry(service, testRealm, rand.Text(), now, 1, etype); err != nil {
			t.Fatal(err)
		}
		server := types.NewPrincipalName(nametype.KRB_NT_SRV_INST, service)
		ticket, key, err := messages.NewTicket(name, testRealm, server, testRealm, types.NewKrbFlags(), kt, etype, 1, start, start, end, end)
		if err != nil {
			t.Fatal(err)
		}
		c := &credentials.Credential{Key: key, AuthTime: start, StartTime: start, EndTime: end, RenewTill: end}
		c.Client.Realm, c.Client.PrincipalName = testRealm, name
		c.Server.Realm, c.Server.PrincipalName = testRealm, server
		if c.Ticket, err = ticket.Marshal(); err != nil {
			t.Fatal(err)
		}
		cache.Credentials = append(cache.Credentials, c)
	}
	return cache, kt
}

// encode writes a cache as MIT Kerberos' libraries do.
func encode(cache *credentials.CCache) []byte {
	b := []byte{5, cache.Version}
	u32 := func(n int) { b = binary.BigEndian.AppendUint32(b, uint32(n)) }
	data := func(d string) { u32(len(d)); b = append(b, d...) }
	principal := func(realm string, name types.PrincipalName) {
		u32(int(name.NameType))
		u32(len(name.NameString))
		data(realm)
		for _, s := range name.NameString {
			data(s)
		}
	}
	if cache.Version == 4 {
		b = append(b, 0, 12, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0) // the KDC's time offset
	}
	principal(cache.DefaultPrincipal.Realm, cache.DefaultPrincipal.PrincipalName)
	for _, c := range cache.Credentials {
		principal(c.Client.Realm, c.Client.PrincipalName)
		principal(c.Server.Realm, c.Server.PrincipalName)
		b = binary.BigEndian.AppendUint16(b, uint16(c.Key.KeyType))
		if cache.Version == 3 {
			b = binary.BigEndian.AppendUint16(b, uint16(c.Key.KeyType))
		}
		data(string(c.Key.KeyValue))
		for _, at := range []time.Time{c.AuthTime, c.StartTime, c.EndTime, c.RenewTill} {
			u32(int(at.Unix()))
		}
		b = append(b, 0, 0x40, 0xE1, 0, 0)
		u32(1) // an address
		b = append(b, 0, 2)
		data("\x7F\x00\x00\x01")
		u32(0) // authorization data
		data(string(c.Ticket))
		data("")
	}
	return b
}

func writeFile(t testing.TB, name string, content []byte) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// offline has no krb5.conf, no DNS and no environment.
func offline(t testing.TB) Config {
	return Config{
		Krb5Conf: writeFile(t, "krb5.conf", []byte("[libdefaults]\ndns_lookup_kdc = false\n")),
		Getenv:   func(string) string { return "" },
	}
}

// ticketClient returns a client with forged tickets, and the keytab of their
// service.
func ticketClient(t testing.TB, cfg Config, etype int32) (*Client, *keytab.Keytab) {
	t.Helper()
	cache, kt := forge(t, etype, time.Hour)
	c, err := New(cfg, Credentials{CCache: "FILE:" + writeFile(t, "ccache", encode(cache))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, kt
}
