package conflicts

import "slices"

// A Proposal is what may be done about one owner that has to give up the address of a
// conflict. People decide on each by itself. Every address in it is free, and no two
// proposals of an audit share one, but for the SwapTo of the same conflict: only one owner
// can keep the address. So any mix of decisions can be carried out.
//
// It keeps what does not follow from its conflict. [Audit.Replace], [Audit.Remove] and
// [Audit.Swap] say what can be chosen, [Audit.Advice] what should be.
type Proposal struct {
	Conflict *Conflict
	Owner    *Owner
	// First and Count select its changes among those of the audit: those that are made if
	// nobody chooses others.
	First, Count int32
	// New is the address, with its type, that the owner gets for the one in conflict; empty
	// if there is none, and the changes remove it.
	New string
	// SwapTo is the address, with its type, that the keeper gets if the owner is to keep the
	// one in conflict; empty if none can be given.
	SwapTo string
	// Keeps is another address of the owner, without its type, that it holds whatever is
	// decided elsewhere: in an accepted domain, or empty.
	Keeps string
	// Forwarder is an object that forwards to the address, LoggedOn another owner whose logon
	// name it is; nil if there is none.
	Forwarder, LoggedOn *Object
	// Tied says that only the objectGUID tells the owner and the keeper apart.
	Tied bool
	// Reply is what a reviewer made of the proposal; nil before the review.
	Reply *Reply
}

// A Choice is one way to end a conflict, as far as one owner goes.
type Choice struct {
	// Changes are made together. There are none if the choice is not on offer.
	Changes []Change
	Risk    Risk
	// Obstacle says why the choice is not on offer or not advised; its code is empty if
	// nothing has to be said.
	Obstacle Statement
}

// Offered reports whether the choice can be made.
func (c *Choice) Offered() bool { return len(c.Changes) > 0 }

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

// Advice is what a reviewer without further knowledge should choose.
type Advice string

const (
	AdviseReplace Advice = "replace"
	AdviseRemove  Advice = "remove"
	// AdviseChoice: no rule told the owners apart. People have to choose which of them keeps
	// the address.
	AdviseChoice Advice = "choose"
)

// What stands against a choice.
const (
	// The owner's mail shows the address, Object forwards to it, or its logon name is the
	// address and remains a conflict.
	MailShows      StatementCode = "mail-shows"
	Forwards       StatementCode = "forwards"
	LogonNameStays StatementCode = "logon-name-stays"
	// DomainsUnknown: which domains are accepted is not known.
	DomainsUnknown StatementCode = "domains-unknown"
	// The owner would keep nothing but addresses outside accepted domains, or addresses that
	// are in conflict too.
	KeepsExternal StatementCode = "keeps-external"
	KeepsDisputed StatementCode = "keeps-disputed"
	// The keeper, Object, cannot be changed, lies outside the reported subtrees, or has the
	// address as more than one primary address.
	KeeperFixed     StatementCode = "keeper-fixed"
	KeeperOutside   StatementCode = "keeper-outside"
	KeeperPrimaries StatementCode = "keeper-primaries"
	// LogsOn: the address is the logon name of Object.
	LogsOn StatementCode = "logs-on"
	// DomainNotAccepted: Value is no accepted domain.
	DomainNotAccepted StatementCode = "domain-not-accepted"
	// Unclean: Value, which would stay, is padded, malformed, too long or refused by Entra ID.
	Unclean StatementCode = "unclean"
	// External: Object receives its mail elsewhere.
	External StatementCode = "external"
	// NoFreeAddress: there is none for Object.
	NoFreeAddress StatementCode = "no-free-address"
)

// OrMerge is what to do instead of any choice: Object only forwards to Other, which keeps the
// address.
const OrMerge StatementCode = "or-merge"

// Withdraw takes out the proposals and changes of some conflicts.
func (a *Audit) Withdraw(of func(Key) bool) {
	place := make([]int32, len(a.Changes)) // of each change among those that stay
	var changes []Change
	for i, c := range a.Changes {
		place[i] = int32(len(changes))
		if !of(c.Key) {
			changes = append(changes, c)
		}
	}
	var proposals []Proposal
	for _, p := range a.Proposals {
		if !of(p.Conflict.Key) {
			p.First = place[p.First]
			proposals = append(proposals, p)
		}
	}
	a.Proposals, a.Changes = proposals, changes
}

// obstacle says what stands against a choice, or "". Object is the name of Object.
func (s Statement) obstacle(object string) string {
	switch s.Code {
	case MailShows:
		return "the mail attribute of " + object + " shows it"
	case Forwards:
		return object + " forwards to it"
	case LogonNameStays:
		return object + " logs on with it, so the conflict with the logon name remains"
	case DomainsUnknown:
		return "the accepted domains are unknown"
	case KeepsExternal:
		return object + " would keep no address in an accepted domain"
	case KeepsDisputed:
		return "the other addresses of " + object + " are in conflict too"
	case KeeperFixed:
		return object + " cannot be changed"
	case KeeperOutside:
		return object + " lies outside the reported subtrees"
	case KeeperPrimaries:
		return object + " has it as more than one primary address"
	case LogsOn:
		return object + " logs on with it"
	case DomainNotAccepted:
		return s.Value + " is not an accepted domain"
	case Unclean:
		return s.Value + " would stay, which is not clean"
	case External:
		return "mail would go to the external address of " + object
	case NoFreeAddress:
		return "no address is free for " + object
	}
	return ""
}

// ProposeChanges makes the proposals of an audit of which only the conflicts and the changes
// are known, as a document of an earlier version tells them: what else could be chosen is not
// known. The changes follow the order of the conflicts.
func (a *Audit) ProposeChanges() {
	found := make(map[Key]*Conflict, len(a.Conflicts))
	for i := range a.Conflicts {
		found[a.Conflicts[i].Key] = &a.Conflicts[i]
	}
	a.Proposals = make([]Proposal, 0, len(a.Changes))
	var of *Conflict
	owners := map[Ref]*Owner{} // of that conflict
	var last *Owner
	for i := range a.Changes {
		c := &a.Changes[i]
		if conflict := found[c.Key]; i == 0 || conflict != of {
			of, last = conflict, nil
			clear(owners)
			for n := range of.Owners {
				owners[of.Owners[n].Ref()] = &of.Owners[n]
			}
		}
		if o := owners[c.Object.Ref()]; o != last {
			a.Proposals = append(a.Proposals, Proposal{Conflict: of, Owner: o, First: int32(i)})
			last = o
		}
		p := &a.Proposals[len(a.Proposals)-1]
		p.Count++
		if p.New == "" && c.Attribute == ProxyAddresses {
			p.New = c.New
		}
	}
}

// Replace gives the owner the address New in place of the one in conflict.
func (a *Audit) Replace(p *Proposal) Choice {
	if !a.removes(p) {
		return newChoice(a.changesOf(p))
	}
	if p.New == "" {
		return Choice{Obstacle: Statement{Code: NoFreeAddress, Object: p.Owner.Object}}
	}
	return newChoice(surrender(p.Conflict, p.Owner, []string{p.New}))
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
func (a *Audit) Remove(p *Proposal) Choice {
	if a.removes(p) {
		return newChoice(a.changesOf(p))
	}
	return a.Scope.options().remove(p)
}

func (opt *Options) remove(p *Proposal) Choice {
	var choice Choice
	removable, obstacle := opt.removeObstacle(p)
	if removable {
		choice = newChoice(surrender(p.Conflict, p.Owner, nil))
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
func (a *Audit) Swap(p *Proposal) Choice {
	why := a.Scope.options().swapObstacle(p)
	if why.Code == "" && p.SwapTo == "" {
		why = Statement{Code: NoFreeAddress, Object: p.Conflict.Keeper().Object}
	}
	if why.Code != "" {
		return Choice{Obstacle: why}
	}
	return newChoice(surrender(p.Conflict, p.Conflict.Keeper(), []string{p.SwapTo}))
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

// Advice says what to choose. A number behind an address that everybody writes to in case of
// trouble, such as postmaster, helps nobody.
func (a *Audit) Advice(p *Proposal) Advice {
	opt := a.Scope.options()
	removable, obstacle := opt.removeObstacle(p)
	role := isRole(p.Conflict.Key) && removable
	switch {
	case p.Tied && !role && p.SwapTo != "" && opt.swapObstacle(p).Code == "":
		return AdviseChoice
	case a.removes(p):
		return AdviseRemove
	}
	if role || removable && obstacle.Code == "" {
		return AdviseRemove
	}
	return AdviseReplace
}

// Merge says that an owner need not be there at all, if it is a contact or mail user that forwards
// to the mailbox that keeps the address. Old messages name their sender by its legacyExchangeDN, so
// the mailbox has to get that to take replies to them.
func (c *Conflict) Merge(o *Owner) (s Statement, ok bool) {
	k, rank := c.Keeper(), o.rank()
	if k.rank() != mailboxRank || rank != contactRank && rank != mailUserRank || apart(o.Object, k.Object) {
		return s, false
	}
	if !slices.ContainsFunc(k.ProxyAddresses, func(v string) bool { return o.forwardsTo(ParseAddress(v)) }) {
		return s, false
	}
	return Statement{Code: OrMerge, Object: o.Object, Other: k.Object}, true
}

// merge says how to merge a contact or mail user with a mailbox.
func (s Statement) merge(contact, mailbox string) string {
	if s.Code != OrMerge {
		return ""
	}
	do := "delete the contact "
	if s.Object.rank() == mailUserRank {
		do = "disable mail for the user "
	}
	return do + contact + ", which only forwards to " + mailbox + ", and give " + mailbox +
		" its legacyExchangeDN as an X500 address, so that replies to old messages arrive"
}

// roles are the mailbox names of RFC 2142.
var roles = []string{"abuse", "ftp", "hostmaster", "info", "marketing", "news", "noc", "postmaster", "sales", "security",
	"support", "usenet", "uucp", "webmaster", "www"}

// isRole reports whether RFC 2142 names the role of an address.
func isRole(k Key) bool {
	local, _, _ := splitAt(k.Address())
	return k.Type() == "smtp" && slices.Contains(roles, local)
}
