package words

import (
	"cmp"
	"fmt"
	"time"

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
func Change(c *conflicts.Change) string { return string(AppendChange(nil, c)) }

// AppendChange appends what Change says.
func AppendChange(text []byte, c *conflicts.Change) []byte {
	text = append(text, c.Attribute.String()...)
	if c.New == "" {
		text = append(append(text, ": remove "...), c.Old...)
	} else {
		text = append(append(text, ": replace "...), c.Old...)
		text = append(append(text, " with "...), c.New...)
	}
	return appendRisk(append(text, ", risk "...), c)
}

// Removal says why the address of a proposal is better removed than replaced.
func Removal(p *conflicts.Proposal) string {
	if p.Keeps == "" {
		return "better removed: nobody needs this address with a number behind it"
	}
	return "better removed: the object keeps " + p.Keeps + ", and nothing forwards to this address"
}

// RiskInFull says how risky a change is, and why.
func RiskInFull(c *conflicts.Change) string { return string(appendRisk(nil, c)) }

func appendRisk(text []byte, c *conflicts.Change) []byte {
	text = append(text, c.Risk.String()...)
	if reason := c.RiskReason(); reason != "" {
		text = append(append(text, ": "...), reason...)
	}
	return text
}

// Risk says in a few words what makes a change risky.
func Risk(s conflicts.Statement) string {
	switch s.Code {
	case conflicts.RiskLiveMailbox:
		return "live mailbox"
	case conflicts.RiskDisabledAccount:
		return "disabled account"
	case conflicts.RiskPrimary:
		return "primary address"
	case conflicts.RiskSecondary:
		return "secondary address"
	case conflicts.RiskTarget:
		return "forwards to it"
	case conflicts.RiskMail:
		return "mail shows it"
	case conflicts.RiskPolicy:
		return "policy"
	case conflicts.RiskGroup:
		return "group of " + Number(s.Count)
	case conflicts.RiskSynchronized:
		return "Entra ID"
	case conflicts.RiskDropped:
		return "no replacement"
	case conflicts.RiskDomain:
		return "domain changes"
	}
	return s.String()
}

// Reason says in a few words why the keeper keeps an address.
func Reason(s conflicts.Statement) (text string) {
	switch s.Code {
	case conflicts.OnlyHolder:
		text = "only holder"
	case conflicts.ByFixed:
		text = "cannot be changed (" + s.Value + ")"
	case conflicts.ByPrimary:
		text = "primary address"
	case conflicts.ByMail:
		text = "its mail shows the address"
	case conflicts.ByMailbox:
		text = ShortKind(s.Object)
		if s.Other != nil {
			text += " before " + ShortKind(s.Other)
		}
	case conflicts.ByEnabled:
		text = "account in use; the other is disabled"
	case conflicts.ByFirstWritten:
		text = "had it first, by " + s.Time.UTC().Format(time.DateOnly)
	case conflicts.ByCreation:
		text = "created first, " + s.Time.UTC().Format(time.DateOnly)
	case conflicts.ByGUID:
		text = "arbitrary; please choose"
	default:
		return s.String()
	}
	if s.Count > 1 {
		text += fmt.Sprintf(" (%d of %d)", s.Count, s.Of)
	}
	return text
}

// Kind says what sort of object it is, where its directory tells.
func Kind(o *conflicts.Object) string { return cmp.Or(o.Kind(), "unknown class") }
