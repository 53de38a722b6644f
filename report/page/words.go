package page

import (
	"html/template"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// classShort names the classes on tags.
var classShort = map[conflicts.Class]string{
	conflicts.Duplicate:      "Duplicate",
	conflicts.Collation:      "Same to Active Directory",
	conflicts.CrossAttribute: "mail or logon name elsewhere",
	conflicts.NonSMTP:        "X500, SIP or other type",
}

func (v *view) name(o *conflicts.Object) string { return o.Name() }

// sentence makes a clause one.
func sentence(s string) template.HTML {
	if s == "" {
		return ""
	}
	return text(words.Capital(strings.TrimSuffix(s, ".")) + ".")
}

func (v *view) reason(c *conflicts.Conflict) template.HTML { return sentence(c.Reason()) }

func (c *card) Because() template.HTML { return sentence(c.Cause.String()) }

func (c *card) Risks() template.HTML {
	for i := range c.Conflict.Owners {
		if o := c.owner(i); len(o.Changes) > 0 {
			return sentence(o.Changes[0].RiskReason())
		}
	}
	return ""
}

func live(c *conflicts.Change) bool {
	return slices.ContainsFunc(c.Risks(), func(s conflicts.Statement) bool { return s.Code == conflicts.RiskLiveMailbox })
}

// todo says what a person has to decide of a conflict.
func (v *view) todo(c *conflicts.Conflict) (todo template.HTML, ok bool) {
	switch {
	case c.SuppressedBy() != nil:
		return "", false
	case len(c.Unresolved) > 0:
		return sentence(c.Obstacles()), true
	case v.changes.First(c) < 0:
		return sentence(words.NotProposed), true
	case strings.HasPrefix(c.Reason(), "arbitrary"):
		return "No rule told the owners apart, so the keeper is arbitrary. Choose in report.xlsx.", true
	}
	return "", false
}
