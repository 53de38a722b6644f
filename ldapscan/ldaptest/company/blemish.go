package company

import "proxyaddr/conflicts"

// plantFindings plants a few of every kind of finding.
func (d *directory) plantFindings() {
	d.plantBadValues()
	d.plantPrimaries()

	long := d.group(distributionGroup, "Arbeitskreis Rückführbarkeit", groupsOU, at("2014-11-03 10:00:00"), d.staffOf("Berlin", 6),
		"SMTP:ak-rueckfuehrbarkeit@"+Domain, "smtp:arbeitskreis-rueckfuehrbarkeit-und-messunsicherheit-in-der-laengenmesstechnik@"+Domain)
	d.blemish(conflicts.TooLong, long)
	project := d.folder("Consórcio Europeu", at("2016-05-30 08:00:00"), "SMTP:consorcio@"+lusitaniaMail,
		"smtp:consorcio-europeu-para-a-normalizacao-dos-instrumentos-oticos-de-medicao@"+lusitaniaMail)
	d.blemish(conflicts.TooLong, project)
	// 38 characters, 72 bytes.
	committee := d.group(distributionGroup, "Επιτροπή Υγείας", siteNamed("Αθήνα").unit("Groups"), at("2020-09-14 07:00:00"), d.staffOf("Αθήνα", 5),
		"SMTP:health-committee.athens@"+Domain, "smtp:επιτροπη-υγειας-και-ασφαλειας-εργασιας@"+Domain)
	d.blemish(conflicts.TooLong, committee)

	const lawFirm = "northwind@kanzlei-feinschmidt.example"
	for _, subject := range []string{"Arbeitsrecht", "Patente", "Verträge"} {
		e := d.contact("Kanzlei Feinschmidt "+subject, lawFirm, at("2021-10-11 12:13:14"), "SMTP:kanzlei."+parseName(subject).latin+"@"+Domain)
		d.blemish(conflicts.RepeatedTarget, e)
	}
	for _, shift := range []string{"Early", "Late"} {
		e := d.guest("Reception "+shift+" Shift (Liffey Security)", guestsOU, "frontdesk@liffey-security.example", at("2023-12-01 09:00:00"),
			"SMTP:reception."+parseName(shift).latin+"@"+Domain)
		d.blemish(conflicts.RepeatedTarget, e)
	}
}

func (d *directory) plantBadValues() {
	type kinds []conflicts.FindingKind
	for _, bad := range []struct {
		place, given, surname, hired, value string
		kinds                               kinds
	}{
		{"Kraków", "Iwona", "Sadowska", "2012-04-02 07:00:00", "iwona.sadowska@" + wislaMail, kinds{conflicts.MalformedValue}},
		{"İzmir", "Bülent", "Tekin", "2018-08-13 06:00:00", "smtp:bulent.tekin", kinds{conflicts.MalformedValue}},
		{"Київ", "Оксана=oksana", "Савчук=savchuk", "2020-01-20 07:00:00", "smtp:o.savchuk@@" + Domain, kinds{conflicts.MalformedValue}},
		{"Montréal", "Gaëlle", "Thibault", "2016-03-07 13:00:00", "smtp:gthibault@northwind..example", kinds{conflicts.MalformedValue}},
		{"上海", "晓东=xiaodong", "郑=zheng", "2017-05-15 01:00:00", "smtp:", kinds{conflicts.MalformedValue}},

		{"Lisboa", "Filipa", "Neves", "2019-02-25 09:00:00", "smtp:fneves@" + lusitaniaMail + " ", kinds{conflicts.PaddedValue}},
		{"Αθήνα", "Άννα=anna", "Καραγιάννη=karagianni", "2021-06-21 07:00:00", "smtp :a.karagianni@" + Domain, kinds{conflicts.PaddedValue}},

		{"München", "Korbinian", "Gruber", "2013-09-02 06:00:00", "smtp:korbinian gruber@" + musterMail, kinds{conflicts.EntraCharacter}},
		{"Berlin", "Jürgen=juergen", "Lüdtke=luedtke", "2011-01-03 07:00:00", "smtp:jürgen.lüdtke@" + Domain, kinds{conflicts.EntraCharacter}},
		{"Kraków", "Wioletta", "Zając", "2015-07-06 06:00:00", "smtp:w.zając@" + Domain, kinds{conflicts.EntraCharacter}},
		{"Dublin", "Orla", "Brennan", "2018-10-01 09:00:00", "smtp:orla(payroll)@" + Domain, kinds{conflicts.EntraCharacter}},

		{"Hà Nội", "Kim Chi=chi", "Lâm", "2020-11-09 02:00:00", "smtp: chi.lam@" + asiaDomain, kinds{conflicts.PaddedValue, conflicts.DoubledAddress}},
		{"München", "Vroni", "Stadler", "2014-05-12 06:00:00", "smtp:vroni.stadler@muster-münchen.example", kinds{conflicts.EntraCharacter, conflicts.DoubledAddress}},
		{"Göteborg", "Ulla", "Ekdahl", "2010-02-01 07:00:00", "X500:/o=Svea Instrument/ou=First Administrative Group/cn=Recipients/cn=uekdahl ", kinds{conflicts.PaddedValue, conflicts.DoubledAddress}},
	} {
		e := d.hire(bad.place, "Sales", bad.given, bad.surname, bad.hired)
		e.also(bad.value)
		for _, kind := range bad.kinds {
			d.blemish(kind, e)
		}
	}
}

func (d *directory) plantPrimaries() {
	for _, person := range []struct{ place, given, surname, hired, before string }{
		{"Berlin", "Cornelia", "Arndt", "2012-08-06 07:00:00", "cornelia.pohl"},
		{"Lisboa", "Raquel", "Moreira", "2016-11-21 09:00:00", "raquel.cardoso"},
		{"Göteborg", "Frida", "Wallin", "2019-01-14 07:00:00", "frida.holmqvist"},
	} {
		e := d.hire(person.place, "Finance", person.given, person.surname, person.hired)
		old := person.before + "@" + siteNamed(person.place).domain
		e.also("smtp:" + old)
		e.set("mail", old)
		d.blemish(conflicts.MailDiffers, e)
	}
	for _, person := range []struct{ place, given, surname, hired, second string }{
		{"Kraków", "Zbigniew", "Sikora", "2013-10-07 07:00:00", "SMTP:zbigniew.sikora@precyzja." + wislaMail},
		{"東京", "恵=megumi", "藤田=fujita", "2014-04-01 00:00:00", "SMTP:fujita@" + asiaDomain},
		{"Montréal", "Réjean", "Lacroix", "2018-06-04 13:00:00", "SMTP:rlacroix@" + Domain},
	} {
		e := d.hire(person.place, "Engineering", person.given, person.surname, person.hired)
		e.also(person.second)
		d.blemish(conflicts.SeveralPrimaries, e)
	}

	for _, e := range []*entry{
		d.folder("Kantine Feedback", at("2012-02-29 12:00:00"), "smtp:kantine-feedback@"+Domain),
		d.group(distributionGroup, "Taşıma Servisi", siteNamed("İzmir").unit("Groups"), at("2022-03-21 08:00:00"), d.staffOf("İzmir", 12), "smtp:servis.izmir@"+Domain),
		d.contact("Dr. Nadia Haddad (auditor)", "n.haddad@audit-haddad.example", at("2020-06-30 10:00:00"), "smtp:auditor@"+Domain),
	} {
		d.blemish(conflicts.NoPrimary, e)
	}
}
