package eventlog

import (
	"io"

	"proxyaddr/conflicts/eventlog/evtx"
)

// readEVTX hands over the events of an .evtx file, and what is damaged in it.
func readEVTX(r io.Reader, add func(record), damage func(line int, problem string)) error {
	return evtx.Read(r, func(r evtx.Record) {
		if event, err := fromBinary(r); err != nil {
			damage(0, err.Error())
		} else {
			add(event)
		}
	}, func(d evtx.Damage) { damage(0, d.String()) })
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
