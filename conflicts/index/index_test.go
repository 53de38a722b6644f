package index

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

// entry makes an object whose GUID is a number.
func entry(n int, name string, addresses ...string) *conflicts.Entry {
	e := &conflicts.Entry{DN: "CN=" + name + ",DC=a,DC=com", ProxyAddresses: addresses}
	binary.BigEndian.PutUint32(e.GUID[:], uint32(n))
	return e
}

func mail(e *conflicts.Entry, mail string) *conflicts.Entry { e.Mail = mail; return e }
func upn(e *conflicts.Entry, upn string) *conflicts.Entry   { e.UserPrincipalName = upn; return e }
func legacy(e *conflicts.Entry, dn string) *conflicts.Entry { e.LegacyExchangeDN = dn; return e }

func TestIndexSuspects(t *testing.T) {
	index := New(maphash.MakeSeed())
	objects := []*conflicts.Entry{
		entry(1, "A", "SMTP:x@a.com"),
		entry(2, "B", "smtp:X@a.com"),
		mail(entry(3, "C", "SMTP:c@a.com"), "c@a.com"), // shares with itself only
		entry(4, "D", "SMTP:josé@a.com"),
		upn(entry(5, "E"), "jose@a.com"),
		mail(entry(6, "F"), "f@a.com"), // mail alone, and the logon name of another
		upn(entry(7, "G"), "F@a.com"),
		legacy(entry(9, "L", "X500:/o=a/cn=l"), "/o=a/cn=l"), // shares with itself only
		legacy(entry(10, "M"), "/o=a/cn=m"),
		entry(11, "N", "x500:/O=A/cn=M"),
	}
	for _, o := range objects {
		index.Add(view(o))
	}
	nameless := conflicts.Entry{DN: "CN=H", ProxyAddresses: []string{"smtp:h@a.com"}}
	index.Add(view(&nameless))
	index.Add(view(&conflicts.Entry{DN: "CN=I", ProxyAddresses: []string{"smtp:h@a.com"}}))
	untyped := entry(8, "U", "untyped@a.com", ":empty@a.com")
	untyped.TargetAddress = "target@a.com"
	index.Add(view(untyped))
	index.Reserve(view(&conflicts.Entry{ProxyAddresses: []string{"smtp:gone@a.com", "gone-untyped@a.com"}, Mail: "gone-mail@a.com", UserPrincipalName: "gone-upn@a.com", TargetAddress: "SMTP:gone-target@a.com", LegacyExchangeDN: "/o=a/cn=gone"}))
	got := map[conflicts.Ref]bool{}
	for _, ref := range index.Suspects() {
		got[ref] = true
	}
	for i, o := range objects {
		if want := i != 2 && i != 7; got[o.Ref()] != want {
			t.Errorf("%s suspect: %v", o.DN, !want)
		}
	}
	if !got[conflicts.NameRef("CN=H")] || !got[conflicts.NameRef("CN=I")] || len(got) != 10 {
		t.Errorf("suspects %v", got)
	}
	for address, want := range map[string]bool{"smtp:x@a.com": true, "smtp:c@a.com": false, "smtp:josè@a.com": true, "smtp:f@a.com": true, "smtp:gone@a.com": false, "smtp:nobody@a.com": false} {
		if index.Shared(conflicts.ParseAddress(address)) != want {
			t.Errorf("%s shared: %v", address, !want)
		}
	}
	for address, want := range map[string]bool{"smtp:x@a.com": true, "smtp:JOSE@a.com": true, "smtp:josè@a.com": true, "smtp:f@a.com": true,
		"smtp:gone@a.com": true, "smtp:gone-untyped@a.com": true, "smtp:gone-mail@a.com": true, "smtp:gone-upn@a.com": true, "smtp:gone-target@a.com": true,
		"smtp:untyped@a.com": true, "smtp:empty@a.com": true, "smtp:target@a.com": true, "X500:/o=A/cn=l": true, "x500:/o=a/cn=gone": true, "X500:/o=a/cn=new": false, "smtp:/o=a/cn=l": false, "smtp:new@a.com": false, "sip:x@a.com": false, "sip:untyped@a.com": false} {
		if index.Taken(conflicts.ParseAddress(address)) != want {
			t.Errorf("%s taken: %v", address, !want)
		}
	}
}

func TestIndexRepeated(t *testing.T) {
	index := New(maphash.MakeSeed())
	for _, n := range []int{1, 2, 3, 2, 2} {
		index.Add(view(entry(n, "x", "smtp:x@a.com")))
	}
	alone := mail(entry(4, "y", "smtp:y@a.com"), "y@b.com")
	index.Add(view(alone))
	alone.ProxyAddresses = nil // it changed meanwhile
	index.Add(view(alone))
	index.Add(view(&conflicts.Entry{DN: "CN=a, DC=b", Mail: "a@a.com"}))
	index.Add(view(&conflicts.Entry{DN: "cn=A,dc=b", Mail: "a@a.com"}))
	if n := len(index.Suspects()); n != 5 {
		t.Errorf("%d suspects", n)
	}
	got := map[conflicts.Ref]bool{}
	for _, ref := range index.Repeated() {
		got[ref] = true
	}
	if diff := cmp.Diff(map[conflicts.Ref]bool{entry(2, "").Ref(): true, alone.Ref(): true, {DN: "cn=a,dc=b"}: true}, got); diff != "" {
		t.Error(diff)
	}
}

// A suspect is confirmed by what it had in the sweep, in whatever order, and not by
// less of what it shares, in whatever attribute.
func TestIndexConfirms(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	forms := []string{"smtp:%d@a.com", "SMTP:%d@A.com", "smtp:%dé@a.com", "smtp:%de@a.com", "sip:%d@a.com", "smtp: %d@a.com", "X500:/o=a/cn=%d", "%d"}
	index := New(maphash.MakeSeed())
	first := map[conflicts.Ref]*conflicts.Entry{}
	for n := range 2000 {
		e := &conflicts.Entry{DN: fmt.Sprintf("CN=%d", n)}
		for range r.IntN(5) {
			e.ProxyAddresses = append(e.ProxyAddresses, fmt.Sprintf(forms[r.IntN(len(forms))], r.IntN(3000)))
		}
		for _, other := range []*string{&e.Mail, &e.UserPrincipalName} {
			if r.IntN(3) == 0 {
				*other = fmt.Sprintf("%d@a.com", r.IntN(3000))
			}
		}
		if r.IntN(5) == 0 {
			e.TargetAddress = fmt.Sprintf("SMTP:%d@a.com", r.IntN(3000))
		}
		if r.IntN(3) == 0 {
			e.LegacyExchangeDN = fmt.Sprintf("/o=A/cn=%d", r.IntN(3000))
		}
		index.Add(view(e))
		first[e.Ref()] = e
	}
	suspects := index.Suspects()
	if len(suspects) < 500 {
		t.Fatalf("%d suspects", len(suspects))
	}
	for _, ref := range suspects {
		e := *first[ref]
		e.ProxyAddresses = slices.Clone(e.ProxyAddresses)
		r.Shuffle(len(e.ProxyAddresses), func(i, j int) {
			e.ProxyAddresses[i], e.ProxyAddresses[j] = e.ProxyAddresses[j], e.ProxyAddresses[i]
		})
		e.ProxyAddresses = append(e.ProxyAddresses, "smtp:nobody else's@a.com")
		if !index.Confirms(ref, &e) {
			t.Errorf("%+v is not confirmed", e)
		}
		if index.Confirms(ref, &conflicts.Entry{DN: e.DN, ProxyAddresses: []string{"smtp:nobody else's@a.com"}}) {
			t.Errorf("%+v is confirmed without its addresses", e)
		}
	}
}

// view returns an entry as a sweep would hand it on.
func view(e *conflicts.Entry) *conflicts.View {
	v := &conflicts.View{DN: []byte(e.DN), GUID: e.GUID, Mail: []byte(e.Mail), UserPrincipalName: []byte(e.UserPrincipalName), TargetAddress: []byte(e.TargetAddress), LegacyExchangeDN: []byte(e.LegacyExchangeDN)}
	for _, a := range e.ProxyAddresses {
		v.ProxyAddresses = append(v.ProxyAddresses, []byte(a))
	}
	return v
}

// In a large forest, where equal addresses stand far apart and most objects
// leave no fingerprint in most shards, the index finds exactly what a map does.
func TestIndexAgreesWithMap(t *testing.T) {
	const objects = 200_000
	r := rand.New(rand.NewPCG(1, 1))
	index := New(maphash.MakeSeed())
	first := map[string]conflicts.GUID{}
	want := map[conflicts.Ref]bool{}
	for n := range objects {
		var g conflicts.GUID
		binary.BigEndian.PutUint32(g[:], uint32(n)+1)
		address := fmt.Sprintf("smtp:%d@a.com", r.IntN(50*objects))
		if before, ok := first[address]; ok {
			want[conflicts.Ref{GUID: before}], want[conflicts.Ref{GUID: g}] = true, true
		} else {
			first[address] = g
		}
		index.Add(view(&conflicts.Entry{GUID: g, ProxyAddresses: []string{address}}))
	}
	got := map[conflicts.Ref]bool{}
	for _, ref := range index.Suspects() {
		got[ref] = true
	}
	for ref := range want {
		if !got[ref] {
			t.Fatalf("%s is no suspect", ref.GUID)
		}
	}
	if n := len(got) - len(want); n > 4 { // by chance: see Index
		t.Errorf("%d of %d suspects share nothing", n, len(got))
	}
	for address := range first {
		if !index.Taken(conflicts.ParseAddress(address)) {
			t.Fatalf("%s is not taken", address)
		}
	}
	wrong := 0
	for n := range objects {
		if index.Taken(conflicts.ParseAddress(fmt.Sprintf("smtp:free%d@a.com", n))) {
			wrong++
		}
	}
	if wrong > 1 {
		t.Errorf("%d of %d free addresses are taken", wrong, objects)
	}
	if n := len(index.Repeated()); n > 0 {
		t.Errorf("%d repeated", n)
	}
}

// What was found in parts is found as if it had come in one, and what was in a
// part that was given up is not.
func TestIndexJoin(t *testing.T) {
	index := New(maphash.MakeSeed())
	whole := index.Fork()
	const objects, parts = 30_000, 7
	r := rand.New(rand.NewPCG(2, 2))
	forks := make([]*Index, parts)
	for i := range forks {
		forks[i] = index.Fork()
	}
	lost := index.Fork()
	for n := range objects {
		e := conflicts.Entry{ProxyAddresses: []string{fmt.Sprintf("smtp:%d@a.com", r.IntN(10*objects))}}
		if n%3 == 0 {
			e.DN = fmt.Sprintf("CN=%d", n)
		} else {
			binary.BigEndian.PutUint32(e.GUID[:], uint32(n)+1)
		}
		whole.Add(view(&e))
		forks[r.IntN(parts)].Add(view(&e))
		if n == 1000 || n == 2000 { // Join need not wait for the others
			index.Join(forks[n/1000])
		}
		lost.Add(view(&conflicts.Entry{DN: "CN=x", ProxyAddresses: e.ProxyAddresses}))
	}
	forks[0].Reserve(view(&conflicts.Entry{ProxyAddresses: []string{"smtp:gone@a.com"}}))
	for _, fork := range forks {
		index.Join(fork)
	}
	if diff := cmp.Diff(whole.Suspects(), index.Suspects()); diff != "" {
		t.Error(diff)
	}
	if !index.Taken(conflicts.ParseAddress("SMTP:gone@a.com")) || index.Taken(conflicts.ParseAddress("smtp:new@a.com")) {
		t.Error("the address of a deleted object is free, or one that nobody has is taken")
	}
	for n := range 10 * objects {
		a := conflicts.ParseAddress(fmt.Sprintf("smtp:%d@a.com", n))
		if whole.Taken(a) != index.Taken(a) {
			t.Fatalf("%s taken: %v", a, index.Taken(a))
		}
	}
}
