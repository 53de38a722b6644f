package ldapscan

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/eventlog"
	"proxyaddr/ldapscan/ldaptest/company"
	"proxyaddr/ldapscan/ldif"
)

// exportsOf opens files with these texts, whose names are 1, 2 and so on.
func exportsOf(t *testing.T, texts ...string) *Exports {
	t.Helper()
	dir := t.TempDir()
	var names []string
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprint(i+1))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, path)
	}
	x, err := OpenExports(t.Context(), names, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func testGUID(n byte) conflicts.GUID {
	return conflicts.GUID{n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
}

// person is a record of LDIF; a zero GUID is left out.
func person(name string, guid, anchor byte, addresses ...string) string {
	text := "dn: CN=" + name + ",DC=ex,DC=com\nobjectClass: user\n"
	attribute := func(name string, n byte) {
		if g := testGUID(n); n > 0 {
			text += name + ":: " + base64.StdEncoding.EncodeToString(g[:]) + "\n"
		}
	}
	attribute("objectGUID", guid)
	attribute("mS-DS-ConsistencyGuid", anchor)
	for _, a := range addresses {
		text += "proxyAddresses: " + a + "\n"
	}
	return text + "\n"
}

// cloudTable is a table of a cloud directory.
const cloudHead = "DisplayName,UserPrincipalName,ImmutableId,proxyAddresses\n"

func cloudRow(name string, anchor byte, addresses string) string {
	id := ""
	if g := testGUID(anchor); anchor > 0 {
		id = base64.StdEncoding.EncodeToString(g[:])
	}
	return fmt.Sprintf("%s,%s@ex.com,%s,%s\n", name, name, id, addresses)
}

// Several exports are one name space. An object that several have is one object, and is changed
// in its directory if that reaches the address.
func TestExportsJoin(t *testing.T) {
	const duplicate = "smtp:sales@ex.com: "
	for _, test := range []struct {
		name     string
		texts    []string
		want     []string // conflicts, with their owners
		fixed    string   // owners that cannot be changed, and why
		problems string
	}{
		{name: "two domains", texts: []string{person("Ann", 1, 0, "SMTP:ann@ex.com", "smtp:sales@ex.com"), person("Bob", 2, 0, "SMTP:bob@ex.com", "smtp:sales@ex.com")},
			want: []string{duplicate + "Ann, Bob"}},
		{name: "a counterpart in the cloud", texts: []string{person("Ann", 1, 0, "SMTP:ann@ex.com"), cloudHead + cloudRow("Ann", 1, "SMTP:ann@ex.com;smtp:ann@ex.onmicrosoft.com")}},
		{name: "a counterpart whose anchor is another than the objectGUID",
			texts: []string{person("Ann", 1, 9, "SMTP:ann@ex.com") + person("Bob", 2, 8, "SMTP:bob@ex.com"), cloudHead + cloudRow("Ann", 9, "SMTP:ann@ex.com") + cloudRow("Bob", 8, "SMTP:bob@ex.com")}},
		{name: "a migrated object", texts: []string{person("Ann", 1, 0, "SMTP:ann@ex.com"), strings.ReplaceAll(person("Ann", 2, 1, "SMTP:ann@ex.com"), "DC=ex", "DC=new")}},
		{name: "a migrated object and two counterparts", texts: []string{person("Ann", 1, 0, "SMTP:ann@ex.com"), strings.ReplaceAll(person("Ann", 2, 1, "SMTP:ann@ex.com"), "DC=ex", "DC=new"),
			strings.ReplaceAll(person("Ann", 3, 1, "SMTP:ann@ex.com"), "DC=ex", "DC=third"), cloudHead + cloudRow("Ann", 1, "SMTP:ann@ex.com")}},
		{name: "an export without objectGUID", texts: []string{person("Ann", 1, 0, "SMTP:ann@ex.com"), person("Ann", 0, 0, "SMTP:ann@ex.com", "smtp:a@ex.com")}},
		{name: "two of them", texts: []string{person("Ann", 0, 0, "SMTP:ann@ex.com"), person("Ann", 0, 0, "SMTP:ann@ex.com", "smtp:a@ex.com")}},
		{name: "two in the cloud", texts: []string{cloudHead + cloudRow("Ann", 1, "SMTP:ann@ex.com"), cloudHead + cloudRow("Ann", 1, "SMTP:ann@ex.com")}},

		{name: "an owner in the cloud alone", texts: []string{person("Ann", 1, 0, "SMTP:ann@ex.com", "smtp:sales@ex.com"), cloudHead + cloudRow("Ann", 1, "smtp:sales@ex.com") + cloudRow("Team", 0, "SMTP:sales@ex.com")},
			want: []string{duplicate + "Team, Ann"}, fixed: "Team: lies in a cloud directory, out of the reach of LDIF files"},
		{name: "a counterpart that is critical", texts: []string{person("Ann", 1, 0, "SMTP:ann@ex.com"), "isCriticalSystemObject," + cloudHead + "TRUE," + cloudRow("Anna", 1, "SMTP:ann@ex.com")}},
		{name: "an address in a counterpart alone", texts: []string{person("Ann", 1, 0, "SMTP:ann@ex.com") + person("Bob", 2, 0, "SMTP:bob@ex.com", "smtp:sales@ex.com"), cloudHead + cloudRow("Ann", 1, "smtp:sales@ex.com")},
			want: []string{duplicate + "Ann, Bob"}, fixed: "Ann: its counterpart in 2 also has smtp:sales@ex.com, which the directory lacks: change both by hand"},
		{name: "several addresses in a counterpart alone", texts: []string{person("Ann", 1, 0, "smtp:sales@ex.com") + person("Bob", 2, 0, "smtp:sales@ex.com", "smtp:b@ex.com", "smtp:c@ex.com", "smtp:d@ex.com", "smtp:e@ex.com"),
			cloudHead + cloudRow("Ann", 1, "smtp:sales@ex.com;smtp:e@ex.com;smtp:d@ex.com;smtp:own@ex.com;smtp:c@ex.com;smtp:b@ex.com")},
			want:  []string{"smtp:b@ex.com: Ann, Bob", "smtp:c@ex.com: Ann, Bob", "smtp:d@ex.com: Ann, Bob", "smtp:e@ex.com: Ann, Bob", "smtp:sales@ex.com: Ann, Bob"},
			fixed: strings.TrimSuffix(strings.Repeat("Ann: its counterpart in 2 also has smtp:b@ex.com, smtp:c@ex.com, smtp:d@ex.com and 1 more, which the directory lacks: change both by hand; ", 5), "; ")},
		{name: "a migrated object and another", texts: []string{person("Ann", 1, 0, "smtp:sales@ex.com"), strings.ReplaceAll(person("Ann", 2, 1, "smtp:sales@ex.com"), "DC=ex", "DC=new") + person("Bob", 3, 0, "smtp:sales@ex.com")},
			want: []string{duplicate + "Ann, Bob"}, fixed: "Ann: is the same as CN=Ann,DC=ex,DC=com: change both by hand"},
		{name: "a migrated object beside the old one", texts: []string{person("Ann", 1, 0, "smtp:sales@ex.com") + person("Bob", 2, 1, "smtp:sales@ex.com"), cloudHead + cloudRow("Ann", 1, "SMTP:x@ex.com")},
			want: []string{duplicate + "Ann, Bob"}},
		{name: "a counterpart of a migrated object beside the old one", texts: []string{person("Ann", 1, 0, "SMTP:old@ex.com") + person("Bob", 2, 1, "SMTP:new@ex.com"), cloudHead + cloudRow("Bob", 1, "SMTP:new@ex.com")}},
		{name: "the same, with an address in the counterpart alone", texts: []string{cloudHead + cloudRow("Bob", 1, "SMTP:new@ex.com;smtp:old@ex.com"), person("Ann", 1, 0, "SMTP:old@ex.com") + person("Bob", 2, 1, "SMTP:new@ex.com")},
			want: []string{"smtp:old@ex.com: Bob, Ann"}, fixed: "Bob: its counterpart in 1 also has smtp:old@ex.com, which the directory lacks: change both by hand"},
		{name: "a counterpart of an old object that says so itself", texts: []string{person("Ann", 1, 1, "SMTP:old@ex.com") + person("Bob", 2, 1, "SMTP:new@ex.com"), cloudHead + cloudRow("Ann", 1, "SMTP:old@ex.com")}},
		{name: "a counterpart of one of two migrated objects", texts: []string{person("Ann", 1, 0, "SMTP:old@ex.com") + person("Bob", 2, 1, "SMTP:b@ex.com") + person("Cem", 3, 1, "SMTP:c@ex.com"), cloudHead + cloudRow("Ann", 1, "SMTP:old@ex.com")}},
		{name: "two migrated objects of one", texts: []string{person("Ann", 2, 1, "smtp:sales@ex.com") + person("Bob", 3, 1, "smtp:sales@ex.com"), person("Old", 1, 0, "SMTP:x@ex.com")},
			want: []string{duplicate + "Ann, Bob"}, fixed: "Ann: is the same as CN=Old,DC=ex,DC=com: change both by hand"},
		{name: "a migrated object beside the old one that was deleted", texts: []string{strings.TrimSpace(person("Ann", 1, 0, "smtp:sales@ex.com")) + "\nisDeleted: TRUE\n\n" +
			person("Bob", 2, 1, "smtp:sales@ex.com"), cloudHead + cloudRow("Bob", 1, "smtp:sales@ex.com")}},
		{name: "a deleted object that was migrated", texts: []string{strings.TrimSpace(person("Bob", 2, 1, "smtp:sales@ex.com")) + "\nisDeleted: TRUE\n\n" + person("Cem", 3, 0, "smtp:sales@ex.com"),
			person("Ann", 1, 0, "smtp:sales@ex.com")}, want: []string{duplicate + "Ann, Cem"}},
		{name: "a logon name of a counterpart alone", texts: []string{person("Ann", 1, 0, "SMTP:a@ex.com") + person("Bob", 2, 0, "SMTP:bob@ex.com", "smtp:Ann@ex.com"), cloudHead + cloudRow("Ann", 1, "SMTP:a@ex.com")},
			problems: "2: userPrincipalName Ann@ex.com of CN=Ann,DC=ex,DC=com is also an address of CN=Bob,DC=ex,DC=com: compare them by hand"},
		{name: "a logon name of a counterpart that a deleted object has", texts: []string{person("Ann", 1, 0, "SMTP:a@ex.com") +
			strings.TrimSpace(person("Bob", 2, 0, "smtp:Ann@ex.com")) + "\nisDeleted: TRUE\n\n", cloudHead + cloudRow("Ann", 1, "SMTP:a@ex.com")}},
		{name: "contradictions", texts: []string{strings.TrimSpace(person("Ann", 1, 0, "SMTP:ann@ex.com")) + "\nmail: a@ex.com\n\n", strings.TrimSpace(person("Ann", 1, 0, "SMTP:ann@ex.com")) + "\nmail: b@ex.com\n\n"},
			problems: "1 and 2 contradict each other in mail of CN=Ann,DC=ex,DC=com: export again, everything at the same time"},
		{name: "an object that moved", texts: []string{person("Ann", 1, 0, "SMTP:ann@ex.com"), person("Ann Lee", 1, 0, "SMTP:ann@ex.com")},
			problems: "1 and 2 contradict each other in DN of CN=Ann Lee,DC=ex,DC=com: export again, everything at the same time"},
		{name: "people of one name in two tables", texts: []string{"Name,proxyAddresses\nAnn,smtp:sales@ex.com\n", "Name,proxyAddresses\nAnn,smtp:sales@ex.com\n"},
			want: []string{duplicate + "Ann, Ann"}, fixed: "Ann: 1 does not give its distinguished name; Ann: 2 does not give its distinguished name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := exportsOf(t, test.texts...)
			audit, err := Scan(t.Context(), x, Options{})
			if err != nil {
				t.Fatal(err)
			}
			short := strings.NewReplacer(filepath.Dir(x.list[0].name)+string(filepath.Separator), "")
			var got, fixed []string
			for _, c := range audit.Conflicts {
				var owners []string
				for _, o := range c.Owners {
					owners = append(owners, o.Name())
					if o.Fixed != "" {
						fixed = append(fixed, o.Name()+": "+short.Replace(o.Fixed))
					}
				}
				got = append(got, c.Key.Type()+":"+c.Key.Address()+": "+strings.Join(owners, ", "))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if s := strings.Join(fixed, "; "); s != test.fixed {
				t.Errorf("fixed: got %q, want %q", s, test.fixed)
			}
			if s := short.Replace(strings.Join(audit.Problems, "; ")); s != test.problems {
				t.Errorf("problems: got %q, want %q", s, test.problems)
			}
			for _, n := range audit.Notes {
				if strings.Contains(n, "when read again") {
					t.Errorf("note: %s", n)
				}
			}
		})
	}
}

// An event about one address does not hide that an object has the address of another event in its
// counterpart alone.
func TestExportsTracePinned(t *testing.T) {
	x := exportsOf(t, person("Ann", 1, 0, "smtp:both@ex.com")+person("Bob", 2, 0, "SMTP:sales@ex.com")+person("Cem", 3, 0, "smtp:both@ex.com"),
		cloudHead+cloudRow("Ann", 1, "smtp:sales@ex.com"))
	events := conflicts.NewTracedEvents([]eventlog.Event{{ID: 9514, Readings: [][2]string{{"CN=Ann,DC=ex,DC=com", "CN=Cem,DC=ex,DC=com"}}, Count: 1},
		{ID: 9217, Address: "sales@ex.com", Count: 1}})
	audit, err := Trace(t.Context(), x, events, Options{})
	if err != nil || len(audit.Conflicts) != 2 {
		t.Fatalf("%v, %d conflicts", err, len(audit.Conflicts))
	}
	for _, c := range audit.Changes {
		if c.Object.DN == "CN=Ann,DC=ex,DC=com" {
			t.Errorf("a change of Ann: %s to %s", c.Old, c.New)
		}
	}
}

// What exports have of an object does not depend on their order.
func TestExportsInAnyOrder(t *testing.T) {
	texts := []string{person("Ann", 1, 0, "SMTP:ann@ex.com"), person("Bob", 2, 1, "SMTP:ann@ex.com"), person("Cem", 3, 1, "SMTP:ann@ex.com")}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {2, 1, 0}} {
		x := exportsOf(t, texts[order[0]], texts[order[1]], texts[order[2]])
		var got []string
		err := x.Lookup(t.Context(), []conflicts.Address{conflicts.ParseAddress("SMTP:ann@ex.com")}, func(o *conflicts.Object) {
			got = append(got, o.DN+" "+o.GUID.String())
		})
		if want := []string{"CN=Cem,DC=ex,DC=com " + testGUID(3).String()}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%v: %v, %q, want %q", order, err, got, want)
		}
	}
}

// An export that cannot be searched for the addresses of counterparts makes the scan incomplete, and
// what its sweep told is told once.
func TestExportsStraysUnknown(t *testing.T) {
	x := exportsOf(t, person("Ann", 1, 0, "SMTP:ann@ex.com"), person("Bob", 2, 0, "SMTP:bob@ex.com"))
	if err := x.identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	x.list[1].modified = time.Time{}
	a := conflicts.ParseAddress("smtp:bob@ex.com")
	strayOf := func(guid byte) *strays {
		s := newStrays()
		s.owners[s.address([]byte(a.LooseKey()))] = s.object(conflicts.Ref{GUID: testGUID(guid)})
		return s
	}
	changed := x.list[1].changed().Error()
	twice := changed + "; " + changed // in the sweep of a look-up and when objects are read
	const shared = "an address of a counterpart, bob@ex.com, is also an address of CN=Bob,DC=ex,DC=com: compare them by hand"
	for _, test := range []struct {
		owner byte
		told  string
		want  []string
	}{
		{2, "", []string{changed}}, {2, "damage", []string{changed}}, {2, changed, nil},
		{3, "", []string{twice, shared}}, {3, "damage", []string{twice, shared}}, {3, changed, []string{changed, shared}}, {3, twice, []string{shared}},
	} {
		if got, err := strayOf(test.owner).problems(t.Context(), x, map[*Export]string{x.list[1]: test.told}); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("told %q: %q, %v, want %q", test.told, got, err, test.want)
		}
	}
	texts := []string{person("Ann", 1, 0, "SMTP:a@ex.com") + "dn: CN=", cloudHead + cloudRow("Ann", 1, "SMTP:a@ex.com")}
	audit, err := Scan(t.Context(), exportsOf(t, texts...), Options{})
	if err != nil || len(audit.Problems) != 1 {
		t.Errorf("%v, problems %q", err, audit.Problems)
	}
}

// What several counterparts have that others have as well is told with the first of them, whatever the
// order of the exports, and takes a few bytes for each.
func TestExportsStrays(t *testing.T) {
	forest := person("Ann", 1, 0, "SMTP:a@ex.com") + person("Bob", 2, 0, "SMTP:b@ex.com", "smtp:Ann@ex.com") + person("Cem", 3, 0, "SMTP:c@ex.com", "smtp:Bob@ex.com")
	cloud := cloudHead + cloudRow("Ann", 1, "SMTP:a@ex.com") + cloudRow("Bob", 2, "SMTP:b@ex.com")
	for _, texts := range [][]string{{forest, cloud}, {cloud, forest}} {
		x := exportsOf(t, texts...)
		audit, err := Scan(t.Context(), x, Options{})
		if err != nil || len(audit.Problems) != 1 || !strings.HasSuffix(audit.Problems[0],
			": userPrincipalName Ann@ex.com of CN=Ann,DC=ex,DC=com is also an address of CN=Bob,DC=ex,DC=com, and 1 more is shared like that: compare them by hand") {
			t.Errorf("%v, problems %q", err, audit.Problems)
		}
	}
	const objects = 200_000
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	s := newStrays()
	for i := range objects {
		p := &versions{ref: conflicts.NameRef(fmt.Sprintf("CN=%d", i)), exports: []string{"cloud.csv"},
			objects: []*conflicts.Object{{Entry: conflicts.Entry{DN: fmt.Sprintf("CN=%d", i), UserPrincipalName: fmt.Sprintf("a.long.name.of.%d@ex.com", i)}}}}
		s.take(p, &conflicts.Object{}, func(*conflicts.Entry) {})
	}
	if each := (heap() - before) / objects; each > 64 || len(s.owners) != objects {
		t.Errorf("%d strays take %d bytes each", len(s.owners), each)
	}
}

// What one export lacks another has: a domain to which the server referred, the accepted domains.
func TestExportsComplete(t *testing.T) {
	root := "# extended LDIF\n#\n# LDAPv3\n\n# Ann\n" + person("Ann", 1, 0, "SMTP:ann@ex.com") +
		"# search reference\nref: ldap://emea.ex.com/DC=emea,DC=ex,DC=com\n\n# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 3\n# numEntries: 1\n# numReferences: 1\n"
	emea := strings.ReplaceAll(person("Bob", 2, 0, "SMTP:bob@ex.com"), "DC=ex", "DC=emea,DC=ex")
	domains := "\"Name\",\"DomainName\",\"DomainType\"\n\"ex.com\",\"ex.com\",\"Authoritative\"\n"
	audit, err := Scan(t.Context(), exportsOf(t, root, emea, domains), Options{})
	if err != nil || len(audit.Problems) > 0 || !slices.Equal(audit.Scope.AcceptedDomains, []string{"ex.com"}) {
		t.Errorf("%v, problems %q, accepted domains %q", err, audit.Problems, audit.Scope.AcceptedDomains)
	}
	x := exportsOf(t, root, domains)
	if audit, err := Scan(t.Context(), x, Options{}); err != nil || len(audit.Problems) != 1 || !strings.Contains(audit.Problems[0], "DC=emea,DC=ex,DC=com: the server referred to it") {
		t.Errorf("%v, problems %q", err, audit.Problems)
	}
	if list, err := exportsOf(t, root, emea, domains).AcceptedDomains(t.Context()); err != nil || !slices.Equal(list, []string{"ex.com"}) {
		t.Errorf("%q, %v", list, err)
	}
	if audit, err := Scan(t.Context(), exportsOf(t, domains, domains), Options{}); err != nil || len(audit.Problems) != 1 {
		t.Errorf("no addresses at all: %v, problems %q", err, audit.Problems)
	}
}

// A look-up finds the object that all exports have parts of, and rereading the one that is
// changed.
func TestExportsLookup(t *testing.T) {
	x := exportsOf(t, person("Ann", 1, 0, "SMTP:ann@ex.com")+person("Bob", 2, 0, "SMTP:bob@ex.com"),
		cloudHead+cloudRow("Ann", 1, "SMTP:ann@ex.com;smtp:sales@ex.com")+cloudRow("Bobby", 2, "SMTP:bob@ex.com")+cloudRow("Team", 0, "smtp:team@ex.com"))
	owners, err := Owners(t.Context(), x, []conflicts.Address{conflicts.ParseAddress("smtp:bobby@ex.com"), conflicts.ParseAddress("smtp:sales@ex.com"), conflicts.ParseAddress("smtp:team@ex.com")})
	if err != nil {
		t.Fatal(err)
	}
	if of := owners.Of(conflicts.ParseAddress("smtp:sales@ex.com")); len(of) != 1 || of[0].DN != "CN=Ann,DC=ex,DC=com" || of[0].GUID != testGUID(1) {
		t.Errorf("%+v", of)
	}
	if of := owners.Of(conflicts.ParseAddress("smtp:team@ex.com")); len(of) != 1 || of[0].Name() != "Team" {
		t.Errorf("%+v", of)
	}
	if of := owners.Of(conflicts.ParseAddress("smtp:bobby@ex.com")); len(of) != 1 { // the logon name of a counterpart
		t.Errorf("%+v", of)
	}
	var again []*conflicts.Object
	err = x.Reread(t.Context(), []conflicts.FixRecord{{DN: "CN=Ann,DC=ex,DC=com", GUID: testGUID(1)}}, func(o *conflicts.Object) { again = append(again, o) })
	if err != nil || len(again) != 1 || !slices.Equal(again[0].ProxyAddresses, []string{"SMTP:ann@ex.com"}) {
		t.Errorf("%v, %+v", err, again)
	}
	for old := range byte(2) { // whichever of the objectGUIDs is the greater one
		old, new := 1+old, 2-old
		again = nil
		err := exportsOf(t, person("Old", old, 0, "SMTP:old@ex.com")+person("New", new, old, "SMTP:new@ex.com"), cloudHead+cloudRow("New", old, "SMTP:new@ex.com")).
			Reread(t.Context(), []conflicts.FixRecord{{DN: "CN=Old,DC=ex,DC=com", GUID: testGUID(old)}}, func(o *conflicts.Object) { again = append(again, o) })
		if err != nil || len(again) != 1 || again[0].DN != "CN=Old,DC=ex,DC=com" {
			t.Errorf("%v, %+v", err, again)
		}
	}
	var order []conflicts.GUID
	var records []conflicts.FixRecord
	var text string
	for n := byte(20); n > 0; n-- {
		text += person(fmt.Sprint(n), n, 0, "SMTP:a@ex.com")
		records = append(records, conflicts.FixRecord{DN: fmt.Sprintf("CN=%d,DC=ex,DC=com", n), GUID: testGUID(n)})
	}
	err = exportsOf(t, text, person("Ann", 21, 0)).Reread(t.Context(), records, func(o *conflicts.Object) { order = append(order, o.GUID) })
	if err != nil || len(order) != 20 || !slices.IsSortedFunc(order, func(a, b conflicts.GUID) int { return slices.Compare(a[:], b[:]) }) {
		t.Errorf("%v, %v", err, order)
	}
	names := 0
	if err := x.Namesakes(t.Context(), []string{"CN=Bob,OU=x"}, func(*conflicts.Object) { names++ }); err != nil || names != 1 {
		t.Errorf("%d namesakes, %v", names, err)
	}
}

// Damage in one export makes the whole scan incomplete, and a file that cannot be opened leaves
// none open.
func TestExportsDamaged(t *testing.T) {
	x := exportsOf(t, person("Ann", 1, 0, "SMTP:ann@ex.com"), person("Bob", 2, 0, "SMTP:bob@ex.com")+"dn: CN=")
	audit, err := Scan(t.Context(), x, Options{})
	if err != nil || audit.Complete() || audit.Objects() != 2 {
		t.Errorf("%v, %+v", err, audit)
	}
	if _, err := OpenExports(t.Context(), []string{x.list[0].name, "missing"}, nil); err == nil {
		t.Error("a missing file is no error")
	}
}

// A countedReader counts the bytes that are read.
type countedReader struct {
	io.ReaderAt
	n atomic.Int64
}

func (c *countedReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, at)
	c.n.Add(int64(n))
	return n, err
}

// Where a file has to be read whole to find objects again, it is not read for every few of many,
// and what is wrong with it is told once.
func TestExportsJoinMany(t *testing.T) {
	var text strings.Builder
	for n := range 4*gatheredAtOnce + 1 {
		g := conflicts.GUID{byte(n), byte(n >> 8), 1}
		fmt.Fprintf(&text, "dn: CN=%d,DC=ex,DC=com\nobjectGUID:: %s\nmail: %d@ex.com\n\n", n, base64.StdEncoding.EncodeToString(g[:]), n)
	}
	x := exportsOf(t, text.String()+"dn: CN=", text.String())
	one := x.list[0]
	src := &countedReader{ReaderAt: one.file}
	one.data = io.NewSectionReader(src, 0, one.data.Size())
	if _, err := x.Sweep(t.Context(), nowhere{}); err != nil {
		t.Fatal(err)
	}
	// Twice to identify objects, twice to find the damage, and once to join.
	if n := float64(src.n.Load()) / float64(one.data.Size()); n > 5.5 {
		t.Errorf("the file was read %.1f times", n)
	}
	x = exportsOf(t, text.String(), text.String())
	x.list[1].modified = time.Time{}
	survey, err := x.Sweep(t.Context(), nowhere{})
	if err != nil || len(survey.Problems) == 0 {
		t.Fatalf("%v, problems %q", err, survey.Problems)
	}
	for i, p := range survey.Problems {
		if slices.Contains(survey.Problems[:i], p) {
			t.Errorf("twice: %s", p)
		}
	}
}

// A view of an entry has all that the entry has.
func TestViewOf(t *testing.T) {
	var e conflicts.Entry
	fields := reflect.ValueOf(&e).Elem()
	for i := range fields.NumField() {
		switch f := fields.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(fields.Type().Field(i).Name)
		case reflect.Slice:
			f.Set(reflect.ValueOf([]string{"a", "b"}))
		default:
			e.GUID = testGUID(1)
		}
	}
	if got := viewOf(&e).Entry(); !reflect.DeepEqual(got, &e) {
		t.Errorf("got %+v, want %+v", got, &e)
	}
}

// A directory in several exports, with counterparts in the cloud, has the conflicts, changes and
// findings that it has in one.
func TestExportsAreOneExport(t *testing.T) {
	var records bytes.Buffer
	if err := company.WriteLDIF(&records); err != nil {
		t.Fatal(err)
	}
	whole := inEachForm(t, &records)
	scan := func(texts ...string) *conflicts.Audit {
		audit, err := Scan(t.Context(), exportsOf(t, texts...), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return audit
	}
	want := scan(whole.ldif)
	parts := [3]strings.Builder{}
	cloud := cloudHead
	r, n := ldif.NewReader(strings.NewReader(whole.ldif)), 0
	writers := [3]*ldif.Writer{ldif.NewWriter(&parts[0]), ldif.NewWriter(&parts[1]), ldif.NewWriter(&parts[2])}
	for rec, err := r.Read(); err == nil; rec, err = r.Read() {
		nameless := *rec // the last part does not have objectGUIDs, and what others have too
		nameless.Attributes = slices.DeleteFunc(slices.Clone(rec.Attributes), func(a ldif.Attribute) bool { return a.Name == "objectGUID" })
		n++
		if err := writers[n%2].Write(rec); err != nil {
			t.Fatal(err)
		}
		if n%3 == 0 && len(nameless.Attributes) > 0 {
			if err := writers[2].Write(&nameless); err != nil {
				t.Fatal(err)
			}
		}
		a := attributesOf(rec)
		if g := a["objectguid"]; len(a["proxyaddresses"]) > 0 && a.first("isdeleted") == "" && len(g) > 0 {
			cloud += fmt.Sprintf("\"%s\",\"%s\",%s,\"%s\"\n", strings.ReplaceAll(a.first("displayname"), `"`, `""`), a.first("userprincipalname"),
				base64.StdEncoding.EncodeToString(g[0]), strings.Join(a.all("proxyaddresses"), ";"))
		}
	}
	for _, w := range writers {
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	for name, texts := range map[string][]string{
		"two parts":                  {parts[0].String(), parts[1].String()},
		"two parts and a cloud":      {parts[0].String(), parts[1].String(), cloud},
		"a cloud and the whole":      {cloud, whole.ldif},
		"parts without objectGUID":   {parts[2].String(), parts[1].String(), parts[0].String()},
		"tables and a cloud":         {whole.csvde, cloud, whole.json},
		"the whole and a part of it": {whole.ldif, parts[0].String()},
	} {
		got := scan(texts...)
		sameResult(t, name, want, got)
		if len(got.Problems) != len(want.Problems) {
			t.Errorf("%s: problems %q, want %q", name, got.Problems, want.Problems)
		}
	}
}
