package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// VerifyTable writes a line for each verdict: the status, where the record stands,
// the object, and why. On a terminal that is too narrow for that, it takes several.
func VerifyTable(w io.Writer, verdicts []conflicts.Verdict, opts TableOptions) error {
	t := newRecordTable(w, opts)
	for i := range verdicts {
		v := &verdicts[i]
		place := fmt.Sprintf("%-8s %s:%d", v.Status, v.Record.File, v.Record.Line)
		because := strings.Join(slices.Concat(v.Reasons, v.Notes), "; ")
		text := place + "  " + v.Record.DN
		if because != "" {
			text += ": " + because
		}
		style := plain
		switch v.Status {
		case conflicts.Stale, conflicts.Denied, conflicts.Unknown:
			style = alarm
		}
		if text = words.Escape(text); t.width == 0 || words.Columns(text) <= t.width {
			t.put("", text, style)
			continue
		}
		t.line("", place, style)
		t.dn(indent, v.Record.DN)
		if because != "" {
			t.paragraph(indent, because, plain)
		}
	}
	return t.out.Flush()
}

// StatusCounts says in one line how many verdicts there are of each status.
func StatusCounts(verdicts []conflicts.Verdict) string {
	counts := countStatuses(verdicts)
	var parts []string
	for _, s := range conflicts.FixStatuses {
		if n := counts[s]; n > 0 {
			parts = append(parts, words.Number(n)+" "+string(s))
		}
	}
	if len(parts) == 0 {
		return "no records"
	}
	return words.Quantity(len(verdicts), "record") + ": " + strings.Join(parts, ", ")
}

func countStatuses(verdicts []conflicts.Verdict) map[conflicts.FixStatus]int {
	counts := map[conflicts.FixStatus]int{}
	for _, s := range conflicts.FixStatuses {
		counts[s] = 0
	}
	for i := range verdicts {
		counts[verdicts[i].Status]++
	}
	return counts
}

type verifyJSON struct {
	jsonRecord
	Kind              documentKind                `json:"kind"`
	SchemaVersion     int                         `json:"schema_version"`
	Complete          bool                        `json:"complete"`
	IncompleteReasons []text                      `json:"incomplete_reasons"`
	Notes             []text                      `json:"notes"`
	Counts            map[conflicts.FixStatus]int `json:"counts"`
}

type verdictJSON struct {
	jsonRecord
	File    text                `json:"file"`
	Line    int                 `json:"line"`
	DN      text                `json:"dn"`
	GUID    string              `json:"guid"`
	State   conflicts.FixStatus `json:"state"`
	Reasons []text              `json:"reasons"`
	Notes   []text              `json:"notes"`
	// Object is as it is now, null if it was not found.
	Object   *presentJSON      `json:"object"`
	Restores bool              `json:"restores"`
	Edits    []editJSON        `json:"edits"`
	Changed  *bool             `json:"changed,omitempty"` // of an [Application]
	Base64   map[string][]byte `json:"base64,omitempty"`
}

type presentJSON struct {
	DN      text   `json:"dn"`
	GUID    string `json:"guid"`
	Name    text   `json:"name"`
	Kind    text   `json:"kind"`
	Deleted bool   `json:"deleted"`
	// Writable are the attributes that the account may write, null if that is not
	// known.
	Writable []string          `json:"writable"`
	Base64   map[string][]byte `json:"base64,omitempty"`
}

type editJSON struct {
	Attribute string      `json:"attribute"`
	Delete    []valueJSON `json:"delete"`
	Add       []valueJSON `json:"add"`
}

type valueJSON struct {
	Value  text              `json:"value"`
	Base64 map[string][]byte `json:"base64,omitempty"`
}

func newVerifyJSON(verdicts []conflicts.Verdict, problem string, notes []string) *verifyJSON {
	return &verifyJSON{Kind: verifyDocument, SchemaVersion: schemaVersion, Complete: problem == "", IncompleteReasons: reasons(problem),
		Notes: texts(notes), Counts: countStatuses(verdicts)}
}

// reasons are those of a document that is incomplete because of one problem, or
// complete if it is empty.
func reasons(problem string) []text {
	if problem == "" {
		return []text{}
	}
	return []text{newText(problem)}
}

func newVerdictJSON(v *conflicts.Verdict) *verdictJSON {
	a := v.Record
	j := &verdictJSON{File: newText(a.File), Line: a.Line, DN: newText(a.DN), GUID: a.GUID.String(), State: v.Status, Reasons: texts(v.Reasons),
		Notes: texts(v.Notes), Restores: a.Restores, Edits: make([]editJSON, len(a.Attributes)), Base64: exact("dn", a.DN)}
	if o := v.Object; o != nil {
		j.Object = &presentJSON{newText(o.DN), o.GUID.String(), newText(o.Name()), newText(o.Kind()), o.Deleted, nil, exact("dn", o.DN, "name", o.Name())}
		if o.Rights != nil {
			j.Object.Writable = append([]string{}, o.Rights.Writable...)
		}
	}
	for i, e := range a.Attributes {
		j.Edits[i] = editJSON{e.Attribute, newValuesJSON(e.Delete), newValuesJSON(e.Add)}
	}
	return j
}

func newValuesJSON(values []string) []valueJSON {
	list := make([]valueJSON, len(values))
	for i, v := range values {
		list[i] = valueJSON{newText(v), exact("value", v)}
	}
	return list
}

// VerifyJSON writes the verdicts as one document, in the manner of [JSON]. problem
// is why not everything could be read, or empty; notes are what could not be seen.
func VerifyJSON(w io.Writer, verdicts []conflicts.Verdict, problem string, notes []string) error {
	return writeJSON(w, newVerifyJSON(verdicts, problem, notes), verifyLists(verdicts))
}

// VerifyJSONL writes them as one JSON object a line, in the manner of [JSONL]: the
// first line has the counts.
func VerifyJSONL(w io.Writer, verdicts []conflicts.Verdict, problem string, notes []string) error {
	return writeJSONL(w, string(verifyDocument), newVerifyJSON(verdicts, problem, notes), verifyLists(verdicts))
}

func verifyLists(verdicts []conflicts.Verdict) []jsonList {
	return []jsonList{listOf("records", "verdict", verdicts, newVerdictJSON)}
}
