// Package company is the directory of Northwind, a company that does not
// exist: a maker of measuring instruments with seventeen sites, three acquired
// subsidiaries and twenty years of Exchange behind it. It is what "proxyaddr
// demo" scans, and a forest of known content for tests.
//
// [WriteLDIF] writes it, the same bytes each time. [Planted] lists what a scan must
// report. The list was written when the conflicts were put in; none of it comes from a
// detector. Everything else in the directory is in order.
//
// All domains end in ".example" or ".test" (RFC 2606).
package company

import (
	"fmt"
	"io"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

const (
	// Domain is the DNS name of the Active Directory domain, the only one of its forest.
	Domain = "northwind.example"
	// BaseDN and ConfigurationDN are the heads of the partitions with objects
	// that own addresses.
	BaseDN          = "DC=northwind,DC=example"
	ConfigurationDN = "CN=Configuration," + BaseDN
	// Reader is the userPrincipalName of the service account that scans.
	Reader = "svc-proxyaddr@" + Domain
)

// A Conflict is a conflict that a scan of the whole directory reports.
type Conflict struct {
	Class conflicts.Class
	// Address is written as in conflicts.Conflict.
	Address string
	// Owners are the distinguished names of all owners, the keeper by the
	// default rules first.
	Owners []string
	// Cause is the cause that the directory shows.
	Cause conflicts.CauseKind
	// Story tells how it came about.
	Story string
}

// A Finding is a finding that a scan of the whole directory reports.
type Finding struct {
	Kind conflicts.FindingKind
	DN   string
}

// Planted returns all conflicts and findings of the directory, in the order in
// which they were put in.
func Planted() ([]Conflict, []Finding) {
	d := build()
	return d.conflicts, d.findings
}

// WriteLDIF writes the directory as content records, parents before children.
func WriteLDIF(w io.Writer) error {
	out := ldif.NewWriter(w)
	for _, e := range build().entries {
		if err := out.Write(&ldif.Record{DN: e.dn, Attributes: e.attributes}); err != nil {
			return fmt.Errorf("company: %w", err)
		}
	}
	return out.Flush()
}

func build() *directory {
	d := newDirectory()
	d.foundForest()
	d.installExchange()
	d.openSites()
	d.meetPartners()
	d.plantDuplicates()
	d.plantMerger()
	d.plantOtherConflicts()
	d.plantFindings()
	d.plantNearMisses()
	d.deleteObjects()
	d.stampAddresses()
	return d
}
