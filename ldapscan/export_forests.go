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

// forests returns the names of the forests to which partitions belong, by the names of the
// partitions in lower case, if there are several forests. A domain without mailboxes belongs to the
// forest in whose root its name ends. What cannot be told is left out.
func (s *exportSweep) forests() map[string]string {
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
	if len(roots) < 2 {
		return nil
	}
	forests := map[string]string{}
	for partition := range s.rows.partitions {
		domain, forest := conflicts.Domain(partition), ""
		switch known := names[partition]; len(known) {
		case 0:
			for root := range roots {
				if strings.HasSuffix("."+domain, "."+root) && len(root) > len(forest) {
					forest = root
				}
			}
		case 1:
			for forest = range known {
			}
		}
		if forest != "" {
			forests[partition] = forest
		}
	}
	return forests
}
