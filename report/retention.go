package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"proxyaddr/report/outdir"
)

// A series is the directories of all runs with one dated name, which lie side by side.
type series struct {
	above  string         // the directory that they lie in
	names  *regexp.Regexp // what they are called
	latest string         // the name of what points to the newest
}

// ErrNoSeries is the error for a name whose directories do not lie side by side.
var ErrNoSeries = errors.New("the last part of the name has to hold " + datePattern + ", once")

// seriesOf returns the directories that [Claim] makes of a name, or an [ErrNoSeries].
func seriesOf(name string) (series, error) {
	above, base := filepath.Split(filepath.Clean(name))
	before, after, dated := strings.Cut(base, datePattern)
	if !dated || strings.Contains(above+after, datePattern) {
		return series{}, ErrNoSeries
	}
	names := "^" + regexp.QuoteMeta(before) + `(\d{4}-\d{2}-\d{2})` + regexp.QuoteMeta(after) + `(?:-([1-9]\d{0,8}))?$`
	return series{filepath.Clean(above), regexp.MustCompile(names), before + "latest" + after}, nil
}

// CheckSeries says, by an error, why the directories of this name cannot be kept in
// number.
func CheckSeries(name string) error {
	_, err := seriesOf(name)
	return err
}

// A dated is a directory of a series.
type dated struct {
	name string
	date string
	n    int // 1 for the first of its date
}

// parse tells which directory of the series a name is.
func (s series) parse(name string) (d dated, ok bool) {
	m := s.names.FindStringSubmatch(name)
	if m == nil {
		return d, false
	}
	d = dated{name, m[1], 1}
	if m[2] != "" {
		d.n, _ = strconv.Atoi(m[2])
		if d.n < 2 { // no run is numbered 1
			return d, false
		}
	}
	_, err := time.Parse(time.DateOnly, d.date)
	return d, err == nil
}

// last returns the highest number of the directories of a date, 0 if there is none. Lower ones
// may have been removed.
func (s series) last(date string) (last int) {
	entries, _ := os.ReadDir(s.above) // there is none in one that is missing
	for _, e := range entries {
		if d, ok := s.parse(e.Name()); ok && d.date == date {
			last = max(last, d.n)
		}
	}
	return last
}

// olderThan returns the directories before d, the newest first.
func (s series) olderThan(d dated) (older []dated, err error) {
	entries, err := os.ReadDir(s.above)
	for _, e := range entries {
		if x, ok := s.parse(e.Name()); ok && x.compare(d) < 0 {
			older = append(older, x)
		}
	}
	slices.SortFunc(older, func(a, b dated) int { return b.compare(a) })
	return older, err
}

func (d dated) compare(x dated) int {
	if c := strings.Compare(d.date, x.date); c != 0 {
		return c
	}
	return d.n - x.n
}

// A Retention is what came of [Destination.Retain].
type Retention struct {
	Removed  []string
	Problems []error // what was left, and why
}

// Retain is for a directory of a dated name, after Publish. It has the latest pointer name
// this directory, and deletes older ones of the same dated name, so that keep are left
// with this one. One of which somebody may need anything stays, and one that is not
// wholly what a scan wrote. Newer ones, as a clock may have made them, do not count.
func (d *Destination) Retain(keep int) (r Retention) {
	s, err := seriesOf(d.pattern)
	this, ok := s.parse(filepath.Base(d.name))
	if err != nil || !ok {
		return Retention{Problems: []error{fmt.Errorf("%s: %w", d.pattern, ErrNoSeries)}}
	}
	isOurs := func(target string) bool { _, ok := s.parse(target); return ok }
	if err := d.claim.Point(s.latest, isOurs); err != nil {
		r.Problems = append(r.Problems, err)
	}
	older, err := s.olderThan(this)
	if err != nil {
		r.Problems = append(r.Problems, named(s.above, err))
	}
	for _, x := range older[min(keep-1, len(older)):] {
		name := filepath.Join(s.above, x.name)
		if err := outdir.Remove(name, func(dir string) error { return Untouched.check(name, dir) }); err != nil {
			r.Problems = append(r.Problems, err)
		} else {
			r.Removed = append(r.Removed, name)
		}
	}
	return r
}
