package conflicts

import (
	"strings"
	"testing"
)

// A person gets an address that people would accept: the logon name, the name, then a number.
func TestReplacementsForPeople(t *testing.T) {
	person := func(addresses ...string) *Object {
		o := named(object(2, "O", addresses...), "Zoë", "de Groot")
		o.SAMAccountName, o.UserPrincipalName = "zdg", "zoe@a.com"
		return o
	}
	with := func(change func(*Object)) *Object { o := person("SMTP:z@a.com"); change(o); return o }
	pattern, err := ParsePattern("{alias}{n}@{domain}")
	if err != nil {
		t.Fatal(err)
	}
	other := func(addresses ...string) *Object { return object(3, "other", addresses...) }
	for _, tc := range []struct {
		name   string
		owner  *Object
		others []*Object
		opt    Options
		want   string
	}{
		{"the logon name", person("SMTP:z@a.com"), nil, Options{}, "SMTP:zoe@a.com"},
		{"of a secondary too", person("smtp:z@a.com"), nil, Options{}, "smtp:zoe@a.com"},
		{"mail shows the logon name", mail(person("smtp:z@a.com"), "Zoe@a.com"), nil, Options{}, "smtp:zoe@a.com"},
		{"the logon name is an address of the owner", person("smtp:z@a.com", "SMTP:zoe@a.com"), nil, Options{}, "smtp:zdg@a.com"},
		{"the owner forwards to it", target(person("SMTP:z@a.com"), "SMTP:zoe@a.com"), nil, Options{}, "SMTP:zdg@a.com"},
		{"somebody else has it", person("SMTP:z@a.com"), []*Object{other("SMTP:zoe@a.com")}, Options{}, "SMTP:zdg@a.com"},
		{"somebody else's mail shows it", person("SMTP:z@a.com"), []*Object{mail(other(), "zoe@a.com")}, Options{}, "SMTP:zdg@a.com"},
		{"the logon name is of another domain", with(func(o *Object) { o.UserPrincipalName = "zoe@corp.local" }), nil, Options{}, "SMTP:zdg@a.com"},
		{"the logon name has marks", with(func(o *Object) { o.UserPrincipalName = "zoë@a.com" }), nil, Options{}, "SMTP:zdg@a.com"},
		{"the name", with(func(o *Object) { o.UserPrincipalName, o.SAMAccountName = "", "" }), nil, Options{}, "SMTP:zoe.degroot@a.com"},
		{"a namesake", person("SMTP:z@a.com"), []*Object{other("SMTP:zoe@a.com", "smtp:zdg@a.com", "smtp:zoe.degroot@a.com")}, Options{}, "SMTP:z2@a.com"},
		{"the pattern comes first", with(func(o *Object) { o.MailNickname = "zo" }), nil, Options{Pattern: pattern}, "SMTP:zo@a.com"},
		{"the pattern has no value", person("SMTP:z@a.com"), nil, Options{Pattern: pattern}, "SMTP:zoe@a.com"},
		{"no names", with(func(o *Object) { o.GivenName, o.Surname = "", "" }), nil, Options{}, "SMTP:z2@a.com"},
		{"a shared mailbox", recipient(person("SMTP:z@a.com"), 4), nil, Options{}, "SMTP:z2@a.com"},
		{"a group", with(func(o *Object) { o.Class = "group" }), nil, Options{}, "SMTP:z2@a.com"},
		{"taken somewhere else in the directory", person("SMTP:z@a.com"), nil,
			Options{Taken: func(a Address) bool { return a.Trimmed() == "zdg@a.com" }, Shared: func(Address) bool { return true }}, "SMTP:zoe.degroot@a.com"},
		{"known to be taken by the owner alone", person("SMTP:z@a.com"), nil,
			Options{Taken: func(a Address) bool { return a.Trimmed() == "zoe@a.com" }, Shared: func(Address) bool { return false }}, "SMTP:zoe@a.com"},
		{"perhaps taken by others", person("SMTP:z@a.com"), nil, Options{Taken: func(a Address) bool { return a.Trimmed() == "zoe@a.com" }}, "SMTP:zdg@a.com"},
	} {
		tc.opt.AcceptedDomains = []string{"a.com"}
		j := Judge(append([]*Object{fixedObject(object(1, "K", "SMTP:z@a.com")), tc.owner}, tc.others...), tc.opt)
		if len(j.Proposals) != 1 || j.Proposals[0].New != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, summary(j.Conflicts, j.Changes), tc.want)
		}
	}
}

// No two people get one address, even if it would be the logon name of one.
func TestPeopleGetDifferentAddresses(t *testing.T) {
	var objects []*Object
	objects = append(objects, fixedObject(object(1, "K", "SMTP:z@a.com")))
	for n := 2; n < 12; n++ {
		o := named(object(n, "O", "SMTP:z@a.com"), "Ann", "Lee")
		o.SAMAccountName = "ann.lee"
		if n == 9 {
			o.UserPrincipalName = "ann.lee@a.com"
		}
		objects = append(objects, o)
	}
	seen := map[string]bool{}
	for _, c := range Judge(objects, acceptedHere).Changes {
		seen[strings.ToLower(c.New)] = true
		if c.New == "SMTP:ann.lee@a.com" && c.Object.GUID != objects[8].GUID {
			t.Errorf("%s gets the logon name of another", c.Object.DN)
		}
	}
	if len(seen) != 10 {
		t.Errorf("%v", seen)
	}
}
