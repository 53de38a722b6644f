package outdir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/ldapscan/osfile"
)

// A job is a run of its own, which ends in the middle.
type job struct {
	Dir    string
	KillAt int  // the step, from 1, after which the process kills itself
	InTwo  bool // as where two directories cannot be exchanged
	Remove bool // the directory, instead of writing it
	// Pointer is to name the directory afterwards, if it is not empty.
	Pointer string
}

const jobVariable = "PROXYADDR_OUTDIR_JOB"

func TestMain(m *testing.M) {
	text := os.Getenv(jobVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var j job
	err := json.Unmarshal([]byte(text), &j)
	if err == nil {
		err = j.do()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (j *job) do() error {
	steps := 0
	reached = func(step string) {
		if steps++; steps == j.KillAt {
			fmt.Println(step)
			if p, err := os.FindProcess(os.Getpid()); err == nil {
				p.Kill()
			}
			select {}
		}
	}
	if j.InTwo {
		exchange = unsupported
	}
	return j.whole()
}

func unsupported(string, string) error { return errors.ErrUnsupported }

// whole is the run from its beginning to its end.
func (j *job) whole() error {
	if j.Remove {
		return Remove(j.Dir, anything)
	}
	c, err := Take(j.Dir, anything)
	if err != nil {
		return err
	}
	for name, text := range after {
		if err := os.WriteFile(filepath.Join(c.Stage(), name), []byte(text), 0o600); err != nil {
			return err
		}
		reached("wrote a file")
	}
	defer c.Release()
	if err := c.Commit(); err != nil || j.Pointer == "" {
		return err
	}
	return c.Point(j.Pointer, func(target string) bool { return target == "earlier" })
}

// run runs the job in a process, and tells after which step it was killed, "" if it
// came to its end.
func (j job) run(t *testing.T) (killedAfter string) {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), jobVariable+"="+string(text))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); stderr.Len() > 0 || err != nil && stdout.Len() == 0 {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return string(bytes.TrimSpace(stdout.Bytes()))
}

var (
	before = map[string]string{"a": "old", "b": "old", "only before": "old"}
	after  = map[string]string{"a": "new", "b": "new", "only after": "new"}
)

func anything(string) error { return nil }

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// held returns the files of a directory, nil if it is missing.
func held(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	files := map[string]string{}
	for _, e := range entries {
		text, failed := os.ReadFile(filepath.Join(dir, e.Name()))
		files[e.Name()] = string(text)
		err = errors.Join(err, failed)
	}
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// names returns what a directory holds, hidden files too.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// Killed after any step, a run leaves what was there before, or what it made, or for a
// moment nothing, and never a mixture. The next run, for this directory or for another
// beside it, puts back what went missing and leaves nothing else behind.
func TestKilledAfterEachStep(t *testing.T) {
	for _, inTwo := range []bool{false, true} {
		for name, before := range map[string]map[string]string{"a new directory": nil, "one with files": before} {
			t.Run(fmt.Sprintf("%s, in two steps %t", name, inTwo), func(t *testing.T) {
				if inTwo {
					exchange = unsupported
					defer func() { exchange = osfile.Exchange }()
				} else if err := osfile.Exchange(t.TempDir(), t.TempDir()); err != nil {
					t.Skip(err)
				}
				missing := 0
				for n := 1; ; n++ {
					above := filepath.Join(t.TempDir(), "above")
					dir := filepath.Join(above, "dir")
					if before != nil {
						write(t, dir, before)
					}
					step := job{Dir: dir, KillAt: n, InTwo: inTwo}.run(t)
					if step == "" {
						break
					}
					now := held(t, dir)
					switch {
					case now == nil && before != nil && inTwo:
						missing++
					case !(now == nil && before == nil) && !maps.Equal(now, before) && !maps.Equal(now, after):
						t.Fatalf("after %q (%d) the directory holds %v", step, n, now)
					}
					if n%2 == 0 {
						c, err := Take(filepath.Join(above, "other"), anything)
						if err != nil {
							t.Fatalf("after %q (%d): %v", step, n, err)
						}
						c.Release()
						now := held(t, dir)
						if !(now == nil && before == nil) && !maps.Equal(now, before) && !maps.Equal(now, after) {
							t.Fatalf("after %q (%d) and a run beside it the directory holds %v", step, n, now)
						}
						if list := names(t, above); len(list) > 1 || len(list) == 1 && list[0] != "dir" {
							t.Fatalf("after %q (%d) a run beside it leaves %v", step, n, list)
						}
					}
					if err := (&job{Dir: dir}).whole(); err != nil {
						t.Fatalf("after %q (%d): %v", step, n, err)
					}
					if diff := cmp.Diff(after, held(t, dir)); diff != "" {
						t.Fatalf("after %q (%d) the next run leaves (-want +got):\n%s", step, n, diff)
					}
					if diff := cmp.Diff([]string{"dir"}, names(t, above)); diff != "" {
						t.Fatalf("after %q (%d) the next run leaves (-want +got):\n%s", step, n, diff)
					}
				}
				if before != nil && inTwo && missing != 1 {
					t.Errorf("the directory was missing after %d steps", missing)
				}
			})
		}
	}
}
