package ldapscan_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldif"
)

// rootLDIF is the root domain of the forest contoso.example.
const rootLDIF = `dn: DC=contoso,DC=example
objectClass: domainDNS

`

// configurationLDIF is the forest's configuration partition, with the cross-references of the
// root domain and of itself.
const configurationLDIF = `dn: CN=Configuration,DC=contoso,DC=example
objectClass: configuration

dn: CN=Partitions,CN=Configuration,DC=contoso,DC=example
objectClass: crossRefContainer

dn: CN=CONTOSO,CN=Partitions,CN=Configuration,DC=contoso,DC=example
objectClass: crossRef
nCName: DC=contoso,DC=example
dnsRoot: contoso.example
systemFlags: 3

dn: CN=Enterprise Configuration,CN=Partitions,CN=Configuration,DC=contoso,DC=example
objectClass: crossRef
nCName: CN=Configuration,DC=contoso,DC=example
dnsRoot: contoso.example
systemFlags: 1

`

// childRefLDIF is the cross-reference of a second domain.
const childRefLDIF = `dn: CN=CHILD,CN=Partitions,CN=Configuration,DC=contoso,DC=example
objectClass: crossRef
nCName: DC=child,DC=contoso,DC=example
dnsRoot: child.contoso.example
systemFlags: 3

`

// A fixture is a directory of contacts below one OU, with conflicts that are
// known.
type fixture struct {
	base    string // of the OU
	records []*ldif.Record
	objects int
	values  int
	want    []string // conflicts as summary writes them
}

const (
	contactsPerOU = 60
	units         = 40
	manyValues    = 2000 // more than AD returns at once
)

// newFixture makes contacts in nested OUs below base. Only what every
// directory takes is set: no objectGUID and no attribute of Exchange.
func newFixture(base string) *fixture {
	f := &fixture{base: base}
	parent := base
	for u := range units {
		ou := fmt.Sprintf("OU=Unit %d,%s", u, parent)
		f.add(ou, "objectClass", "organizationalUnit")
		if u%4 != 3 {
			parent = ou // four deep, then from the top again
		} else {
			parent = base
		}
		for n := range contactsPerOU {
			f.contact(fmt.Sprintf("CN=c%d-%d,%s", u, n, ou), fmt.Sprintf("SMTP:c%d-%d@contoso.example", u, n), fmt.Sprintf("smtp:c%d.%d@contoso.example", u, n))
		}
	}
	many := []string{"SMTP:many@contoso.example"}
	for n := range manyValues {
		many = append(many, fmt.Sprintf("smtp:many%d@contoso.example", n))
	}
	f.contact("CN=Many,"+base, many...)
	last := fmt.Sprintf("smtp:many%d@contoso.example", manyValues-1)
	f.contact("CN=Takes Last,"+base, "SMTP:takes-last@contoso.example", last)
	f.contact("CN=Smith\\, Anna,"+base, "SMTP:anna@contoso.example")
	f.contact("CN=Müller,"+base, "SMTP:mueller@contoso.example", "smtp:Anna@Contoso.example")
	f.contact("CN=Three,"+base, "SMTP:three@contoso.example", "smtp:ANNA@contoso.example")
	f.contact("CN=José,"+base, "SMTP:josé@contoso.example")
	f.contact("CN=Jose,"+base, "SMTP:jose@contoso.example")
	f.contact("CN=X500,"+base, "SMTP:x500@contoso.example", "X500:/o=Org/cn=a")
	f.contact("CN=X500 too,"+base, "SMTP:x500too@contoso.example", "x500:/o=org/cn=A")
	f.contact("CN=Padded,"+base, "SMTP:odd@contoso.example", "smtp: padded@contoso.example")
	f.contact("CN=Brackets,"+base, "SMTP:brackets@contoso.example", `X500:/o=Org (EMEA)/cn=a*b\c`)
	f.contact("CN=IDN,"+base, "SMTP:info@müller.example", "smtp:zoe\u0308@contoso.example") // decomposed
	f.add("CN=Mail Only,"+base, "objectClass", "contact", "mail", "Mail.Only@contoso.example")
	f.objects++
	f.want = []string{
		"duplicate anna@contoso.example: Müller, Smith, Anna, Three",
		"duplicate many1999@contoso.example: Many, Takes Last",
		"collation jose@contoso.example: Jose, José",
		"non-smtp /o=org/cn=a: X500, X500 too",
	}
	return f
}

func (f *fixture) add(dn string, pairs ...string) *ldif.Record {
	rec := &ldif.Record{DN: dn}
	for i := 0; i < len(pairs); i += 2 {
		rec.Attributes = append(rec.Attributes, ldif.Attribute{Name: pairs[i], Value: []byte(pairs[i+1])})
	}
	f.records = append(f.records, rec)
	return rec
}

func (f *fixture) contact(dn string, addresses ...string) {
	pairs := []string{"objectClass", "contact"}
	for _, a := range addresses {
		pairs = append(pairs, "proxyAddresses", a)
	}
	f.add(dn, pairs...)
	f.objects++
	f.values += len(addresses)
}

// ldif writes the fixture, each object with its GUID if wanted.
func (f *fixture) ldif(t testing.TB, guids bool) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := ldif.NewWriter(&b)
	for _, rec := range f.records {
		r := *rec
		if guids {
			sum := sha256.Sum256([]byte(r.DN))
			r.Attributes = append(slices.Clone(r.Attributes), ldif.Attribute{Name: "objectGUID", Value: sum[:16]})
		}
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// forest puts the heads of a domain and its configuration partition around a
// fixture, for the in-process server.
func forest(t testing.TB) (*fixture, *bytes.Buffer) {
	t.Helper()
	f := &fixture{}
	f.add("DC=contoso,DC=example", "objectClass", "domainDNS")
	f.add("CN=Deleted Objects,DC=contoso,DC=example", "objectClass", "container", "isDeleted", "TRUE")
	f.add("CN=Configuration,DC=contoso,DC=example", "objectClass", "configuration")
	partitions := "CN=Partitions,CN=Configuration,DC=contoso,DC=example"
	f.add(partitions, "objectClass", "crossRefContainer")
	f.add("CN=CONTOSO,"+partitions, "objectClass", "crossRef", "nCName", "DC=contoso,DC=example", "dnsRoot", "contoso.example", "systemFlags", "3")
	f.add("CN=Enterprise Configuration,"+partitions, "objectClass", "crossRef", "nCName", "CN=Configuration,DC=contoso,DC=example", "dnsRoot", "contoso.example", "systemFlags", "1")
	f.add("OU=Test,DC=contoso,DC=example", "objectClass", "organizationalUnit")
	inner := newFixture("OU=Test,DC=contoso,DC=example")
	inner.records = append(f.records, inner.records...)
	return inner, inner.ldif(t, true)
}

// conflictsOf writes the conflicts of an audit so that they compare across
// sources, whose GUIDs and so keepers differ.
func conflictsOf(a *conflicts.Audit) []string {
	var lines []string
	for _, c := range a.Conflicts {
		var owners []string
		for _, o := range c.Owners {
			owners = append(owners, o.Name())
		}
		slices.Sort(owners)
		_, address, _ := strings.Cut(string(c.Owners[0].Claims[0].Parsed().LooseKey()), ":")
		lines = append(lines, fmt.Sprintf("%s %s: %s", c.Class, address, strings.Join(owners, ", ")))
	}
	return lines
}

func scan(t testing.TB, src ldapscan.Source, opt ldapscan.Options) *conflicts.Audit {
	t.Helper()
	audit, err := ldapscan.Scan(context.Background(), src, opt)
	if err != nil {
		t.Fatal(err)
	}
	return audit
}

// conformance is what every source has to hold.
func conformance(t *testing.T, f *fixture, src ldapscan.Source) {
	t.Run("scan", func(t *testing.T) {
		audit := scan(t, src, ldapscan.Options{})
		if !audit.Complete() {
			t.Errorf("incomplete: %q", audit.Problems)
		}
		if got := conflictsOf(audit); !slices.Equal(got, f.want) {
			t.Errorf("conflicts\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(f.want, "\n"))
		}
		if audit.Values() != f.values {
			t.Errorf("%d values, want %d", audit.Values(), f.values)
		}
		if again := scan(t, src, ldapscan.Options{}); !slices.Equal(conflictsOf(again), conflictsOf(audit)) || len(again.Changes) != len(audit.Changes) {
			t.Error("a second scan differs")
		}
	})
	t.Run("inspect", func(t *testing.T) {
		var refs []conflicts.Ref
		found := &recorder{}
		if _, err := src.Sweep(context.Background(), found); err != nil {
			t.Fatal(err)
		}
		for _, e := range found.entries {
			if strings.HasPrefix(e.DN, "CN=Many,") || strings.HasPrefix(e.DN, "CN=Müller,") {
				refs = append(refs, e.Ref())
			}
		}
		refs = append(refs, conflicts.Ref{GUID: conflicts.GUID{1, 2, 3}}) // nobody has it
		var objects []*conflicts.Object
		if err := src.Inspect(context.Background(), refs, func(o *conflicts.Object) { objects = append(objects, o) }); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(objects, func(a, b *conflicts.Object) int { return cmp.Compare(a.DN, b.DN) })
		if len(objects) != 2 || objects[0].Name() != "Many" || len(objects[0].ProxyAddresses) != manyValues+1 || objects[1].Name() != "Müller" ||
			objects[1].Class != "contact" || objects[1].Fixed != "" || !strings.EqualFold(objects[1].Partition, conflicts.Partition(f.base)) {
			t.Errorf("%d found: %.300v", len(objects), objects)
		}
	})
	t.Run("inspect by name", func(t *testing.T) {
		var objects []*conflicts.Object
		var refs []conflicts.Ref
		for _, dn := range []string{strings.ToUpper("CN=Many,") + f.base, "cn=Smith\\2C Anna, " + f.base, "CN=Nobody," + f.base,
			"CN=Many,OU=Nowhere," + f.base, "CN=Elsewhere,DC=other,DC=example"} {
			refs = append(refs, conflicts.NameRef(dn))
		}
		if err := src.Inspect(context.Background(), refs, func(o *conflicts.Object) { objects = append(objects, o) }); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(objects, func(a, b *conflicts.Object) int { return cmp.Compare(a.DN, b.DN) })
		if names(objects) != "Many, Smith, Anna" || len(objects[0].ProxyAddresses) != manyValues+1 {
			t.Errorf("%s", names(objects))
		}
	})
	t.Run("namesakes", func(t *testing.T) {
		dns := []string{"cn=MANY,OU=Elsewhere,DC=x", `CN=Smith\2c Anna,DC=x`, "CN=Müller,DC=x", "CN=Nobody,DC=x", "CN=*,DC=x", "CN=c(1,DC=x", "no name"}
		for n := range 30 { // several batches
			dns = append(dns, fmt.Sprintf("CN=Nobody %d,DC=x", n))
		}
		dns = append(dns, "CN=c3-7,DC=x", "CN=M??ller,DC=x", "CN=Sm?th\\, Anna,DC=x", "CN=?,DC=x")
		var objects []*conflicts.Object
		if err := src.Namesakes(context.Background(), dns, func(o *conflicts.Object) { objects = append(objects, o) }); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(objects, func(a, b *conflicts.Object) int { return cmp.Compare(a.Name(), b.Name()) })
		if names(objects) != "Many, Müller, Smith, Anna, c3-7" || len(objects[0].ProxyAddresses) != manyValues+1 {
			t.Errorf("%s", names(objects))
		}
	})
	t.Run("accepted domains", func(t *testing.T) {
		if domains, err := src.AcceptedDomains(context.Background()); err != nil || len(domains) > 0 {
			t.Errorf("%q, %v", domains, err)
		}
	})
	t.Run("lookup", func(t *testing.T) {
		for address, want := range map[string]string{
			"smtp:anna@contoso.example":           "Müller, Smith, Anna, Three",
			"SMTP:ANNA@Contoso.Example":           "Müller, Smith, Anna, Three",
			"smtp:many1999@contoso.example":       "Many, Takes Last",
			"smtp:josé@contoso.example":           "Jose, José",
			"smtp:padded@contoso.example":         "Padded",
			"smtp:info@xn--mller-kva.example":     "IDN",
			"smtp:Info@MÜLLER.example":            "IDN",
			"smtp:zoë@contoso.example":            "IDN",
			"smtp:mail.only@contoso.example":      "Mail Only",
			`x500:/o=org (EMEA)/cn=a*b\c`:         "Brackets",
			"x500:/o=org/cn=a":                    "X500, X500 too",
			"sip:anna@contoso.example":            "",
			"smtp:*":                              "",
			"smtp:anna2@contoso.example":          "",
			"smtp:anna@contoso.example)(cn=Three": "",
		} {
			if got := lookup(t, src, address); names(got) != want {
				t.Errorf("%s: %s, want %s", address, names(got), want)
			}
		}
		var addresses []string
		for n := range 100 { // several batches
			addresses = append(addresses, fmt.Sprintf("smtp:free%d@contoso.example", n))
		}
		addresses[3], addresses[98] = "smtp:c3-7@contoso.example", "smtp:many12@contoso.example"
		got := lookup(t, src, slices.Concat(addresses, []string{"smtp:many13@contoso.example"})...)
		if names(got) != "Many, c3-7" || len(got[0].ProxyAddresses)+len(got[1].ProxyAddresses) != manyValues+1+2 {
			t.Errorf("%s", names(got))
		}
	})
	t.Run("reread", func(t *testing.T) {
		var records []conflicts.FixRecord
		for _, o := range lookup(t, src, "smtp:many0@contoso.example", "smtp:padded@contoso.example") {
			records = append(records, conflicts.FixRecord{DN: "CN=Renamed," + f.base, GUID: o.GUID})
			if o.GUID == (conflicts.GUID{}) {
				records[len(records)-1].DN = o.DN
			}
		}
		records = append(records, conflicts.FixRecord{DN: strings.ToLower("CN=IDN, " + f.base)}, conflicts.FixRecord{DN: "CN=Nobody," + f.base},
			conflicts.FixRecord{DN: "CN=Nobody too," + f.base, GUID: conflicts.GUID{1, 2, 3}})
		var objects []*conflicts.Object
		if err := src.Reread(context.Background(), records, func(o *conflicts.Object) { objects = append(objects, o) }); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(objects, func(a, b *conflicts.Object) int { return cmp.Compare(a.Name(), b.Name()) })
		if names(objects) != "IDN, Many, Padded" || len(objects[1].ProxyAddresses) != manyValues+1 {
			t.Errorf("%s", names(objects))
		}
	})
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if audit, err := ldapscan.Scan(ctx, src, ldapscan.Options{}); err != context.Canceled {
			t.Errorf("%v, %v", audit, err)
		}
		if err := src.Lookup(ctx, []conflicts.Address{conflicts.ParseAddress("smtp:free@contoso.example")}, func(*conflicts.Object) {}); err != context.Canceled {
			t.Errorf("lookup: %v", err)
		}
	})
}

// lookup returns the objects that hold one of the addresses, by name.
func lookup(t *testing.T, src ldapscan.Source, addresses ...string) (found []*conflicts.Object) {
	t.Helper()
	var wanted []conflicts.Address
	for _, a := range addresses {
		wanted = append(wanted, conflicts.ParseAddress(a))
	}
	if err := src.Lookup(context.Background(), wanted, func(o *conflicts.Object) { found = append(found, o) }); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(found, func(a, b *conflicts.Object) int { return cmp.Compare(a.Name(), b.Name()) })
	return found
}

func names(objects []*conflicts.Object) string {
	var list []string
	for _, o := range objects {
		list = append(list, o.Name())
	}
	return strings.Join(list, ", ")
}

// A recorder is a sink that keeps all.
type recorder struct {
	mu               sync.Mutex
	entries, changed []*conflicts.Entry
	dropped          int
}

func (r *recorder) Stream() ldapscan.Stream { return &recording{r: r} }

type recording struct {
	r *recorder
	recorder
}

func (p *recording) Entry(v *conflicts.View)   { p.entries = append(p.entries, v.Entry()) }
func (p *recording) Changed(v *conflicts.View) { p.changed = append(p.changed, v.Entry()) }
func (p *recording) Deleted(*conflicts.View)   {}
func (p *recording) Progress(int, int)         {}

func (p *recording) Keep() {
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	p.r.entries = append(p.r.entries, p.entries...)
	p.r.changed = append(p.r.changed, p.changed...)
}

func (p *recording) Drop() {
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	p.r.dropped++
}
