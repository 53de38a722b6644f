package ldapscan

import (
	"context"
	"errors"
	"slices"
	"strings"

	"proxyaddr/conflicts"
)

// A Source of directory data. Its methods are called one after the other, not
// concurrently.
type Source interface {
	// Describe adds to a scope where the data comes from, and the account that reads it.
	Describe(*conflicts.Scope)
	// Sweep hands every object that has proxyAddresses, mail, userPrincipalName,
	// legacyExchangeDN or targetAddress to streams of sink, in any order. What could not be
	// read is told in the survey. The error is that of ctx, if it ended the sweep, or says
	// why not even the list of partitions could be read.
	Sweep(ctx context.Context, sink Sink) (*Survey, error)
	// Inspect hands over the objects that refs name, whole, in any order. Those
	// that no longer exist are left out. An error means that some are missing
	// for another reason. A ref by name finds an object with a GUID too.
	Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error
	// Lookup hands over every object that holds one of the addresses (see
	// [conflicts.AddressSet]) in proxyAddresses, mail, userPrincipalName,
	// legacyExchangeDN or targetAddress. Each comes whole and once, in any order; deleted ones are marked,
	// where the directory shows them. An address without an object is known to be free
	// only if the error is nil.
	//
	// A directory is asked for the known spellings of an address
	// ([conflicts.Address.Spellings]). A server that only ignores case, and does not
	// compare like Active Directory, hides others: josé for jose.
	Lookup(ctx context.Context, addresses []conflicts.Address, found func(*conflicts.Object)) error
	// Hidden says in sentences what Lookup cannot find: deleted objects that the account
	// cannot see, and what an export left out. Addresses there look free.
	Hidden(ctx context.Context) []string
	// Namesakes hands over every object that has the relative distinguished name of one
	// of dns, wherever it is, and deleted objects that had it. They come as in Lookup.
	Namesakes(ctx context.Context, dns []string, found func(*conflicts.Object)) error
	// AcceptedDomains returns the domains for which Exchange takes mail, in order.
	// An error means that some may be missing.
	AcceptedDomains(ctx context.Context) ([]string, error)
	// Reread hands over the objects that fix records change, as they are now: whole, in
	// any order, found by objectGUID even if they were renamed, moved or deleted, or by
	// name where the fix record or the object has no objectGUID. They say what the
	// account may write if the directory tells it. An error means that some are missing
	// although they may exist.
	Reread(ctx context.Context, records []conflicts.FixRecord, found func(*conflicts.Object)) error
}

// A Sink receives what a sweep finds, in streams. A stream is what one goroutine reads in
// one attempt. Several goroutines may call the Sink at the same time; each stream is
// filled by one.
type Sink interface {
	Stream() Stream
}

// A Stream ends with Keep, or with Drop, which undoes everything: an attempt that is
// retried must not leave a trace. The arguments of its methods are valid until they
// return.
type Stream interface {
	// Entry adds an object; each object comes once.
	Entry(*conflicts.View)
	// Changed adds the later state of an object that was written while the sweep ran.
	// Entry may have had it before, once, twice or, if it moved, not at all.
	Changed(*conflicts.View)
	// Deleted adds a deleted object.
	Deleted(*conflicts.View)
	// Progress is told about every page that is complete, or as much of a file, and how
	// many bytes its entries had.
	Progress(pages, bytes int)
	Keep()
	Drop()
}

// A Survey is what a sweep reports besides the objects.
type Survey struct {
	Coverage []conflicts.Coverage
	// AcceptedDomains are the names of the domains for which Exchange takes mail.
	AcceptedDomains []string
	// PrimaryDomains are set by a source of records, which tell more of an object than a
	// sweep of a directory: see [conflicts.PrimaryDomains].
	PrimaryDomains []string
	// Problems are what could not be read besides partitions.
	Problems []string
	// Notes are facts that do not make the sweep incomplete.
	Notes []string
	// ByRecord says that Entry got records. An object can have several, so it can come
	// again without a change.
	ByRecord bool
}

// seesAddresses reports whether a proxy address was seen.
func (s *Survey) seesAddresses() bool {
	return slices.ContainsFunc(s.Coverage, func(c conflicts.Coverage) bool { return c.Values > 0 })
}

// incomplete returns an error with everything that could not be read, and further
// reasons.
func (s *Survey) incomplete(further ...string) error {
	problems := slices.Clone(s.Problems)
	for _, c := range s.Coverage {
		if c.Problem != "" {
			problems = append(problems, c.Problem)
		}
	}
	return joined(append(problems, further...))
}

// joined returns an error with all problems, nil if there are none.
func joined(problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(problems, "; "))
}

func (s *Survey) add(other *Survey) {
	s.Coverage = append(s.Coverage, other.Coverage...)
	s.AcceptedDomains = append(s.AcceptedDomains, other.AcceptedDomains...)
	s.Problems = append(s.Problems, other.Problems...)
	s.Notes = append(s.Notes, other.Notes...)
}
