package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// TableOptions say how a [Table] looks.
type TableOptions struct {
	// Width is that of the terminal in columns; less than 60 is taken as 60. Zero means
	// 100, and for the tables of fix records that a record has one line.
	Width int
	// Brief shows only the first 200 conflicts and the first 200 findings.
	Brief bool
	// Color marks addresses and warnings with ANSI escape sequences.
	Color bool
}

// Table writes the audit for people: a block for each event, if it was made from events, and for
// each conflict, with the keeper first and marked with "*". The findings follow, and last what
// [Totals] writes.
func Table(w io.Writer, a *conflicts.Audit, opts TableOptions) error {
	t := newTable(w, opts)
	t.audit, t.changes, t.proposals = a, conflicts.NewChangeIndex(a.Changes), conflicts.NewProposalIndex(a.Proposals)
	told := notAsBefore(a)
	shown := len(told)
	if opts.Brief && len(a.Events) == 0 {
		shown = min(shown, words.Listed)
	}
	if len(a.Events) > 0 {
		t.events(a)
	} else {
		for _, c := range told[:shown] {
			t.conflict(c)
		}
	}
	t.rest(shown, len(told), "conflict")
	t.absent(a, len(a.Conflicts)-len(told))
	t.findings(a.Findings, opts.Brief)
	t.totals(a)
	return t.out.Flush()
}

// rest says how many of a list are shown, unless it is all.
func (t *table) rest(shown, all int, noun string) {
	if shown < all {
		t.paragraph("", fmt.Sprintf("Only the first %s of %s are shown here. The files of -o hold all of them, and so does the output to a file or a pipe.",
			words.Number(shown), words.Quantity(all, noun)), plain)
	}
}

// findings writes a heading for each kind and below it the findings of it.
func (t *table) findings(list []conflicts.Finding, brief bool) {
	shown := len(list)
	if brief {
		shown = min(shown, words.Listed)
	}
	for i := range list[:shown] {
		f := &list[i]
		detail := f.Detail().String()
		if i == 0 || f.Kind != list[i-1].Kind {
			if i > 0 {
				t.line("", "", plain)
			}
			t.line("", "finding: "+f.Kind.Title(), bold)
		}
		t.dn("  ", f.DN)
		switch both := f.Value + "  (" + detail + ")"; {
		case f.Value == "":
			t.paragraph(indent, detail, plain)
		case words.Columns(words.Escape(both)) <= t.width-len(indent):
			t.line(indent, both, plain)
		default:
			t.line(indent, f.Value, plain)
			t.paragraph(indent, "("+detail+")", plain)
		}
	}
	if shown > 0 {
		t.line("", "", plain)
	}
	t.rest(shown, len(list), "finding")
}

// Totals writes what ends a [Table]: the counts, the notes, and whether the scan was
// complete.
func Totals(w io.Writer, a *conflicts.Audit, opts TableOptions) error {
	t := newTable(w, opts)
	t.totals(a)
	return t.out.Flush()
}

func (t *table) totals(a *conflicts.Audit) {
	t.paragraph("", words.Counts(a), plain)
	for _, note := range a.Notes {
		t.paragraph("", "Note: "+note, plain)
	}
	style := plain
	if !a.Complete() {
		style = alarm
	}
	t.paragraph("", words.Completeness(a), style)
	t.remembered(a.Remembered)
}

// style is the parameter of an SGR sequence (ECMA-48 section 8.3.117).
type style string

const (
	plain style = ""
	bold  style = "1"
	alarm style = "1;31"
)

type table struct {
	out   *bufio.Writer
	width int
	color bool

	audit     *conflicts.Audit
	changes   conflicts.ChangeIndex
	proposals conflicts.ProposalIndex
}

func newTable(w io.Writer, opts TableOptions) *table {
	const standard = 100
	t := newRecordTable(w, opts)
	if t.width == 0 {
		t.width = standard
	}
	return t
}

// newRecordTable is a table of fix records. If no width is given, it breaks no lines, for scripts.
func newRecordTable(w io.Writer, opts TableOptions) *table {
	const least = 60
	t := &table{out: bufio.NewWriter(w), color: opts.Color}
	if opts.Width > 0 {
		t.width = max(opts.Width, least)
	}
	return t
}

// indent is the column at which everything but the first line of a conflict
// and the word for an owner begins.
const indent = "          "

func (t *table) conflict(c *conflicts.Conflict) {
	if c.Standing == nil {
		t.line("", fmt.Sprintf("%s  %s  %s", c.ID, c.Class, c.Key), bold)
	} else {
		t.line("", fmt.Sprintf("%s  %s  %s  %s", c.ID, c.Standing.Status, c.Class, c.Key), bold)
		for _, fact := range words.Standing(c.Standing) {
			t.paragraph("  ", fact, plain)
		}
	}
	for i := range c.Owners {
		o := &c.Owners[i]
		mark := " "
		if i == 0 {
			mark = "*"
		}
		t.object(fmt.Sprintf("%s %-8s", mark, t.action(c, i)), o.Object)
		for _, claim := range o.Claims {
			t.claim(claim, t.changes.Claim(c, o, claim))
		}
		if p := t.proposals.Owner(c, o); t.removable(p) {
			t.paragraph(indent, words.Removal(p), plain)
		}
		if merge, ok := c.Merge(o); ok {
			t.paragraph(indent, "or merge: "+merge.String(), plain)
		}
		if written := words.Written(o); written != "" {
			t.paragraph(indent, written, plain)
		}
		for _, w := range o.WrittenBy() {
			t.paragraph(indent, w.String(), plain)
		}
		if i == 0 {
			t.paragraph(indent, "kept because: "+c.Reason(), plain)
		}
	}
	if c.Cause.Certainty != conflicts.NotKnown {
		t.paragraph("  ", "cause: "+c.Cause.String(), plain)
	}
	switch {
	case len(c.Unresolved) > 0:
		t.paragraph("! ", "needs a manual decision: "+c.Obstacles(), alarm)
	case c.Class == conflicts.CrossAttribute || c.Class == conflicts.NonSMTP:
		t.paragraph("  ", "no proposal: "+words.ByHand(c), plain)
	}
	t.line("", "", plain)
}

func (t *table) object(prefix string, o *conflicts.Object) {
	t.line(prefix, o.Name()+", "+words.Kind(o), plain)
	t.dn(indent, o.DN)
}

// action says what becomes of an owner, by the first of its claims that changes.
func (t *table) action(c *conflicts.Conflict, owner int) string {
	o := &c.Owners[owner]
	for _, claim := range o.Claims {
		if change := t.changes.Claim(c, o, claim); change != nil {
			return words.Action(owner == 0, change)
		}
	}
	return words.Action(owner == 0, nil)
}

// removable reports whether removal is better than the replacement that is proposed.
func (t *table) removable(p *conflicts.Proposal) bool {
	return p != nil && p.Count > 0 && t.audit.Changes[p.First].New != "" && t.audit.Advice(p) == conflicts.AdviseRemove
}

func (t *table) claim(claim conflicts.Claim, change *conflicts.Change) {
	value := claim.Value
	if claim.Attribute != conflicts.ProxyAddresses {
		value = claim.Attribute.String() + ": " + value
	}
	if claim.Padded {
		value += "  (white space around it)"
	}
	if claim.Loose {
		value += "  (the same to Active Directory)"
	}
	t.line(indent, value, plain)
	if change == nil {
		return
	}
	proposal := change.New
	if proposal == "" {
		proposal = "removed"
	}
	t.paragraph(indent, "-> "+proposal+"  (risk "+words.RiskInFull(change)+")", plain)
}

// line writes a text in one line if it fits.
func (t *table) line(prefix, text string, s style) { t.folded(prefix, text, words.Fold, s) }

// dn writes a distinguished name in one line if it fits.
func (t *table) dn(prefix, dn string) { t.folded(prefix, dn, words.WrapDN, plain) }

// folded writes a text in one line, or in those that split makes of it. Those after the first are
// further to the right.
func (t *table) folded(prefix, text string, split func(string, int) []string, s style) {
	const further = "  "
	text = words.Escape(text)
	column := words.Columns(prefix)
	lines := []string{text}
	if t.width > 0 && words.Columns(text) > t.width-column {
		lines = split(text, t.width-column-len(further))
	}
	for i, l := range lines {
		if i == 1 {
			prefix = strings.Repeat(" ", column) + further
		}
		t.put(prefix, l, s)
	}
}

// paragraph writes a text in as many lines as it needs.
func (t *table) paragraph(prefix, text string, s style) {
	for _, l := range words.Fold(words.Escape(text), t.width-words.Columns(prefix)) {
		t.put(prefix, l, s)
	}
}

func (t *table) put(prefix, text string, s style) {
	if t.color && s != plain {
		text = "\x1b[" + string(s) + "m" + text + "\x1b[0m"
	}
	fmt.Fprintf(t.out, "%s%s\n", prefix, text) // Flush returns the error
}
