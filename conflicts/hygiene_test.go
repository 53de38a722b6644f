package conflicts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHygiene(t *testing.T) {
	long := strings.Repeat("x", 300)
	upn := func(s string) Attributes { return Attributes{Entry: Entry{UserPrincipalName: s}} }
	goes := func(s string) Attributes { return Attributes{Entry: Entry{TargetAddress: s}} }
	for _, tc := range []struct {
		name string
		of   Attributes
		want []string
	}{
		{"nothing to say", Attributes{Entry: Entry{UserPrincipalName: "o'brien.x-1_!#^~@contoso.museum", TargetAddress: "SMTP:o'brien@contoso.com", ProxyAddresses: []string{"SMTP:a@a.com", "sip:A@a.com"}},
			DisplayName: "Zoë  (Sales), [ext] ", MailNickname: "o'brien.x!#$%&*+-/=?^_`{|}~", SAMAccountName: "o'brien.x~!#$%", User: true, SIPAddress: "sip:a@A.com", Shadow: []string{"smtp:A@a.com", "SIP:a@a.com"}}, nil},
		{"X500 as target", goes("X500:/o=A/cn=(x), [y]"), nil},
		{"display name", Attributes{DisplayName: " "}, []string{"entra-attribute  : displayName: is blank"}},
		{"long display name", Attributes{DisplayName: long}, []string{"entra-attribute " + long + ": displayName: 300 characters, 256 are allowed"}},
		{"alias", Attributes{MailNickname: ".a b@c"}, []string{`entra-attribute .a b@c: mailNickname: has '@'; has white space; has a dot at an end, or two in a row`}},
		{"account without a logon name", Attributes{SAMAccountName: "a+very.long.account.name", User: true}, []string{"entra-attribute a+very.long.account.name: sAMAccountName: 24 characters, 20 are allowed; has '+'"}},
		{"account with a logon name", Attributes{Entry: Entry{UserPrincipalName: "a@a.com"}, SAMAccountName: "a+very.long.account.name", User: true}, nil},
		{"a group", Attributes{SAMAccountName: "a+very.long.name.of.a.group"}, nil},
		{"target", goes("SMTP:a@b_c.com"), []string{"entra-attribute SMTP:a@b_c.com: targetAddress: the domain is not a host name"}},
		{"quoted target", goes(`SMTP:"a b"@c.com`), []string{`entra-attribute SMTP:"a b"@c.com: targetAddress: has '"'; has white space`}},
		{"logon name without a domain", upn("bob"), []string{`entra-attribute bob: userPrincipalName: no "@"`}},
		{"characters of a logon name", upn("j\u00f6rg+x&y@a.com"), []string{"entra-attribute j\u00f6rg+x&y@a.com: userPrincipalName: has '&' '+'; has a letter with a diacritical mark"}},
		{"dot before the @", upn("bob.@a.com"), []string{`entra-attribute bob.@a.com: userPrincipalName: a dot before the "@"`}},
		{"long logon name", upn(strings.Repeat("x", 65) + "@" + strings.Repeat("y", 45) + ".com"),
			[]string{"entra-attribute " + strings.Repeat("x", 65) + "@" + strings.Repeat("y", 45) + `.com: userPrincipalName: 115 characters, 113 are allowed; more than 64 characters before the "@"; more than 48 characters behind the "@"`}},
		{"domains that nobody can register", upn("bob@corp.local"), []string{"entra-attribute bob@corp.local: userPrincipalName: the domain cannot be verified in Entra ID"}},
		{"a domain of one label", upn("bob@corp"), []string{"entra-attribute bob@corp: userPrincipalName: the domain cannot be verified in Entra ID"}},
		{"a mailbox of Exchange", Attributes{Entry: Entry{UserPrincipalName: "SystemMailbox{1f05a927}@a.local"}, Recipient: 8388608}, nil},
		{"shadow", Attributes{Entry: Entry{ProxyAddresses: []string{"SMTP:a@a.com", "smtp:b@a.com"}}, Shadow: []string{"SMTP:a@a.com", "smtp:c@a.com"}},
			[]string{"shadow-differs smtp:b@a.com: only one of msExchShadowProxyAddresses and proxyAddresses has it; in all they differ in 2"}},
		{"no shadow", Attributes{Entry: Entry{ProxyAddresses: []string{"SMTP:a@a.com"}}}, nil},
		{"SIP", Attributes{Entry: Entry{ProxyAddresses: []string{"sip:b@a.com", "SIP:a@a.com"}}, SIPAddress: "sip:c@a.com"},
			[]string{"sip-differs sip:c@a.com: msRTCSIP-PrimaryUserAddress; proxyAddresses has SIP:a@a.com"}},
		{"no SIP address among the others", Attributes{Entry: Entry{ProxyAddresses: []string{"SMTP:a@a.com"}}, SIPAddress: "sip:c@a.com"}, nil},
		{"only a part was read", Attributes{Entry: Entry{ProxyAddresses: []string{"sip:b@a.com"}}, SIPAddress: "sip:c@a.com", Shadow: []string{"smtp:c@a.com"}, Partial: true}, nil},
	} {
		var got []string
		for _, f := range tc.of.Findings() {
			got = append(got, string(f.Kind)+" "+f.Value+": "+f.Detail().String())
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, diff)
		}
	}
}

func TestRepeatedNames(t *testing.T) {
	named := func(n int, name, alias, account string) *Object {
		o := object(n, name)
		o.MailNickname, o.SAMAccountName = alias, account
		return o
	}
	objects := []*Object{named(1, "A", "Bob", "x"), named(2, "B", "bob", "Y"), named(3, "C", "y", "y"), named(4, "D", "", "z"), named(1, "A", "Bob", "x")}
	var got []string
	for _, f := range RepeatedNames(objects, &Options{Exclude: []string{objects[1].DN}}) {
		got = append(got, f.Name()+" "+string(f.Kind)+" "+f.Value+": "+f.Detail().String())
	}
	want := []string{"A repeated-alias Bob: 2 objects have it, among them CN=B,OU=Staff,DC=a,DC=com", "C repeated-account y: 2 objects have it, among them CN=B,OU=Staff,DC=a,DC=com"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
