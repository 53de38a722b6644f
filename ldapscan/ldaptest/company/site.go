package company

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	asiaDomain    = "northwind-asia.example"
	lusitaniaMail = "lusitania-optica.example"
	musterMail    = "xn--muster-mnchen-3ob.example" // muster-münchen.example
	wislaMail     = "wisla-precyzja.example"
	nordwindMail  = "nordwind.example" // the name until 2011; mail for it is no longer accepted

	sitesOU     = "OU=Sites," + BaseDN
	groupsOU    = "OU=Groups," + BaseDN
	contactsOU  = "OU=Contacts," + BaseDN
	guestsOU    = "OU=Guests," + BaseDN
	leaversOU   = "OU=Disabled Users," + BaseDN
	servicesOU  = "OU=Service Accounts," + BaseDN
	migrationOU = "OU=Migration," + BaseDN
)

// A site has as many people with a mailbox as staff says, and workers with a logon but no
// mailbox.
type site struct {
	name, slug string
	language   *language
	staff      int
	workers    int
	// domain is the domain of new addresses. People who were there before the site joined
	// today's Exchange organization have an address in formerDomain, and an X500 address
	// of formerOrg.
	company, domain, formerDomain, formerOrg string
	joined                                   int // the year
	// moved tells that the mailboxes are in the cloud.
	moved bool
	rooms string
}

const northwind = "Northwind Instruments"

var departments = []string{"Engineering", "Finance", "Human Resources", "Logistics", "Production", "Sales"}

var sites = []site{
	{
		name: "Berlin", slug: "berlin", language: &german, staff: 330, workers: 60,
		company: northwind, domain: Domain, formerDomain: nordwindMail, formerOrg: "NORDWIND", joined: 2011,
		rooms: "Spree, Havel, Panke, Müggelsee",
	},
	{
		name: "München", slug: "muenchen", language: &german, staff: 120, workers: 30,
		company: "Muster Messtechnik", domain: musterMail,
		rooms: "Isar, Würm, Starnberger See",
	},
	{
		name: "Lisboa", slug: "lisboa", language: &portuguese, staff: 130, workers: 40,
		company: "Lusitânia Óptica", domain: lusitaniaMail, formerOrg: "Lusitania", joined: 2017,
		rooms: "Tejo, São Jorge, Belém",
	},
	{
		name: "Kraków", slug: "krakow", language: &polish, staff: 170, workers: 110,
		company: "Wisła Precyzja", domain: Domain, formerDomain: wislaMail, joined: 2019,
		rooms: "Wawel, Wisła=wisla, Kazimierz",
	},
	{
		name: "Αθήνα", slug: "athens", language: &greek, staff: 60,
		company: northwind, domain: Domain,
		rooms: "Ακρόπολη=akropoli, Πειραιάς=peiraias",
	},
	{
		name: "القاهرة", slug: "cairo", language: &arabic, staff: 60,
		company: northwind, domain: Domain,
		rooms: "النيل=nile, الجيزة=giza",
	},
	{
		name: "東京", slug: "tokyo", language: &japanese, staff: 110,
		company: northwind, domain: asiaDomain,
		rooms: "富士=fuji, 梅=ume, 松=matsu",
	},
	{
		name: "서울", slug: "seoul", language: &korean, staff: 60,
		company: northwind, domain: asiaDomain,
		rooms: "한강=hangang, 남산=namsan",
	},
	{
		name: "上海", slug: "shanghai", language: &chinese, staff: 120, workers: 90,
		company: northwind, domain: asiaDomain,
		rooms: "黄浦=huangpu, 外滩=bund, 豫园=yuyuan",
	},
	{
		name: "Hà Nội", slug: "hanoi", language: &vietnamese, staff: 70, workers: 60,
		company: northwind, domain: asiaDomain,
		rooms: "Hồ Gươm=hoguom, Sông Hồng=songhong",
	},
	{
		name: "İzmir", slug: "izmir", language: &turkish, staff: 90, workers: 70,
		company: northwind, domain: Domain,
		rooms: "Kordon, Çeşme, Bornova",
	},
	{
		name: "תל אביב", slug: "telaviv", language: &hebrew, staff: 50,
		company: northwind, domain: Domain,
		rooms: "ירקון=yarkon, יפו=jaffa",
	},
	{
		name: "Göteborg", slug: "goteborg", language: &swedish, staff: 110,
		company: northwind, domain: Domain, formerOrg: "Svea Instrument", joined: 2013, moved: true,
		rooms: "Älven, Liseberg, Öckerö",
	},
	{
		name: "København", slug: "kobenhavn", language: &danish, staff: 60,
		company: northwind, domain: Domain, moved: true,
		rooms: "Nyhavn, Øresund=oeresund",
	},
	{
		name: "Dublin", slug: "dublin", language: &irish, staff: 110,
		company: northwind, domain: Domain, moved: true,
		rooms: "Liffey, Howth, Dún Laoghaire",
	},
	{
		name: "Київ", slug: "kyiv", language: &ukrainian, staff: 60,
		company: northwind, domain: Domain,
		rooms: "Дніпро=dnipro, Поділ=podil",
	},
	{
		name: "Montréal", slug: "montreal", language: &french, staff: 80,
		company: northwind, domain: Domain, moved: true,
		rooms: "Mont-Royal, Saint-Laurent, Plateau",
	},
}

func siteNamed(name string) *site {
	return &sites[slices.IndexFunc(sites, func(s site) bool { return s.name == name })]
}

func (s *site) dn() string                    { return "OU=" + s.name + "," + sitesOU }
func (s *site) unit(name string) string       { return "OU=" + name + "," + s.dn() }
func (s *site) department(name string) string { return "OU=" + name + "," + s.unit("Users") }

// hire employs a person in a story.
func (d *directory) hire(place, department, given, surname, hired string) *entry {
	s := siteNamed(place)
	e := d.employ(s, s.department(department), parseName(given), parseName(surname), at(hired))
	e.set("department", department)
	return e
}

// hireLeaver employs a person who has left since.
func (d *directory) hireLeaver(place, given, surname, hired string) *entry {
	return d.employ(siteNamed(place), leaversOU, parseName(given), parseName(surname), at(hired)).leaver()
}

func (d *directory) openSites() {
	for i := range sites {
		s := &sites[i]
		opened := time.Date(2004+i/3, 3, 1, 9, 0, 0, 0, time.UTC)
		d.add("organizationalUnit", s.name, sitesOU, opened)
		for _, unit := range []string{"Users", "Resources", "Shared Mailboxes", "Groups"} {
			d.add("organizationalUnit", unit, s.dn(), opened)
		}
		for _, name := range departments {
			d.add("organizationalUnit", name, s.unit("Users"), opened)
		}
		d.furnish(s, opened)
		d.subscribe(s, opened, d.staff(s, opened.Year()+1))
	}
}

// staff fills a site with people and returns those who have a mailbox, by
// department.
func (d *directory) staff(s *site, from int) [][]*entry {
	people := make([][]*entry, len(departments))
	for range s.staff {
		n := d.random.IntN(len(departments))
		given, surname := d.somebody(s.language)
		e := d.employ(s, s.department(departments[n]), given, surname, d.day(from, 2025))
		e.set("department", departments[n])
		e.set("title", "Specialist "+departments[n])
		if len(people[n])%12 == 0 {
			e.set("title", "Manager "+departments[n])
		}
		if d.random.IntN(8) == 0 {
			e.ungoverned()
		}
		people[n] = append(people[n], e)
	}
	for range s.workers {
		given, surname := d.somebody(s.language)
		e := d.account(s, s.department("Production"), given, surname, d.day(from, 2025))
		e.set("userPrincipalName", "p"+e.values("employeeNumber")[0]+"@"+Domain)
	}
	for range s.staff / 15 {
		given, surname := d.somebody(s.language)
		d.employ(s, leaversOU, given, surname, d.day(from, 2020)).leaver()
	}
	return people
}

// furnish gives a site its rooms, equipment and shared mailboxes.
func (d *directory) furnish(s *site, opened time.Time) {
	for text := range strings.SplitSeq(s.rooms, ", ") {
		room := parseName(text)
		local := "room." + s.slug + "." + room.latin
		d.resource(roomMailbox, room.native, s.unit("Resources"), opened, "SMTP:"+local+"@"+s.domain, "sip:"+local+"@"+s.domain)
	}
	for n := range 1 + s.staff/50 {
		local := fmt.Sprintf("car.%s.%d", s.slug, n+1)
		d.resource(equipmentMailbox, fmt.Sprintf("Pool car %s %d", s.name, n+1), s.unit("Resources"), opened, "SMTP:"+local+"@"+s.domain)
	}
	for _, desk := range []string{"Reception", "Invoices", "Jobs", "Quality", "Service"} {
		local := strings.ToLower(desk) + "." + s.slug
		d.resource(sharedMailbox, desk+" "+s.name, s.unit("Shared Mailboxes"), opened, "SMTP:"+local+"@"+s.domain)
	}
}

// subscribe creates the groups of a site.
func (d *directory) subscribe(s *site, opened time.Time, staff [][]*entry) {
	d.group(distributionGroup, "DL "+s.name, s.unit("Groups"), opened, slices.Concat(staff...), "SMTP:all."+s.slug+"@"+s.domain)
	for n, name := range departments {
		slug := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
		d.group(distributionGroup, "DL "+s.name+" "+name, s.unit("Groups"), opened, staff[n], "SMTP:"+slug+"."+s.slug+"@"+s.domain)
		d.group(securityGroup, "SG "+s.name+" "+name+" Share", s.unit("Groups"), opened, staff[n])
	}
	d.dynamic("DDG "+s.name+" Managers", "(&(objectCategory=person)(l="+s.name+")(title=Manager*))", opened, "SMTP:managers."+s.slug+"@"+s.domain)
}
