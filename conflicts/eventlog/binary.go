package eventlog

import (
	"io"

	"proxyaddr/conflicts/eventlog/evtx"
)

// readEVTX reads an .evtx file.
func readEVTX(name string, r io.Reader) (*Log, error) {
	c := collector{found: make(map[string]*tally)}
	err := evtx.Read(r, func(r evtx.Record) {
		record, err := fromBinary(r)
		if err != nil {
			c.damage(0, err.Error())
			return
		}
		c.add(record)
	}, func(d evtx.Damage) { c.damage(0, d.String()) })
	return c.end(name, "an .evtx file", err)
}

// fromBinary returns the event of an .evtx file.
func fromBinary(r evtx.Record) (record, error) {
	system := r.Event.Child("System")
	id, err := eventID(system.Child("EventID").Content())
	event := record{
		id:       id,
		provider: system.Child("Provider").Attribute("Name"),
		computer: system.Child("Computer").Content(),
		logged:   parseMoment(system.Child("TimeCreated").Attribute("SystemTime")),
		message:  r.Event.Child("RenderingInfo").Child("Message").Content(),
	}
	if data := r.Event.Child("EventData"); data != nil {
		for _, e := range data.Children {
			if e.Name == "Data" {
				event.insert(e.Attribute("Name"), e.Text)
			}
		}
	}
	return event, err
}
