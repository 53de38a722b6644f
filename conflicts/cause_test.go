package conflicts

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// noon is the moment from which the tests count.
var noon = time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)

// on stamps an object: its proxyAddresses were written for the version-th time so
// long after noon, on a domain controller named SITE\SERVER. "" is one that
// nobody knows.
func on(o *Object, dc string, after time.Duration, version int) *Object {
	o.Written = Stamp{Time: noon.Add(after), Version: version}
	site, server, _ := strings.Cut(dc, `\`)
	var invocation GUID
	copy(invocation[:], "id of "+dc)
	o.Written.Origin = NewOrigin(invocation, server, site)
	return o
}

// nowhere forgets where an object was written.
func nowhere(o *Object) *Object {
	o.Written = Stamp{Time: o.Written.Time, Version: o.Written.Version}
	return o
}

// created sets when an object was created.
func created(o *Object, after time.Duration) *Object {
	o.Created = InstantOf(noon.Add(after))
	return o
}

func restoredAt(o *Object, after time.Duration) *Object {
	o.Remains = RestoredAt(noon.Add(after))
	return o
}

func recipient(o *Object, kind Recipient) *Object { o.Recipient = kind; return o }

// in moves an object to a domain, with an alias there and address policies.
func in(o *Object, domain, alias string, governed bool) *Object {
	o.Partition, o.MailNickname, o.PolicyKnown = domain, alias, governed
	return o
}

func inForest(o *Object, name string) *Object { o.Forest = name; return o }

const (
	seconds = time.Second
	minutes = time.Minute
	hours   = time.Hour
	years   = 365 * 24 * time.Hour
)

func TestCause(t *testing.T) {
	one := func() *Object { return created(object(1, "One", "smtp:x@a.com"), -5*years) }
	two := func() *Object { return created(object(2, "Two", "smtp:x@a.com"), -5*years) }
	const dc1, dc2, far = `Berlin\DC1`, `Berlin\DC2`, `Tokyo\DC3`
	for _, tc := range []struct {
		name    string
		objects []*Object
		want    string // certainty and kind
		because string // part of what is said
	}{
		{"nothing is known", []*Object{one(), two()}, "unknown unknown", "at most one owner"},
		{"one stamp is known", []*Object{on(one(), dc1, 0, 1), two()}, "unknown unknown", "at most one owner"},
		{"when is known, but not where", []*Object{nowhere(on(one(), dc1, 0, 1)), nowhere(on(two(), dc1, seconds, 1))}, "unknown unknown", "at most one owner"},
		{"when is known, and late enough wherever", []*Object{nowhere(on(one(), dc1, 0, 1)), nowhere(on(two(), dc1, 4*hours, 1))}, "likely unchecked", ""},
		{"mail leaves no stamp on proxyAddresses", []*Object{on(one(), dc1, 0, 1), mail(object(2, "Two"), "x@a.com")}, "unknown unknown", "only one of the owners"},

		{"written once on each of two, seconds apart", []*Object{on(one(), dc1, 0, 1), on(two(), dc2, 22*seconds, 1)}, "likely race", `of One were last written 2024-05-06 12:00:00 UTC on Berlin\DC1, those of Two 22s later on Berlin\DC2, too soon`},
		{"in the same second", []*Object{on(one(), dc1, 0, 1), on(two(), dc2, 0, 1)}, "likely race", "those of Two in the same second on"},
		{"created in the window, and written again", []*Object{created(on(one(), dc1, 0, 2), -5*seconds), created(on(two(), dc2, 9*seconds, 3), 2*seconds)}, "likely race", "too soon"},
		{"long there, and both written again", []*Object{on(one(), dc1, 0, 7), on(two(), dc2, 22*seconds, 1)}, "possible race", "not the first write"},
		{"as long apart as notifications never take", []*Object{on(one(), dc1, 0, 1), on(two(), dc2, 14*minutes, 1)}, "possible race", "may have taken longer"},
		{"longer than a site needs at worst", []*Object{on(one(), dc1, 0, 1), on(two(), dc2, 16*minutes, 1)}, "likely unchecked", "Two were first written 2024-05-06 12:16:00 UTC; One had had the address since 2024-05-06 12:00:00 UTC at the latest"},
		{"sooner than any schedule between sites", []*Object{on(one(), dc1, 0, 1), on(two(), far, 14*minutes, 1)}, "likely race", `14m0s later on Tokyo\DC3`},
		{"within the usual schedule between sites", []*Object{on(one(), dc1, 0, 1), on(two(), far, 170*minutes, 1)}, "possible race", "2h50m0s later"},
		{"beyond the usual schedule between sites", []*Object{on(one(), dc1, 0, 1), on(two(), far, 190*minutes, 1)}, "likely unchecked", ""},
		{"a domain controller that is gone", []*Object{on(one(), "", 0, 1), on(two(), dc2, 22*seconds, 1)}, "likely race", "on an unknown DC (invocation id "},
		{"sites that are not known", []*Object{on(one(), "", 0, 1), on(two(), dc2, 10*minutes, 1)}, "possible race", ""},

		{"on one domain controller it is no race", []*Object{on(one(), dc1, 0, 1), on(two(), dc1, 2*seconds, 1)}, "likely unchecked", "were first written 2024-05-06 12:00:02 UTC"},
		{"by one program", []*Object{on(one(), dc1, 0, 1), on(two(), dc1, 0, 1)}, "likely unchecked", `in the same second on Berlin\DC1`},
		{"created when the address had long been there", []*Object{on(one(), dc1, -2*years, 4), created(on(two(), dc2, 0, 3), -1*years)}, "likely unchecked", "Two was created 2023-05-07 12:00:00 UTC; One had had the address since 2022-05-07 12:00:00 UTC at the latest"},
		{"written again, both of them old", []*Object{on(one(), dc1, -2*years, 4), on(two(), dc1, 0, 3)}, "possible unchecked", "of Two were last written 2024-05-06 12:00:00 UTC; One had"},
		{"created as soon after as it may have been a race", []*Object{on(one(), dc1, -2*hours, 1), created(on(two(), dc1, 0, 2), -1*hours)}, "possible unchecked", ""},

		{"brought back, its address given away meanwhile", []*Object{restoredAt(on(one(), dc1, -3*years, 2), -1*hours), created(on(two(), dc2, -1*years, 1), -1*years)},
			"likely restored", `One was deleted, and restored 2024-05-06 11:00:00 UTC; Two had had the address since 2023-05-07 12:00:00 UTC at the latest`},
		{"brought back, the address perhaps there before", []*Object{restoredAt(on(one(), dc1, -3*years, 2), -1*hours), on(two(), dc2, -1*years, 2)}, "possible restored", ""},
		{"brought back, then written", []*Object{restoredAt(on(one(), dc1, 0, 2), -1*years), on(two(), dc2, -2*years, 1)}, "possible unchecked", ""},
		{"brought back before the other got it", []*Object{restoredAt(on(one(), dc1, -3*years, 2), -2*years), on(two(), dc2, -1*years, 1)}, "likely unchecked", ""},

		{"a contact and a mailbox", []*Object{recipient(one(), 64), recipient(two(), 1)}, "possible contact-and-mailbox", ""},
		{"a contact and a mail user", []*Object{recipient(one(), 64), recipient(two(), 128)}, "unknown unknown", ""},
		{"a contact raced by a mailbox", []*Object{recipient(on(one(), dc1, 0, 1), 64), recipient(on(two(), dc2, seconds, 1), 1)}, "likely race", ""},
		{"a contact, and stamps that tell little", []*Object{recipient(on(one(), dc1, 0, 3), 64), recipient(on(two(), dc1, hours, 3), 1)}, "possible contact-and-mailbox", ""},

		{"one alias in two domains, with policies", []*Object{in(one(), "DC=a,DC=com", "x", true), in(two(), "DC=b,DC=com", "X", true)}, "likely same-alias", "One and Two have the alias x, in a.com and in b.com, and address policies"},
		{"one alias in two domains, policies not known", []*Object{in(one(), "DC=a,DC=com", "x", true), in(two(), "DC=b,DC=com", "X", false)}, "possible same-alias", ""},
		{"one alias in one domain", []*Object{in(one(), "DC=a,DC=com", "x", true), in(two(), "DC=a,DC=com", "x", true)}, "unknown unknown", ""},
		{"an alias that is not the address", []*Object{in(one(), "DC=a,DC=com", "y", true), in(two(), "DC=b,DC=com", "y", true)}, "unknown unknown", ""},

		{"in two forests it is no race", []*Object{inForest(on(one(), dc1, 0, 1), "a.com"), inForest(on(two(), dc2, seconds, 1), "b.com")}, "likely two-forests", "One is in the forest a.com, Two in b.com"},
		{"a race in one of two forests", []*Object{inForest(on(one(), dc1, 0, 1), "a.com"), inForest(on(two(), dc2, seconds, 1), "a.com"), inForest(object(3, "Three", "smtp:x@a.com"), "b.com")}, "likely race", ""},
		{"a third who raced with the second", []*Object{on(one(), dc1, -2*years, 5), on(two(), dc1, 0, 1), on(object(3, "Three", "smtp:x@a.com"), dc2, seconds, 1)}, "likely race", "those of Three 1s later"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for range 4 { // in any order
				rand.Shuffle(len(tc.objects), func(i, j int) { tc.objects[i], tc.objects[j] = tc.objects[j], tc.objects[i] })
				found := Judge(tc.objects, Options{}).Conflicts
				if len(found) != 1 {
					t.Fatalf("%d conflicts", len(found))
				}
				c := found[0].Cause
				because := c.Evidence().String()
				if got := fmt.Sprint(c.Certainty, " ", c.Kind); got != tc.want || !strings.Contains(because, tc.because) || because == "" {
					t.Fatalf("%s because %q, want %s because %q", got, because, tc.want, tc.because)
				}
			}
		})
	}
}

func TestCauseInWords(t *testing.T) {
	for want, c := range map[string]Cause{
		"likely a race: x":                                {Kind: Race, Certainty: Likely, Verbatim: "x"},
		"possibly no duplicate check: x":                  {Kind: Unchecked, Certainty: Possible, Verbatim: "x"},
		"not known: the directory does not tell":          {Kind: UnknownCause, Verbatim: "the directory does not tell"},
		"not known":                                       {},
		"possibly a contact beside a mailbox: one is one": {Kind: ContactAndMailbox, Certainty: Possible, Verbatim: "one is one"},
	} {
		if got := c.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, k := range CauseKinds {
		if k.Title() == string(k) {
			t.Errorf("%s has no title", k)
		}
	}
}

// An address that a program gave to everybody is judged in the time of a few.
func TestCauseOfManyOwners(t *testing.T) {
	var objects []*Object
	for n := range 5000 {
		objects = append(objects, on(object(n, fmt.Sprint(n), "smtp:x@a.com"), `Berlin\DC1`, time.Duration(n)*seconds, 1))
	}
	found := Judge(objects, Options{}).Conflicts
	slices.Reverse(objects)
	again := Judge(objects, Options{}).Conflicts
	if found[0].Cause.Kind != Unchecked || found[0].Cause != again[0].Cause {
		t.Errorf("%v, then %v", found[0].Cause, again[0].Cause)
	}
}
