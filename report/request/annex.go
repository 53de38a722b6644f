package request

import (
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// annex has the causes, and what was read by whom.
func (d *document) annex() {
	d.linef("## Annex\n")
	d.policies()
	d.causes()
	d.linef("- %s.", words.BriefCompleteness(d.a))
	for _, p := range d.a.Problems {
		d.linef("- **Not read:** %s", inert(p))
	}
	if r := d.a.Remembered; r != nil {
		d.linef("- %s %s.", words.Compared(r), r.Summary)
	}
	for _, f := range words.Scope(d.a) {
		if f.Name == "Partition" || f.Name == "Reported" && len(d.a.Scope.Base) == 0 {
			continue // the sum is above, and all is reported
		}
		values := make([]string, len(f.Values))
		for i, v := range f.Values {
			values[i] = span(v)
			if f.Name == "Note" {
				values[i] = inert(v)
			}
		}
		d.linef("- %s: %s", f.Name, strings.Join(values, ", "))
	}
}

// policies has the commands that keep Exchange from undoing the changes.
func (d *document) policies() {
	commands := d.policyCommands()
	if len(d.plan.rows) == 0 || len(commands) == 0 {
		return
	}
	d.linef("In the Exchange Management Shell, for the objects that change and are under an address policy:\n\n    %s\n", strings.Join(commands[:min(len(commands), words.Listed)], "\n    "))
	if n := len(commands) - words.Listed; n > 0 {
		d.linef("These are the first %s of %s commands.\n", words.Number(words.Listed), words.Number(len(commands)))
	}
}

// causes counts how the conflicts came about.
func (d *document) causes() {
	if len(d.a.Conflicts) == 0 {
		return
	}
	counts := make(map[conflicts.CauseKind]int)
	for i := range d.a.Conflicts {
		counts[d.a.Conflicts[i].Cause.Kind]++
	}
	d.linef("| Likely cause | Conflicts |\n|---|---:|")
	known := 0
	for _, k := range conflicts.CauseKinds {
		if n := counts[k]; n > 0 {
			known += n
			d.linef("| %s | %s |", inert(words.Capital(k.Title())), words.Number(n))
		}
	}
	if n := len(d.a.Conflicts) - known; n > 0 {
		d.linef("| Unknown | %s |", words.Number(n))
	}
	d.linef("\nReplication stamps cover an object's whole address list, not single addresses, so causes are inferred.\n")
}
