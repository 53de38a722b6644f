package company

import "proxyaddr/conflicts"

// plantOtherConflicts plants addresses that are the same only to some: to the directory,
// across attributes, or to telephones.
func (d *directory) plantOtherConflicts() {
	d.plantCollations()
	d.plantCrossAttribute()
	d.plantTelephony()
}

func (d *directory) plantCollations() {
	jose := d.hire("Lisboa", "Sales", "José", "Ferraz", "2010-01-18 09:00:00")
	accented := d.hire("Lisboa", "Engineering", "José", "Ferraz", "2021-05-10 08:00:00")
	accented.also("smtp:josé.ferraz@" + lusitaniaMail)
	d.blemish(conflicts.EntraCharacter, accented)
	d.plant(conflicts.Collation, "jose.ferraz@lusitania-optica.example",
		"The second José asked for his accent, and the console saw no difference to worry about.", jose, accented)

	soren := d.hire("Dublin", "Engineering", "Soren", "Moller", "2020-07-06 09:00:00")
	soeren := d.hire("København", "Sales", "Søren=soeren", "Møller=moeller", "2017-02-13 08:00:00")
	soeren.also("smtp:søren.møller@" + Domain)
	d.blemish(conflicts.EntraCharacter, soeren)
	d.plant(conflicts.Collation, "soren.moller@northwind.example",
		"To the directory ø is an o with a mark.", soren, soeren)

	affairs := d.resource(sharedMailbox, "総務部", shared("東京"), at("2015-04-01 00:30:00"), "SMTP:somu@"+asiaDomain)
	staff := d.group(distributionGroup, "総務部メンバー", siteNamed("東京").unit("Groups"), at("2019-10-01 01:00:00"), d.staffOf("東京", 7),
		"SMTP:somu-members@"+asiaDomain, "smtp:ｓｏｍｕ@"+asiaDomain)
	d.plant(conflicts.Collation, "somu@northwind-asia.example",
		"Typed with the input method left on: full-width letters.", affairs, staff)

	cherry := d.resource(roomMailbox, "さくら", siteNamed("東京").unit("Resources"), at("2016-06-01 02:00:00"), "SMTP:room.tokyo.sakura1@"+asiaDomain, "smtp:さくら@"+asiaDomain)
	blossom := d.resource(roomMailbox, "サクラ", siteNamed("東京").unit("Resources"), at("2022-06-01 02:00:00"), "SMTP:room.tokyo.sakura2@"+asiaDomain, "smtp:サクラ@"+asiaDomain)
	d.plant(conflicts.Collation, "さくら@northwind-asia.example",
		"Two meeting rooms told apart by hiragana and katakana, which the directory does not.", cherry, blossom)
}

func (d *directory) plantCrossAttribute() {
	ana := d.hire("Lisboa", "Finance", "Ana", "Lourenço", "2018-09-03 08:00:00")
	trainee := d.account(siteNamed("Lisboa"), siteNamed("Lisboa").department("Production"), parseName("Ana Rita=ana"), parseName("Lourenço"), at("2025-09-01 05:00:03"))
	trainee.set("userPrincipalName", "p"+trainee.values("employeeNumber")[0]+"@"+Domain)
	trainee.set("mail", "ana.lourenco@"+lusitaniaMail)
	d.plant(conflicts.CrossAttribute, "ana.lourenco@lusitania-optica.example",
		"The HR feed guessed the mail of a trainee who has no mailbox.", ana, trainee)

	robot := d.service("helpdesk")
	desk := d.resource(sharedMailbox, "IT Helpdesk", shared("Berlin"), at("2016-02-22 12:00:00"), "SMTP:helpdesk@"+Domain)
	d.plant(conflicts.CrossAttribute, "helpdesk@northwind.example",
		"The ticket system logs on with the address of the mailbox that it empties.", desk, robot)

	married := d.hire("Berlin", "Human Resources", "Julia", "Brandt", "2015-05-18 07:00:00")
	married.set("displayName", "Sommer, Julia")
	married.set("sn", "Sommer")
	married.addresses("SMTP:julia.sommer@"+Domain, "sip:julia.sommer@"+Domain)
	newcomer := d.hire("Berlin", "Sales", "Julia", "Brandt", "2025-01-07 06:00:04")
	newcomer.addresses("SMTP:julia.brandt@" + Domain)
	d.plant(conflicts.CrossAttribute, "julia.brandt@northwind.example",
		"She married and kept her logon name; her old address was free, or seemed to be.", newcomer, married)

	press := d.resource(sharedMailbox, "Presse", shared("Berlin"), at("2012-10-15 10:00:00"), "SMTP:presse@"+Domain)
	agency := d.add("contact", "Presseagentur", contactsOU, at("2024-04-04 14:04:00"))
	agency.set("displayName", "Presseagentur")
	agency.set("mail", "presse@"+Domain)
	d.plant(conflicts.CrossAttribute, "presse@northwind.example",
		"An address book was imported as contacts that have mail and nothing else.", press, agency)
}

func (d *directory) plantTelephony() {
	north := d.resource(roomMailbox, "Konferenz Nord", siteNamed("Berlin").unit("Resources"), at("2018-01-15 09:00:00"), "SMTP:konferenz.nord@"+Domain, "sip:konferenz@"+Domain)
	south := d.resource(roomMailbox, "Konferenz Süd", siteNamed("Berlin").unit("Resources"), at("2018-01-15 09:20:00"), "SMTP:konferenz.sued@"+Domain, "sip:Konferenz@"+Domain)
	d.plant(conflicts.NonSMTP, "konferenz@northwind.example",
		"The settings of one conference phone were copied to the next.", north, south)

	left := d.hireLeaver("Berlin", "Horst", "Kessler", "2009-07-01 07:00:00")
	left.also("eum:4711;phone-context=Berlin.northwind.example")
	follows := d.hire("Berlin", "Logistics", "Nadine", "Vogt", "2021-11-02 07:00:00")
	follows.also("eum:4711;phone-context=Berlin.northwind.example")
	d.plant(conflicts.NonSMTP, "4711;phone-context=berlin.northwind.example",
		"The extension was given on, the old voice mail address stayed.", follows, left)
}
