package conflicts

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// object makes a user whose number is its age and its GUID: the lower, the
// older.
func object(n int, name string, addresses ...string) *Object {
	o := &Object{Entry: Entry{DN: "CN=" + name + ",OU=Staff,DC=a,DC=com", ProxyAddresses: addresses},
		Class: "user", Partition: "DC=a,DC=com", Created: InstantOf(time.Date(2020, 1, 1, n, 0, 0, 0, time.UTC))}
	binary.BigEndian.PutUint32(o.GUID[:], uint32(n))
	return o
}

// summary writes a judgment as lines that a person can check.
func summary(found []Conflict, changes []Change) []string {
	var lines []string
	for _, c := range found {
		var owners []string
		for _, o := range c.Owners {
			owners = append(owners, o.Name())
		}
		line := fmt.Sprintf("%s %s: %s", c.Class, c.Key.Address(), strings.Join(owners, " "))
		if len(c.Unresolved) > 0 {
			line += " UNRESOLVED " + c.Obstacles()
		}
		lines = append(lines, line)
	}
	for _, c := range changes {
		lines = append(lines, fmt.Sprintf("%s %s %s -> %s", c.Object.Name(), c.Attribute, c.Old, c.New))
	}
	return lines
}

// domainsIn returns the domains of all addresses, under their keys and in order: what a
// directory is if users have their primary address in each.
func domainsIn(objects []*Object) (list []string) {
	for _, o := range objects {
		for a := range o.Claimed() {
			if d := a.Domain(); d != "" {
				list = append(list, DomainKey(d))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func mail(o *Object, mail string) *Object { o.Mail = mail; return o }
func upn(o *Object, upn string) *Object   { o.UserPrincipalName = upn; return o }
func target(o *Object, a string) *Object  { o.TargetAddress = a; return o }
func legacy(o *Object, dn string) *Object { o.LegacyExchangeDN = dn; return o }

func TestJudge(t *testing.T) {
	pattern, err := ParsePattern("{given}.{sn}{n}@{domain}")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		objects []*Object
		opt     Options
		want    []string
	}{
		{"nothing in common", []*Object{object(1, "A", "SMTP:a@a.com"), object(2, "B", "SMTP:b@a.com")}, Options{}, nil},
		{"no objects", nil, Options{}, nil},
		{"the older keeps, the other counts up as Exchange does",
			[]*Object{object(1, "Old", "SMTP:carola@a.com"), object(2, "New", "SMTP:carola@a.com")}, Options{},
			[]string{"duplicate carola@a.com: Old New", "New proxyAddresses SMTP:carola@a.com -> SMTP:carola2@a.com"}},
		{"a trailing number is counted up",
			[]*Object{object(1, "Old", "SMTP:roger.svensson2@a.com"), object(2, "New", "smtp:roger.svensson2@a.com")}, Options{},
			[]string{"duplicate roger.svensson2@a.com: Old New", "New proxyAddresses smtp:roger.svensson2@a.com -> smtp:roger.svensson3@a.com"}},
		{"KB 315900: a candidate is checked against every object, and per address",
			[]*Object{object(3, "X", "SMTP:user@a.com", "smtp:user@b.com"), object(1, "Y", "SMTP:user2@a.com", "smtp:user@b.com"), object(2, "Z", "SMTP:user@a.com", "smtp:user2@b.com")}, Options{},
			[]string{"duplicate user@a.com: Z X", "duplicate user@b.com: Y X",
				"X proxyAddresses SMTP:user@a.com -> SMTP:user3@a.com", "X proxyAddresses smtp:user@b.com -> smtp:user3@b.com"}},
		{"every owner of an address is shown and moves to an address of its own",
			[]*Object{object(1, "A", "smtp:x@a.com"), object(2, "B", "smtp:x@a.com"), object(3, "C", "SMTP:x@a.com"), object(4, "D", "smtp:x@a.com")}, Options{},
			[]string{"duplicate x@a.com: C A B D", "A proxyAddresses smtp:x@a.com -> smtp:x2@a.com",
				"B proxyAddresses smtp:x@a.com -> smtp:x3@a.com", "D proxyAddresses smtp:x@a.com -> smtp:x4@a.com"}},
		{"mail follows, the logon name never does",
			[]*Object{object(1, "Old", "SMTP:x@a.com"), upn(mail(object(2, "New", "smtp:x@a.com"), "X@a.com"), "x@a.com")}, Options{},
			[]string{"duplicate x@a.com: Old New UNRESOLVED the logon name of CN=New,OU=Staff,DC=a,DC=com is this address as well; proxyaddr never changes a logon name",
				"New proxyAddresses smtp:x@a.com -> smtp:x2@a.com", "New mail X@a.com -> x2@a.com"}},
		{"somebody else's mail is shown and left alone",
			[]*Object{object(1, "A", "SMTP:x@a.com"), object(2, "B", "smtp:x@a.com"), mail(object(3, "C"), "x@a.com")}, Options{},
			[]string{"duplicate x@a.com: A B C UNRESOLVED the mail attribute of CN=C,OU=Staff,DC=a,DC=com shows this address and is left alone",
				"B proxyAddresses smtp:x@a.com -> smtp:x2@a.com"}},
		{"a domain in both of its forms and one that Active Directory treats as the same are one address",
			[]*Object{object(1, "A", "SMTP:s@xn--mller-kva.de"), object(2, "B", "smtp:s@muller.de"), object(3, "C", "smtp:s@müller.de"), mail(object(4, "D"), "s@MÜLLER.de")}, Options{},
			[]string{"duplicate s@xn--mller-kva.de: A B C D UNRESOLVED the mail attribute of CN=D,OU=Staff,DC=a,DC=com shows this address and is left alone",
				"B proxyAddresses smtp:s@muller.de -> smtp:s2@muller.de", "C proxyAddresses smtp:s@müller.de -> smtp:s3@xn--mller-kva.de"}},
		{"a chain of addresses, of which each is the next one's in its own way, ends",
			[]*Object{object(1, "A", "smtp:jose@xn--mller-kva.de"), object(2, "B", "SMTP:jose@müller.de"), mail(object(3, "C", "SMTP:josé@müller.de"), "jose@müller.de")}, Options{},
			[]string{"duplicate josé@xn--mller-kva.de: C A B", "A proxyAddresses smtp:jose@xn--mller-kva.de -> smtp:jose2@xn--mller-kva.de",
				"B proxyAddresses SMTP:jose@müller.de -> SMTP:jose3@xn--mller-kva.de"}},
		{"a value that an export holds twice is there once",
			[]*Object{object(1, "A", "SMTP:x@a.com"), object(2, "B", "smtp:x@a.com", "smtp:x@a.com")}, Options{},
			[]string{"duplicate x@a.com: A B", "B proxyAddresses smtp:x@a.com -> smtp:x2@a.com"}},
		{"a value without a type is no owner, but its address is not handed out",
			[]*Object{object(1, "A", "SMTP:x@a.com"), object(2, "B", "smtp:x@a.com"), object(3, "C", "x2@a.com"), object(4, "D", "X@a.com")}, Options{},
			[]string{"duplicate x@a.com: A B", "B proxyAddresses smtp:x@a.com -> smtp:x3@a.com"}},
		{"an address that somebody forwards to is not handed out",
			[]*Object{object(1, "A", "SMTP:x@a.com"), object(2, "B", "smtp:x@a.com"), target(object(3, "C"), "SMTP:X2@a.com"), target(object(4, "D"), "x3@a.com")}, Options{},
			[]string{"duplicate x@a.com: A B", "B proxyAddresses smtp:x@a.com -> smtp:x4@a.com"}},
		{"an address in a domain of others gets no proposal there",
			[]*Object{object(1, "A", "SMTP:bob@gmail.example"), object(2, "B", "SMTP:bob@gmail.example")}, Options{AcceptedDomains: []string{"a.com"}},
			[]string{"duplicate bob@gmail.example: A B UNRESOLVED SMTP:bob@gmail.example: gmail.example is not an accepted domain"}},
		{"a pattern that makes no address gives way to counting",
			[]*Object{object(1, "A", "SMTP:x@a.com"), object(2, "B", "SMTP:x@a.com")}, Options{Pattern: Pattern{"{local} <x>{n}@{domain}"}},
			[]string{"duplicate x@a.com: A B", "B proxyAddresses SMTP:x@a.com -> SMTP:x2@a.com"}},
		{"white space is not handed on",
			[]*Object{object(1, "A", "SMTP:an na@a.com"), object(2, "B", "SMTP:an na@a.com")}, Options{},
			[]string{"duplicate an na@a.com: A B", "B proxyAddresses SMTP:an na@a.com -> SMTP:anna2@a.com"}},
		{"one object with one address in two values and in mail is no conflict",
			[]*Object{upn(mail(object(1, "A", "SMTP:x@a.com", "smtp: x@a.com"), "x@a.com"), "x@a.com")}, Options{}, nil},
		{"a doubled address of an owner goes whole",
			[]*Object{object(1, "Old", "SMTP:x@a.com"), object(2, "New", "smtp:x@a.com", "smtp: X@a.com")}, Options{},
			[]string{"duplicate x@a.com: Old New", "New proxyAddresses smtp: X@a.com -> smtp:X2@a.com", "New proxyAddresses smtp:x@a.com -> "}},
		{"the same object read twice is one owner",
			[]*Object{object(1, "A", "SMTP:x@a.com"), object(1, "A", "SMTP:x@a.com")}, Options{}, nil},
		{"one name written in two ways is one object, where no objectGUID is known",
			[]*Object{nameless("CN=A,DC=a,DC=com", "SMTP:x@a.com"), nameless("cn=a, dc=A,dc=com", "SMTP:x@a.com")}, Options{}, nil},
		{"two values without a type are a conflict of their own",
			[]*Object{object(1, "A", "x@a.com"), object(2, "B", "X@a.com"), object(3, "C", "smtp:x@a.com")}, Options{},
			[]string{"non-smtp x@a.com: A B"}},
		{"a mailbox whose account is disabled comes before a mail user in use",
			[]*Object{recipient(object(1, "User", "smtp:x@a.com"), 128), disabled(recipient(object(2, "Mailbox", "smtp:x@a.com"), 1))}, Options{},
			[]string{"duplicate x@a.com: Mailbox User", "User proxyAddresses smtp:x@a.com -> smtp:x2@a.com"}},
		{"Smtp: is a secondary address",
			[]*Object{object(1, "A", "Smtp:x@a.com"), object(2, "B", "SMTP:x@a.com")}, Options{},
			[]string{"duplicate x@a.com: B A", "A proxyAddresses Smtp:x@a.com -> Smtp:x2@a.com"}},
		{"equal to Active Directory only",
			[]*Object{object(1, "A", "SMTP:josé@a.com"), object(2, "B", "SMTP:jose@a.com")}, Options{},
			[]string{"collation josé@a.com: A B", "B proxyAddresses SMTP:jose@a.com -> SMTP:jose2@a.com"}},
		{"a proposal is free under the loose comparison too",
			[]*Object{object(1, "A", "SMTP:jose@a.com"), object(2, "B", "SMTP:jose@a.com"), object(3, "C", "SMTP:josé2@a.com")}, Options{},
			[]string{"duplicate jose@a.com: A B", "B proxyAddresses SMTP:jose@a.com -> SMTP:jose3@a.com"}},
		{"a proposal has no diacritics, which Entra ID refuses",
			[]*Object{object(1, "A", "SMTP:søren@müller.de"), object(2, "B", "SMTP:Søren@müller.de"), object(3, "C", "SMTP:иван@a.com"), object(4, "D", "SMTP:иван@a.com")}, Options{},
			[]string{"duplicate søren@xn--mller-kva.de: A B", "duplicate иван@a.com: C D", "B proxyAddresses SMTP:Søren@müller.de -> SMTP:soren2@xn--mller-kva.de",
				"D proxyAddresses SMTP:иван@a.com -> SMTP:иван2@a.com"}},
		{"a full-width at sign is replaced by a proper address",
			[]*Object{object(1, "A", "SMTP:bob@a.com"), object(2, "B", "SMTP:bob＠a.com")}, Options{},
			[]string{"collation bob@a.com: A B", "B proxyAddresses SMTP:bob＠a.com -> SMTP:bob2@a.com"}},
		{"a full-width at sign before a domain with marks",
			[]*Object{object(1, "A", "SMTP:bob@müller.de"), object(2, "B", "SMTP:bob＠müller.de")}, Options{},
			[]string{"collation bob@xn--mller-kva.de: A B", "B proxyAddresses SMTP:bob＠müller.de -> SMTP:bob2@xn--mller-kva.de"}},
		{"an address that is another's mail or logon name is shown, not changed",
			[]*Object{object(1, "A", "SMTP:x@a.com"), mail(object(2, "B", "SMTP:b@a.com"), "x@a.com"), upn(object(3, "C"), "x@a.com")}, Options{},
			[]string{"cross-attribute x@a.com: A B C"}},
		{"mail and logon names alone are a conflict too: the account in use keeps, and nothing is changed",
			[]*Object{disabled(mail(object(1, "A"), "x@a.com")), mail(object(2, "B"), "X@a.com"), upn(object(3, "C"), "c@a.com"), upn(object(4, "D"), "C@a.com"),
				mail(object(5, "E"), "e@a.com"), upn(object(6, "F"), "e@a.com"), upn(mail(object(7, "G"), "g@a.com"), "g@a.com")}, Options{},
			[]string{"cross-attribute c@a.com: C D", "cross-attribute e@a.com: E F", "cross-attribute x@a.com: B A"}},
		{"X500 and SIP are reported, not changed",
			[]*Object{object(1, "A", "X500:/o=O/cn=a", "sip:a@a.com"), object(2, "B", "x500:/o=o/cn=A", "SIP:a@a.com")}, Options{},
			[]string{"non-smtp /o=o/cn=a: A B", "non-smtp a@a.com: B A"}},
		{"the domain of the primary, where the domain in conflict is not accepted",
			[]*Object{object(1, "A", "smtp:x@old.com"), object(2, "B", "smtp:x@old.com", "SMTP:b@a.com")}, Options{AcceptedDomains: []string{"a.com"}},
			[]string{"duplicate x@old.com: A B", "B proxyAddresses smtp:x@old.com -> smtp:x2@a.com"}},
		{"a legacyExchangeDN is an X500 address: who has it there keeps it, and two of them are told",
			[]*Object{object(1, "A", "X500:/o=O/cn=x"), object(2, "B", "x500:/o=o/cn=X"), legacy(object(3, "C"), "/O=o/cn=x"),
				legacy(object(4, "D"), "/o=O/cn=y"), legacy(object(5, "E", "X500:/o=O/cn=y"), "/o=O/cn=Y"), legacy(object(6, "F", "X500:/o=O/cn=z"), "/o=O/cn=z")}, Options{},
			[]string{"non-smtp /o=o/cn=x: C A B", "non-smtp /o=o/cn=y: E D"}},
		{"a mailbox that moved between forests has its old legacyExchangeDN as X500",
			[]*Object{inForest(object(1, "A", "X500:/o=O/cn=x"), "a.com"), inForest(legacy(object(2, "B"), "/o=O/cn=x"), "b.com"),
				inForest(object(3, "C", "X500:/o=O/cn=y"), "a.com"), inForest(legacy(object(4, "D"), "/o=O/cn=y"), "b.com"), inForest(legacy(object(5, "E"), "/o=O/cn=y"), "b.com")}, Options{},
			[]string{"non-smtp /o=o/cn=y: D C E"}},
		{"a subdomain is accepted by a wildcard",
			[]*Object{object(1, "A", "smtp:x@eu.a.com"), object(2, "B", "smtp:x@eu.a.com", "SMTP:b@a.com")}, Options{AcceptedDomains: []string{"*.a.com"}},
			[]string{"duplicate x@eu.a.com: A B", "B proxyAddresses smtp:x@eu.a.com -> smtp:x2@eu.a.com"}},
		{"a secondary address can be dropped, a primary one cannot",
			[]*Object{object(1, "A", "SMTP:x@a.com", "SMTP:y@a.com"), object(2, "B", "smtp:x@a.com", "SMTP:y@a.com")}, Options{RemoveSecondary: true},
			[]string{"duplicate x@a.com: A B", "duplicate y@a.com: A B", "B proxyAddresses smtp:x@a.com -> ", "B proxyAddresses SMTP:y@a.com -> SMTP:y2@a.com"}},
		{"an address without a replacement is removed where its object can do without",
			[]*Object{object(1, "A", "smtp:x"), object(2, "B", "smtp:x", "SMTP:b@a.com"), object(3, "C", "smtp:x"), mail(object(4, "D", "smtp:x", "SMTP:d@a.com"), "x"),
				object(5, "E", "smtp:x", "SMTP:e@gmail.example")}, acceptedHere,
			[]string{`duplicate x: D A B C E UNRESOLVED smtp:x: no "@"; smtp:x: no "@"; smtp:x: no "@"`, "B proxyAddresses smtp:x -> "}},
		{"which domains are accepted has to be known for that",
			[]*Object{object(1, "A", "smtp:x"), object(2, "B", "smtp:x", "SMTP:b@a.com")}, Options{},
			[]string{`duplicate x: A B UNRESOLVED smtp:x: no "@"`}},
		{"or the removal has to be asked for",
			[]*Object{object(1, "A", "smtp:x"), object(2, "B", "smtp:x", "SMTP:b@a.com")}, Options{RemoveSecondary: true},
			[]string{"duplicate x: A B", "B proxyAddresses smtp:x -> "}},
		{"nothing is removed to which another object forwards",
			[]*Object{object(1, "A", "smtp:x"), object(2, "B", "smtp:x", "SMTP:b@a.com"), &Object{Entry: Entry{DN: "CN=C,DC=a,DC=com", GUID: GUID{3}, TargetAddress: "smtp:x"}}}, acceptedHere,
			[]string{`duplicate x: A B UNRESOLVED smtp:x: no "@"`}},
		{"a template makes the address, a number only where it must",
			[]*Object{object(1, "A", "smtp:x@a.com"), named(object(2, "B", "smtp:x@a.com"), "Zoë", "de Groot"), named(object(3, "C", "smtp:x@a.com"), "Zoe", "de Groot"), object(4, "D", "smtp:x@a.com")},
			Options{Pattern: pattern},
			[]string{"duplicate x@a.com: A B C D", "B proxyAddresses smtp:x@a.com -> smtp:zoe.degroot@a.com",
				"C proxyAddresses smtp:x@a.com -> smtp:zoe.degroot2@a.com", "D proxyAddresses smtp:x@a.com -> smtp:x2@a.com"}},
		{"what cannot be changed keeps its address, and two of them are left to a person",
			[]*Object{object(1, "A", "SMTP:x@a.com"), fixedObject(object(2, "B", "smtp:x@a.com")), fixedObject(object(3, "C", "smtp:x@a.com"))}, Options{},
			[]string{"duplicate x@a.com: B A C UNRESOLVED CN=C,OU=Staff,DC=a,DC=com cannot be changed: lies outside the domain partitions",
				"A proxyAddresses SMTP:x@a.com -> SMTP:x2@a.com"}},
		{"a value that is no address is left to a person",
			[]*Object{object(1, "A", "smtp:x"), object(2, "B", "smtp:x")}, Options{},
			[]string{`duplicate x: A B UNRESOLVED smtp:x: no "@"`}},
		{"outside the reported subtree nothing is changed",
			[]*Object{elsewhere(object(1, "A", "smtp:x@a.com")), object(2, "B", "SMTP:x@a.com"), elsewhere(object(3, "C", "smtp:z@a.com")), elsewhere(object(4, "D", "smtp:z@a.com"))},
			Options{Base: []string{"ou=staff, dc=A,dc=com"}},
			[]string{"duplicate x@a.com: B A UNRESOLVED CN=A,OU=Other,DC=a,DC=com lies outside the reported subtrees"}},
		{"an excluded subtree is not reported",
			[]*Object{object(1, "A", "smtp:x@a.com"), object(2, "B", "SMTP:x@a.com")}, Options{Exclude: []string{"OU=Staff,DC=a,DC=com"}}, nil},
		{"a quoted local part counts inside its quotes",
			[]*Object{object(1, "A", `smtp:"x y"@a.com`), object(2, "B", `smtp:"x y"@a.com`)}, Options{},
			[]string{`duplicate "x y"@a.com: A B`, `B proxyAddresses smtp:"x y"@a.com -> smtp:"x y2"@a.com`}},
		{"dots that a mail address may not have are left out",
			[]*Object{object(1, "A", "SMTP:.a..b.@a.com"), object(2, "B", "smtp:.a..b.@a.com")}, Options{},
			[]string{"duplicate .a..b.@a.com: A B", "B proxyAddresses smtp:.a..b.@a.com -> smtp:a.b2@a.com"}},
		{"an address of which nothing can be kept",
			[]*Object{object(1, "A", "SMTP:(.).@a.com"), object(2, "B", "smtp:(.).@a.com")}, Options{},
			[]string{"duplicate (.).@a.com: A B UNRESOLVED smtp:(.).@a.com: no replacement: nothing before the @ can be kept"}},
		{"й is a letter, a stress mark on one is none",
			[]*Object{object(1, "A", "SMTP:андрей@a.com"), object(2, "B", "smtp:андреи\u0306@a.com"), object(3, "C", "smtp:бра\u0301тья@a.com"), object(4, "D", "smtp:бра\u0301тья@a.com")}, Options{},
			[]string{"duplicate андрей@a.com: A B", "duplicate бра\u0301тья@a.com: C D", "B proxyAddresses smtp:андреи\u0306@a.com -> smtp:андрей2@a.com",
				"D proxyAddresses smtp:бра\u0301тья@a.com -> smtp:братья2@a.com"}},
		{"an accent is left out where the letters stay",
			[]*Object{object(1, "A", "SMTP:ανδρέας@a.com"), object(2, "B", "smtp:Ανδρέας@a.com")}, Options{},
			[]string{"duplicate ανδρέασ@a.com: A B", "B proxyAddresses smtp:Ανδρέας@a.com -> smtp:Ανδρεας2@a.com"}},
		{"a value that is no UTF-8 is left to a person",
			[]*Object{object(1, "A", "SMTP:jos\xe9@a.com"), object(2, "B", "smtp:jos\xe9@a.com")}, Options{},
			[]string{"duplicate jos\xe9@a.com: A B UNRESOLVED smtp:jos\xe9@a.com: not UTF-8"}},
		{"of several primaries the first in an accepted domain counts, in whatever order they are stored",
			[]*Object{object(1, "A", "SMTP:x@old.com"), object(2, "B", "smtp:x@old.com", "SMTP:q@not.com", "SMTP:p@a.com", "SMTP:p@b.com")}, Options{AcceptedDomains: []string{"a.com", "b.com"}},
			[]string{"duplicate x@old.com: A B", "B proxyAddresses smtp:x@old.com -> smtp:x2@a.com"}},
		{"256 characters with the type hold",
			[]*Object{object(1, "A", "smtp:yyyyy@"+longDomain), object(2, "B", "smtp:yyyyy@"+longDomain)}, Options{},
			[]string{"duplicate yyyyy@" + longDomain + ": A B", "B proxyAddresses smtp:yyyyy@" + longDomain + " -> smtp:yyyy2@" + longDomain}},
		{"a domain that leaves no room for another address",
			[]*Object{object(1, "A", "smtp:y@xxxx"+longDomain), object(2, "B", "smtp:y@xxxx"+longDomain)}, Options{},
			[]string{"duplicate y@xxxx" + longDomain + ": A B UNRESOLVED smtp:y@xxxx" + longDomain + ": no replacement: the domain leaves no room before the @, as an address may have 251 bytes"}},
		{"64 bytes hold",
			[]*Object{object(1, "A", "smtp:"+strings.Repeat("x", 64)+"@a.com"), object(2, "B", "smtp:"+strings.Repeat("x", 64)+"@a.com")}, Options{},
			[]string{"duplicate " + strings.Repeat("x", 64) + "@a.com: A B",
				"B proxyAddresses smtp:" + strings.Repeat("x", 64) + "@a.com -> smtp:" + strings.Repeat("x", 63) + "2@a.com"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.opt.PrimaryDomains = domainsIn(tc.objects)
			for range 5 {
				j := Judge(tc.objects, tc.opt)
				found, changes := j.Conflicts, j.Changes
				if diff := cmp.Diff(tc.want, summary(found, changes)); diff != "" {
					t.Fatalf("(-want +got)\n%s", diff)
				}
				rand.Shuffle(len(tc.objects), func(i, j int) { tc.objects[i], tc.objects[j] = tc.objects[j], tc.objects[i] })
			}
		})
	}
}

// The ID of a conflict is that of the address, whoever else claims it, in whatever form
// and in whatever attribute.
func TestConflictID(t *testing.T) {
	id := func(objects ...*Object) string {
		t.Helper()
		found := Judge(objects, Options{}).Conflicts
		if len(found) != 1 {
			t.Fatalf("%d conflicts: %v", len(found), summary(found, nil))
		}
		return found[0].ID
	}
	want := id(object(1, "A", "smtp:bob@müller.de"), object(2, "B", "smtp:bob@müller.de"))
	if len(want) != len("C-")+16 {
		t.Errorf("%s: not 16 characters", want)
	}
	for _, others := range [][]*Object{
		{object(2, "B", "smtp:Bob@xn--mller-kva.de")},
		{object(2, "B", "smtp:bob@müller.de"), object(3, "C", "SMTP:bob@xn--mller-kva.de")},
		{object(2, "B", "smtp:bob@müller.de"), object(3, "C", "smtp:böb@muller.de")},
		{mail(object(2, "B"), "bob@müller.de")}, // cross-attribute
		{mail(object(2, "B", "smtp:bob@müller.de"), "bob@müller.de")},
		{upn(object(2, "B"), "bob@muller.de")},
	} {
		if got := id(append(others, object(1, "A", "smtp:bob@müller.de"))...); got != want {
			t.Errorf("%v: %s, want %s", others[0].Entry, got, want)
		}
	}
	if other := id(object(1, "A", "smtp:bob2@müller.de"), object(2, "B", "smtp:bob2@müller.de")); other == want {
		t.Error("another address has the same ID")
	}
}

// longDomain leaves five bytes before the "@" of an address.
var longDomain = strings.Repeat(strings.Repeat("d", 50)+".", 4) + strings.Repeat("e", 37) + ".com"

func disabled(o *Object) *Object { o.Disabled = true; return o }

func nameless(dn string, addresses ...string) *Object {
	return &Object{Entry: Entry{DN: dn, ProxyAddresses: addresses}}
}

func named(o *Object, given, sn string) *Object { o.GivenName, o.Surname = given, sn; return o }
func fixedObject(o *Object) *Object             { o.Fixed = "lies outside the domain partitions"; return o }
func elsewhere(o *Object) *Object {
	o.DN = strings.Replace(o.DN, "OU=Staff", "OU=Other", 1)
	return o
}

// Each rule alone separates two owners, in its place of the order, and says why.
func TestKeeperRules(t *testing.T) {
	for _, tc := range []struct {
		rule   string
		better func(*Object)
		reason string
	}{
		{"fixed", func(o *Object) { o.Fixed = "critical system object" }, "cannot be changed: critical system object"},
		{"primary", func(o *Object) { o.ProxyAddresses[0] = "SMTP:x@a.com" }, "holds it as its primary address"},
		{"mail", func(o *Object) { o.Mail = "x@a.com" }, "its mail attribute shows the address"},
		{"mailbox", func(o *Object) { o.Recipient = 1 }, "is a user mailbox, which comes before a mail user"},
		{"enabled", func(o *Object) { o.Disabled = false }, "its account is in use; that of the other is disabled"},
		{"written-first", func(o *Object) { o.Written.Time = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC) }, "had it first, by 2021-01-01 00:00:00 UTC"},
		{"created-first", func(o *Object) { o.Created = InstantOf(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)) }, "was created first (2019-01-01 00:00:00 UTC)"},
		{"guid", func(o *Object) { o.GUID = GUID{0} }, "arbitrary: no rule told the owners apart; please choose"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			plain := func(n int, name string) *Object {
				o := object(n, name, "smtp:x@a.com")
				o.Disabled, o.Recipient, o.Created = true, 128, InstantOf(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
				o.Written.Time = time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
				return o
			}
			worse, better := plain(1, "Worse"), plain(2, "Better")
			tc.better(better)
			if tc.rule == "guid" {
				better.GUID[15], worse.GUID[0] = 1, 9
			}
			found := Judge([]*Object{worse, better}, Options{}).Conflicts
			if len(found) != 1 || found[0].Keeper().Name() != "Better" || found[0].Reason() != tc.reason {
				t.Errorf("%+v", found)
			}
		})
	}
	if _, err := SelectRules([]string{"primary", "primary"}); err == nil {
		t.Error("a rule named twice is accepted")
	}
	rules, err := SelectRules([]string{"created-first"})
	if err != nil || rules[0].Name != "created-first" || len(rules) != len(DefaultRules()) {
		t.Errorf("%v, %v", rules, err)
	}
	a, b := object(1, "Old", "smtp:x@a.com"), object(2, "New", "SMTP:x@a.com")
	if found := Judge([]*Object{a, b}, Options{Rules: rules}).Conflicts; found[0].Keeper().Name() != "Old" {
		t.Errorf("order of rules not heeded: %+v", found)
	}
}

func TestRisk(t *testing.T) {
	for _, tc := range []struct {
		name   string
		object func(*Object)
		value  string
		want   Risk
		reason string
	}{
		{"secondary of a user", func(*Object) {}, "smtp:x@a.com", Low, "secondary address"},
		{"primary of a user", func(*Object) {}, "SMTP:x@a.com", Medium, "primary address of a user"},
		{"no class", func(o *Object) { o.Class = "" }, "SMTP:x@a.com", Medium, "primary address of an object of unknown kind"},
		{"a class with a vowel", func(o *Object) { o.Class = "inetOrgPerson" }, "SMTP:x@a.com", Medium, "primary address of an inetOrgPerson"},
		{"primary of a mailbox", func(o *Object) { o.Recipient = 4 }, "SMTP:x@a.com", High, "live shared mailbox"},
		{"primary of a leaver's mailbox", func(o *Object) { o.Recipient, o.Disabled = 1, true }, "SMTP:x@a.com", Medium, "a user mailbox whose account is disabled"},
		{"shared mailboxes are disabled by design", func(o *Object) { o.Recipient, o.Disabled = 4, true }, "SMTP:x@a.com", High, "live shared mailbox"},
		{"policy", func(o *Object) { o.PolicyKnown = true }, "SMTP:x@a.com", High, "policy is in force"},
		{"opted out of policy", func(o *Object) { o.PolicyKnown, o.PolicyExcluded = true, true }, "SMTP:x@a.com", Medium, "primary address"},
		{"large group", func(o *Object) { o.Members = 100 }, "smtp:x@a.com", Medium, "100 members"},
		{"synchronized", func(o *Object) { o.Synchronized = true }, "smtp:x@a.com", Medium, "Entra"},
	} {
		o := object(2, "B", tc.value)
		tc.object(o)
		k := fixedObject(object(1, "A", "smtp:x@a.com"))
		changes := Judge([]*Object{k, o}, Options{AcceptedDomains: []string{"a.com"}}).Changes
		if len(changes) != 1 || changes[0].Risk != tc.want || !strings.Contains(changes[0].RiskReason(), tc.reason) {
			t.Errorf("%s: %+v", tc.name, changes)
		}
	}
}

// Many conflicts in one series of numbers that is full up to a high one cost one
// look at each number, and get different addresses.
func TestProposalsInAFullSeries(t *testing.T) {
	const full = 20_000
	var objects []*Object
	for n := range full {
		objects = append(objects, object(2*n+1, "keeper", fmt.Sprintf("SMTP:s%d@a.com", n)), object(2*n+2, "other", fmt.Sprintf("smtp:s%d@a.com", n)))
	}
	looks := 0
	changes := Judge(objects, Options{Taken: func(a Address) bool { looks++; return false }}).Changes
	seen := map[string]bool{}
	for _, c := range changes {
		seen[c.New] = true
	}
	if len(changes) != full || len(seen) != full || !seen[fmt.Sprintf("smtp:s%d@a.com", 2*full-1)] || looks > 2*full {
		t.Errorf("%d changes, %d different, %d looks", len(changes), len(seen), looks)
	}
}

func TestNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var u numbers
	known := map[int]bool{}
	for range 2000 {
		n := r.IntN(1000)
		want := n
		for known[want] {
			want++
		}
		if got := u.after(n); got != want {
			t.Fatalf("after %d: %d, want %d in %v", n, got, want, u.runs)
		}
		if !known[n] && r.IntN(2) == 0 {
			u.add(n)
			known[n] = true
		}
	}
	for i := range u.runs[1:] {
		if u.runs[i].end >= u.runs[i+1].first {
			t.Fatalf("runs that touch: %v", u.runs)
		}
	}
}
