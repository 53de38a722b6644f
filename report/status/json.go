package status

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
)

// schemaVersion is that of the JSON document. It grows when a field changes its meaning
// or goes; new fields may come at any time.
const schemaVersion = 1

type document struct {
	SchemaVersion int    `json:"schema_version"`
	Kind          string `json:"kind"`
	Level         string `json:"level"` // in lower case
	Message       string `json:"message"`
	// The rest is missing without a state.
	LastRun      *runJSON   `json:"last_run,omitempty"`
	LastComplete *time.Time `json:"last_complete,omitempty"`
	// Conflicts are all that are remembered.
	Conflicts []caseJSON `json:"conflicts,omitzero"`
}

type runJSON struct {
	Number       int                           `json:"number"`
	Time         time.Time                     `json:"time"`
	DurationMS   int64                         `json:"duration_ms"`
	Version      string                        `json:"version"`
	Account      string                        `json:"account"`
	Complete     bool                          `json:"complete"`
	Baseline     bool                          `json:"baseline"`
	ExitCode     int                           `json:"exit_code"`
	Problems     []string                      `json:"problems"`
	Counts       map[memory.Status]int         `json:"counts"`
	Findings     map[conflicts.FindingKind]int `json:"findings"`
	Suppressions suppressionsJSON              `json:"suppressions"`
}

type suppressionsJSON struct {
	Active    int    `json:"active"`
	Expired   int    `json:"expired"`
	Unmatched int    `json:"unmatched"`
	NextEnd   string `json:"next_end,omitempty"`
}

type caseJSON struct {
	ID          string           `json:"id"`
	Aliases     []string         `json:"aliases"`
	Status      memory.Status    `json:"status"`
	Reason      memory.Reason    `json:"reason"`
	Class       conflicts.Class  `json:"class"`
	Address     string           `json:"address"`
	FirstSeen   time.Time        `json:"first_seen"`
	LastSeen    time.Time        `json:"last_seen"`
	Resolved    *time.Time       `json:"resolved,omitempty"`
	Suppression *suppressionJSON `json:"suppression,omitempty"`
	Owners      []ownerJSON      `json:"owners"`
}

type suppressionJSON struct {
	Until  string `json:"until"` // a date, or never
	Reason string `json:"reason"`
	By     string `json:"by"`
	Broken bool   `json:"broken"`
}

type ownerJSON struct {
	GUID   string   `json:"guid"`
	DN     string   `json:"dn"`
	Values []string `json:"values"`
}

// JSON writes the report as one document. A byte that is not UTF-8 is U+FFFD in it:
// state.json has the exact values.
func (r *Report) JSON(w io.Writer) error {
	level, why := r.Level()
	d := &document{SchemaVersion: schemaVersion, Kind: "status", Level: strings.ToLower(level.String()), Message: why}
	if s := r.State; s != nil {
		d.LastRun = newRunJSON(&s.Last)
		if !s.LastComplete.IsZero() {
			d.LastComplete = &s.LastComplete
		}
		d.Conflicts = []caseJSON{}
		for _, c := range s.Cases {
			d.Conflicts = append(d.Conflicts, newCaseJSON(c))
		}
	}
	return write(w, d)
}

// write writes a document with what no eye sees as escapes.
func write(w io.Writer, v any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapeHidden(b.String()))
	return err
}

func newRunJSON(r *memory.Run) *runJSON {
	j := &runJSON{Number: r.Number, Time: r.Time, DurationMS: r.Duration.Milliseconds(), Version: r.Version, Account: r.Account,
		Complete: r.Complete, Baseline: r.Baseline, ExitCode: r.ExitCode, Problems: append([]string{}, r.Problems...),
		Counts: map[memory.Status]int{}, Findings: map[conflicts.FindingKind]int{},
		Suppressions: suppressionsJSON{Active: r.Suppressions.Active, Expired: r.Suppressions.Expired, Unmatched: r.Suppressions.Unmatched}}
	for _, s := range memory.Statuses {
		j.Counts[s] = r.Counts[s]
	}
	for _, k := range conflicts.FindingKinds {
		j.Findings[k] = r.Findings[k]
	}
	if !r.Suppressions.NextEnd.IsZero() {
		j.Suppressions.NextEnd = r.Suppressions.NextEnd.Format(memory.Day)
	}
	return j
}

func newCaseJSON(c *memory.Case) caseJSON {
	j := caseJSON{ID: c.ID, Aliases: append([]string{}, c.Aliases...), Status: c.Status, Reason: c.Reason, Class: c.Class, Address: c.Address(),
		FirstSeen: c.FirstSeen, LastSeen: c.LastSeen, Owners: []ownerJSON{}}
	if !c.ResolvedAt.IsZero() {
		j.Resolved = &c.ResolvedAt
	}
	if s := c.Cover; s != nil {
		j.Suppression = &suppressionJSON{Until: "never", Reason: s.Reason, By: s.By, Broken: s.Broken}
		if !s.Until.IsZero() {
			j.Suppression.Until = s.Until.Format(memory.Day)
		}
	}
	for _, o := range c.Owners {
		j.Owners = append(j.Owners, ownerJSON{o.GUID.String(), o.DN, append([]string{}, o.Values...)})
	}
	return j
}
