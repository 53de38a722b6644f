package company

import (
	"slices"
	"strings"
	"time"
)

// A database of mailboxes.
type database string

func (db database) dn() string { return "CN=" + string(db) + ",CN=Databases," + adminGroupDN }

var (
	databases      = []database{"DB01-BER", "DB02-BER", "DB03-BER", "DB04-BER", "DB05-BER"}
	asianDatabases = []database{"DB06-SHA", "DB07-SHA"}
)

// servers are the Exchange servers with their dates of installation. BER-EX03 was rebuilt
// from the settings of BER-EX02.
var servers = []struct{ name, installed string }{
	{"BER-EX01", "2011-06-27 18:20:11"},
	{"BER-EX02", "2011-06-28 09:02:47"},
	{"BER-EX03", "2018-11-17 22:41:05"},
	{"SHA-EX01", "2013-04-08 03:15:32"},
}

// installExchange creates the organization in the Configuration partition, and its
// objects in the domain.
func (d *directory) installExchange() {
	for _, c := range []struct{ class, name, parent string }{
		{"container", "Services", ConfigurationDN},
		{"msExchConfigurationContainer", "Microsoft Exchange", servicesDN},
		{"msExchOrganizationContainer", "Northwind", "CN=Microsoft Exchange," + servicesDN},
		{"msExchTransportSettings", "Transport Settings", organizationDN},
		{"msExchContainer", "Accepted Domains", transportDN},
		{"msExchRecipientPolicies", "Recipient Policies", organizationDN},
		{"msExchRecipientPolicy", "Default Policy", "CN=Recipient Policies," + organizationDN},
		{"msExchAdminGroupContainer", "Administrative Groups", organizationDN},
		{"msExchAdminGroup", "Exchange Administrative Group (FYDIBOHF23SPDLT)", "CN=Administrative Groups," + organizationDN},
		{"msExchMDBContainer", "Databases", adminGroupDN},
		{"msExchServersContainer", "Servers", adminGroupDN},
	} {
		d.add(c.class, c.name, c.parent, installed)
	}
	for _, domain := range []string{Domain, asiaDomain, lusitaniaMail, musterMail, wislaMail, cloudDomain, "*.apps.northwind.example"} {
		accepted := d.add("msExchAcceptedDomain", domain, "CN=Accepted Domains,"+transportDN, installed)
		accepted.set("msExchAcceptedDomainName", domain)
	}
	for _, db := range slices.Concat(databases, asianDatabases) {
		d.add("msExchPrivateMDB", string(db), "CN=Databases,"+adminGroupDN, installed)
	}
	for _, s := range servers {
		d.installServer(s.name, at(s.installed))
	}
	for _, name := range []string{
		"SystemMailbox{1f05a927-6c1e-4b0f-8f6e-0c3f4f0c5a10}", "SystemMailbox{e0dc1c29-89c3-4034-b678-e6c29d823ed9}",
		"FederatedEmail.4c1f4d8b-8179-4148-93bf-00a95fa1e042", "DiscoverySearchMailbox {D919BA05-46A6-415f-80AD-7E09334BB852}",
	} {
		alias := strings.ReplaceAll(name, " ", "")
		e := d.add("user", name, usersDN, installed)
		e.set("sAMAccountName", d.free("SM_"+alias[len(alias)-13:len(alias)-1], `\`))
		e.set("userAccountControl", disabledAccount)
		e.set("userPrincipalName", alias+"@"+Domain)
		e.recipient(arbitration, alias, "SMTP:"+alias+"@"+Domain)
	}
	for _, name := range strings.Split("Price Lists,Trade Fairs,Customer Complaints,Calibration Certificates,Product Photos,Press Clippings,Canteen Menu,"+
		"Lost and Found,Works Council,Company Sports,Car Sharing,Fire Wardens,First Aiders,Ideas Box,Library,Job Board,Export Control,Patents", ",") {
		local := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
		d.folder(name, installed.AddDate(0, 1, 0), "SMTP:"+local+"@"+Domain)
	}
}

// installServer creates a server and its objects that receive mail.
func (d *directory) installServer(name string, since time.Time) {
	dn := serverDN(name)
	d.add("msExchExchangeServer", name, "CN=Servers,"+adminGroupDN, since)
	d.add("msExchInformationStore", "InformationStore", dn, since)

	attendant := d.add("exchangeAdminService", "Microsoft System Attendant", dn, since)
	attendant.recipient(systemAttendant, name+"-SA", "SMTP:"+name+"-SA@"+Domain)

	store := d.add("msExchPublicMDB", "Public Folder Store ("+name+")", "CN=InformationStore,"+dn, since)
	store.addresses("SMTP:"+name+"-IS@"+Domain,
		"X400:c=DE;a= ;p=Northwind;o=Exchange;s=Public Folder Store ("+name+");")
}

func serverDN(name string) string { return "CN=" + name + ",CN=Servers," + adminGroupDN }

func (d *directory) attendantOf(server string) *entry {
	return d.byDN["CN=Microsoft System Attendant,"+serverDN(server)]
}

func (d *directory) storeOf(server string) *entry {
	return d.byDN["CN=Public Folder Store ("+server+"),CN=InformationStore,"+serverDN(server)]
}
