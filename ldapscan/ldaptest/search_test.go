package ldaptest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"proxyaddr/ldapscan/ldaptest"
)

func request(base string, scope int, filter string, attributes ...string) *ldap.SearchRequest {
	return ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil)
}

func dns(r *ldap.SearchResult) []string {
	list := []string{}
	for _, e := range r.Entries {
		list = append(list, e.DN)
	}
	return list
}

func TestSearchScopesStayInTheNamingContext(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{}, forest))
	for _, test := range []struct {
		base  string
		scope int
		want  []string
	}{
		{root, ldap.ScopeBaseObject, []string{root}},
		{root, ldap.ScopeSingleLevel, []string{"OU=Board,DC=contoso,DC=test", staff}},
		{root, ldap.ScopeWholeSubtree, []string{root, "OU=Board,DC=contoso,DC=test", staff, ann, bob, jorg}},
		{"ou=STAFF, dc=contoso,DC=test", ldap.ScopeSingleLevel, []string{ann, bob, jorg}},
		{`cn=bob\2c jr,` + staff, ldap.ScopeWholeSubtree, []string{bob}},
		{"CN=JÖRG," + staff, ldap.ScopeBaseObject, []string{jorg}},
		{config, ldap.ScopeSingleLevel, []string{"CN=Partitions," + config}},
		{"CN=Schema," + config, ldap.ScopeWholeSubtree, []string{"CN=Schema," + config}},
		{"<GUID=0102030405060708090A0b0c0d0e0f61>", ldap.ScopeBaseObject, []string{ann}},
		{"<guid=04030201-0605-0807-090a-0b0c0d0e0f61>", ldap.ScopeWholeSubtree, []string{ann}},
	} {
		t.Run(fmt.Sprint(test.base, " ", test.scope), func(t *testing.T) {
			got, err := c.Search(request(test.base, test.scope, "(objectClass=*)", "1.1"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, dns(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSearchBaseThatIsNotThere(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{}, forest))
	for _, test := range []struct {
		base    string
		code    uint16
		matched string
		text    string
	}{
		{"CN=No,CN=One," + staff, ldap.LDAPResultNoSuchObject, staff, "0000208D: NameErr"},
		{`CN=Gone\0ADEL:1f2e,CN=Deleted Objects,` + root, ldap.LDAPResultNoSuchObject, "CN=Deleted Objects," + root, "0000208D: NameErr"},
		{"<GUID=00000000000000000000000000000000>", ldap.LDAPResultNoSuchObject, "", "0000208D: NameErr"},
		{"<GUID=00>", ldap.LDAPResultInvalidDNSyntax, "", "0000208F: NameErr"},
		{"<GUID=0102-030405060708090a0b0c0d0e0f61>", ldap.LDAPResultInvalidDNSyntax, "", "0000208F: NameErr"},
		{"Staff", ldap.LDAPResultInvalidDNSyntax, "", "0000208F: NameErr"},
		{"", ldap.LDAPResultNoSuchObject, "", "0000208D: NameErr"},
		{"OU=x,DC=child,DC=contoso,DC=test", ldap.LDAPResultReferral, "", "'child.contoso.test'"},
		{"DC=fabrikam,DC=test", ldap.LDAPResultReferral, "", "'fabrikam.test'"},
	} {
		t.Run(test.base, func(t *testing.T) {
			_, err := c.Search(request(test.base, ldap.ScopeWholeSubtree, "(objectClass=*)"))
			wantCode(t, err, test.code)
			if e, ok := err.(*ldap.Error); ok && e.MatchedDN != test.matched {
				t.Errorf("matched DN %q, want %q", e.MatchedDN, test.matched)
			}
			if !strings.Contains(err.Error(), test.text) {
				t.Errorf("%v, want text with %s", err, test.text)
			}
		})
	}
}

func TestFilters(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{}, forest))
	for filter, want := range map[string][]string{
		"(mail=ANN@CONTOSO.test)":                {ann},
		"(MAIL~=ann@contoso.test)":               {ann},
		"(proxyAddresses=*)":                     {ann, bob},
		"(proxyAddresses=smtp:bob@contoso.test)": {bob},
		"(cn=JÖRG)":                              {jorg},
		"(cn=jo*)":                               {},
		"(cn=j*g)":                               {jorg},
		"(proxyAddresses=smtp:A*SMITH@*)":        {ann},
		"(proxyAddresses=*smith*ann*)":           {},
		"(cn=*n)":                                {ann},
		"(cn=an*nn)":                             {}, // parts do not overlap
		"(uSNChanged>=100)":                      {bob, "OU=Board," + root, staff, jorg, root},
		"(uSNChanged<=99)":                       {ann}, // as integers: as text, 100 is below 99
		"(cn>=b)":                                {bob, jorg},
		"(&(objectClass=user)(!(mail=*)))":       {bob},
		"(&(objectClass=user)(!(mail=x)))":       {ann, bob},
		"(|(cn=ann)(cn=bob, jr)(cn=nobody))":     {ann, bob},
		"(&)":                                    {root, "OU=Board," + root, staff, ann, bob, jorg},
		"(|)":                                    {},
		"(userAccountControl:1.2.840.113556.1.4.803:=2)":                                                                                {ann},
		"(!(userAccountControl:1.2.840.113556.1.4.803:=2))":                                                                             {root, "OU=Board," + root, staff, bob, jorg},
		"(userAccountControl:1.2.840.113556.1.4.803:=514)":                                                                              {ann},
		"(userAccountControl:1.2.840.113556.1.4.803:=two)":                                                                              {},
		"(!(userAccountControl:1.2.3:=2))":                                                                                              {}, // not undefined is undefined
		`(objectGUID=\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\61)`:                                                                 {ann},
		`(objectGUID=\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\41)`:                                                                 {}, // A is not a in bytes
		`(|(objectGUID=\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\61)(cn=bob*))`:                                                     {ann, bob},
		`(|(objectGUID=\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\61)(objectGUID=\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\61))`: {ann},
		`(&(cn=bob*)(objectGUID=\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\61))`:                                                     {},
		`(!(objectGUID=\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\61))`:                                                              {root, "OU=Board," + root, staff, bob, jorg},
	} {
		t.Run(filter, func(t *testing.T) {
			got, err := c.Search(request(root, ldap.ScopeWholeSubtree, filter, "1.1"))
			if err != nil {
				t.Fatal(err)
			}
			names := dns(got)
			slices.Sort(names)
			slices.Sort(want)
			if diff := cmp.Diff(want, names); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func attributes(e *ldap.Entry) map[string][]string {
	m := map[string][]string{}
	for _, a := range e.Attributes {
		m[a.Name] = a.Values
	}
	return m
}

func TestAttributeSelection(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{MaxValRange: 2}, forest))
	one, two, three := "SMTP:ann@contoso.test", "smtp:a.smith@contoso.test", "smtp:ann.smith@contoso.test"
	for _, test := range []struct {
		asked []string
		want  map[string][]string
	}{
		{[]string{"1.1"}, map[string][]string{}},
		{[]string{"none"}, map[string][]string{}},
		{[]string{"MAIL", "cn"}, map[string][]string{"mail": {"Ann@contoso.test"}, "cn": {"Ann"}}},
		{[]string{"proxyAddresses"}, map[string][]string{"proxyAddresses": {}, "proxyAddresses;range=0-1": {one, two}}},
		{[]string{"proxyaddresses;Range=0-*"}, map[string][]string{"proxyaddresses;Range=0-*": {}, "proxyAddresses;range=0-1": {one, two}}},
		{[]string{"proxyAddresses;range=2-3"}, map[string][]string{"proxyAddresses;range=2-3": {}, "proxyAddresses;range=2-*": {three}}},
		{[]string{"proxyAddresses;range=2-*"}, map[string][]string{"proxyAddresses;range=2-*": {three}}},
		{[]string{"proxyAddresses;range=1-1"}, map[string][]string{"proxyAddresses;range=1-1": {two}}},
		{[]string{"proxyAddresses;range=x"}, map[string][]string{}},
		{[]string{"mail;range=0-*"}, map[string][]string{"mail;range=0-*": {"Ann@contoso.test"}}},
	} {
		t.Run(strings.Join(test.asked, " "), func(t *testing.T) {
			got, err := c.Search(request(ann, ldap.ScopeBaseObject, "(objectClass=*)", test.asked...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, attributes(got.Entries[0])); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, err := c.Search(request(ann, ldap.ScopeBaseObject, "(objectClass=*)", "proxyAddresses;range=3-*"))
	wantCode(t, err, ldap.LDAPResultOperationsError)

	for _, asked := range [][]string{nil, {"*"}, {"*", "mail"}} {
		got, err := c.Search(request(ann, ldap.ScopeBaseObject, "(objectClass=*)", asked...))
		if err != nil {
			t.Fatal(err)
		}
		if e := got.Entries[0]; e.GetAttributeValue("distinguishedName") != ann || e.GetAttributeValue("uSNChanged") != "90" || len(e.Attributes) != 10 {
			t.Errorf("%q: %v", asked, attributes(e))
		}
	}

	types := request(ann, ldap.ScopeBaseObject, "(objectClass=*)", "mail")
	types.TypesOnly = true
	got, err := c.Search(types)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"mail": {}}, attributes(got.Entries[0])); diff != "" {
		t.Error(diff)
	}
}

func TestMissingIdentityIsMadeUpTheSameEachTime(t *testing.T) {
	var guids, usns []string
	for range 2 {
		c := bound(t, start(t, ldaptest.Config{}, forest))
		got, err := c.Search(request(bob, ldap.ScopeBaseObject, "(objectClass=*)"))
		if err != nil {
			t.Fatal(err)
		}
		guids = append(guids, got.Entries[0].GetAttributeValue("objectGUID"))
		got, err = c.Search(request(jorg, ldap.ScopeBaseObject, "(objectClass=*)"))
		if err != nil {
			t.Fatal(err)
		}
		usns = append(usns, got.Entries[0].GetAttributeValue("uSNChanged"))
	}
	if len(guids[0]) != 16 || guids[0] != guids[1] || usns[0] <= "100" || usns[0] != usns[1] {
		t.Errorf("GUIDs %x, USNs %q", guids, usns)
	}
}

func TestDeletedObjectsNeedTheControl(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{}, forest))
	const deleted = `CN=Gone\0ADEL:1f2e,CN=Deleted Objects,DC=contoso,DC=test`
	req := request(root, ldap.ScopeWholeSubtree, "(proxyAddresses=*)", "1.1")
	got, err := c.Search(req)
	if err != nil || slices.Contains(dns(got), deleted) {
		t.Errorf("without: %v, %v", dns(got), err)
	}
	req.Controls = []ldap.Control{ldap.NewControlMicrosoftShowDeleted()}
	got, err = c.Search(req)
	if err != nil || !slices.Contains(dns(got), deleted) {
		t.Errorf("with: %v, %v", dns(got), err)
	}
	req.BaseDN, req.Scope = deleted, ldap.ScopeBaseObject
	if got, err = c.Search(req); err != nil || len(got.Entries) != 1 {
		t.Errorf("as base: %v, %v", got, err)
	}
}

func TestContinuationReferencesNameSubordinateContexts(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{}, forest))
	const toConfig = "ldap://contoso.test/CN=Configuration,DC=contoso,DC=test"
	const toSchema = "ldap://contoso.test/CN=Schema,CN=Configuration,DC=contoso,DC=test"
	const toChild = "ldap://child.contoso.test/DC=child,DC=contoso,DC=test"
	for _, test := range []struct {
		base  string
		scope int
		want  []string
	}{
		{root, ldap.ScopeWholeSubtree, []string{toConfig, toChild}},
		{root, ldap.ScopeSingleLevel, []string{toConfig, toChild}},
		{root, ldap.ScopeBaseObject, []string{}},
		{staff, ldap.ScopeWholeSubtree, []string{}},
		{config, ldap.ScopeWholeSubtree, []string{toSchema}},
	} {
		req := request(test.base, test.scope, "(objectClass=*)", "1.1")
		got, err := c.Search(req)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got.Referrals); diff != "" {
			t.Errorf("%s, scope %d: %s", test.base, test.scope, diff)
		}
		req.Controls = []ldap.Control{ldap.NewControlString("1.2.840.113556.1.4.1339", true, "")}
		if got, err = c.Search(req); err != nil || len(got.Referrals) > 0 {
			t.Errorf("%s with domain scope: %v, %v", test.base, got.Referrals, err)
		}
	}
}

func TestSizeLimits(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{MaxPageSize: 10}, crowd(25)))
	for limit, want := range map[int]int{0: 10, 3: 3, 50: 10} {
		req := request(root, ldap.ScopeWholeSubtree, "(cn=*)")
		req.SizeLimit = limit
		got, err := c.Search(req)
		wantCode(t, err, ldap.LDAPResultSizeLimitExceeded)
		if got == nil || len(got.Entries) != want {
			t.Errorf("limit %d: %v, want %d entries", limit, got, want)
		}
	}
	got, err := c.Search(request(root, ldap.ScopeWholeSubtree, "(cn=c00001*)"))
	if err != nil || len(got.Entries) != 10 {
		t.Errorf("exactly as many as allowed: %v", err)
	}
}

func TestUnknownCriticalControlIsRefused(t *testing.T) {
	c := bound(t, start(t, ldaptest.Config{}, forest))
	for critical, code := range map[bool]uint16{true: ldap.LDAPResultUnavailableCriticalExtension, false: ldap.LDAPResultSuccess} {
		req := request(root, ldap.ScopeBaseObject, "(objectClass=*)")
		req.Controls = []ldap.Control{ldap.NewControlString("1.2.3", critical, "")}
		_, err := c.Search(req)
		wantCode(t, err, code)
	}
}

func TestWithoutBindOnlyTheRootDSEIsReadable(t *testing.T) {
	srv := start(t, ldaptest.Config{Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }}, forest)
	c := dial(t, srv)
	got, err := c.Search(request("", ldap.ScopeBaseObject, "(objectClass=*)"))
	if err != nil {
		t.Fatal(err)
	}
	a := attributes(got.Entries[0])
	for name, want := range map[string][]string{
		"namingContexts":                {root, config, "CN=Schema," + config},
		"defaultNamingContext":          {root},
		"rootDomainNamingContext":       {root},
		"configurationNamingContext":    {config},
		"schemaNamingContext":           {"CN=Schema," + config},
		"dnsHostName":                   {"localhost"},
		"supportedLDAPVersion":          {"3"},
		"supportedControl":              {"1.2.840.113556.1.4.319", "1.2.840.113556.1.4.417", "1.2.840.113556.1.4.1339"},
		"supportedExtension":            {"1.3.6.1.4.1.1466.20037", "1.3.6.1.4.1.4203.1.11.3"},
		"highestCommittedUSN":           {"110"},
		"isSynchronized":                {"TRUE"},
		"isGlobalCatalogReady":          {"TRUE"},
		"forestFunctionality":           {"7"},
		"domainControllerFunctionality": {"7"},
		"currentTime":                   {"20260102030405.0Z"},
	} {
		if diff := cmp.Diff(want, a[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	got, err = c.Search(request("", ldap.ScopeBaseObject, "(objectClass=*)", "DNSHostName"))
	if err != nil || len(got.Entries[0].Attributes) != 1 {
		t.Errorf("one attribute: %v, %v", got, err)
	}

	_, err = c.Search(request(root, ldap.ScopeBaseObject, "(objectClass=*)"))
	wantCode(t, err, ldap.LDAPResultOperationsError)
	if want := "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection"; !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
	// As a domain controller does: PSOpenAD tripped over it.
	paged := request("", ldap.ScopeBaseObject, "(objectClass=*)")
	paged.Controls = []ldap.Control{ldap.NewControlPaging(10)}
	_, err = c.Search(paged)
	wantCode(t, err, ldap.LDAPResultOperationsError)
	if _, err = bound(t, srv).Search(paged); err != nil {
		t.Errorf("bound: %v", err)
	}
}
