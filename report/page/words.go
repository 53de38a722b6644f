package page

import (
	"cmp"
	"html/template"
	"slices"

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

// reason says why the keeper keeps the address. If several rules decided, those before the
// last only left fewer owners.
func (v *view) reason(c *conflicts.Conflict) template.HTML {
	reasons := c.Reasons()
	var said []template.HTML
	for i, s := range reasons {
		if i < len(reasons)-1 {
			said = append(said, sentence(words.Reason(s)))
			continue
		}
		said = append(said, v.decisive(s))
	}
	return join(said, " ")
}

func (v *view) decisive(s conflicts.Statement) template.HTML {
	switch {
	case s.Code == conflicts.OnlyHolder:
		return "It is the only object that holds the address in proxyAddresses."
	case s.Code == conflicts.ByFixed:
		return say("It cannot be changed (%s).", s.Value)
	case s.Code == conflicts.ByPrimary && s.Other != nil && s.Count < 2:
		return say("It is the primary address here, and a secondary one of %s.", v.strong(s.Other))
	case s.Code == conflicts.ByMail:
		return "Its mail attribute shows the address."
	case s.Code == conflicts.ByMailbox:
		return say("It %s.", s.Text(v.names))
	case s.Code == conflicts.ByEnabled && s.Other != nil && s.Count < 2:
		return say("Its account is in use. That of %s is disabled.", v.strong(s.Other))
	case s.Code == conflicts.ByFirstWritten:
		return say("It had the address first, by %s.", s.Time)
	case s.Code == conflicts.ByCreation:
		return say("It was created first, %s.", s.Time)
	case s.Code == conflicts.ByGUID:
		return "Arbitrary: no rule told the owners apart. Please choose."
	}
	return sentence(s.Text(v.names))
}

// Because says how the owners may have come to share the address.
func (c *card) Because() template.HTML {
	cause := c.Cause
	text := c.view.evidence(c.Conflict, cause.Evidence())
	switch cause.Certainty {
	case conflicts.Likely:
		return say("Likely %s. %s", cause.Kind.Title(), text)
	case conflicts.Possible:
		return say("Possibly %s. %s", cause.Kind.Title(), text)
	}
	return say("Unknown. %s", text)
}

func (v *view) evidence(c *conflicts.Conflict, s conflicts.Statement) template.HTML {
	a, b := v.strong(s.Object), v.strong(s.Other)
	const had = "; %[2]s had had the address since %[4]s at the latest."
	unchecked := func(format string) template.HTML { return say(format+had, b, a, s.OtherTime, s.Time) }
	race := func(end string) template.HTML {
		return say("%s was written on %s. %s followed %s later on %s%s", a, server(s.Object), b, apart(s.OtherTime.Sub(s.Time)), server(s.Other), end)
	}
	switch s.Code {
	case conflicts.RaceTooSoon:
		return race(", before the two domain controllers had replicated.")
	case conflicts.RaceSlow:
		return race(". Replication may have taken longer.")
	case conflicts.RaceWrittenAgain:
		return race(". It was not the first write, so the address may be older.")
	case conflicts.RestoredLater:
		return unchecked("%s was deleted, and restored %[3]s")
	case conflicts.UncheckedFirst:
		return unchecked("The address list of %s was first written %[3]s")
	case conflicts.UncheckedCreation:
		return unchecked("%s was created %[3]s")
	case conflicts.UncheckedLast:
		return unchecked("The address list of %s was last written %[3]s")
	case conflicts.UncheckedTogether:
		return say("The address lists of %s and %s were last written in the same second, %s on %s.", a, b, s.Time, server(s.Other))
	case conflicts.ContactHolds:
		return say("%s is a %s, and %s a %s.", a, kind(s.Object), b, kind(s.Other))
	case conflicts.OneHolder:
		return say("Only %s holds it in proxyAddresses, and proxyaddr reads dates for proxyAddresses only.", v.strong(c.Keeper().Object))
	}
	return sentence(s.Text(v.names))
}

// server names the domain controller that an object was written on.
func server(o *conflicts.Object) string { return cmp.Or(o.Written.Server(), "an unknown DC") }

// Risks says what the changes of the owners risk. Owners of the same risks share a line.
func (c *card) Risks() []template.HTML {
	var texts []template.HTML
	whose := map[template.HTML][]template.HTML{}
	changing := 0
	for _, o := range c.Losers() {
		text := o.risks()
		if text == "" {
			continue
		}
		changing++
		if whose[text] == nil {
			texts = append(texts, text)
		}
		whose[text] = append(whose[text], c.view.strong(o.Object))
	}
	if len(texts) < 2 {
		return texts
	}
	for i, text := range texts {
		texts[i] = say("%s: %s", join(whose[text], ", "), text)
	}
	return texts
}

// risks says what its changes risk, but for that mail follows, which the new address says.
func (o *ownerCard) risks() template.HTML {
	var said []template.HTML
	for _, c := range o.Changes {
		if c.Attribute != conflicts.ProxyAddresses {
			continue
		}
		for _, s := range c.Risks() {
			if text := sentence(s.Text(o.card.view.names)); !slices.Contains(said, text) {
				said = append(said, text)
			}
		}
	}
	return join(said, " ")
}

// Facts are what people should know of the object besides: what would make a change of its
// primary address risky.
func (o *ownerCard) Facts() []string {
	var facts []string
	primary := conflicts.Change{Object: o.Object, Attribute: conflicts.ProxyAddresses, Old: "SMTP:", New: "SMTP:"}
	for _, s := range primary.Risks() {
		switch s.Code {
		case conflicts.RiskLiveMailbox, conflicts.RiskPrimary, conflicts.RiskGroup:
		case conflicts.RiskPolicy:
			facts = append(facts, "address policy")
		default:
			facts = append(facts, words.Risk(s))
		}
	}
	if o.Members > 0 {
		facts = append(facts, words.Quantity(o.Members, "member"))
	}
	return facts
}

// manual reports whether no change ends a conflict.
func (v *view) manual(c *conflicts.Conflict) bool {
	return c.SuppressedBy() == nil && (len(c.Unresolved) > 0 || v.changes.First(c) < 0)
}

// choice reports whether people have to choose the keeper of a conflict.
func (v *view) choice(c *conflicts.Conflict) bool {
	if c.SuppressedBy() != nil || !slices.Contains(c.Kept, conflicts.ByGUID) {
		return false
	}
	for p := range v.proposals.Of(c) {
		if v.Advice(p) == conflicts.AdviseChoice {
			return true
		}
	}
	return false
}

// todo says what people have to decide of a conflict.
func (v *view) todo(c *conflicts.Conflict) (todo template.HTML, ok bool) {
	switch {
	case !v.manual(c) && v.choice(c):
		return "No rule told the owners apart. Choose in report.xlsx who keeps the address.", true
	case !v.manual(c):
		return "", false
	case len(c.Unresolved) > 0:
		var said []template.HTML
		for _, s := range c.Unresolved {
			said = append(said, v.obstacle(s))
		}
		return join(said, " "), true
	}
	return v.byHand(c), true
}

// obstacle says what is left to do, and why proxyaddr does not.
func (v *view) obstacle(s conflicts.Statement) template.HTML {
	name := v.strong(s.Object)
	switch s.Code {
	case conflicts.LogonName:
		return say("%s logs on with this address. proxyaddr never changes a logon name: change it by hand.", name)
	case conflicts.MailOnly:
		return say("The mail attribute of %s shows this address. proxyaddr leaves it alone: correct it by hand.", name)
	case conflicts.Unchangeable:
		return say("proxyaddr cannot change %s (%s). Change it in Exchange.", name, s.Value)
	case conflicts.OutsideScope:
		return say("%s lies outside the reported subtrees, so proxyaddr proposes no change for it.", name)
	}
	return sentence(s.Text(v.names))
}

// byHand says what to do about a conflict of a class for which no changes are proposed.
func (v *view) byHand(c *conflicts.Conflict) template.HTML {
	if len(c.Owners) == 2 && c.Class == conflicts.CrossAttribute {
		keeper, other := v.strong(c.Owners[0].Object), v.strong(c.Owners[1].Object)
		switch held := c.Owners[1].Claims[0].Attribute; {
		case c.Owners[0].Claims[0].Attribute != conflicts.ProxyAddresses && held == conflicts.Mail:
			return say("%s and %s claim the address, and neither holds it in proxyAddresses. Correct or clear the mail attribute of one by hand.", keeper, other)
		case c.Owners[0].Claims[0].Attribute != conflicts.ProxyAddresses:
			return say("%s and %s claim the address, and neither holds it in proxyAddresses. Change the logon name of one by hand.", keeper, other)
		case held == conflicts.Mail:
			return say("%s holds the address. The mail attribute of %s shows it: correct it by hand.", keeper, other)
		}
		return say("%s holds the address, and %s logs on with it. Change the logon name by hand, or leave both.", keeper, other)
	}
	return sentence(words.ByHand(c))
}

// kind says what sort of object it is: the recipient that it is to Exchange, or else its class.
func kind(o *conflicts.Object) string {
	return cmp.Or(o.Recipient.String(), words.ShortKind(o), "unknown class")
}
