package conflicts_test

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
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
		if r.IntN(4) == 0 {
			o.UserPrincipalName = locals[r.IntN(len(locals))] + "@a.com"
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
		opt := conflicts.Options{Taken: x.Taken, RemoveSecondary: seed%2 == 0}
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
		handedOut := map[conflicts.Key]bool{}
		after := map[conflicts.Ref]*conflicts.Object{}
		for _, o := range objects {
			c := *o
			c.ProxyAddresses = slices.Clone(o.ProxyAddresses)
			after[o.Ref()] = &c
		}
		for _, c := range changes {
			o := after[c.Object.Ref()]
			if c.Attribute == conflicts.Mail {
				if o.Mail != c.Old {
					t.Fatalf("seed %d: mail of %s is %q, not %q", seed, o.DN, o.Mail, c.Old)
				}
				o.Mail = c.New
				continue
			}
			if kept[o.DN+"\x00"+c.Old] {
				t.Fatalf("seed %d: %s taken from its keeper %s", seed, c.Old, o.DN)
			}
			i := slices.Index(o.ProxyAddresses, c.Old)
			if i < 0 {
				t.Fatalf("seed %d: %s has no %q", seed, o.DN, c.Old)
			}
			o.ProxyAddresses = slices.Delete(o.ProxyAddresses, i, i+1)
			if c.New == "" {
				continue
			}
			k := conflicts.ParseAddress(c.New).LooseKey()
			if handedOut[k] || x.Taken(conflicts.ParseAddress(c.New)) {
				t.Fatalf("seed %d: %s is not free", seed, c.New)
			}
			handedOut[k] = true
			o.ProxyAddresses = append(o.ProxyAddresses, c.New)
		}
		var repaired []*conflicts.Object
		for _, o := range objects {
			if a, b := primaries(o), primaries(after[o.Ref()]); a != b {
				t.Fatalf("seed %d: %s has %d primaries, had %d", seed, o.DN, b, a)
			}
			if after[o.Ref()].UserPrincipalName != o.UserPrincipalName {
				t.Fatalf("seed %d: logon name changed", seed)
			}
			repaired = append(repaired, after[o.Ref()])
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
