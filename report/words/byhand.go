package words

import (
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// ByHand says what people can do about a conflict for whose class no change is proposed.
func ByHand(c *conflicts.Conflict) string {
	holds := func(o conflicts.Owner, attribute conflicts.Attribute) bool {
		return slices.ContainsFunc(o.Claims, func(c conflicts.Claim) bool { return c.Attribute == attribute })
	}
	others := func(attribute conflicts.Attribute) bool {
		return slices.ContainsFunc(c.Owners[1:], func(o conflicts.Owner) bool { return holds(o, attribute) })
	}
	switch {
	case others(conflicts.LegacyExchangeDN):
		return "give every object but one a legacyExchangeDN of its own; proxyaddr never changes one"
	case holds(c.Owners[0], conflicts.LegacyExchangeDN):
		return "remove the address from the proxyAddresses of every object but the first, whose legacyExchangeDN it is"
	case c.Class != conflicts.CrossAttribute:
		return "remove the address from the owners that no longer need it"
	}
	var steps []string
	if others(conflicts.Mail) {
		steps = append(steps, "correct or clear the mail attribute")
	}
	if others(conflicts.UserPrincipalName) {
		steps = append(steps, "change the logon name")
	}
	text := strings.Join(steps, " or ") + " of every object but the first"
	if holds(c.Owners[0], conflicts.ProxyAddresses) && others(conflicts.UserPrincipalName) {
		text += ", or accept it"
	}
	return text
}
