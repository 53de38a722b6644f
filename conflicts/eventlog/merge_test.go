package eventlog

import (
	"strings"
	"testing"
)

// The logs of several servers tell of one ambiguity once, and of all times and
// computers.
func TestMerge(t *testing.T) {
	const event = `<Event><System><Provider Name='MSExchangeIS'/><EventID>9514</EventID><TimeCreated SystemTime='TIME'/><Computer>NAME</Computer></System><EventData><Data>A</Data><Data>B</Data></EventData></Event>`
	var logs []*Log
	for _, fields := range [][]string{
		{"TIME", "2024-03-02T10:00:00Z", "NAME", "EX2", "A", "dc=com/cn=Ann", "B", "dc=com/cn=Bob"},
		{"TIME", "2024-03-01T10:00:00Z", "NAME", "EX1", "A", "dc=com/cn=bob", "B", "dc=com/cn=Ann"},
		{"TIME", "2024-03-03T10:00:00Z", "NAME", "ex2", "A", "dc=com/cn=Ann", "B", "dc=com//cn=Bob"},
		{"TIME", "2024-03-04T10:00:00Z", "NAME", "EX2", "A", "dc=com/cn=Ann", "B", "dc=com/cn=Carl"},
	} {
		log, err := Read("log", strings.NewReader(strings.NewReplacer(fields...).Replace(event)))
		if err != nil {
			t.Fatal(err)
		}
		logs = append(logs, log)
	}
	events := Merge(logs...)
	if len(events) != 2 || events[1].Count != 1 || logs[0].Events[0].Count != 1 {
		t.Fatalf("%+v", events)
	}
	e := events[0]
	if e.Count != 3 || e.First.String() != "2024-03-01 10:00:00 UTC" || e.Last.String() != "2024-03-03 10:00:00 UTC" || strings.Join(e.Computers, " ") != "EX1 EX2" {
		t.Errorf("%+v", e)
	}
}
