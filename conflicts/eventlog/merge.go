package eventlog

import (
	"slices"
	"strings"
)

// Merge returns the events of several logs, each ambiguity once. Only the most precise times
// count.
func Merge(logs ...*Log) []Event {
	var all []Event
	at := map[string]int{}
	for _, log := range logs {
		for _, e := range log.Events {
			key := e.key()
			if i, known := at[key]; known {
				all[i] = all[i].join(e)
				continue
			}
			at[key] = len(all)
			all = append(all, e)
		}
	}
	return all
}

// key is the same for the events of one ambiguity.
func (e *Event) key() string {
	if len(e.Readings) == 0 {
		return strings.ToLower(e.Address) + "\x00" + string(e.Message)
	}
	return pairKey(e.Readings[0])
}

// variants are the keys of the event in each reading.
func (e *Event) variants() []string {
	keys := []string{e.key()}
	for _, pair := range e.Readings {
		keys = append(keys, pairKey(pair))
	}
	return keys
}

func pairKey(pair [2]string) string {
	names := []string{strings.ToLower(pair[0]), strings.ToLower(pair[1])}
	slices.Sort(names)
	return strings.Join(names, "\x00")
}

// join returns two events of one ambiguity as one.
func (e Event) join(other Event) Event {
	var p period
	for _, s := range []Time{e.First, e.Last, other.First, other.Last} {
		m := moment{text: s.Text, zoned: s.Zoned}
		for order := range m.at {
			m.at[order] = s.Time
		}
		p.add(m)
	}
	e.First, e.Last = p.ends(calendar{})
	e.Count += other.Count
	e.Readings = slices.Clone(e.Readings)
	e.addReadings(other.Readings)
	e.Computers = slices.Concat(e.Computers, other.Computers)
	slices.SortFunc(e.Computers, compareFold)
	e.Computers = slices.CompactFunc(e.Computers, strings.EqualFold)
	return e
}

// addReadings adds readings, up to the limit.
func (e *Event) addReadings(list [][2]string) {
	for _, pair := range list {
		turned := [2]string{pair[1], pair[0]}
		if len(e.Readings) < maxReadings && !slices.Contains(e.Readings, pair) && !slices.Contains(e.Readings, turned) {
			e.Readings = append(e.Readings, pair)
		}
	}
}
