package report

import (
	"cmp"
	"fmt"

	"proxyaddr/conflicts"
)

// action says in one word what becomes of an owner's claim; change may be nil.
func action(keeper bool, change *conflicts.Change) string {
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

// describe says in a line what is changed and at what risk.
func describe(c *conflicts.Change) string {
	if c.New == "" {
		return fmt.Sprintf("%s: remove %s, risk %s", c.Attribute, c.Old, danger(c))
	}
	return fmt.Sprintf("%s: replace %s with %s, risk %s", c.Attribute, c.Old, c.New, danger(c))
}

// danger says how risky a change is, and why.
func danger(c *conflicts.Change) string {
	if c.RiskReason == "" {
		return c.Risk.String()
	}
	return c.Risk.String() + ": " + c.RiskReason
}

// kind says what sort of object it is, where its directory tells.
func kind(o *conflicts.Object) string { return cmp.Or(o.Kind(), "unknown class") }
