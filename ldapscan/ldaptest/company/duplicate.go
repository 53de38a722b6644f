package company

import "proxyaddr/conflicts"

// shared returns the OU of a site's shared mailboxes.
func shared(place string) string { return siteNamed(place).unit("Shared Mailboxes") }

// staffOf returns up to n people of a site, for the groups of a story.
func (d *directory) staffOf(place string, n int) (people []*entry) {
	for _, e := range d.entries {
		l := e.values("l")
		if len(people) < n && len(l) == 1 && l[0] == place && len(e.values("proxyAddresses")) > 0 {
			people = append(people, e)
		}
	}
	return people
}

// plantDuplicates plants the duplicates that feeds, consoles and policies made in the
// company itself.
func (d *directory) plantDuplicates() {
	first := d.hire("Göteborg", "Sales", "Carola", "Lindqvist", "2012-02-06 08:14:31")
	second := d.hire("Göteborg", "Logistics", "Carola", "Lindqvist", "2024-09-02 06:00:07")
	second.addresses("SMTP:carola.lindqvist@"+Domain, "smtp:carola.lindqvist2@"+cloudDomain)
	d.plant(conflicts.Duplicate, "carola.lindqvist@northwind.example",
		"The HR feed hired a second Carola Lindqvist and wrote given name and surname into her addresses.", first, second)

	mailbox := d.resource(sharedMailbox, "Bewerbung", shared("Berlin"), at("2023-05-15 09:41:12"), "SMTP:bewerbung@"+Domain)
	mailbox.written(1, at("2023-05-15 09:41:12"), "BER-DC01")
	team := d.group(distributionGroup, "Bewerbungen", groupsOU, at("2023-05-15 09:40:50"), d.staffOf("Berlin", 120), "SMTP:bewerbung@"+Domain)
	team.written(1, at("2023-05-15 09:40:50"), "BER-DC02")
	d.plant(conflicts.Duplicate, "bewerbung@northwind.example",
		"Two administrators answered one ticket within a minute, each on a domain controller of its own.", mailbox, team)
	d.evidence(conflicts.Race)

	seller := d.hire("Berlin", "Sales", "Markus", "Thelen", "2019-04-01 07:30:00")
	consultant := d.contact("Thelen, Markus (Thelen Consulting)", "markus@thelen-consulting.example", at("2017-10-09 13:02:44"))
	consultant.also("smtp:Markus.Thelen@Northwind.example")
	consultant.written(2, at("2021-06-30 14:05:51"), "BER-DC02")
	seller.written(5, at("2022-11-08 10:33:17"), "BER-DC01")
	d.plant(conflicts.Duplicate, "markus.thelen@northwind.example",
		"The default policy stamped the contact of a consultant, who was employed later.", seller, consultant)
	d.evidence(conflicts.ContactAndMailbox)

	desk := d.resource(sharedMailbox, "Support", shared("Berlin"), at("2020-02-10 10:20:30"), "SMTP:support@"+Domain, "sip:support@"+Domain)
	folder := d.folder("Support", at("2011-09-05 15:00:00"), "SMTP:support@"+Domain)
	d.plant(conflicts.Duplicate, "support@northwind.example",
		"The public folder was to be retired when the shared mailbox came, and is still there.", desk, folder)

	store := d.storeOf("BER-EX01")
	monitor := d.service("svc-monitoring")
	monitor.recipient(userMailbox, "svc-monitoring", "SMTP:svc-monitoring@"+Domain, "smtp:ber-ex01-is@"+Domain)
	monitor.written(3, at("2013-09-24 12:31:07"), "BER-DC00")
	d.plant(conflicts.Duplicate, "ber-ex01-is@northwind.example",
		"Monitoring was to see what the public folder store receives (KB 318774).", store, monitor)

	attendant, copied := d.attendantOf("BER-EX02"), d.attendantOf("BER-EX03")
	copied.addresses("SMTP:BER-EX02-SA@"+Domain, "smtp:BER-EX03-SA@"+Domain)
	d.plant(conflicts.Duplicate, "ber-ex02-sa@northwind.example",
		"BER-EX03 was rebuilt from the settings of BER-EX02. Neither attendant can be changed by a fix file.", attendant, copied)

	purchasing := d.resource(sharedMailbox, "Einkauf", shared("Berlin"), at("2013-01-14 08:00:00"), "SMTP:einkauf@"+Domain)
	buyers := d.group(distributionGroup, "Einkauf Team", groupsOU, at("2012-03-19 11:25:00"), d.staffOf("Berlin", 14), "SMTP:einkauf-team@"+Domain, "smtp:einkauf@"+Domain)
	portal := d.contact("Einkaufsportal (Feinglas Jena)", "northwind@portal.feinglas-jena.example", at("2022-08-01 09:09:09"))
	portal.also("smtp:einkauf@" + Domain)
	d.plant(conflicts.Duplicate, "einkauf@northwind.example",
		"Team, mailbox and supplier portal were each to receive orders.", purchasing, buyers, portal)

	organizers := d.group(distributionGroup, "Events", groupsOU, at("2018-05-07 12:00:00"), d.staffOf("Dublin", 9), "SMTP:events@"+Domain)
	gone := d.hireLeaver("Dublin", "Ruth", "Delaney", "2012-06-18 09:00:00")
	gone.also("smtp:events@" + Domain)
	calendar := d.folder("Events Calendar", at("2011-10-12 08:45:00"), "SMTP:events-calendar@"+Domain, "smtp:events@"+Domain)
	everybody := d.dynamic("Events Invitees", "(&(objectCategory=person)(mailNickname=*))", at("2021-03-03 14:30:00"), "SMTP:events-invitees@"+Domain, "smtp:Events@"+Domain)
	d.plant(conflicts.Duplicate, "events@northwind.example",
		"Each reorganization of the events team added the address to something new.", organizers, gone, calendar, everybody)

	d.plantTriangle()

	leaver := d.hireLeaver("Kraków", "Katarzyna", "Wójtowicz", "2013-03-11 07:45:00")
	leaver.addresses("SMTP:katarzyna.wojtowicz@" + Domain)
	successor := d.hire("Kraków", "Finance", "Katarzyna", "Wójtowicz", "2025-06-02 06:00:05")
	successor.addresses("SMTP:katarzyna.wojtowicz@" + Domain)
	leaver.stamp(isDeleted, 2, at("2025-06-03 08:12:40"), "BER-DC01")
	d.plant(conflicts.Duplicate, "katarzyna.wojtowicz@northwind.example",
		"The account of a leaver was deleted, a colleague of the same name started, and the account was restored for its mailbox.", successor, leaver)
	d.evidence(conflicts.Restored)

	bob := d.hire("Dublin", "Engineering", "Bob", "Keane", "2016-11-07 09:12:00")
	admin := d.guest("Bob Keane (Admin)", servicesOU, "bob.keane@"+cloudDomain, at("2021-01-25 10:00:00"),
		"SMTP:adm-bkeane@"+Domain, "smtp: bob.keane@"+Domain)
	d.blemish(conflicts.PaddedValue, admin)
	d.blemish(conflicts.RepeatedTarget, admin) // he reads both in one place
	d.blemish(conflicts.RepeatedTarget, bob)
	d.plant(conflicts.Duplicate, "bob.keane@northwind.example",
		"A script split the address list of his second account at commas and left the spaces.", bob, admin)

	administrator := d.byDN["CN=Administrator,"+usersDN]
	administrator.recipient(userMailbox, "Administrator", "SMTP:administrator@"+Domain, "smtp:postmaster@"+Domain)
	administrator.written(2, installed, "BER-DC00")
	postmasters := d.group(distributionGroup, "Postmaster", groupsOU, at("2014-07-21 16:16:16"), d.staffOf("Berlin", 4), "SMTP:postmaster@"+Domain)
	d.plant(conflicts.Duplicate, "postmaster@northwind.example",
		"Exchange was installed with Administrator as postmaster; the group came when several were to read it.", administrator, postmasters)

	klaus := d.hire("Berlin", "Production", "Klaus", "Schulze", "2009-05-04 07:00:00")
	klaus.also("smtp:k.schulze@" + nordwindMail)
	karin := d.hire("Berlin", "Logistics", "Karin", "Schulze", "2010-03-15 07:00:00")
	karin.also("smtp:k.schulze@" + nordwindMail)
	d.plant(conflicts.Duplicate, "k.schulze@nordwind.example",
		"Addresses had an initial until 2011. Mail for the old name of the company is not accepted any more.", klaus, karin)

	// Created in one second, so that only the objectGUID decides.
	lan := d.hire("Hà Nội", "Production", "Ngọc Lan=lan", "Dương", "2022-10-03 02:00:01")
	otherLan := d.hire("Hà Nội", "Production", "Thị Lan=lan", "Dương", "2022-10-03 02:00:01")
	otherLan.addresses("SMTP:Lan.Duong@" + asiaDomain)
	d.plant(conflicts.Duplicate, "lan.duong@northwind-asia.example",
		"Two of the forty people who were imported at the opening of the hall.", lan, otherLan)
}

// plantTriangle plants the addresses that Exchange 2000 gave to a third namesake: it
// checked a candidate against the first hit only (KB 315900).
func (d *directory) plantTriangle() {
	a := d.hire("Göteborg", "Engineering", "Roger", "Svensson", "2011-08-15 07:05:00")
	b := d.hire("Göteborg", "Production", "Roger", "Svensson", "2016-01-11 07:10:00")
	c := d.hire("Göteborg", "Finance", "Roger", "Svensson", "2023-02-20 06:00:06")
	c.addresses("SMTP:roger.svensson2@"+Domain, "smtp:roger.svensson@"+Domain, "smtp:roger.svensson3@"+cloudDomain)
	d.plant(conflicts.Duplicate, "roger.svensson@northwind.example",
		"The third of the name got the address of the first.", a, c)
	d.plant(conflicts.Duplicate, "roger.svensson2@northwind.example",
		"Counted up by hand, he got that of the second.", b, c)
}
