package eventlog

import (
	"strings"
)

// snareMark is the field that begins an event of an agent of Snare, or of NXLog in that form.
const snareMark = "MSWinEventLog"

// snareTab is what syslog daemons write for a tab.
const snareTab = "#011"

// The fields of an event, counted from snareMark.
const (
	snareTime = iota + 4
	snareID
	snareProvider
	snareComputer = iota + 7
	_
	snareStrings
	snareWords
)

// newSnare returns the format of events that agents of Snare send by syslog: lines of fields that
// tabs separate. A line of another kind is text.
func newSnare(other format) format {
	return format{
		name:  "Snare",
		split: splitLine,
		parse: func(text string) ([]record, error) {
			at := strings.Index(text, snareMark)
			if at < 0 {
				return other.parse(text)
			}
			fields := strings.Split(strings.ReplaceAll(strings.TrimRight(text[at:], "\r\n"), snareTab, "\t"), "\t")
			if len(fields) <= snareWords {
				return other.parse(text)
			}
			words := fields[snareWords]
			if words == "" {
				words = fields[snareStrings]
			}
			id, err := eventID(fields[snareID])
			return one(record{
				id:       id,
				provider: fields[snareProvider],
				computer: fields[snareComputer],
				logged:   parseMoment(fields[snareTime]),
				message:  words,
			}, err)
		},
	}
}

// splitLine finds the first line that is not blank.
func splitLine(data []byte, eof bool) (start, end int) {
	for start < len(data) && strings.IndexByte(" \t\r\n", data[start]) >= 0 {
		start++
	}
	for i := start; i < len(data); i++ {
		if data[i] == '\n' {
			return start, i
		}
	}
	if eof {
		return start, len(data)
	}
	return start, 0
}
