package ldapscan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"proxyaddr/conflicts"
)

// A partition is a naming context of a forest.
type partition struct {
	dn string
	// domain is the DNS name of the domain whose controllers hold it; empty if the
	// directory does not tell.
	domain string
	kind   partitionKind
	guid   conflicts.GUID // of its head, where that was read
}

// A layout is the partitions of a forest, and those that are read from one server.
type layout struct{ forest, assigned []partition }

type partitionKind string

const (
	domainKind        partitionKind = "domain"
	configurationKind partitionKind = "configuration"
	schemaKind        partitionKind = "schema"
	applicationKind   partitionKind = "application"
	// foreignKind is that of a directory outside the forest, to which a crossRef leads.
	foreignKind partitionKind = "foreign"
	// unknownKind is the kind of a partition that this account cannot tell; it is not
	// read.
	unknownKind partitionKind = ""
)

// kinds are in order of precedence for a partition with several crossRefs, as happens
// when two domain controllers create it: a partition that is read stays one.
var kinds = []partitionKind{domainKind, configurationKind, schemaKind, unknownKind, applicationKind, foreignKind}

// systemFlags of a crossRef object ([MS-ADTS] 6.1.1.2.1.1.1): the naming context is one
// of Active Directory's, it is a domain, or no global catalog has it (application
// partitions only).
const (
	flagNTDSNC              = 1
	flagNTDSDomain          = 2
	flagNTDSNotGCReplicated = 4
)

// maxPartitions is more than a forest can have.
const maxPartitions = 5000

// forestPartitions returns the partitions of the whole forest, wherever they are held, in
// the order of their names: from the crossRef objects in the configuration partition, or,
// where there are none, what the server itself holds. A partition that it holds without a
// crossRef is of unknown kind.
func (d *Directory) forestPartitions(ctx context.Context) ([]partition, error) {
	configuration, schema := d.conn.root().first("configurationnamingcontext"), d.conn.root().first("schemanamingcontext")
	kindOf := func(dn string, otherwise partitionKind) partitionKind {
		switch {
		case sameDN(dn, configuration):
			return configurationKind
		case sameDN(dn, schema):
			return schemaKind
		}
		return otherwise
	}
	var list []partition
	if configuration != "" {
		q := query{base: "CN=Partitions," + configuration, filter: "(objectClass=crossRef)", attributes: []string{"nCName", "dnsRoot", "systemFlags", "Enabled"}, most: maxPartitions}
		err := d.results(ctx, q, func(r result) {
			a := attributes{}
			a.take(r)
			nc := partition{dn: a.first("ncname"), domain: strings.ToLower(a.first("dnsroot"))}
			flags, err := strconv.Atoi(a.first("systemflags"))
			switch {
			case strings.EqualFold(a.first("enabled"), "FALSE"):
				return // made in advance: the partition is not there yet ([MS-ADTS] 6.1.1.2.1.1)
			case err != nil:
				nc.kind = unknownKind
			case flags&flagNTDSNC == 0:
				nc.kind = foreignKind
			case flags&flagNTDSDomain != 0:
				nc.kind = domainKind
			case flags&flagNTDSNotGCReplicated != 0:
				nc.kind = applicationKind
			default:
				nc.kind = kindOf(nc.dn, unknownKind)
			}
			if nc.dn == "" {
				nc.dn, nc.kind = r.dn, unknownKind
			}
			list = append(list, nc)
		})
		if err != nil && !noSuchObject(err) {
			return nil, fmt.Errorf("the list of partitions: %w", err)
		}
		slices.SortFunc(list, func(a, b partition) int {
			return cmp.Or(strings.Compare(conflicts.DNKey(a.dn), conflicts.DNKey(b.dn)), cmp.Compare(slices.Index(kinds, a.kind), slices.Index(kinds, b.kind)),
				strings.Compare(b.domain, a.domain) /* none is last */, strings.Compare(a.dn, b.dn))
		})
		list = slices.CompactFunc(list, func(a, b partition) bool { return sameDN(a.dn, b.dn) })
	}
	d.unlisted = len(list) == 0 && configuration != ""
	listed := list
	for _, dn := range d.conn.root().all("namingcontexts") {
		switch i := slices.IndexFunc(listed, func(p partition) bool { return sameDN(p.dn, dn) }); {
		case len(listed) == 0:
			list = append(list, partition{dn: dn, kind: kindOf(dn, domainKind)})
		case i < 0:
			list = append(list, partition{dn: dn, kind: unknownKind})
		case listed[i].kind == foreignKind:
			list[i].kind = unknownKind // the server holds it, so it is not outside
		}
	}
	slices.SortFunc(list, func(a, b partition) int { return strings.Compare(a.dn, b.dn) })
	return list, nil
}

// reads reports whether the innermost partition of the forest around a name is read from
// the server.
func (l layout) reads(dn string) bool {
	innermost := ""
	for _, p := range slices.Concat(l.forest, l.assigned) {
		if conflicts.Within(dn, p.dn) && len(p.dn) > len(innermost) {
			innermost = p.dn
		}
	}
	return slices.ContainsFunc(l.assigned, func(p partition) bool { return innermost != "" && sameDN(p.dn, innermost) })
}

func sameDN(a, b string) bool { return conflicts.Within(a, b) && conflicts.Within(b, a) }

// read reports whether objects with addresses of the forest can be in the partition. The
// other partitions are skipped, and the survey says so.
func (p partition) read() bool { return p.kind == domainKind || p.kind == configurationKind }

// assignedTo returns the partitions that are read, all servers together.
func assignedTo(directories []*Directory) (list []partition) {
	for _, d := range directories {
		list = append(list, d.assigned...)
	}
	return list
}

// unread returns the partitions of the forests that no server was assigned, each
// once.
func unread(directories []*Directory) (list []partition) {
	known := assignedTo(directories)
	for _, d := range directories {
		for _, p := range d.forest {
			if !slices.ContainsFunc(known, func(k partition) bool { return sameDN(k.dn, p.dn) }) {
				known = append(known, p)
				list = append(list, p)
			}
		}
	}
	return list
}

// gap says why nothing is known of a partition that no server was assigned; empty for one
// that cannot hold recipients of the forest.
func (p partition) gap() string {
	switch {
	case p.kind == unknownKind:
		return p.dn + ": not read, because the list of the forest's partitions (CN=Partitions) does not tell its kind to this account"
	case p.read():
		return fmt.Sprintf("%s: no domain controller of %s was read", p.dn, p.domain)
	}
	return ""
}

// passedOver says why a partition without a gap was not read.
func (p partition) passedOver() string {
	if p.kind == foreignKind {
		return p.dn + ": not read, because it lies outside the forest"
	}
	return fmt.Sprintf("%s: not read, because %s partitions hold no recipients", p.dn, p.kind)
}

// unlisted names the servers whose forests may have partitions that are not known.
func unlisted(directories []*Directory) (problems []string) {
	for _, d := range directories {
		if d.config().unlisted {
			problems = append(problems, d.conn.server().URL+": the list of the forest's partitions could not be read, so domains may be missing")
		}
	}
	return problems
}
