package conflicts

import "testing"

func TestDNKey(t *testing.T) {
	for _, same := range [][]string{
		{"cn=a b,dc=ex", "CN=a b,DC=ex", "cn = A b , dc=EX ", `CN=\61\ b,DC=ex`, `CN=a\20b,DC=ex`},
		{`cn=smith\2c anna,dc=ex`, `CN=Smith\, Anna,DC=ex`, `CN=Smith\2C Anna,DC=ex`},
		{`cn=a\20,dc=ex`, `CN=a\ ,DC=ex`},
		{`cn=\20\20a,dc=ex`, `CN=\ \20a,DC=ex`},
		{`cn=\23a#b,dc=ex`, `CN=\#a\#b,DC=ex`},
		{`cn=a=b\5c,dc=ex`, `CN=a\3Db\\,DC=ex`},
		{`cn=a+ou=b,dc=ex`, `CN=a+OU=b,DC=ex`},
		{`cn=a\2bou=b,dc=ex`, `CN=a\+OU=b,DC=ex`},
		{"cn=münchen", `CN=MU\CC\88NCHEN`},
		{"cn=straße", "CN=Straße"},
		{"cn=strasse", "CN=STRASSE"},
		{"cn=a\xff", `CN=A\FF`},
		{`cn=gone\0adel:1`, "CN=Gone\\0ADEL:1"},
		{""}, {"cn=\u0338"},
	} {
		for _, dn := range same {
			if got := DNKey(dn); got != same[0] {
				t.Errorf("DNKey(%q) = %q, want %q", dn, got, same[0])
			}
		}
	}
}

// A key is a name of the same object: it has itself for a key, and lies where the
// object lies.
func FuzzDNKey(f *testing.F) {
	for _, dn := range []string{"CN=a,DC=b", ` CN = \20a\ , DC=b`, `CN=\#\#+O=\+\,,DC=`, "CN=\xff", "CN=İI\u0307ß", `a\`, `\20`, `=\20=`, "CN=\u0338", `CN=\5c20`} {
		f.Add(dn)
	}
	f.Fuzz(func(t *testing.T, dn string) {
		key := DNKey(dn)
		if again := DNKey(key); again != key {
			t.Errorf("%q: key %q has the key %q", dn, key, again)
		}
		if key != "" && (!Within(dn, key) || !Within(key, dn)) {
			t.Errorf("%q and its key %q are not the same", dn, key)
		}
	})
}
