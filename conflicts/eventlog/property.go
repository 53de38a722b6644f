package eventlog

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"
)

// properties are the properties of an event as PowerShell writes them: of an EventLogRecord of
// Get-WinEvent, or of an EventLogEntry of Get-EventLog. Programs with properties of their own are
// NXLog and EvtxECmd, whose Payload is the event's data as JSON and whose times are UTC.
type properties struct {
	id, instance, provider, computer, logged, message, payload string
	inserted, recipients                                       []string
	named                                                      map[string]string
	ambiguous                                                  bool // the recipients are
}

// set sets a property if it is needed. The name of a nested property is a path.
func (p *properties) set(name, value string) {
	if p.named == nil {
		p.named = map[string]string{}
	}
	name = strings.Trim(strings.ToLower(name), "/")
	var to *string
	switch name {
	case "id", "eventid":
		to = &p.id
	case "instanceid":
		to = &p.instance
	case "providername", "source", "provider", "sourcename":
		to = &p.provider
	case "machinename", "computer", "hostname", "server-hostname", "serverhostname":
		to = &p.computer
	case "timecreated", "timecreated/value", "timegenerated", "eventtime":
		to = &p.logged
	case "payload":
		to = &p.payload
	case "message":
		to = &p.message
	case "timestamp", "date-time":
		to = &p.logged
	case "recipients", "recipient-address":
		p.recipients = append(p.recipients, split(value)...)
		return
	case "recipientstatus", "recipient-status":
		p.ambiguous = p.ambiguous || ambiguous.MatchString(value)
		return
	case "replacementstrings":
		if strings.TrimSpace(value) != "" {
			p.inserted = append(p.inserted, value)
		}
		return
	default:
		for _, field := range changeFields { // as NXLog writes them
			if strings.EqualFold(name, field) {
				p.named[field] = value
			}
		}
		if strings.HasPrefix(name, "properties/") && strings.HasSuffix(name, "/value") {
			p.inserted = append(p.inserted, value)
		}
		return
	}
	if *to == "" {
		*to = value
	}
}

func (p *properties) record() (record, error) {
	var id int
	var err error
	// The message tracking log gives its kinds of events names.
	if number := cmp.Or(p.id, p.instance); number != "" && p.recipients == nil {
		id, err = eventID(number)
	}
	r := record{
		id:       id,
		provider: p.provider,
		computer: p.computer,
		logged:   parseMoment(p.logged),
		message:  p.message,
		inserted: p.inserted,
		named:    p.named,
	}
	if p.ambiguous {
		r.kind, r.addresses = TrackingLog, addresses(p.recipients)
	}
	if p.payload == "" {
		return r, err
	}
	r.logged = r.logged.utc()
	var payload struct{ EventData any }
	if json.Unmarshal([]byte(p.payload), &payload) != nil {
		return r, errors.New("damaged JSON in the column Payload")
	}
	r.insertJSON(payload.EventData)
	return r, err
}
