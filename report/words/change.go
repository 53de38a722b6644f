package words

import (
	"cmp"
	"fmt"

	"proxyaddr/conflicts"
)

// NotProposed is why the owners of an address of a whole class stay as they are.
const NotProposed = "no change is proposed for this class"

// Action says in one word what becomes of an owner's claim; change may be nil.
func Action(keeper bool, change *conflicts.Change) string {
	switch {
	case change != nil && change.New != "":
		return "replace"
	case change != nil:
		return "remove"
	case keeper:
		return "keep"
	}
	return "leave"
}

// Change says in a line what is changed and at what risk.
func Change(c *conflicts.Change) string {
	if c.New == "" {
		return fmt.Sprintf("%s: remove %s, risk %s", c.Attribute, c.Old, Risk(c))
	}
	return fmt.Sprintf("%s: replace %s with %s, risk %s", c.Attribute, c.Old, c.New, Risk(c))
}

// Risk says how risky a change is, and why.
func Risk(c *conflicts.Change) string {
	if c.RiskReason == "" {
		return c.Risk.String()
	}
	return c.Risk.String() + ": " + c.RiskReason
}

// Kind says what sort of object it is, where its directory tells.
func Kind(o *conflicts.Object) string { return cmp.Or(o.Kind(), "unknown class") }
