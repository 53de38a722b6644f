package memory

import (
	"fmt"
	"time"

	"proxyaddr/conflicts"
)

// Whole says in a sentence why a run has to sweep everything, according to the state; empty if it
// may read only changes. every is how old the last whole sweep may be. The state is nil if
// nothing is remembered.
func (s *State) Whole(scope Scope, now time.Time, every time.Duration) string {
	switch {
	case s == nil:
		return "no earlier run is remembered"
	case s.Scope.Difference(scope) != "":
		return fmt.Sprintf("a different %s than before", s.Scope.Difference(scope))
	case s.KeyRules != conflicts.KeyRules:
		return "the rules by which addresses are compared have changed"
	case s.Bookmark == nil:
		return "the last whole sweep was not complete"
	case now.Before(s.Bookmark.Swept):
		return "the clock shows a time before the last whole sweep"
	case now.Sub(s.Bookmark.Swept) >= every:
		return fmt.Sprintf("the last whole sweep was at %s, %s ago or more", s.Bookmark.Swept.Format(time.RFC3339), every)
	}
	return ""
}

// OpenOwners returns the owners of all conflicts that are not resolved, each once, with
// their GUIDs and last known names.
func (s *State) OpenOwners() []conflicts.Entry {
	if s == nil {
		return nil
	}
	var list []conflicts.Entry
	known := map[conflicts.Ref]bool{}
	for _, c := range s.Cases {
		if c.Status == Resolved {
			continue
		}
		for i := range c.Owners {
			if o := &c.Owners[i]; !known[o.Ref()] {
				known[o.Ref()] = true
				list = append(list, conflicts.Entry{GUID: o.GUID, DN: o.DN})
			}
		}
	}
	return list
}

// bookmark returns the bookmark of the state after a run. If not all changes were read, they are
// read again. After an incomplete whole sweep there is none: what it missed may have been written
// before it.
func (s *Scan) bookmark(before *State) *conflicts.Bookmark {
	switch {
	case s.Complete:
		return s.Bookmark
	case s.Incremental:
		return before.Bookmark
	}
	return nil
}
