package conflicts

import (
	"fmt"
	"strings"
	"testing"
)

// audited judges objects with accepted domains and returns an audit of them.
func audited(objects []*Object, opt Options) *Audit {
	a := &Audit{Scope: Scope{AcceptedDomains: opt.AcceptedDomains, Base: opt.Base, Exclude: opt.Exclude}}
	j := Judge(objects, opt)
	j.Into(a)
	return a
}

// proposalFor returns the proposal for an owner of an address.
func proposalFor(t *testing.T, a *Audit, owner, address string) *Proposal {
	t.Helper()
	for i := range a.Proposals {
		if p := &a.Proposals[i]; p.Owner.Name() == owner && p.Conflict.Key.Address() == address {
			return p
		}
	}
	t.Fatalf("no proposal for %s of %s in %v", owner, address, summary(a.Conflicts, a.Changes))
	return nil
}

// said writes a choice as a line.
func said(c Choice) string {
	line := string(c.Obstacle.Code)
	if c.Obstacle.Object != nil {
		line += " " + c.Obstacle.Object.Name()
	}
	for _, change := range c.Changes {
		line += fmt.Sprintf("; %s %s %s -> %s", change.Object.Name(), change.Attribute, change.Old, change.New)
	}
	return line
}

var acceptedHere = Options{AcceptedDomains: []string{"a.com"}}

// A row for each line of the table of Remove.
func TestRemove(t *testing.T) {
	keeper := func() *Object { return object(1, "K", "SMTP:x@a.com") }
	for _, tc := range []struct {
		name    string
		objects []*Object
		opt     Options
		want    string
		advice  Advice
	}{
		{"a primary address", []*Object{keeper(), object(2, "O", "SMTP:x@a.com", "smtp:o@a.com")}, acceptedHere, "", AdviseReplace},
		{"the only address", []*Object{keeper(), object(2, "O", "smtp:x@a.com", "X500:/o=O")}, acceptedHere, "", AdviseReplace},
		{"the address twice and no other", []*Object{keeper(), object(2, "O", "smtp:x@a.com", "smtp: x@a.com")}, acceptedHere, "", AdviseReplace},
		{"mail shows it", []*Object{keeper(), mail(object(2, "O", "SMTP:o@a.com", "smtp:x@a.com"), "X@a.com")}, acceptedHere, "mail-shows O", AdviseReplace},
		{"the owner forwards to it", []*Object{keeper(), target(object(2, "O", "SMTP:o@a.com", "smtp:x@a.com"), "SMTP:x@a.com")}, acceptedHere, "forwards O", AdviseReplace},
		{"another object forwards to it", []*Object{keeper(), object(2, "O", "SMTP:o@a.com", "smtp:x@a.com"), target(object(3, "F"), "SMTP:X@a.com")}, acceptedHere, "forwards F", AdviseReplace},
		{"its logon name is the address", []*Object{keeper(), upn(object(2, "O", "SMTP:o@a.com", "smtp:x@a.com"), "x@a.com")}, acceptedHere,
			"logon-name-stays O; O proxyAddresses smtp:x@a.com -> ", AdviseReplace},
		{"accepted domains unknown", []*Object{keeper(), object(2, "O", "SMTP:o@a.com", "smtp:x@a.com")}, Options{}, "domains-unknown; O proxyAddresses smtp:x@a.com -> ", AdviseReplace},
		{"only external addresses stay", []*Object{keeper(), object(2, "O", "SMTP:o@gmail.example", "smtp:x@a.com")}, acceptedHere,
			"keeps-external O; O proxyAddresses smtp:x@a.com -> ", AdviseReplace},
		{"the other address is in conflict too", []*Object{keeper(), object(2, "O", "smtp:y@a.com", "smtp:x@a.com"), object(3, "L", "SMTP:y@a.com")}, acceptedHere,
			"keeps-disputed O; O proxyAddresses smtp:x@a.com -> ", AdviseReplace},
		{"a primary that is in conflict is replaced and so kept", []*Object{keeper(), object(4, "O", "SMTP:y@a.com", "smtp:x@a.com"), object(3, "L", "SMTP:y@a.com")}, acceptedHere,
			"; O proxyAddresses smtp:x@a.com -> ", AdviseRemove},
		{"another accepted address stays", []*Object{keeper(), object(2, "O", "SMTP:o@a.com", "smtp:x@a.com", "smtp: x@a.com")}, acceptedHere,
			"; O proxyAddresses smtp: x@a.com -> ; O proxyAddresses smtp:x@a.com -> ", AdviseRemove},
	} {
		a := audited(tc.objects, tc.opt)
		p := proposalFor(t, a, "O", "x@a.com")
		if got := said(a.Remove(p)); got != tc.want || a.Advice(p) != tc.advice {
			t.Errorf("%s: %q, advice %s; want %q, %s", tc.name, got, a.Advice(p), tc.want, tc.advice)
		}
	}
}

// No number behind the address of a role helps anybody.
func TestAdviceForRoleAddresses(t *testing.T) {
	for address, want := range map[string]Advice{"postmaster@a.com": AdviseRemove, "Abuse@a.com": AdviseRemove, "master@a.com": AdviseReplace} {
		a := audited([]*Object{object(1, "K", "SMTP:"+address), object(2, "O", "SMTP:o@gmail.example", "smtp:"+address)}, acceptedHere)
		if p := &a.Proposals[0]; a.Advice(p) != want || p.New == "" {
			t.Errorf("%s: %s, replacement %q", address, a.Advice(p), p.New)
		}
	}
}

// A row for each line of the table of Swap.
func TestSwap(t *testing.T) {
	const taken = "K proxyAddresses SMTP:x@a.com -> SMTP:x3@a.com"
	mailbox := func(o *Object) *Object { o.Mailbox = true; return o }
	for _, tc := range []struct {
		name    string
		keeper  *Object
		owner   *Object
		others  []*Object
		opt     Options
		want    string
		address string // if not x@a.com
	}{
		{"the keeper cannot be changed", fixedObject(object(1, "K", "SMTP:x@a.com")), object(2, "O", "SMTP:x@a.com"), nil, acceptedHere, "keeper-fixed K", ""},
		{"the keeper lies outside", elsewhere(object(1, "K", "SMTP:x@a.com")), object(2, "O", "SMTP:x@a.com"), nil,
			Options{AcceptedDomains: []string{"a.com"}, Base: []string{"OU=Staff,DC=a,DC=com"}}, "keeper-outside K", ""},
		{"the keeper logs on with it", upn(object(1, "K", "SMTP:x@a.com"), "X@a.com"), object(2, "O", "SMTP:x@a.com"), nil, acceptedHere, "logs-on K", ""},
		{"a third object logs on with it", object(1, "K", "SMTP:x@a.com"), object(2, "O", "SMTP:x@a.com"), []*Object{upn(object(3, "T"), "x@a.com")}, acceptedHere, "logs-on T", ""},
		{"the owner itself logs on with it", object(1, "K", "SMTP:x@a.com"), upn(object(2, "O", "SMTP:x@a.com"), "x@a.com"), nil, acceptedHere, "; " + taken, ""},
		{"the domain is not accepted", object(1, "K", "SMTP:x@b.com", "smtp:k@a.com"), object(2, "O", "SMTP:o@a.com", "smtp:x@b.com"), nil, acceptedHere, "domain-not-accepted", "x@b.com"},
		{"the value that would stay is not clean", object(1, "K", "SMTP:x@a.com"), object(2, "O", "SMTP: x@a.com"), nil, acceptedHere, "unclean O", ""},
		{"neither value is clean", object(1, "K", "SMTP: x@a.com"), object(2, "O", "SMTP: x@a.com"), nil, acceptedHere, "; K proxyAddresses SMTP: x@a.com -> SMTP:x3@a.com", ""},
		{"the owner is external and the keeper a mailbox", mailbox(object(1, "K", "SMTP:x@a.com")), target(object(2, "O", "SMTP:x@a.com"), "SMTP:o@gmail.example"), nil, acceptedHere, "external O", ""},
		{"the keeper has it as several primaries", object(1, "K", "SMTP:x@a.com", "SMTP: x@a.com"), object(2, "O", "SMTP:x@a.com"), nil, acceptedHere, "keeper-primaries K", ""},
		{"no address is free", object(1, "K", "SMTP:x@a.com"), object(2, "O", "SMTP:x@a.com"), nil,
			Options{AcceptedDomains: []string{"a.com"}, Taken: func(a Address) bool { return a.Raw != "SMTP:x2@a.com" }}, "no-free-address K", ""},
		{"mail follows a primary", mail(object(1, "K", "SMTP:x@a.com"), "X@a.com"), object(2, "O", "SMTP:x@a.com"), nil, acceptedHere, "; " + taken + "; K mail X@a.com -> x3@a.com", ""},
		{"a secondary stays secondary", object(1, "K", "smtp:x@a.com", "SMTP:k@a.com"), object(2, "O", "smtp:x@a.com", "SMTP:o@a.com"), nil, acceptedHere,
			"; K proxyAddresses smtp:x@a.com -> smtp:x3@a.com", ""},
		{"a doubled value of the keeper goes whole", object(1, "K", "SMTP:x@a.com", "smtp: x@a.com"), object(2, "O", "SMTP:x@a.com"), nil, acceptedHere,
			"; " + taken + "; K proxyAddresses smtp: x@a.com -> ", ""},
	} {
		a := audited(append([]*Object{tc.keeper, tc.owner}, tc.others...), tc.opt)
		if tc.address == "" {
			tc.address = "x@a.com"
		}
		if got := said(a.Swap(proposalFor(t, a, "O", tc.address))); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// Where only the objectGUID tells an owner and the keeper apart, a person has to choose: not
// for an owner that a rule told apart, nor where the keeper must stay.
func TestAdviceWhereNoRuleTellsTheOwnersApart(t *testing.T) {
	same := func(n int, name string, addresses ...string) *Object {
		o := object(n, name, addresses...)
		o.Created = object(1, "").Created
		return o
	}
	objects := func(logon string) []*Object {
		return []*Object{upn(same(1, "K", "SMTP:k@a.com", "smtp:x@a.com"), logon), same(2, "O", "SMTP:o@a.com", "smtp:x@a.com"), object(3, "Later", "SMTP:l@a.com", "smtp:x@a.com")}
	}
	for _, tc := range []struct {
		opt         Options
		logon       string // of the keeper
		first, last Advice
	}{
		{acceptedHere, "", AdviseChoice, AdviseRemove},
		{Options{}, "", AdviseChoice, AdviseReplace},
		{Options{AcceptedDomains: []string{"a.com"}, RemoveSecondary: true}, "", AdviseChoice, AdviseRemove},
		{acceptedHere, "x@a.com", AdviseRemove, AdviseRemove},
	} {
		a := audited(objects(tc.logon), tc.opt)
		first, last := a.Advice(proposalFor(t, a, "O", "x@a.com")), a.Advice(proposalFor(t, a, "Later", "x@a.com"))
		if first != tc.first || last != tc.last {
			t.Errorf("%+v: %s and %s, want %s and %s", tc.opt, first, last, tc.first, tc.last)
		}
	}
}

// With --secondary remove the changes drop what an owner can do without, and a replacement
// can still be chosen.
func TestRemoveSecondary(t *testing.T) {
	objects := []*Object{object(1, "K", "SMTP:x@a.com"), object(2, "O", "SMTP:o@a.com", "smtp:x@a.com"), object(3, "Only", "smtp:x@a.com"),
		mail(object(4, "Shown", "SMTP:s@a.com", "smtp:x@a.com"), "x@a.com"), object(5, "Primary", "SMTP:x@a.com")}
	a := audited(objects, Options{AcceptedDomains: []string{"a.com"}, RemoveSecondary: true})
	for _, tc := range []struct {
		owner, replace, made string
		advice               Advice
	}{
		{"O", "; O proxyAddresses smtp:x@a.com -> smtp:x2@a.com", "; O proxyAddresses smtp:x@a.com -> ", AdviseRemove},
		{"Only", "; Only proxyAddresses smtp:x@a.com -> smtp:x3@a.com", "; Only proxyAddresses smtp:x@a.com -> smtp:x3@a.com", AdviseReplace},
		{"Shown", "; Shown proxyAddresses smtp:x@a.com -> smtp:x4@a.com; Shown mail x@a.com -> x4@a.com",
			"; Shown proxyAddresses smtp:x@a.com -> smtp:x4@a.com; Shown mail x@a.com -> x4@a.com", AdviseReplace},
		{"Primary", "; Primary proxyAddresses SMTP:x@a.com -> SMTP:x5@a.com", "; Primary proxyAddresses SMTP:x@a.com -> SMTP:x5@a.com", AdviseReplace},
	} {
		p := proposalFor(t, a, tc.owner, "x@a.com")
		if got := said(a.Replace(p)); got != tc.replace {
			t.Errorf("%s: replaced: %q, want %q", tc.owner, got, tc.replace)
		}
		if got := said(newChoice(a.changesOf(p))); got != tc.made || a.Advice(p) != tc.advice {
			t.Errorf("%s: made: %q, advice %s; want %q, %s", tc.owner, got, a.Advice(p), tc.made, tc.advice)
		}
	}
}

// One address of many owners costs what many addresses cost.
func TestProposalsForManyOwners(t *testing.T) {
	const n = 20_000
	objects := []*Object{object(1, "K", "SMTP:x@a.com")}
	for i := range n {
		objects = append(objects, object(i+2, "O", fmt.Sprintf("SMTP:o%d@a.com", i), "smtp:x@a.com"))
	}
	looks := 0
	opt := acceptedHere
	opt.Taken = func(Address) bool { looks++; return false }
	a := audited(objects, opt)
	if len(a.Proposals) != n || looks > n+1 {
		t.Fatalf("%d proposals, %d looks", len(a.Proposals), looks)
	}
	for i := range a.Proposals {
		p := &a.Proposals[i]
		if swap, remove := a.Swap(p), a.Remove(p); a.Advice(p) != AdviseRemove || !swap.Offered() || !remove.Offered() || p.SwapTo != a.Proposals[0].SwapTo {
			t.Fatalf("%+v", p)
		}
	}
}

func TestMerge(t *testing.T) {
	const x = "SMTP:x@a.com"
	for name, tc := range map[string]struct {
		keeper, owner *Object
		says          string
	}{
		"a contact that forwards to the keeper": {mailbox(object(1, "M", x)), target(contact(object(2, "C", x)), "SMTP:X@a.com"), "delete the contact C, "},
		"it forwards to another address of it":  {mailbox(object(1, "M", x, "smtp:m@a.com")), target(contact(object(2, "C", x)), "m@a.com"), "delete the contact C, "},
		"a mail user":                           {mailbox(object(1, "M", x)), target(recipient(object(2, "U", x), 128), x), "disable mail for the user U, "},
		"it forwards elsewhere":                 {mailbox(object(1, "M", x)), target(contact(object(2, "C", x)), "SMTP:y@a.com"), ""},
		"it forwards nowhere":                   {mailbox(object(1, "M", x)), contact(object(2, "C", x)), ""},
		"the keeper is no mailbox":              {recipient(object(1, "G", x), 256), target(contact(object(2, "C", x)), x), ""},
		"a remote mailbox":                      {mailbox(object(1, "M", x)), target(recipient(object(2, "R", x), 2147483648), x), ""},
		"another forest":                        {inForest(mailbox(object(1, "M", x)), "a"), inForest(target(contact(object(2, "C", x)), x), "b"), ""},
	} {
		c := Conflict{Owners: []Owner{{Object: tc.keeper}, {Object: tc.owner}}}
		merge, ok := c.Merge(&c.Owners[1])
		if ok != (tc.says != "") || !strings.HasPrefix(merge.String(), tc.says) {
			t.Errorf("%s: %q", name, merge.String())
		}
	}
}
