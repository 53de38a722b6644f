package words

import (
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// ByHand says what people can do about a conflict for whose class no change is proposed.
func ByHand(c *conflicts.Conflict) string {
	if c.Class != conflicts.CrossAttribute {
		return "remove the address from the owners that no longer need it"
	}
	others := func(attribute string) bool {
		return slices.ContainsFunc(c.Owners[1:], func(o conflicts.Owner) bool { return o.Claims[0].Attribute == attribute })
	}
	var steps []string
	if others(conflicts.Mail) {
		steps = append(steps, "correct or clear the mail attribute")
	}
	if others(conflicts.UserPrincipalName) {
		steps = append(steps, "change the logon name")
	}
	text := strings.Join(steps, " or ") + " of every object but the first"
	if c.Keeper().Claims[0].Attribute == conflicts.ProxyAddresses && others(conflicts.UserPrincipalName) {
		text += ", or accept it"
	}
	return text
}
