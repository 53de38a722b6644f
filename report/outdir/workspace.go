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

// What is in a workspace.
const (
	lockName  = "lock"
	stageName = "new"
	asideName = "old"
)

const prefix, suffix = ".", ".proxyaddr"

func (c *Claim) workspace() string {
	above, base := filepath.Split(c.path)
	return filepath.Join(above, prefix+base+suffix)
}

// target returns the name of the directory that a workspace of this name is for.
func target(workspace string) (name string, ok bool) {
	if name, ok = strings.CutPrefix(workspace, prefix); ok {
		name, ok = strings.CutSuffix(name, suffix)
	}
	return name, ok && name != ""
}

// open makes the workspace and locks it.
func (c *Claim) open() (err error) {
	dir := c.workspace()
	const tries = 100 // as another run may tidy it up each time
	for n := 1; c.lock == nil; n++ {
		err = os.Mkdir(dir, 0o700)
		if errors.Is(err, fs.ErrExist) {
			// Whoever may write above can have made it, to read what is written there.
			info, err := os.Lstat(dir)
			if err == nil && (!info.IsDir() || !osfile.Owned(info)) {
				return c.refuse(dir+" is in the way", "remove it, or "+Elsewhere(c.name))
			}
		} else if err != nil {
			return c.unwritable(err)
		}
		reached("workspace")
		c.lock, err = osfile.HoldLocked(filepath.Join(dir, lockName))
		switch {
		case errors.Is(err, osfile.ErrInUse):
			return &Refusal{Dir: c.name, Err: ErrClaimed, Advice: "wait for it to end, or " + Elsewhere(c.name)}
		case err != nil && (n == tries || !errors.Is(err, fs.ErrNotExist)):
			_ = os.Remove(dir) // unless another run uses it
			return c.unwritable(err)
		}
	}
	reached("locked")
	err = mend(dir)
	if err == nil {
		err = os.Mkdir(c.Stage(), 0o700)
	}
	if err != nil {
		return c.unwritable(err)
	}
	reached("empty stage")
	return nil
}

// tidy clears what killed runs left in a directory. It is done as far as it can be:
// the runs for these directories try again.
func tidy(above string) {
	entries, _ := os.ReadDir(above)
	for _, e := range entries {
		if _, ok := target(e.Name()); !ok || !e.IsDir() {
			continue
		}
		if info, err := e.Info(); err != nil || !osfile.Owned(info) {
			continue
		}
		dir := filepath.Join(above, e.Name())
		lock, err := osfile.OpenLocked(filepath.Join(dir, lockName))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			_ = os.Remove(dir) // which has to be empty for that
		case err == nil && mend(dir) == nil:
			leave(dir, lock)
		case err == nil:
			lock.Close()
		}
	}
}

// mend ends what a killed run began in the workspace dir, so that it is as one that
// was only just locked.
func mend(dir string) error {
	above := filepath.Dir(dir)
	name, _ := target(filepath.Base(dir))
	path := filepath.Join(above, name)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		err := osfile.Rename(filepath.Join(dir, asideName), path)
		if err == nil {
			err = osfile.SyncDir(above)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	reached("mended")
	return discard(dir)
}

// discard deletes the directories in a workspace. What was moved aside gets another
// name first: half of it must not be put back.
func discard(dir string) error {
	stage := filepath.Join(dir, stageName)
	if err := os.RemoveAll(stage); err != nil {
		return err
	}
	err := osfile.Rename(filepath.Join(dir, asideName), stage)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	reached("no longer aside")
	if err == nil {
		err = os.RemoveAll(stage)
	}
	return err
}

// leave gives up a workspace that was mended.
func leave(dir string, lock *os.File) {
	_ = osfile.ReleaseLocked(lock)
	reached("unlocked")
	_ = os.Remove(dir) // unless another run uses it
}

// exchange is a variable for tests of what is done where there is no such call.
var exchange = osfile.Exchange

// replace puts what was staged in the place of a directory that may go. One that
// changes while that is found out stays.
func (c *Claim) replace() error {
	before, err := list(c.path)
	if err != nil {
		return c.unwritable(err)
	}
	if err := c.mayGo(c.path); err != nil {
		return err
	}
	reached("checked")
	gone, back := c.Stage(), func() error { return exchange(c.Stage(), c.path) }
	err = exchange(c.Stage(), c.path)
	if errors.Is(err, errors.ErrUnsupported) {
		gone = filepath.Join(c.workspace(), asideName)
		back = func() error { return osfile.Rename(gone, c.path) }
		err = osfile.Rename(c.path, gone)
	}
	if err != nil {
		return c.blame(err)
	}
	reached("moved")
	if now, err := list(gone); err != nil || !slices.Equal(before, now) {
		return errors.Join(c.refuse("was changed while it was to be replaced", Elsewhere(c.name)), back())
	}
	if gone == c.Stage() {
		return nil
	}
	if err := osfile.Rename(c.Stage(), c.path); err != nil {
		return errors.Join(c.unwritable(err), back())
	}
	return nil
}

// list tells what is in a directory, so that a change can be seen.
func list(dir string) (files []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		files = append(files, fmt.Sprint(e.Name(), info.Size(), info.Mode(), info.ModTime().UnixNano()))
	}
	return files, err
}

// blame names the file for which a directory could not be moved: Windows moves none
// of which a program has a file open.
func (c *Claim) blame(err error) error {
	if file := InUse(c.path); file != "" {
		return &Refusal{Dir: filepath.Join(c.name, file), Err: osfile.ErrInUse, Advice: "close it there, or " + Elsewhere(c.name)}
	}
	return c.unwritable(err)
}

// InUse returns the name of a file in dir that another process keeps others out of, ""
// if there is none.
func InUse(dir string) string {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		f, err := osfile.OpenLocked(filepath.Join(dir, e.Name()))
		if errors.Is(err, osfile.ErrInUse) {
			return e.Name()
		}
		if err == nil {
			f.Close()
		}
	}
	return ""
}
