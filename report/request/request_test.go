package request

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

const corp = "DC=corp,DC=example"

// mailbox returns a user with a mailbox. The first address is the primary one.
func mailbox(n int, name string, addresses ...string) *conflicts.Object {
	o := &conflicts.Object{Entry: conflicts.Entry{DN: "CN=" + name + ",OU=Users," + corp, Mail: addresses[0]},
		Partition: corp, Class: "user", Recipient: 1, Mailbox: true, DisplayName: name}
	binary.BigEndian.PutUint64(o.GUID[:], uint64(n+1))
	for i, a := range addresses {
		typ := "smtp:"
		if i == 0 {
			typ = "SMTP:"
		}
		o.ProxyAddresses = append(o.ProxyAddresses, typ+a)
	}
	return o
}

func judged(objects ...*conflicts.Object) *conflicts.Audit {
	a := &conflicts.Audit{Scope: conflicts.Scope{Identity: `CORP\auditor`, AcceptedDomains: []string{"corp.example"}},
		Coverage: []conflicts.Coverage{{Partition: corp, Objects: len(objects), Values: len(objects)}}}
	j := conflicts.Judge(objects, conflicts.Options{AcceptedDomains: a.Scope.AcceptedDomains})
	j.Into(a)
	return a
}

func written(t *testing.T, a *conflicts.Audit) string {
	t.Helper()
	var out strings.Builder
	files := Files{Workbook: "report.xlsx", Domains: []Domain{{"corp.example", "fix-corp.example.ldif", true}},
		Sums: slices.Values([]Sum{{"fix-corp.example.ldif", strings.Repeat("0a", 32)}})}
	if err := Write(&out, a, files); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("lacks %q:\n%s", part, text)
		}
	}
}

func TestNothingToDoIsSaidInTenLines(t *testing.T) {
	a := judged(mailbox(1, "Ann", "ann@corp.example"))
	got := written(t, a)
	wants(t, got, "**NOTHING TO DO.**", "proxyaddr scan -d corp.example -o next")
	decision, _, _ := strings.Cut(got, "## Annex")
	if n := strings.Count(strings.TrimSpace(decision), "\n"); n > 10 {
		t.Errorf("%d lines:\n%s", n, got)
	}
	a.Problems = []string{"dc1: gone"}
	got = written(t, a)
	wants(t, got, "**The scan is INCOMPLETE.**", "**Not read:** dc1: gone")
	if strings.Contains(got, "NOTHING TO DO") {
		t.Error("an incomplete scan proves nothing")
	}
}

// Who reads only the first page knows who has to be told, and why each address stays where
// it stays.
func TestRequestCountsObjectsAndNamesThePeople(t *testing.T) {
	roger := mailbox(9, "Roger", "shared@corp.example", "second@corp.example")
	roger.PolicyKnown = true
	keeper := mailbox(1, "Keeper", "shared@corp.example")
	a := judged(keeper, mailbox(2, "Second", "second@corp.example"), roger,
		mailbox(4, "Anna", "anna@corp.example", "bob@corp.example"), mailbox(5, "Bob", "bob@corp.example"))
	a.Scope.Connection = `-H ldaps://dc1.corp.example -D "CORP\anna"`
	got := written(t, a)
	wants(t, got,
		"# Give 2 objects unique mail addresses (corp.example)",
		"2 objects: **1 high**, 0 medium, 1 low risk",
		"| **Choose** | `shared@corp.example`: Keeper or Roger.",
		"| **Tell them before** | Roger.",
		"| Secondary only | 1 object:",
		"## High risk: 1 object\n",
		"|Roger|`shared@corp.example` → `shared2@corp.example` + mail|Keeper: arbitrary; please choose|choose; live mailbox, policy|",
		"|same object|`second@corp.example` → `second2@corp.example`|Second: primary address|",
		"|Anna|`bob@corp.example` → `bob2@corp.example`|Bob: primary address|Remove|",
		`proxyaddr apply fix-corp.example.ldif -H ldaps://dc1.corp.example -D "CORP\anna"`,
		`"`+roger.GUID.String()+`"|%{Set-Mailbox $_ -EmailAddressPolicyEnabled $false}`,
		"Exit 0: no conflict remains",
	)
}

func TestRequestNamesTargetAddressesThatStay(t *testing.T) {
	keeper, loser := mailbox(1, "Ann", "ann@corp.example", "x@corp.example"), mailbox(2, "Ben", "ben@corp.example", "x@corp.example")
	loser.TargetAddress = "SMTP:x@corp.example"
	wants(t, written(t, judged(keeper, loser)),
		"1 object: **1 high**, 0 medium, 0 low risk",
		"|Ben|`x@corp.example` → `x2@corp.example`|Ann: arbitrary; please choose|choose; forwards to it|",
		"*forwards to it*: targetAddress is the old address and stays",
		"5. Give each object that *forwards to it* another targetAddress, or its mail goes to the keeper",
	)
	loser.TargetAddress = "SMTP:elsewhere@corp.example"
	if got := written(t, judged(keeper, loser)); strings.Contains(got, "targetAddress") {
		t.Errorf("mail that goes elsewhere has nothing to do with it:\n%s", got)
	}
}

func TestRequestOfAReviewSaysWhatWasDecided(t *testing.T) {
	a := judged(mailbox(1, "Ann", "a@corp.example"), mailbox(2, "Ben", "ben@corp.example", "a@corp.example"),
		mailbox(3, "Cleo", "c@corp.example"), mailbox(4, "Dora", "dora@corp.example", "c@corp.example"),
		mailbox(5, "Eve", "e@corp.example"), mailbox(6, "Finn", "finn@corp.example", "e@corp.example"))
	decided, mistakes := a.Decide([]conflicts.Reply{
		{Decision: conflicts.Removed},
		{Decision: conflicts.Swapped, Comment: "Dora's customers | write to it"},
		{Decision: conflicts.Rejected, Comment: "next week"},
	}, nil)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	decided.Review.Workbook, decided.Review.WorkbookSum = "report.xlsx", strings.Repeat("f", 64)
	wants(t, written(t, decided),
		"**APPROVED** in `report.xlsx`, SHA-256 `"+strings.Repeat("f", 64)+"`",
		"2 objects: **1 high**, 0 medium, 1 low risk; 2 of 3 proposals",
		"|Cleo|`c@corp.example` → `c3@corp.example` + mail|Dora: chosen in review: Dora's customers \\| write to it|live mailbox|",
		"|Ben|`a@corp.example` → removed|Ann: primary address|",
		"- **Rejected**: `e@corp.example` (Eve and Finn). next week. Mail to it stays undelivered.",
		"Exit 1: only 1 conflict remains, named above",
	)
}

func TestLongListsNameTheWorkbook(t *testing.T) {
	var objects []*conflicts.Object
	for i := range words.Listed + 1 {
		address := fmt.Sprintf("x%d@corp.example", i)
		objects = append(objects, mailbox(2*i, fmt.Sprintf("K%d", i), address), mailbox(2*i+1, fmt.Sprintf("L%d", i), fmt.Sprintf("l%d@corp.example", i), address))
	}
	got := written(t, judged(objects...))
	if n := strings.Count(got, "\n|L"); n != words.Listed {
		t.Errorf("%d rows, want %d", n, words.Listed)
	}
	wants(t, got, "These are the first 200 of 201; the workbook `report.xlsx` has all.")
}

func TestManualDecisionsSayWhatToDo(t *testing.T) {
	help, ana := mailbox(1, "Help", "help@corp.example"), mailbox(2, "Ana", "ana@corp.example")
	ana.UserPrincipalName = "help@corp.example"
	vogt, horst := mailbox(3, "Vogt", "vogt@corp.example"), mailbox(4, "Horst", "horst@corp.example")
	vogt.ProxyAddresses = append(vogt.ProxyAddresses, "EUM:4711")
	horst.ProxyAddresses = append(horst.ProxyAddresses, "eum:4711")
	wants(t, written(t, judged(help, ana, vogt, horst)),
		"# 2 mail addresses need a manual decision (corp.example)", "**NO CHANGE PROPOSED.**",
		"- Change the logon name, or accept it: `help@corp.example` (address of Help; logon name of Ana)",
		"- Remove the EUM address from one: `4711` (Vogt and Horst)")
}

// Nothing from the directory is markup, and nothing ends a row of a table.
func TestHostileNamesStayText(t *testing.T) {
	hostile := "Eve | `x` <img src=x>\n# Heading *b* [l](http://evil.example)"
	a := judged(mailbox(1, "Ann", "a@corp.example"), mailbox(2, hostile, "ben@corp.example", "a@corp.example"))
	for line := range strings.Lines(written(t, a)) {
		if strings.HasPrefix(line, "# Heading") || strings.Contains(line, "<img") && !strings.Contains(line, `\<img`) {
			t.Errorf("%q", line)
		}
		if strings.HasPrefix(line, "|Eve") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 5 {
			t.Errorf("not four cells: %q", line)
		}
	}
}

// A row of a table has as many cells as its head, whatever stands in an address: Markdown splits
// code spans too.
func TestAddressesEndNoCell(t *testing.T) {
	tied := mailbox(9, "Cleo", "c|d@corp.example")
	a := judged(mailbox(1, "Ann", "a|b@corp.example"), mailbox(2, "Ben", `a|b@corp.example`, `x\|y@corp.example`), mailbox(3, "Eve", `x\|y@corp.example`),
		mailbox(4, "Dora", "c|d@corp.example"), tied)
	rows := 0
	for line := range strings.Lines(written(t, a)) {
		if !strings.HasPrefix(line, "|") || !strings.Contains(line, "corp.example") {
			continue
		}
		rows++
		cells := strings.Count(regexp.MustCompile(`\\.`).ReplaceAllString(line, ""), "|") - 1
		if want := map[bool]int{true: 2, false: 4}[strings.HasPrefix(line, "| ")]; cells != want {
			t.Errorf("%d cells, want %d: %s", cells, want, line)
		}
	}
	if rows < 5 {
		t.Errorf("only %d rows", rows)
	}
}

// However many conflicts nobody can resolve here, the request groups them by what to do, counts
// each once, and ends.
func TestManualDecisionsAreGroupedAndCountedOnce(t *testing.T) {
	contact := func(n int, name, address string) *conflicts.Object {
		o := mailbox(n, name, address)
		o.Class, o.Recipient, o.Mailbox, o.TargetAddress = "contact", 64, false, "SMTP:"+address
		return o
	}
	var objects []*conflicts.Object
	for i := range words.Listed + 1 {
		address := fmt.Sprintf("x%d@fabrikam.example", i)
		objects = append(objects, contact(3*i, fmt.Sprintf("K%d", i), address), contact(3*i+1, fmt.Sprintf("L%d", i), address), contact(3*i+2, fmt.Sprintf("M%d", i), address))
	}
	got := written(t, judged(objects...))
	wants(t, got, "# 201 mail addresses need a manual decision", "## Needs a manual decision: 201 addresses\n",
		"- Choose a new address, none can be proposed: `x0@fabrikam.example` (L0: fabrikam.example is not an accepted domain; M0: fabrikam.example is not an accepted domain); `x",
		"in `report.xlsx`\n")
	if n := strings.Count(got, "\n- Choose"); n != 1 {
		t.Errorf("%d groups", n)
	}
}
