package ldapscan

import (
	"fmt"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// lacks says in sentences what an export does not have, as far as it shows that. A list of accepted
// domains lacks nothing.
func (x *Export) lacks(total *exportSweep) (notes []string) {
	note := func(format string, args ...any) { notes = append(notes, x.name+": "+fmt.Sprintf(format, args...)) }
	rows := total.rows.list()
	recipients := slices.ContainsFunc(rows, func(c conflicts.Coverage) bool { return c.Objects+c.Deleted > 0 })
	if recipients || x.table == nil {
		note("an export; what it leaves out cannot be seen")
	}
	if !recipients {
		return notes
	}
	const so = "addresses there are not compared, and one that looks free may be taken"
	var missing []string // from a table, for certain
	if x.table != nil {
		missing = slices.Clone(x.table.Lacks)
		if !total.has[deletedField] {
			missing = append(missing, "deleted objects")
		}
		if !x.table.Cloud && !slices.ContainsFunc(rows, func(c conflicts.Coverage) bool { return isConfiguration(c.Partition) }) {
			missing = append(missing, "the Configuration partition")
		}
	}
	if len(missing) > 0 {
		note("a table without %s: %s", conflicts.Enumerate(missing, "and"), so)
	}
	var empty []string
	for _, f := range x.expected(rows) {
		if name := fieldNames[f]; !total.has[f] && !slices.Contains(missing, name) {
			empty = append(empty, name)
		}
	}
	if len(empty) > 0 {
		note("no object in it has %s: if the export left that out, %s", conflicts.Enumerate(empty, "or"), so)
	}
	unnamed := 0 // a note of the table tells of them
	if x.table != nil {
		unnamed = x.table.Unnamed
	}
	if total.nameless > unnamed {
		note("some objects have no objectGUID, so only their names tell them apart, in fix files too: export objectGUID")
	}
	return notes
}

// expected are the attributes that some object has in nearly every directory with recipients. The
// columns of a table tell that it should have targetAddress too.
func (x *Export) expected(rows []conflicts.Coverage) []field {
	switch {
	case x.table != nil:
		return []field{mailField, upnField, targetField, legacyField}
	case slices.ContainsFunc(rows, func(c conflicts.Coverage) bool { return c.Values > 0 && conflicts.DomainPartition(c.Partition) }):
		return []field{mailField, upnField, legacyField}
	}
	return nil
}

// isConfiguration reports whether a partition is that of the configuration of a forest.
func isConfiguration(partition string) bool {
	const rdn = "CN=Configuration,"
	return len(partition) > len(rdn) && strings.EqualFold(partition[:len(rdn)], rdn)
}
