package report

import (
	"fmt"
	"strings"

	"proxyaddr/conflicts"
)

// events writes what was logged, each with the conflicts that it is about. A
// conflict stands behind the first that is about it.
func (t *table) events(a *conflicts.Audit) {
	shown := map[conflicts.Key]bool{}
	for i := range a.Events {
		in := &a.Events[i]
		t.paragraph("", in.Title(), bold)
		if in.Address != "" {
			t.line("  ", in.Address, plain)
			if inner, ok := conflicts.Encapsulated(in.Address); ok {
				t.line("  ", "stands for "+inner.Raw, plain)
			}
		}
		for n, pair := range in.Pairs {
			if len(in.Pairs) > 1 {
				t.paragraph("  ", fmt.Sprintf("its text can be read in %d ways; number %d:", len(in.Pairs), n+1), plain)
			}
			for _, p := range pair {
				t.dn("  ", p.DN)
				if p.Status != conflicts.Found || p.Restored() {
					t.paragraph(indent, p.String(), plain)
				}
			}
		}
		var again []string
		var fresh []*conflicts.Conflict
		for _, key := range in.Conflicts {
			c := a.Conflict(key)
			if shown[key] {
				again = append(again, c.ID)
				continue
			}
			shown[key] = true
			fresh = append(fresh, c)
		}
		switch {
		case in.Resolved:
			t.paragraph("  ", "resolved since: "+in.Explanation, plain)
		case len(in.Conflicts) == 0:
			t.paragraph("! ", "unknown: "+in.Explanation, alarm)
		case len(again) > 0:
			t.paragraph("  ", "see above: "+strings.Join(again, ", "), plain)
		}
		t.line("", "", plain)
		for _, c := range fresh {
			t.conflict(c)
		}
	}
}

type eventJSON struct {
	jsonRecord
	Event     int      `json:"event"`
	Message   string   `json:"message,omitempty"`
	Count     int      `json:"count"`
	First     text     `json:"first"`
	Last      text     `json:"last"`
	Computers []text   `json:"computers"`
	Address   text     `json:"address"`
	State     string   `json:"state"`
	Outcome   text     `json:"outcome"`
	Conflicts []string `json:"conflicts"`
	// Readings are the two names in each way to read them that the directory bears
	// out.
	Readings [][2]partyJSON    `json:"readings"`
	Base64   map[string][]byte `json:"base64,omitempty"`
}

type partyJSON struct {
	DN      text                  `json:"dn"`
	Status  conflicts.PartyStatus `json:"status"`
	Objects []namedJSON           `json:"objects"`
	Base64  map[string][]byte     `json:"base64,omitempty"`
}

type namedJSON struct {
	DN      text              `json:"dn"`
	GUID    string            `json:"guid"`
	Name    text              `json:"name"`
	Kind    text              `json:"kind"`
	Deleted bool              `json:"deleted"`
	Written *stampJSON        `json:"written,omitempty"`
	Base64  map[string][]byte `json:"base64,omitempty"`
}

func newEventJSON(a *conflicts.Audit, in *conflicts.TracedEvent) *eventJSON {
	j := &eventJSON{Event: in.ID, Message: string(in.Message), Count: in.Count, First: newText(in.First.String()), Last: newText(in.Last.String()), Computers: texts(in.Computers),
		Address: newText(in.Address), State: state(in), Outcome: newText(in.Explanation), Conflicts: make([]string, len(in.Conflicts)),
		Readings: make([][2]partyJSON, len(in.Pairs)), Base64: exact("address", in.Address, "outcome", in.Explanation)}
	for i, key := range in.Conflicts {
		j.Conflicts[i] = a.Conflict(key).ID
	}
	for i, pair := range in.Pairs {
		for n, p := range pair {
			party := partyJSON{DN: newText(p.DN), Status: p.Status, Objects: make([]namedJSON, len(p.Objects)), Base64: exact("dn", p.DN)}
			for k, o := range p.Objects {
				party.Objects[k] = namedJSON{newText(o.DN), o.GUID.String(), newText(o.Name()), newText(o.Kind()), o.Deleted, newStampJSON(new(jsonRoom), o.Written),
					exact("dn", o.DN, "name", o.Name())}
			}
			j.Readings[i][n] = party
		}
	}
	return j
}

const resolved = "resolved"

// state says in a word what is left of an event.
func state(in *conflicts.TracedEvent) string {
	switch {
	case len(in.Conflicts) > 0:
		return "conflict"
	case in.Resolved:
		return resolved
	}
	return "unknown"
}
