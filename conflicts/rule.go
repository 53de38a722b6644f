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
	// rank is the place of an owner, the lowest wins, and what to say of an
	// owner that has it. Owners of which the rule knows nothing come last.
	rank func(*Owner) (place int64, because string)
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

func fixed(o *Owner) (int64, string) {
	if o.Fixed != "" {
		return 0, "cannot be changed: " + o.Fixed
	}
	return 1, ""
}

func holdsAsPrimary(o *Owner) (int64, string) {
	if o.Primary() {
		return 0, "holds it as its primary address"
	}
	return 1, ""
}

func mailEquals(o *Owner) (int64, string) {
	if slices.ContainsFunc(o.Claims, func(c Claim) bool { return c.Attribute == Mail }) {
		return 0, "its mail attribute equals the address"
	}
	return 1, ""
}

func kindOfRecipient(o *Owner) (int64, string) {
	return int64(o.rank()), "is " + o.aKind()
}

func enabled(o *Owner) (int64, string) {
	if o.retired() {
		return 1, ""
	}
	return 0, "its account is in use"
}

func writtenFirst(o *Owner) (int64, string) {
	return earliest(o.Written.Time, "its proxyAddresses were written first")
}

func createdFirst(o *Owner) (int64, string) {
	return earliest(o.Created, "was created first")
}

func earliest(t time.Time, because string) (int64, string) {
	if t.IsZero() {
		return unknownPlace, ""
	}
	return t.Unix(), fmt.Sprintf("%s (%s)", because, moment(t))
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

// keep puts the keeper first, the others in the order of their GUIDs, and
// returns why it was chosen. Only owners that hold the address in
// proxyAddresses are candidates: mail and logon names do not receive.
func keep(owners []Owner, rules []Rule) (reason string) {
	slices.SortFunc(owners, func(a, b Owner) int { return compareObjects(a.Object, b.Object) })
	var left []*Owner
	for i := range owners {
		if owners[i].Claims[0].Attribute == ProxyAddresses {
			left = append(left, &owners[i])
		}
	}
	var reasons []string
	if len(left) == 1 {
		reasons = append(reasons, "the only object that holds it in proxyAddresses")
	}
	for _, r := range rules {
		if len(left) == 1 {
			break
		}
		if r.rank == nil {
			left = left[:1]
			reasons = append(reasons, "arbitrary: no rule told the owners apart (lowest objectGUID); please choose")
			if left[0].GUID == (GUID{}) {
				reasons[len(reasons)-1] = "arbitrary: no rule told the owners apart (first by name); please choose"
			}
			break
		}
		best := slices.MinFunc(left, func(a, b *Owner) int {
			pa, _ := r.rank(a)
			pb, _ := r.rank(b)
			return cmp.Compare(pa, pb)
		})
		place, because := r.rank(best)
		n := len(left)
		left = slices.DeleteFunc(left, func(o *Owner) bool { p, _ := r.rank(o); return p != place })
		switch {
		case len(left) == n:
		case len(left) == 1:
			reasons = append(reasons, because)
		default:
			reasons = append(reasons, fmt.Sprintf("%s (%d of %d tie)", because, len(left), n))
		}
	}
	keeper := slices.IndexFunc(owners, func(o Owner) bool { return o.Object == left[0].Object })
	k := owners[keeper]
	copy(owners[1:], owners[:keeper])
	owners[0] = k
	return strings.Join(reasons, "; then ")
}
