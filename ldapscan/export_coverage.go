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
	ends       []nameEnd                      // so that most names need not be taken apart
}

// A nameEnd is how names in a partition end.
type nameEnd struct {
	text string // a comma and DC parts, as written
	row  *conflicts.Coverage
}

// maxEnds bounds the time that is spent on names that end in none.
const maxEnds = 32

func newCoverage(export string) *coverage {
	return &coverage{export: export, partitions: map[string]*conflicts.Coverage{}}
}

// of returns the row of the partition that holds an object, or of the whole file if its
// name does not tell the partition.
func (c *coverage) of(dn []byte) *conflicts.Coverage {
	for _, end := range c.ends {
		if n := len(dn) - len(end.text); n > 0 && string(dn[n:]) == end.text && inside(dn[:n]) {
			return end.row
		}
	}
	partition := conflicts.Partition(string(dn))
	if partition == "" {
		return c.row(c.export)
	}
	row := c.row(partition)
	if partition[0]|0x20 == 'd' && len(c.ends) < maxEnds && !slices.ContainsFunc(c.ends, func(e nameEnd) bool { return e.text[1:] == partition }) {
		c.ends = append(c.ends, nameEnd{"," + partition, row})
	}
	return row
}

// inside reports whether the part of a name before a comma and DC parts ends in an RDN
// that surely begins no other partition. That is so for nearly every object.
func inside(name []byte) bool {
	rdn := name[bytes.LastIndexByte(name, ',')+1:]
	if before := len(name) - len(rdn) - 2; before >= 0 && name[before] == '\\' || name[len(name)-1] == '\\' || len(rdn) <= len("OU=") {
		return false // a comma is escaped, or may be
	}
	kind, first := rdn[:len("CN=")], rdn[len("CN=")]|0x20
	if bytes.EqualFold(kind, []byte("CN=")) {
		return 'd' <= first && first <= 'z' // not CN=Configuration
	}
	return bytes.EqualFold(kind, []byte("OU="))
}

// row returns the row of a partition. If its name is written in several ways, the least
// counts, whatever their order in the file.
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

// add adds the counts of another goroutine for the same export.
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
