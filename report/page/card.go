package page

import (
	"html/template"
	"strings"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/report/words"
)

// A card is a conflict as the page shows it.
type card struct {
	*conflicts.Conflict
	view  *view
	level level
}

func (v *view) card(i int) *card { return &card{&v.Conflicts[i], v, v.level[i]} }

func (c *card) Level() string   { return levels[c.level].name }
func (c *card) Address() string { return c.Key.Address() }

// ID names the card in links. It may have been read from a file of earlier runs.
func (c *card) ID() string { return words.Escape(c.Conflict.ID) }

// Type is the type of an address that is not an SMTP address, as people write it.
func (c *card) Type() string {
	if t := c.Key.Type(); t != "smtp" {
		return strings.ToUpper(t) + ": "
	}
	return ""
}

// Todo says what people have to decide, "" if nothing.
func (c *card) Todo() template.HTML {
	todo, _ := c.view.todo(c.Conflict)
	return todo
}

// A tag is a fact shown beside the address.
type tag struct{ Name, Text string }

func (c *card) Tags() []tag {
	risk := levels[c.level]
	tags := []tag{{risk.name, risk.title}}
	if c.Todo() != "" {
		tags = append(tags, tag{"manual", "Needs a decision"})
	}
	tags = append(tags, tag{"class", classShort[c.Class]})
	if s := c.Standing; s != nil && c.level != suppressed {
		text := words.Capital(words.FirstSeen(s))
		if s.Status != string(memory.Known) {
			text = words.Capital(s.Status)
		}
		tags = append(tags, tag{s.Status, text})
	}
	return tags
}

// Status is what earlier runs make of the conflict, for the filter.
func (c *card) Status() string {
	if c.Standing == nil {
		return ""
	}
	return c.Standing.Status
}

// History says what else earlier runs tell of it.
func (c *card) History() []string {
	if c.Standing == nil {
		return nil
	}
	return words.Standing(c.Standing)
}

// Newest is the last time that one of its owners was created or written, for sorting.
func (c *card) Newest() string {
	var newest time.Time
	for i := range c.Owners {
		for _, t := range []time.Time{c.Owners[i].Created.Time(), c.Owners[i].Written.Time, c.Owners[i].Restored()} {
			if t.After(newest) {
				newest = t
			}
		}
	}
	if newest.IsZero() {
		return ""
	}
	return newest.UTC().Format(time.RFC3339)
}

// An ownerCard is an owner in its card.
type ownerCard struct {
	*conflicts.Owner
	card *card
	// Keeps says that it is the keeper.
	Keeps bool
	// Changes are the changes proposed for it.
	Changes []*conflicts.Change
}

func (c *card) owner(i int) *ownerCard {
	o := &c.Conflict.Owners[i]
	return &ownerCard{o, c, i == 0, c.view.changes.Owner(c.Conflict, o)}
}

// Shown are its first owners, the keeper before the others.
func (c *card) Shown() []*ownerCard {
	list := make([]*ownerCard, min(len(c.Conflict.Owners), maxOwners))
	for i := range list {
		list[i] = c.owner(i)
	}
	return list
}

// Losers are the first owners but the keeper.
func (c *card) Losers() []*ownerCard { return c.Shown()[1:] }

// More is the number of owners that are not shown.
func (c *card) More() int { return max(0, len(c.Conflict.Owners)-maxOwners) }

// Fate says what happens to the claim of an owner, Sign the same as a mark.
func (o *ownerCard) Fate() string {
	switch words.Action(o.Keeps, o.change()) {
	case "keep":
		return "Keeps the address"
	case "replace":
		return "Gets a new address"
	case "remove":
		return "Gives the address up"
	}
	return "Not changed"
}

func (o *ownerCard) Sign() string {
	return map[string]string{"keep": "✓", "replace": "→", "remove": "×"}[words.Action(o.Keeps, o.change())]
}

// change returns the change of the proxy address, nil if there is none.
func (o *ownerCard) change() *conflicts.Change {
	for _, c := range o.Changes {
		if c.Attribute == conflicts.ProxyAddresses {
			return c
		}
	}
	if len(o.Changes) > 0 {
		return o.Changes[0]
	}
	return nil
}

// New is the address that takes the place of the one in conflict, "" if none does.
func (o *ownerCard) New() string {
	if c := o.change(); c != nil {
		return bare(c.New)
	}
	return ""
}

// NewAs says what sort of address that is.
func (o *ownerCard) NewAs() string {
	sort := "New secondary address"
	if conflicts.ParseAddress(o.change().Old).Primary() {
		sort = "New primary address"
	}
	for _, c := range o.Changes {
		if c.Attribute == conflicts.Mail {
			return sort + ", mail too"
		}
	}
	return sort
}

func (o *ownerCard) Title() string       { return o.card.view.name(o.Object) }
func (o *ownerCard) Kind() string        { return kind(o.Object) }
func (o *ownerCard) Container() []string { return container(o.DN) }
func (o *ownerCard) Why() template.HTML  { return o.card.view.reason(o.card.Conflict) }

// A held value is one that stands in an attribute.
type held struct {
	Attribute string
	Value     template.HTML
}

// Held are the values with which it claims the address.
func (o *ownerCard) Held() []held {
	list := make([]held, len(o.Claims))
	for i, c := range o.Claims {
		name := c.Attribute.String()
		switch {
		case c.Attribute == conflicts.UserPrincipalName:
			name = "Logon name"
		case c.Attribute == conflicts.ProxyAddresses && c.Primary:
			name = "Primary"
		case c.Attribute == conflicts.ProxyAddresses:
			name = "Secondary"
		}
		list[i] = held{name, stored(c.Value, o.card.Address())}
	}
	return list
}

// Stamp says when and where its proxyAddresses were last written.
func (o *ownerCard) Stamp() string { return words.Written(o.Owner) }

// WrittenBy says who wrote its values, as the audit log tells.
func (o *ownerCard) WrittenBy() []string {
	var list []string
	for _, w := range o.Owner.WrittenBy() {
		list = append(list, w.String())
	}
	return list
}
