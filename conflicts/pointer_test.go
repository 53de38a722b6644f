package conflicts

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func of(forest string, o *Object) *Object {
	o.Forest = forest
	o.DN = strings.Replace(o.DN, "DC=a,DC=com", "DC="+forest, 1)
	return o
}

func contact(o *Object) *Object { o.Class = "contact"; return o }
func mailbox(o *Object) *Object { o.Mailbox = true; return o }

func TestPointers(t *testing.T) {
	const x, legacy = "SMTP:x@b.com", "X500:/o=B/cn=x"
	at := func(o *Object) *Object { return target(o, x) }
	for name, tc := range map[string]struct {
		objects  []*Object
		want     []string
		pointers []string
	}{
		"a contact of the mailbox's address":           {[]*Object{of("b", mailbox(object(1, "M", x))), of("a", at(contact(object(2, "P", x))))}, nil, []string{"P"}},
		"the address is not the contact's primary one": {[]*Object{of("b", mailbox(object(1, "M", x))), of("a", at(contact(object(2, "P", "SMTP:p@a.com", "smtp:x@b.com"))))}, nil, []string{"P"}},
		"a mail user":                         {[]*Object{of("b", mailbox(object(1, "M", x))), of("a", at(recipient(object(2, "P", x), 128)))}, nil, []string{"P"}},
		"an address that only mail shows":     {[]*Object{of("b", mailbox(object(1, "M", x))), of("a", at(mail(contact(object(2, "P")), "x@b.com")))}, nil, []string{"P"}},
		"further addresses of the mailbox":    {[]*Object{of("b", mailbox(object(1, "M", x, "smtp:y@b.com", legacy))), of("a", at(contact(object(2, "P", x, "smtp:y@b.com", legacy))))}, nil, []string{"P"}},
		"an address of the mailbox, not this": {[]*Object{of("b", mailbox(object(1, "M", x, "smtp:y@b.com"))), of("a", at(contact(object(2, "P", "smtp:y@b.com"))))}, nil, []string{"P"}},
		"contacts in several forests":         {[]*Object{of("b", mailbox(object(1, "M", x))), of("a", at(contact(object(2, "P", x)))), of("c", at(contact(object(3, "Q", x))))}, nil, []string{"P", "Q"}},

		"in one forest":                  {[]*Object{of("b", mailbox(object(1, "M", x))), of("b", at(contact(object(2, "P", x))))}, []string{"duplicate x@b.com: M P", "P proxyAddresses SMTP:x@b.com -> SMTP:x2@b.com"}, nil},
		"forests unknown":                {[]*Object{mailbox(object(1, "M", x)), at(contact(object(2, "P", x)))}, []string{"duplicate x@b.com: M P", "P proxyAddresses SMTP:x@b.com -> SMTP:x2@b.com"}, nil},
		"one forest unknown":             {[]*Object{of("b", mailbox(object(1, "M", x))), at(contact(object(2, "P", x)))}, []string{"duplicate x@b.com: M P", "P proxyAddresses SMTP:x@b.com -> SMTP:x2@b.com"}, nil},
		"no targetAddress":               {[]*Object{of("b", mailbox(object(1, "M", x))), of("a", contact(object(2, "P", x)))}, []string{"duplicate x@b.com: M P", "P proxyAddresses SMTP:x@b.com -> SMTP:x2@b.com"}, nil},
		"mail goes elsewhere":            {[]*Object{of("b", mailbox(object(1, "M", x))), of("a", target(contact(object(2, "P", x)), "SMTP:z@b.com"))}, []string{"duplicate x@b.com: M P", "P proxyAddresses SMTP:x@b.com -> SMTP:x2@b.com"}, nil},
		"no mailbox there":               {[]*Object{of("b", recipient(object(1, "G", x), 256)), of("a", at(contact(object(2, "P", x))))}, []string{"duplicate x@b.com: G P", "P proxyAddresses SMTP:x@b.com -> SMTP:x2@b.com"}, nil},
		"a remote mailbox is no pointer": {[]*Object{of("b", mailbox(object(1, "M", x))), of("a", at(recipient(object(2, "R", x), 2147483648)))}, []string{"duplicate x@b.com: M R", "R proxyAddresses SMTP:x@b.com -> SMTP:x2@b.com"}, nil},

		"two owners besides the contact": {[]*Object{of("b", mailbox(object(1, "M", x))), of("b", object(2, "N", "smtp:x@b.com")), of("a", at(contact(object(3, "P", x))))},
			[]string{"duplicate x@b.com: M N", "N proxyAddresses smtp:x@b.com -> smtp:x2@b.com"}, []string{"P"}},
		"two contacts in one forest": {[]*Object{of("b", mailbox(object(1, "M", x))), of("a", at(contact(object(2, "P", x)))), of("a", at(contact(object(3, "Q", x))))},
			[]string{"duplicate x@b.com: P Q", "Q proxyAddresses SMTP:x@b.com -> SMTP:x2@b.com"}, nil},
		"somebody else in the contact's forest": {[]*Object{of("b", mailbox(object(1, "M", x))), of("a", object(2, "N", "smtp:x@b.com")), of("a", at(contact(object(3, "P", x))))},
			[]string{"duplicate x@b.com: M N P", "N proxyAddresses smtp:x@b.com -> smtp:x2@b.com", "P proxyAddresses SMTP:x@b.com -> SMTP:x3@b.com"}, nil},
	} {
		opt := Options{PrimaryDomains: domainsIn(tc.objects)}
		for range 3 {
			rand.Shuffle(len(tc.objects), func(i, j int) { tc.objects[i], tc.objects[j] = tc.objects[j], tc.objects[i] })
			j := Judge(tc.objects, opt)
			if diff := cmp.Diff(tc.want, summary(j.Conflicts, j.Changes)); diff != "" {
				t.Errorf("%s:\n%s", name, diff)
			}
			var told []string
			for _, f := range j.Findings {
				if f.Kind == Pointer {
					told = append(told, f.Name())
				}
			}
			if !slices.Equal(told, tc.pointers) {
				t.Errorf("%s: pointers %q, want %q", name, told, tc.pointers)
			}
			var a Audit
			j.Into(&a)
			if noted := slices.ContainsFunc(a.Notes, func(s string) bool {
				return strings.HasSuffix(s, "not conflicts") || strings.HasSuffix(s, "not a conflict")
			}); noted != (len(told) > 0) {
				t.Errorf("%s: notes %q", name, a.Notes)
			}
		}
	}
}
