package ldapscan

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"strings"

	"proxyaddr/conflicts"
)

// A stray is the mail, userPrincipalName or legacyExchangeDN of a counterpart that its object does not
// have. An object has one of each, so that a stray stands nowhere in the result.
type stray struct {
	attribute conflicts.Attribute
	export    string
	address   conflicts.Address
	entry     conflicts.Entry // with nothing else
}

// strays returns those of versions whose objects were joined.
func (p *versions) strays(joined *conflicts.Object) iter.Seq[stray] {
	return func(yield func(stray) bool) {
		known := claimedKeys(&joined.Entry)
		for i, o := range p.objects {
			for _, single := range []stray{
				{attribute: conflicts.Mail, entry: conflicts.Entry{DN: o.DN, Mail: o.Mail}},
				{attribute: conflicts.UserPrincipalName, entry: conflicts.Entry{DN: o.DN, UserPrincipalName: o.UserPrincipalName}},
				{attribute: conflicts.LegacyExchangeDN, entry: conflicts.Entry{DN: o.DN, LegacyExchangeDN: o.LegacyExchangeDN}},
			} {
				for single.address = range single.entry.Claimed() {
					single.export = p.exports[i]
					if !known[single.address.LooseKey()] && !yield(single) {
						return
					}
				}
			}
		}
	}
}

// strays finds out who else has a stray. There can be as many as objects, so it keeps of each only the
// fingerprint of the address and that of the object.
type strays struct {
	seed   maphash.Seed
	owners map[uint64]uint64
}

func newStrays() *strays { return &strays{seed: maphash.MakeSeed(), owners: map[uint64]uint64{}} }

func (s *strays) address(loose []byte) uint64     { return maphash.Bytes(s.seed, loose) }
func (s *strays) object(ref conflicts.Ref) uint64 { return maphash.Comparable(s.seed, ref) }

// take notes the strays of versions whose objects were joined. It hands over what only a counterpart has,
// a targetAddress too.
func (s *strays) take(p *versions, joined *conflicts.Object, reserve func(*conflicts.Entry)) {
	for _, o := range p.objects {
		if o.TargetAddress != "" && o.TargetAddress != joined.TargetAddress {
			reserve(&conflicts.Entry{DN: o.DN, TargetAddress: o.TargetAddress})
		}
	}
	for stray := range p.strays(joined) {
		key := s.address([]byte(stray.address.LooseKey()))
		if _, known := s.owners[key]; !known {
			s.owners[key] = s.object(p.ref)
			reserve(&stray.entry)
		}
	}
}

// foreign returns the addresses of an object that are strays of others.
func (s *strays) foreign(v *conflicts.View, ref func() conflicts.Ref) iter.Seq2[conflicts.Key, uint64] {
	return func(yield func(conflicts.Key, uint64) bool) {
		var room [128]byte
		more := true
		check := func(loose []byte) {
			if owner, ok := s.owners[s.address(loose)]; more && ok && owner != s.object(ref()) {
				more = yield(conflicts.Key(loose), owner)
			}
		}
		for _, value := range v.ProxyAddresses {
			loose, typed := conflicts.AppendLooseKey(room[:0], value, false)
			if !typed {
				loose = append(room[:0], conflicts.ParseAddress(string(value)).OrSMTP().LooseKey()...)
			}
			check(loose)
		}
		for _, value := range [][]byte{v.Mail, v.UserPrincipalName} {
			if len(value) > 0 {
				check(conflicts.AppendLooseMailKey(room[:0], value))
			}
		}
		if len(v.LegacyExchangeDN) > 0 {
			check(conflicts.AppendLooseX500Key(room[:0], v.LegacyExchangeDN))
		}
	}
}

// A sharer is an object that has a stray of another one.
type sharer struct {
	dn    string
	key   conflicts.Key
	owner uint64
}

// problems asks all files who else has a stray. A file that was not searched to its end is a problem
// too, but for what its sweep has told.
func (s *strays) problems(ctx context.Context, x *Exports, told map[*Export]string) ([]string, error) {
	if len(s.owners) == 0 {
		return nil, nil
	}
	var problems []string
	var first sharer
	n := 0
	for _, one := range x.list {
		shares := func(v *conflicts.View) bool {
			for range s.foreign(v, func() conflicts.Ref { return x.same.refIn(one, v.Ref()) }) {
				return true
			}
			return false
		}
		err := one.find(ctx, shares, func(o *conflicts.Object) {
			if o.Deleted {
				return
			}
			known := map[conflicts.Key]bool{}
			for key, owner := range s.foreign(viewOf(&o.Entry), func() conflicts.Ref { return x.same.refIn(one, o.Ref()) }) {
				if known[key] {
					continue
				}
				known[key] = true
				if n++; n == 1 || cmp.Or(cmp.Compare(o.DN, first.dn), cmp.Compare(key, first.key)) < 0 {
					first = sharer{o.DN, key, owner}
				}
			}
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if _, fatal := err.(*Error); fatal {
			return nil, err
		}
		if err != nil && err.Error() != told[one] {
			problems = append(problems, strings.TrimPrefix(err.Error(), told[one]+"; "))
		}
	}
	if n > 0 {
		text := fmt.Sprintf("%s is also an address of %s", s.describe(ctx, x, first), first.dn)
		switch n {
		case 1:
		case 2:
			text += ", and 1 more is shared like that"
		default:
			text += fmt.Sprintf(", and %d more are shared like that", n-1)
		}
		problems = append(problems, text+": compare them by hand")
	}
	return problems, ctx.Err()
}

// describe reads the object of a stray again and says where the stray stands.
func (s *strays) describe(ctx context.Context, x *Exports, of sharer) string {
	for ref := range x.same.joined {
		if s.object(ref) != of.owner {
			continue
		}
		all, _ := x.gather(ctx, []conflicts.Ref{ref}) // as the sweep did
		for _, p := range all {
			joined := p.join()
			for stray := range p.strays(joined) {
				if stray.address.LooseKey() == of.key {
					return fmt.Sprintf("%s: %s %s of %s", stray.export, stray.attribute, stray.address.Trimmed(), joined.DN)
				}
			}
		}
	}
	return "an address of a counterpart, " + of.key.Address() + ","
}
