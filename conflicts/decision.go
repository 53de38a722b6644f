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
