package report

import (
	"fmt"
	"slices"

	"proxyaddr/conflicts"
)

// A proposalJSON is what may be done about one owner that has to give an address up.
type proposalJSON struct {
	jsonRecord
	Conflict string           `json:"conflict"`
	Type     text             `json:"type"`
	Address  text             `json:"address"`
	DN       text             `json:"dn"`
	GUID     string           `json:"guid"`
	Name     text             `json:"name"`
	Advice   conflicts.Advice `json:"advice"`
	// Changes is how many of the changes are its own: they follow those of the proposal
	// before it.
	Changes int  `json:"changes"`
	New     text `json:"new"`
	SwapTo  text `json:"swap_to"`
	Keeps   text `json:"keeps"`
	Tied    bool `json:"tied"`
	// Forwarder forwards to the address, LoggedOn is another owner whose logon name it is.
	Forwarder *forwarderJSON `json:"forwarder,omitempty"`
	LoggedOn  *objectRefJSON `json:"logged_on,omitempty"`
	// Merge is what to do instead of any choice.
	Merge   *statementJSON    `json:"merge,omitempty"`
	Replace choiceJSON        `json:"replace"`
	Remove  choiceJSON        `json:"remove"`
	Swap    choiceJSON        `json:"swap"`
	Base64  map[string][]byte `json:"base64,omitempty"`
}

// A choiceJSON is one way to end the conflict.
type choiceJSON struct {
	Offered bool   `json:"offered"`
	Mail    bool   `json:"mail"`
	Risk    string `json:"risk,omitempty"`
	// Obstacle is why it is not on offer or not advised, WhyNot the same in words.
	Obstacle *statementJSON    `json:"obstacle,omitempty"`
	WhyNot   text              `json:"why_not,omitempty"`
	Base64   map[string][]byte `json:"base64,omitempty"`
}

type forwarderJSON struct {
	DN     text              `json:"dn"`
	GUID   string            `json:"guid"`
	Name   text              `json:"name"`
	Kind   text              `json:"kind"`
	Base64 map[string][]byte `json:"base64,omitempty"`
}

// proposalsJSON lists the proposals of an audit.
func proposalsJSON(a *conflicts.Audit) jsonList {
	var j proposalJSON
	var room jsonRoom
	return jsonList{"proposals", "proposal", len(a.Proposals), func(i int) jsonLine {
		j.set(a, &a.Proposals[i], &room)
		return &j
	}}
}

// set makes it the record of a proposal, in the memory of the one before.
func (j *proposalJSON) set(a *conflicts.Audit, p *conflicts.Proposal, room *jsonRoom) {
	room.clear()
	c, o, choices := p.Conflict, p.Owner, &room.choices
	choices.Set(a, p)
	*j = proposalJSON{
		Conflict: c.ID, Type: newText(c.Key.Type()), Address: newText(c.Key.Address()), DN: newText(o.DN), GUID: room.guid(o.GUID), Name: newText(o.Name()),
		Advice: a.Advice(p), Changes: int(p.Count), New: newText(p.New), SwapTo: newText(p.SwapTo), Keeps: newText(p.Keeps), Tied: p.Tied,
		LoggedOn: newObjectRefJSON(room, p.LoggedOn),
		Replace:  newChoiceJSON(room, &choices.Replace, o.Object), Remove: newChoiceJSON(room, &choices.Remove, o.Object), Swap: newChoiceJSON(room, &choices.Swap, o.Object),
		Base64: exact("address", c.Key.Address(), "dn", o.DN, "name", o.Name(), "new", p.New, "swap_to", p.SwapTo, "keeps", p.Keeps),
	}
	if f := p.Forwarder; f != nil {
		j.Forwarder = &forwarderJSON{newText(f.DN), f.GUID.String(), newText(f.Name()), newText(f.Kind()), exact("dn", f.DN, "name", f.Name(), "kind", f.Kind())}
	}
	if merge, ok := c.Merge(o); ok {
		j.Merge = newStatementJSON(room, merge, o.Object)
	}
}

func newChoiceJSON(room *jsonRoom, c *conflicts.Choice, owner *conflicts.Object) choiceJSON {
	j := choiceJSON{Offered: c.Offered(), Mail: c.Mail()}
	if j.Offered {
		j.Risk = c.Risk.String()
	}
	if c.Obstacle.Code != "" {
		why := c.Obstacle.String()
		j.Obstacle, j.WhyNot, j.Base64 = newStatementJSON(room, c.Obstacle, owner), newText(why), exact("why_not", why)
	}
	return j
}

// proposal keeps a proposal for link, as its conflict may come later.
func (d *jsonReader) proposal(j *proposalJSON) error {
	d.proposals = append(d.proposals, *j)
	return nil
}

// propose makes the proposals of the audit. What can be chosen follows from them.
func (d *jsonReader) propose(found func(id string, key conflicts.Key, object conflicts.Ref) (*conflicts.Conflict, *conflicts.Owner)) error {
	a, first := d.audit, 0
	for i := range d.proposals {
		j := &d.proposals[i]
		guid, err := readGUID(j.GUID)
		if err != nil {
			return fmt.Errorf("%s: %w", j.Conflict, err)
		}
		entry := conflicts.Entry{GUID: guid, DN: exactly(j.Base64, "dn", j.DN)}
		p := conflicts.Proposal{First: int32(first), Count: int32(j.Changes), New: exactly(j.Base64, "new", j.New),
			SwapTo: exactly(j.Base64, "swap_to", j.SwapTo), Keeps: exactly(j.Base64, "keeps", j.Keeps), Tied: j.Tied}
		if p.Conflict, p.Owner = found(j.Conflict, readKey(j.Type, j.Address, j.Base64), entry.Ref()); p.Owner == nil {
			return fmt.Errorf("%s: a proposal for %s, which is no owner", j.Conflict, entry.DN)
		}
		if p.LoggedOn, err = d.find(j.LoggedOn); err != nil {
			return fmt.Errorf("%s: %w", j.Conflict, err)
		}
		if p.Forwarder, err = d.forwarder(j.Forwarder); err != nil {
			return fmt.Errorf("%s: %w", j.Conflict, err)
		}
		if first += j.Changes; j.Changes < 1 || first > len(a.Changes) || !owns(&p, a.Changes[p.First:first]) {
			return fmt.Errorf("%s: the changes of the proposal for %s are not where they belong", j.Conflict, entry.DN)
		}
		a.Proposals = append(a.Proposals, p)
	}
	if first != len(a.Changes) {
		return fmt.Errorf("%d changes belong to no proposal", len(a.Changes)-first)
	}
	return nil
}

// owns reports whether changes are those of the owner of a proposal.
func owns(p *conflicts.Proposal, changes []conflicts.Change) bool {
	return !slices.ContainsFunc(changes, func(c conflicts.Change) bool { return c.Key != p.Conflict.Key || c.Object != p.Owner.Object })
}

// forwarder returns an object that need not be an owner.
func (d *jsonReader) forwarder(j *forwarderJSON) (*conflicts.Object, error) {
	if j == nil {
		return nil, nil
	}
	guid, err := readGUID(j.GUID)
	if err != nil {
		return nil, err
	}
	o := &conflicts.Object{Entry: conflicts.Entry{GUID: guid, DN: exactly(j.Base64, "dn", j.DN)},
		DisplayName: exactly(j.Base64, "name", j.Name), Class: exactly(j.Base64, "kind", j.Kind)}
	if known := d.objects[o.Ref()]; known != nil {
		return known, nil
	}
	return o, nil
}
