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
	// Describe adds to a scope where the data comes from and as whom it is read.
	Describe(*conflicts.Scope)
	// Sweep hands every object that has proxyAddresses, mail, userPrincipalName or
	// targetAddress to streams of sink, in any order. What could not be read
	// is told in the survey. The error is that of ctx, if it ended the sweep, or
	// says why not even the list of partitions could be had.
	Sweep(ctx context.Context, sink Sink) (*Survey, error)
	// Inspect hands over the objects that refs name, whole, in any order. Those
	// that no longer exist are left out. An error means that some are missing
	// for another reason. A ref by name finds an object with a GUID too.
	Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error
	// Lookup hands over every object that holds one of the addresses, as
	// [conflicts.AddressSet] has it, in proxyAddresses, mail, userPrincipalName or
	// targetAddress: whole, each once, in any order, deleted ones marked as such
	// where the directory shows them. An address for which none was handed over is
	// known to be free only if the error is nil.
	//
	// A directory is asked for all the ways of writing an address that can be named
	// ([conflicts.Address.Spellings]). Where the server compares by case only, and
	// not as Active Directory does, others stay hidden: josé for jose.
	Lookup(ctx context.Context, addresses []conflicts.Address, found func(*conflicts.Object)) error
	// Hidden says, in sentences, which deleted objects Lookup cannot find because the
	// account does not see them. An address of one looks free.
	Hidden(ctx context.Context) []string
	// Namesakes hands over every object that has the relative distinguished name of
	// one of dns, wherever it stands, as Lookup does, and deleted ones that had it.
	Namesakes(ctx context.Context, dns []string, found func(*conflicts.Object)) error
	// AcceptedDomains returns the domains for which Exchange takes mail, in order.
	// An error means that some may be missing.
	AcceptedDomains(ctx context.Context) ([]string, error)
	// Reread hands over the objects that fix records change, as they are now: whole,
	// in any order, found by objectGUID even if they were renamed, moved or deleted,
	// or by name where the fix record or the object has no objectGUID. What the
	// account may write is told where the directory tells it. An error means that
	// some are missing for another reason than that they do not exist.
	Reread(ctx context.Context, records []conflicts.FixRecord, found func(*conflicts.Object)) error
}

// A Sink takes in what a sweep finds, in streams: what one goroutine reads in one
// attempt. It may be called, and its streams filled, by several goroutines, each
// stream by one.
type Sink interface {
	Stream() Stream
}

// A Stream ends with Keep, or with Drop, which undoes all that was done to it:
// an attempt that is made again must not leave a trace. What its methods are
// given is valid until they return.
type Stream interface {
	// Entry takes an object, each once.
	Entry(*conflicts.View)
	// Changed takes an object that was written while the sweep ran, in its later
	// state. Entry may have had it before, once, twice or, if it moved, not at all.
	Changed(*conflicts.View)
	// Deleted takes an object that was deleted.
	Deleted(*conflicts.View)
	// Progress is told about every page that is complete, or as much of a file, and how
	// many bytes its entries had.
	Progress(pages, bytes int)
	Keep()
	Drop()
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
	// ByRecord says that Entry was given records, of which an object can have several,
	// so that one came again without having changed.
	ByRecord bool
}

// incomplete is an error that says all that could not be read, and further reasons.
func (s *Survey) incomplete(further ...string) error {
	problems := slices.Clone(s.Problems)
	for _, c := range s.Coverage {
		if c.Problem != "" {
			problems = append(problems, c.Problem)
		}
	}
	return joined(append(problems, further...))
}

// joined is an error that says all problems, nil if there are none.
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
