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

// target returns the name of the directory to which a workspace with this name belongs.
func target(workspace string) (name string, ok bool) {
	if name, ok = strings.CutPrefix(workspace, prefix); ok {
		name, ok = strings.CutSuffix(name, suffix)
	}
	return name, ok && name != ""
}

// open creates the workspace and locks it.
func (c *Claim) open() (err error) {
	dir := c.workspace()
	const tries = 100 // another run may clean it up each time
	for n := 1; c.lock == nil; n++ {
		err = os.Mkdir(dir, 0o700)
		if errors.Is(err, fs.ErrExist) {
			// Anybody who may write above can have created it, to read the files in it.
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
			_ = osfile.Remove(dir) // unless another run uses it
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

// tidy cleans up after killed runs in a directory. It ignores errors: the next runs for these
// directories try again.
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
			_ = osfile.Remove(dir) // it must be empty for that
		case err == nil && mend(dir) == nil:
			leave(dir, lock)
		case err == nil:
			lock.Close()
		}
	}
}

// mend finishes what a killed run began in the workspace dir. Then it is like a new workspace.
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

// discard deletes the directories in a workspace. It renames the old directory first: a
// half-deleted one must not be put back.
func discard(dir string) error {
	stage := filepath.Join(dir, stageName)
	if err := osfile.RemoveAll(stage); err != nil {
		return err
	}
	err := osfile.Rename(filepath.Join(dir, asideName), stage)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	reached("no longer aside")
	if err == nil {
		err = osfile.RemoveAll(stage)
	}
	return err
}

// leave gives up a mended workspace.
func leave(dir string, lock *os.File) {
	_ = osfile.ReleaseLocked(lock)
	reached("unlocked")
	_ = osfile.Remove(dir) // unless another run uses it
}

// exchange is a variable so that tests can act as a system without this call.
var exchange = osfile.Exchange

// replace puts the staged files in place of a directory that may be deleted. A directory that
// changes meanwhile stays.
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

// list describes the content of a directory, to detect a change.
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

// blame names the file because of which a directory could not be moved: Windows does not move a
// directory if a program has one of its files open.
func (c *Claim) blame(err error) error {
	if open := CheckInUse(c.name, c.path); open != nil {
		return open
	}
	return c.unwritable(err)
}

// errOpen is the error for a file that another program has open.
var errOpen = errors.New("is open in another program")

// CheckInUse returns a [Refusal] if another program has a file of a directory open, or has left a
// file that says so. name is the directory for the user, dir its path.
func CheckInUse(name, dir string) error {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		file, advice := e.Name(), "close it there, or "+Elsewhere(name)
		if owned := openedBy(file); owned != "" && exists(filepath.Join(dir, owned)) {
			file, advice = owned, fmt.Sprintf("close it there, or delete %s if no program has it open", filepath.Join(name, file))
		} else if !osfile.InUse(filepath.Join(dir, file)) {
			continue
		}
		return &Refusal{Dir: filepath.Join(name, file), Err: errOpen, Advice: advice}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// openedBy returns the file that a program has open as long as another file exists: Excel puts
// ~$report.xlsx beside report.xlsx, and LibreOffice .~lock.report.xlsx#.
func openedBy(name string) string {
	if file, ok := strings.CutPrefix(name, "~$"); ok {
		return file
	}
	if file, ok := strings.CutPrefix(name, ".~lock."); ok {
		return strings.TrimSuffix(file, "#")
	}
	return ""
}
