package eventlog

import "strings"

// properties are the properties of an event that PowerShell wrote: of an EventLogRecord of
// Get-WinEvent, or of an EventLogEntry of Get-EventLog.
type properties struct {
	id, provider, computer, logged, message string
	inserted                                []string
}

// set sets a property if it is needed. The name of a nested property is a path.
func (p *properties) set(name, value string) {
	name = strings.Trim(strings.ToLower(name), "/")
	var to *string
	switch name {
	case "id", "eventid":
		to = &p.id
	case "providername", "source":
		to = &p.provider
	case "machinename", "computer":
		to = &p.computer
	case "timecreated", "timecreated/value", "timegenerated":
		to = &p.logged
	case "message":
		to = &p.message
	case "replacementstrings":
		if strings.TrimSpace(value) != "" {
			p.inserted = append(p.inserted, value)
		}
		return
	default:
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
	if p.id != "" {
		id, err = eventID(p.id)
	}
	return record{
		id:       id,
		provider: p.provider,
		computer: p.computer,
		logged:   parseMoment(p.logged),
		message:  p.message,
		inserted: p.inserted,
	}, err
}
