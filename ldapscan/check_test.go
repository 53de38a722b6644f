package ldapscan_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

// The next free address is found behind many that are taken, and is proven free
// or not named at all.
func TestCheckSuggests(t *testing.T) {
	var content strings.Builder
	content.WriteString("dn: DC=contoso,DC=example\nobjectClass: domainDNS\n\ndn: CN=Greedy,DC=contoso,DC=example\nobjectClass: contact\nproxyAddresses: SMTP:x@contoso.example\n")
	for n := 2; n < 150; n++ {
		fmt.Fprintf(&content, "proxyAddresses: smtp:x%d@contoso.example\n", n)
	}
	content.WriteString("\ndn: CN=Forwarder,DC=contoso,DC=example\nobjectClass: contact\ntargetAddress: SMTP:x150@contoso.example\n")
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(content.String())})
	asked := []conflicts.Address{conflicts.ParseAddress("SMTP:X@contoso.example"), conflicts.ParseAddress("smtp:y@contoso.example")}
	for name, src := range map[string]ldapscan.Source{"server": open(t, config(srv)), "export": export(t, content.String())} {
		list, err := ldapscan.Check(context.Background(), src, asked)
		if err != nil || len(list) != 2 || !list[0].Taken() || list[0].Next.Raw != "SMTP:X151@contoso.example" || list[1].Status() != "free" || list[1].Next.Raw != "" {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
	d := open(t, config(srv))
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultBusy, Times: -1, Match: func(s ldaptest.Search) bool {
		return strings.Contains(s.Filter, "=x7@") || strings.Contains(s.Filter, "=X7@")
	}})
	list, err := ldapscan.Check(context.Background(), d, asked[:1])
	if err == nil || len(list) != 1 || !list[0].Taken() || list[0].Next.Raw != "" {
		t.Errorf("broken off: %+v, %v", list, err)
	}
}

// What is free as far as the account sees is told from what is free.
func TestHidden(t *testing.T) {
	const domain = "dn: DC=contoso,DC=example\nobjectClass: domainDNS\n"
	const container = "\ndn: CN=Deleted Objects,DC=contoso,DC=example\nobjectClass: container\n"
	ctx := context.Background()
	note := []string{"DC=contoso,DC=example: this account cannot see deleted objects, so an address that is called free may belong to one"}
	for name, tc := range map[string]struct {
		content string
		want    []string
	}{
		"seen":         {domain + container + "isDeleted: TRUE\n", nil},
		"no container": {domain, note},
		"hidden":       {domain + container, note},
	} {
		d := open(t, config(serve(t, ldaptest.Config{Entries: strings.NewReader(tc.content)})))
		if got := d.Hidden(ctx); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(domain)})
	d := open(t, config(srv))
	srv.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultOperationsError, Times: -1, Match: func(s ldaptest.Search) bool { return strings.HasPrefix(s.Base, "CN=Deleted Objects,") }})
	if got := d.Hidden(ctx); len(got) != 1 || !strings.Contains(got[0], "deleted objects could not be read: the server answered Operations Error") {
		t.Errorf("failed: %q", got)
	}
}
