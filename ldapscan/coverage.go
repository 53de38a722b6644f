package ldapscan

import (
	"bytes"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// coverage counts what an export holds of each partition.
type coverage struct {
	export     string
	partitions map[string]*conflicts.Coverage // by the name in lower case
	parents    map[string]*conflicts.Coverage // by the name of a container
}

// maxParents bounds the memory for containers of objects.
const maxParents = 10_000

func newCoverage(export string) *coverage {
	return &coverage{export: export, partitions: map[string]*conflicts.Coverage{}, parents: map[string]*conflicts.Coverage{}}
}

// of returns the row of the partition that holds an object, or of the whole file
// where its name does not tell. What stands in a container below the head of a
// partition lies in that partition, so that most names need not be taken apart.
func (c *coverage) of(dn []byte) *conflicts.Coverage {
	parent := bytes.TrimLeft(parentOf(dn), " ")
	if row := c.parents[string(parent)]; row != nil {
		return row
	}
	partition := conflicts.Partition(string(dn))
	below := len(parent) > len(partition)
	if partition == "" {
		partition = c.export
	}
	row := c.row(partition)
	if below {
		if len(c.parents) == maxParents {
			clear(c.parents)
		}
		c.parents[string(parent)] = row
	}
	return row
}

// row returns the row of a partition. Of the ways in which its name is written
// the least counts, wherever in the file it stands.
func (c *coverage) row(partition string) *conflicts.Coverage {
	key := strings.ToLower(partition)
	row := c.partitions[key]
	if row == nil {
		row = &conflicts.Coverage{}
		c.partitions[key] = row
	}
	least(&row.Partition, partition)
	return row
}

// add takes in what another goroutine counted of the same export.
func (c *coverage) add(other *coverage) {
	for _, o := range other.partitions {
		row := c.row(o.Partition)
		row.Objects += o.Objects
		row.Values += o.Values
		row.Deleted += o.Deleted
		least(&row.Problem, o.Problem)
	}
}

// holds reports whether a record of a partition was seen, named by its DNKey.
func (c *coverage) holds(partition string) bool {
	for name := range c.partitions {
		if conflicts.DNKey(name) == partition {
			return true
		}
	}
	return false
}

// list returns the rows in the order of their names.
func (c *coverage) list() (rows []conflicts.Coverage) {
	for _, row := range c.partitions {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b conflicts.Coverage) int { return strings.Compare(a.Partition, b.Partition) })
	return rows
}

// least sets s to the lesser of it and another string, where they are not empty.
func least(s *string, other string) {
	if *s == "" || other != "" && other < *s {
		*s = other
	}
}

// parentOf returns what stands behind the first comma of a name that is not
// escaped.
func parentOf(dn []byte) []byte {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			return dn[i+1:]
		}
	}
	return nil
}
