package ldapscan

import (
	"context"
	"fmt"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/index"
)

// A secondReading is the second reading of the suspects, and its result for each.
type secondReading struct {
	index    *index.Index
	suspects []conflicts.Ref
	left     map[conflicts.Ref]bool // not found so far
	objects  []*conflicts.Object    // that were found
	changed  int                    // those found with other addresses than in the sweep
	deleted  int                    // those that are deleted objects now
	failed   error                  // why some of the rest were not asked for, or nil
}

func newSecondReading(x *index.Index, suspects []conflicts.Ref) *secondReading {
	s := &secondReading{index: x, suspects: suspects, left: make(map[conflicts.Ref]bool, len(suspects))}
	for _, ref := range suspects {
		s.left[ref] = true
	}
	return s
}

// read inspects the suspects, and looks for those that are gone among deleted objects.
func (s *secondReading) read(ctx context.Context, src Source) {
	s.failed = src.Inspect(ctx, s.suspects, s.found)
	if s.failed != nil || len(s.left) == 0 {
		return
	}
	var gone []conflicts.FixRecord
	for _, ref := range s.suspects {
		if s.left[ref] {
			gone = append(gone, conflicts.FixRecord{DN: ref.DN, GUID: ref.GUID})
		}
	}
	s.failed = src.Reread(ctx, gone, s.found)
}

func (s *secondReading) found(o *conflicts.Object) {
	ref := o.Ref()
	if !s.left[ref] {
		if ref = conflicts.NameRef(o.DN); !s.left[ref] { // swept without its GUID
			return
		}
	}
	delete(s.left, ref)
	switch {
	case o.Deleted:
		s.deleted++
		return
	case !s.index.Confirms(ref, &o.Entry):
		s.changed++
	}
	s.objects = append(s.objects, o)
}

// tell adds to an audit which suspects the second reading did not confirm.
func (s *secondReading) tell(audit *conflicts.Audit) {
	name := sourceNames(audit)
	note := func(n int, format string) {
		if n > 0 {
			audit.Notes = append(audit.Notes, fmt.Sprintf(format, name, possibleDuplicates(n)))
		}
	}
	note(s.changed, "%s: %s had different addresses when read again; the later ones count")
	note(s.deleted, "%s: %s had been deleted when read again")
	switch n := len(s.left); {
	case s.failed != nil && n == 0:
		audit.Problems = append(audit.Problems, s.failed.Error())
	case s.failed != nil:
		audit.Problems = append(audit.Problems, fmt.Sprintf("%v: %s could not be re-checked", s.failed, possibleDuplicates(n)))
	case n > 0:
		audit.Problems = append(audit.Problems, fmt.Sprintf(
			"%s: %s could not be re-checked: found in the sweep, but not when read again, nor among the deleted objects that this account can see", name, possibleDuplicates(n)))
	}
}

func possibleDuplicates(n int) string {
	if n == 1 {
		return "1 possible duplicate"
	}
	return fmt.Sprintf("%d possible duplicates", n)
}
