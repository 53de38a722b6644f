package eventlog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A collector builds a Log from records.
type collector struct {
	records  int
	calendar calendar
	found    map[string]*tally
	order    []*tally
	damaged  damages
	held     *record // of a text; its XML may follow
	changes  bool    // there were events 5136
}

// A tally is an event with the known facts about its repetitions.
type tally struct {
	Event
	period period
}

// providers are the programs that log the events. Some versions add a part of the program to the
// name.
var providers = map[int]string{9514: "MSExchangeIS", 9217: "MSExchangeTransport", syncEvent: "ADSync"}

// add counts a record if it is an event 9514 or 9217. A text and the XML behind it are one record
// if they tell the same.
func (c *collector) add(r record) {
	if r.again && c.held != nil && c.held.agrees(r) {
		r.line, r.message = c.held.line, c.held.message
		c.held = nil
	}
	c.release()
	if r.told {
		c.held = &r
		return
	}
	c.count(r)
}

// release counts the record that was held.
func (c *collector) release() {
	if c.held != nil {
		c.count(*c.held)
		c.held = nil
	}
}

// agrees reports whether the XML of an event tells the same as its text, or nothing.
func (r record) agrees(xml record) bool {
	if r.id != xml.id {
		return false
	}
	text, err := r.events()
	if err != nil {
		return true
	}
	events, err := xml.events()
	if err != nil {
		return true
	}
	for _, e := range events {
		known := func(text Event) bool { return slices.Contains(text.variants(), e.key()) }
		if !slices.ContainsFunc(text, known) {
			return false
		}
	}
	return true
}

// events returns the events that a record is about: one, or one for each address that another
// message names, or none.
func (r record) events() ([]Event, error) {
	switch {
	case len(r.addresses) > 0:
	case r.id == 9514:
		readings, err := r.pair()
		return []Event{{ID: r.id, Readings: readings}}, err
	case r.id == 9217:
		address, err := address(r.message, r.inserted)
		return []Event{{ID: r.id, Address: address}}, err
	case r.id == syncEvent:
		r.kind = SyncError
		for _, t := range tellings(noBreak.Replace(r.message + "\n" + strings.Join(r.inserted, "\n"))) {
			if t.message == SyncError {
				r.addresses = append(r.addresses, t.addresses...)
			}
		}
	}
	var all []Event
	for _, address := range addresses(r.addresses) {
		all = append(all, Event{ID: r.id, Message: r.kind, Address: address})
	}
	return all, nil
}

func (c *collector) count(r record) {
	c.records++
	c.changes = c.changes || r.id == changeEvent
	c.calendar.see(r.logged)
	r.message = strings.ReplaceAll(r.message, "\r\n", "\n")
	if r.id == 0 && len(r.addresses) == 0 {
		if found := phrases(r.message); len(found) > 0 {
			r.id = found[0].id
		}
	}
	if r.provider != "" && len(r.addresses) == 0 && !strings.HasPrefix(r.provider, providers[r.id]) {
		return
	}
	events, err := r.events()
	if err != nil {
		// Without a provider it may be an event of another program.
		if r.provider != "" || r.message == "" || len(phrases(r.message)) > 0 {
			c.damaged.add(r.line, err.Error())
		}
		return
	}
	for _, event := range events {
		c.tally(r, event)
	}
}

func (c *collector) tally(r record, event Event) {
	key := event.key()
	t := c.found[key]
	if t == nil {
		t = &tally{Event: event}
		c.found[key] = t
		c.order = append(c.order, t)
	}
	t.Count++
	t.period.add(r.logged)
	t.addReadings(event.Readings)
	i, known := slices.BinarySearchFunc(t.Computers, r.computer, compareFold)
	if r.computer != "" && !known {
		t.Computers = slices.Insert(t.Computers, i, r.computer)
	}
}

// pair returns the readings of an event 9514. If the record has the two names apart from its
// text, pair does not search the text.
func (r record) pair() ([][2]string, error) {
	var names []string
	for _, s := range r.inserted {
		if root.MatchString(s) {
			names = append(names, s)
		}
	}
	switch {
	case len(names) == 2:
		return exact(names[0], names[1])
	case len(names) == 1 && comma.MatchString(names[0]):
		return joined(names[0])
	case r.message == "":
		return pair(strings.Join(r.inserted, "\n"))
	}
	return pair(r.message)
}

func compareFold(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

// decodeOtherwise adds the readings in which the names of events have other encodings than the one
// that was guessed.
func (c *collector) decodeOtherwise() {
	c.release()
	const most = maxReadings / 16 // of the readings, so that there is room
	for _, t := range c.order {
		likely := t.Readings[:min(most, len(t.Readings))]
		for _, page := range codePages {
			for _, pair := range likely {
				other := [2]string{otherwise(pair[0], page), otherwise(pair[1], page)}
				if !strings.ContainsRune(other[0]+other[1], utf8.RuneError) {
					t.addReadings([][2]string{other})
				}
			}
		}
	}
}

// log returns the collected events.
func (c *collector) log() *Log {
	log := &Log{Damaged: c.damaged.all()}
	for _, t := range c.order {
		t.First, t.Last = t.period.ends(c.calendar)
		log.Events = append(log.Events, t.Event)
	}
	return log
}

// nothing says what the input had instead of a readable event.
func (c *collector) nothing(format string) string {
	switch {
	case len(c.damaged.list) > 0:
		return fmt.Sprintf("no event 9514 or 9217 that can be read: %v", c.damaged.list[0])
	case format == textName:
		return "no event 9514 or 9217 of Exchange in it (read as text)"
	}
	return fmt.Sprintf("no event 9514 or 9217 of Exchange in it (events read as %s: %d)", format, c.records)
}
