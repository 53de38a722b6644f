package ldapscan

import (
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/index"
)

// A sweep sees of an entry what the reading of its attributes sees, and refuses
// what that refuses.
func FuzzViewer(f *testing.F) {
	value := func(s string) [][]byte { return [][]byte{[]byte(s)} }
	for _, attrs := range [][]resultAttribute{
		nil,
		{{"objectGUID", value("0123456789abcdef")}, {"proxyAddresses", [][]byte{[]byte("SMTP:a@a.com"), []byte("smtp:\xc3\xa9@a.com")}}, {"mail", value("a@a.com")},
			{"userPrincipalName", value("a@b.com")}, {"targetAddress", value("SMTP:c@c.com")}},
		{{"PROXYADDRESSES;Range=0-1", value("SMTP:a@a.com")}, {"proxyAddresses", nil}, {"proxyaddresses;range=2-*", value("x")}},
		{{"mail", nil}, {"Mail;lang-de", value("")}, {"mail", value("b@a.com")}, {"objectGUID", value("00112233-4455-6677-8899-aabbccddeeff")}, {"objectGUID", value("0123456789abcdef")}},
	} {
		body, _, err := nextEntry(packet(7, entryOp("CN=a", attrs...)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	var w viewer // used again, as in a sweep
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseEntry(body)
		if seen := w.read(body); (seen == nil) != (err == nil) {
			t.Fatalf("%v, but %v", seen, err)
		}
		if err != nil {
			return
		}
		a := attributes{}
		a.take(r)
		var ranges []valueRange
		for _, attr := range r.values {
			if name, part := rangeOf(attr.name); strings.EqualFold(name, "proxyAddresses") && part != (valueRange{}) {
				ranges = append(ranges, part)
			}
		}
		want := a.entry(r.dn)
		got := *w.view.Entry()
		if len(want.ProxyAddresses) == 0 {
			want.ProxyAddresses = nil
		}
		if diff := cmp.Diff(want, got); diff != "" || !slices.Equal(ranges, w.ranges) {
			t.Errorf("ranges %v and %v\n%s", ranges, w.ranges, diff)
		}
	})
}

// Every object counts for its own partition, whichever objects came before it.
func TestCoverageByPartition(t *testing.T) {
	names := []string{"DC=a,DC=b", "OU=x,DC=a,DC=b", "DC=c,DC=a,DC=b", "OU=x,DC=c,DC=a,DC=b", "CN=1,OU=x,DC=c,DC=a,DC=b", "CN=1\\,2,OU=x,DC=a,DC=b", "CN=Configuration,DC=a,DC=b",
		"CN=Schema,CN=Configuration,DC=a,DC=b", "CN=s,CN=Schema,CN=Configuration,DC=a,DC=b", "CN=s,CN=Services, CN=Configuration, DC=a,DC=b", "DC=z,CN=MicrosoftDNS,DC=DomainDnsZones,DC=a,DC=b",
		"CN=1, DC=a,DC=b", "DC=c, DC=a,DC=b", "CN=1,O=x", "DC=1,O=x", "O=x", "", "CN=\\", "CN=1,ou=X,dc=A,dc=B",
		"CN=1,CN=Users,DC=a,DC=b", "CN=1,CN=configuration,DC=a,DC=b", "CN=1,CN=\\43onfiguration,DC=a,DC=b", "CN=1,CN= Configuration,DC=a,DC=b", "CN=1,cn =Configuration,DC=a,DC=b",
		"OU=x\\,DC=y,DC=a,DC=b", "OU=x,DC=y\\,OU=z,DC=a,DC=b", "CN=1\\,DC=a,DC=b", "CN=1\\\\,DC=a,DC=b", "DC=y\\\\,OU=z,DC=a,DC=b", "OU,DC=a,DC=b", ",DC=a,DC=b", ",,DC=a,DC=b"}
	for range 3 {
		slices.Reverse(names)
		c := newCoverage("file")
		for _, dn := range append(names, names...) {
			want := conflicts.Partition(dn)
			if want == "" {
				want = "file"
			}
			if got := c.of([]byte(dn)).Partition; !strings.EqualFold(got, want) {
				t.Errorf("%q is counted for %q, not %q", dn, got, want)
			}
		}
	}
}

// wirePage is what a server sends of n users, and what says that this was all.
func wirePage(n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, packet(7, entryOp(fmt.Sprintf("CN=Yannick Zimmermann %d,OU=OU%03d,DC=contoso,DC=com", i, i%200),
			resultAttribute{"objectGUID", [][]byte{fmt.Appendf(nil, "%016d", i)}},
			resultAttribute{"mail", [][]byte{fmt.Appendf(nil, "yannick.zimmermann%d@contoso.com", i)}},
			resultAttribute{"userPrincipalName", [][]byte{fmt.Appendf(nil, "yannick.zimmermann%d@contoso.com", i)}},
			resultAttribute{"proxyAddresses", [][]byte{fmt.Appendf(nil, "SMTP:Yannick.Zimmermann%d@contoso.com", i), fmt.Appendf(nil, "smtp:yz%d@fabrikam.com", i),
				fmt.Appendf(nil, "X500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=%d", i), fmt.Appendf(nil, "sip:yannick.zimmermann%d@contoso.com", i)}}))...)
	}
	return append(b, packet(7, doneOp())...)
}

// A page costs a few allocations, whatever the number of its objects.
func TestSweepDoesNotAllocate(t *testing.T) {
	counts := map[int]float64{}
	for _, n := range []int{10, 1000} {
		tap := tapOn(wirePage(n), 1, 7)
		if _, err := io.Copy(io.Discard, tap); err != nil {
			t.Fatal(err)
		}
		var p page
		p.entries, _ = tap.take()
		var c conn
		counts[n] = testing.AllocsPerRun(10, func() {
			seen := 0
			if err := c.views(t.Context(), p, func(v *conflicts.View) { seen++ }); err != nil || seen != n {
				t.Fatalf("%d objects, %v", seen, err)
			}
		})
	}
	if counts[1000] > counts[10] {
		t.Errorf("allocations by objects in a page: %v", counts)
	}
}

// BenchmarkSweep reads pages of 1000 objects from a connection in memory into an
// index, and for comparison only takes them apart as objects that are inspected
// are.
func BenchmarkSweep(b *testing.B) {
	const objects = 1000
	wire := wirePage(objects)
	var c conn
	run := func(b *testing.B, each func(page)) {
		source := &again{wire: wire}
		tap := newTap(&stream{Reader: source})
		tap.Write(packet(7, doneOp()))
		b.SetBytes(int64(len(wire)))
		b.ReportAllocs()
		for b.Loop() {
			source.rest, tap.ended, tap.answer = wire, 0, bound{} // the same page once more
			if _, err := io.CopyBuffer(writerOnly{io.Discard}, readerOnly{io.LimitReader(tap, int64(len(packet(7, doneOp()))))}, make([]byte, 512)); err != nil {
				b.Fatal(err)
			}
			var p page
			p.entries, _ = tap.take()
			each(p)
			tap.reuse(p.entries)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/objects, "ns/object")
	}
	x := index.New(maphash.MakeSeed())
	b.Run("index", func(b *testing.B) {
		run(b, func(p page) {
			if err := c.views(b.Context(), p, func(v *conflicts.View) { x.Add(v) }); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("views", func(b *testing.B) {
		run(b, func(p page) {
			if err := c.views(b.Context(), p, func(v *conflicts.View) {}); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("attributes", func(b *testing.B) {
		run(b, func(p page) {
			list, err := parseEntries(p.entries)
			if err != nil {
				b.Fatal(err)
			}
			for _, r := range list {
				a := attributes{}
				a.take(r)
				e := a.entry(r.dn)
				conflicts.Findings(&e)
			}
		})
	})
}

// again gives what it is set to.
type again struct{ wire, rest []byte }

func (a *again) Read(p []byte) (int, error) {
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

type readerOnly struct{ io.Reader }
type writerOnly struct{ io.Writer }
