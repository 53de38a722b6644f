package main

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"proxyaddr/conflicts"
)

const (
	suffix = "DC=bench,DC=test"
	admin  = "CN=Admin," + suffix
	units  = 200
)

// A directory is made up of so many mail users. All about each follows from its
// number and the size, so that every program is asked the same question.
type directory struct {
	size int
	// every so manyth object takes an address; 0 is every 1,000th.
	every int
	// legacy says that every object has a legacyExchangeDN, as recipients of Exchange have.
	legacy bool
}

// A record is one object with the attributes that a scan looks at.
type record struct {
	dn, given, surname, created string
	mail, upn, legacy           string
	guid                        conflicts.GUID
	addresses                   []string
}

var (
	givenNames = strings.Fields(`Anna Bernd Clara David Eva Frank Greta Hans Ida Jonas Klara Lukas Marie Nils Olga Paul Quirin Rosa Simon Tina
		Ulrich Vera Walter Xenia Yannick Zoe James Mary Robert Patricia John Jennifer Michael Linda William Elizabeth Thomas Barbara Charles Susan`)
	surnames = strings.Fields(`Mueller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Bauer Richter Klein Wolf
		Schroeder Neumann Schwarz Zimmermann Braun Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez
		Gonzalez Wilson Anderson Taylor Moore Jackson Martin Lee`)
)

// mix scatters a number over 64 bits (the finalizer of SplitMix64).
func mix(i int) uint64 {
	z := uint64(i)*0x9E3779B97F4A7C15 + 0x1234567
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func names(i int) (given, surname string) {
	k := mix(i)
	return givenNames[k%uint64(len(givenNames))], surnames[k>>16%uint64(len(surnames))]
}

// conflict returns what kind of conflict object i makes with its victim, "" for
// most: every 1,000th takes an address, and every 10,000th each one that differs
// by an accent, one as its mail, and one that is not SMTP, unless it took one.
func (d directory) conflict(i int) conflicts.Class {
	switch {
	case i%cmp.Or(d.every, 1000) == 7:
		return conflicts.Duplicate
	case i%10000 == 107:
		return conflicts.Collation
	case i%10000 == 207:
		return conflicts.CrossAttribute
	case i%10000 == 307:
		return conflicts.NonSMTP
	}
	return ""
}

// victim is the object whose address object i takes: for each i another one.
func (d directory) victim(i int) int { return (i + d.size/2) % d.size }

func fullName(i int) string {
	given, surname := names(i)
	return given + "." + surname + strconv.Itoa(i)
}

// alias and sip are addresses that every object has, and that others take.
func alias(i int) string {
	given, surname := names(i)
	return strings.ToLower(given[:1]+surname) + strconv.Itoa(i) + "@fabrikam.test"
}

func sip(i int) string { return "sip:" + fullName(i) + "@contoso.test" }

func (d directory) record(i int) record {
	k := mix(i)
	given, surname := names(i)
	name := fullName(i)
	lower := strings.ToLower(name)
	// The smaller of two draws: the first units are the larger ones.
	unit := min(k>>20%units, k>>40%units)
	r := record{
		dn:    fmt.Sprintf("CN=%s %s %d,OU=Unit%03d,%s", given, surname, i, unit, suffix),
		given: given, surname: surname,
		created:   fmt.Sprintf("20%02d%02d%02d%02d%02d%02d.0Z", 5+k%20, 1+k>>5%12, 1+k>>9%28, k>>14%24, k>>20%60, k>>26%60),
		mail:      name + "@contoso.test",
		upn:       name + "@contoso.test",
		addresses: append(make([]string, 0, 6), "SMTP:"+name+"@contoso.test", "smtp:"+alias(i), sip(i)),
	}
	binary.BigEndian.PutUint64(r.guid[:], k)
	binary.BigEndian.PutUint64(r.guid[8:], uint64(i))
	if k&1 == 0 {
		r.addresses = append(r.addresses, "smtp:"+lower+"@contoso.onmicrosoft.test")
	}
	if k&2 == 0 {
		if k>>40%50 == 0 {
			lower = "müller-" + lower
		}
		r.addresses = append(r.addresses, fmt.Sprintf("X500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=%08x%s", uint32(k>>24), lower))
	}
	if d.legacy {
		r.legacy = fmt.Sprintf("/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=%016x%016x-%s", k, mix(^i), strings.TrimSuffix(alias(i), "@fabrikam.test"))
	}
	theirs := alias(d.victim(i))
	switch d.conflict(i) {
	case conflicts.Duplicate:
		if k&4 == 0 {
			theirs = strings.ToUpper(theirs)
		}
		r.addresses = append(r.addresses, "smtp:"+theirs)
	case conflicts.Collation:
		r.addresses = append(r.addresses, "smtp:"+theirs[:1]+"\u0301"+theirs[1:])
	case conflicts.CrossAttribute:
		r.mail = theirs
	case conflicts.NonSMTP:
		r.addresses = append(r.addresses, sip(d.victim(i)))
	}
	return r
}

// find returns the number of the object with that GUID, -1 if there is none.
func (d directory) find(guid []byte) int {
	if len(guid) != 16 {
		return -1
	}
	i := binary.BigEndian.Uint64(guid[8:])
	if i >= uint64(d.size) || binary.BigEndian.Uint64(guid) != mix(int(i)) {
		return -1
	}
	return int(i)
}

// An answer is what there is to find: the values of proxyAddresses that more than
// one object has, in lower case and sorted, and the number of conflicts of each
// class.
type answer struct {
	objects, values int
	duplicates      []string
	classes         map[conflicts.Class]int
}

func (d directory) answer() answer {
	a := answer{objects: d.size, classes: map[conflicts.Class]int{}}
	for i := range d.size {
		a.values += len(d.record(i).addresses)
		class := d.conflict(i)
		switch class {
		case "":
			continue
		case conflicts.Duplicate:
			a.duplicates = append(a.duplicates, "smtp:"+alias(d.victim(i)))
		case conflicts.NonSMTP:
			a.duplicates = append(a.duplicates, strings.ToLower(sip(d.victim(i))))
		}
		a.classes[class]++
	}
	slices.Sort(a.duplicates)
	return a
}

// writeLDIF writes the directory with its containers, as ldapsearch -o ldif-wrap=no
// does: the lines are not folded, which grep could not read.
func (d directory) writeLDIF(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<20)
	line := func(name, value string) {
		out.WriteString(name)
		if strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
			out.WriteString(": ")
			out.WriteString(value)
		} else {
			out.WriteString(":: ")
			out.WriteString(base64.StdEncoding.EncodeToString([]byte(value)))
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(out, "dn: %s\nobjectClass: organization\nobjectClass: dcObject\no: bench\ndc: bench\n\n", suffix)
	for i := range units {
		fmt.Fprintf(out, "dn: OU=Unit%03d,%s\nobjectClass: organizationalUnit\nou: Unit%03d\n\n", i, suffix, i)
	}
	for i := range d.size {
		r := d.record(i)
		line("dn", r.dn)
		for _, a := range r.attributes() {
			for _, v := range a.values {
				line(a.name, v)
			}
		}
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	return out.Flush()
}

type attribute struct {
	name   string
	values []string
}

// attributes returns the object whole, in the order in which it is served: those
// of a sweep first, and proxyAddresses before all.
func (r record) attributes() []attribute {
	cn, _, _ := strings.Cut(strings.TrimPrefix(r.dn, "CN="), ",")
	return append(r.swept(),
		attribute{"objectClass", []string{"user"}},
		attribute{"cn", []string{cn}},
		attribute{"displayName", []string{r.given + " " + r.surname}},
		attribute{"givenName", []string{r.given}},
		attribute{"sn", []string{r.surname}},
		attribute{"whenCreated", []string{r.created}},
		attribute{"userAccountControl", []string{"512"}},
	)
}

func (r record) swept() []attribute {
	list := []attribute{
		{"proxyAddresses", r.addresses},
		{"objectGUID", []string{string(r.guid[:])}},
		{"mail", []string{r.mail}},
		{"userPrincipalName", []string{r.upn}},
	}
	if r.legacy != "" {
		list = append(list, attribute{"legacyExchangeDN", []string{r.legacy}})
	}
	return list
}
