package ldaptest_test

import (
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"proxyaddr/ldapscan/ldaptest"
)

// read returns an entry as it is now.
func read(t *testing.T, c *ldap.Conn, dn string) *ldap.Entry {
	t.Helper()
	got, err := c.Search(request(dn, ldap.ScopeBaseObject, "(objectClass=*)"))
	if err != nil {
		t.Fatal(err)
	}
	return got.Entries[0]
}

func TestModifyIsAtomicAndExact(t *testing.T) {
	const one, two, three = "SMTP:ann@contoso.test", "smtp:a.smith@contoso.test", "smtp:ann.smith@contoso.test"
	for _, test := range []struct {
		name    string
		changes func(*ldap.ModifyRequest)
		code    uint16
		want    []string
	}{
		{"delete and add", func(r *ldap.ModifyRequest) {
			r.Delete("proxyAddresses", []string{two})
			r.Add("PROXYADDRESSES", []string{"smtp:new@contoso.test"})
		}, 0, []string{one, three, "smtp:new@contoso.test"}},
		{"delete in another case", func(r *ldap.ModifyRequest) { r.Delete("proxyAddresses", []string{"SMTP:A.SMITH@contoso.test"}) }, 0, []string{one, three}},
		{"change of case", func(r *ldap.ModifyRequest) {
			r.Delete("proxyAddresses", []string{one})
			r.Add("proxyAddresses", []string{"smtp:ann@contoso.test"})
		}, 0, []string{two, three, "smtp:ann@contoso.test"}},
		{"delete all", func(r *ldap.ModifyRequest) { r.Delete("proxyAddresses", nil) }, 0, nil},
		{"delete the last", func(r *ldap.ModifyRequest) { r.Delete("proxyAddresses", []string{three, two, one}) }, 0, nil},
		{"replace", func(r *ldap.ModifyRequest) { r.Replace("proxyAddresses", []string{"smtp:x"}) }, 0, []string{"smtp:x"}},
		{"replace by nothing", func(r *ldap.ModifyRequest) { r.Replace("proxyAddresses", nil) }, 0, nil},
		{"replace nothing by nothing", func(r *ldap.ModifyRequest) { r.Replace("info", nil) }, 0, []string{one, two, three}},
		{"delete a missing value", func(r *ldap.ModifyRequest) {
			r.Add("proxyAddresses", []string{"smtp:new@contoso.test"})
			r.Delete("proxyAddresses", []string{"smtp:gone@contoso.test"})
		}, ldap.LDAPResultNoSuchAttribute, []string{one, two, three}},
		{"delete a missing attribute", func(r *ldap.ModifyRequest) { r.Delete("info", nil) }, ldap.LDAPResultNoSuchAttribute, []string{one, two, three}},
		{"add an existing value", func(r *ldap.ModifyRequest) {
			r.Delete("proxyAddresses", []string{one})
			r.Add("proxyAddresses", []string{strings.ToUpper(two)})
		}, ldap.LDAPResultAttributeOrValueExists, []string{one, two, three}},
		{"add a value twice", func(r *ldap.ModifyRequest) { r.Add("proxyAddresses", []string{"x", "X"}) }, ldap.LDAPResultAttributeOrValueExists, []string{one, two, three}},
		{"add nothing", func(r *ldap.ModifyRequest) { r.Add("proxyAddresses", nil) }, ldap.LDAPResultProtocolError, []string{one, two, three}},
		{"system attribute", func(r *ldap.ModifyRequest) { r.Replace("objectGUID", []string{"x"}) }, ldap.LDAPResultConstraintViolation, []string{one, two, three}},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := start(t, ldaptest.Config{}, forest)
			c := bound(t, srv)
			req := ldap.NewModifyRequest("cn=ANN,"+staff, nil)
			test.changes(req)
			wantCode(t, c.Modify(req), test.code)
			e := read(t, c, ann)
			if diff := cmp.Diff(test.want, e.GetAttributeValues("proxyAddresses")); diff != "" && len(test.want)+len(e.GetAttributeValues("proxyAddresses")) > 0 {
				t.Error(diff)
			}
			usn := map[bool]string{true: "111", false: "90"}[test.code == 0]
			if got := e.GetAttributeValue("uSNChanged"); got != usn {
				t.Errorf("uSNChanged %s, want %s", got, usn)
			}
			if got := srv.Counts().Updates; got != 1 {
				t.Errorf("%d updates counted", got)
			}
		})
	}
}

func TestModifyNeedsBindEntryAndNoControl(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	modify := func(c *ldap.Conn, dn string, controls ...ldap.Control) error {
		req := ldap.NewModifyRequest(dn, controls)
		req.Replace("info", []string{"x"})
		return c.Modify(req)
	}
	wantCode(t, modify(dial(t, srv), ann), ldap.LDAPResultOperationsError)
	c := bound(t, srv)
	wantCode(t, modify(c, "CN=x,"+staff), ldap.LDAPResultNoSuchObject)
	wantCode(t, modify(c, ann, ldap.NewControlString("1.2.3", true, "")), ldap.LDAPResultUnavailableCriticalExtension)
	wantCode(t, modify(c, "<GUID=0102030405060708090a0b0c0d0e0f61>"), ldap.LDAPResultSuccess)
	if got := read(t, c, ann).GetAttributeValue("info"); got != "x" {
		t.Errorf("info %q", got)
	}
}

func TestModifyFails(t *testing.T) {
	const lost = 0xFFFF // no answer
	for name, test := range map[string]struct {
		fault ldaptest.Fault
		code  uint16
		made  bool
	}{
		"refused":             {ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultBusy}, ldap.LDAPResultBusy, false},
		"dropped":             {ldaptest.Fault{Kind: ldaptest.Drop}, lost, true},
		"truncated":           {ldaptest.Fault{Kind: ldaptest.Truncate}, lost, true},
		"answered":            {ldaptest.Fault{}, ldap.LDAPResultSuccess, true},
		"of another":          {ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultBusy, Modify: func(dn string) bool { return dn == bob }}, ldap.LDAPResultSuccess, true},
		"of searches, unused": {ldaptest.Fault{Kind: ldaptest.Drop, Match: func(ldaptest.Search) bool { return false }}, ldap.LDAPResultSuccess, true},
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t, ldaptest.Config{}, forest)
			struck := 0
			if test.fault.Modify == nil && test.fault.Match == nil {
				test.fault.Modify = func(dn string) bool { return dn == ann }
				test.fault.Do = func() { struck++ }
			}
			srv.Inject(test.fault)
			req := ldap.NewModifyRequest(ann, nil)
			req.Replace("info", []string{"x"})
			err := bound(t, srv).Modify(req)
			if test.code != lost {
				wantCode(t, err, test.code)
			} else if err == nil || !strings.Contains(err.Error(), "EOF") {
				t.Errorf("got %v, want the end of the connection", err)
			}
			if got := read(t, bound(t, srv), ann).GetAttributeValue("info") == "x"; got != test.made {
				t.Errorf("made: %v", got)
			}
			if want := map[bool]int{true: 1}[test.fault.Do != nil]; struck != want {
				t.Errorf("struck %d times, want %d", struck, want)
			}
		})
	}
}

func TestApplyMakesEveryKindOfChange(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	c := bound(t, srv)
	err := srv.Apply(strings.NewReader(`version: 1

dn: CN=New,OU=Staff,DC=contoso,DC=test
changetype: add
cn: New

dn: CN=Ann,OU=Staff,DC=contoso,DC=test
changetype: modify
delete: mail
-

dn: CN=Ann,OU=Staff,DC=contoso,DC=test
changetype: modrdn
newrdn: CN=Anna
deleteoldrdn: 1
newsuperior: OU=Board,DC=contoso,DC=test

dn: CN=Bob\, Jr,OU=Staff,DC=contoso,DC=test
changetype: delete
`))
	if err != nil {
		t.Fatal(err)
	}
	const moved = "CN=Anna,OU=Board,DC=contoso,DC=test"
	got, err := c.Search(request(root, ldap.ScopeWholeSubtree, "(cn=*)", "1.1"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{moved, jorg, "CN=New,OU=Staff,DC=contoso,DC=test"}, dns(got)); diff != "" {
		t.Error(diff)
	}
	e := read(t, c, "<GUID=0102030405060708090a0b0c0d0e0f61>")
	for name, want := range map[string]string{
		"distinguishedName": moved, "cn": "Anna", "name": "Anna", "mail": "", "uSNChanged": "113",
	} {
		if got := e.GetAttributeValue(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	got, err = c.Search(request("", ldap.ScopeBaseObject, "(objectClass=*)", "highestCommittedUSN"))
	if err != nil || got.Entries[0].GetAttributeValue("highestCommittedUSN") != "114" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestApplyNamesWhatItCannotDo(t *testing.T) {
	srv := start(t, ldaptest.Config{}, forest)
	for change, want := range map[string]string{
		"dn: " + ann + "\ncn: Ann\n":                                                                        ann + ": line 1: an entry, not a change",
		"dn: " + ann + "\nchangetype: add\ncn: Ann\n":                                                       ann + ": entry exists",
		"dn: CN=x,DC=other\nchangetype: add\ncn: x\n":                                                       "CN=x,DC=other: in no naming context of this server",
		"dn: " + staff + "\nchangetype: delete\n":                                                           staff + ": has children",
		"dn: CN=x," + staff + "\nchangetype: delete\n":                                                      "CN=x," + staff + ": 0000208D: NameErr",
		"dn: " + ann + "\nchangetype: modrdn\nnewrdn: CN=Bob\\, Jr\ndeleteoldrdn: 1\n":                      bob + ": entry exists",
		"dn: " + ann + "\nchangetype: modrdn\nnewrdn: CN=a\ndeleteoldrdn: 1\nnewsuperior: " + config + "\n": "CN=a," + config + ": in another naming context",
		"dn: " + ann + "\nchangetype: modify\ndelete: info\n-\n":                                            ann + ": info: no such attribute",
		"nonsense": "line 1: ",
	} {
		if err := srv.Apply(strings.NewReader(change)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s…", change, err, want)
		}
	}
}
