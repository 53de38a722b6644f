package conflicts

import "testing"

func TestLostName(t *testing.T) {
	for _, test := range []struct {
		shown, dn string
		rdn, same bool
	}{
		{"CN=J?rg,OU=B?ro,DC=x", "CN=Jörg,OU=Büro,DC=x", true, true},
		{"CN=J??rg,OU=Büro,DC=x", "cn=jörg, ou=BÜRO,DC=x", true, true},
		{"CN=J\uFFFDrg,DC=x", "CN=Jörg,DC=x", true, true},
		{"CN=?????ab,DC=x", "CN=Аннаab,DC=x", true, true},
		{"CN=?nne,DC=x", "CN=Änne,OU=Other,DC=x", true, false},
		{"CN=Why?,DC=x", "CN=Why?,DC=x", true, true},
		{"CN=J?rg,DC=x", "CN=Jorg,DC=x", false, false},
		{"CN=J?rg,DC=x", "CN=Jrg,DC=x", false, false},
		{"CN=J?rg,DC=x", "CN=Jööörg,DC=x", false, false},
		{"CN=a.b?,DC=x", "CN=aXbö,DC=x", false, false},
		{"CN=Ann,OU=B?ro,DC=x", "CN=Ann,OU=Büro,DC=x", true, true},
	} {
		name, ok := NewLostName(test.shown)
		if !ok || name.MatchRDN(test.dn) != test.rdn || name.Match(test.dn) != test.same {
			t.Errorf("%s, %s: %v, RDN %v, DN %v", test.shown, test.dn, ok, name.MatchRDN(test.dn), name.Match(test.dn))
		}
	}
	for _, dn := range []string{"CN=Jörg,DC=x", "CN=?,DC=x", "CN=a??,DC=x", ""} {
		if _, ok := NewLostName(dn); ok {
			t.Errorf("%s: too little is left", dn)
		}
	}
}
