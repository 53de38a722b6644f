package report

import (
	"io"

	"proxyaddr/conflicts"
)

// An Application is what came of applying fix files, or of taking them back. It is
// plain data.
type Application struct {
	Version string // of the program
	// Undo says that changes are taken back.
	Undo bool
	// Journal is the name of the journal, empty if there is none.
	Journal string
	// Servers are the domain controllers that the changes go to.
	Servers []WrittenServer
	// Verdicts are on the records before the first change. Changed has those objects
	// of them that the run is known to have changed.
	Verdicts []conflicts.Verdict
	Changed  map[conflicts.GUID]bool
	// Problem says why not everything could be read, or is empty. Notes are what could
	// not be seen.
	Problem string
	Notes   []string
	// Planned and Left count the objects of the journal, and those that are left to
	// do. ByAnother counts those that somebody else changed.
	Planned, Left, ByAnother int
	// Stopped is nil if the run ended as it was asked to.
	Stopped *Stopped
}

// A WrittenServer is the domain controller to which all changes of a partition go.
type WrittenServer struct{ Partition, URL, Host, Identity string }

// Stopped is why a run ended early. Object and DN are those at which it did, zero
// if it was at none.
type Stopped struct {
	DN      string
	Object  conflicts.GUID
	Problem string
	// Outcome says what became of the change of the object; State the same in a
	// word: "changed", "unchanged" or "unknown".
	Outcome, State string
	Hint           string // may be empty
}

type applyJSON struct {
	jsonRecord
	Kind              documentKind        `json:"kind"`
	SchemaVersion     int                 `json:"schema_version"`
	Version           text                `json:"version"`
	Complete          bool                `json:"complete"`
	IncompleteReasons []text              `json:"incomplete_reasons"`
	Notes             []text              `json:"notes"`
	Action            string              `json:"action"`
	Journal           text                `json:"journal"`
	Servers           []writtenServerJSON `json:"servers"`
	Counts            applyCountsJSON     `json:"counts"`
	Stopped           *stoppedJSON        `json:"stopped,omitempty"`
}

type writtenServerJSON struct {
	Partition text `json:"partition"`
	URL       text `json:"url"`
	Host      text `json:"host"`
	Identity  text `json:"identity"`
}

type applyCountsJSON struct {
	States    map[conflicts.FixStatus]int `json:"states"`
	Planned   int                         `json:"planned"`
	Changed   int                         `json:"changed"`
	Left      int                         `json:"left"`
	ByAnother int                         `json:"by_another"`
}

type stoppedJSON struct {
	DN      text              `json:"dn"`
	GUID    string            `json:"guid"`
	Problem text              `json:"problem"`
	Outcome text              `json:"outcome"`
	State   string            `json:"state"`
	Hint    text              `json:"hint"`
	Base64  map[string][]byte `json:"base64,omitempty"`
}

// ApplyJSON writes an application as one document, in the manner of [JSON].
func ApplyJSON(w io.Writer, a *Application) error {
	return writeJSON(w, newApplyJSON(a), applyLists(a))
}

// ApplyJSONL writes it as one JSON object a line, in the manner of [JSONL].
func ApplyJSONL(w io.Writer, a *Application) error {
	return writeJSONL(w, string(applyDocument), newApplyJSON(a), applyLists(a))
}

func applyLists(a *Application) []jsonList {
	return []jsonList{listOf("records", "verdict", a.Verdicts, func(v *conflicts.Verdict) *verdictJSON { return newAppliedJSON(a, v) })}
}

func newApplyJSON(a *Application) *applyJSON {
	j := &applyJSON{
		Kind: applyDocument, SchemaVersion: schemaVersion, Version: newText(a.Version),
		Complete: a.Problem == "", IncompleteReasons: reasons(a.Problem), Notes: texts(a.Notes),
		Action: "apply", Journal: newText(a.Journal), Servers: make([]writtenServerJSON, len(a.Servers)),
		Counts: applyCountsJSON{countStatuses(a.Verdicts), a.Planned, len(a.Changed), a.Left, a.ByAnother},
	}
	if a.Undo {
		j.Action = "undo"
	}
	for i, s := range a.Servers {
		j.Servers[i] = writtenServerJSON{newText(s.Partition), newText(s.URL), newText(s.Host), newText(s.Identity)}
	}
	if s := a.Stopped; s != nil {
		j.Stopped = &stoppedJSON{newText(s.DN), s.Object.String(), newText(s.Problem), newText(s.Outcome), s.State, newText(s.Hint),
			exact("dn", s.DN, "problem", s.Problem)}
	}
	return j
}

func newAppliedJSON(a *Application, v *conflicts.Verdict) *verdictJSON {
	j := newVerdictJSON(v)
	changed := a.changed(v)
	j.Changed = &changed
	return j
}

func (a *Application) changed(v *conflicts.Verdict) bool { return a.Changed[v.Record.GUID] }
