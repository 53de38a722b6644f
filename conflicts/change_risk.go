package conflicts

import (
	"fmt"
	"strings"
)

// manyMembers is from where on a group counts as one that many people write to.
const manyMembers = 50

// hazards are what can make a change risky, each with what to say of it. All
// that apply are told, the highest risk counts.
var hazards = []struct {
	risk    Risk
	applies func(c *Change, a Address) bool
	say     func(c *Change) string
}{
	{High, func(c *Change, a Address) bool { return a.Primary() && c.Object.live() },
		func(c *Change) string {
			return "primary address of a live " + c.Object.mailboxName() + ": people and devices send from it"
		}},
	{Medium, func(c *Change, a Address) bool { return a.Primary() && !c.Object.live() },
		func(c *Change) string {
			if c.Object.retired() {
				return "primary address of " + c.Object.aKind() + " whose account is disabled"
			}
			return "primary address of " + c.Object.aKind()
		}},
	{High, func(c *Change, a Address) bool {
		return a.Primary() && c.Object.governed()
	}, func(*Change) string {
		return "an e-mail address policy is in force: Exchange may stamp the old address again"
	}},
	{Medium, func(c *Change, _ Address) bool { return c.Object.Members >= manyMembers },
		func(c *Change) string { return fmt.Sprintf("group with %d members or more", c.Object.Members) }},
	{Medium, func(c *Change, _ Address) bool { return c.Object.Synchronized },
		func(*Change) string { return "synchronized object: the change reaches Entra ID with the next cycle" }},
	{Medium, func(c *Change, _ Address) bool { return c.New == "" },
		func(*Change) string { return "the address is dropped without a replacement" }},
}

func assess(c *Change) (Risk, string) {
	risk, a := Low, ParseAddress(c.Old)
	var reasons []string
	for _, h := range hazards {
		if h.applies(c, a) {
			risk = max(risk, h.risk)
			reasons = append(reasons, h.say(c))
		}
	}
	if len(reasons) == 0 {
		reasons = append(reasons, "secondary address; from now on only the keeper gets mail sent to it")
	}
	return risk, strings.Join(reasons, "; ")
}

// governed reports whether address policies are known to apply to the object.
func (o *Object) governed() bool { return o.PolicyKnown && !o.PolicyExcluded }

func (o *Object) live() bool { return o.rank() == mailboxRank && !o.retired() }

func (o *Object) mailboxName() string {
	if s := o.Recipient.String(); s != "" {
		return s
	}
	return "mailbox"
}
