package company

import (
	"strings"
	"time"
)

const (
	usersDN         = "CN=Users," + BaseDN
	systemObjectsDN = "CN=Microsoft Exchange System Objects," + BaseDN
	deletedDN       = "CN=Deleted Objects," + BaseDN
	schemaDN        = "CN=Schema," + ConfigurationDN
	servicesDN      = "CN=Services," + ConfigurationDN
	organizationDN  = "CN=Northwind,CN=Microsoft Exchange," + servicesDN
	transportDN     = "CN=Transport Settings," + organizationDN
	adminGroupDN    = "CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups," + organizationDN
)

var (
	founded   = time.Date(2004, 2, 16, 8, 30, 0, 0, time.UTC)  // the forest
	installed = time.Date(2011, 6, 27, 17, 45, 0, 0, time.UTC) // the Exchange organization of today
)

// foundForest creates the partitions and the containers of the domain.
func (d *directory) foundForest() {
	d.add("domainDNS", "northwind", "DC=example", founded)
	d.add("configuration", "Configuration", BaseDN, founded)
	d.add("dMD", "Schema", ConfigurationDN, founded)
	address := d.add("attributeSchema", "Proxy-Addresses", schemaDN, founded)
	address.set("lDAPDisplayName", "proxyAddresses")
	address.set("attributeID", "1.2.840.113556.1.2.210")
	address.set("isMemberOfPartialAttributeSet", "TRUE")

	d.add("crossRefContainer", "Partitions", ConfigurationDN, founded)
	for _, partition := range []struct{ name, dn, flags string }{
		{"NORTHWIND", BaseDN, "3"}, {"Enterprise Configuration", ConfigurationDN, "1"}, {"Enterprise Schema", schemaDN, "1"},
	} {
		ref := d.add("crossRef", partition.name, "CN=Partitions,"+ConfigurationDN, founded)
		ref.set("nCName", partition.dn)
		ref.set("dnsRoot", Domain)
		ref.set("systemFlags", partition.flags)
	}
	d.add("sitesContainer", "Sites", ConfigurationDN, founded)
	for i := range sites {
		name := strings.ToUpper(sites[i].slug)
		d.add("site", name, "CN=Sites,"+ConfigurationDN, founded)
		d.add("serversContainer", "Servers", "CN="+name+",CN=Sites,"+ConfigurationDN, founded)
	}

	for _, name := range []string{"Users", "Deleted Objects", "Microsoft Exchange System Objects"} {
		d.add("container", name, BaseDN, founded)
	}
	d.byDN[deletedDN].set("isDeleted", "TRUE")
	for _, dn := range []string{sitesOU, groupsOU, contactsOU, guestsOU, leaversOU, servicesOU, migrationOU, "OU=Domain Controllers," + BaseDN} {
		name := strings.TrimSuffix(strings.TrimPrefix(dn, "OU="), ","+BaseDN)
		d.add("organizationalUnit", name, BaseDN, founded)
	}
	for _, dc := range []struct{ name, site string }{{"BER-DC01", "BERLIN"}, {"BER-DC02", "BERLIN"}, {"SHA-DC01", "SHANGHAI"}} {
		d.installController(dc.name, "CN=Servers,CN="+dc.site+",CN=Sites,"+ConfigurationDN)
	}
	for _, name := range []string{"Administrator", "Guest", "krbtgt"} {
		account := d.add("user", name, usersDN, founded)
		account.set("sAMAccountName", d.free(name, `\`))
		account.set("userAccountControl", disabledAccount)
		account.set("isCriticalSystemObject", "TRUE")
	}
	d.byDN["CN=Administrator,"+usersDN].set("userAccountControl", serviceAccount)
	for _, name := range []string{"Domain Admins", "Domain Users", "Enterprise Admins", "Schema Admins"} {
		group := d.add("group", name, usersDN, founded)
		group.set("sAMAccountName", d.free(name, `\`))
		group.set("isCriticalSystemObject", "TRUE")
	}
	for _, name := range []string{"svc-proxyaddr", "svc-backup", "svc-scan2mail", "svc-hrfeed", "svc-adsync", "svc-printing"} {
		d.service(name)
	}
}

// installController creates a domain controller with its objects for replication.
// BER-DC00, which wrote until 2015, is gone.
func (d *directory) installController(name, servers string) {
	host := strings.ToLower(name) + "." + Domain
	dc := d.add("computer", name, "OU=Domain Controllers,"+BaseDN, founded)
	dc.set("sAMAccountName", name+"$")
	dc.set("userAccountControl", "532480")
	dc.set("dNSHostName", host)
	dc.set("isCriticalSystemObject", "TRUE")
	server := d.add("server", name, servers, founded)
	server.set("dNSHostName", host)
	server.set("serverReference", dc.dn)
	id := invocationID(name)
	d.add("nTDSDSA", "NTDS Settings", server.dn, founded).set("invocationId", string(id[:]))
}

// service creates an account that a program logs on with.
func (d *directory) service(name string) *entry {
	e := d.add("user", name, servicesOU, installed)
	e.set("sAMAccountName", d.free(name, `\`))
	e.set("userPrincipalName", d.free(name, "@")+"@"+Domain)
	e.set("userAccountControl", serviceAccount)
	return e
}
