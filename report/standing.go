package report

import (
	"fmt"
	"strconv"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/report/words"
)

// notAsBefore returns the conflicts that people have not seen in the table of an earlier
// run, in their order.
func notAsBefore(a *conflicts.Audit) []*conflicts.Conflict {
	list := make([]*conflicts.Conflict, 0, len(a.Conflicts))
	for i := range a.Conflicts {
		c := &a.Conflicts[i]
		if s := c.Standing; s == nil || s.Status != string(memory.Known) || len(s.Changed) > 0 || a.Remembered.Baseline {
			list = append(list, c)
		}
	}
	return list
}

// absent lists the conflicts that are remembered and were not found, and says how many
// were left out because they are known.
func (t *table) absent(a *conflicts.Audit, known int) {
	if a.Remembered == nil {
		return
	}
	for i := range a.Remembered.NotFound {
		m := &a.Remembered.NotFound[i]
		t.line("", fmt.Sprintf("%s  %s  %s  %s", m.ID, m.Status, m.Class, m.Address), bold)
		if m.Reason != "" {
			t.paragraph("  ", m.Reason, plain)
		}
		for _, fact := range words.Standing(&m.Standing) {
			t.paragraph("  ", fact, plain)
		}
		t.line("", "", plain)
	}
	if known > 0 {
		t.paragraph("", words.Quantity(known, "known conflict")+" not shown: the files of -o have all, and so have json, jsonl and csv.", plain)
		t.line("", "", plain)
	}
}

// remembered says in two lines what has changed since earlier runs.
func (t *table) remembered(r *conflicts.Remembered) {
	if r != nil {
		t.paragraph("", words.Compared(r), plain)
		t.paragraph("", r.Summary, plain)
	}
}

// standingColumns are what a CSV file has of an audit that remembers earlier scans.
var standingColumns = []string{"status", "first_seen", "age_days", "suppressed_until", "suppression_reason"}

func standingCells(s *conflicts.Standing) []string {
	cells := make([]string, len(standingColumns))
	if s == nil {
		return cells
	}
	cells[0], cells[1], cells[2] = s.Status, s.FirstSeen.UTC().Format(time.RFC3339), strconv.Itoa(s.Days)
	if s.Suppression != nil {
		cells[3], cells[4] = words.Until(s.Suppression), s.Suppression.Reason
	}
	return cells
}

func absentRow(m *conflicts.Absent) csvRow {
	return csvRow{conflict: m.ID, class: string(m.Class), address: m.Address, reason: m.Reason, standing: &m.Standing}
}

// A rememberedJSON is what a scan with a state says of earlier ones.
type rememberedJSON struct {
	Run          int            `json:"run"`
	Baseline     bool           `json:"baseline"`
	LastComplete time.Time      `json:"last_complete,omitzero"`
	Swept        time.Time      `json:"swept,omitzero"`
	Summary      string         `json:"summary"`
	Counts       map[string]int `json:"counts"`
	NotFound     []absentJSON   `json:"not_found"`
}

type absentJSON struct {
	ID      string          `json:"id"`
	Class   conflicts.Class `json:"class"`
	Address text            `json:"address"`
	// Reason says why it is resolved, or why that is not known.
	Reason   string            `json:"reason"`
	Standing *standingJSON     `json:"standing"`
	Base64   map[string][]byte `json:"base64,omitempty"`
}

type standingJSON struct {
	Status      string           `json:"status"`
	FirstSeen   time.Time        `json:"first_seen"`
	AgeDays     int              `json:"age_days"`
	Joined      []text           `json:"joined"`
	Changed     []text           `json:"changed"`
	Suppression *suppressionJSON `json:"suppression,omitempty"`
}

type suppressionJSON struct {
	Until  string `json:"until"` // a date, or never
	Reason string `json:"reason"`
	By     string `json:"by"`
}

func newRememberedJSON(r *conflicts.Remembered) *rememberedJSON {
	if r == nil {
		return nil
	}
	j := &rememberedJSON{Run: r.Run, Baseline: r.Baseline, LastComplete: r.LastComplete, Swept: r.Swept, Summary: r.Summary,
		Counts: map[string]int{}, NotFound: make([]absentJSON, len(r.NotFound))}
	for _, c := range r.Counts {
		j.Counts[c.Status] = c.Count
	}
	for i := range r.NotFound {
		m := &r.NotFound[i]
		j.NotFound[i] = absentJSON{m.ID, m.Class, newText(m.Address), m.Reason, newStandingJSON(&m.Standing), exact("address", m.Address)}
	}
	return j
}

// read is the inverse of newRememberedJSON.
func (j *rememberedJSON) read() (*conflicts.Remembered, error) {
	if j == nil {
		return nil, nil
	}
	r := &conflicts.Remembered{Run: j.Run, Baseline: j.Baseline, LastComplete: j.LastComplete, Swept: j.Swept, Summary: j.Summary}
	for _, status := range memory.Statuses {
		r.Counts = append(r.Counts, conflicts.StatusCount{Status: string(status), Count: j.Counts[string(status)]})
	}
	for i := range j.NotFound {
		m := &j.NotFound[i]
		absent := conflicts.Absent{ID: m.ID, Class: m.Class, Address: exactly(m.Base64, "address", m.Address), Reason: m.Reason}
		standing, err := m.Standing.read()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.ID, err)
		}
		if standing != nil {
			absent.Standing = *standing
		}
		r.NotFound = append(r.NotFound, absent)
	}
	return r, nil
}

func newStandingJSON(s *conflicts.Standing) *standingJSON {
	if s == nil {
		return nil
	}
	j := &standingJSON{Status: s.Status, FirstSeen: s.FirstSeen.UTC(), AgeDays: s.Days, Joined: texts(s.Joined), Changed: texts(s.Changed)}
	if t := s.Suppression; t != nil {
		j.Suppression = &suppressionJSON{words.Until(t), t.Reason, t.By}
	}
	return j
}

// read is the inverse of newStandingJSON.
func (j *standingJSON) read() (*conflicts.Standing, error) {
	if j == nil {
		return nil, nil
	}
	s := &conflicts.Standing{Status: j.Status, FirstSeen: j.FirstSeen, Days: j.AgeDays,
		Joined: untexts(j.Joined), Changed: untexts(j.Changed)}
	if t := j.Suppression; t != nil {
		s.Suppression = &conflicts.SuppressionTerms{Reason: t.Reason, By: t.By}
		if t.Until != words.Never {
			var err error
			if s.Suppression.Until, err = time.Parse(time.DateOnly, t.Until); err != nil {
				return nil, fmt.Errorf("%q: not the end of a suppression", t.Until)
			}
		}
	}
	return s, nil
}
