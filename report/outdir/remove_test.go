package outdir

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Killed after any step, a removal leaves the directory whole or not at all, and the next
// run beside it leaves nothing behind.
func TestKilledWhileRemoving(t *testing.T) {
	gone := 0
	for n := 1; ; n++ {
		above := t.TempDir()
		dir := filepath.Join(above, "dir")
		write(t, dir, before)
		step := job{Dir: dir, KillAt: n, Remove: true}.run(t)
		take(t, filepath.Join(above, "other")).Release()
		left := names(t, above)
		switch now := held(t, dir); {
		case now == nil && len(left) == 0:
			gone++
		case step == "" || !maps.Equal(now, before) || len(left) != 1:
			t.Fatalf("after %q (%d): %v, and %v beside it", step, n, now, left)
		}
		if step == "" {
			break
		}
	}
	if gone < 2 {
		t.Errorf("the directory was gone after %d steps", gone)
	}
}

// Killed after any step, a pointer names what it named before, or the new directory.
func TestKilledWhilePointing(t *testing.T) {
	for n := 1; ; n++ {
		above := t.TempDir()
		link := filepath.Join(above, "latest")
		if err := makePointer(link, "earlier"); err != nil {
			t.Fatal(err)
		}
		step := job{Dir: filepath.Join(above, "dir"), KillAt: n, Pointer: "latest"}.run(t)
		target, err := pointed(link)
		if err != nil || target != "earlier" && (target != "dir" || held(t, filepath.Join(above, "dir")) == nil) {
			t.Fatalf("after %q (%d): %q, %v", step, n, target, err)
		}
		take(t, filepath.Join(above, "other")).Release()
		for _, name := range names(t, above) {
			if name != "dir" && name != "latest" {
				t.Fatalf("after %q (%d) a run beside it leaves %s", step, n, name)
			}
		}
		if step == "" {
			if target != "dir" {
				t.Errorf("in the end it names %q", target)
			}
			break
		}
	}
}

// As a link and as a file, a pointer takes the place of one of its own alone.
func TestPointerReplacesItsOwn(t *testing.T) {
	t.Cleanup(func() { pointerIsFile = runtime.GOOS == "windows" })
	for _, asFile := range []bool{false, true} {
		if !asFile && runtime.GOOS == "windows" {
			continue
		}
		pointerIsFile = asFile
		for name, there := range map[string]struct {
			make func(path string) error
			ours bool
		}{
			"nothing":                 {func(string) error { return nil }, true},
			"its own link":            {func(path string) error { return os.Symlink("earlier", path) }, true},
			"its own file":            {func(path string) error { return os.WriteFile(path, []byte("earlier\n"), 0o600) }, true},
			"another link":            {func(path string) error { return os.Symlink("../earlier", path) }, false},
			"another file":            {func(path string) error { return os.WriteFile(path, []byte("earlier\n\n"), 0o600) }, false},
			"an empty file":           {func(path string) error { return os.WriteFile(path, nil, 0o600) }, false},
			"a large file":            {func(path string) error { return os.WriteFile(path, make([]byte, maxPointer+1), 0o600) }, false},
			"a directory":             {func(path string) error { return os.Mkdir(path, 0o700) }, false},
			"a link to its own place": {func(path string) error { return os.Symlink("latest", path) }, false},
		} {
			t.Run(fmt.Sprintf("%s, file %t", name, asFile), func(t *testing.T) {
				above := t.TempDir()
				path := filepath.Join(above, "latest")
				if err := there.make(path); err != nil {
					t.Skip(err)
				}
				before, err := os.Lstat(path)
				if err != nil && name != "nothing" {
					t.Skip(err) // Wine 10 says that it made a link, and makes none
				}
				err = (&job{Dir: filepath.Join(above, "dir"), Pointer: "latest"}).whole()
				after, failed := os.Lstat(path)
				if failed != nil {
					t.Fatal(failed)
				}
				if !there.ours {
					if err == nil || err.Error() != path+": "+errForeign.Error() || !os.SameFile(before, after) {
						t.Errorf("%v", err)
					}
				} else if target, pointing := pointed(path); err != nil || pointing != nil || target != "dir" || after.Mode().IsRegular() != asFile {
					t.Errorf("%v; it names %q, %v, with mode %v", err, target, pointing, after.Mode())
				}
				if left := names(t, above); len(left) != 2 {
					t.Errorf("left behind: %v", left)
				}
			})
		}
	}
}

// What changes between the last look and the removal stays.
func TestChangedWhileRemoved(t *testing.T) {
	t.Cleanup(func() { reached = func(string) {} })
	above := t.TempDir()
	dir := filepath.Join(above, "dir")
	write(t, dir, before)
	late := map[string]string{"journal": "just begun"}
	reached = func(step string) {
		if step == "checked" {
			write(t, dir, late)
		}
	}
	if err := Remove(dir, anything); err == nil || err.Error() != dir+": was changed while it was to be removed" {
		t.Error(err)
	}
	want := maps.Clone(before)
	maps.Copy(want, late)
	if diff := cmp.Diff(want, held(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if list := names(t, above); len(list) != 1 {
		t.Errorf("left behind: %v", list)
	}
}

func TestWhatIsNotRemoved(t *testing.T) {
	above := t.TempDir()
	dir, elsewhere := filepath.Join(above, "dir"), filepath.Join(t.TempDir(), "elsewhere")
	stays := func(name string, want string, mayGo func(string) error) {
		t.Helper()
		before := held(t, dir)
		if err := Remove(name, mayGo); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		if diff := cmp.Diff(before, held(t, dir)); diff != "" {
			t.Errorf("(-before +after):\n%s", diff)
		}
	}
	write(t, dir, before)
	stays(dir, "needed", func(string) error { return errors.New("needed") })
	c := take(t, dir)
	stays(dir, dir+": "+ErrClaimed.Error(), anything)
	c.Release()
	t.Run("current directory", func(t *testing.T) {
		t.Chdir(dir)
		stays(dir, dir+": is the current directory", anything)
	})
	file, link := filepath.Join(above, "file"), filepath.Join(above, "link")
	write(t, above, map[string]string{"file": ""})
	stays(file, file+": is not a directory", anything)
	write(t, elsewhere, before)
	if err := os.Symlink(elsewhere, link); err == nil && runtime.GOOS != "windows" {
		stays(link, link+": is not a directory", anything)
		if now := held(t, elsewhere); !maps.Equal(now, before) {
			t.Errorf("beyond the link: %v", now)
		}
	}
	if err := Remove(filepath.Join(above, "missing"), anything); err != nil {
		t.Errorf("a missing one: %v", err)
	}
}

// Whoever comes first removes it; the others find it gone or claimed.
func TestRemovedByTwoAtOnce(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "dir")
	write(t, dir, before)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := Remove(dir, anything); err != nil && !errors.Is(err, ErrClaimed) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if list := names(t, above); len(list) > 0 {
		t.Errorf("left behind: %v", list)
	}
}
