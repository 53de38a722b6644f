package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// listed is how many elements of one kind are named to people who read from
// top to bottom; the workbook has all.
const listed = 200

// ChangeRequest writes a Markdown document (CommonMark, with the tables of
// GitHub) for those who decide on the changes: what, why, how sure, at what risk,
// how to apply, verify and take back.
func ChangeRequest(w io.Writer, a *conflicts.Audit) error {
	d := &document{out: bufio.NewWriter(w), a: a, domains: byDomain(a)}
	d.summary()
	d.why()
	d.causes()
	d.scope()
	d.risk()
	d.changes()
	d.left()
	d.unresolved()
	d.procedure()
	return d.out.Flush()
}

type document struct {
	out     *bufio.Writer // its Flush returns the first error
	a       *conflicts.Audit
	domains map[string][]objectChanges
}

func (d *document) linef(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

func (d *document) summary() {
	objects := 0
	for _, changed := range d.domains {
		objects += len(changed)
	}
	d.linef("# Change request: addresses that more than one object claims\n")
	d.linef("## What\n")
	if len(d.a.Changes) == 0 {
		d.linef("Nothing is to be changed.\n")
	} else {
		d.linef("Give or leave each address below to one object: %s of values of `proxyAddresses`, and of `mail` where it follows, on %s.\n",
			words.Quantity(len(d.a.Changes), "change"), words.Quantity(objects, "object"))
	}
	if !d.a.Complete() {
		d.linef("**The scan behind this request is INCOMPLETE. Other objects may claim the same addresses, or the new ones.**\n")
	}
	if r := d.a.Review; r != nil {
		d.linef("Approved in %s (SHA-256 `%s`), of the scan in `%s` (SHA-256 `%s`).\n", span(r.Workbook), r.WorkbookSum, scanFile, r.ScanSum)
	}
	d.linef("| | |\n|---|---:|")
	for _, c := range conflicts.Classes {
		d.linef("| Conflicts: %s | %s |", c.Title(), words.Number(d.a.Count(c)))
	}
	if r := d.a.Review; r != nil {
		d.linef("| Proposals reviewed | %s |", words.Number(r.Proposed))
	}
	if n := d.a.Suppressed(); n > 0 {
		d.linef("| Conflicts that are suppressed, whose changes are left out | %s |", words.Number(n))
	}
	d.linef("| Changes | %s |", words.Number(len(d.a.Changes)))
	d.linef("| Objects changed | %s |", words.Number(objects))
	d.linef("| Other findings, not changed by this request | %s |\n", words.Number(len(d.a.Findings)))
}

func (d *document) why() {
	d.linef(`## Why

Exchange delivers to an address only if exactly one object has it. Where two objects share one, it logs event 9514 ("Two
objects in the directory have the same proxy") or 9217, and mail to the address reaches neither: Exchange 2016 holds it back
(%s), older versions return it (5.1.4).

## If nothing is done

Mail to the addresses in conflict stays delayed or is returned. Senders may hear of it only after hours. Tools that
synchronize the directory may refuse the objects.
`, "`420 4.2.0 RESOLVER.ADR.Ambiguous; ambiguous address`")
}

// causes tells how the conflicts may have come about, with the evidence.
func (d *document) causes() {
	if len(d.a.Conflicts) == 0 {
		return
	}
	d.linef("## How the conflicts came about\n")
	type judgment struct {
		kind      conflicts.CauseKind
		certainty conflicts.Certainty
	}
	counts := make(map[judgment]int)
	n := 0
	for i := range d.a.Conflicts {
		c := &d.a.Conflicts[i]
		if c.Cause.Certainty == conflicts.NotKnown {
			continue
		}
		counts[judgment{c.Cause.Kind, c.Cause.Certainty}]++
		if n++; n > listed {
			continue
		}
		d.linef("- %s, %s: %s", c.ID, span(c.Key.Address()), inert(c.Cause.String()))
		for j := range c.Owners {
			if written := words.Written(&c.Owners[j]); written != "" {
				d.linef("  - %s: %s", span(c.Owners[j].DN), inert(written))
			}
		}
	}
	if n == 0 {
		d.linef("The causes are unknown.\n")
		return
	}
	d.more(n)
	if n < len(d.a.Conflicts) {
		d.linef("For %s the cause is unknown.\n", words.Quantity(len(d.a.Conflicts)-n, "conflict"))
	}
	d.linef("Replication stamps cover an object's whole address list, not single addresses, so these causes are inferred.\n")
	d.linef("| Cause | Likely | Possible | To avoid it |\n|---|---:|---:|---|")
	for _, k := range conflicts.CauseKinds {
		if likely, possible := counts[judgment{k, conflicts.Likely}], counts[judgment{k, conflicts.Possible}]; likely+possible > 0 {
			d.linef("| %s | %s | %s | %s |", words.Capital(k.Title()), words.Number(likely), words.Number(possible), words.CauseAdvice[k])
		}
	}
	d.linef("")
}

func (d *document) scope() {
	d.linef("## What was looked at\n\n%s.\n", words.BriefCompleteness(d.a))
	for _, p := range d.a.Problems {
		d.linef("- **Not read:** %s", inert(p))
	}
	for _, f := range words.Scope(d.a) {
		spans := make([]string, len(f.Values))
		for i, v := range f.Values {
			spans[i] = span(v)
		}
		d.linef("- %s: %s", f.Name, strings.Join(spans, ", "))
	}
	d.linef("\nUniqueness was judged against everything read, whatever part of it is reported.\n")
}

// risk counts the changes by what makes them risky, the highest risk first.
func (d *document) risk() {
	d.linef("## Risk\n")
	if len(d.a.Changes) == 0 {
		d.linef("None: nothing is changed.\n")
		return
	}
	d.riskTable()
	type risk struct {
		level  conflicts.Risk
		reason string
	}
	counts := make(map[risk]int)
	for i := range d.a.Changes {
		counts[risk{d.a.Changes[i].Risk, d.a.Changes[i].RiskReason()}]++
	}
	risks := slices.SortedFunc(maps.Keys(counts), func(x, y risk) int {
		return cmp.Or(cmp.Compare(y.level, x.level), cmp.Compare(counts[y], counts[x]), cmp.Compare(x.reason, y.reason))
	})
	for _, r := range risks[:min(len(risks), listed)] {
		d.linef("- %s: %s", words.Quantity(counts[r], "change"), inert(r.level.String()+": "+r.reason))
	}
	d.more(len(risks))
}

// riskTable counts the changes by domain, class and risk.
func (d *document) riskTable() {
	classes := make(map[conflicts.Key]conflicts.Class, len(d.a.Conflicts))
	for i := range d.a.Conflicts {
		classes[d.a.Conflicts[i].Key] = d.a.Conflicts[i].Class
	}
	type kind struct {
		class conflicts.Class
		risk  conflicts.Risk
	}
	d.linef("| Domain | Changes for | High risk | Medium risk | Low risk |\n|---|---|---:|---:|---:|")
	for _, domain := range slices.Sorted(maps.Keys(d.domains)) {
		counts := make(map[kind]int)
		for _, o := range d.domains[domain] {
			for _, c := range o.changes {
				counts[kind{classes[c.Key], c.Risk}]++
			}
		}
		for _, class := range conflicts.Classes {
			high, medium, low := counts[kind{class, conflicts.High}], counts[kind{class, conflicts.Medium}], counts[kind{class, conflicts.Low}]
			if high+medium+low > 0 {
				d.linef("| %s | %s | %s | %s | %s |", inert(domain), class.Title(), words.Number(high), words.Number(medium), words.Number(low))
			}
		}
	}
	d.linef("")
}

func (d *document) changes() {
	d.linef("## Changes\n")
	if len(d.a.Changes) == 0 {
		d.linef("None.\n")
		return
	}
	order := make([]int, len(d.a.Changes))
	for i := range order {
		order[i] = i
	}
	if len(order) > listed {
		d.linef("The riskiest come first.\n")
		slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(d.a.Changes[y].Risk, d.a.Changes[x].Risk) })
	}
	for _, i := range order[:min(len(order), listed)] {
		c := &d.a.Changes[i]
		action := "remove " + span(c.Old)
		if c.New != "" {
			action = "replace " + span(c.Old) + " with " + span(c.New)
		}
		d.linef("- %s: on %s, in `%s`, %s. Risk: %s", c.Conflict, span(c.Object.DN), c.Attribute, action, inert(words.RiskInFull(c)))
	}
	d.more(len(d.a.Changes))
}

// left lists the conflicts whose changes were not approved.
func (d *document) left() {
	r := d.a.Review
	if r == nil {
		return
	}
	d.linef("## Risk of not changing\n")
	if len(r.Left) == 0 {
		d.linef("None: every change that was proposed is approved.\n")
		return
	}
	d.linef("The changes of %s are not approved: %s rejected, %s deferred, %s not decided. Mail to these addresses stays delayed or is returned.\n",
		words.Quantity(len(r.Left), "conflict"), words.Number(r.Count(conflicts.Rejected)), words.Number(r.Count(conflicts.Deferred)), words.Number(r.Count(conflicts.Undecided)))
	for i := range r.Left[:min(len(r.Left), listed)] {
		l := &r.Left[i]
		comments := ""
		if len(l.Comments) > 0 {
			comments = ": " + inert(strings.Join(l.Comments, "; "))
		}
		d.linef("- %s (%s), %s, %s, **%s**%s", l.Conflict.ID, l.Conflict.Class, span(l.Conflict.Key.Address()), words.Quantity(len(l.Conflict.Owners), "owner"), l.Decision, comments)
	}
	d.more(len(r.Left))
}

// unresolved lists the conflicts that the changes do not end.
func (d *document) unresolved() {
	d.linef("## Needs a manual decision\n")
	planned := make(map[conflicts.Key]bool)
	for i := range d.a.Changes {
		planned[d.a.Changes[i].Key] = true
	}
	if d.a.Review != nil {
		for _, l := range d.a.Review.Left {
			planned[l.Conflict.Key] = true
		}
	}
	n := 0
	for i := range d.a.Conflicts {
		c := &d.a.Conflicts[i]
		why := c.Obstacles()
		if s := c.SuppressedBy(); s != nil {
			why = words.Suppression(s)
		}
		if why == "" && !planned[c.Key] {
			why = words.NotProposed
		}
		if why == "" {
			continue
		}
		if n++; n <= listed {
			d.linef("- %s (%s), %s, %s: %s", c.ID, c.Class, span(c.Key.Address()), words.Quantity(len(c.Owners), "owner"), inert(why))
		}
	}
	if n == 0 {
		d.linef("%s.\n", words.NoConflicts(d.a))
		return
	}
	d.more(n)
}

// more ends a list of n elements of which at most listed are shown.
func (d *document) more(n int) {
	if n > listed {
		workbook := workbookFile
		if d.a.Review != nil {
			workbook = d.a.Review.Workbook
		}
		d.linef("\nThese are the first %s of %s; the workbook %s has all.", words.Number(listed), words.Number(n), span(workbook))
	}
	d.linef("")
}

func (d *document) procedure() {
	d.linef(`## How to apply

Apply each file to a domain controller (DC) of its domain, by an account that may write the objects:
`)
	domains := slices.Sorted(maps.Keys(d.domains))
	for _, domain := range domains {
		d.linef("- `%s`: %s, taken back by `%s`", fixFile(domain), words.Quantity(len(d.domains[domain]), "record"), rollbackFile(domain))
	}
	domain := domains[0]
	file := fixFile(domain)
	d.linef(`
On Windows:

    %s

Elsewhere, after %s:

    %s

Kerberos encrypts this connection; a DC refuses it over ldaps:// (error 53). On Debian and Ubuntu, ldapmodify needs the
package libsasl2-modules-gssapi-mit.

One record changes one object, whole or not at all. It deletes the exact value that was seen and adds the new one, so a
directory refuses a record that is out of date. The program stops there: scan again, and review the new files.

## How to verify

Before: check the files with %s (report.xlsx fails once a reviewer saved it), and read them;
every record says why it is there. Then compare them with the directory, with the account that will make the changes:

    %s

%s is no check because it contacts no server.

After: let replication finish, run the same command again, and scan again. The conflicts whose changes are listed must be
gone, and no new one may be there.

## How to roll back

Apply the rollback file of the domain in the same way. It holds the inverse changes in the inverse order, and restores the
exact values that were there, with their conflicts.`,
		ldifdeCommand(file), "`kinit`", ldapmodifyCommand(file), "`sha256sum -c SHA256SUMS`", verifyCommand(file, domain), "`ldapmodify -n`")
}
