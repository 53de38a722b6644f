package conflicts

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// owned names the owners of each group and their values.
func owned(groups iter.Seq2[Key, []Owner]) []string {
	var list []string
	for _, owners := range groups {
		var group []string
		for _, o := range owners {
			for _, c := range o.Claims {
				group = append(group, o.DN+" "+c.Attribute.String()+" "+c.Value)
			}
		}
		slices.Sort(group)
		list = append(list, strings.Join(group, "; "))
	}
	slices.Sort(list)
	return list
}

// Objects of a few addresses, which meet in every way, fall into the same groups
// as if every key were looked at.
func TestGroupsDoNotDependOnWhatKeysAreLookedAt(t *testing.T) {
	locals := []string{"jose", "José", "JOSE", "josé", "ana", "ａｎａ", "aña", "zoë", "zoe", "\xff"}
	domains := []string{"a.example", "A.Example ", "müller.example", "xn--mller-kva.example", "muller.example", "mülłer.example"}
	random := rand.New(rand.NewPCG(1, 2))
	pick := func() string { return locals[random.IntN(len(locals))] + "@" + domains[random.IntN(len(domains))] }
	met := 0
	for range 20_000 {
		var objects []*Object
		for i := range 2 + random.IntN(4) {
			o := &Object{Entry: Entry{DN: fmt.Sprintf("CN=%d", i)}}
			for range random.IntN(3) {
				o.ProxyAddresses = append(o.ProxyAddresses, []string{"SMTP:", "smtp:", "sip:"}[random.IntN(3)]+pick())
			}
			if random.IntN(3) == 0 {
				o.Mail = pick()
			}
			if random.IntN(3) == 0 {
				o.UserPrincipalName = pick()
			}
			objects = append(objects, o)
		}
		objects = distinct(objects)
		var every sharedKeys
		for _, o := range objects {
			for _, c := range claims(o) {
				every = append(every, keyHash(c.Parsed().LooseKey()))
			}
		}
		slices.Sort(every)
		want := owned(group(objects, every))
		if diff := cmp.Diff(want, owned(group(objects, newHoldings(objects).shared()))); diff != "" {
			t.Fatalf("(-every key +shared keys):\n%s", diff)
		}
		met += len(want)
	}
	if met < 1000 {
		t.Errorf("only %d groups: the test proves little", met)
	}
}

func TestKeyHashIsFNV(t *testing.T) {
	for key, want := range map[Key]uint64{"": 0xcbf29ce484222325, "a": 0xaf63dc4c8601ec8c, "foobar": 0x85944171f73967e8} {
		if got := keyHash(key); got != want {
			t.Errorf("keyHash(%q) = %x, want %x", key, got, want)
		}
	}
}

// Addresses whose keys have one hash stay apart.
func TestCollidingHashesMakeNoConflict(t *testing.T) {
	claim := func(v string) Claim { return Claim{Attribute: ProxyAddresses, Value: v} }
	a, b, c := &Object{Entry: Entry{DN: "CN=a"}}, &Object{Entry: Entry{DN: "CN=b"}}, &Object{Entry: Entry{DN: "CN=c"}}
	got := map[Key][]Owner{}
	for k, owners := range byLooseKey([]Owner{
		{Object: a, Claims: []Claim{claim("smtp:x@a.example"), claim("smtp:y@a.example")}},
		{Object: b, Claims: []Claim{claim("SMTP:X@a.example")}},
		{Object: c, Claims: []Claim{claim("smtp:ý@a.example"), claim("smtp:z@a.example")}},
	}) {
		got[k] = owners
	}
	want := map[Key][]Owner{
		"smtp:x@a.example": {{Object: a, Claims: []Claim{claim("smtp:x@a.example")}}, {Object: b, Claims: []Claim{claim("SMTP:X@a.example")}}},
		"smtp:y@a.example": {{Object: a, Claims: []Claim{claim("smtp:y@a.example")}}, {Object: c, Claims: []Claim{claim("smtp:ý@a.example")}}},
		"smtp:z@a.example": {{Object: c, Claims: []Claim{claim("smtp:z@a.example")}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
