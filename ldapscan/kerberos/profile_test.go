package kerberos

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stock is the file that Red Hat Enterprise Linux 9 and AlmaLinux 9 install.
const stock = `# To opt out of the system crypto-policies configuration of krb5, remove the
# symlink at /etc/krb5.conf.d/crypto-policies which will not be recreated.
includedir DIR/

[logging]
    default = FILE:/var/log/krb5libs.log
    kdc = FILE:/var/log/krb5kdc.log
    admin_server = FILE:/var/log/kadmind.log

[libdefaults]
    dns_lookup_realm = false
    ticket_lifetime = 24h
    renew_lifetime = 7d
    forwardable = true
    rdns = false
    pkinit_anchors = FILE:/etc/pki/tls/certs/ca-bundle.crt
    spake_preauth_groups = edwards25519
    dns_canonicalize_hostname = fallback
    qualify_shortname = ""
#    default_realm = EXAMPLE.COM
    default_ccache_name = KEYRING:persistent:%{uid}

[realms]
# EXAMPLE.COM = {
#     kdc = kerberos.example.com
#     admin_server = kerberos.example.com
# }

[domain_realm]
# .example.com = EXAMPLE.COM
# example.com = EXAMPLE.COM
`

type settings struct {
	Realm, CCacheName string
	NoLookupKDC       bool
	KDCs              map[string][]string
	DomainRealm       map[string]string
}

func read(files ...string) settings {
	p := readProfile(strings.Join(files, string(filepath.ListSeparator)))
	return settings{p.realm, p.ccacheName, p.noLookupKDC, p.kdcs, p.domainRealm}
}

func TestProfileReadsWhatItCan(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a.conf":          "[libdefaults]\n default_realm = INCLUDED.TEST\n[realms]\n INCLUDED.TEST = {\n  kdc = dc1.included.test\n",
		"crypto-policies": "[libdefaults]\npermitted_enctypes = aes256-cts-hmac-sha1-96\n",
		".hidden.conf":    "[libdefaults]\ndns_lookup_kdc = false\n",
		"b.conf.rpmsave":  "[libdefaults]\ndns_lookup_kdc = false\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	uid := strconv.Itoa(os.Getuid())
	one := map[string]string{".contoso.test": "CONTOSO.TEST"}
	for _, tt := range []struct {
		name, text string
		want       settings
	}{
		{"empty", "", settings{}},
		{"not a profile", "\x00\xFF{}}}\n=\n[\n]\n[x]=\n{\n", settings{}},
		{"stock", strings.ReplaceAll(stock, "DIR", dir), settings{
			Realm: "INCLUDED.TEST", CCacheName: "KEYRING:persistent:" + uid,
			KDCs: map[string][]string{"INCLUDED.TEST": {"dc1.included.test"}},
		}},
		{"realm among others", `
[libdefaults]
	default_realm = CONTOSO.TEST ; ours
	dns_lookup_kdc = no
[realms]
	CONTOSO.TEST = {
		kdc = dc1.contoso.test:88
		kdc = dc2.contoso.test	# slow
		kdc = https://proxy.contoso.test/KdcProxy
		auth_to_local_names = {
			kdc = mallory
		}
		master_kdc = dc3.contoso.test
	}
	ATHENA.TEST = { kdc = inline }
	FABRIKAM.TEST = {
		kdc* = dc1.fabrikam.test
	}
[domain_realm]
	.Contoso.test = CONTOSO.TEST
[appdefaults]
	default_realm = OTHER.TEST
`, settings{
			Realm: "CONTOSO.TEST", NoLookupKDC: true, DomainRealm: one,
			KDCs: map[string][]string{"CONTOSO.TEST": {"dc1.contoso.test:88", "dc2.contoso.test"}, "FABRIKAM.TEST": {"dc1.fabrikam.test"}},
		}},
		{"include in a section", "[libdefaults]\ninclude " + dir + "/a.conf\ndefault_ccache_name = X\n",
			settings{Realm: "INCLUDED.TEST", CCacheName: "X", KDCs: map[string][]string{"INCLUDED.TEST": {"dc1.included.test"}}}},
		{"include of nothing", "include /nonexistent\nincludedir /nonexistent\n[libdefaults]\ndefault_realm = R\n", settings{Realm: "R"}},
		{"first value wins", "[libdefaults]\ndefault_realm = A\ndefault_realm = B\n", settings{Realm: "A"}},
		{"lines of Windows", "[libdefaults]\r\ndefault_realm = A\r\n", settings{Realm: "A"}},
	} {
		if tt.want.KDCs == nil {
			tt.want.KDCs = map[string][]string{}
		}
		if tt.want.DomainRealm == nil {
			tt.want.DomainRealm = map[string]string{}
		}
		if d := cmp.Diff(tt.want, read(writeFile(t, "krb5.conf", []byte(tt.text)))); d != "" {
			t.Errorf("%s:\n%s", tt.name, d)
		}
	}
}

func TestProfilesAreReadInOrder(t *testing.T) {
	a := writeFile(t, "a", []byte("[libdefaults]\ndefault_realm = A\n[realms]\n"))
	b := writeFile(t, "b", []byte("kdc = no section\n[libdefaults]\ndefault_realm = B\ndefault_ccache_name = C\n"))
	if got := read(a, "/nonexistent", b); got.Realm != "A" || got.CCacheName != "C" {
		t.Errorf("%+v", got)
	}
	c, err := New(Config{Getenv: func(key string) string {
		return map[string]string{"KRB5_CONFIG": a}[key]
	}}, Credentials{User: "scan", Password: secret})
	if err != nil || c.realm != "A" {
		t.Errorf("KRB5_CONFIG: %v", err)
	}
}

func TestProfileThatIncludesItselfEnds(t *testing.T) {
	name := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(name, []byte("include "+name+"\n[libdefaults]\ndefault_realm = R\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(name).Realm; got != "R" {
		t.Errorf("realm %q", got)
	}
}

func TestKDCsGivenComeBeforeTheFiles(t *testing.T) {
	p := &profile{kdcs: map[string][]string{"A.TEST": {"file"}, "B.TEST": {"file:8888"}}}
	c := newConfig(Config{KDCs: map[string][]string{"a.test": {"dc1", "fe80::1", "[::1]:88", "dc2:1088"}}}, p)
	got := map[string][]string{}
	for _, r := range c.Realms {
		got[r.Realm] = r.KDC
	}
	want := map[string][]string{"A.TEST": {"dc1:88", "[fe80::1]:88", "[::1]:88", "dc2:1088"}, "B.TEST": {"file:8888"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func FuzzProfile(f *testing.F) {
	f.Add(stock)
	f.Add("[realms]\nA = {\nkdc = x\n}\n}\n")
	f.Fuzz(func(t *testing.T, text string) {
		p := readProfile(writeFile(t, "krb5.conf", []byte(strings.ReplaceAll(text, "include", "exclude"))))
		if p.depth < 0 {
			t.Errorf("depth %d", p.depth)
		}
	})
}
