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

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// kept is a [Sink] of what was kept, one line each.
type kept struct {
	mu    sync.Mutex
	lines []string
	open  int // portions that did not end
}

type keptPortion struct {
	k     *kept
	lines []string
}

func (k *kept) Portion() Portion {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open++
	return &keptPortion{k: k}
}

func (p *keptPortion) Entry(v *conflicts.View) {
	p.lines = append(p.lines, fmt.Sprintf("%+v", *v.Entry()))
}
func (p *keptPortion) Changed(*conflicts.View) { panic("an export does not change") }
func (p *keptPortion) Deleted(v *conflicts.View) {
	p.lines = append(p.lines, fmt.Sprintf("deleted: %+v", *v.Entry()))
}
func (p *keptPortion) Page(int) {}
func (p *keptPortion) Drop()    { p.end(nil) }
func (p *keptPortion) Keep()    { p.end(p.lines) }

func (p *keptPortion) end(lines []string) {
	p.k.mu.Lock()
	defer p.k.mu.Unlock()
	p.k.open--
	p.k.lines = append(p.k.lines, lines...)
}

// A sweep in small blocks by several goroutines, and an inspection of what it saw,
// find what reading the records one by one does: the same objects up to the same
// error.
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
		"dn: CN=a\nmail: a\n\n\xff\xfedn: CN=b\nmail: b\n\nsearch: 2\nresult: 4 Size limit exceeded\n\ndn: CN=c\nmail: c\n",
		"\xff\xfed\x00n\x00:\x00a\x00\n\x00m\x00a\x00i\x00l\x00:\x00b\x00\n\x00\n\x00d\x00n\x00:\x00c\x00\n\x00",
	} {
		f.Add([]byte(text), uint16(10))
	}
	var twice strings.Builder // many blocks, and the objects that are there again at the end count at the beginning
	for i := range 600 {
		fmt.Fprintf(&twice, "dn: CN=%d,OU=%d,DC=%c\nmail: %d@a.b\ndisplayName: %d\n\n", i%300, i%3, "AaBb"[i%4], i%300, i)
	}
	f.Add([]byte(twice.String()), uint16(100))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(maxReaders))
	f.Fuzz(func(t *testing.T, data []byte, block uint16) {
		want := readSlowly(data)
		x := exportOf(t, data)
		x.block = 1 + int64(block)
		sink := &kept{}
		survey, err := x.Sweep(context.Background(), sink)
		if sink.open != 0 {
			t.Errorf("%d portions did not end", sink.open)
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
		if diff := cmp.Diff(want.coverage(), survey.Coverage); diff != "" {
			t.Errorf("coverage (-want +got)\n%s", diff)
		}

		for _, again := range []*Export{x, exportOf(t, data)} { // one that knows where they are, one that does not
			found := map[conflicts.Ref]*conflicts.Object{}
			err := again.Inspect(context.Background(), append(want.refs, conflicts.NameRef("CN=nobody")), func(o *conflicts.Object) {
				if found[o.Ref()] != nil {
					t.Errorf("%v came twice", o.Ref())
				}
				found[o.Ref()] = o
			})
			if diff := cmp.Diff(want.found, found); diff != "" {
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
	rows          map[string]*conflicts.Coverage
	refs          []conflicts.Ref
	found         map[conflicts.Ref]*conflicts.Object
	damage, fatal string
}

func (s *slowReading) coverage() []conflicts.Coverage {
	var list []conflicts.Coverage
	for _, row := range s.rows {
		list = append(list, *row)
	}
	slices.SortFunc(list, func(a, b conflicts.Coverage) int { return strings.Compare(a.Partition, b.Partition) })
	if s.damage != "" {
		list = append(list, conflicts.Coverage{Partition: "export", Problem: "export: " + s.damage + ": nothing behind that line was read"})
	}
	return list
}

// row returns the row of an object's partition, under the least of its names.
func (s *slowReading) row(dn string) *conflicts.Coverage {
	partition := conflicts.Partition(dn)
	if partition == "" {
		partition = "export"
	}
	row := s.rows[strings.ToLower(partition)]
	if row == nil {
		row = &conflicts.Coverage{Partition: partition}
		s.rows[strings.ToLower(partition)] = row
	}
	row.Partition = min(row.Partition, partition)
	return row
}

func readSlowly(data []byte) *slowReading {
	s := &slowReading{rows: map[string]*conflicts.Coverage{}, found: map[conflicts.Ref]*conflicts.Object{}}
	r := ldif.NewReader(bytes.NewReader(data))
	records := 0
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
		records++
		a := attributes{}
		for _, attr := range rec.Attributes {
			a.add(attr.Name, attr.Value)
		}
		s.domains = append(s.domains, a.all("msexchaccepteddomainname")...)
		e := a.entry(rec.DN)
		row := s.row(rec.DN)
		deleted := strings.EqualFold(a.first("isdeleted"), "TRUE")
		switch {
		case a["proxyaddresses"] == nil && a["mail"] == nil && a["userprincipalname"] == nil && a["targetaddress"] == nil:
		case deleted:
			s.lines = append(s.lines, fmt.Sprintf("deleted: %+v", e))
			row.Deleted++
		default:
			s.lines = append(s.lines, fmt.Sprintf("%+v", e))
			row.Objects++
			row.Values += len(e.ProxyAddresses)
			for _, attr := range rec.Attributes {
				_, part := rangeOf(attr.Name)
				problem := fmt.Sprintf("export: %s: only part of the values of proxyAddresses was exported", rec.DN)
				if strings.HasPrefix(strings.ToLower(attr.Name), "proxyaddresses;") && part != (valueRange{}) && (row.Problem == "" || problem < row.Problem) {
					row.Problem = problem
				}
			}
		}
		s.refs = append(s.refs, e.Ref())
		if !deleted && s.found[e.Ref()] == nil {
			s.found[e.Ref()] = a.object(rec.DN)
		}
	}
	switch {
	case records == 0 && s.damage != "":
		s.fatal = s.damage
	case records == 0:
		s.fatal = "no objects in it"
	}
	slices.Sort(s.lines)
	slices.Sort(s.domains)
	s.domains = slices.Compact(s.domains)
	return s
}
