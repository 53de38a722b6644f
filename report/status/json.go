package status

import (
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
	"proxyaddr/report/words"
)

// schemaVersion is the version of all JSON documents, see docs/output.md.
const schemaVersion = 2

type document struct {
	Kind          string `json:"kind"`
	SchemaVersion int    `json:"schema_version"`
	Version       string `json:"version"`
	Level         string `json:"level"` // in lower case
	Message       string `json:"message"`
	// The other fields are missing without a state.
	LastRun      *runJSON   `json:"last_run,omitempty"`
	LastComplete *time.Time `json:"last_complete,omitempty"`
	// Conflicts are all remembered ones.
	Conflicts []caseJSON `json:"conflicts,omitzero"`
}

type runJSON struct {
	Number            int                           `json:"number"`
	Time              time.Time                     `json:"time"`
	DurationMS        int64                         `json:"duration_ms"`
	Version           string                        `json:"version"`
	Account           string                        `json:"account"`
	Complete          bool                          `json:"complete"`
	IncompleteReasons []string                      `json:"incomplete_reasons"`
	Baseline          bool                          `json:"baseline"`
	Incremental       bool                          `json:"incremental"`
	ExitCode          int                           `json:"exit_code"`
	Counts            map[memory.Status]int         `json:"counts"`
	Findings          map[conflicts.FindingKind]int `json:"findings"`
	Suppressions      suppressionsJSON              `json:"suppressions"`
}

type suppressionsJSON struct {
	Active    int    `json:"active"`
	Expired   int    `json:"expired"`
	Unmatched int    `json:"unmatched"`
	NextEnd   string `json:"next_end,omitempty"`
}

type caseJSON struct {
	ID          string            `json:"id"`
	Aliases     []string          `json:"aliases"`
	Status      memory.Status     `json:"status"`
	Reason      memory.Reason     `json:"reason"`
	Class       conflicts.Class   `json:"class"`
	Address     string            `json:"address"`
	FirstSeen   time.Time         `json:"first_seen"`
	LastSeen    time.Time         `json:"last_seen"`
	Resolved    *time.Time        `json:"resolved,omitempty"`
	Suppression *suppressionJSON  `json:"suppression,omitempty"`
	Owners      []ownerJSON       `json:"owners"`
	Base64      map[string][]byte `json:"base64,omitempty"`
}

type suppressionJSON struct {
	Until  string `json:"until"` // a date, or never
	Reason string `json:"reason"`
	By     string `json:"by"`
	Broken bool   `json:"broken"`
}

type ownerJSON struct {
	GUID   string            `json:"guid"`
	DN     string            `json:"dn"`
	Values []valueJSON       `json:"values"`
	Base64 map[string][]byte `json:"base64,omitempty"`
}

type valueJSON struct {
	Value  string            `json:"value"`
	Base64 map[string][]byte `json:"base64,omitempty"`
}

// exact returns a string as JSON can hold it. If JSON cannot hold it exactly, it also returns the
// exact bytes under the name of the field.
func exact(name, s string) (string, map[string][]byte) {
	if utf8.ValidString(s) {
		return s, nil
	}
	return words.Escape(s), map[string][]byte{name: []byte(s)}
}

// JSON writes the report as one document that follows docs/output.schema.json.
func (r *Report) JSON(w io.Writer) error {
	level, why := r.Level()
	d := &document{Kind: "status", SchemaVersion: schemaVersion, Version: r.Version, Level: strings.ToLower(level.String()), Message: why}
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

// write writes a document, with invisible characters as escapes.
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
		Complete: r.Complete, Baseline: r.Baseline, Incremental: r.Incremental, ExitCode: r.ExitCode, IncompleteReasons: make([]string, len(r.Problems)),
		Counts: map[memory.Status]int{}, Findings: map[conflicts.FindingKind]int{},
		Suppressions: suppressionsJSON{Active: r.Suppressions.Active, Expired: r.Suppressions.Expired, Unmatched: r.Suppressions.Unmatched}}
	for i, p := range r.Problems {
		j.IncompleteReasons[i], _ = exact("", p)
	}
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
	j := caseJSON{ID: c.ID, Aliases: append([]string{}, c.Aliases...), Status: c.Status, Reason: c.Reason, Class: c.Class,
		FirstSeen: c.FirstSeen, LastSeen: c.LastSeen, Owners: make([]ownerJSON, len(c.Owners))}
	j.Address, j.Base64 = exact("address", c.Address())
	if !c.ResolvedAt.IsZero() {
		j.Resolved = &c.ResolvedAt
	}
	if s := c.Cover; s != nil {
		j.Suppression = &suppressionJSON{Until: "never", Reason: s.Reason, By: s.By, Broken: s.Broken}
		if !s.Until.IsZero() {
			j.Suppression.Until = s.Until.Format(memory.Day)
		}
	}
	for i, o := range c.Owners {
		owner := ownerJSON{GUID: o.GUID.String(), Values: make([]valueJSON, len(o.Values))}
		owner.DN, owner.Base64 = exact("dn", o.DN)
		for n, v := range o.Values {
			owner.Values[n].Value, owner.Values[n].Base64 = exact("value", v)
		}
		j.Owners[i] = owner
	}
	return j
}
