package osfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrInUse is the error for a file that another process has locked.
var ErrInUse = errors.New("another process is using it")

// OpenLocked opens a file to read and write, and locks it until it is closed or this
// process ends in whatever way. The lock is that of the operating system: on Unix it
// stops processes that ask for the lock too, on Windows all that would write. The error
// is an [ErrInUse] if another process has locked the file; on Windows also if a program
// has the file open and lets nobody write to it.
func OpenLocked(path string) (*os.File, error) { return locked(path, false) }

// CreateLocked is OpenLocked for a new file, with mode 0600. The error is an
// [os.ErrExist] if the file exists.
func CreateLocked(path string) (*os.File, error) { return locked(path, true) }

// HoldLocked is OpenLocked for a file that [ReleaseLocked] deletes: it creates it if it
// is missing. The error is an [os.ErrNotExist] if its directory is missing, and also if
// another process deleted the file meanwhile: try again. A link is an [ErrNotRegular]: it
// may lead to a file of somebody else.
func HoldLocked(path string) (*os.File, error) {
	f, err := CreateLocked(path)
	if !errors.Is(err, fs.ErrExist) {
		return f, err
	}
	if f, err = OpenLocked(path); err != nil {
		return nil, err
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		f.Close()
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return f, nil
}

func locked(path string, create bool) (*os.File, error) {
	f, err := openLocked(path, create)
	if err != nil {
		return nil, err
	}
	// If the file was deleted before it was locked, its lock stops nobody.
	held, err := f.Stat()
	if err == nil {
		var now fs.FileInfo
		if now, err = os.Stat(path); err == nil && !os.SameFile(held, now) {
			err = fmt.Errorf("%s: %w", path, fs.ErrNotExist)
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
