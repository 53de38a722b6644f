package ldapscan_test

import (
	"context"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

const ownersLDIF = `dn: DC=contoso,DC=example
objectClass: domainDNS

dn: CN=gone\0ADEL:1,DC=contoso,DC=example
objectClass: contact
isDeleted: TRUE
proxyAddresses: smtp:x@contoso.example

dn: CN=Proxy,DC=contoso,DC=example
objectClass: contact
proxyAddresses: SMTP:X@contoso.example
mail: x@contoso.example

dn: CN=Mail,DC=contoso,DC=example
objectClass: contact
mail: x@contoso.example

dn: CN=Logon,DC=contoso,DC=example
objectClass: user
userPrincipalName: x@contoso.example

dn: CN=Target,DC=contoso,DC=example
objectClass: contact
targetAddress: SMTP:x@contoso.example

dn: CN=Legacy,DC=contoso,DC=example
objectClass: contact
legacyExchangeDN: /o=Contoso/cn=Recipients/cn=x

dn: CN=Other,DC=contoso,DC=example
objectClass: contact
proxyAddresses: x500:/O=contoso/cn=recipients/cn=X
proxyAddresses: SMTP:other@contoso.example
proxyAddresses: Bare@contoso.example

dn: CN=Bare Target,DC=contoso,DC=example
objectClass: contact
targetAddress: bare@contoso.example
`

// Every attribute counts, deleted objects are told apart, and an account that
// may not ask for them is still answered.
func TestLookupClaims(t *testing.T) {
	srv := serve(t, ldaptest.Config{Entries: strings.NewReader(ownersLDIF)})
	refuses := serve(t, ldaptest.Config{Entries: strings.NewReader(ownersLDIF)})
	refuses.Inject(ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnavailableCriticalExtension, Match: looking})
	wanted := conflicts.NewAddressSet(conflicts.ParseAddress("smtp:x@contoso.example"))
	for name, src := range map[string]ldapscan.Source{"server": open(t, config(srv)), "refused": open(t, config(refuses)), "export": export(t, ownersLDIF)} {
		claims := map[string]string{}
		for _, o := range lookup(t, src, "smtp:x@contoso.example") {
			for _, c := range wanted.Claims(o) {
				claims[strings.Split(o.DN, ",")[0]] += c.Attribute.String() + " "
			}
			if o.Deleted != strings.Contains(o.DN, "DEL:") {
				t.Errorf("%s: %s deleted: %v", name, o.DN, o.Deleted)
			}
		}
		legacy := lookup(t, src, "X500:/o=contoso/cn=Recipients/cn=x")
		if owners := conflicts.NewOwnersByAddress(legacy).Of(conflicts.ParseAddress("X500:/o=Contoso/cn=Recipients/cn=x")); len(owners) != 2 ||
			owners[0].Name() != "Other" || owners[1].Name() != "Legacy" || owners[1].Claims[0].Attribute != conflicts.LegacyExchangeDN {
			t.Errorf("%s: X500: %+v", name, owners)
		}
		for _, o := range lookup(t, src, "smtp:bare@contoso.example") {
			claims[o.Name()] += "untyped"
		}
		if claims["Other"] != "untyped" || claims["Bare Target"] != "untyped" {
			t.Errorf("%s: values without a type are not found: %v", name, claims)
		}
		delete(claims, "Other")
		delete(claims, "Bare Target")
		if claims["CN=Proxy"] != "proxyAddresses mail " || claims["CN=Mail"] != "mail " || claims["CN=Logon"] != "userPrincipalName " ||
			claims["CN=Target"] != "targetAddress " || len(claims) == 5 && claims[`CN=gone\0ADEL:1`] != "proxyAddresses " || len(claims) < 5 != (name == "refused") {
			t.Errorf("%s: %v", name, claims)
		}
	}
}

func looking(s ldaptest.Search) bool { return strings.Contains(s.Filter, "(userPrincipalName=x") }

// An answer that is not whole never means that an address is free.
func TestLookupIncomplete(t *testing.T) {
	const dn = "DC=contoso,DC=example"
	for name, tc := range map[string]struct {
		content string
		fault   ldaptest.Fault
		says    string
	}{
		"dropped":           {ownersLDIF, ldaptest.Fault{Kind: ldaptest.Drop, Match: looking}, dn},
		"busy":              {ownersLDIF, ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultBusy, Match: looking}, "busy"},
		"no paging control": {ownersLDIF, ldaptest.Fault{Kind: ldaptest.NoControl, Match: looking}, "without the paging control"},
		"late entries":      {ownersLDIF, ldaptest.Fault{Kind: ldaptest.Late, Match: looking}, "continued a search"},
		"refers to itself":  {ownersLDIF, ldaptest.Fault{Reference: "ldap://a/" + dn, Match: looking}, "refers to ldap://a/" + dn},
		"cookie dropped":    {ownersLDIF, ldaptest.Fault{Kind: ldaptest.Fail, Code: ldap.LDAPResultUnavailableCriticalExtension, Page: 2, Match: looking}, "MaxResultSetSize"},
		"nothing visible":   {strings.ReplaceAll(ownersLDIF, "x@contoso.example", "y@contoso.example"), ldaptest.Fault{}, "not one proxy address"},
		"mail visible":      {ownersLDIF, ldaptest.Fault{}, "not one proxy address"},
		"domain elsewhere":  {ownersLDIF + "\n" + configurationLDIF + childRefLDIF, ldaptest.Fault{}, "DC=child,DC=contoso,DC=example: no domain controller of child.contoso.example was read"},
	} {
		t.Run(name, func(t *testing.T) {
			content := tc.content
			if tc.says == "not one proxy address" {
				content = strings.ReplaceAll(content, "proxyAddresses:", "info:")
			}
			srv := serve(t, ldaptest.Config{Entries: strings.NewReader(content)})
			cfg := config(srv)
			cfg.PageSize = 1
			d := open(t, cfg)
			tc.fault.Times = -1
			srv.Inject(tc.fault)
			err := d.Lookup(context.Background(), []conflicts.Address{conflicts.ParseAddress("smtp:x@contoso.example")}, func(*conflicts.Object) {})
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
	for name, tc := range map[string]struct{ content, says string }{
		"cut":            {ownersLDIF + "\ndn: CN=more,DC=contoso,DC=example\nproxyAddr", "line 41"},
		"no addresses":   {"dn: CN=a,DC=contoso,DC=example\nobjectClass: contact\n", "not one proxy address"},
		"part of values": {ownersLDIF + "\ndn: CN=p,DC=contoso,DC=example\nproxyAddresses;range=0-0: SMTP:p@contoso.example\n", "only part"},
	} {
		err := export(t, tc.content).Lookup(context.Background(), []conflicts.Address{conflicts.ParseAddress("smtp:x@contoso.example")}, func(*conflicts.Object) {})
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("export, %s: %v, want %q", name, err, tc.says)
		}
	}
}

// What passes is looked up again, deleted objects with the others, and each is handed
// over once.
func TestLookupGoesOn(t *testing.T) {
	for name, fault := range map[string]ldaptest.Fault{
		"dropped":        {Kind: ldaptest.Drop, Page: 3, Match: looking},
		"late entries":   {Kind: ldaptest.Late, Page: 3, Match: looking},
		"cookie dropped": {Kind: ldaptest.Fail, Code: ldap.LDAPResultUnavailableCriticalExtension, Page: 3, Match: looking},
	} {
		srv := serve(t, ldaptest.Config{Entries: strings.NewReader(ownersLDIF)})
		cfg := config(srv)
		cfg.PageSize = 1
		d := open(t, cfg)
		srv.Inject(fault)
		if found := lookup(t, d, "smtp:x@contoso.example"); len(found) != 5 {
			t.Errorf("%s: %s", name, names(found))
		}
	}
}

// A directory without Exchange has no targetAddress, and so no index on it: to ask
// for it all the same makes Samba compare every object.
func TestLookupAsksForWhatTheSchemaHas(t *testing.T) {
	const schema = "\n" + configurationLDIF + `dn: CN=Enterprise Schema,CN=Partitions,CN=Configuration,DC=contoso,DC=example
objectClass: crossRef
nCName: CN=Schema,CN=Configuration,DC=contoso,DC=example
systemFlags: 1

dn: CN=Schema,CN=Configuration,DC=contoso,DC=example
objectClass: dMD

dn: CN=Proxy-Addresses,CN=Schema,CN=Configuration,DC=contoso,DC=example
objectClass: attributeSchema
lDAPDisplayName: proxyAddresses
`
	const target = `
dn: CN=Target-Address,CN=Schema,CN=Configuration,DC=contoso,DC=example
objectClass: attributeSchema
lDAPDisplayName: targetAddress
`
	for content, want := range map[string]bool{ownersLDIF + schema: false, ownersLDIF + schema + target: true} {
		srv := serve(t, ldaptest.Config{Entries: strings.NewReader(content)})
		d := open(t, config(srv))
		asked, targets := 0, 0
		srv.Inject(ldaptest.Fault{Kind: ldaptest.None, Times: -1, Match: func(s ldaptest.Search) bool {
			if looking(s) {
				asked++
				if strings.Contains(s.Filter, "(targetAddress=") {
					targets++
				}
			}
			return false
		}})
		lookup(t, d, "smtp:x@contoso.example")
		if asked == 0 || targets > 0 != want {
			t.Errorf("%d searches, %d for targetAddress, wanted %v", asked, targets, want)
		}
	}
}
