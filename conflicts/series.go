package conflicts

import (
	"cmp"
	"slices"
)

// A series is all addresses that differ in a number only.
type series struct {
	name  string
	first int // number to propose
	at    func(number int) string
}

// numbers are those of a series that were looked at, none of which is free any
// more. Many conflicts can fall into one series, and a directory can have it full
// up to a high number: none is to be looked at twice.
type numbers struct{ runs []run }

// A run is from its first number up to and without its end.
type run struct{ first, end int }

// find returns the place of the run that n is in or stands before.
func (u *numbers) find(n int) (i int, in bool) {
	i, _ = slices.BinarySearchFunc(u.runs, n, func(r run, n int) int { return cmp.Compare(r.end, n+1) })
	return i, i < len(u.runs) && u.runs[i].first <= n
}

// after returns n, or the next number that is not among them.
func (u *numbers) after(n int) int {
	if i, in := u.find(n); in {
		return u.runs[i].end
	}
	return n
}

// add adds a number that is not among them.
func (u *numbers) add(n int) {
	i, _ := u.find(n)
	joins := i < len(u.runs) && u.runs[i].first == n+1
	switch {
	case i > 0 && u.runs[i-1].end == n && joins:
		u.runs[i-1].end = u.runs[i].end
		u.runs = slices.Delete(u.runs, i, i+1)
	case i > 0 && u.runs[i-1].end == n:
		u.runs[i-1].end++
	case joins:
		u.runs[i].first = n
	default:
		u.runs = slices.Insert(u.runs, i, run{n, n + 1})
	}
}
