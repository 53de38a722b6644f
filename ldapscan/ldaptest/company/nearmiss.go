package company

// plantNearMisses plants what careless tools report although it is in order.
func (d *directory) plantNearMisses() {
	// Similar, but not the same to any mail system or directory.
	d.hire("Dublin", "Finance", "Siobhán", "O'Brien=o'brien", "2017-03-20 09:00:00")
	d.hire("Dublin", "Sales", "Siobhán", "OBrien", "2022-05-03 09:00:00")
	d.hire("Göteborg", "Sales", "Björn", "Lind", "2015-02-02 07:00:00")
	d.hire("Berlin", "Sales", "Björn=bjoern", "Lind", "2016-02-01 07:00:00")
	d.resource(sharedMailbox, "Web Shop", shared("Berlin"), at("2019-07-01 09:00:00"), "SMTP:shop@"+Domain, "smtp:webshop@"+Domain)
	d.resource(sharedMailbox, "Web Shop Returns", shared("Berlin"), at("2019-07-01 09:05:00"), "SMTP:shop+returns@"+Domain)

	// One alias in each domain.
	d.resource(sharedMailbox, "Info", shared("Berlin"), at("2011-07-04 08:00:00"), "SMTP:info@"+Domain)
	d.resource(sharedMailbox, "Info Muster", shared("München"), at("2019-03-11 08:10:00"), "SMTP:info@"+musterMail)
	d.resource(sharedMailbox, "Informações", shared("Lisboa"), at("2017-01-09 09:05:00"), "SMTP:info@"+lusitaniaMail)
	d.resource(sharedMailbox, "Informacja", shared("Kraków"), at("2018-01-08 09:05:00"), "SMTP:info@"+wislaMail)
	d.resource(sharedMailbox, "インフォメーション", shared("東京"), at("2015-04-01 00:40:00"), "SMTP:info@"+asiaDomain)

	// One address for calls and, on another object, for mail.
	d.resource(roomMailbox, "Hotline Room", siteNamed("Dublin").unit("Resources"), at("2020-01-06 09:00:00"), "SMTP:room.dublin.hotline@"+Domain, "sip:hotline@"+Domain)
	d.group(distributionGroup, "Hotline", groupsOU, at("2020-01-06 09:10:00"), d.staffOf("Dublin", 10), "SMTP:hotline@"+Domain)

	// Parentheses, apostrophes, colons and commas belong to an X500 address.
	orla := d.hire("Dublin", "Logistics", "Orlaith", "D'Arcy=d'arcy", "2013-05-13 09:00:00")
	orla.also("X500:/o=Northwind/ou=External (FYDIBOHF25SPDLT)/cn=Recipients/cn=Orlaith D'Arcy (Dublin): Freight, Customs")

	// Names that some tools take for built-in accounts.
	d.resource(sharedMailbox, "Guest Relations", shared("Montréal"), at("2018-04-03 13:00:00"), "SMTP:guest.relations@"+Domain)
	d.group(distributionGroup, "Administrative Assistants", groupsOU, at("2013-09-30 09:00:00"), d.staffOf("Montréal", 13), "SMTP:administrative.assistants@"+Domain)

	// Top-level domains that no list of ten years ago knew.
	d.contact("Werkfeuerwehr Adlershof", "leitstelle@werkfeuerwehr.test", at("2022-02-22 10:00:00"))
	d.contact("Museum für Messtechnik", "fuehrungen@messmuseum.example", at("2023-03-27 10:00:00"))

	// Mail that is forwarded to a colleague's address is no second claim to it.
	d.guest("Élodie Marchand (leave)", guestsOU, "siobhan.obrien@"+Domain, at("2024-07-01 09:00:00"), "SMTP:elodie.marchand@"+Domain)
}
