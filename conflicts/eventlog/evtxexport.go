package eventlog

import (
	"regexp"
	"strings"
)

// evtxexport is the format of the tool of that name of libevtx: blocks of lines, each with a label.
var evtxexport = format{name: "evtxexport", split: splitBlock, parse: parseEvtxexport}

var (
	evtxexportHead = regexp.MustCompile(`(?m)\A(?:evtxexport .*\s+)?Event number\s*: \d`)
	evtxexportLine = regexp.MustCompile(`^([A-Z][a-z]+(?: [a-z]+)*)(?:: (\d+))?\t+: ?(.*)$`)
	// evtxexportID is the number of an event, behind the same with its severity in hexadecimal.
	evtxexportID = regexp.MustCompile(`^0x[0-9a-fA-F]+ \((\d+)\)$`)
)

// parseEvtxexport reads a block. What follows a string without a label is its next line.
func parseEvtxexport(text string) ([]record, error) {
	var r record
	var err error
	known, within := false, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		field := evtxexportLine.FindStringSubmatch(line)
		if field == nil {
			if within {
				r.inserted[len(r.inserted)-1] += "\n" + line
			}
			continue
		}
		within = false
		switch value := field[3]; field[1] {
		case "Event identifier":
			known = true
			if id := evtxexportID.FindStringSubmatch(value); id != nil {
				value = id[1]
			}
			r.id, err = eventID(value)
		case "Source name":
			r.provider = value
		case "Computer name":
			r.computer = value
		case "Written time":
			r.logged = parseMoment(value).utc()
		case "String":
			within = true
			r.insert("", value)
		}
	}
	if !known {
		return nil, nil // a heading
	}
	return one(r, err)
}
