package conflicts

import "iter"

// manyMembers is the number of members with which a group counts as one that many people write to.
const manyMembers = 50

// hazards yields what can make a change risky, with how risky each makes it. All that apply
// are yielded, and the highest risk counts.
func (c *Change) hazards() iter.Seq2[Risk, Statement] {
	return func(yield func(Risk, Statement) bool) {
		o, old := c.Object, ParseAddress(c.Old)
		say := func(risk Risk, applies bool, s Statement) bool {
			s.Object = o
			return !applies || yield(risk, s)
		}
		primary := old.Primary()
		newDomain := ParseAddress(c.New).Domain()
		_ = say(High, primary && o.Live(), Statement{Code: RiskLiveMailbox}) &&
			say(Medium, primary && o.retired(), Statement{Code: RiskDisabledAccount}) &&
			say(Medium, primary && !o.Live() && !o.retired(), Statement{Code: RiskPrimary}) &&
			say(Low, !primary, Statement{Code: RiskSecondary}) &&
			say(High, o.forwardsTo(old), Statement{Code: RiskTarget, Value: o.TargetAddress}) &&
			say(High, primary && o.UnderPolicy(), Statement{Code: RiskPolicy}) &&
			say(Medium, o.Members >= manyMembers, Statement{Code: RiskGroup, Count: o.Members}) &&
			say(Medium, o.Synchronized, Statement{Code: RiskSynchronized}) &&
			say(Low, c.New == "", Statement{Code: RiskDropped}) &&
			say(Low, c.New != "" && DomainKey(newDomain) != DomainKey(old.Domain()), Statement{Code: RiskDomain, Value: newDomain})
	}
}

// eachRisk yields the Risks.
func (c *Change) eachRisk() iter.Seq[Statement] {
	return func(yield func(Statement) bool) {
		switch {
		case c.Verbatim != "":
			yield(Statement{Code: Verbatim, Value: c.Verbatim})
			return
		case c.Attribute == Mail:
			yield(Statement{Code: RiskMail, Object: c.Object})
			return
		}
		for _, s := range c.hazards() {
			if !yield(s) {
				return
			}
		}
	}
}

// Risks returns what makes the change risky: first what sort of address it is, then what
// else has to be thought of.
func (c *Change) Risks() []Statement { return c.AppendRisks(nil) }

// AppendRisks appends the Risks to a list.
func (c *Change) AppendRisks(list []Statement) []Statement {
	for s := range c.eachRisk() {
		list = append(list, s)
	}
	return list
}

// HasRisk reports whether a code is among the Risks.
func (c *Change) HasRisk(code StatementCode) bool {
	for s := range c.eachRisk() {
		if s.Code == code {
			return true
		}
	}
	return false
}

// RiskReason returns the risks as one text.
func (c *Change) RiskReason() string {
	text := ""
	for s := range c.eachRisk() {
		if text != "" {
			text += "; "
		}
		text += s.String()
	}
	return text
}

// assess returns how risky the change of a proxy address is.
func assess(c *Change) Risk {
	risk := Low
	for r := range c.hazards() {
		risk = max(risk, r)
	}
	return risk
}

// forwardsTo reports whether mail for the object is sent on to an address.
func (o *Object) forwardsTo(a Address) bool {
	return o.TargetAddress != "" && ParseAddress(o.TargetAddress).OrSMTP().LooseKey() == a.OrSMTP().LooseKey()
}

// UnderPolicy reports whether address policies are known to apply to the object.
func (o *Object) UnderPolicy() bool { return o.PolicyKnown && !o.PolicyExcluded }

// Live reports whether people receive mail in a mailbox of the object.
func (o *Object) Live() bool { return o.rank() == mailboxRank && !o.retired() }

func (o *Object) mailboxName() string {
	if s := o.Recipient.String(); s != "" {
		return s
	}
	return "mailbox"
}
