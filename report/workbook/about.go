package workbook

import (
	"slices"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

type explained struct{ name, text string }

var steps = []explained{
	{"1. Decide", "Fill in the column " + decisionColumn + " of the sheet " + decideSheet + " and save the workbook as .xlsx."},
	{"2. Write the files", "proxyaddr fix report.xlsx -o DIRECTORY writes the fix and rollback files of what was approved, and a change request. The scan.json of the scan must be beside the workbook."},
	{"3. Carry out", "change-request.md has the commands: verify, apply, scan again, and how to take it all back."},
}

// columnsExplained are the columns of the sheet Decide that do not explain themselves.
var columnsExplained = []explained{
	{decisionColumn, "Approve: the object gets the new address. Remove: it loses the address and gets no other. Swap: it keeps the address, and the object in Stays with gets another. Reject and Defer: nothing changes; say why in " + commentColumn + "."},
	{"Advice", "What to choose if you know nothing else. It can be copied over " + decisionColumn + " as values. “Approve or Swap”: nothing tells the objects apart, so please choose."},
	{newColumn, "Free in everything that was read, and proposed only once. You may write another address over it: fix looks up whether it is free."},
	{"mail too", "The attribute mail shows the address and changes with it."},
	{"Other choices", "What Remove and Swap would do, or why they are not offered."},
	{keyColumn + " to " + dnColumn, "Closed; the + above opens them. " + keyColumn + " binds the row to its proposal: leave it as it is."},
}

var classesExplained = map[conflicts.Class]string{
	conflicts.Duplicate:      "Several objects have the same SMTP address in proxyAddresses. Exchange logs event 9514 or 9217 and holds mail to it back.",
	conflicts.Collation:      "The addresses are written differently (josé, jose), but are equal to Active Directory, which Exchange asks.",
	conflicts.CrossAttribute: "An address is mail or userPrincipalName of one object, and belongs to another too. Nothing is proposed: a logon name is never changed.",
	conflicts.NonSMTP:        "Several objects have the same X500, SIP or other address; a legacyExchangeDN is an X500 address. Nothing is proposed: such addresses serve replies to old mail and telephony.",
}

var risksExplained = []explained{
	{"High risk", "People notice at once, or Exchange may undo the change. Plan it with the owner."},
	{"Medium risk", "Others than the owner may notice. Tell them."},
	{"Low risk", "A secondary address; from now on only the object that keeps it gets mail sent to it."},
}

func (b *book) writeAbout() error {
	p, err := b.newNarrative(aboutSheet, 36, 110)
	if err != nil {
		return err
	}
	p.write(look{face: faceTitle}, 34, "About this workbook")
	p.explain("From decision to fix", steps)
	p.explain("Columns of the sheet "+decideSheet, columnsExplained)
	p.explain("Risk", risksExplained)
	p.explain("Classes of conflicts", b.classesFound())
	p.explain("Causes of conflicts", b.causesFound())
	p.heading("Who keeps an address: the rules in force, in order")
	for i, r := range b.audit.Rules {
		p.fact(cellBold(words.Number(i+1)+". "+r.Name), r.About)
	}
	p.heading("The scan")
	p.fact(cellBold("Times"), "proxyAddresses has one time of writing for all its values; which of them came then is not recorded.")
	p.fact(cellBold("Characters"), `What cannot be seen is shown as an escape: \n, \x1b, \u202e. A value that is too long for a cell ends with "`+cutMark+`".`)
	for _, note := range b.audit.Notes {
		p.fact(cellBold("Note"), note)
	}
	p.fact(cellBold(scanProperty), b.scanMark)
	p.fact(cellBold("Version"), b.audit.Version)
	p.fact(cellBold("Command line"), b.audit.Command)
	return p.err
}

func (b *book) classesFound() (found []explained) {
	for _, c := range conflicts.Classes {
		if b.audit.Count(c) > 0 {
			found = append(found, explained{c.Title(), classesExplained[c]})
		}
	}
	return found
}

func (b *book) causesFound() (found []explained) {
	for _, k := range conflicts.CauseKinds {
		if slices.ContainsFunc(b.audit.Conflicts, func(c conflicts.Conflict) bool { return c.Cause.Kind == k }) {
			found = append(found, explained{words.Capital(k.Title()), words.CauseAdvice[k]})
		}
	}
	return found
}

// explain writes a heading and what is below it, or nothing.
func (p *narrative) explain(heading string, list []explained) {
	if len(list) == 0 {
		return
	}
	p.heading(heading)
	for _, e := range list {
		p.fact(cellBold(e.name), e.text)
	}
}
