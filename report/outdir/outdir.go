// Package outdir writes whole directories. A run claims its directory before it begins, writes
// its files to a workspace beside it, and puts them in place in one step. So nobody sees half of
// them, even if the run is killed.
//
// The workspace of audit is .audit.proxyaddr in the directory above. It holds
//
//	lock  locked by the run until it ends
//	new   the files of the run; after the step, the earlier files
//	old   the earlier files, where the exchange takes two steps
//
// The next run in the same directory above cleans up after a killed run: it puts old back if
// nothing took its place, and deletes the rest.
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

// A Refusal is the error for a directory that a run cannot use.
type Refusal struct {
	Dir    string // as the user named it
	Err    error
	Advice string
	// Unwritable says that the system did not allow writing the directory. Otherwise its content
	// must not be replaced.
	Unwritable bool
}

func (r *Refusal) Error() string { return r.Dir + ": " + r.Err.Error() }
func (r *Refusal) Unwrap() error { return r.Err }

// Hint says what to do, or is empty.
func (r *Refusal) Hint() string { return r.Advice }

// ErrClaimed is the error for a directory that another process has claimed.
var ErrClaimed = errors.New("another run of proxyaddr is writing to it")

// A Claim is a directory that only this process may write. It is for one goroutine.
type Claim struct {
	name  string // as the user wrote it
	path  string // absolute, without links
	mayGo func(dir string) error
	lock  *os.File
	made  []string // directories above it that the claim created
	done  bool
}

// reached is called when a step is done. Tests end the process there.
var reached = func(step string) {}

// Take claims the directory with this name, and creates those above it with mode 0700. If it
// exists, mayGo returns an error if its content must not be deleted; Take calls it, and
// [Claim.Commit] calls it again. It must read the directory at the path that it is given.
//
// The error is a [Refusal] that wraps the error of mayGo, or [ErrClaimed] if another process has
// claimed the directory.
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

// resolve finds the directory. It follows a link.
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

// exists reports whether the directory exists. It refuses one that cannot be replaced, whatever
// its content.
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

// makeAbove creates the missing directories down to dir.
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

// Stage returns the directory to write the files to. It is empty at first. The caller should sync
// the files.
func (c *Claim) Stage() string { return filepath.Join(c.workspace(), stageName) }

// Commit puts the staged files in place of the directory, and deletes the earlier content. That
// is one step if the operating system and the file system can do it. The error is a [Refusal];
// after it the earlier content is unchanged, unless the disk failed after the step.
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
	_ = discard(c.workspace()) // otherwise the next run does it
	return nil
}

// Release gives up the directory, and deletes everything that was not committed.
func (c *Claim) Release() {
	if c.lock != nil {
		if mend(c.workspace()) == nil { // Commit may have failed to put the earlier content back
			leave(c.workspace(), c.lock)
		} else {
			c.lock.Close()
		}
		c.lock = nil
	}
	if !c.done {
		for _, dir := range slices.Backward(c.made) {
			_ = osfile.Remove(dir) // unless another run uses it
		}
		c.made = nil
	}
}

func (c *Claim) refuse(problem, hint string) error {
	return &Refusal{Dir: c.name, Err: errors.New(problem), Advice: hint}
}

// unwritable returns the refusal for an error of the file system.
func (c *Claim) unwritable(err error) error {
	return &Refusal{Dir: c.name, Err: WithoutNames(err), Unwritable: true,
		Advice: fmt.Sprintf("%s needs room and write access; -o names another directory", filepath.Dir(c.path))}
}

// WithoutNames returns an error of the file system without file names, such as those in a
// workspace.
func WithoutNames(err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	}
	return err
}

// Elsewhere is the hint with an unused name.
func Elsewhere(name string) string {
	name = filepath.Clean(name)
	return fmt.Sprintf(`name a new directory, for example -o %s or -o "%s-{date}"`, quoted(next(name)), name)
}

// next returns the unused name with the smallest number.
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
