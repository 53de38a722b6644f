package eventlog

import (
	"bytes"
	"regexp"
	"strings"
)

// evtxexport is the format of the tool of that name of libevtx: lines, each with a label.
var evtxexport = format{name: "evtxexport", split: splitEvtxexport, parse: parseEvtxexport}

// firstLabel begins an event.
const firstLabel = "Event number\t"

// splitEvtxexport finds the first event. A string of it may have blank lines.
func splitEvtxexport(data []byte, eof bool) (start, end int) {
	if !bytes.HasPrefix(data, []byte(firstLabel)) {
		start = bytes.Index(data, []byte("\n"+firstLabel)) + 1
		if start == 0 {
			if keep := len(data) - len(firstLabel); !eof {
				return max(keep, 0), 0
			}
			return len(data), 0
		}
	}
	if next := bytes.Index(data[start:], []byte("\n"+firstLabel)); next >= 0 {
		return start, start + next
	}
	if eof {
		return start, len(data)
	}
	return start, 0
}

var (
	evtxexportHead = regexp.MustCompile(`(?m)\A(?:evtxexport .*\s+)?Event number\s*: \d`)
	evtxexportLine = regexp.MustCompile(`^([A-Z][a-z]+(?: [a-z]+)*)(?:: (\d+))?\t+: ?`)
	// evtxexportID is the number of an event, behind the same with its severity in hexadecimal.
	evtxexportID = regexp.MustCompile(`^0x[0-9a-fA-F]+ \((\d+)\)$`)
)

// parseEvtxexport reads an event. What follows a string without a label is its next line.
func parseEvtxexport(text string) ([]record, error) {
	var r record
	var err error
	within := false
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
		switch value := line[len(field[0]):]; field[1] {
		case "Event identifier":
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
	for i, s := range r.inserted {
		r.inserted[i] = strings.TrimRight(s, "\n")
	}
	return one(r, err)
}
