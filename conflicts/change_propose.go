package conflicts

import (
	"slices"
)

// A proposer makes the changes for a list of conflicts, in their order. It
// remembers what it has handed out, and proposes no address twice.
type proposer struct {
	opt     Options
	objects []*Object
	held    holdings            // by the objects
	given   map[uint64]bool     // the hashes of what was proposed to somebody
	used    map[string]*numbers // by the name of a series
	bare    bool                // some proposals have no replacement
}

func (p *proposer) claim(a Address) { p.given[keyHash(a.LooseKey())] = true }

func (p *proposer) free(a Address) bool {
	h := keyHash(a.LooseKey())
	return !p.given[h] && p.held.holder(h) == nobody && (p.opt.Taken == nil || !p.opt.Taken(a))
}

// freeFor reports whether an address is free but for the logon name or mail of an object.
func (p *proposer) freeFor(o *Object, a Address) bool {
	if p.free(a) {
		return true
	}
	k := a.LooseKey()
	h := keyHash(k)
	if at := p.held.holder(h); at < 0 || p.objects[at] != o || p.given[h] || p.opt.Taken != nil && (p.opt.Shared == nil || p.opt.Shared(a)) {
		return false
	}
	held := func(v string) bool { return ParseAddress(v).OrSMTP().LooseKey() == k }
	return !slices.ContainsFunc(o.ProxyAddresses, held) && !held(o.TargetAddress)
}

// judge makes the proposals of conflicts and their changes, which leave each address of the
// classes Duplicate and Collation with its keeper, and notes on a conflict what stands
// against it. The addresses for keepers come last, so that the others have the lowest numbers.
func (p *proposer) judge(j *Judgment) {
	n := 0
	for i := range j.Conflicts {
		if c := &j.Conflicts[i]; c.Class == Duplicate || c.Class == Collation {
			n += proxyOwners(c.Owners[1:])
		}
	}
	j.Proposals, j.Changes = slices.Grow(j.Proposals, n), slices.Grow(j.Changes, n)
	p.given, p.used = make(map[uint64]bool, n), make(map[string]*numbers, n)
	for i := range j.Conflicts {
		if c := &j.Conflicts[i]; c.Class == Duplicate || c.Class == Collation {
			p.propose(j, c)
		}
	}
	j.enrich(p.objects, &p.opt)
	if p.bare {
		p.removeBare(j)
	}
	for rest := j.Proposals; len(rest) > 0; {
		n := ofOneConflict(rest)
		p.exchange(rest[:n])
		rest = rest[n:]
	}
	if p.opt.RemoveSecondary {
		j.Changes = p.removeSecondaries(j)
	}
}

// ofOneConflict counts the proposals that have the conflict of the first.
func ofOneConflict(list []Proposal) int {
	n := slices.IndexFunc(list, func(q Proposal) bool { return q.Conflict != list[0].Conflict })
	if n < 0 {
		return len(list)
	}
	return n
}

// propose makes the proposals of a conflict.
func (p *proposer) propose(j *Judgment, c *Conflict) {
	for n := range c.Owners[1:] {
		o := &c.Owners[n+1]
		if !o.has(ProxyAddresses) {
			continue
		}
		news, obstacle := p.replacements(o)
		if obstacle.Code != "" {
			c.Unresolved = append(c.Unresolved, obstacle)
			if obstacle.Code != NoReplacement || o.Primary() || o.has(Mail) {
				continue
			}
			p.bare = true // until it is known whether the object can do without
		}
		q := Proposal{Conflict: c, Owner: o, First: int32(len(j.Changes))}
		q.Count = int32(len(surrender(&j.Changes, c, o, news)))
		if len(news) > 0 {
			q.New = news[0]
		}
		j.Proposals = append(j.Proposals, q)
		if o.has(UserPrincipalName) && q.New != "" {
			c.Unresolved = append(c.Unresolved, Statement{Code: LogonName, Object: o.Object})
		}
	}
	for n := range c.Owners[1:] {
		o := &c.Owners[n+1]
		switch {
		case o.has(ProxyAddresses):
		case o.has(Mail):
			c.Unresolved = append(c.Unresolved, Statement{Code: MailOnly, Object: o.Object})
		default:
			c.Unresolved = append(c.Unresolved, Statement{Code: LogonName, Object: o.Object})
		}
	}
}

// exchange finds the address that the keeper of a conflict gets if one of the owners is to
// keep it.
func (p *proposer) exchange(list []Proposal) {
	possible := slices.ContainsFunc(list, func(q Proposal) bool { return p.opt.swapObstacle(&q).Code == "" })
	if !possible {
		return
	}
	k := list[0].Conflict.Keeper()
	to, err := p.replacement(k.Object, k.Claims[0].Parsed())
	if err != nil {
		return
	}
	for i := range list {
		list[i].SwapTo = to.Raw
	}
}

// removeBare leaves of the proposals without a replacement those whose owner can do without the
// address.
func (p *proposer) removeBare(j *Judgment) {
	proposals, changes := j.Proposals[:0], j.Changes[:0]
	type settled struct {
		conflict *Conflict
		owner    *Object
	}
	removed := map[settled]bool{}
	for _, q := range j.Proposals {
		made := j.Changes[q.First : q.First+q.Count]
		if q.New == "" {
			if remove := p.opt.remove(new([]Change), &q); !p.canRemove(&remove) {
				continue
			}
			removed[settled{q.Conflict, q.Owner.Object}] = true
		}
		q.First = int32(len(changes))
		proposals, changes = append(proposals, q), append(changes, made...)
	}
	j.Proposals, j.Changes = proposals, changes
	for i := range j.Conflicts {
		c := &j.Conflicts[i]
		c.Unresolved = slices.DeleteFunc(c.Unresolved, func(s Statement) bool {
			return s.Code == NoReplacement && removed[settled{c, s.Object}]
		})
	}
}

// canRemove reports whether an address is removed unless somebody decides otherwise.
func (p *proposer) canRemove(remove *Choice) bool {
	return remove.Offered() && (remove.Obstacle.Code == "" || p.opt.RemoveSecondary && remove.Obstacle.Code == DomainsUnknown)
}

// removeSecondaries returns the changes with removals wherever an owner can do without the
// address.
func (p *proposer) removeSecondaries(j *Judgment) []Change {
	changes := make([]Change, 0, len(j.Changes))
	for i := range j.Proposals {
		q := &j.Proposals[i]
		made := j.Changes[q.First : q.First+q.Count]
		if remove := p.opt.remove(new([]Change), q); p.canRemove(&remove) {
			made = remove.Changes
		}
		q.First, q.Count = int32(len(changes)), int32(len(made))
		changes = append(changes, made...)
	}
	return changes
}

func (o *Owner) has(attribute Attribute) bool {
	return slices.ContainsFunc(o.Claims, func(c Claim) bool { return c.Attribute == attribute })
}

// replacements returns free addresses for the values of an owner that have to be replaced, or
// says why there are none.
func (p *proposer) replacements(o *Owner) (news []string, obstacle Statement) {
	if o.Fixed != "" {
		return nil, Statement{Code: Unchangeable, Object: o.Object, Value: o.Fixed}
	}
	if !p.opt.Reports(o.DN) {
		return nil, Statement{Code: OutsideScope, Object: o.Object}
	}
	for i, claim := range o.Claims {
		// One replacement is enough for an address in several values, but the
		// number of primary addresses stays.
		if claim.Attribute == ProxyAddresses && (i == 0 || claim.Primary) {
			a, err := p.replacement(o.Object, claim.Parsed())
			if err != nil {
				return nil, Statement{Code: NoReplacement, Object: o.Object, Value: err.Error()}
			}
			news = append(news, a.Raw)
		}
	}
	return news, Statement{}
}

// surrender appends to room, and returns, the changes after which an owner does not hold the
// address of a conflict in proxyAddresses any more, and has the new ones in its place: as many as it
// has primary values, and at least one, or none to remove the address. All are made or none.
func surrender(room *[]Change, c *Conflict, o *Owner, news []string) []Change {
	first := len(*room)
	shown := ""
	if len(news) > 0 {
		shown = ParseAddress(news[0]).Trimmed()
	}
	for i, claim := range o.Claims {
		change := Change{Conflict: c.ID, Key: c.Key, Object: o.Object, Attribute: claim.Attribute, Old: claim.Value}
		switch {
		case claim.Attribute == Mail:
			change.New = shown
			change.Risk = (*room)[first].Risk
		case claim.Attribute != ProxyAddresses:
			continue
		default:
			if len(news) > 0 && (i == 0 || claim.Primary) {
				change.New, news = news[0], news[1:]
			}
			change.Risk = assess(&change)
		}
		*room = append(*room, change)
	}
	return slices.Clip((*room)[first:])
}

// Followed returns the old value of the change of proxyAddresses that the i-th of some changes
// goes with, if that is a change of mail; else "". Changes of one owner stand together.
func Followed(changes []Change, i int) string {
	c := &changes[i]
	if c.Attribute != Mail {
		return ""
	}
	for n := i - 1; n >= 0 && changes[n].Key == c.Key && changes[n].Object.Ref() == c.Object.Ref(); n-- {
		if p := &changes[n]; p.Attribute == ProxyAddresses && ParseAddress(p.New).Trimmed() == c.New {
			return p.Old
		}
	}
	return ""
}

// enrich adds to proposals what is known of objects other than the owner.
func (j *Judgment) enrich(objects []*Object, opt *Options) {
	forwarders := map[Key]*Object{}
	for _, o := range slices.Backward(objects) {
		if o.TargetAddress != "" {
			forwarders[ParseAddress(o.TargetAddress).OrSMTP().LooseKey()] = o
		}
	}
	given := make(map[*Object][]Key, len(j.Proposals)) // the addresses that each is to give up
	for i := range j.Proposals {
		q := &j.Proposals[i]
		given[q.Owner.Object] = append(given[q.Owner.Object], q.loose())
	}
	keeps := map[*Object]string{} // of those that are to give up several
	for o, addresses := range given {
		if len(addresses) > 1 {
			keeps[o] = o.firstKept(addresses, opt)
		}
	}
	rules := opt.rules()
	for i := range j.Proposals {
		q := &j.Proposals[i]
		q.Forwarder = forwarders[q.loose()]
		if addresses := given[q.Owner.Object]; len(addresses) > 1 {
			q.Keeps = keeps[q.Owner.Object]
		} else {
			q.Keeps = q.Owner.firstKept(addresses, opt)
		}
		q.Tied = tied(q.Conflict.Keeper(), q.Owner, rules)
	}
	for rest := j.Proposals; len(rest) > 0; {
		n := ofOneConflict(rest)
		noteLogons(rest[:n])
		rest = rest[n:]
	}
}

func (p *Proposal) loose() Key { return p.Owner.Claims[0].Parsed().LooseKey() }

// firstKept returns an SMTP address in an accepted domain that the object keeps when it gives
// some up: its primary, if possible. A primary is replaced, never removed: an object that gives up
// its primary still keeps one.
func (o *Object) firstKept(given []Key, opt *Options) string {
	lost := make(map[Key]bool, len(given))
	for _, k := range given {
		lost[k] = true
	}
	const primary, secondary, lostPrimary, none = 0, 1, 2, 3
	best, kept := none, ""
	for _, v := range o.ProxyAddresses {
		a := ParseAddress(v)
		if !a.SMTP() || !opt.accepts(a.Domain()) {
			continue
		}
		place := primary
		switch lost := lost[a.LooseKey()]; {
		case a.Primary() && lost:
			place = lostPrimary
		case lost:
			continue
		case !a.Primary():
			place = secondary
		}
		if place < best || place == best && a.Trimmed() < kept {
			best, kept = place, a.Trimmed()
		}
	}
	return kept
}

// tied reports whether the rules that mean something rank two owners alike.
func tied(a, b *Owner, rules []Rule) bool {
	for _, r := range rules {
		if r.rank == nil {
			continue
		}
		if r.rank(a) != r.rank(b) {
			return false
		}
	}
	return true
}

// noteLogons notes on the proposals of one conflict which other owner has the address as
// its logon name.
func noteLogons(list []Proposal) {
	var first, second *Object
	owners := list[0].Conflict.Owners
	for i := range owners {
		switch o := &owners[i]; {
		case !o.has(UserPrincipalName):
		case first == nil:
			first = o.Object
		case second == nil:
			second = o.Object
		}
	}
	for i := range list {
		list[i].LoggedOn = first
		if first == list[i].Owner.Object {
			list[i].LoggedOn = second
		}
	}
}
