package ldapscan

import (
	"bytes"
	"strings"

	"proxyaddr/conflicts"
)

// configurations are those to which the mailboxes of each partition of an export belong, as
// their stores are named (homeMDB): they lie in the configuration of their forest.
type configurations map[*conflicts.Coverage]map[string]bool

var configurationName = []byte("CN=Configuration,")

// add notes the store of an object in a partition.
func (c configurations) add(partition *conflicts.Coverage, store []byte) {
	at := bytes.LastIndex(store, configurationName)
	if at < 0 {
		return
	}
	if name := store[at:]; !c[partition][string(name)] {
		if c[partition] == nil {
			c[partition] = map[string]bool{}
		}
		c[partition][string(name)] = true
	}
}

// A forestIndex has the names of the forests to which partitions belong, by the names of the
// partitions in lower case. What cannot be told is left out.
type forestIndex struct {
	names   map[string]string
	several bool
}

// of returns the forest of an object, if there are several forests.
func (x forestIndex) of(o *conflicts.Object) string {
	if !x.several {
		return ""
	}
	return x.name(o)
}

// name returns the forest of an object, also if it is the only one.
func (x forestIndex) name(o *conflicts.Object) string { return x.names[strings.ToLower(o.Partition)] }

// forests tells the forests apart. A domain without mailboxes belongs to the forest in whose root
// its name ends.
func (s *exportSweep) forests() forestIndex {
	names, roots := map[string]map[string]bool{}, map[string]bool{}
	for row, stores := range s.stores {
		key := strings.ToLower(row.Partition)
		if names[key] == nil {
			names[key] = map[string]bool{}
		}
		for name := range stores {
			root := conflicts.Domain(name)
			names[key][root], roots[root] = true, true
		}
	}
	for partition := range s.rows.partitions {
		if !conflicts.DomainPartition(partition) && strings.HasPrefix(partition, "cn=configuration") {
			roots[conflicts.Domain(partition)] = true
		}
	}
	forests := forestIndex{map[string]string{}, len(roots) > 1}
	for partition := range s.rows.partitions {
		forest := ""
		switch known := names[partition]; len(known) {
		case 0:
			forest = conflicts.Domain(partition)
			for forest != "" && !roots[forest] {
				_, forest, _ = strings.Cut(forest, ".")
			}
		case 1:
			for forest = range known {
			}
		}
		if forest != "" {
			forests.names[partition] = forest
		}
	}
	return forests
}
