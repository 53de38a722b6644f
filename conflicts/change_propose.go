package conflicts

import (
	"fmt"
	"slices"
	"strings"
)

// A proposer makes the changes for a list of conflicts, in their order. It
// remembers what it has handed out, so that no address is proposed twice.
type proposer struct {
	opt   Options
	taken map[uint64]struct{} // hashes of keys: one more for a collision does no harm
	used  map[string]*numbers // by the name of a series
}

func newProposer(objects []*Object, opt Options) *proposer {
	p := &proposer{opt: opt, taken: map[uint64]struct{}{}, used: map[string]*numbers{}}
	for _, o := range objects {
		for a := range o.Taken() {
			p.claim(a)
		}
	}
	return p
}

func (p *proposer) claim(a Address) { p.taken[keyHash(a.LooseKey())] = struct{}{} }

func (p *proposer) free(a Address) bool {
	_, taken := p.taken[keyHash(a.LooseKey())]
	return !taken && (p.opt.Taken == nil || !p.opt.Taken(a))
}

// changes returns the changes that leave each address of the classes Duplicate
// and Collation with its keeper, and notes on a conflict what stands against it.
func (p *proposer) changes(found []Conflict) []Change {
	var changes []Change
	for i := range found {
		c := &found[i]
		if c.Class != Duplicate && c.Class != Collation {
			continue
		}
		var obstacles []string
		for j := range c.Owners[1:] {
			o := &c.Owners[j+1]
			if !o.has(ProxyAddresses) {
				continue
			}
			made, err := p.release(c, o)
			if err != nil {
				obstacles = append(obstacles, err.Error())
				continue
			}
			changes = append(changes, made...)
			if o.has(UserPrincipalName) {
				obstacles = append(obstacles, fmt.Sprintf("the logon name of %s equals the address and is never changed", o.DN))
			}
		}
		for j := range c.Owners[1:] {
			if o := &c.Owners[j+1]; !o.has(ProxyAddresses) {
				obstacles = append(obstacles, fmt.Sprintf("%s of %s equals the address and is left alone", o.Claims[0].Attribute, o.DN))
			}
		}
		c.Unresolved = strings.Join(obstacles, "; ")
	}
	return changes
}

func (o *Owner) has(attribute string) bool {
	return slices.ContainsFunc(o.Claims, func(c Claim) bool { return c.Attribute == attribute })
}

// release returns the changes after which an owner does not hold the address
// of c in proxyAddresses any more. All are made or none.
func (p *proposer) release(c *Conflict, o *Owner) ([]Change, error) {
	if o.Fixed != "" {
		return nil, fmt.Errorf("%s cannot be changed: %s", o.DN, o.Fixed)
	}
	if !p.opt.Reports(o.DN) {
		return nil, fmt.Errorf("%s lies outside the reported subtrees", o.DN)
	}
	var changes []Change
	var replacement string
	for i, claim := range o.Claims {
		if claim.Attribute != ProxyAddresses {
			continue
		}
		change := Change{Conflict: c.ID, Key: c.Key, Object: o.Object, Attribute: ProxyAddresses, Old: claim.Value}
		// One replacement is enough for an address in several values, but the
		// number of primary addresses stays.
		if i == 0 && !p.removes(o) || claim.Primary {
			a, err := p.propose(o.Object, claim.Parsed())
			if err != nil {
				return nil, err
			}
			change.New = a.Raw
			if replacement == "" {
				replacement = a.Trimmed()
			}
		}
		change.Risk, change.RiskReason = assess(&change)
		changes = append(changes, change)
	}
	for _, claim := range o.Claims {
		if claim.Attribute != Mail {
			continue
		}
		change := Change{Conflict: c.ID, Key: c.Key, Object: o.Object, Attribute: Mail, Old: claim.Value, New: replacement}
		change.Risk, change.RiskReason = changes[0].Risk, "the mail attribute showed this address and changes with it"
		changes = append(changes, change)
	}
	return changes, nil
}

// removes reports whether a secondary address is dropped without replacement.
// One that mail shows to people is replaced all the same.
func (p *proposer) removes(o *Owner) bool {
	return p.opt.RemoveSecondary && !o.Primary() && !o.has(Mail)
}
