package company

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// A directory is under construction.
type directory struct {
	entries []*entry
	byDN    map[string]*entry
	// issued are the names that were given out: local parts, logon names,
	// addresses of partners.
	issued map[string]bool
	// hires counts the personnel numbers.
	hires  int
	random *rand.Rand

	conflicts []Conflict
	findings  []Finding
}

type entry struct {
	dn         string
	attributes []ldif.Attribute
}

func newDirectory() *directory {
	return &directory{byDN: map[string]*entry{}, issued: map[string]bool{}, random: rand.New(rand.NewPCG(1998, 9514))}
}

// classes are the superclasses of those that have more than top.
var classes = map[string][]string{
	"user":     {"person", "organizationalPerson"},
	"contact":  {"person", "organizationalPerson"},
	"computer": {"person", "organizationalPerson", "user"},
}

// add makes an entry below parent. Two entries of one name are a mistake in
// this package.
func (d *directory) add(class, name, parent string, created time.Time) *entry {
	attribute := "CN"
	switch class {
	case "organizationalUnit":
		attribute = "OU"
	case "domainDNS":
		attribute = "DC"
	}
	e := &entry{dn: attribute + "=" + escape(name) + "," + parent}
	if d.byDN[e.dn] != nil {
		panic("company: " + e.dn + " exists")
	}
	guid := newGUID(e.dn)
	e.set("objectClass", append(append([]string{"top"}, classes[class]...), class)...)
	e.set(strings.ToLower(attribute), name)
	e.set("name", name)
	e.set("objectGUID", string(guid[:]))
	e.set("whenCreated", generalizedTime(created))
	d.entries = append(d.entries, e)
	d.byDN[e.dn] = e
	return e
}

// set gives an attribute its values in place of those it has. Without values it
// removes the attribute.
func (e *entry) set(name string, values ...string) {
	e.attributes = slices.DeleteFunc(e.attributes, func(a ldif.Attribute) bool { return a.Name == name })
	for _, v := range values {
		e.attributes = append(e.attributes, ldif.Attribute{Name: name, Value: []byte(v)})
	}
}

func (e *entry) values(name string) (values []string) {
	for _, a := range e.attributes {
		if a.Name == name {
			values = append(values, string(a.Value))
		}
	}
	return values
}

// written gives the entry the stamps of its last writes ([MS-DRSR] 5.166):
// proxyAddresses at the time t, on the domain controller dc.
func (e *entry) written(t, dc string) {
	const proxyAddresses = 0x200D2
	ids := []uint32{0x0, 0x3, 0x20001, 0x20002, proxyAddresses, 0x150003} // objectClass, cn, instanceType, whenCreated, …, mail
	b := make([]byte, 16, 16+48*len(ids))
	binary.LittleEndian.PutUint32(b[0:], 1)
	binary.LittleEndian.PutUint32(b[8:], uint32(len(ids)))
	invocation := newGUID("invocation of " + dc)
	seconds := uint64(at(t).Unix() - time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
	for i, id := range ids {
		b = binary.LittleEndian.AppendUint32(b, id)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint64(b, seconds)
		b = append(b, invocation[:]...)
		usn := seconds%1_000_000 + uint64(i)
		b = binary.LittleEndian.AppendUint64(b, usn)
		b = binary.LittleEndian.AppendUint64(b, usn)
	}
	e.set("replPropertyMetaData", string(b))
}

// plant notes a conflict. The owners begin with the keeper.
func (d *directory) plant(class conflicts.Class, address, story string, owners ...*entry) {
	c := Conflict{Class: class, Address: address, Story: story}
	for _, o := range owners {
		c.Owners = append(c.Owners, o.dn)
	}
	d.conflicts = append(d.conflicts, c)
}

// blemish notes a finding.
func (d *directory) blemish(kind conflicts.FindingKind, e *entry) {
	d.findings = append(d.findings, Finding{kind, e.dn})
}

// free returns stem, or stem with the first of 2, 3, … that was not given out
// yet in this form.
func (d *directory) free(stem, suffix string) string {
	s := stem
	for n := 2; d.issued[s+suffix]; n++ {
		s = stem + strconv.Itoa(n)
	}
	d.issued[s+suffix] = true
	return s
}

// day returns a working moment of a random day in the years from first to last.
func (d *directory) day(first, last int) time.Time {
	year, day := first+d.random.IntN(last-first+1), 1+d.random.IntN(270)
	return time.Date(year, 1, day, 7+d.random.IntN(10), d.random.IntN(60), d.random.IntN(60), 0, time.UTC)
}

// newGUID derives a GUID from text, so that adding an object changes that of
// no other. It has the form of a random one (RFC 9562 section 5.4).
func newGUID(text string) (g conflicts.GUID) {
	sum := sha256.Sum256([]byte(text))
	copy(g[:], sum[:])
	g[7] = g[7]&0x0f | 0x40
	g[8] = g[8]&0x3f | 0x80
	return g
}

// escape writes a name as the value of an RDN (RFC 4514 section 2.4), as Active
// Directory does.
var escape = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `+`, `\+`, `"`, `\"`, `<`, `\<`, `>`, `\>`, `;`, `\;`, `=`, `\=`, "\n", `\0A`).Replace

func generalizedTime(t time.Time) string { return t.UTC().Format("20060102150405.0Z") }

// at reads a moment, "2006-01-02 15:04:05" UTC.
func at(s string) time.Time {
	t, err := time.Parse(time.DateTime, s)
	if err != nil {
		panic(fmt.Sprintf("company: %v", err))
	}
	return t
}
