package osfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// However many ask, one at a time holds the file, though each deletes it.
func TestOneHoldsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var holders, held atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				f, err := HoldLocked(path)
				if errors.Is(err, ErrInUse) || errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
					continue // Windows refuses a file that is being deleted
				}
				if err != nil {
					t.Error(err)
					return
				}
				held.Add(1)
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d hold it", n)
				}
				holders.Add(-1)
				if err := ReleaseLocked(f); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if held.Load() == 0 {
		t.Error("nobody ever held it")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestExchange(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, path := range []string{filepath.Join(a, "in a"), filepath.Join(b, "in b")} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := Exchange(a, b); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(b, "in a"), filepath.Join(a, "in b")} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if err := Exchange(a, filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestOpenRegular(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenRegular(dir); err == nil {
		t.Error("a directory was opened")
	}
	if _, err := OpenRegular(os.DevNull); !errors.Is(err, ErrNotRegular) {
		t.Errorf("%s: %v", os.DevNull, err)
	}
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenRegular(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// What is no file of its own is left: a directory, a device, and a link, which may lead there.
func TestReplaceLeavesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	other, link := filepath.Join(dir, "other"), filepath.Join(dir, "link")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	paths := []string{dir}
	if err := os.Symlink(other, link); err == nil {
		if _, err := os.Lstat(link); err == nil { // Wine 10 says that it made a link, and makes none
			paths = append(paths, link)
		}
	}
	for _, path := range paths {
		if err := Replace(path, "new", 0o600); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if text, err := os.ReadFile(other); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
}

// A write that fails leaves the file as it was, and nothing beside it.
func TestReplaceByFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := ReplaceBy(path, 0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, "half of it")
		return errors.Join(err, broken)
	})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "old" {
		t.Errorf("%q, %v", text, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestCheckReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := CheckReplace(path); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	if err := CheckReplace(dir); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a directory: %v", err)
	}
	missing := filepath.Join(dir, "missing", "file")
	var pe *os.PathError
	if err := CheckReplace(missing); !errors.Is(err, os.ErrNotExist) || !errors.As(err, &pe) || pe.Path != missing {
		t.Errorf("in no directory: %v", err)
	}
}

// tempVariable makes this program create a temporary file and end without closing it.
const tempVariable = "OSFILE_TEMPORARY"

// A temporary file is gone when it is closed, and when the process that has it is killed.
func TestTemporary(t *testing.T) {
	if os.Getenv(tempVariable) != "" {
		f, err := Temporary("a", "b")
		if err == nil {
			_, err = f.WriteString("text")
		}
		if err != nil {
			t.Fatal(err)
		}
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("written")
		self.Kill()
		select {}
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	f, err := Temporary("a", "b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("text"); err != nil {
		t.Error(err)
	}
	if text, err := io.ReadAll(io.NewSectionReader(f, 0, 4)); string(text) != "text" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if other, err := os.Open(f.Name()); err == nil {
		other.Close()
		t.Error("another program can open it")
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestTemporary$")
	cmd.Env = append(os.Environ(), tempVariable+"=1")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "written") {
		t.Errorf("%s, %v", out, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}
