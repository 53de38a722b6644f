// Package memory compares the conflicts of a scan with those of earlier scans. It tells which are
// new, got worse, came back or are resolved. It never calls a conflict resolved because a scan
// saw less.
//
// It does no I/O and has no clock: each run brings its time.
//
// # Nouns
//
// A [Case] is a conflict as it is remembered from run to run. Its identity is the set of all
// loose keys of its values; class and owners are evidence. A [State] is everything that is
// remembered for one [Scope].
//
// [Match] finds the case of each conflict of a run. [Matching.Former] then names the objects to
// be read again: those that had an address and were not found with it. [Matching.Judge] gives
// each case its [Status] and returns the next State. [Drops] comes before that: it tells whether
// the run saw fewer objects than it should. [State.Whole] tells whether a run may read only
// changes, and [State.OpenOwners] which objects it reads as well.
//
// A [Suppression] is a decision to leave a conflict for a time. It covers the owners and the
// class at the time of the decision, and nothing that comes later. [State.Effects] tells the
// effect of each.
package memory
