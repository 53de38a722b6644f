// Package outdir writes directories whole. A run claims its directory before it begins,
// gathers its files in a workspace beside it, and puts them in its place in one step,
// so that nobody sees half of them, also if the run is killed.
//
// The workspace of audit is .audit.proxyaddr in the directory above. It holds
//
//	lock  which the run keeps locked as long as it lives
//	new   the files of the run; after the step, those that were in place before
//	old   those that were in place before, where that takes two steps
//
// What a killed run leaves there the next run in the same directory above tidies up: it
// puts old back if nothing took its place, and deletes the rest.
package outdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"proxyaddr/ldapscan/osfile"
)

// A Refusal is a directory that a run cannot have.
type Refusal struct {
	Dir    string // as the user named it
	Err    error
	Advice string
	// Unwritable tells that the system did not let the directory be written. Otherwise
	// what there is keeps it from being replaced.
	Unwritable bool
}

func (r *Refusal) Error() string { return r.Dir + ": " + r.Err.Error() }
func (r *Refusal) Unwrap() error { return r.Err }

// Hint says what to do, or is empty.
func (r *Refusal) Hint() string { return r.Advice }

// ErrClaimed is the error for a directory that another process has claimed.
var ErrClaimed = errors.New("another run of proxyaddr is writing to it")

// A Claim is a directory that this process alone is about to write. It is for one
// goroutine.
type Claim struct {
	name  string // as the user wrote it
	path  string // absolute, and no link
	mayGo func(dir string) error
	lock  *os.File
	made  []string // directories above it that were missing
	done  bool
}

// reached is called when a step is done. Tests end the process there.
var reached = func(step string) {}

// Take claims the directory of this name, and makes those above it with mode 0700. If it
// exists, mayGo says, by an error, why what it holds may not be deleted; it is asked now,
// and again by [Claim.Commit]. It reads the directory by the path that it is given.
//
// The error is a [Refusal], with the error of mayGo as it came. One of them is that
// another process has claimed the directory: it is then [ErrClaimed].
func Take(name string, mayGo func(dir string) error) (_ *Claim, err error) {
	c := &Claim{name: filepath.Clean(name), mayGo: mayGo}
	defer func() {
		if err != nil {
			c.Release()
		}
	}()
	if err := c.resolve(); err != nil {
		return nil, err
	}
	if _, err := c.exists(); err != nil {
		return nil, err
	}
	above := filepath.Dir(c.path)
	if err := c.makeAbove(above); err != nil {
		return nil, c.unwritable(err)
	}
	tidy(above)
	if err := c.open(); err != nil {
		return nil, err
	}
	there, err := c.exists()
	if err == nil && there {
		err = mayGo(c.path)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// resolve finds the directory. A link to one leads to it.
func (c *Claim) resolve() (err error) {
	if c.path, err = filepath.Abs(c.name); err != nil {
		return c.unwritable(err)
	}
	if info, err := os.Lstat(c.path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return nil
	}
	if c.path, err = filepath.EvalSymlinks(c.path); errors.Is(err, fs.ErrNotExist) {
		return c.refuse("is a link to nothing", Elsewhere(c.name))
	} else if err != nil {
		return c.unwritable(err)
	}
	return nil
}

// exists tells whether the directory is there, and refuses what is there and cannot
// be replaced whatever it holds.
func (c *Claim) exists() (bool, error) {
	info, err := os.Lstat(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, c.unwritable(err)
	}
	current, err := os.Stat(".")
	switch {
	case !info.IsDir():
		return true, c.refuse("is not a directory", Elsewhere(c.name))
	case !osfile.Owned(info):
		return true, c.refuse("belongs to another user", Elsewhere(c.name))
	case err == nil && os.SameFile(info, current):
		return true, c.refuse("is the current directory", "name a directory in it, for example -o audit")
	case osfile.MountPoint(c.path):
		return true, c.refuse("is a mount point", "name a directory in it, for example -o "+quoted(filepath.Join(c.name, "audit")))
	}
	return true, nil
}

// makeAbove makes the directories down to dir that are missing.
func (c *Claim) makeAbove(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := c.makeAbove(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	c.made = append(c.made, dir)
	return osfile.SyncDir(filepath.Dir(dir))
}

// Stage returns the directory to write the files to. It is empty at first, and
// they should be synced.
func (c *Claim) Stage() string { return filepath.Join(c.workspace(), stageName) }

// Commit puts what was staged in the place of the directory, and deletes what was
// there, in one step where the operating system and file system can do so. The error
// is a [Refusal]; but for a disk that fails after the step, what was there is as it was.
func (c *Claim) Commit() error {
	if err := osfile.SyncDir(c.Stage()); err != nil {
		return c.unwritable(err)
	}
	reached("staged")
	there, err := c.exists()
	if err != nil {
		return err
	}
	if there {
		err = c.replace()
	} else if err = osfile.Rename(c.Stage(), c.path); err != nil {
		err = c.unwritable(err)
	}
	if err != nil {
		return err
	}
	c.done = true
	reached("placed")
	if err := osfile.SyncDir(filepath.Dir(c.path)); err != nil {
		return c.unwritable(err)
	}
	reached("synced")
	_ = discard(c.workspace()) // or else the next run does it
	return nil
}

// Release gives the directory up, with all that was not committed.
func (c *Claim) Release() {
	if c.lock != nil {
		if mend(c.workspace()) == nil { // Commit may have failed to put back what was there
			leave(c.workspace(), c.lock)
		} else {
			c.lock.Close()
		}
		c.lock = nil
	}
	if !c.done {
		for _, dir := range slices.Backward(c.made) {
			_ = os.Remove(dir) // unless another run uses it
		}
		c.made = nil
	}
}

func (c *Claim) refuse(problem, hint string) error {
	return &Refusal{Dir: c.name, Err: errors.New(problem), Advice: hint}
}

// unwritable is the refusal for an error of the file system.
func (c *Claim) unwritable(err error) error {
	return &Refusal{Dir: c.name, Err: WithoutNames(err), Unwritable: true,
		Advice: fmt.Sprintf("%s needs room and write access; -o names another directory", filepath.Dir(c.path))}
}

// WithoutNames returns an error of the file system without the names that it gives, as
// those in a workspace.
func WithoutNames(err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	}
	return err
}

// Elsewhere is the hint that shows a name which no file has yet.
func Elsewhere(name string) string {
	name = filepath.Clean(name)
	return fmt.Sprintf(`name a new directory, for example -o %s or -o "%s-{date}"`, quoted(next(name)), name)
}

// next returns the name with the least number that no file has yet.
func next(name string) string {
	for n := 2; ; n++ {
		numbered := fmt.Sprintf("%s-%d", name, n)
		if _, err := os.Lstat(numbered); err != nil {
			return numbered
		}
	}
}

func quoted(name string) string {
	if strings.ContainsAny(name, " {") {
		return `"` + name + `"`
	}
	return name
}
