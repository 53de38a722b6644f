package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// ComparisonTable writes a comparison for the eyes of people: a block for each
// object that differs, with what each domain controller has of it, then the
// conflicts that replication brings, and last what [ComparisonTotals] writes.
func ComparisonTable(w io.Writer, c *conflicts.Comparison, opts TableOptions) error {
	t := newTable(w, opts)
	for i := range c.Differences {
		t.difference(&c.Differences[i])
	}
	for i := range c.Pending {
		t.pending(&c.Pending[i])
	}
	t.comparisonTotals(c)
	return t.out.Flush()
}

// ComparisonTotals writes what ends a [ComparisonTable]: the counts, the notes, and
// whether all was compared.
func ComparisonTotals(w io.Writer, c *conflicts.Comparison, opts TableOptions) error {
	t := newTable(w, opts)
	t.comparisonTotals(c)
	return t.out.Flush()
}

func (t *table) comparisonTotals(c *conflicts.Comparison) {
	t.paragraph("", differing(c), plain)
	for i := range c.Servers {
		if text := behind(c, &c.Servers[i]); text != "" {
			t.paragraph("", text, plain)
		}
	}
	for _, note := range c.Notes {
		t.paragraph("", "Note: "+note, plain)
	}
	in := fmt.Sprintf("%s on %s", words.Quantity(c.Partitions(), "partition"), words.Quantity(len(c.Servers), "domain controller"))
	if c.Complete() {
		t.paragraph("", fmt.Sprintf("Complete: %s were compared.", in), plain)
	} else {
		t.paragraph("", fmt.Sprintf("INCOMPLETE: not everything in %s was compared, so differences may be missing: %s", in, strings.Join(c.Problems, "; ")), alarm)
	}
}

// difference writes one block, in which servers that have the same stand together.
func (t *table) difference(d *conflicts.Difference) {
	t.line("", d.Object().Name()+", "+words.Kind(d.Object()), bold)
	t.dn(indent, d.Object().DN)
	written := make([]bool, len(d.Copies))
	for i := range d.Copies {
		if written[i] {
			continue
		}
		status, facts := copyStatus(&d.Copies[i])
		var servers []string
		for n := i; n < len(d.Copies); n++ {
			if same, others := copyStatus(&d.Copies[n]); same == status && slices.Equal(others, facts) {
				written[n] = true
				servers = append(servers, d.Copies[n].Server.Name())
			}
		}
		style := plain
		if d.Copies[i].Status == conflicts.Stuck {
			style = alarm
		}
		t.paragraph("  ", strings.Join(servers, ", ")+": "+status, style)
		for _, fact := range facts {
			t.line(indent, fact, plain)
		}
	}
	t.line("", "", plain)
}

// copyStatus says how the copy of a domain controller differs from the others, and what
// it holds.
func copyStatus(c *conflicts.Copy) (status string, facts []string) {
	status = c.Summary()
	switch {
	case c.Unread:
	case c.Deleted.Known():
		return "deleted; " + status, []string{"deleted " + c.Deleted.String()}
	case c.Object == nil:
		return "not there; " + status, nil
	default:
		if w := c.Object.Written; w.Known() {
			facts = append(facts, fmt.Sprintf("version %d, written %s", w.Version, w))
		}
		for _, v := range c.Has {
			facts = append(facts, "has   "+v)
		}
		for _, v := range c.Lacks {
			facts = append(facts, "lacks "+v)
		}
	}
	return status, facts
}

func (t *table) pending(p *conflicts.Pending) {
	t.line("", fmt.Sprintf("%s  %s  %s", p.ID, p.Class, p.Key), bold)
	for i, o := range p.Owners {
		t.object("  ", o.Object)
		for _, claim := range o.Claims {
			t.claim(claim, nil)
		}
		t.paragraph(indent, "seen on "+strings.Join(serverNames(p.Seen[i]), ", "), plain)
	}
	if p.Cause.Certainty != conflicts.NotKnown {
		t.paragraph("  ", "cause: "+p.Cause.String(), plain)
	}
	t.line("", "", plain)
}

func serverNames(servers []*conflicts.Server) []string {
	names := make([]string, len(servers))
	for i, s := range servers {
		names[i] = s.Name()
	}
	return names
}

// differing says in one line what was found.
func differing(c *conflicts.Comparison) string {
	found := "No object differs."
	if n := len(c.Differences); n > 0 {
		found = fmt.Sprintf("%s differ: %s.", words.Quantity(n, "object"), byStanding(c.Count))
		if n == 1 {
			found = strings.Replace(found, "differ:", "differs:", 1)
		}
	}
	if n := len(c.Pending); n > 0 {
		found += fmt.Sprintf(" Replication brings %s.", words.Quantity(n, "conflict"))
	}
	return found
}

// behind says of how many objects a domain controller has not the newest, or
// nothing if there are none.
func behind(c *conflicts.Comparison, s *conflicts.Server) string {
	n := map[conflicts.CopyStatus]int{}
	for i := range c.Differences {
		for _, one := range c.Differences[i].Copies {
			if one.Server == s && one.Status != conflicts.Newest {
				n[one.Status]++
			}
		}
	}
	if len(n) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %s.", s.Name(), byStanding(func(s conflicts.CopyStatus) int { return n[s] }))
}

func byStanding(count func(conflicts.CopyStatus) int) string {
	var parts []string
	for _, s := range conflicts.CopyStatuses {
		if n := count(s); n > 0 {
			parts = append(parts, words.Number(n)+" "+s.Title())
		}
	}
	return strings.Join(parts, ", ")
}
