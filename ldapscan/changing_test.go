package ldapscan_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

const (
	changingRoot = "DC=contoso,DC=example"
	changingDSA  = "CN=NTDS Settings,CN=%s,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration," + changingRoot
)

// changingHead is a domain and a configuration partition with the domain controllers dc1
// and dc2. The databases of both are the n-th that they have.
func changingHead(n int) (head string) {
	for dc := 1; dc <= 2; dc++ {
		head += fmt.Sprintf("dn: "+changingDSA+"\nobjectClass: nTDSDSA\ninvocationId: {%08d-0000-0000-0000-000000000000}\n\n", fmt.Sprintf("DC%d", dc), 10*n+dc)
	}
	return changingPartitions + head
}

const changingPartitions = rootLDIF + configurationLDIF + `dn: CN=Deleted Objects,DC=contoso,DC=example
objectClass: container
isDeleted: TRUE

`

// A changing directory is one that chance changes.
type changing struct {
	t       *testing.T
	chance  *rand.Rand
	srv     *ldaptest.Server
	host    string
	objects []*member
	units   []string // below which objects are, parents before children
	fixed   int      // of these, how many are never moved
	did     []string
	n       int // makes names
	copies  int
}

// A member is an object of it.
type member struct {
	dn      string
	lines   []string // attributes with addresses, as written
	deleted bool     // a tombstone that can be seen
}

func newChanging(t *testing.T, seed uint64) *changing {
	c := &changing{t: t, chance: rand.New(rand.NewPCG(seed, 4)), host: "dc1.contoso.example",
		units: []string{"OU=Staff," + changingRoot, "OU=Other," + changingRoot}, fixed: 2}
	content := changingHead(0)
	for range 4 {
		c.units = append(c.units, fmt.Sprintf("OU=Unit %d,%s", len(c.units), c.units[c.chance.IntN(len(c.units))]))
	}
	for _, dn := range c.units {
		content += "dn: " + dn + "\nobjectClass: organizationalUnit\n\n"
	}
	for range 30 {
		m := c.newMember()
		content += "dn: " + m.dn + "\nobjectClass: contact\n" + strings.Join(m.lines, "\n") + "\n\n"
	}
	c.serve(content)
	return c
}

func (c *changing) serve(content string) {
	c.srv = serve(c.t, ldaptest.Config{Host: c.host, Entries: strings.NewReader(content), Stamps: true})
}

// open reads in small pages.
func (c *changing) open() *ldapscan.Forest {
	cfg := config(c.srv)
	cfg.PageSize = 2
	return openForest(c.t, cfg)
}

// copied is the directory as another server holds it, or the same one after it was
// restored: with other numbers.
func (c *changing) copied(host string) {
	c.copies++
	content := changingHead(c.copies)
	for _, dn := range c.units {
		content += "dn: " + dn + "\nobjectClass: organizationalUnit\n\n"
	}
	for _, m := range c.objects {
		if m.deleted {
			content += "dn: " + m.dn + "\nobjectClass: contact\nisDeleted: TRUE\n" + strings.Join(m.lines, "\n") + "\n\n"
			continue
		}
		content += "dn: " + m.dn + "\nobjectClass: contact\n" + strings.Join(m.lines, "\n") + "\n\n"
	}
	c.host = host
	c.serve(content)
}

// value is an attribute with an address out of few.
func (c *changing) value() string {
	address := fmt.Sprintf("a%d@contoso.example", c.chance.IntN(40))
	switch c.chance.IntN(20) {
	case 0:
		return "mail: " + address
	case 1:
		return "userPrincipalName: " + strings.ToUpper(address)
	case 2:
		return "targetAddress: SMTP:" + address
	case 3:
		return "proxyAddresses: sip:" + address
	case 4:
		return "proxyAddresses:: " + base64Of("smtp: "+address)
	case 5:
		return "proxyAddresses:: " + base64Of(fmt.Sprintf("smtp:a%d@m\u00fcller.example", c.chance.IntN(4)))
	case 6:
		return fmt.Sprintf("proxyAddresses: smtp:a%d@xn--mller-kva.example", c.chance.IntN(4))
	case 7:
		return "proxyAddresses: SMTP:" + address
	case 8:
		return fmt.Sprintf("legacyExchangeDN: /o=C/cn=a%d", c.chance.IntN(9))
	case 9:
		return fmt.Sprintf("proxyAddresses: X500:/O=c/cn=A%d", c.chance.IntN(9))
	}
	return "proxyAddresses: smtp:" + address
}

func (c *changing) newMember() *member {
	c.n++
	m := &member{dn: fmt.Sprintf("CN=c%d,%s", c.n, c.units[c.chance.IntN(len(c.units))]),
		lines: []string{fmt.Sprintf("objectGUID:: %s", base64Of(fmt.Sprintf("%016d", c.n))), fmt.Sprintf("proxyAddresses: SMTP:own%d@contoso.example", c.n)}}
	for range c.chance.IntN(3) {
		m.add(c.value())
	}
	c.objects = append(c.objects, m)
	return m
}

// add gives a member a value, or reports false if it cannot have it.
func (m *member) add(line string) bool {
	attribute, _, _ := strings.Cut(line, ":")
	for _, l := range m.lines {
		has, _, _ := strings.Cut(l, ":")
		if strings.EqualFold(l, line) || has == attribute && attribute != "proxyAddresses" {
			return false
		}
	}
	m.lines = append(m.lines, line)
	return true
}

func (c *changing) apply(change string) {
	c.t.Helper()
	c.did = append(c.did, strings.TrimSpace(strings.ReplaceAll(change, "\n", " | ")))
	if err := c.srv.Apply(strings.NewReader(change)); err != nil {
		c.t.Fatalf("%v, after\n%s", err, strings.Join(c.did, "\n"))
	}
}

func modify(dn, format string, args ...any) string {
	return "dn: " + dn + "\nchangetype: modify\n" + fmt.Sprintf(format, args...)
}

func rename(dn, rdn, parent string) string {
	return fmt.Sprintf("dn: %s\nchangetype: modrdn\nnewrdn: %s\ndeleteoldrdn: 1\nnewsuperior: %s\n", dn, rdn, parent)
}

// happen changes the directory once.
func (c *changing) happen() {
	m := c.objects[c.chance.IntN(len(c.objects))]
	rdn, parent, _ := strings.Cut(m.dn, ",")
	what := c.chance.IntN(12)
	if m.deleted {
		what = 11
	}
	switch what {
	case 0, 1, 2: // an address is added
		if line := c.value(); m.add(line) {
			attribute, _, _ := strings.Cut(line, ":")
			c.apply(modify(m.dn, "add: %s\n%s\n-\n", attribute, line))
		}
	case 3, 4: // one is removed
		if i := c.chance.IntN(len(m.lines)); i > 0 {
			attribute, _, _ := strings.Cut(m.lines[i], ":")
			c.apply(modify(m.dn, "delete: %s\n%s\n-\n", attribute, m.lines[i]))
			m.lines = slices.Delete(m.lines, i, i+1)
		}
	case 5: // renamed
		c.n++
		c.apply(rename(m.dn, fmt.Sprintf("CN=r%d", c.n), parent))
		m.dn = fmt.Sprintf("CN=r%d,%s", c.n, parent)
	case 6: // moved
		to := c.units[c.chance.IntN(len(c.units))]
		c.apply(rename(m.dn, rdn, to))
		m.dn = rdn + "," + to
	case 7: // made
		m := c.newMember()
		c.apply("dn: " + m.dn + "\nchangetype: add\nobjectClass: contact\n" + strings.Join(m.lines, "\n") + "\n")
	case 8: // deleted, seen or not
		if c.chance.IntN(2) == 0 {
			c.apply("dn: " + m.dn + "\nchangetype: delete\n")
			c.objects = slices.DeleteFunc(c.objects, func(o *member) bool { return o == m })
			return
		}
		c.apply(modify(m.dn, "add: isDeleted\nisDeleted: TRUE\n-\n"))
		m.deleted = true
	case 9: // a unit is moved with all that is below it, or renamed
		i := c.fixed + c.chance.IntN(len(c.units)-c.fixed)
		rdn, parent, _ := strings.Cut(c.units[i], ",")
		if c.n++; c.chance.IntN(2) == 0 {
			rdn = fmt.Sprintf("OU=Unit %d", c.n)
		} else {
			parent = c.units[c.chance.IntN(i)]
		}
		if now := rdn + "," + parent; now != c.units[i] && !strings.HasSuffix(parent, c.units[i]) && !slices.Contains(c.units, now) {
			c.apply(rename(c.units[i], rdn, parent))
			c.moved(c.units[i], now)
		}
	case 10: // something else is written
		c.apply(modify(m.dn, "replace: telephoneNumber\ntelephoneNumber: %d\n-\n", c.chance.IntN(1000)))
	case 11:
		if m.deleted {
			c.apply(modify(m.dn, "delete: isDeleted\n-\n"))
			m.deleted = false
		}
	}
}

// moved gives all that is below a unit its new name.
func (c *changing) moved(from, to string) {
	for i, dn := range c.units {
		if dn == from || strings.HasSuffix(dn, ","+from) {
			c.units[i] = strings.TrimSuffix(dn, from) + to
		}
	}
	for _, m := range c.objects {
		if rest, ok := strings.CutSuffix(m.dn, ","+from); ok {
			m.dn = rest + "," + to
		}
	}
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
