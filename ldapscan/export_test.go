package ldapscan

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
	"proxyaddr/ldapscan/table"
)

// kept is a [Sink] of what was kept, one line each.
type kept struct {
	mu    sync.Mutex
	lines []string
	open  int // streams that did not end
}

type keptStream struct {
	k     *kept
	lines []string
}

func (k *kept) Stream() Stream {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open++
	return &keptStream{k: k}
}

func (p *keptStream) Entry(v *conflicts.View) {
	p.lines = append(p.lines, fmt.Sprintf("%+v", *v.Entry()))
}
func (p *keptStream) Changed(v *conflicts.View) {
	p.lines = append(p.lines, fmt.Sprintf("changed: %+v", *v.Entry()))
}
func (p *keptStream) Deleted(v *conflicts.View) {
	p.lines = append(p.lines, fmt.Sprintf("deleted: %+v", *v.Entry()))
}
func (p *keptStream) Progress(int, int) {}
func (p *keptStream) Drop()             { p.end(nil) }
func (p *keptStream) Keep()             { p.end(p.lines) }

func (p *keptStream) end(lines []string) {
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	p.k.open--
	p.k.lines = append(p.k.lines, lines...)
}

// A sweep in small blocks by several goroutines, and an inspection of what it saw,
// find what reading the records one by one does: the same objects up to the same
// error, whose records are taken together.
func FuzzExport(f *testing.F) {
	small, err := os.ReadFile("testdata/small.ldif")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small, uint16(100))
	for _, text := range []string{
		"",
		"version: 1\n\n# a\ndn: CN=a,DC=b\nmail: a@b.c\nproxyAddresses: SMTP:a@b.c\n\ndn: CN=b,DC=B\nproxyAddresses:: c210cDphQGIuYw==\nisDeleted: TRUE\n",
		"\xef\xbb\xbfdn: CN=a,DC=b\r\nmail: a@b.c\r\n\r\ndn: CN=A, DC=b\r\nmail: b@b.c\r\nobjectGUID: 00112233-4455-6677-8899-aabbccddeeff\r\n\r\n",
		"dn: CN=a\nmail: a\n\ndn: CN=d\nisDeleted: TRUE\ntargetAddress: b\n\ndn: CN=e\ntargetAddress: SMTP:b\n\ndn: CN=a\nmail: b\n\ndn: CN=b\nchangetype: add\nmsExchAcceptedDomainName: b\n\ndn: CN=c\nchangetype: delete\n",
		"dn: CN=a\nproxyAddresses;range=0-1: SMTP:a@b.c\n\ndn: CN=0\nproxyAddresses;range=0-1: SMTP:b@b.c\n\ndn: CN=c\nmail: cut",
		"dn: CN=a\nproxyAddresses;range=0-0: SMTP:a@b.c\n\ndn: cn=A\nproxyAddresses;x;range=1-*: SMTP:b@b.c\nmail: x\n\ndn: CN=A\nmail: x\n",
		"dn: CN=a\nmail: a\n\n\xff\xfedn: CN=b\nmail: b\n\nsearch: 2\nresult: 4 Size limit exceeded\n\ndn: CN=c\nmail: c\n",
		"\xff\xfed\x00n\x00:\x00a\x00\n\x00m\x00a\x00i\x00l\x00:\x00b\x00\n\x00\n\x00d\x00n\x00:\x00c\x00\n\x00",
		"dn: a\nobjectGUID: 00112233-4455-6677-8899-aabbccddeeff\nmail: a\n\ndn: b\nobjectGUID: 00112233-4455-6677-8899-aabbccddeeff\nmail: b\n\n",
		",",
		"dn: CN=Configuration,DC=a\n\ndn: CN=Configuration,DC=b\n\ndn: CN=c,DC=a\nmail: c\n\n",
	} {
		f.Add([]byte(text), uint16(10))
	}
	var twice strings.Builder // many blocks, and the objects of the beginning are there again at the end
	for i := range 60 {
		fmt.Fprintf(&twice, "dn: CN=%d,OU=%d,DC=%c\nmail: %d@a.b\ndisplayName: %d\n\n", i%30, i%3, "AaBb"[i%4], i%30, i)
	}
	f.Add([]byte(twice.String()), uint16(100))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(maxReaders))
	f.Fuzz(func(t *testing.T, data []byte, block uint16) {
		if table.Is(bytes.NewReader(data)) {
			t.Skip() // read by rules of its own
		}
		want := readSlowly(data)
		x := exportOf(t, data)
		x.block = 1 + int64(block)
		sink := &kept{}
		survey, err := x.Sweep(context.Background(), sink)
		if sink.open != 0 {
			t.Errorf("%d streams did not end", sink.open)
		}
		if err != nil {
			if want.fatal == "" || err.Error() != "export: "+want.fatal {
				t.Errorf("error %v, want %q", err, want.fatal)
			}
			if len(sink.lines) > 0 {
				t.Errorf("kept %q", sink.lines)
			}
			return
		}
		slices.Sort(sink.lines)
		if diff := cmp.Diff(want.lines, sink.lines); diff != "" || want.fatal != "" {
			t.Fatalf("not fatal: %q (-want +got)\n%s", want.fatal, diff)
		}
		if diff := cmp.Diff(want.domains, survey.AcceptedDomains); diff != "" {
			t.Errorf("accepted domains (-want +got)\n%s", diff)
		}
		if want.damage == "" { // else nobody knows what else is there of an object
			if diff := cmp.Diff(want.coverage(), survey.Coverage); diff != "" {
				t.Errorf("coverage (-want +got)\n%s", diff)
			}
		} else if problem := survey.Coverage[len(survey.Coverage)-1].Problem; !strings.HasPrefix(problem, "export: "+want.damage+": ") {
			t.Errorf("damage %q, but %q", want.damage, problem)
		}

		for _, again := range []*Export{x, exportOf(t, data)} { // one that knows where they are, one that does not
			found := map[conflicts.Ref]*conflicts.Object{}
			err := again.Inspect(context.Background(), append(want.refs, conflicts.NameRef("CN=nobody")), func(o *conflicts.Object) {
				ref := want.identity(o.DN, o.GUID)
				if found[ref] != nil {
					t.Errorf("%v came twice", ref)
				}
				found[ref] = o
			})
			// TestForestsOfAnExport looks at forests.
			if diff := cmp.Diff(want.found(), found, cmpopts.IgnoreFields(conflicts.Object{}, "Forest")); diff != "" {
				t.Errorf("inspected (-want +got)\n%s", diff)
			}
			if (err != nil) != (want.damage != "") {
				t.Errorf("inspection: %v, damage %q", err, want.damage)
			}
		}
	})
}

func exportOf(t *testing.T, data []byte) *Export {
	path := filepath.Join(t.TempDir(), "export.ldif")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	x, err := OpenExport(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	x.name = "export"
	return x
}

// A slowReading is what an export holds, told from whole records.
type slowReading struct {
	lines         []string
	domains       []string
	refs          []conflicts.Ref // of objects that can be suspects
	objects       map[conflicts.Ref][]*ldif.Record
	byName        bool
	damage, fatal string
}

// identity is the same for the records of one object.
func (s *slowReading) identity(dn string, guid conflicts.GUID) conflicts.Ref {
	if guid != (conflicts.GUID{}) && !s.byName {
		return conflicts.Ref{GUID: guid}
	}
	return conflicts.NameRef(dn)
}

func (s *slowReading) found() map[conflicts.Ref]*conflicts.Object {
	found := map[conflicts.Ref]*conflicts.Object{}
	for _, ref := range s.refs {
		ref = s.identity(ref.DN, ref.GUID)
		if o := objectOf(unite(distinct(s.objects[ref]))); !o.Deleted {
			found[ref] = o
		}
	}
	return found
}

func objectOf(u union) *conflicts.Object { return attributesOf(u.Record).object(u.DN) }

func distinct(records []*ldif.Record) (list []*ldif.Record) {
	for _, r := range records {
		if !slices.ContainsFunc(list, func(known *ldif.Record) bool { return compareRecords(known, r) == 0 }) {
			list = append(list, r)
		}
	}
	return list
}

// coverage counts objects for their partitions, under the least of the names of each.
func (s *slowReading) coverage() []conflicts.Coverage {
	rows := map[string]*conflicts.Coverage{}
	row := func(dn string) *conflicts.Coverage {
		partition := conflicts.Partition(dn)
		if partition == "" {
			partition = "export"
		}
		row := rows[strings.ToLower(partition)]
		if row == nil {
			row = &conflicts.Coverage{Partition: partition}
			rows[strings.ToLower(partition)] = row
		}
		row.Partition = min(row.Partition, partition)
		return row
	}
	for _, records := range s.objects {
		named, complete, part := "", false, false
		for _, r := range records {
			row(r.DN)
			var w viewer
			w.again(r)
			if len(w.ranges) > 0 {
				part = true
				if named == "" || r.DN < named {
					named = r.DN
				}
			}
			complete = complete || w.seen[proxyField] && len(w.ranges) == 0
		}
		all := attributes{}
		u := unite(distinct(records))
		for _, r := range records {
			for _, a := range r.Attributes {
				all.add(a.Name, a.Value)
			}
		}
		o := objectOf(u)
		switch {
		case !addressed(all):
		case o.Deleted:
			row(u.DN).Deleted++
		default:
			row(u.DN).Objects++
			row(u.DN).Values += len(o.ProxyAddresses)
		}
		var ranges []valueRange
		for _, r := range records {
			var w viewer
			w.again(r)
			ranges = append(ranges, w.ranges...)
		}
		if part && !complete && !whole(ranges) {
			problem := fmt.Sprintf("export: %s: only part of the values of proxyAddresses was exported", named)
			if row := row(named); row.Problem == "" || problem < row.Problem {
				row.Problem = problem
			}
		}
	}
	var list []conflicts.Coverage
	for _, row := range rows {
		list = append(list, *row)
	}
	slices.SortFunc(list, func(a, b conflicts.Coverage) int { return strings.Compare(a.Partition, b.Partition) })
	return list
}

// addressed reports whether an object has an attribute in which an address can stand.
func addressed(a attributes) bool {
	return a["proxyaddresses"] != nil || a["mail"] != nil || a["userprincipalname"] != nil || a["targetaddress"] != nil
}

func readSlowly(data []byte) *slowReading {
	s := &slowReading{objects: map[conflicts.Ref][]*ldif.Record{}}
	r := ldif.NewReader(bytes.NewReader(data))
	var records []*ldif.Record
	named, nameless := false, false
	for {
		rec, err := r.Read()
		if err == io.EOF {
			break
		}
		if err == nil && rec.Change != ldif.ChangeNone && rec.Change != ldif.ChangeAdd {
			s.fatal = fmt.Sprintf("line %d: a change, not the content of a directory", rec.Line)
			return s
		}
		if err != nil {
			s.damage = err.Error()
			break
		}
		rec.Comments = nil
		records = append(records, rec)
		a := attributesOf(rec)
		if a.entry(rec.DN).GUID != (conflicts.GUID{}) {
			named = true
		} else if addressed(a) {
			nameless = true
		}
	}
	s.byName = named && nameless
	for _, rec := range records {
		a := attributesOf(rec)
		s.domains = append(s.domains, a.all("msexchaccepteddomainname")...)
		e := a.entry(rec.DN)
		ref := s.identity(e.DN, e.GUID)
		s.objects[ref] = append(s.objects[ref], rec)
		if s.byName {
			e.GUID = conflicts.GUID{}
		}
		switch {
		case !addressed(a):
		case strings.EqualFold(a.first("isdeleted"), "TRUE"):
			s.lines = append(s.lines, fmt.Sprintf("deleted: %+v", e))
		default:
			s.lines = append(s.lines, fmt.Sprintf("%+v", e))
		}
		if addressed(a) {
			s.refs = append(s.refs, e.Ref())
		}
	}
	for _, list := range s.objects { // those that differ are handed over together once more
		o := objectOf(unite(distinct(list)))
		all := attributes{}
		for _, r := range list {
			for _, a := range r.Attributes {
				all.add(a.Name, a.Value)
			}
		}
		if s.damage == "" && len(distinct(list)) > 1 && !o.Deleted && addressed(all) {
			if s.byName {
				o.GUID = conflicts.GUID{}
			}
			s.lines = append(s.lines, fmt.Sprintf("changed: %+v", o.Entry))
		}
	}
	switch {
	case len(records) == 0 && s.damage != "":
		s.fatal = s.damage
	case len(records) == 0:
		s.fatal = "no objects in it"
	}
	slices.Sort(s.lines)
	slices.Sort(s.domains)
	s.domains = slices.Compact(s.domains)
	return s
}
