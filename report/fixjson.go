package report

import (
	"io"

	"proxyaddr/conflicts"
)

type fixJSON struct {
	jsonRecord
	Kind              documentKind  `json:"kind"`
	SchemaVersion     int           `json:"schema_version"`
	Version           text          `json:"version"`
	Complete          bool          `json:"complete"`
	IncompleteReasons []text        `json:"incomplete_reasons"`
	Notes             []text        `json:"notes"`
	Workbook          text          `json:"workbook"`
	WorkbookSHA256    string        `json:"workbook_sha256"`
	ScanSHA256        string        `json:"scan_sha256"`
	Directory         text          `json:"directory"`
	Files             []text        `json:"files"`
	Counts            fixCountsJSON `json:"counts"`
}

type fixCountsJSON struct {
	Proposed   int `json:"proposed"`
	Approved   int `json:"approved"`
	Rejected   int `json:"rejected"`
	Deferred   int `json:"deferred"`
	NotDecided int `json:"not_decided"`
}

type leftJSON struct {
	jsonRecord
	Conflict string            `json:"conflict"`
	Class    conflicts.Class   `json:"class"`
	Type     text              `json:"type"`
	Address  text              `json:"address"`
	Decision string            `json:"decision"`
	Comments []text            `json:"comments"`
	Base64   map[string][]byte `json:"base64,omitempty"`
}

// FixJSON writes what reviewers approved and what they left, in the manner of [JSON]:
// of an audit with a Review, for which files of these names were written to a directory.
func FixJSON(w io.Writer, a *conflicts.Audit, directory string, names []string) error {
	return writeJSON(w, newFixJSON(a, directory, names), fixLists(a))
}

// FixJSONL writes the same as one JSON object a line, in the manner of [JSONL].
func FixJSONL(w io.Writer, a *conflicts.Audit, directory string, names []string) error {
	return writeJSONL(w, string(fixDocument), newFixJSON(a, directory, names), fixLists(a))
}

func fixLists(a *conflicts.Audit) []jsonList {
	return []jsonList{changesJSON(a.Changes), listOf("left", "left", a.Review.Left, newLeftJSON)}
}

func newFixJSON(a *conflicts.Audit, directory string, names []string) *fixJSON {
	r := a.Review
	return &fixJSON{
		Kind: fixDocument, SchemaVersion: schemaVersion, Version: newText(a.Version),
		Complete: a.Complete(), IncompleteReasons: texts(a.Problems), Notes: texts(a.Notes),
		Workbook: newText(r.Workbook), WorkbookSHA256: r.WorkbookSum, ScanSHA256: r.ScanSum,
		Directory: newText(directory), Files: texts(names),
		Counts: fixCountsJSON{r.Proposed, len(a.Proposals), r.Count(conflicts.Rejected), r.Count(conflicts.Deferred), r.Count(conflicts.Undecided)},
	}
}

func newLeftJSON(l *conflicts.Left) *leftJSON {
	c := l.Conflict
	return &leftJSON{Conflict: c.ID, Class: c.Class, Type: newText(c.Key.Type()), Address: newText(c.Key.Address()), Decision: l.Decision.String(),
		Comments: texts(l.Comments), Base64: exact("address", c.Key.Address())}
}
