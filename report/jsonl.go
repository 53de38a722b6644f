package report

import (
	"io"

	"proxyaddr/conflicts"
)

// JSONL writes the audit as one JSON object a line. Each has the fields that it
// has in [JSON], and "record" says what it is: the first line is the audit with
// its scope, completeness and counts, and an event, conflict, change or finding each
// follows. The counts tell whether lines are missing at the end.
func JSONL(w io.Writer, a *conflicts.Audit) error {
	e := newJSONEncoder(w, "")
	audit := newAuditJSON(a)
	audit.Record = "audit"
	e.line(audit)
	for i := range a.Events {
		in := newEventJSON(a, &a.Events[i])
		in.Record = "event"
		e.line(in)
	}
	for i := range a.Conflicts {
		c := newConflictJSON(&a.Conflicts[i])
		c.Record = "conflict"
		e.line(c)
	}
	for i := range a.Changes {
		c := newChangeJSON(&a.Changes[i])
		c.Record = "change"
		e.line(c)
	}
	for i := range a.Findings {
		f := newFindingJSON(&a.Findings[i])
		f.Record = "finding"
		e.line(f)
	}
	return e.flush()
}
