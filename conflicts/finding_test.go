package conflicts

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindings(t *testing.T) {
	for _, tc := range []struct {
		name  string
		entry Entry
		want  []string
	}{
		{"nothing to say", Entry{Mail: "A@a.com", ProxyAddresses: []string{"SMTP:a@a.com", "smtp:o'brien+x`~!#$%^&*_-={}|/?.b@a.com",
			"X500:/o=Org/ou=X (FYDIBOHF23SPDLT)/cn=O'Brien; \"a\": <b>, [c]", "X500:/o=Org/cn=second", "sip:a@a.museum"}}, nil},
		{"X500 alone needs no primary", Entry{ProxyAddresses: []string{"x500:/o=Org/cn=a"}}, nil},
		{"malformed", Entry{ProxyAddresses: []string{"SMTP:a@a.com", "b@a.com"}}, []string{"malformed-value b@a.com: no type before the address"}},
		{"padded", Entry{ProxyAddresses: []string{"SMTP:a@a.com", "smtp: b@a.com"}}, []string{"padded-value smtp: b@a.com: white space around the address or its type"}},
		{"two primaries", Entry{ProxyAddresses: []string{"SMTP:b@a.com", "SMTP:a@a.com"}}, []string{"several-primaries SMTP:a@a.com: 2 values are written SMTP: SMTP:a@a.com, SMTP:b@a.com"}},
		{"no primary", Entry{Mail: "a@a.com", ProxyAddresses: []string{"smtp:a@a.com"}}, []string{"no-primary : no value is written SMTP:, so Exchange has no address to send from"}},
		{"mail differs", Entry{Mail: "b@a.com", ProxyAddresses: []string{"SMTP:a@a.com"}}, []string{"mail-differs b@a.com: the primary address is a@a.com"}},
		{"local part too long", Entry{ProxyAddresses: []string{"SMTP:" + strings.Repeat("x", 65) + "@a.com"}},
			[]string{"too-long SMTP:" + strings.Repeat("x", 65) + "@a.com: 65 bytes before the @, 64 are allowed"}},
		{"address too long", Entry{ProxyAddresses: []string{"SMTP:a@" + strings.Repeat("x.", 126) + "c"}},
			[]string{"too-long SMTP:a@" + strings.Repeat("x.", 126) + "c: 255 bytes, 254 are allowed"}},
		{"characters", Entry{ProxyAddresses: []string{"SMTP:jos\u00e9 (x)@a.com"}}, []string{"entra-character SMTP:jos\u00e9 (x)@a.com: Entra ID refuses ( ) white space \u00e9"}},
		{"letters that Unicode writes with a mark, and marks", Entry{ProxyAddresses: []string{"SMTP:андреи\u0306.\u304b\u3099.กิน@a.com", "smtp:бра\u0301т.ά@a.com"}},
			[]string{"entra-character smtp:бра\u0301т.ά@a.com: Entra ID refuses \u0301 ά"}},
		{"no UTF-8", Entry{ProxyAddresses: []string{"SMTP:a@a.com", "smtp:jos\xe9@a.com", "x500:/cn=\xe9x"}},
			[]string{"malformed-value smtp:jos\xe9@a.com: not UTF-8", "malformed-value x500:/cn=\xe9x: not UTF-8"}},
		{"dots before the @", Entry{ProxyAddresses: []string{"SMTP:b..ob@a.com", "smtp:.bob@a.com", "smtp:bob.@a.com", `smtp:"..b"@a.com`}},
			[]string{`malformed-value SMTP:b..ob@a.com: a dot at an end of the part before the "@", or two in a row`, `malformed-value smtp:.bob@a.com: a dot at an end of the part before the "@", or two in a row`,
				`malformed-value smtp:bob.@a.com: a dot at an end of the part before the "@", or two in a row`, `entra-character smtp:"..b"@a.com: Entra ID refuses "`}},
		{"no host name", Entry{ProxyAddresses: []string{"SMTP:a@-a.com", "smtp:a@a-.com", "smtp:a@a_b.com", "smtp:a@a.com'", "smtp:a@[10.0.0.1]", "smtp:a@" + strings.Repeat("x", 64) + ".com", "smtp:a@a b.com", "smtp:a@-"}},
			[]string{"malformed-value SMTP:a@-a.com: the domain is not a host name", "malformed-value smtp:a@-: the domain is not a host name",
				"malformed-value smtp:a@[10.0.0.1]: the domain is not a host name", "malformed-value smtp:a@a b.com: the domain is not a host name",
				"malformed-value smtp:a@a-.com: the domain is not a host name", "malformed-value smtp:a@a.com': the domain is not a host name", "malformed-value smtp:a@a_b.com: the domain is not a host name",
				"malformed-value smtp:a@" + strings.Repeat("x", 64) + ".com: the domain is not a host name"}},
		{"host names", Entry{ProxyAddresses: []string{"SMTP:a@x", "smtp:a@X-1.a--b.com", "smtp:a@xn--mller-kva.de", "smtp:a@" + strings.Repeat("x", 63) + ".museum", "smtp:a@1.2.3.4"}}, nil},
		{"doubled", Entry{ProxyAddresses: []string{"SMTP:a@a.com", "smtp:\uff21@a.com"}}, []string{"doubled-address smtp:\uff21@a.com: the same address as SMTP:a@a.com"}},
		{"doubled in two forms of a domain", Entry{ProxyAddresses: []string{"SMTP:a@xn--mller-kva.de", "smtp:a@m\u00fcller.de"}},
			[]string{"entra-character smtp:a@m\u00fcller.de: Entra ID refuses \u00fc", "doubled-address smtp:a@m\u00fcller.de: the same address as SMTP:a@xn--mller-kva.de"}},
	} {
		var got []string
		for _, f := range Findings(&tc.entry) {
			got = append(got, string(f.Kind)+" "+f.Value+": "+f.Detail().String())
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, diff)
		}
	}
}

func TestRepeatedTarget(t *testing.T) {
	a, b, c := object(1, "A"), object(2, "B"), object(3, "C")
	a.TargetAddress, b.TargetAddress, c.TargetAddress = "SMTP:x@b.com", "smtp:X@b.com", "SMTP:y@b.com"
	j := Judge([]*Object{a, b, c}, Options{})
	found, changes, findings := j.Conflicts, j.Changes, j.Findings
	if len(found)+len(changes) != 0 || len(findings) != 2 || findings[0].Kind != RepeatedTarget || findings[0].DN != a.DN || !strings.Contains(findings[0].Detail().String(), b.DN) {
		t.Errorf("%v %v %v", found, changes, findings)
	}
}

func TestWithin(t *testing.T) {
	for _, tc := range []struct {
		dn, base string
		want     bool
	}{
		{"CN=a,OU=x,DC=a,DC=com", "OU=x,DC=a,DC=com", true},
		{"CN=a,OU=x,DC=a,DC=com", "ou=X, dc=A ,dc=COM", true},
		{"OU=x,DC=a,DC=com", "OU=x,DC=a,DC=com", true},
		{"CN=a,OU=xx,DC=a,DC=com", "OU=x,DC=a,DC=com", false},
		{`CN=a\,OU=x,DC=a,DC=com`, "OU=x,DC=a,DC=com", false},
		{`CN=a,OU=x\2C y,DC=a,DC=com`, `OU=x\, y,DC=a,DC=com`, true},
		{`CN=a,OU=M\C3\BCnchen,DC=a,DC=com`, `OU=münchen,DC=a,DC=com`, true},
		{`CN=a,OU=x\ ,DC=a,DC=com`, `OU=x,DC=a,DC=com`, false},
		{"DC=a,DC=com", "OU=x,DC=a,DC=com", false},
		{"CN=a,DC=a,DC=com", "", false},
	} {
		if got := Within(tc.dn, tc.base); got != tc.want {
			t.Errorf("Within(%q, %q) = %v", tc.dn, tc.base, got)
		}
	}
	for dn, want := range map[string]string{"CN=a,OU=DC,DC=Contoso,DC=com": "contoso.com", "CN=Configuration,DC=a,DC=com": "a.com", "CN=a": "", "": "", "DC=x,CN=a": ""} {
		if got := Domain(dn); got != want {
			t.Errorf("Domain(%q) = %q, want %q", dn, got, want)
		}
	}
}

// Names that need not be taken apart compare as if they were.
func TestWithinTame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	name := func() string {
		var rdns []string
		for range 1 + r.IntN(3) {
			rdns = append(rdns, []string{"CN=a", "cn=A", "OU=b c", "ou=b  c", "DC=d", "CN= a", "CN=a ", `CN=\61`, `CN=a\,DC=d`, "CN=é", "CN=É", "DC"}[r.IntN(12)])
		}
		return strings.Join(rdns, []string{",", ",", ", ", " ,"}[r.IntN(4)])
	}
	inside := 0
	for range 100_000 {
		dn, base := name(), name()
		want := within(splitDN(dn), splitDN(base))
		if Within(dn, base) != want {
			t.Fatalf("Within(%q, %q) = %v", dn, base, !want)
		}
		if want && tame(dn) && tame(base) {
			inside++
		}
	}
	if inside < 100 {
		t.Errorf("only %d names compared as written", inside)
	}
}

func TestPartition(t *testing.T) {
	for dn, want := range map[string]string{
		`CN=a\,b,OU=x,DC=Contoso,DC=com`:                            "DC=Contoso,DC=com",
		"CN=a,CN=Services,CN=Configuration, DC=a,DC=com":            "CN=Configuration, DC=a,DC=com",
		"CN=User,CN=Schema,CN=Configuration,DC=a,DC=com":            "CN=Schema,CN=Configuration,DC=a,DC=com",
		"DC=x,DC=a.com,CN=MicrosoftDNS,DC=DomainDnsZones,DC=a,DC=b": "DC=DomainDnsZones,DC=a,DC=b",
		"DC=a,DC=com": "DC=a,DC=com",
		"CN=a,O=x":    "",
		"":            "",
	} {
		if got := Partition(dn); got != want {
			t.Errorf("Partition(%q) = %q, want %q", dn, got, want)
		}
	}
}

func TestGUID(t *testing.T) {
	g := GUID{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	const text = "00112233-4455-6677-8899-aabbccddeeff"
	if g.String() != text {
		t.Errorf("%s", g)
	}
	for _, s := range []string{text, "{" + text + "}", strings.ToUpper(text)} {
		if got, err := ParseGUID(s); err != nil || got != g {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "{}", text[1:], "zz" + text[2:]} {
		if _, err := ParseGUID(s); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
}
