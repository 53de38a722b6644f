package page

import (
	"html/template"
	"iter"
	"strings"
)

// Tables hands over the rows of the conflicts that are not shown in full, some at a time.
// They are put together here: 20,000 of them would keep a template busy for long.
func (g group) Tables() iter.Seq[template.HTML] {
	return func(yield func(template.HTML) bool) {
		for n := 0; n < g.Rows; n += tableRows {
			var b strings.Builder
			b.Grow(tableRows * 320) // as rows mostly take
			for i := range g.members(g.Cards+n, min(tableRows, g.Rows-n)) {
				g.view.card(i).writeRow(&b)
			}
			if !yield(template.HTML(b.String())) {
				return
			}
		}
	}
}

func (c *card) writeRow(b *strings.Builder) {
	attribute := func(name, value string) {
		if value != "" {
			b.WriteString(` ` + name + `="`)
			b.WriteString(template.HTMLEscapeString(value))
			b.WriteByte('"')
		}
	}
	b.WriteString("<tr")
	attribute("id", c.ID())
	attribute("data-level", c.Level())
	attribute("data-class", string(c.Class))
	attribute("data-status", c.Status())
	if _, ok := c.view.todo(c.Conflict); ok {
		attribute("data-manual", "manual")
	}
	b.WriteString("><td>" + template.HTMLEscapeString(c.Type()))
	writeAddress(b, c.Address())
	b.WriteString("</td><td>")
	writeName(b, c.view.name(c.Conflict.Keeper().Object))
	b.WriteString("</td><td>")
	for i, o := range c.Losers() {
		if i > 0 {
			b.WriteString("<br>")
		}
		writeName(b, o.Title())
		if address := o.New(); address != "" {
			b.WriteString(" → ")
			writeAddress(b, address)
		} else {
			b.WriteString(", " + strings.ToLower(o.Fate()))
		}
	}
	if n := c.More(); n > 0 {
		b.WriteString("<br>" + string(say("%s more", n)))
	}
	b.WriteString("</td></tr>\n")
}
