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
	return writeJSONL(w, "audit", newAuditJSON(a), auditLists(a))
}
