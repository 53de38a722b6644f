package outdir

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"proxyaddr/ldapscan/osfile"
)

func take(t *testing.T, dir string) *Claim {
	t.Helper()
	c, err := Take(dir, anything)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Release)
	return c
}

// refused returns why a directory cannot be had.
func refused(t *testing.T, dir string) string {
	t.Helper()
	c, err := Take(dir, anything)
	if err == nil {
		c.Release()
		t.Fatalf("%s can be had", dir)
	}
	var r *Refusal
	if !errors.As(err, &r) || r.Dir != dir || r.Advice == "" {
		t.Errorf("%#v", err)
	}
	return strings.TrimPrefix(err.Error(), dir+": ")
}

func TestOneRunAtATime(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "dir")
	first := take(t, dir)
	if _, err := Take(dir, anything); !errors.Is(err, ErrClaimed) {
		t.Errorf("a second run: %v", err)
	}
	take(t, filepath.Join(above, "other")) // which leaves the first alone
	write(t, first.Stage(), after)
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := Take(dir, anything); !errors.Is(err, ErrClaimed) {
		t.Errorf("before the first is released: %v", err)
	}
	first.Release()
	if now := held(t, dir); !maps.Equal(now, after) {
		t.Errorf("%v", now)
	}
	take(t, dir)
}

func TestReleaseLeavesNothing(t *testing.T) {
	above := t.TempDir()
	c := take(t, filepath.Join(above, "made", "for", "dir"))
	write(t, c.Stage(), after)
	c.Release()
	if list := names(t, above); len(list) > 0 {
		t.Errorf("left behind: %v", list)
	}
}

// What changes between the last look and the step stays, in either way to take it.
func TestChangedAtTheLastMoment(t *testing.T) {
	t.Cleanup(func() { reached, exchange = func(string) {}, osfile.Exchange })
	for name, call := range map[string]func(a, b string) error{
		"in one step":  osfile.Exchange,
		"in two steps": unsupported,
	} {
		t.Run(name, func(t *testing.T) {
			exchange = call
			above := t.TempDir()
			dir := filepath.Join(above, "dir")
			write(t, dir, before)
			c := take(t, dir)
			write(t, c.Stage(), after)
			late := map[string]string{"journal": "just begun"}
			reached = func(step string) {
				if step == "checked" {
					write(t, dir, late)
				}
			}
			if err := c.Commit(); err == nil || err.Error() != dir+": was changed while it was to be replaced" {
				t.Error(err)
			}
			c.Release()
			want := maps.Clone(before)
			maps.Copy(want, late)
			if now := held(t, dir); !maps.Equal(now, want) {
				t.Errorf("%v", now)
			}
			if list := names(t, above); len(list) > 1 {
				t.Errorf("left behind: %v", list)
			}
		})
	}
}

func TestAFileInUseKeepsItsDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dir")
	write(t, dir, before)
	if err := CheckInUse("audit", dir); err != nil {
		t.Error(err)
	}
	f, err := osfile.OpenLocked(filepath.Join(dir, "b"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = CheckInUse("audit", dir)
	if want := filepath.Join("audit", "b") + ": is open in another program"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// On Unix only the files that spreadsheet programs put beside a workbook tell that it is open.
func TestAnOpenWorkbookKeepsItsDirectory(t *testing.T) {
	for _, left := range []string{"~$report.xlsx", ".~lock.report.xlsx#"} {
		dir := filepath.Join(t.TempDir(), "dir")
		write(t, dir, map[string]string{left: ""})
		if err := CheckInUse("audit", dir); err != nil {
			t.Errorf("%s without a workbook: %v", left, err)
		}
		write(t, dir, map[string]string{"report.xlsx": ""})
		err := CheckInUse("audit", dir)
		var r *Refusal
		if !errors.As(err, &r) || err.Error() != filepath.Join("audit", "report.xlsx")+": is open in another program" {
			t.Fatalf("%s: %v", left, err)
		}
		if want := "close it there, or delete " + filepath.Join("audit", left) + " if no program has it open"; r.Hint() != want {
			t.Errorf("%s, want %s", r.Hint(), want)
		}
	}
}

func TestWhatIsNoDirectoryOfItsOwn(t *testing.T) {
	above := t.TempDir()
	file := filepath.Join(above, "file")
	write(t, above, map[string]string{"file": ""})
	if problem := refused(t, file); problem != "is not a directory" {
		t.Error(problem)
	}
	if runtime.GOOS != "windows" { // which has no such path
		if problem := refused(t, filepath.Join(file, "dir")); problem != "not a directory" {
			t.Error(problem)
		}
	}
	t.Chdir(above)
	for _, name := range []string{".", above} {
		if problem := refused(t, name); problem != "is the current directory" {
			t.Error(problem)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(above, "link")); err != nil {
		t.Skip(err)
	}
	if _, err := os.Lstat("link"); err != nil {
		t.Skip("Wine 10 says that it made a link, and makes none") // its CreateSymbolicLink is a stub
	}
	if problem := refused(t, "link"); problem != "is a link to nothing" {
		t.Error(problem)
	}
	if list := names(t, above); len(list) != 2 {
		t.Errorf("left behind: %v", list)
	}
}

func TestNamesInHints(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, want := range map[string]string{
		"audit":      `name a new directory, for example -o audit-2 or -o "audit-{date}"`,
		"my audits/": `name a new directory, for example -o "my audits-2" or -o "my audits-{date}"`,
	} {
		if got := Elsewhere(name); got != want {
			t.Errorf("%s", got)
		}
	}
	write(t, "audit-2", nil)
	write(t, "audit-3", nil)
	if got := Elsewhere("audit"); !strings.Contains(got, "-o audit-4 ") {
		t.Errorf("%s", got)
	}
}

// What only looks like a workspace stays.
func TestTidyKnowsItsOwn(t *testing.T) {
	above := t.TempDir()
	write(t, filepath.Join(above, ".proxyaddr"), map[string]string{"lock": ""})
	write(t, filepath.Join(above, ".notes.proxyaddr"), map[string]string{"notes": ""})
	take(t, filepath.Join(above, "dir")).Release()
	for _, path := range []string{".proxyaddr/lock", ".notes.proxyaddr/notes"} {
		if _, err := os.Stat(filepath.Join(above, path)); err != nil {
			t.Error(err)
		}
	}
}
