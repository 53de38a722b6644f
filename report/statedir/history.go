package statedir

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"time"

	"proxyaddr/conflicts/memory"
)

// A historyLine is a run, or something that it reported.
type historyLine struct {
	Time    time.Time `json:"time"`
	Run     int       `json:"run"`
	Event   string    `json:"event"`
	ID      string    `json:"id,omitempty"`
	Class   string    `json:"class,omitempty"`
	Address string    `json:"address,omitempty"`
	Detail  string    `json:"detail,omitempty"`

	*historyRun
}

// A historyRun has the fields that only a run has.
type historyRun struct {
	Complete    bool                  `json:"complete"`
	Baseline    bool                  `json:"baseline,omitempty"`
	Incremental bool                  `json:"incremental,omitempty"`
	ExitCode    int                   `json:"exit_code"`
	DurationMS  int64                 `json:"duration_ms"`
	Counts      map[memory.Status]int `json:"counts"`
	Problems    []string              `json:"incomplete_reasons,omitempty"`
}

// appendHistory adds the lines of a run, first the things that it reported.
func appendHistory(text []byte, s *memory.State, entries []memory.HistoryEntry) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	r := &s.Last
	line := historyLine{Time: r.Time, Run: r.Number}
	for _, e := range entries {
		line.Event, line.ID, line.Class, line.Address, line.Detail = e.Kind, e.ID, string(e.Class), e.Address, e.Detail
		enc.Encode(line) // cannot fail: only strings and numbers, into a buffer
	}
	run := historyRun{r.Complete, r.Baseline, r.Incremental, r.ExitCode, milliseconds(r), map[memory.Status]int{}, r.Problems}
	for status, n := range r.Counts {
		if n > 0 {
			run.Counts[status] = n
		}
	}
	enc.Encode(historyLine{Time: r.Time, Run: r.Number, Event: "run", historyRun: &run})
	return append(text, b.Bytes()...)
}

// Runs returns the last runs in the history, the oldest first: their times, whether they were
// complete, and their counts.
func (d *Dir) Runs(last int) ([]memory.Run, error) {
	text, err := d.disk.Read(historyName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, d.failed(historyName, err, "this account needs to read it")
	}
	var runs []memory.Run
	for line := range strings.Lines(text[:min(d.length, int64(len(text)))]) {
		var l struct {
			historyLine
			historyRun
		}
		if json.Unmarshal([]byte(line), &l) == nil && l.Event == "run" {
			runs = append(runs, memory.Run{Number: l.Run, Time: l.Time, Complete: l.Complete, Counts: l.Counts})
		}
	}
	return runs[max(0, len(runs)-last):], nil
}
