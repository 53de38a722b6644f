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
	// issued are the names in use: local parts, logon names, addresses of partners.
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
	stamped    bool // a story sets the time of its addresses
}

func newDirectory() *directory {
	return &directory{byDN: map[string]*entry{}, issued: map[string]bool{}, random: rand.New(rand.NewPCG(1998, 9514))}
}

// classes are the superclasses of the classes that have more than top.
var classes = map[string][]string{
	"user":     {"person", "organizationalPerson"},
	"contact":  {"person", "organizationalPerson"},
	"computer": {"person", "organizationalPerson", "user"},
	"nTDSDSA":  {"applicationSettings"},
}

// add makes an entry below parent. Two entries with one name are a mistake in this
// package.
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

// set replaces the values of an attribute. Without values it removes the attribute.
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

// The attributes whose stamps tell about addresses ([MS-DRSR] 5.16.4).
const (
	isDeleted      = 0x20030
	proxyAddresses = 0x200D2
)

// stamp adds to the stamps of the entry ([MS-DRSR] 5.166): an attribute was
// written for the version-th time, at the time t, on the domain controller dc.
func (e *entry) stamp(attribute, version uint32, t time.Time, dc string) {
	const count = 8 // offset
	b := make([]byte, 16)
	binary.LittleEndian.PutUint32(b, 1)
	if old := e.values("replPropertyMetaData"); len(old) > 0 {
		b = []byte(old[0])
	}
	binary.LittleEndian.PutUint32(b[count:], binary.LittleEndian.Uint32(b[count:])+1)
	invocation := invocationID(dc)
	seconds := uint64(t.Unix() - time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
	b = binary.LittleEndian.AppendUint32(b, attribute)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint64(b, seconds)
	b = append(b, invocation[:]...)
	b = binary.LittleEndian.AppendUint64(b, seconds%1_000_000)
	b = binary.LittleEndian.AppendUint64(b, seconds%1_000_000)
	e.set("replPropertyMetaData", string(b))
}

// written stamps the addresses of the entry.
func (e *entry) written(version uint32, t time.Time, dc string) {
	e.stamp(proxyAddresses, version, t, dc)
	e.stamped = true
}

// stampAddresses stamps the addresses of all entries without their own story: they were
// written twice when the entry was made, on a domain controller nearby.
func (d *directory) stampAddresses() {
	for _, e := range d.entries {
		addresses := e.values("proxyAddresses")
		if e.stamped || len(addresses) == 0 {
			continue
		}
		created, err := time.Parse(timeLayout, e.values("whenCreated")[0])
		if err != nil {
			panic("company: " + e.dn + ": " + err.Error())
		}
		guid, dc := e.values("objectGUID")[0], "BER-DC00"
		switch {
		case strings.HasSuffix(addresses[0], "@"+asiaDomain):
			dc = "SHA-DC01"
		case created.Year() >= 2016:
			dc = fmt.Sprintf("BER-DC%02d", 1+guid[0]%2)
		}
		e.written(2, created.Add(3*time.Second), dc)
	}
}

func invocationID(dc string) conflicts.GUID { return newGUID("invocation of " + dc) }

// plant notes a conflict. The owners begin with the keeper.
func (d *directory) plant(class conflicts.Class, address, story string, owners ...*entry) {
	c := Conflict{Class: class, Address: address, Cause: conflicts.Unchecked, Story: story}
	if class == conflicts.CrossAttribute {
		c.Cause = conflicts.UnknownCause
	}
	for _, o := range owners {
		c.Owners = append(c.Owners, o.dn)
	}
	d.conflicts = append(d.conflicts, c)
}

// evidence notes what the directory tells about the conflict that was planted last: most
// often that one owner is younger.
func (d *directory) evidence(cause conflicts.CauseKind) {
	d.conflicts[len(d.conflicts)-1].Cause = cause
}

// blemish notes a finding.
func (d *directory) blemish(kind conflicts.FindingKind, e *entry) {
	d.findings = append(d.findings, Finding{kind, e.dn})
}

// free returns stem, or stem with the first of 2, 3, … with which form gives an unused
// name.
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

// newGUID derives a GUID from text, so that adding an object does not change the GUIDs of
// others. It has the form of a random one (RFC 9562 section 5.4).
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

const timeLayout = "20060102150405.0Z"

func generalizedTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// at reads a moment, "2006-01-02 15:04:05" UTC.
func at(s string) time.Time {
	t, err := time.Parse(time.DateTime, s)
	if err != nil {
		panic(fmt.Sprintf("company: %v", err))
	}
	return t
}
