package conflicts

import (
	"cmp"
	"slices"
)

// Audit is the result of one scan, the one value that every output is made of.
// It is plain data.
type Audit struct {
	// Version is the version of the program, Command its command line (which
	// holds no secret, as no option takes one).
	Version, Command string
	Scope            Scope
	// Coverage has one row for each partition that was to be read.
	Coverage []Coverage
	// Problems are all the reasons why the scan may have missed something, in
	// sentences that begin with the name of the thing. A scan without any is
	// complete.
	Problems []string
	// Notes are facts about the scan that do not make it incomplete.
	Notes []string
	// Rules are the keeper rules in force, in order.
	Rules []Rule
	// Events are the events from which the audit was made. If there are any,
	// nothing but the addresses that they are about was looked at.
	Events    []TracedEvent
	Conflicts []Conflict
	// Proposals are what people decide on, Changes what is made if they decide on nothing
	// else. Both follow the order of the conflicts.
	Proposals []Proposal
	Changes   []Change
	Findings  []Finding
	// Remembered is what earlier runs tell; nil if none are remembered.
	Remembered *Remembered
	// Review is set once people have decided on the changes: then Changes are
	// those that they approved.
	Review *Review
}

// Complete reports whether everything was read.
func (a *Audit) Complete() bool { return len(a.Problems) == 0 }

// Objects, Values and Pages return the totals over all partitions.
func (a *Audit) Objects() int { return a.sum(func(c Coverage) int { return c.Objects }) }
func (a *Audit) Values() int  { return a.sum(func(c Coverage) int { return c.Values }) }
func (a *Audit) Pages() int   { return a.sum(func(c Coverage) int { return c.Pages }) }

func (a *Audit) sum(f func(Coverage) int) (n int) {
	for _, c := range a.Coverage {
		n += f(c)
	}
	return n
}

// Conflict returns the conflict with a key, or nil.
func (a *Audit) Conflict(k Key) *Conflict {
	for i := range a.Conflicts {
		if c := &a.Conflicts[i]; c.Key == k {
			return c
		}
	}
	return nil
}

// Count returns the number of conflicts of a class.
func (a *Audit) Count(class Class) (n int) {
	for i := range a.Conflicts {
		if a.Conflicts[i].Class == class {
			n++
		}
	}
	return n
}

// Scope says what was looked at and what of it is reported.
type Scope struct {
	// Source names the directory: the URLs of the domain controllers or the
	// name of the LDIF export.
	Source []string
	// Forests identify the forests, whatever servers are read: by the objectGUID of
	// the configuration partition, or what else is the same in every run.
	Forests []string
	// Servers are the domain controllers that were read, and what was agreed with
	// each; none for an export.
	Servers []Server
	// Identity is the name that was used to bind; empty for an export.
	Identity string
	// Connection are the flags with which a command finds the same directory, "-d
	// contoso.com"; empty for an export.
	Connection string
	// Base and Exclude are the subtrees that are reported and left out, as
	// distinguished names. Both empty means the whole directory. They never limit
	// what is read and compared.
	Base, Exclude []string
	// AcceptedDomains are the domains for which Exchange takes mail, in
	// order; empty if the directory names none: they are not known.
	AcceptedDomains []string
	// PrimaryDomains stand in for them where they are not known: see [PrimaryDomains].
	PrimaryDomains []string
}

// AcceptedDomainsKnown reports whether it is known for which domains Exchange takes mail.
func (s *Scope) AcceptedDomainsKnown() bool { return len(s.AcceptedDomains) > 0 }

// options returns those that tell what may be changed to what.
func (s *Scope) options() *Options {
	return &Options{Base: s.Base, Exclude: s.Exclude, AcceptedDomains: s.AcceptedDomains, PrimaryDomains: s.PrimaryDomains}
}

// A Server is a domain controller, and what was agreed with it.
type Server struct {
	URL  string
	Host string // its DNS name, as it says
	Site string
	// Transport is the protocol that protects the connection from end to end,
	// "TLS 1.3", or empty if none does.
	Transport string
	// Mechanism is simple, gssapi, sspi or external; Protection what it adds to
	// the transport: "sealed", "signed" or "channel binding".
	Mechanism, Protection string
	// Identity is who the server says is bound.
	Identity string
	// Level is the functional level of the forest.
	Level string
	// Missing are attributes of Exchange that the schema does not have.
	Missing []string
}

// Name is what the server calls itself, or else its URL.
func (s *Server) Name() string { return cmp.Or(s.Host, s.URL) }

// Coverage is what was read of one partition.
type Coverage struct {
	// Partition is its distinguished name, or the name of an export.
	Partition string
	// Objects have at least one attribute with an address; Values are their
	// proxy addresses.
	Objects, Values, Pages int
	// Referrals were returned by the server and not followed.
	Referrals int
	// Deleted is the number of deleted objects whose addresses could be read.
	Deleted int
	// Problem says why the partition was not read to its end; empty if it was.
	Problem string
}

// Class is the kind of a conflict.
type Class string

const (
	// Duplicate: more than one object has the same SMTP proxy address. This is
	// what Exchange's events 9514 and 9217 are about.
	Duplicate Class = "duplicate"
	// Collation: the addresses are written differently, but are the same to
	// Active Directory ([MS-ADTS] 3.1.1.2.2.4.13).
	Collation Class = "collation"
	// CrossAttribute: an address is mail or userPrincipalName of one object, and of another
	// in whatever attribute. At most one has it in proxyAddresses.
	CrossAttribute Class = "cross-attribute"
	// NonSMTP: more than one object has the same X500, SIP, EUM … address. A legacyExchangeDN
	// is an X500 address.
	NonSMTP Class = "non-smtp"
)

// Classes lists every class, the most urgent first.
var Classes = []Class{Duplicate, Collation, CrossAttribute, NonSMTP}

// Title returns the class as a heading.
func (c Class) Title() string {
	switch c {
	case Duplicate:
		return "Duplicate SMTP address"
	case Collation:
		return "Same address to Active Directory"
	case CrossAttribute:
		return "Address is mail or logon name elsewhere"
	case NonSMTP:
		return "Duplicate X500, SIP or other address"
	}
	return string(c)
}

// A Conflict is one address with all the objects that claim it.
type Conflict struct {
	// ID is derived from the address alone and so stays the same from scan to
	// scan: "C-" and sixteen characters (80 bits of SHA-256 in base 32). It is a label
	// for people: what tells conflicts apart is their Key.
	ID    string
	Class Class
	// Key is the key of the address. No other conflict of an audit has it.
	Key Key
	// Owners begin with the keeper; the others follow by objectGUID.
	Owners []Owner
	// Kept are the rules that chose the keeper, in order, for [Conflict.Reasons].
	Kept []StatementCode
	// Verbatim is the reason in words where Kept has none, as it was read from a document of
	// schema version 1, or the comment of the reviewer who chose the keeper.
	Verbatim string
	// Cause is how they may have come to share it.
	Cause Cause
	// Unresolved says why the changes do not end the conflict, or is empty.
	Unresolved []Statement
	// Standing is what earlier runs tell of it; nil if none are remembered.
	Standing *Standing
}

// Obstacles returns what stands in Unresolved as one text.
func (c *Conflict) Obstacles() string { return sentences(c.Unresolved, "; ") }

// Keeper returns the owner that keeps the address.
func (c *Conflict) Keeper() *Owner { return &c.Owners[0] }

// An Owner is an object that claims the address of a conflict.
type Owner struct {
	*Object
	// Claims are where it stands, at least one; proxyAddresses first, primaries
	// before the others.
	Claims []Claim
	// Writers are who wrote them, as far as an audit log tells; nil if it tells nothing, as of
	// nearly all owners.
	Writers *[]Writer
}

// WrittenBy returns the Writers.
func (o *Owner) WrittenBy() []Writer {
	if o.Writers == nil {
		return nil
	}
	return *o.Writers
}

// Primary reports whether the owner holds the address as a primary one.
func (o *Owner) Primary() bool { return o.Claims[0].Primary }

// A Claim is an attribute value that holds the address.
type Claim struct {
	// Attribute is proxyAddresses, mail, userPrincipalName or legacyExchangeDN; of
	// [AddressSet.Claims] also targetAddress.
	Attribute Attribute
	// Value is what is stored.
	Value   string
	Primary bool
	// Padded marks a value whose white space is not part of the comparison;
	// Loose, one that is equal to the conflict's address only to Active Directory.
	Padded, Loose bool
}

// An Attribute is one in which an address can stand.
type Attribute uint8

const (
	ProxyAddresses Attribute = iota + 1
	Mail
	UserPrincipalName
	LegacyExchangeDN
	TargetAddress
)

var attributeNames = [...]string{"", "proxyAddresses", "mail", "userPrincipalName", "legacyExchangeDN", "targetAddress"}

// String returns the name of the attribute.
func (a Attribute) String() string { return attributeNames[a] }

// AttributeNamed returns the attribute with a name, 0 if there is none.
func AttributeNamed(name string) Attribute {
	return Attribute(max(0, slices.Index(attributeNames[:], name)))
}

// A Change replaces or removes one attribute value of one object. All changes
// of one object are applied together or not at all.
type Change struct {
	// Conflict is the ID of the conflict that it helps to end, Key the key of it.
	Conflict string
	Key      Key
	Object   *Object
	// Attribute is proxyAddresses, or mail where that follows.
	Attribute Attribute
	Risk      Risk
	// Old is the exact stored value. New is empty for a removal.
	Old, New string
	// Verbatim is what makes it risky in the words of a document of schema version 1; else
	// [Change.Risks] works it out.
	Verbatim string
}

// Risk says how much attention a change needs.
type Risk uint8

const (
	Low Risk = iota
	Medium
	High
)

func (r Risk) String() string { return [...]string{"low", "medium", "high"}[r] }

// A Finding is something about one object that is not a conflict but should
// be put right.
type Finding struct {
	Kind FindingKind
	DN   string
	GUID GUID
	// Value is the stored value that the finding is about, if it is about one.
	Value string
	// Other and Count are what else its Detail needs.
	Other string
	Count int
	// Verbatim is the detail in the words of a document of schema version 1.
	Verbatim string
}

// SortFindings puts findings in the order of the outputs and returns them,
// each once.
func SortFindings(found []Finding) []Finding {
	slices.SortFunc(found, compareFindings)
	return slices.Compact(found)
}

func compareFindings(a, b Finding) int {
	if a.Kind != b.Kind {
		return cmp.Compare(slices.Index(FindingKinds, a.Kind), slices.Index(FindingKinds, b.Kind))
	}
	if a.DN != b.DN {
		return cmp.Compare(a.DN, b.DN)
	}
	return cmp.Or(compareGUIDs(a.GUID, b.GUID), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Other, b.Other), cmp.Compare(a.Count, b.Count))
}
