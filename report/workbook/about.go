package workbook

import (
	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

type explained struct{ name, text string }

// columnsExplained are the columns that do not explain themselves.
var columnsExplained = []struct {
	sheet   string
	about   string
	columns []explained
}{
	{conflictsSheet, "One row for each owner of an address; rows of one address stand together, the keeper first.", []explained{
		{"Conflict", "A label derived from the address alone: the same in every scan. Leads to its first change, if there is one."},
		{"Role", "Keeper: keeps the address. Changes: changes are proposed for it. Not changed: nothing is proposed; Why tells the reason."},
		{"Held as", "Every attribute value of the owner that holds the address, as stored."},
		{"Marks", "padded: white space around the value, which look-ups do not ignore. spelt differently: the value is the same address to Active Directory only. cannot be changed: see Why."},
		{"proxyAddresses last written", "When and on which domain controller (site and name), and how often in all (version). It is one stamp for all values of the attribute: which of them came then is not told. A domain controller is unknown if it was removed or restored since."},
		{"Cause", "How the owners may have come to share the address, judged from these times and from what the owners are."},
		{"Why", "For the keeper, the rules that decided, and the evidence for the cause. For the others, what becomes of the address, or why nothing does."},
	}},
	{changesSheet, "One row for each attribute value to be replaced or removed. This is the sheet to review.", []explained{
		{changeColumn, "Binds the row to its conflict, object and proposal. Leave it as it is."},
		{oldColumn, "The exact value that is stored. If the directory holds another one at the time of the change, it refuses the change."},
		{newColumn, "Free in everything that was read, and proposed only once. Empty if the value is removed. You may write another address over it: proxyaddr fix looks up whether that is free, and mail follows."},
		{decisionColumn, "Approve, Reject or Defer. Empty means not decided. Decide all changes of a conflict alike: if only some are made, two owners stay."},
		{commentColumn, "Yours. What is said of changes that are not approved stands in the change request."},
	}},
	{findingsSheet, "One row for each thing that should be put right besides. Nothing is proposed for it.", nil},
	{coverageSheet, "One row for each partition: what was read of it, and whether to its end.", nil},
}

var classesExplained = map[conflicts.Class]string{
	conflicts.Duplicate:      "More than one object has the same SMTP address in proxyAddresses. Exchange logs event 9514 or 9217 and holds mail to it back. Changes are proposed.",
	conflicts.Collation:      "The addresses are written differently (josé, jose), but are equal to Active Directory, which Exchange asks. Changes are proposed.",
	conflicts.CrossAttribute: "The proxy address of one object is mail or userPrincipalName of another. Nothing is proposed: a logon name is never changed.",
	conflicts.NonSMTP:        "More than one object has the same X500, SIP, EUM or other address. Nothing is proposed: such addresses serve replies to old mail and telephony.",
}

var risksExplained = []explained{
	{"High risk", "People notice at once, or Exchange may undo the change. Plan it with the owner."},
	{"Medium risk", "Others than the owner may notice. Tell them."},
	{"Low risk", "A secondary address; from now on only the keeper gets mail sent to it."},
}

func (b *book) writeAbout() error {
	p, err := b.newNarrative(aboutSheet, 36, 110)
	if err != nil {
		return err
	}
	p.write(look{face: faceTitle}, 34, "About this workbook")
	p.heading("From review to fix")
	for _, step := range []explained{
		{"1. Review", "Fill in the column " + decisionColumn + " of the sheet " + changesSheet + ", and save the workbook as .xlsx. Filter rather than sort: the links lead to rows."},
		{"2. Keep what was approved", "proxyaddr fix report.xlsx -o DIRECTORY writes the fix and rollback files of what was approved, and a change request that tells the risk of what was not. The workbook must be beside the scan.json of its scan."},
		{"3. Apply", "Import the fix file with ldifde or ldapmodify, as change-request.md describes. A record whose old value is no longer there is refused."},
		{"4. Check", "Let replication finish and scan again: the conflicts whose changes were applied are gone."},
		{"5. If need be", "Import the rollback file: it restores the exact old values."},
	} {
		p.fact(cellBold(step.name), step.text)
	}
	for _, s := range columnsExplained {
		p.heading("Sheet " + s.sheet)
		p.fact(cellBold("Rows"), s.about)
		for _, c := range s.columns {
			p.fact(cellBold(c.name), c.text)
		}
	}
	p.fact(cellBold("Characters"), `What cannot be seen stands as an escape: \n, \x1b, \u202e. A value that is too long for a cell ends with "`+cutMark+`".`)
	p.heading("Classes of conflicts")
	for _, c := range conflicts.Classes {
		p.fact(cellBold(c.Title()), classesExplained[c])
	}
	p.heading("Causes of conflicts")
	for _, k := range conflicts.CauseKinds {
		p.fact(cellBold(words.Capital(k.Title())), words.CauseAdvice[k])
	}
	p.heading("Who keeps an address: the rules in force, in order")
	for i, r := range b.audit.Rules {
		p.fact(cellBold(words.Number(i+1)+". "+r.Name), r.About)
	}
	p.heading("Risk of a change")
	for _, r := range risksExplained {
		p.fact(cellBold(r.name), r.text)
	}
	p.heading("The scan")
	for _, note := range b.audit.Notes {
		p.fact(cellBold("Note"), note)
	}
	p.fact(cellBold(scanProperty), b.scanSum)
	p.fact(cellBold("Version"), b.audit.Version)
	p.fact(cellBold("Command line"), b.audit.Command)
	return p.err
}
