package workbook

import (
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// The words by which people decide, as they are offered.
const (
	approveWord = "Approve"
	removeWord  = "Remove"
	swapWord    = "Swap"
	rejectWord  = "Reject"
	deferWord   = "Defer"
)

var allWords = []string{approveWord, removeWord, swapWord, rejectWord, deferWord}

// A row is what the sheet of decisions says of a proposal.
type decideRow struct {
	advice string
	risk   conflicts.Risk
	// newAddress is without its type; mailToo is "yes" or empty.
	newAddress, mailToo string
	risks               string
	others              cellLines
	// offered are the words that can be chosen.
	offered []string
	choices conflicts.Choices
}

// set makes it the row of a proposal, in the memory of the one before.
func (r *decideRow) set(b *book, p *conflicts.Proposal) {
	r.choices.Set(b.audit, p)
	replace, remove, swap := &r.choices.Replace, &r.choices.Remove, &r.choices.Swap
	r.newAddress, r.mailToo, r.risk, r.risks = newAddress(replace), "", replace.Risk, risksOf(replace)
	r.others.clear()
	r.offered = r.offered[:0]
	if replace.Offered() {
		r.offered = append(r.offered, approveWord)
	} else {
		r.risk, r.risks = remove.Risk, risksOf(remove)
	}
	if replace.Mail() {
		r.mailToo = "yes"
	}
	if slices.ContainsFunc(p.Owner.Claims, func(c conflicts.Claim) bool { return c.Attribute == conflicts.UserPrincipalName }) {
		r.others.add("Approve leaves the logon name: change it by hand.")
	}
	r.addRemove(b, p, remove)
	r.addSwap(b, p, swap)
	if merge, ok := p.Conflict.Merge(p.Owner); ok {
		r.others.add("Or merge: ", merge.Text(b.names), ".")
	}
	r.offered = append(r.offered, rejectWord, deferWord)
	switch b.audit.Advice(p) {
	case conflicts.AdviseRemove:
		r.advice = removeWord
	case conflicts.AdviseChoice:
		r.advice = r.offered[0] + " or " + swapWord
	default:
		r.advice = approveWord
	}
}

func (r *decideRow) addRemove(b *book, p *conflicts.Proposal, remove *conflicts.Choice) {
	why := words.Obstacle(remove.Obstacle, b.name)
	if remove.Offered() {
		r.offered = append(r.offered, removeWord)
	}
	switch {
	case remove.Offered() && why == "":
		r.others.add(removeWord, ": keeps ", p.Keeps)
	case remove.Offered():
		r.others.add(removeWord, ": ", why)
	case why != "":
		r.others.add("No ", removeWord, ": ", why)
	}
}

func (r *decideRow) addSwap(b *book, p *conflicts.Proposal, swap *conflicts.Choice) {
	if !swap.Offered() {
		r.others.add("No ", swapWord, ": ", words.Obstacle(swap.Obstacle, b.name))
		return
	}
	r.offered = append(r.offered, swapWord)
	r.others.add(swapWord, ": ", b.name(p.Conflict.Keeper().Object), " gets ", conflicts.ParseAddress(p.SwapTo).Trimmed())
	if swap.Mail() {
		r.others.extend(", mail too")
	}
	r.others.extend("; ", swap.Risk.String(), " risk")
	if swap.Risk > r.risk {
		r.others.extend(", ", commentNeeded)
	}
}

// commentNeeded marks a choice for which somebody has to be named.
const commentNeeded = "comment needed"

// prompt is shown beside the cell of the decision.
func (r *decideRow) prompt() string {
	var lines []string
	for _, choice := range r.others.all() {
		lines = append(lines, words.Escape(string(choice)))
	}
	return strings.Join(append(lines, "Write "+conflicts.Enumerate(r.offered, "or")+", or leave it empty."), "\n")
}

// newAddress is the address that a choice has for the one in conflict, without its type.
func newAddress(c *conflicts.Choice) string {
	for i := range c.Changes {
		if c := &c.Changes[i]; c.Attribute == conflicts.ProxyAddresses && c.New != "" {
			return conflicts.ParseAddress(c.New).Trimmed()
		}
	}
	return ""
}

// risksOf says in a few words what makes a choice risky. That mail follows has a column of its
// own.
func risksOf(c *conflicts.Choice) string {
	var all []string
	var few [4]conflicts.Statement
	for _, s := range c.AppendRisks(few[:0]) {
		if s.Code != conflicts.RiskMail {
			all = append(all, words.Risk(s))
		}
	}
	return strings.Join(all, "; ")
}

// reason says in a few words why the keeper keeps the address.
func reason(c *conflicts.Conflict) string {
	var all []string
	var few [2]conflicts.Statement
	for _, s := range c.AppendReasons(few[:0]) {
		all = append(all, words.Reason(s))
	}
	return strings.Join(all, "; then ")
}

// name is what people call an object.
func (b *book) name(o *conflicts.Object) string { return b.names.Of(o) }
