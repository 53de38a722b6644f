package ldapscan

import (
	"strings"
	"testing"

	"proxyaddr/conflicts"
)

// hygieneOf scans exports and returns what the rules on request found, and the notes on them.
func hygieneOf(t *testing.T, texts ...string) (findings, notes string) {
	t.Helper()
	x := exportsOf(t, texts...)
	audit, err := Scan(t.Context(), x, Options{Hygiene: true})
	if err != nil || !audit.Complete() {
		t.Fatalf("%v, problems %q", err, audit.Problems)
	}
	var found []string
	for _, f := range audit.Findings {
		switch f.Kind {
		case conflicts.EntraAttribute, conflicts.RepeatedAlias, conflicts.RepeatedAccount, conflicts.ShadowDiffers, conflicts.SIPDiffers:
			found = append(found, string(f.Kind)+" "+f.Name()+" "+f.Value)
		}
	}
	for _, n := range audit.Notes {
		if _, rules, ok := strings.Cut(n, ": no object in it has "); ok && strings.Contains(n, "--hygiene") {
			rules, _, _ = strings.Cut(rules, ": if the export left that out, these rules of --hygiene could not find anything")
			notes += rules + "\n"
		}
	}
	return strings.Join(found, "\n"), notes
}

// A table has the attributes for hygiene in columns, and its classes tell users where it has no
// sAMAccountType. What rules cannot find without an attribute is noted.
func TestHygieneOfExports(t *testing.T) {
	const long = "entra-attribute Ann a.name.of.more.than.twenty"
	row := func(class, more string) string {
		return `"CN=Ann,DC=ex",` + class + ",a.name.of.more.than.twenty,a@ex.com" + more + "\n"
	}
	const columns = "DistinguishedName,objectClass,sAMAccountName,mail"
	const rest = "displayName (entra-attribute), userPrincipalName (entra-attribute), targetAddress (entra-attribute), mailNickname (entra-attribute, repeated-alias)"
	const shadows = ", msExchShadowProxyAddresses (shadow-differs) or msRTCSIP-PrimaryUserAddress (sip-differs)\n"
	const addresses = ",proxyAddresses"
	for _, test := range []struct{ name, text, found, notes string }{
		{"a user by its class", columns + addresses + "\n" + row("top;person;user", ",smtp:a@ex.com"), long, rest + shadows},
		{"inetOrgPerson", columns + addresses + "\n" + row("inetOrgPerson", ",smtp:a@ex.com"), long, rest + shadows},
		{"a computer", columns + addresses + "\n" + row("top;person;user;computer", ",smtp:a@ex.com"), "", rest + shadows},
		{"a group", columns + addresses + "\n" + row("group", ",smtp:a@ex.com"), "", rest + shadows},
		{"a type beside the class", columns + ",sAMAccountType" + addresses + "\n" + row("user", ",268435456,smtp:a@ex.com"), "", rest + shadows},
		{"neither type nor class", columns + addresses + "\n" + row("", ",smtp:a@ex.com"), "", rest + ", sAMAccountType or objectClass (entra-attribute)" + shadows},
		{"addresses elsewhere", columns + addresses + ",msExchShadowProxyAddresses,msRTCSIP-PrimaryUserAddress\n" +
			row("group", ",SMTP:a@ex.com;sip:a@ex.com,SMTP:a@ex.com;smtp:b@ex.com,sip:b@ex.com"),
			"shadow-differs Ann sip:a@ex.com\nsip-differs Ann sip:b@ex.com", strings.Replace(rest, ", mailNickname", " or mailNickname", 1) + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if found, notes := hygieneOf(t, test.text); found != test.found || notes != test.notes {
				t.Errorf("got  %s\n     %s\nwant %s\n     %s", found, notes, test.found, test.notes)
			}
		})
	}
}

// The order of the exports does not decide what hygiene finds of an object that a cloud directory
// has as well.
func TestHygieneBesideCloud(t *testing.T) {
	forest := strings.TrimSpace(person("Ann", 1, 0, "SMTP:ann@ex.com")) + "\nmailNickname: .ann\n\n"
	cloud := cloudHead + cloudRow("Ann", 1, "SMTP:ann@ex.com")
	for _, texts := range [][]string{{forest, cloud}, {cloud, forest}} {
		if found, _ := hygieneOf(t, texts...); found != "entra-attribute Ann .ann" {
			t.Errorf("got %s", found)
		}
	}
}
