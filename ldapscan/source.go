package ldapscan

import (
	"context"

	"proxyaddr/conflicts"
)

// A Source of directory data. Its methods are called one after the other, not
// concurrently.
type Source interface {
	// Describe adds to a scope where the data comes from and as whom it is read.
	Describe(*conflicts.Scope)
	// Sweep hands every object that has proxyAddresses, mail or
	// userPrincipalName to sink, in any order. What could not be read is told in
	// the survey. The error is that of ctx, if it ended
	// the sweep, or says why not even the list of partitions could be had.
	Sweep(ctx context.Context, sink Sink) (*Survey, error)
	// Inspect hands over the objects that refs name, whole, in any order. Those
	// that no longer exist are left out. An error means that some are missing
	// for another reason.
	Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error
}

// Sink takes in what a sweep finds. What the functions are given is valid until
// they return.
type Sink struct {
	// Entry takes an object, each once.
	Entry func(*conflicts.View)
	// Changed takes an object that was written while the sweep ran, in its later
	// state. Entry may have had it before, once, twice or, if it moved, not at all.
	Changed func(*conflicts.View)
	// Deleted takes the proxy addresses of an object that was deleted.
	Deleted func(addresses [][]byte)
	// Page is told about every page or comparable portion that is complete.
	Page func()
}

// A Survey is what a sweep has to say besides the objects.
type Survey struct {
	Coverage []conflicts.Coverage
	// AcceptedDomains are the names of the domains for which Exchange takes mail.
	AcceptedDomains []string
	// Problems are what could not be read besides partitions.
	Problems []string
	// Notes are facts that do not make the sweep incomplete.
	Notes []string
}
