package report

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// The other CSV outputs are as [CSV] describes: their last row is about the run, and
// complete stands in every row.

// CheckCSV writes a row for each owner of each address, or one for an address without
// owners. problem is why not everything could be read, or empty.
func CheckCSV(w io.Writer, list []conflicts.Availability, problem string) error {
	rows := newCSVRows(w)
	complete := strconv.FormatBool(problem == "")
	rows.write("address", "state", "next", "role", "name", "kind", "dn", "guid", "attribute", "value", "also", "complete")
	for i := range list {
		a := &list[i]
		for n := range a.Owners {
			o := &a.Owners[n]
			rows.write(a.Address.Raw, a.Status(), a.Next.Raw, ownerRole(o), o.Name(), o.Kind(), o.DN, o.GUID.String(),
				o.Claims[0].Attribute.String(), o.Claims[0].Value, values(o.Claims[1:]), complete)
		}
		if len(a.Owners) == 0 {
			rows.write(a.Address.Raw, a.Status(), "", "", "", "", "", "", "", "", "", complete)
		}
	}
	rows.write("", string(checkDocument), "", "", "", "", "", "", "", summary(words.Quantity(len(list), "address"), "incomplete", problem), "", complete)
	return rows.flush()
}

// VerifyCSV writes a row for each record. problem is why not everything could be
// read, or empty.
func VerifyCSV(w io.Writer, verdicts []conflicts.Verdict, problem string) error {
	rows := newCSVRows(w)
	complete := strconv.FormatBool(problem == "")
	rows.write(slices.Concat(verdictColumns, []string{"complete"})...)
	for i := range verdicts {
		rows.write(append(verdictCells(&verdicts[i]), complete)...)
	}
	rows.write("", "", "", "", "", "", string(verifyDocument), "", "", summary(StatusCounts(verdicts), "incomplete", problem), "", complete)
	return rows.flush()
}

// ApplyCSV writes a row for each record that was compared with the directory before
// the first change.
func ApplyCSV(w io.Writer, a *Application) error {
	rows := newCSVRows(w)
	complete := strconv.FormatBool(a.Problem == "")
	rows.write(slices.Concat(verdictColumns, []string{"changed", "complete"})...)
	for i := range a.Verdicts {
		v := &a.Verdicts[i]
		rows.write(append(verdictCells(v), strconv.FormatBool(a.changed(v)), complete)...)
	}
	about := summary(StatusCounts(a.Verdicts), "incomplete", a.Problem)
	if s := a.Stopped; s != nil {
		about = summary(about, "stopped", s.Problem)
	}
	rows.write("", "", "", "", "", "", string(applyDocument), "", "", about, "", strconv.Itoa(len(a.Changed)), complete)
	return rows.flush()
}

var verdictColumns = []string{"file", "line", "dn", "guid", "name", "kind", "state", "delete", "add", "reasons", "notes"}

func verdictCells(v *conflicts.Verdict) []string {
	a := v.Record
	var name, kind string
	if v.Object != nil {
		name, kind = v.Object.Name(), v.Object.Kind()
	}
	var deleted, added []string
	for _, e := range a.Attributes {
		for _, value := range e.Delete {
			deleted = append(deleted, e.Attribute+": "+value)
		}
		for _, value := range e.Add {
			added = append(added, e.Attribute+": "+value)
		}
	}
	return []string{a.File, strconv.Itoa(a.Line), a.DN, a.GUID.String(), name, kind, string(v.Status),
		strings.Join(deleted, "; "), strings.Join(added, "; "), strings.Join(v.Reasons, "; "), strings.Join(v.Notes, "; ")}
}

// FixCSV writes a row for each change that reviewers approved, and one for each
// conflict that they left. The audit has a Review.
func FixCSV(w io.Writer, a *conflicts.Audit) error {
	rows := newCSVRows(w)
	complete := strconv.FormatBool(a.Complete())
	rows.write("decision", "conflict", "class", "address", "name", "dn", "guid", "attribute", "old", "new", "risk", "risk_reason", "comments", "complete")
	class := map[conflicts.Key]conflicts.Class{}
	for i := range a.Conflicts {
		class[a.Conflicts[i].Key] = a.Conflicts[i].Class
	}
	for i := range a.Proposals {
		p := &a.Proposals[i]
		for n := range a.Changes[p.First : p.First+p.Count] {
			c := &a.Changes[int(p.First)+n]
			rows.write(p.Reply.Decision.String(), c.Conflict, string(class[c.Key]), c.Key.Address(), c.Object.Name(), c.Object.DN, c.Object.GUID.String(),
				c.Attribute.String(), c.Old, c.New, c.Risk.String(), c.RiskReason(), p.Reply.Comment, complete)
		}
	}
	for _, l := range a.Review.Left {
		rows.write(l.Decision.String(), l.Conflict.ID, string(l.Conflict.Class), l.Conflict.Key.Address(), "", "", "", "", "", "", "", "",
			strings.Join(l.Comments, "; "), complete)
	}
	rows.write(string(fixDocument), "", "", "", "", "", "", "", "", "", "", "", words.Completeness(a), complete)
	return rows.flush()
}

// summary adds a problem, if there is one, to what the row about a run says.
func summary(about, word, problem string) string {
	if problem == "" {
		return about
	}
	return about + "; " + word + ": " + problem
}

func values(claims []conflicts.Claim) string {
	var list []string
	for _, c := range claims {
		list = append(list, c.Attribute.String()+": "+c.Value)
	}
	return strings.Join(list, "; ")
}
