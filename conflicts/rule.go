package conflicts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Rule is one reason to prefer an owner as the keeper of an address. The
// rules are asked in order; each leaves the owners that it ranks lowest, until
// one owner is left.
type Rule struct {
	// Name identifies the rule in options and outputs.
	Name string
	// About says in one sentence what it prefers and why.
	About string
	// rank is the place of an owner, the lowest wins. Owners of which the rule knows
	// nothing come last.
	rank func(*Owner) (place int64)
}

// DefaultRules returns the keeper rules in their usual order. They leave
// exactly one owner, as the last compares the objectGUID.
func DefaultRules() []Rule {
	return []Rule{
		{"fixed", "An object that cannot be changed keeps its address: it lies outside the domain partitions, or is a critical system object.", fixed},
		{"primary", "The primary address of an object weighs more than a secondary one: people write to it.", holdsAsPrimary},
		{"mail", "An object whose mail attribute equals the address shows it to people.", mailEquals},
		{"mailbox", "A mailbox comes before a mail user, a group or public folder, and a contact.", kindOfRecipient},
		{"enabled", "An account in use comes before a disabled one. Shared, room and other mailboxes whose accounts are disabled by design count as in use.", enabled},
		{"written-first", "Whose proxyAddresses were written first has had the address longer; a stamp covers the whole attribute and whole seconds.", writtenFirst},
		{"created-first", "The older object comes first.", createdFirst},
		{"guid", "The lowest objectGUID: a choice without meaning that is the same in every scan.", nil},
	}
}

const unknownPlace = int64(1)<<62 - 1

func fixed(o *Owner) int64 { return place(o.Fixed != "") }

func holdsAsPrimary(o *Owner) int64 { return place(o.Primary()) }

func mailEquals(o *Owner) int64 { return place(o.has(Mail)) }

func kindOfRecipient(o *Owner) int64 { return int64(o.rank()) }

func enabled(o *Owner) int64 { return place(!o.retired()) }

// The stamp is that of proxyAddresses.
func writtenFirst(o *Owner) int64 {
	if !o.has(ProxyAddresses) {
		return unknownPlace
	}
	return earliest(o.Written.Time)
}

func createdFirst(o *Owner) int64 { return earliest(o.Created.Time()) }

func place(preferred bool) int64 {
	if preferred {
		return 0
	}
	return 1
}

func earliest(t time.Time) int64 {
	if t.IsZero() {
		return unknownPlace
	}
	return t.Unix()
}

// SelectRules returns the default rules in the order of names, followed by
// those not named, so that a choice always ends in one keeper. An unknown or
// repeated name is an error that lists the known ones.
func SelectRules(names []string) ([]Rule, error) {
	rest := DefaultRules()
	var rules []Rule
	for _, name := range names {
		i := slices.IndexFunc(rest, func(r Rule) bool { return r.Name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("keeper rule %q: unknown or named twice; the rules are %s", name, RuleNames(DefaultRules()))
		}
		rules = append(rules, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return append(rules, rest...), nil
}

// RuleNames lists the names of rules in a sentence.
func RuleNames(rules []Rule) string {
	var names []string
	for _, r := range rules {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}

// keep puts the keeper first, the others in the order of their GUIDs, and returns the codes
// of the rules that chose it.
func keep(owners []Owner, rules []Rule) (kept []StatementCode) {
	slices.SortFunc(owners, func(a, b Owner) int { return compareObjects(a.Object, b.Object) })
	left := candidates(nil, owners)
	switch {
	case left[0].has(LegacyExchangeDN) && len(left) < len(owners):
		kept = append(kept, ByLegacyDN)
	case len(left) == 1:
		kept = append(kept, OnlyHolder)
	}
	for i := range rules {
		if len(left) == 1 {
			break
		}
		n := len(left)
		if left, _ = rules[i].prefer(left); len(left) < n {
			kept = append(kept, StatementCode(rules[i].Name))
		}
	}
	if len(kept) == 1 { // as nearly always
		kept = oneReason(kept[0])
	}
	keeper := slices.IndexFunc(owners, func(o Owner) bool { return o.Object == left[0].Object })
	k := owners[keeper]
	copy(owners[1:], owners[:keeper])
	owners[0] = k
	return kept
}

// oneReason returns a code as the only one of a list. Conflicts share its memory.
func oneReason(code StatementCode) []StatementCode {
	i := slices.Index(ReasonCodes, code)
	return ReasonCodes[i : i+1 : i+1]
}

// candidates returns the owners that may keep the address: those whose legacyExchangeDN it
// is, as that never changes, or else those that hold it in proxyAddresses, as mail and logon
// names do not receive, or else all. It appends them to a list.
func candidates(list []*Owner, owners []Owner) []*Owner {
	for _, attribute := range []Attribute{LegacyExchangeDN, ProxyAddresses} {
		if list = holders(list, owners, attribute); len(list) > 0 {
			return list
		}
	}
	for i := range owners {
		list = append(list, &owners[i])
	}
	return list
}

// holders appends to a list the owners that hold the address in an attribute.
func holders(list []*Owner, owners []Owner, attribute Attribute) []*Owner {
	list = slices.Grow(list, len(owners))
	for i := range owners {
		if owners[i].has(attribute) {
			list = append(list, &owners[i])
		}
	}
	return list
}

// prefer returns those of several owners that the rule ranks lowest, and the best of the
// others, nil if there are none. It changes the list. The owners are in the order of their
// GUIDs, which the last rule goes by.
func (r *Rule) prefer(owners []*Owner) (best []*Owner, next *Owner) {
	if r.rank == nil {
		return owners[:1], owners[1]
	}
	first := slices.MinFunc(owners, func(a, b *Owner) int { return cmp.Compare(r.rank(a), r.rank(b)) })
	place, nextPlace := r.rank(first), int64(0)
	best = owners[:0]
	for _, o := range owners {
		switch p := r.rank(o); {
		case p == place:
			best = append(best, o)
		case next == nil || p < nextPlace:
			next, nextPlace = o, p
		}
	}
	return best, next
}

// rulesByCode has the rules for [Conflict.Reasons].
var rulesByCode = func() map[StatementCode]Rule {
	rules := make(map[StatementCode]Rule)
	for _, r := range DefaultRules() {
		rules[StatementCode(r.Name)] = r
	}
	return rules
}()

// Reasons returns why the keeper keeps the address: what each rule that had a say preferred,
// in order.
func (c *Conflict) Reasons() []Statement { return c.AppendReasons(nil) }

// AppendReasons appends the Reasons to a list.
func (c *Conflict) AppendReasons(list []Statement) []Statement {
	switch {
	case len(c.Kept) == 1 && c.Kept[0] == ByReview:
		return append(list, Statement{Code: ByReview, Object: c.Keeper().Object, Value: c.Verbatim})
	case c.Verbatim != "":
		return append(list, Statement{Code: Verbatim, Value: c.Verbatim})
	}
	var few [4]*Owner
	left := candidates(few[:0], c.Owners)
	slices.SortFunc(left, func(a, b *Owner) int { return compareObjects(a.Object, b.Object) })
	for _, code := range c.Kept {
		var s Statement
		s, left = c.reason(code, left)
		list = append(list, s)
	}
	return list
}

// reason says what the rule of a code preferred among the owners that were left, and returns
// those that it left.
func (c *Conflict) reason(code StatementCode, left []*Owner) (Statement, []*Owner) {
	keeper := c.Keeper()
	s := Statement{Code: code, Object: keeper.Object}
	if rule, ok := rulesByCode[code]; ok && len(left) > 1 {
		var next *Owner
		n := len(left)
		if left, next = rule.prefer(left); len(left) > 1 {
			s.Count, s.Of = len(left), n
		}
		if next != nil {
			s.Other = next.Object
		}
	}
	switch code {
	case ByLegacyDN:
		s.Count, s.Of = len(left), len(c.Owners)
	case ByFixed:
		s.Value = keeper.Fixed
	case ByFirstWritten:
		s.Time = keeper.Written.Time
		if s.Other != nil {
			s.OtherTime = s.Other.Written.Time
		}
	case ByCreation:
		s.Time = keeper.Created.Time()
		if s.Other != nil {
			s.OtherTime = s.Other.Created.Time()
		}
	}
	return s, left
}

// Reason returns the reasons as one text.
func (c *Conflict) Reason() string {
	var few [2]Statement
	return sentences(c.AppendReasons(few[:0]), "; then ")
}
