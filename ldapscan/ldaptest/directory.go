package ldaptest

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"proxyaddr/ldapscan/ldif"
)

// directory holds the entries. Entries are replaced, never changed, so one that was found may
// be read without the lock.
type directory struct {
	shuffle  uint64
	stamps   bool
	contexts []context // of this server and, by crossRef, of others; none changes later

	mu     sync.RWMutex
	byName map[string]*entry // by name.key
	byGUID map[guid]*entry
	sorted []*entry // by order
	usn    int64    // the highest given out
}

// context is a naming context.
type context struct {
	name
	dn    string
	class string   // of the head, in lower case; empty where another server holds it
	outer *context // nil at the top
}

func (c *context) held() bool { return c.class != "" }

type entry struct {
	name
	dn         string // as written
	context    *context
	guid       guid
	order      string // place in the order of answers
	attributes []attribute
	stamps     []stamp
}

// attribute finds an attribute by its name in lower case. If it is missing, the result
// has no values.
func (e *entry) attribute(key string) attribute {
	for _, a := range e.attributes {
		if a.key == key {
			return a
		}
	}
	return attribute{}
}

// set replaces the values of an attribute in an entry that is not in the directory yet.
// Without values it removes the attribute.
func (e *entry) set(a attribute) {
	i := slices.IndexFunc(e.attributes, func(old attribute) bool { return old.key == a.key })
	switch {
	case len(a.values) == 0 && i >= 0:
		e.attributes = slices.Delete(e.attributes, i, i+1)
	case len(a.values) == 0:
	case i >= 0:
		a.name = e.attributes[i].name
		e.attributes[i] = a
	default:
		e.attributes = append(e.attributes, a)
	}
}

func (e *entry) deleted() bool { return e.attribute("isdeleted").has("TRUE") }

// clone returns a copy to change and to put in place of e.
func (e *entry) clone() *entry {
	c := *e
	c.attributes = slices.Clone(e.attributes)
	return &c
}

// load reads the content.
func load(r io.Reader, shuffle uint64, stamps bool) (*directory, error) {
	d := &directory{shuffle: shuffle, stamps: stamps, byName: make(map[string]*entry), byGUID: make(map[guid]*entry)}
	if r == nil {
		return nil, errors.New("directory without entries")
	}
	var entries []*entry
	for in := ldif.NewReader(r); ; {
		rec, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if rec.Change != ldif.ChangeNone {
			return nil, fmt.Errorf("%s: line %d: a change, not an entry", rec.DN, rec.Line)
		}
		e, err := newEntry(rec)
		if err != nil {
			return nil, err
		}
		if usn, err := strconv.ParseInt(string(first(e.attribute("usnchanged"))), 10, 64); err == nil {
			d.usn = max(d.usn, usn)
		}
		entries = append(entries, e)
	}
	if err := d.findContexts(entries); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if err := d.admit(e); err != nil {
			return nil, err
		}
	}
	d.sorted = entries
	slices.SortFunc(d.sorted, func(a, b *entry) int { return cmp.Compare(a.order, b.order) })
	return d, nil
}

func first(a attribute) []byte {
	if len(a.values) == 0 {
		return nil
	}
	return a.values[0]
}

func newEntry(rec *ldif.Record) (*entry, error) {
	n, err := parseName(rec.DN)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rec.DN, err)
	}
	e := &entry{name: n, dn: rec.DN}
	at := make(map[string]int, len(rec.Attributes))
	for _, a := range rec.Attributes {
		key := strings.ToLower(a.Name)
		i, ok := at[key]
		if !ok {
			i = len(e.attributes)
			at[key] = i
			e.attributes = append(e.attributes, newAttribute(a.Name))
		}
		e.attributes[i].values = append(e.attributes[i].values, a.Value)
	}
	return e, nil
}

// findContexts lists the naming contexts, those held here first and in their order in the content.
func (d *directory) findContexts(entries []*entry) error {
	for _, e := range entries {
		for _, class := range []string{"domaindns", "configuration", "dmd"} {
			if e.attribute("objectclass").has(class) {
				d.contexts = append(d.contexts, context{name: e.name, dn: e.dn, class: class})
				break
			}
		}
	}
	if len(d.contexts) == 0 {
		return errors.New("directory without naming context: no entry of the class domainDNS, configuration or dMD")
	}
	for _, e := range entries {
		if !e.attribute("objectclass").has("crossRef") {
			continue
		}
		dn := string(first(e.attribute("ncname")))
		n, err := parseName(dn)
		if err != nil {
			return fmt.Errorf("%s: nCName: %w", e.dn, err)
		}
		if !slices.ContainsFunc(d.contexts, func(c context) bool { return c.key == n.key }) {
			d.contexts = append(d.contexts, context{name: n, dn: dn})
		}
	}
	for i := range d.contexts {
		c := &d.contexts[i]
		c.outer = d.contextOf(c.parentKey())
	}
	return nil
}

// contextOf returns the innermost naming context around a name, or nil.
func (d *directory) contextOf(key string) (innermost *context) {
	for i := range d.contexts {
		c := &d.contexts[i]
		if strings.HasPrefix(key, c.key) && (innermost == nil || len(c.key) > len(innermost.key)) {
			innermost = c
		}
	}
	return innermost
}

// admit checks and completes a new entry, and registers its name and its objectGUID. The
// caller adds it to the order of answers.
func (d *directory) admit(e *entry) error {
	if d.byName[e.key] != nil {
		return fmt.Errorf("%s: entry exists", e.dn)
	}
	if e.context = d.contextOf(e.key); e.context == nil || !e.context.held() {
		return fmt.Errorf("%s: in no naming context of this server", e.dn)
	}
	switch value := first(e.attribute("objectguid")); len(value) {
	case len(e.guid):
		e.guid = guid(value)
	case 0:
		sum := sha256.Sum256([]byte(e.key))
		e.guid = guid(sum[:len(e.guid)])
		e.set(newAttribute("objectGUID", e.guid[:]))
	default:
		return fmt.Errorf("%s: objectGUID of %d bytes", e.dn, len(value))
	}
	if other := d.byGUID[e.guid]; other != nil {
		return fmt.Errorf("%s: has the objectGUID of %s", e.dn, other.dn)
	}
	if len(e.attribute("usnchanged").values) == 0 {
		d.bump(e)
	}
	e.set(textAttribute("distinguishedName", e.dn))
	for _, a := range e.rdn.Attributes { // an entry has the attributes that name it (X.501)
		if len(e.attribute(strings.ToLower(a.Type)).values) == 0 {
			e.set(textAttribute(a.Type, a.Value))
		}
	}
	d.stamp(nil, e)
	e.order = d.orderOf(e.key)
	d.byName[e.key] = e
	d.byGUID[e.guid] = e
	return nil
}

// bump gives an entry the next update sequence number.
func (d *directory) bump(e *entry) {
	d.usn++
	e.set(textAttribute("uSNChanged", strconv.FormatInt(d.usn, 10)))
}

func (d *directory) orderOf(key string) string {
	if d.shuffle == 0 {
		return key
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", d.shuffle, key)
	return fmt.Sprintf("%016x", h.Sum64()) + key
}

// place returns the index of an entry with this order, or where it would be.
func (d *directory) place(order string) int {
	i, _ := slices.BinarySearchFunc(d.sorted, order, func(e *entry, order string) int { return cmp.Compare(e.order, order) })
	return i
}

// replace puts a changed entry in place of an old one. Without a new entry it removes the
// old one.
func (d *directory) replace(old, e *entry) {
	i := d.place(old.order)
	for d.sorted[i] != old { // entries that jumped share an order
		i++
	}
	d.sorted = slices.Delete(d.sorted, i, i+1)
	delete(d.byName, old.key)
	delete(d.byGUID, old.guid)
	if e == nil {
		return
	}
	d.byName[e.key] = e
	d.byGUID[e.guid] = e
	d.sorted = slices.Insert(d.sorted, d.place(e.order), e)
}

// find resolves a name of either form to an entry.
func (d *directory) find(dn string, deleted bool) (*entry, result) {
	if dn == "" {
		return nil, noSuchObject("")
	}
	g, ok, err := parseGUIDName(dn)
	if err != nil {
		return nil, badName
	}
	var e *entry
	var n name
	if ok {
		e = d.byGUID[g]
	} else {
		if n, err = parseName(dn); err != nil {
			return nil, badName
		}
		e = d.byName[n.key]
	}
	if e != nil && (deleted || !e.deleted()) {
		return e, result{}
	}
	if !ok {
		if c := d.contextOf(n.key); c == nil || !c.held() {
			return nil, referral(dn)
		}
	}
	return nil, noSuchObject(d.nearest(dn))
}

// nearest returns the DN of the lowest entry above a name.
func (d *directory) nearest(dn string) string {
	for _, dn = splitDN(dn); dn != ""; _, dn = splitDN(dn) {
		if n, err := parseName(dn); err == nil && d.byName[n.key] != nil {
			return d.byName[n.key].dn
		}
	}
	return ""
}
