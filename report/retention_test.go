package report

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/osfile"
	"proxyaddr/report/outdir"
)

// runs is a directory with the directories of runs.
type runs struct {
	*testing.T
	above string
}

// scan publishes an audit on a day, keeps so many, and returns what was removed and what
// was left, without the directory above.
func (r runs) scan(day string, keep int, audit *conflicts.Audit) (removed, left []string) {
	r.Helper()
	now, err := time.Parse(time.DateOnly, day)
	if err != nil {
		r.Fatal(err)
	}
	d, err := Claim(filepath.Join(r.above, "{date}"), now, Unneeded)
	if err != nil {
		r.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Publish(audit); err != nil {
		r.Fatal(err)
	}
	if keep == 0 {
		return nil, nil
	}
	kept := d.Retain(keep)
	for _, name := range kept.Removed {
		removed = append(removed, strings.TrimPrefix(name, r.above+string(os.PathSeparator)))
	}
	for _, problem := range kept.Problems {
		left = append(left, strings.TrimPrefix(problem.Error(), r.above+string(os.PathSeparator)))
	}
	return removed, left
}

func (r runs) write(path, text string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.above, path), []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
}

func (r runs) link(target, path string) {
	r.Helper()
	path = filepath.Join(r.above, path)
	if err := os.Symlink(target, path); err != nil {
		r.Skip(err)
	}
	if _, err := os.Lstat(path); err != nil {
		r.Skip("Wine 10 says that it made a link, and makes none")
	}
}

func (r runs) latest() string {
	r.Helper()
	path := filepath.Join(r.above, "latest")
	target, err := os.Readlink(path)
	if runtime.GOOS == "windows" {
		var text []byte
		text, err = os.ReadFile(path)
		target = strings.TrimSuffix(string(text), "\n")
	}
	if err != nil {
		r.Fatal(err)
	}
	return target
}

func TestTheNewestRunsAreKept(t *testing.T) {
	r := runs{t, t.TempDir()}
	for _, day := range []string{"2026-11-01", "2026-11-01", "2026-11-02", "2026-12-24"} {
		r.scan(day, 0, domainsAudit())
	}
	for _, name := range []string{"2026-11-31", "2026-11-01-0", "2026-11-01-1", "2026-11-01-02", "2026-11-01b", "a2026-11-01", "02026-11-01"} {
		if err := os.Mkdir(filepath.Join(r.above, name), 0o700); err != nil { // none is the name of a run
			t.Fatal(err)
		}
	}
	removed, left := r.scan("2026-11-03", 3, domainsAudit())
	if diff := cmp.Diff([]string{"2026-11-01"}, removed); diff != "" || left != nil {
		t.Errorf("left %v, removed (-want +got):\n%s", left, diff)
	}
	if to := r.latest(); to != "2026-11-03" {
		t.Errorf("latest is %s", to)
	}
	removed, left = r.scan("2026-11-03", 1, domainsAudit())
	if diff := cmp.Diff([]string{"2026-11-03", "2026-11-02", "2026-11-01-2"}, removed); diff != "" || left != nil {
		t.Errorf("left %v, removed (-want +got):\n%s", left, diff)
	}
	if to := r.latest(); to != "2026-11-03-2" {
		t.Errorf("latest is %s", to)
	}
	// A clock that was put back removes nothing: the run is older than all others.
	if removed, left = r.scan("2020-01-01", 1, domainsAudit()); removed != nil || left != nil || r.latest() != "2020-01-01" {
		t.Errorf("removed %v, left %v", removed, left)
	}
}

// The names of directories that were removed are not given again on the same day: the newest
// run would pass for the oldest.
func TestRunsOfADayStayInOrder(t *testing.T) {
	r := runs{t, t.TempDir()}
	for n, want := range []string{"2026-11-01", "2026-11-01-2", "2026-11-01-3", "2026-11-01-4", "2026-11-01-5"} {
		removed, left := r.scan("2026-11-01", 2, domainsAudit())
		if to := r.latest(); to != want || left != nil || (n > 1) != (len(removed) == 1) {
			t.Errorf("run %d: latest is %s, want %s; removed %v, left %v", n+1, to, want, removed, left)
		}
	}
}

// Only what a scan wrote and nobody touched is removed. All else is left as it is, and said.
func TestWhatIsNotOfAScanAloneIsLeft(t *testing.T) {
	const old = "2026-11-01"
	scanned := func(r runs) { r.scan(old, 0, domainsAudit()) }
	fix := func() string { return fixFile(Domains(domainsAudit())[0]) }()
	for name, tt := range map[string]struct {
		make func(r runs)
		want string
	}{
		"decisions": {func(r runs) { scanned(r); r.write(old+"/report.xlsx", "reviewed") }, "holds an earlier audit with decisions (report.xlsx was saved after the scan)"},
		"an edit":   {func(r runs) { scanned(r); r.write(old+"/"+fix, "x") }, "holds an earlier audit with edits (" + fix + " was changed since)"},
		"a journal": {func(r runs) { scanned(r); r.write(old+"/"+strings.TrimSuffix(fix, ".ldif")+".journal", "x") },
			"holds an earlier audit with a journal of apply (" + strings.TrimSuffix(fix, ".ldif") + ".journal)"},
		"a note":        {func(r runs) { scanned(r); r.write(old+"/KEEP", "") }, "holds KEEP, which does not belong to an audit"},
		"a hidden file": {func(r runs) { scanned(r); r.write(old+"/.keep", "") }, "holds .keep, which does not belong to an audit"},
		"a missing file": {func(r runs) {
			scanned(r)
			if err := os.Remove(filepath.Join(r.above, old, requestFile)); err != nil {
				r.Fatal(err)
			}
		}, "lacks change-request.md, which SHA256SUMS lists"},
		"no SHA256SUMS": {func(r runs) {
			scanned(r)
			if err := os.Remove(filepath.Join(r.above, old, sumsFile)); err != nil {
				r.Fatal(err)
			}
		}, "holds change-request.md, which does not belong to an audit"},
		"a directory": {func(r runs) {
			scanned(r)
			if err := os.Mkdir(filepath.Join(r.above, old, "sub"), 0o700); err != nil {
				r.Fatal(err)
			}
		}, "holds sub, which does not belong to an audit"},
		"what a fix wrote": {func(r runs) { r.scan(old, 0, reviewedAudit()) }, "holds no audit of a scan"},
		"what an event wrote": {func(r runs) {
			audit := domainsAudit()
			audit.Events = []conflicts.TracedEvent{{}}
			r.scan(old, 0, audit)
		}, "holds no audit of a scan"},
		"nothing": {func(r runs) {
			if err := os.Mkdir(filepath.Join(r.above, old), 0o700); err != nil {
				r.Fatal(err)
			}
		}, "holds no audit of a scan"},
		"a file": {func(r runs) { r.write(old, "") }, "is not a directory"},
		"a link to an audit": {func(r runs) {
			other := runs{r.T, r.TempDir()}
			scanned(other)
			r.link(filepath.Join(other.above, old), old)
			r.Cleanup(func() {
				if _, err := os.Stat(filepath.Join(other.above, old, scanFile)); err != nil {
					r.Error(err)
				}
			})
		}, "is not a directory"},
		"a link in the place of a file": {func(r runs) {
			scanned(r)
			path := filepath.Join(r.above, old, requestFile)
			if err := os.Rename(path, filepath.Join(r.above, requestFile)); err != nil {
				r.Fatal(err)
			}
			r.link("../"+requestFile, old+"/"+requestFile)
		}, "holds change-request.md, which is not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			r := runs{t, t.TempDir()}
			tt.make(r)
			before := fileNames(t, filepath.Join(r.above, old))
			removed, left := r.scan("2026-11-02", 1, domainsAudit())
			if diff := cmp.Diff([]string{old + ": " + tt.want}, left); diff != "" || removed != nil {
				t.Errorf("removed %v, left (-want +got):\n%s", removed, diff)
			}
			if diff := cmp.Diff(before, fileNames(t, filepath.Join(r.above, old))); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

func fileNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if info, statErr := os.Lstat(dir); statErr == nil && info.Mode().IsRegular() {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A file that a program keeps others out of keeps its directory.
func TestWhatIsInUseIsLeft(t *testing.T) {
	r := runs{t, t.TempDir()}
	r.scan("2026-11-01", 0, domainsAudit())
	f, err := osfile.OpenLocked(filepath.Join(r.above, "2026-11-01", workbookFile))
	if err != nil {
		t.Fatal(err)
	}
	removed, left := r.scan("2026-11-02", 1, domainsAudit())
	if len(removed) > 0 || len(left) != 1 {
		t.Errorf("removed %v, left %v", removed, left)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	removed, left = r.scan("2026-11-02", 2, domainsAudit())
	if diff := cmp.Diff([]string{"2026-11-01"}, removed); diff != "" || left != nil {
		t.Errorf("left %v, removed (-want +got):\n%s", left, diff)
	}
}

// A file or directory that somebody called latest is left, and hinders nothing else.
func TestLatestOfSomebodyElseIsLeft(t *testing.T) {
	r := runs{t, t.TempDir()}
	r.scan("2026-11-01", 0, domainsAudit())
	r.write("latest", "2026-11-01, but of mine\n")
	removed, left := r.scan("2026-11-02", 1, domainsAudit())
	if len(removed) != 1 || !slices.Equal(left, []string{"latest: is not a pointer that proxyaddr made"}) {
		t.Errorf("removed %v, left %v", removed, left)
	}
}

// Runs that end at the same time remove the old ones together, and nothing of each other.
func TestRetentionOfRunsAtOnce(t *testing.T) {
	r := runs{t, t.TempDir()}
	for _, day := range []string{"2026-11-01", "2026-11-02", "2026-11-03"} {
		r.scan(day, 0, domainsAudit())
	}
	var group sync.WaitGroup
	for range 4 {
		d, err := Claim(filepath.Join(r.above, "{date}"), time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC), Unneeded)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if _, err := d.Publish(domainsAudit()); err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			for _, problem := range d.Retain(1).Problems {
				if !errors.Is(problem, outdir.ErrClaimed) {
					t.Error(problem)
				}
			}
		})
	}
	group.Wait()
	var runs []string
	for _, name := range fileNames(t, r.above) {
		if !strings.HasPrefix(name, ".") && name != "latest" {
			runs = append(runs, name)
		}
	}
	if diff := cmp.Diff([]string{"2026-11-05", "2026-11-05-2", "2026-11-05-3", "2026-11-05-4"}, runs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if to := r.latest(); !slices.Contains(runs, to) {
		t.Errorf("latest is %s", to)
	}
}

func TestNamesOfSeries(t *testing.T) {
	for name, latest := range map[string]string{
		"{date}":            "latest",
		"audit-{date}":      "audit-latest",
		"a/{date}.north/":   "latest.north",
		"{date}/north":      "",
		"{date}/a-{date}":   "",
		"{date}-{date}":     "",
		"audit":             "",
		"":                  "",
		"a[b-{date}(c+.*":   "a[b-latest(c+.*",
		"a/../b/../x{date}": "xlatest",
	} {
		s, err := seriesOf(name)
		if s.latest != latest || (err == nil) != (latest != "") {
			t.Errorf("%s: %q, %v", name, s.latest, err)
		}
		if dated := strings.ReplaceAll(filepath.Base(name), datePattern, "2026-11-01"); err == nil {
			if d, ok := s.parse(dated + "-3"); !ok || d.n != 3 || d.date != "2026-11-01" {
				t.Errorf("%s: %+v, %t", dated, d, ok)
			}
		}
	}
}
