package main

import (
	"fmt"
	"runtime"
	"strings"

	"proxyaddr/conflicts/memory"
	"proxyaddr/report/words"
)

// An event is the ID of an entry in the Windows event log. The message file of the source,
// EventCreate.exe, has IDs from 1 to 1000.
type event uint32

const (
	eventQuiet      event = 1 // nobody has to do anything
	eventNews       event = 2
	eventIncomplete event = 3
	eventFailed     event = 4
)

const (
	// maxEventText is the size of an entry in UTF-16 units.
	maxEventText = 31_839
	// maxEventConflicts is the most conflicts that an entry names.
	maxEventConflicts = 100
)

// checkEventLog refuses the flag on systems without an event log.
func (o *remembering) checkEventLog() error {
	if o.eventLog && runtime.GOOS != "windows" {
		return wrong("use --notify-command, or the systemd journal", "--event-log: only Windows has an event log")
	}
	return nil
}

// record writes an entry if the flag is set. If that fails, or if the source is not registered,
// it says so once; the run does not fail.
func (o *remembering) record(c *console, id event, text string) {
	if !o.eventLog {
		return
	}
	text = words.Escape(text)
	if len(text) > maxEventText {
		text = strings.ToValidUTF8(text[:maxEventText], "")
	}
	note := writeEvent(id, text)
	if note != "" && note != o.eventNote {
		c.log("note: --event-log: %s", note)
	}
	o.eventNote = note
}

// eventOf returns the entry for a run that was judged. Every signed-in user may read the event
// log, so the entry has no addresses and no names.
func eventOf(r *stateRun, summary string) (event, string) {
	last := &r.judgment.State.Last
	id, text := eventQuiet, summary
	switch {
	case !last.Complete:
		id, text = eventIncomplete, "the run was incomplete; found: "+summary
	case last.Fails(memory.FailOnNew):
		id = eventNews
	}
	for i, e := range r.judgment.History {
		if i == maxEventConflicts {
			text += fmt.Sprintf("; and %d more", len(r.judgment.History)-i)
			break
		}
		text += fmt.Sprintf("; %s %s", e.ID, e.Kind)
	}
	return id, fmt.Sprintf("%s; proxyaddr status --state %s shows more", text, r.state)
}
