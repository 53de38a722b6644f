package conflicts

import (
	"fmt"
	"hash/maphash"
	"testing"
)

func TestIndexSuspects(t *testing.T) {
	index := NewIndex(maphash.MakeSeed())
	objects := []*Object{
		object(1, "A", "SMTP:x@a.com"),
		object(2, "B", "smtp:X@a.com"),
		mail(object(3, "C", "SMTP:c@a.com"), "c@a.com"), // shares with itself only
		object(4, "D", "SMTP:josé@a.com"),
		upn(object(5, "E"), "jose@a.com"),
		mail(object(6, "F"), "f@a.com"), // mail alone, twice
		mail(object(7, "G"), "f@a.com"),
	}
	for _, o := range objects {
		index.Add(&o.Entry)
	}
	nameless := Entry{DN: "CN=H", ProxyAddresses: []string{"smtp:h@a.com"}}
	index.Add(&nameless)
	index.Add(&Entry{DN: "CN=I", ProxyAddresses: []string{"smtp:h@a.com"}})
	index.Reserve([]string{"smtp:gone@a.com"})
	got := map[Ref]bool{}
	for _, ref := range index.Suspects() {
		got[ref] = true
	}
	for i, o := range objects {
		if want := i == 0 || i == 1 || i == 3 || i == 4; got[o.Ref()] != want {
			t.Errorf("%s suspect: %v", o.Name(), !want)
		}
	}
	if !got[Ref{DN: "CN=H"}] || !got[Ref{DN: "CN=I"}] || len(got) != 6 {
		t.Errorf("suspects %v", got)
	}
	for address, want := range map[string]bool{"smtp:x@a.com": true, "smtp:JOSE@a.com": true, "smtp:josè@a.com": true, "smtp:f@a.com": true,
		"smtp:gone@a.com": true, "smtp:new@a.com": false, "sip:x@a.com": false} {
		if index.Taken(ParseAddress(address)) != want {
			t.Errorf("%s taken: %v", address, !want)
		}
	}
}

func TestIndexRepeated(t *testing.T) {
	index := NewIndex(maphash.MakeSeed())
	for _, n := range []int{1, 2, 3, 2, 2} {
		index.Add(&object(n, "x", "smtp:x@a.com").Entry)
	}
	index.Add(&Entry{DN: "CN=a"})
	index.Add(&Entry{DN: "CN=a"})
	if got := fmt.Sprint(index.Repeated()); got != fmt.Sprint([]Ref{object(2, "").Ref(), {DN: "CN=a"}}) {
		t.Errorf("%v", got)
	}
}
