package conflicts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Only what users of the directory surely have as their primary domain counts in a sweep.
func TestPrimaryDomains(t *testing.T) {
	var whole PrimaryDomains
	for _, o := range []*Object{
		upn(object(1, "user", "smtp:a@old.com", "SMTP:a@A.com", "X500:/o=x@x500.com"), "a@corp.local"),
		upn(object(2, "user", "SMTP:b@a.com"), "b@corp.local"),
		upn(target(object(3, "remote mailbox", "SMTP:c@b.com"), "SMTP:c@b.mail.onmicrosoft.com"), "c@B.com"),
		upn(target(object(4, "mail user", "SMTP:d@gmail.example"), "SMTP:d@gmail.example"), "d@a.com"),
		upn(target(object(5, "mail user of two names", "SMTP:e@googlemail.example"), "SMTP:e@gmail.example"), "e@a.com"),
		object(6, "contact", "SMTP:f@partner.example"),
		upn(object(7, "in letters", "SMTP:g@müller.de"), "g@a.com"),
		upn(object(8, "no domain", "SMTP:h", "SMTP:"), "h@a.com"),
	} {
		var part PrimaryDomains
		part.Add(view(&o.Entry))
		whole.Join(&part)
	}
	if got, want := whole.List(), []string{"a.com", "b.com", "xn--mller-kva.de"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	var many PrimaryDomains
	for n := range 2 * maxPrimaryDomains {
		many.Add(view(&upn(object(n, "", fmt.Sprintf("SMTP:x@%d.com", n)), "x@a.com").Entry))
	}
	if n := len(many.List()); n != maxPrimaryDomains {
		t.Errorf("%d domains", n)
	}
}

// Where the accepted domains are not known, a proposal is in a domain in which users, groups or
// mailboxes have their primary address, never in one that is somebody else's.
func TestProposalsWhereAcceptedDomainsAreUnknown(t *testing.T) {
	contact := func(n int, addresses ...string) *Object {
		o := object(n, fmt.Sprint(n), addresses...)
		o.Class = "contact"
		return o
	}
	group := func(n int, addresses ...string) *Object {
		o := object(n, fmt.Sprint(n), addresses...)
		o.Class = "group"
		return o
	}
	unknown := func(o *Object) *Object { o.Class = ""; return o }
	const none = ""
	for _, tc := range []struct {
		name    string
		objects []*Object
		swept   []string
		want    string
	}{
		{"two contacts of a partner", []*Object{contact(1, "SMTP:x@partner.example"), contact(2, "SMTP:x@partner.example")}, nil, none},
		{"two contacts in a domain of users", []*Object{contact(1, "SMTP:x@a.com"), contact(2, "SMTP:x@a.com")}, []string{"a.com", "b.com"}, "SMTP:x2@a.com"},
		{"a user and a contact", []*Object{object(1, "1", "SMTP:x@a.com"), contact(2, "SMTP:x@a.com")}, nil, "SMTP:x2@a.com"},
		{"two groups", []*Object{group(1, "SMTP:x@lists.com"), group(2, "SMTP:x@lists.com")}, nil, "SMTP:x2@lists.com"},
		{"two mail users", []*Object{recipient(object(1, "1", "SMTP:x@gmail.example"), 128), recipient(object(2, "2", "SMTP:x@gmail.example"), 128)}, nil, none},
		{"two users who forward elsewhere", []*Object{target(object(1, "1", "SMTP:x@gmail.example"), "SMTP:a@gmail.example"), target(object(2, "2", "SMTP:x@gmail.example"), "SMTP:b@gmail.example")}, nil, none},
		{"a contact whose primary is elsewhere", []*Object{object(1, "1", "SMTP:x@a.com"), contact(2, "SMTP:c@gmail.example", "smtp:x@a.com")}, nil, "smtp:x2@a.com"},
		{"users that hold it as secondary only, in the domain of their primary", []*Object{object(1, "1", "SMTP:a@a.com", "smtp:x@old.com"), object(2, "2", "SMTP:b@a.com", "smtp:x@old.com")}, nil, "smtp:x2@a.com"},
		{"objects of unknown class", []*Object{unknown(object(1, "1", "SMTP:x@a.com")), unknown(object(2, "2", "SMTP:x@a.com"))}, nil, "SMTP:x2@a.com"},
		{"objects of unknown class that forward", []*Object{unknown(target(object(1, "1", "SMTP:x@a.com"), "SMTP:a@a.com")), unknown(target(object(2, "2", "SMTP:x@a.com"), "SMTP:b@a.com"))}, nil, none},
	} {
		j := Judge(tc.objects, Options{PrimaryDomains: tc.swept})
		got := none
		if len(j.Proposals) > 0 {
			got = j.Proposals[0].New
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
		if tc.want == none && !strings.Contains(j.Conflicts[0].Obstacles(), "accepted domains unknown") {
			t.Errorf("%s: unresolved: %s", tc.name, j.Conflicts[0].Obstacles())
		}
	}
}
