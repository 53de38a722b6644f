package conflicts

import "slices"

// A Choice is one way to end a conflict, as far as one owner goes.
type Choice struct {
	// Changes are made together. There are none if the choice is not on offer.
	Changes []Change
	Risk    Risk
	// Obstacle says why the choice is not on offer or not advised; its code is empty if
	// nothing has to be said.
	Obstacle Statement
}

// Choices are the ways to end a conflict, as far as one owner goes.
type Choices struct {
	Replace, Remove, Swap Choice
	room                  []Change
}

// Set makes them the choices of a proposal. Their Changes are valid until the next Set.
func (c *Choices) Set(a *Audit, p *Proposal) {
	c.room = c.room[:0]
	c.Replace, c.Remove, c.Swap = a.replace(&c.room, p), a.remove(&c.room, p), a.swap(&c.room, p)
}

// Offered reports whether the choice can be made.
func (c *Choice) Offered() bool { return len(c.Changes) > 0 }

// Mail reports whether the mail attribute changes.
func (c *Choice) Mail() bool {
	return slices.ContainsFunc(c.Changes, func(c Change) bool { return c.Attribute == Mail })
}

func newChoice(changes []Change) Choice {
	c := Choice{Changes: changes}
	for i := range changes {
		c.Risk = max(c.Risk, changes[i].Risk)
	}
	return c
}

// Risks says what makes the changes risky, each code once.
func (c *Choice) Risks() []Statement { return c.AppendRisks(nil) }

// AppendRisks appends the Risks to a list.
func (c *Choice) AppendRisks(list []Statement) []Statement {
	for i := range c.Changes {
		before := Choice{Changes: c.Changes[:i]}
		for s := range c.Changes[i].eachRisk() {
			if !before.HasRisk(s.Code) {
				list = append(list, s)
			}
		}
	}
	return list
}

// HasRisk reports whether a code is among the Risks.
func (c *Choice) HasRisk(code StatementCode) bool {
	for i := range c.Changes {
		if c.Changes[i].HasRisk(code) {
			return true
		}
	}
	return false
}

// Replace gives the owner the address New in place of the one in conflict.
func (a *Audit) Replace(p *Proposal) Choice { return a.replace(new([]Change), p) }

func (a *Audit) replace(room *[]Change, p *Proposal) Choice {
	if !a.removes(p) {
		return newChoice(a.changesOf(p))
	}
	if p.New == "" {
		return Choice{Obstacle: Statement{Code: NoFreeAddress, Object: p.Owner.Object}}
	}
	return newChoice(surrender(room, p.Conflict, p.Owner, []string{p.New}))
}

// Proposed is the choice that is made if nobody chooses another.
func (a *Audit) Proposed(p *Proposal) Choice { return newChoice(a.changesOf(p)) }

// changesOf returns those that are made if nobody chooses others.
func (a *Audit) changesOf(p *Proposal) []Change { return a.Changes[p.First : p.First+p.Count] }

// removes reports whether they remove the address.
func (a *Audit) removes(p *Proposal) bool {
	return !slices.ContainsFunc(a.changesOf(p), func(c Change) bool { return c.New != "" })
}

// Remove takes the address from the owner and gives it no other. Nothing is said of a primary
// or only address, which cannot be removed.
func (a *Audit) Remove(p *Proposal) Choice { return a.remove(new([]Change), p) }

func (a *Audit) remove(room *[]Change, p *Proposal) Choice {
	if a.removes(p) {
		return newChoice(a.changesOf(p))
	}
	return a.Scope.options().remove(room, p)
}

func (opt *Options) remove(room *[]Change, p *Proposal) Choice {
	var choice Choice
	removable, obstacle := opt.removeObstacle(p)
	if removable {
		choice = newChoice(surrender(room, p.Conflict, p.Owner, nil))
	}
	choice.Obstacle = obstacle
	return choice
}

// removeObstacle reports whether the address can be removed, and says what stands against it.
func (opt *Options) removeObstacle(p *Proposal) (removable bool, why Statement) {
	o := p.Owner
	switch {
	case o.Primary(), o.otherSMTP() == 0:
		return false, Statement{}
	case o.has(Mail):
		return false, Statement{Code: MailShows, Object: o.Object}
	case p.Forwarder != nil:
		return false, Statement{Code: Forwards, Object: p.Forwarder}
	case o.has(UserPrincipalName):
		return true, Statement{Code: LogonNameStays, Object: o.Object}
	case len(opt.AcceptedDomains) == 0:
		return true, Statement{Code: DomainsUnknown}
	case p.Keeps == "" && slices.ContainsFunc(o.ProxyAddresses, func(v string) bool { return o.keeps(v) && opt.accepts(ParseAddress(v).Domain()) }):
		return true, Statement{Code: KeepsDisputed, Object: o.Object}
	case p.Keeps == "":
		return true, Statement{Code: KeepsExternal, Object: o.Object}
	}
	return true, Statement{}
}

// keeps reports whether a value of the owner is an SMTP address other than that of the
// conflict.
func (o *Owner) keeps(value string) bool {
	return ParseAddress(value).SMTP() && !slices.ContainsFunc(o.Claims, func(c Claim) bool { return c.Attribute == ProxyAddresses && c.Value == value })
}

func (o *Owner) otherSMTP() (n int) {
	for _, v := range o.ProxyAddresses {
		if o.keeps(v) {
			n++
		}
	}
	return n
}

// Swap leaves the address with the owner and gives the keeper SwapTo.
func (a *Audit) Swap(p *Proposal) Choice { return a.swap(new([]Change), p) }

func (a *Audit) swap(room *[]Change, p *Proposal) Choice {
	why := a.Scope.options().swapObstacle(p)
	if why.Code == "" && p.SwapTo == "" {
		why = Statement{Code: NoFreeAddress, Object: p.Conflict.Keeper().Object}
	}
	if why.Code != "" {
		return Choice{Obstacle: why}
	}
	return newChoice(surrender(room, p.Conflict, p.Conflict.Keeper(), []string{p.SwapTo}))
}

// swapObstacle says what keeps the owner from keeping the address, but for the lack of
// another one for the keeper.
func (opt *Options) swapObstacle(p *Proposal) Statement {
	k, o := p.Conflict.Keeper(), p.Owner
	a := ParseAddress(o.Claims[0].Value)
	switch {
	case k.Fixed != "":
		return Statement{Code: KeeperFixed, Object: k.Object}
	case !opt.Reports(k.DN):
		return Statement{Code: KeeperOutside, Object: k.Object}
	case k.primaryClaims() > 1:
		return Statement{Code: KeeperPrimaries, Object: k.Object}
	case p.LoggedOn != nil:
		return Statement{Code: LogsOn, Object: p.LoggedOn}
	case !opt.accepts(a.Domain()) && len(opt.AcceptedDomains) == 0:
		return Statement{Code: DomainsUnknown}
	case !opt.accepts(a.Domain()):
		return Statement{Code: DomainNotAccepted, Value: a.Domain()}
	case o.unclean() != "" && k.unclean() == "":
		return Statement{Code: Unclean, Object: o.Object, Value: o.unclean()}
	case o.external() && k.rank() == mailboxRank:
		return Statement{Code: External, Object: o.Object}
	}
	return Statement{}
}

func (o *Owner) primaryClaims() (n int) {
	for _, c := range o.Claims {
		if c.Attribute == ProxyAddresses && c.Primary {
			n++
		}
	}
	return n
}

// unclean returns a value of the owner that is in conflict and that mail systems stumble
// over, or "".
func (o *Owner) unclean() string {
	for _, c := range o.Claims {
		a := c.Parsed()
		if c.Attribute == ProxyAddresses && (a.Padded() || a.Unusable() != "" || tooLong(a) != "" || refusedByEntra(a) != "") {
			return c.Value
		}
	}
	return ""
}

// external reports whether mail for the object goes elsewhere.
func (o *Object) external() bool {
	rank := o.rank()
	return rank == contactRank || rank == mailUserRank && o.TargetAddress != ""
}
