package company

import "proxyaddr/conflicts"

// plantMerger plants the conflicts that the purchase of the subsidiaries left behind.
func (d *directory) plantMerger() {
	xaver := d.hire("München", "Engineering", "Xaver", "Huber", "2015-10-01 06:30:00")
	shadow := d.guest("Huber, Xaver (migration)", migrationOU, "xaver.huber@legacy."+musterMail, at("2019-03-09 23:12:45"),
		"SMTP:mig-xhuber@"+Domain, "smtp:xaver.huber@"+musterMail)
	d.plant(conflicts.Duplicate, "xaver.huber@xn--muster-mnchen-3ob.example",
		"The migration tool made a mail user for the time of the move and did not remove it.", xaver, shadow)

	sales := d.resource(sharedMailbox, "Vertrieb München", shared("München"), at("2019-03-11 08:00:00"), "SMTP:vertrieb@"+musterMail)
	dealers := d.group(distributionGroup, "Händlerbetreuung", siteNamed("München").unit("Groups"), at("2021-06-14 12:34:56"), d.staffOf("München", 8),
		"SMTP:haendler@"+musterMail, "smtp:vertrieb@muster-münchen.example")
	d.blemish(conflicts.EntraCharacter, dealers)
	d.plant(conflicts.Duplicate, "vertrieb@xn--muster-mnchen-3ob.example",
		"One domain in two spellings: the A-label and, typed by hand, the U-label.", sales, dealers)

	// One object in several conflicts, of which it keeps none.
	general := d.resource(sharedMailbox, "Geral", shared("Lisboa"), at("2017-01-09 09:00:00"), "SMTP:geral@"+lusitaniaMail)
	for _, desk := range []struct{ name, local string }{
		{"Comercial", "comercial"}, {"Compras", "compras"}, {"Controlo de Qualidade", "qualidade"},
	} {
		general.also("smtp:" + desk.local + "@" + lusitaniaMail)
		team := d.group(distributionGroup, desk.name, siteNamed("Lisboa").unit("Groups"), at("2018-04-16 10:10:10"), d.staffOf("Lisboa", 11), "SMTP:"+desk.local+"@"+lusitaniaMail)
		d.plant(conflicts.Duplicate, desk.local+"@lusitania-optica.example",
			"Everything came in at one mailbox before the move; then each team got its own list.", team, general)
	}

	michael := d.hire("Berlin", "Sales", "Michael", "Mertens", "2010-09-01 07:00:00")
	martina := d.hire("Berlin", "Finance", "Martina", "Mertens", "2014-02-03 07:00:00")
	martina.also("X500:/o=Nordwind/ou=First Administrative Group/cn=Recipients/cn=mmertens")
	d.plant(conflicts.NonSMTP, "/o=nordwind/ou=first administrative group/cn=recipients/cn=mmertens",
		"The move to the new organization took M. Mertens for M. Mertens.", michael, martina)
}
