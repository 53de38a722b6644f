package ldapscan

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// singleValued are attributes that an Object is made of and that have one value.
// Attributes that change by themselves are left out.
var singleValued = []string{"objectguid", "isdeleted", "mail", "userprincipalname", "targetaddress", "legacyexchangedn", "displayname", "givenname", "sn",
	"samaccountname", "mailnickname", "msexchrecipienttypedetails", "homemdb", "msexchmailboxguid", "useraccountcontrol",
	"iscriticalsystemobject", "whencreated"}

// A group is the different records of one object, and how often each occurs.
type group struct {
	records []*ldif.Record
	times   []int
	known   map[uint64]int // the index of a record in the list, by its hash; nil for one record
}

func (g *group) add(rec *ldif.Record) {
	if len(g.records) > 0 { // few objects have a second record
		if g.known == nil {
			g.known = map[uint64]int{hashOf(g.records[0]): 0}
		}
		h := hashOf(rec)
		if i, ok := g.known[h]; ok {
			g.times[i]++
			return
		}
		g.known[h] = len(g.records)
	}
	g.records, g.times = append(g.records, rec), append(g.times, 1)
}

var recordSeed = maphash.MakeSeed()

func hashOf(rec *ldif.Record) uint64 {
	var h maphash.Hash
	h.SetSeed(recordSeed)
	add := func(text string) {
		maphash.WriteComparable(&h, len(text))
		h.WriteString(text)
	}
	add(rec.DN)
	for _, a := range rec.Attributes {
		add(a.Name)
		add(string(a.Value))
	}
	return h.Sum64()
}

// A union is the records of one object united. It does not depend on their order in the
// file.
type union struct {
	*ldif.Record
	// differ are the single-valued attributes in which the records differ.
	differ []string
}

// unite returns the union of records that differ: all values of all of them, each once.
func unite(records []*ldif.Record) union {
	if len(records) == 1 {
		return union{Record: records[0]}
	}
	records = slices.SortedFunc(slices.Values(records), compareRecords)
	u := union{Record: &ldif.Record{DN: records[0].DN}}
	held, values := attributes{}, map[string]bool{}
	for _, r := range records {
		one := attributesOf(r)
		for _, name := range singleValued {
			if len(held[name]) > 0 && len(one[name]) > 0 && !bytes.Equal(held[name][0], one[name][0]) && !slices.Contains(u.differ, name) {
				u.differ = append(u.differ, name)
			}
		}
		if conflicts.DNKey(r.DN) != conflicts.DNKey(u.DN) && !slices.Contains(u.differ, "dn") {
			u.differ = append(u.differ, "dn")
		}
		for _, a := range r.Attributes {
			name, _ := rangeOf(strings.ToLower(a.Name))
			if value := name + ":" + string(a.Value); !values[value] {
				values[value] = true
				held.add(name, a.Value)
				u.Attributes = append(u.Attributes, a)
			}
		}
	}
	return u
}

func compareRecords(a, b *ldif.Record) int {
	return cmp.Or(cmp.Compare(a.DN, b.DN), slices.CompareFunc(a.Attributes, b.Attributes, func(a, b ldif.Attribute) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), bytes.Compare(a.Value, b.Value))
	}))
}

func attributesOf(rec *ldif.Record) attributes {
	a := attributes{}
	for _, attr := range rec.Attributes {
		a.add(attr.Name, attr.Value)
	}
	return a
}

// recordAttributes give the attributes of one record after the other, in the same memory.
type recordAttributes struct {
	keys   map[string]string // by the names as written
	values attributes
}

func newRecordAttributes() *recordAttributes {
	return &recordAttributes{map[string]string{}, attributes{}}
}

// maxKeys bounds the memory for the names of a hostile file.
const maxKeys = 4096

// of returns the attributes of a record, valid until the next.
func (r *recordAttributes) of(rec *ldif.Record) attributes {
	if len(r.keys) > maxKeys {
		clear(r.keys)
		clear(r.values)
	}
	for key, values := range r.values {
		r.values[key] = values[:0]
	}
	for _, a := range rec.Attributes {
		key, known := r.keys[a.Name]
		if !known {
			key = keyOf(a.Name)
			r.keys[a.Name] = key
		}
		r.values[key] = append(r.values[key], a.Value)
	}
	return r.values
}
