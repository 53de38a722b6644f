package osfile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// holdVariable has the path of the file that this program opens and holds until its stdin ends;
// shareVariable has what other programs may do with the file meanwhile.
const holdVariable, shareVariable = "OSFILE_HOLD", "OSFILE_SHARE"

func TestMain(m *testing.M) {
	path := os.Getenv(holdVariable)
	if path == "" {
		os.Exit(m.Run())
	}
	share, err := strconv.Atoi(os.Getenv(shareVariable))
	if err == nil {
		err = hold(path, uint32(share))
	}
	if err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString("held\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// hold opens a file until this process ends.
func hold(path string, share uint32) error {
	name, err := syscall.UTF16PtrFromString(path)
	if err == nil {
		_, err = syscall.CreateFile(name, syscall.GENERIC_READ, share, nil, syscall.OPEN_EXISTING, 0, 0)
	}
	return err
}

// held has another program hold a file until release is called.
func held(t *testing.T, path string, share int) (release func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), holdVariable+"="+path, shareVariable+"="+strconv.Itoa(share))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "held\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// waits replaces the pauses between attempts. It calls at the third one, and returns how long
// all would have been.
func waits(t *testing.T, third func()) (total func() time.Duration) {
	t.Cleanup(func() { pause = time.Sleep })
	n, sum := 0, time.Duration(0)
	pause = func(d time.Duration) {
		sum += d
		if n++; n == 3 {
			third()
		}
	}
	return func() time.Duration { return sum }
}

var attempts = map[string]func(path string) error{
	"rename":     func(path string) error { return Rename(path, path+"2") },
	"remove":     Remove,
	"remove all": func(path string) error { return RemoveAll(filepath.Dir(path)) },
	"replace":    func(path string) error { return Replace(path, "new", 0o600) },
}

// What another program holds for a moment is renamed, removed and replaced when it lets go.
func TestHeldForAMoment(t *testing.T) {
	for name, attempt := range attempts {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "dir", "file")
			write(t, path, "old")
			waits(t, held(t, path, syscall.FILE_SHARE_READ))
			if err := attempt(path); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"rename": "", "remove": "", "remove all": "", "replace": "new"}[name]
			if text, err := os.ReadFile(path); string(text) != want || (want == "") != errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

// What another program holds on to stays, and nothing is left beside it.
func TestHeldForLong(t *testing.T) {
	for name, attempt := range attempts {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "dir", "file")
			write(t, path, "old")
			defer held(t, path, syscall.FILE_SHARE_READ)()
			waited := waits(t, func() {})
			err := attempt(path)
			if want := map[bool]error{true: ErrInUse, false: sharingViolation}[name == "replace"]; !errors.Is(err, want) && !errors.Is(err, syscall.ERROR_ACCESS_DENIED) {
				t.Errorf("%v, want %v", err, want)
			}
			if d := waited(); d < patience || d > 2*patience {
				t.Errorf("given up after %v", d)
			}
			if text, err := os.ReadFile(path); string(text) != "old" || err != nil {
				t.Errorf("%q, %v", text, err)
			}
			if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
				t.Errorf("left behind: %v", entries)
			}
		})
	}
}

// A file counts as in use however the other program shares it: a directory with an open file
// cannot be moved.
func TestInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "")
	waits(t, func() {})
	if InUse(path) {
		t.Error("in use before")
	}
	for _, share := range []int{0, syscall.FILE_SHARE_READ, syscall.FILE_SHARE_READ | syscall.FILE_SHARE_WRITE} {
		release := held(t, path, share)
		if !InUse(path) {
			t.Errorf("not in use when shared as %d", share)
		}
		if err := CheckReplace(path); !errors.Is(err, ErrInUse) {
			t.Errorf("shared as %d: %v", share, err)
		}
		release()
	}
	if InUse(path) {
		t.Error("in use afterwards")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
