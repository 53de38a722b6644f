package conflicts

import (
	"slices"
	"testing"
)

// What is looked for is found however it is stored, by each way to ask.
func TestAddressSet(t *testing.T) {
	for _, tc := range []struct {
		wanted string
		object Object
		claims []Claim
	}{
		{"smtp:x@a.example", Object{Entry: Entry{ProxyAddresses: []string{"smtp:Y@a.example", "SMTP: X@A.example"}, Mail: "x@a.example", UserPrincipalName: "X@a.example"}},
			[]Claim{{Attribute: ProxyAddresses, Value: "SMTP: X@A.example", Primary: true, Padded: true}, {Attribute: Mail, Value: "x@a.example"}, {Attribute: UserPrincipalName, Value: "X@a.example"}}},
		{"smtp:jose@a.example", Object{Entry: Entry{ProxyAddresses: []string{"smtp:josé@a.example"}}}, []Claim{{Attribute: ProxyAddresses, Value: "smtp:josé@a.example", Loose: true}}},
		{"smtp:josé@a.example", Object{Entry: Entry{ProxyAddresses: []string{"smtp:josè@a.example"}}}, []Claim{{Attribute: ProxyAddresses, Value: "smtp:josè@a.example", Loose: true}}},
		{"smtp:josé@a.example", Object{Entry: Entry{Mail: "jose@a.example"}}, []Claim{{Attribute: Mail, Value: "jose@a.example", Loose: true}}},
		{"smtp:a@müller.example", Object{Entry: Entry{TargetAddress: "SMTP:a@xn--mller-kva.example"}}, []Claim{{Attribute: TargetAddress, Value: "SMTP:a@xn--mller-kva.example"}}},
		{"smtp:a@muller.example", Object{Entry: Entry{Mail: "a@xn--mller-kva.example"}}, []Claim{{Attribute: Mail, Value: "a@xn--mller-kva.example", Loose: true}}},
		{"smtp:x@a.example", Object{Entry: Entry{ProxyAddresses: []string{"X@a.example"}, TargetAddress: "x@a.example"}},
			[]Claim{{Attribute: ProxyAddresses, Value: "X@a.example"}, {Attribute: TargetAddress, Value: "x@a.example"}}},
		{"x500:/o=A/cn=x", Object{Entry: Entry{ProxyAddresses: []string{"X500:/O=a/cn=X"}, LegacyExchangeDN: "/o=a/CN=x "}},
			[]Claim{{Attribute: ProxyAddresses, Value: "X500:/O=a/cn=X", Primary: true}, {Attribute: LegacyExchangeDN, Value: "/o=a/CN=x ", Padded: true}}},
		{"smtp:/o=A/cn=x", Object{Entry: Entry{LegacyExchangeDN: "/o=A/cn=x"}}, nil},
		{"sip:x@a.example", Object{Entry: Entry{ProxyAddresses: []string{"x@a.example"}}}, nil},
		{"sip:x@a.example", Object{Entry: Entry{ProxyAddresses: []string{"smtp:x@a.example"}, Mail: "x@a.example"}}, nil},
		{"smtp:", Object{}, nil},
	} {
		set := NewAddressSet(ParseAddress(tc.wanted))
		if got := set.Claims(&tc.object); !slices.Equal(got, tc.claims) {
			t.Errorf("%s: %+v, want %+v", tc.wanted, got, tc.claims)
		}
		if got := set.In(view(&tc.object.Entry)); got != (len(tc.claims) > 0) {
			t.Errorf("%s: in the view: %v", tc.wanted, got)
		}
	}
}

func TestSpellings(t *testing.T) {
	for value, want := range map[string][]string{
		"SMTP:Bob@A.example":             {"Bob@A.example"},
		"smtp: bob@a.example ":           {"bob@a.example"},
		"smtp:bob@müller.example":        {"bob@müller.example", "bob@mu\u0308ller.example", "bob@xn--mller-kva.example", "bob@muller.example"},
		"smtp:bob@xn--mller-kva.example": {"bob@xn--mller-kva.example", "bob@müller.example", "bob@mu\u0308ller.example", "bob@muller.example"},
		"smtp:jose\u0301@a.example":      {"jose\u0301@a.example", "josé@a.example", "jose@a.example"},
		"X500:/o=Straße/cn=a@b":          {"/o=Straße/cn=a@b", "/o=strasse/cn=a@b"},
		"smtp:no domain":                 {"no domain"},
		"smtp:\xff@a.example":            {"\xff@a.example"},
	} {
		if got := ParseAddress(value).Spellings(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}
