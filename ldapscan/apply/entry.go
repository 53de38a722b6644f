package apply

import (
	"bytes"
	"encoding/json"
	"time"

	"proxyaddr/conflicts"
)

// format is the version of the journal's format.
const format = 1

// An entry is a line of a journal, a JSON object. Each run begins with an entry of the
// kind begin, resume or undo, which names the account and the program. After begin come
// the entries of the kind change: the plan. From then on every change has an intent
// before it is sent, and afterwards done, failed or by_another. Done means that the
// change was made and confirmed by reading. Otherwise the server refused it, and the
// object is unchanged (failed) or somebody else changed it (by_another).
type entry struct {
	Record kind      `json:"record"`
	Time   time.Time `json:"time,omitzero"`

	Format int `json:"journal_version,omitempty"`
	*Head
	Changes int `json:"changes,omitempty"` // how many entries of the plan follow

	GUID     string `json:"guid,omitempty"`
	DN       string `json:"dn,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Restores bool   `json:"restores,omitempty"`
	Edits    []edit `json:"edits,omitempty"`
	Problem  string `json:"problem,omitempty"`
}

type kind string

const (
	begin   kind = "apply"
	change  kind = "change"
	resume  kind = "resume"
	undo    kind = "undo"
	intent  kind = "intent"
	done    kind = "done"
	failed  kind = "failed"
	another kind = "by_another"
)

// A Head describes a run.
type Head struct {
	Version string   `json:"version"` // of the program
	Files   []File   `json:"files,omitempty"`
	Servers []Server `json:"servers"`
}

// A File is a file from which fix records were read.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // in hexadecimal
}

// A Server is the domain controller to which all changes of a partition go.
type Server struct {
	Partition string `json:"partition"`
	URL       string `json:"url"`
	Host      string `json:"host"`
	Identity  string `json:"identity"`
}

type edit struct {
	Attribute string   `json:"attribute"`
	Delete    []string `json:"delete,omitempty"`
	Add       []string `json:"add,omitempty"`
}

// newEntry returns an entry about a fix record.
func newEntry(k kind, a *conflicts.FixRecord) *entry {
	e := &entry{Record: k, GUID: a.GUID.String(), DN: a.DN, File: a.File, Line: a.Line, Restores: a.Restores}
	for _, x := range a.Attributes {
		e.Edits = append(e.Edits, edit(x))
	}
	return e
}

// result returns an entry with the outcome of an intent.
func result(k kind, a *conflicts.FixRecord, problem string) *entry {
	return &entry{Record: k, GUID: a.GUID.String(), DN: a.DN, Problem: problem}
}

func (e *entry) fixRecord() (conflicts.FixRecord, error) {
	a := conflicts.FixRecord{File: e.File, Line: e.Line, DN: e.DN, Restores: e.Restores}
	for _, x := range e.Edits {
		a.Attributes = append(a.Attributes, conflicts.AttributeFix(x))
	}
	var err error
	a.GUID, err = conflicts.ParseGUID(e.GUID)
	return a, err
}

func (e *entry) append(b *bytes.Buffer) error {
	out := json.NewEncoder(b)
	out.SetEscapeHTML(false)
	return out.Encode(e)
}
