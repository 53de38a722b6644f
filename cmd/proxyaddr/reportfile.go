package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/report"
)

// checkApart reports a file of --report that a run also uses otherwise. Any argument and the value
// of any flag may be the name of a file, so a new flag needs nothing here.
func (o *formatting) checkApart(fs *pflag.FlagSet) error {
	for i, path := range o.reports {
		if slices.ContainsFunc(o.reports[:i], func(other string) bool { return sameFile(path, other) }) {
			return writtenTwice(path)
		}
		for _, name := range []string{"output", "state"} {
			dir, _ := fs.GetString(name) // empty if the command has no such flag
			if name == "output" {
				dir = report.Dated(dir, time.Now())
			}
			if dir != "" && sameFile(filepath.Dir(path), dir) {
				return wrong("name a file outside it", "--report %s: lies in the directory of --%s", path, name)
			}
		}
	}
	if err := o.checkUnread(fs.Args()...); err != nil {
		return err
	}
	var err error
	fs.Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if many, ok := f.Value.(pflag.SliceValue); ok {
			values = many.GetSlice()
		}
		switch {
		case err != nil || f.Name == "report":
		case slices.Contains([]string{"journal", "log-file", "metrics"}, f.Name):
			if path, found := o.among(values); found {
				err = writtenTwice(path)
			}
		default:
			err = o.checkUnread(values...)
		}
	})
	return err
}

func writtenTwice(path string) error {
	return wrong("name another file", "--report %s: is written twice by this run", path)
}

// checkUnread reports a file of --report that is one of these, which a run reads.
func (o *formatting) checkUnread(names ...string) error {
	if path, found := o.among(names); found {
		return wrong("name another file", "--report %s: is read by this run", path)
	}
	return nil
}

// among returns the first file of --report that one of these names or patterns means.
func (o *formatting) among(names []string) (path string, found bool) {
	for _, path := range o.reports {
		for _, name := range names {
			if slices.ContainsFunc(append(matching(name), name), func(other string) bool { return sameFile(path, other) }) {
				return path, true
			}
		}
	}
	return "", false
}

// sameFile reports whether two names mean one file or directory, now or once it is made. Missing
// ones are also the same if their names differ in case only, as on Windows and macOS.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	a, errAbsA := filepath.Abs(a)
	b, errAbsB := filepath.Abs(b)
	if (errA == nil) != (errB == nil) || errAbsA != nil || errAbsB != nil || !strings.EqualFold(filepath.Base(a), filepath.Base(b)) {
		return false
	}
	dirA, dirB := filepath.Dir(a), filepath.Dir(b)
	if dirA == a || dirB == b { // a drive that is missing
		return strings.EqualFold(a, b)
	}
	return sameFile(dirA, dirB)
}
