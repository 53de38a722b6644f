package request

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"iter"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// Files are the files that the request is about.
type Files struct {
	// Domains are in order. There is at least one.
	Domains []Domain
	// Sums yields the checksums of the files beside the request, in the order in which they
	// are listed. They are asked for once all else is written but the annex.
	Sums iter.Seq[Sum]
	// Workbook is the name of the workbook that has the details.
	Workbook string
}

// A Domain has a file with its changes.
type Domain struct {
	// Name is its DNS name; empty where objects have names without one.
	Name string
	Fix  string
	// Changes says that the file holds any.
	Changes bool
}

// A Sum is the SHA-256 of a file, in hexadecimal.
type Sum struct{ File, Hex string }

// Write writes the request for the changes of an audit: those that are proposed, or those that
// were approved if it has a Review.
func Write(w io.Writer, a *conflicts.Audit, files Files) error {
	d := &document{out: bufio.NewWriter(w), a: a, files: files, names: conflicts.NewNames(a)}
	d.plan = newPlan(a)
	switch {
	case len(d.plan.rows) > 0:
		d.decision()
		d.why()
		d.high()
		d.others()
	default:
		d.nothing()
	}
	d.left()
	d.manual()
	if len(d.plan.rows) > 0 {
		d.steps()
		d.checksums()
	}
	d.annex()
	return d.out.Flush()
}

type document struct {
	out   *bufio.Writer // its Flush returns the first error
	a     *conflicts.Audit
	files Files
	names *conflicts.Names
	plan  plan
}

func (d *document) linef(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

// blank is a place that people fill in.
const blank = `\_\_\_\_\_\_\_\_\_\_\_\_`

// decision is what an approver has to know before anything else.
func (d *document) decision() {
	p := &d.plan
	d.linef("# Give %s unique mail addresses (%s)\n", words.Quantity(p.objects, "object"), d.where())
	d.status()
	d.linef("| | |\n|---|---|")
	counts := fmt.Sprintf("%s: **%s high**, %s medium, %s low risk", words.Quantity(p.objects, "object"),
		words.Number(p.risks[conflicts.High]), words.Number(p.risks[conflicts.Medium]), words.Number(p.risks[conflicts.Low]))
	if d.a.Review != nil {
		d.linef("| **Approved** | %s; %s of %s proposals |", counts, words.Number(len(d.a.Proposals)), words.Number(d.a.Review.Proposed))
	} else {
		d.linef("| **Decide on** | %s |", counts)
		d.linef("| Recommended | %s |", p.recommended())
		d.choose()
	}
	d.linef("| Requester | %s |", blank)
	d.linef("| Window | %s Takes minutes; replication up to 3 hours more. No restart, no mailbox move |", blank)
	d.linef("| Approver, date | %s |", blank)
	d.notice()
	d.linef("| Back-out | One command restores every value byte for byte, conflicts included |\n")
}

// status says whether the changes are approved, and on what they stand.
func (d *document) status() {
	if r := d.a.Review; r != nil {
		d.linef("**APPROVED** in %s, SHA-256 `%s`. The files of this directory hold what was approved and nothing else.\n", span(r.Workbook), r.WorkbookSum)
	} else {
		d.linef("**PROPOSED.** Nothing is approved. Decide in %s, sheet Decide.\n", span(d.files.Workbook))
	}
	d.incomplete()
}

// incomplete warns where the scan may have missed something.
func (d *document) incomplete() {
	if !d.a.Complete() {
		d.linef("**The scan is INCOMPLETE.** Other objects may hold the same addresses, or the new ones. The annex says what is missing.\n")
	}
}

// choose names the conflicts in which people have to choose the keeper.
func (d *document) choose() {
	const named = 5
	n := 0
	for i := range d.plan.rows {
		r := &d.plan.rows[i]
		if r.advice() != conflicts.AdviseChoice {
			continue
		}
		if n++; n <= named {
			d.linef("| **Choose** | %s: %s or %s. No rule told them apart |", cell(r.address()), d.name(r.stays()), d.name(r.object()))
		}
	}
	if n > named {
		d.linef("| **Choose** | %s more: sheet Decide, Advice \"Approve or Swap\" |", words.Number(n-named))
	}
}

// notice says whom to tell, and who notices nothing.
func (d *document) notice() {
	p := &d.plan
	if len(p.tell) > 0 {
		d.linef("| **Tell them before** | %s. New primary address: they send from it |", d.list(p.tell, d.name))
	}
	if len(p.primary) > 0 {
		d.linef("| Also new primary | %s |", d.list(p.primary, d.nameAndKind))
	}
	if p.secondary > 0 {
		d.linef("| Secondary only | %s: only the keeper gets mail sent to the address |", words.Quantity(p.secondary, "object"))
	}
}

// list names objects, the first ones of many.
func (d *document) list(objects []*conflicts.Object, name func(*conflicts.Object) string) string {
	const named = 20
	var list []string
	for _, o := range objects[:min(len(objects), named)] {
		list = append(list, name(o))
	}
	text := strings.Join(list, "; ")
	if n := len(objects) - named; n > 0 {
		text += fmt.Sprintf("; and %s more in %s", words.Number(n), span(d.files.Workbook))
	}
	return text
}

func (d *document) why() {
	d.linef("**Why.** Exchange delivers to an address only if exactly one object has it. It holds mail to these addresses back "+
		"(Exchange 2016: %s) or returns it (older versions: 5.1.4).\n**If nothing is done**, senders may hear of it only after hours, and Entra ID may refuse the objects.\n",
		"`420 4.2.0 RESOLVER.ADR.Ambiguous`")
}

// nothing is the request of a scan that proposes no change, or of a review that approved none.
func (d *document) nothing() {
	switch {
	case d.a.Review != nil:
		d.linef("# No mail address is changed (%s)\n\n**NOTHING APPROVED** in %s, SHA-256 `%s`. The files of this directory change nothing.\n",
			d.where(), span(d.a.Review.Workbook), d.a.Review.WorkbookSum)
	case len(d.a.Conflicts) > 0:
		d.linef("# %s a manual decision (%s)\n\n**NO CHANGE PROPOSED.** There is nothing to approve here.\n",
			words.Capital(needs(len(d.a.Conflicts), "mail address")), d.where())
	case d.a.Complete():
		d.linef("# No duplicate mail addresses (%s)\n\n**NOTHING TO DO.** No approval and no change is needed.\n", d.where())
	default:
		d.linef("# No duplicate mail addresses in what was read (%s)\n", d.where())
	}
	d.incomplete()
	if n := len(d.a.Findings); n > 0 {
		d.linef("%s: see %s, sheet Findings. Mail is delivered in spite of them.\n", words.Quantity(n, "other finding"), span(d.files.Workbook))
	}
	if len(d.a.Conflicts) == 0 {
		d.linef("Scan again after mergers, migrations and restores, or on a schedule:\n\n    %s\n", d.scanCommand("next"))
	}
}

// where names the domains.
func (d *document) where() string {
	const named = 3
	list := d.files.Domains
	var names []string
	for _, domain := range list[:min(len(list), named)] {
		names = append(names, inert(cmp.Or(domain.Name, "no domain")))
	}
	text := strings.Join(names, ", ")
	if n := len(list) - named; n > 0 {
		text += fmt.Sprintf(" and %s more", words.Quantity(n, "domain"))
	}
	return text
}

func (d *document) name(o *conflicts.Object) string { return inert(d.names.Of(o)) }

// nameAndKind adds what sort of object it is, unless that is a person or the name says so.
func (d *document) nameAndKind(o *conflicts.Object) string {
	name, kind := d.names.Of(o), words.ShortKind(o)
	if kind == "" || kind == "mailbox" || strings.Contains(strings.ToLower(name), kind) || strings.HasSuffix(name, ")") {
		return inert(name)
	}
	return inert(name + ", " + kind)
}

// needs says how many things need something.
func needs(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " needs"
	}
	if strings.HasSuffix(noun, "s") {
		noun += "e"
	}
	return words.Number(n) + " " + noun + "s need"
}
