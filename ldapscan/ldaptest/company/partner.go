package company

// partners are suppliers and customers with their mail domains.
var partners = []struct{ name, domain string }{
	{"Sato Optical", "sato-optical.example"},
	{"Feinglas Jena", "feinglas-jena.example"},
	{"Atelier Bélanger", "atelier-belanger.example"},
	{"Van Houten Logistics", "vanhouten.example"},
	{"Delta Kalibrierung", "delta-kalibrierung.example"},
	{"Ege Metal", "egemetal.example"},
	{"Hai Phong Plastics", "haiphong-plastics.example"},
	{"Baltic Freight", "balticfreight.example"},
	{"Nile Instruments", "nile-instruments.example"},
	{"McAllister & Sons", "mcallister-sons.example"},
	{"Universität Musterstadt", "uni-musterstadt.example"},
	{"Zürn Präzision", "zuern.example"},
}

// meetPartners creates the contacts of partners, and guests, who can log on.
func (d *directory) meetPartners() {
	for i, p := range partners {
		for n := range 18 {
			l := sites[(i+n)%len(sites)].language
			given, surname := d.somebody(l)
			target := given.latin + "." + surname.latin + "@" + p.domain
			if d.issued[target] {
				continue
			}
			d.issued[target] = true
			display := l.join(given.native, surname.native) + " (" + p.name + ")"
			if n < 13 {
				d.contact(display, target, d.day(2012, 2025))
			} else {
				d.guest(display, guestsOU, target, d.day(2019, 2025), "SMTP:"+target)
			}
		}
	}
}

// deleteObjects creates the objects in the recycle bin: people who left, one of them with
// an address that is in use again, which is not a conflict, and some whose addresses
// would be proposed next.
func (d *directory) deleteObjects() {
	for i := range 44 {
		s := &sites[i%len(sites)]
		given, surname := d.somebody(s.language)
		d.deleted(s, given, surname, "SMTP:"+d.free(given.latin+"."+surname.latin, "@")+"@"+s.domain)
	}
	d.deleted(siteNamed("Göteborg"), parseName("Carola"), parseName("Lindqvist"),
		"SMTP:carola.lindqvist@"+Domain, "smtp:carola.lindqvist3@"+Domain)
	d.deleted(siteNamed("Kraków"), parseName("Katarzyna"), parseName("Wójtowicz"), "SMTP:katarzyna.wojtowicz3@"+Domain)
	d.deleted(siteNamed("Dublin"), parseName("Bob"), parseName("Keane"), "SMTP:bob.keane2@"+Domain)
}

// deleted creates the object that is left of a deleted account ([MS-ADTS] 3.1.1.5.5.1):
// renamed, moved and, because of the recycle bin, still with its addresses.
func (d *directory) deleted(s *site, given, surname name, addresses ...string) {
	display, parent := s.language.join(given.native, surname.native), s.department("Sales")
	guid := newGUID("deleted " + display + addresses[0])
	e := d.add("user", display+"\nDEL:"+guid.String(), deletedDN, d.day(2012, 2023))
	e.set("objectGUID", string(guid[:]))
	e.set("isDeleted", "TRUE")
	e.set("lastKnownParent", parent)
	e.set("msDS-LastKnownRDN", display)
	e.set("proxyAddresses", addresses...)
}
