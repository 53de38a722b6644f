package conflicts

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"iter"
	"maps"
	"slices"
	"sort"
	"strings"
)

// Options say how conflicts are judged and changes proposed. The zero value
// is the usual way, but for Taken.
type Options struct {
	// Rules choose the keeper; nil means DefaultRules.
	Rules []Rule
	// Base and Exclude limit what is reported, as in Scope: a conflict is if one
	// of its owners lies inside. No change is proposed for owners outside.
	Base, Exclude []string
	// AcceptedDomains limit the domains of proposals; "*.example.com" stands for
	// its subdomains. Empty means that they are not known.
	AcceptedDomains []string
	// PrimaryDomains stand in for them then, under their keys and in order, with the domains
	// in which users, groups and mailboxes among the judged objects have their primary address.
	PrimaryDomains []string
	// Pattern makes the local part of proposals; the zero Pattern counts up.
	Pattern Pattern
	// RemoveSecondary drops a duplicated secondary address instead of replacing
	// it.
	RemoveSecondary bool
	// Only limits the conflicts to those of the addresses in it; nil means all.
	Only AddressSet
	// Taken reports whether an address is in use anywhere, as that of an index does;
	// the addresses of the judged objects themselves need not be known to it. Shared
	// reports whether it may be in use by more than one object; if it is nil, nobody gets
	// an address that is the object's own logon name.
	Taken, Shared func(Address) bool

	answers map[string]bool // of accepts, nil if they are not kept
}

// A Judgment is what Judge finds.
type Judgment struct {
	Conflicts []Conflict
	// Proposals follow the order of the conflicts, Changes that of the proposals.
	Proposals []Proposal
	Changes   []Change
	// Findings are the findings about more than one object.
	Findings []Finding
	// PrimaryDomains were used in place of accepted domains that are not known.
	PrimaryDomains []string
}

// Judge finds the conflicts among objects, which were read whole, and proposes
// changes that end those of the classes Duplicate and Collation. The result
// does not depend on the order of objects. An object that occurs twice counts
// once, as it was first.
func Judge(objects []*Object, opt Options) Judgment {
	objects = distinct(objects)
	opt.answers = map[string]bool{}
	if len(opt.AcceptedDomains) == 0 {
		opt.PrimaryDomains = withDomainsOf(objects, opt.PrimaryDomains)
	}
	led, held := newPointers(objects), newHoldings(objects)
	j := Judgment{Conflicts: find(objects, held.shared(), led, opt), Findings: repeatedTargets(objects, opt), PrimaryDomains: opt.PrimaryDomains}
	j.Findings = append(j.Findings, led.findings(&opt)...)
	(&proposer{opt: opt, objects: objects, held: held}).judge(&j)
	return j
}

// Into fills in an audit what was judged, but for the findings.
func (j *Judgment) Into(a *Audit) {
	a.Conflicts, a.Proposals, a.Changes = j.Conflicts, j.Proposals, j.Changes
	a.Scope.PrimaryDomains = j.PrimaryDomains
	if note := noteOnPointers(j.Findings); note != "" {
		a.Notes = append(a.Notes, note)
	}
}

// find returns the conflicts among distinct objects, without the pointers among them.
func find(objects []*Object, shared sharedKeys, led *pointers, opt Options) []Conflict {
	rules := opt.rules()
	found := make([]Conflict, 0, len(shared))
	for k, owners := range group(objects, shared) {
		if owners = led.claimants(owners); len(owners) < 2 {
			continue
		}
		if !slices.ContainsFunc(owners, func(o Owner) bool { return opt.Reports(o.DN) }) {
			continue
		}
		if opt.Only != nil && !opt.Only.concerns(owners) {
			continue
		}
		found = append(found, newConflict(k, owners, rules))
	}
	sort.Sort(byClass(found))
	return found
}

// byClass orders conflicts by class and address.
type byClass []Conflict

func (l byClass) Len() int      { return len(l) }
func (l byClass) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l byClass) Less(i, j int) bool {
	a, b := &l[i], &l[j]
	if a.Class != b.Class {
		return slices.Index(Classes, a.Class) < slices.Index(Classes, b.Class)
	}
	if order := cmp.Compare(a.Key.Address(), b.Key.Address()); order != 0 {
		return order < 0
	}
	return a.ID < b.ID
}

func (opt *Options) rules() []Rule {
	if opt.Rules == nil {
		return DefaultRules()
	}
	return opt.Rules
}

// Reports reports whether an object lies in the reported subtrees.
func (opt *Options) Reports(dn string) bool {
	within := func(base string) bool { return Within(dn, base) }
	return (len(opt.Base) == 0 || slices.ContainsFunc(opt.Base, within)) && !slices.ContainsFunc(opt.Exclude, within)
}

// distinct returns the objects in a fixed order, each once.
func distinct(objects []*Object) []*Object {
	list := slices.Clone(objects)
	slices.SortStableFunc(list, compareObjects)
	known := map[Ref]bool{} // of those without a GUID, whose names can be written in several ways
	var last GUID
	return slices.DeleteFunc(list, func(o *Object) bool {
		if o.GUID != (GUID{}) {
			again := o.GUID == last
			last = o.GUID
			return again
		}
		ref := o.Ref()
		again := known[ref]
		known[ref] = true
		return again
	})
}

// claims returns where an object holds addresses, values in a fixed order:
// proxyAddresses first, primaries before the others.
func claims(o *Object) []Claim { return appendClaims(make([]Claim, 0, len(o.ProxyAddresses)+3), o) }

func appendClaims(cs []Claim, o *Object) []Claim {
	first := len(cs)
	for c := range o.claimed() {
		switch a := c.Parsed(); c.Attribute {
		case ProxyAddresses:
			c.Primary, c.Padded = a.Primary(), a.Padded()
		case Mail, LegacyExchangeDN:
			c.Padded = a.Padded()
		}
		cs = append(cs, c)
	}
	proxies := cs[first : first+len(o.ProxyAddresses)]
	slices.SortFunc(proxies, func(a, b Claim) int {
		if a.Primary != b.Primary {
			if a.Primary {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Value, b.Value)
	})
	if n := len(slices.Compact(proxies)); n < len(proxies) { // an export can hold a value twice
		cs = slices.Delete(cs, first+n, first+len(proxies))
	}
	return cs
}

// Parsed returns the claimed value as an address; mail and userPrincipalName
// count as SMTP, legacyExchangeDN as X500.
func (c *Claim) Parsed() Address {
	switch c.Attribute {
	case Mail, UserPrincipalName:
		return mailAddress(c.Value)
	case LegacyExchangeDN:
		return x500Address(c.Value)
	}
	return ParseAddress(c.Value)
}

// looseHash returns the hash of the loose key of the value, and whether that has a type.
func (c *Claim) looseHash() (hash uint64, typed bool) {
	var room, value [128]byte
	loose, typed := c.appendLoose(room[:0], append(value[:0], c.Value...))
	return keyHash(loose), typed
}

// appendLoose appends the loose key of the value of the claim, which is handed over as bytes.
func (c *Claim) appendLoose(dst, value []byte) (loose []byte, typed bool) {
	switch c.Attribute {
	case Mail, UserPrincipalName:
		return AppendLooseMailKey(dst, value), true
	case LegacyExchangeDN:
		return AppendLooseX500Key(dst, value), true
	}
	return AppendLooseKey(dst, value, false)
}

// group returns the owners of every address that more than one object claims, by its loose
// key. Addresses without a shared key are passed over.
func group(objects []*Object, shared sharedKeys) iter.Seq2[Key, []Owner] {
	groups := make([][]Owner, len(shared))
	var all []Claim
	for _, o := range objects {
		all = appendClaims(all[:0], o)
		for _, c := range all {
			hash, _ := c.looseHash()
			at, found := shared.find(hash)
			if found {
				groups[at] = addClaim(groups[at], o, c)
			}
		}
	}
	return func(yield func(Key, []Owner) bool) {
		for _, owners := range groups {
			for k, owners := range byLooseKey(owners) {
				if owners = withoutForeign(owners); len(owners) > 1 && !yield(k, owners) {
					return
				}
			}
		}
	}
}

// addClaim adds a claim of an object to the owners of an address. Claims of one object come
// together.
func addClaim(owners []Owner, o *Object, c Claim) []Owner {
	if n := len(owners); n > 0 && owners[n-1].Object == o {
		owners[n-1].Claims = append(owners[n-1].Claims, c)
		return owners
	}
	return append(owners, Owner{Object: o, Claims: []Claim{c}})
}

// byLooseKey tells apart the owners of addresses whose keys have one hash, nearly always one
// address.
func byLooseKey(owners []Owner) iter.Seq2[Key, []Owner] {
	return func(yield func(Key, []Owner) bool) {
		if len(owners) < 2 {
			return
		}
		first := owners[0].Claims[0].Parsed().LooseKey()
		other := func(c Claim) bool {
			var room, value [128]byte
			loose, _ := c.appendLoose(room[:0], append(value[:0], c.Value...))
			return string(loose) != string(first)
		}
		if !slices.ContainsFunc(owners, func(o Owner) bool { return slices.ContainsFunc(o.Claims, other) }) {
			yield(first, owners)
			return
		}
		apart := map[Key][]Owner{}
		for _, o := range owners {
			for _, c := range o.Claims {
				k := c.Parsed().LooseKey()
				apart[k] = addClaim(apart[k], o.Object, c)
			}
		}
		maps.All(apart)(yield)
	}
}

// withoutForeign leaves out objects that have the address as their legacyExchangeDN alone, if
// no other owner is in their forest. A mailbox that moves between forests gets the
// legacyExchangeDN that it had as an X500 address, so that replies to old messages find it.
func withoutForeign(owners []Owner) []Owner {
	if first := owners[0].Forest; !slices.ContainsFunc(owners, func(o Owner) bool { return o.Forest != first }) {
		return owners
	}
	inForest := map[string]int{}
	for _, o := range owners {
		inForest[o.Forest]++
	}
	if inForest[""] > 0 { // it may be that of any other
		return owners
	}
	return slices.DeleteFunc(owners, func(o Owner) bool { return o.Claims[0].Attribute == LegacyExchangeDN && inForest[o.Forest] == 1 })
}

// proxyOwners counts the owners that hold the address in proxyAddresses.
func proxyOwners(owners []Owner) (n int) {
	for i := range owners {
		if owners[i].Claims[0].Attribute == ProxyAddresses {
			n++
		}
	}
	return n
}

func newConflict(loose Key, owners []Owner, rules []Rule) Conflict {
	c := Conflict{ID: conflictID(loose), Owners: owners, Kept: keep(owners, rules), Cause: causeOf(owners)}
	c.Key = owners[0].Claims[0].Parsed().Key()
	for i := range owners {
		for j := range owners[i].Claims {
			claim := &owners[i].Claims[j]
			claim.Loose = !claim.Parsed().hasKey(c.Key)
		}
	}
	c.Class = classify(c.Key.Type(), owners)
	return c
}

// classify returns the class of a conflict whose claims are known to be loose or not.
func classify(typ string, owners []Owner) Class {
	if typ != "smtp" {
		return NonSMTP
	}
	if proxyOwners(owners) < 2 {
		return CrossAttribute
	}
	if exact := func(o Owner) bool {
		return slices.ContainsFunc(o.Claims, func(c Claim) bool { return c.Attribute == ProxyAddresses && !c.Loose })
	}; slices.ContainsFunc(owners[:1], exact) && slices.ContainsFunc(owners[1:], exact) {
		return Duplicate // as most are
	}
	owner := map[Key]*Object{}
	for i := range owners {
		for _, c := range owners[i].Claims {
			if c.Attribute != ProxyAddresses {
				continue
			}
			k := c.Parsed().Key()
			if other, ok := owner[k]; ok && other != owners[i].Object {
				return Duplicate
			}
			owner[k] = owners[i].Object
		}
	}
	return Collation
}

// conflictID is made of the loose key that all owners have in common, so that it stays
// when others join or leave, in whatever form they write the address. 80 bits are too
// many for anyone to make two addresses with one ID.
func conflictID(loose Key) string {
	sum := sha256.Sum256([]byte(loose))
	var room [len("C-") + 16]byte
	return string(base32.StdEncoding.AppendEncode(append(room[:0], "C-"...), sum[:10]))
}

func repeatedTargets(objects []*Object, opt Options) []Finding {
	same := map[Key][]*Object{}
	for _, o := range objects {
		if o.TargetAddress != "" {
			k := ParseAddress(o.TargetAddress).LooseKey()
			same[k] = append(same[k], o)
		}
	}
	var found []Finding
	for _, sharers := range same {
		if len(sharers) < 2 {
			continue
		}
		for i, o := range sharers {
			if opt.Reports(o.DN) {
				other := sharers[(i+1)%len(sharers)]
				found = append(found, Finding{Kind: RepeatedTarget, DN: o.DN, GUID: o.GUID, Value: o.TargetAddress,
					Other: other.DN, Count: len(sharers)})
			}
		}
	}
	slices.SortFunc(found, compareFindings)
	return found
}
