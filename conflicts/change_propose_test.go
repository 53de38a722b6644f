package conflicts_test

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/index"
)

// forest makes a directory with many collisions of all kinds.
func forest(r *rand.Rand) []*conflicts.Object {
	locals := []string{"user", "User", "User2", "user3", "josé", "jose", "jose2", "ｊｏｓｅ", "o'brien", "x", "İx", "ix", "straße", "a..b", "\xe9"}
	domains := []string{"a.com", "b.com", "müller.de", "xn--mller-kva.de", "muller.de"}
	types := []string{"smtp", "SMTP", "smtp", "smtp", "Smtp", "smtp: ", "sip", "X500", ":"}
	var objects []*conflicts.Object
	for n := range 2 + r.IntN(12) {
		var values []string
		for range r.IntN(5) {
			typ := types[r.IntN(len(types))]
			if !strings.Contains(typ, ":") {
				typ += ":"
			}
			v := typ + locals[r.IntN(len(locals))] + "@" + domains[r.IntN(len(domains))]
			if !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		o := conflicts.NewObject(n+1, fmt.Sprint("o", n), values...)
		switch r.IntN(6) {
		case 0, 1:
			if len(values) > 0 {
				o.Mail = conflicts.ParseAddress(values[0]).Trimmed()
			}
		case 2:
			o.Mail = locals[r.IntN(len(locals))] + "@" + domains[r.IntN(len(domains))]
		}
		if r.IntN(6) == 0 {
			o.TargetAddress = "SMTP:" + locals[r.IntN(len(locals))] + "2@" + domains[r.IntN(len(domains))]
		}
		switch r.IntN(8) {
		case 0:
			o.UserPrincipalName = locals[r.IntN(len(locals))] + "@a.com"
		case 1:
			if len(values) > 0 {
				o.UserPrincipalName = conflicts.ParseAddress(values[0]).Trimmed()
			}
		}
		if r.IntN(2) == 0 {
			o.SAMAccountName, o.GivenName, o.Surname = locals[r.IntN(len(locals))], "jose", "x"
		}
		objects = append(objects, o)
	}
	return objects
}

// What a change board relies on: applied to the directory they were made from,
// changes end every conflict that is not said to be unresolved, make no new one, take
// nothing from a keeper, keep the number of primaries and hand out no address twice.
func TestChangesEndConflicts(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		objects := forest(r)
		x := index.New(maphash.MakeSeed())
		for _, o := range objects {
			x.Add(conflicts.AsView(&o.Entry))
		}
		suspects := x.Suspects()
		opt := conflicts.Options{Taken: x.Taken, Shared: x.Shared, RemoveSecondary: seed%2 == 0}
		j := conflicts.Judge(objects, opt)
		found, changes := j.Conflicts, j.Changes

		// The index names every owner of every conflict as a suspect.
		for _, c := range found {
			for _, o := range c.Owners {
				if !slices.Contains(suspects, o.Ref()) {
					t.Fatalf("seed %d: %s of %s is no suspect", seed, o.DN, c.Key.Address())
				}
			}
		}
		r.Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
		j = conflicts.Judge(objects, opt)
		again, changesAgain := j.Conflicts, j.Changes
		if diff := cmp.Diff(conflicts.Summary(found, changes), conflicts.Summary(again, changesAgain)); diff != "" {
			t.Fatalf("seed %d: depends on order\n%s", seed, diff)
		}

		kept := map[string]bool{}
		for _, c := range found {
			for _, claim := range c.Keeper().Claims {
				kept[c.Keeper().DN+"\x00"+claim.Value] = true
			}
		}
		for _, c := range changes {
			if c.Attribute == conflicts.ProxyAddresses && kept[c.Object.DN+"\x00"+c.Old] {
				t.Fatalf("seed %d: %s taken from its keeper %s", seed, c.Old, c.Object.DN)
			}
		}
		repaired := carriedOut(t, objects, changes, x)
		for n, o := range objects {
			if a, b := primaries(o), primaries(repaired[n]); a != b {
				t.Fatalf("seed %d: %s has %d primaries, had %d", seed, o.DN, b, a)
			}
		}
		// What is left was there before, and is said to stay.
		stays := map[string]bool{}
		for _, c := range found {
			stays[c.ID] = len(c.Unresolved) > 0 || c.Class != conflicts.Duplicate && c.Class != conflicts.Collation
		}
		left := conflicts.Judge(repaired, conflicts.Options{}).Conflicts
		for _, c := range left {
			if !stays[c.ID] {
				t.Fatalf("seed %d: left: %v\nbefore %v", seed, conflicts.Summary(left, nil), conflicts.Summary(found, changes))
			}
		}
	}
}

func primaries(o *conflicts.Object) (n int) {
	for _, v := range o.ProxyAddresses {
		if conflicts.ParseAddress(v).Primary() {
			n++
		}
	}
	return n
}

// What reviewers rely on: whatever they choose of what is on offer, what was decided ends its
// conflicts, gives no address to two objects, and leaves each object as many primary addresses as
// it had.
func TestAnyDecisionsEndConflicts(t *testing.T) {
	counts := map[conflicts.Decision]int{}
	var choices conflicts.Choices // in the same memory for all
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 2))
		objects := forest(r)
		x := index.New(maphash.MakeSeed())
		for _, o := range objects {
			o.Class = []string{"user", "contact", "group"}[r.IntN(3)]
			x.Add(conflicts.AsView(&o.Entry))
		}
		x.Suspects()
		opt := conflicts.Options{Taken: x.Taken, Shared: x.Shared, RemoveSecondary: r.IntN(3) == 0}
		if r.IntN(2) == 0 {
			opt.AcceptedDomains = []string{"a.com", "müller.de"}
		}
		a := &conflicts.Audit{Scope: conflicts.Scope{AcceptedDomains: opt.AcceptedDomains}}
		j := conflicts.Judge(objects, opt)
		j.Into(a)
		for i := range a.Proposals {
			p := &a.Proposals[i]
			choices.Set(a, p)
			if !reflect.DeepEqual([]conflicts.Choice{choices.Replace, choices.Remove, choices.Swap}, []conflicts.Choice{a.Replace(p), a.Remove(p), a.Swap(p)}) {
				t.Fatalf("seed %d: the choices of proposal %d differ", seed, i)
			}
		}
		replies := decideAtRandom(r, a)
		decided, mistakes := a.Decide(replies, nil)
		for _, m := range mistakes {
			if !strings.Contains(m.Problem, "no address in an accepted domain") {
				t.Fatalf("seed %d: %+v of %v", seed, m, replies)
			}
		}
		if len(mistakes) > 0 {
			continue
		}
		for _, reply := range replies {
			counts[reply.Decision]++
		}
		stays := map[conflicts.Key]bool{}
		for _, c := range a.Conflicts {
			stays[c.Key] = len(c.Unresolved) > 0 || c.Class != conflicts.Duplicate && c.Class != conflicts.Collation
		}
		for _, l := range decided.Review.Left {
			stays[l.Conflict.Key] = true
		}
		repaired := carriedOut(t, objects, decided.Changes, x)
		for n, o := range objects {
			if before, after := primaries(o), primaries(repaired[n]); before != after {
				t.Fatalf("seed %d: %s has %d primaries, had %d", seed, o.DN, after, before)
			}
		}
		story := func() string {
			return fmt.Sprintf("seed %d: %v\ndecided %v\nchanges %v", seed, conflicts.Summary(a.Conflicts, a.Changes), replies, conflicts.Summary(nil, decided.Changes))
		}
		stayingIDs, left := map[string]bool{}, map[string]bool{}
		for _, c := range a.Conflicts {
			if stays[c.Key] {
				stayingIDs[c.ID] = true
			}
		}
		for _, c := range conflicts.Judge(repaired, conflicts.Options{}).Conflicts {
			if left[c.ID] = true; !stayingIDs[c.ID] {
				t.Fatalf("left %s of %s", c.Key, story())
			}
		}
		for _, c := range decided.Conflicts {
			if len(c.Unresolved) > 0 && !left[c.ID] {
				t.Fatalf("%s is gone, but said to stay as %s: %s", c.Key, c.Obstacles(), story())
			}
		}
	}
	for _, d := range []conflicts.Decision{conflicts.Undecided, conflicts.Rejected, conflicts.Approved, conflicts.Removed, conflicts.Swapped} {
		if counts[d] < 200 {
			t.Errorf("%s: only %d", d, counts[d])
		}
	}
}

// decideAtRandom makes replies that are possible: conflicts as a whole, with at most one swap.
func decideAtRandom(r *rand.Rand, a *conflicts.Audit) []conflicts.Reply {
	replies := make([]conflicts.Reply, len(a.Proposals))
	left, swapped := map[conflicts.Key]conflicts.Reply{}, map[conflicts.Key]bool{}
	for i := range a.Proposals {
		p := &a.Proposals[i]
		k := p.Conflict.Key
		if _, ok := left[k]; !ok {
			left[k] = []conflicts.Reply{{}, {Decision: conflicts.Rejected}, {Decision: conflicts.Approved}, {Decision: conflicts.Approved}}[r.IntN(4)]
		}
		replies[i] = left[k]
		if !left[k].Decision.Made() {
			continue
		}
		var offered []conflicts.Decision
		for d, c := range map[conflicts.Decision]conflicts.Choice{conflicts.Approved: a.Replace(p), conflicts.Removed: a.Remove(p), conflicts.Swapped: a.Swap(p)} {
			if c.Offered() && (d != conflicts.Swapped || !swapped[k]) {
				offered = append(offered, d)
			}
		}
		slices.Sort(offered)
		replies[i] = conflicts.Reply{Decision: offered[r.IntN(len(offered))], Comment: "Ann"}
		swapped[k] = swapped[k] || replies[i].Decision == conflicts.Swapped
	}
	return replies
}

// carriedOut returns the objects with changes made, each of which must be possible.
func carriedOut(t *testing.T, objects []*conflicts.Object, changes []conflicts.Change, x *index.Index) []*conflicts.Object {
	t.Helper()
	after := map[conflicts.Ref]*conflicts.Object{}
	var list []*conflicts.Object
	for _, o := range objects {
		c := *o
		c.ProxyAddresses = slices.Clone(o.ProxyAddresses)
		after[o.Ref()] = &c
		list = append(list, &c)
	}
	handedOut := map[conflicts.Key]bool{}
	for _, c := range changes {
		o := after[c.Object.Ref()]
		if c.Attribute == conflicts.Mail {
			if o.Mail != c.Old || c.New == "" {
				t.Fatalf("mail of %s is %q: %+v", o.DN, o.Mail, c)
			}
			o.Mail = c.New
			continue
		}
		i := slices.Index(o.ProxyAddresses, c.Old)
		if i < 0 {
			t.Fatalf("%s has no %q", o.DN, c.Old)
		}
		o.ProxyAddresses = slices.Delete(o.ProxyAddresses, i, i+1)
		if c.New == "" {
			continue
		}
		a := conflicts.ParseAddress(c.New)
		k := a.LooseKey()
		own := !x.Shared(a) && slices.ContainsFunc([]string{c.Object.UserPrincipalName, c.Object.Mail}, func(v string) bool {
			return conflicts.ParseAddress("smtp:"+v).LooseKey() == k
		})
		if handedOut[k] || x.Taken(a) && !own {
			t.Fatalf("%s is not free", c.New)
		}
		handedOut[k] = true
		o.ProxyAddresses = append(o.ProxyAddresses, c.New)
	}
	return list
}
