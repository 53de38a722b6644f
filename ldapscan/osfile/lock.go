package osfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrInUse is the error for a file that another process keeps others out of.
var ErrInUse = errors.New("another process is using it")

// OpenLocked opens a file to read and write, and keeps other processes out until it
// is closed or this process ends, however it ends. The lock is the operating
// system's: on Unix it concerns those who ask for it too, on Windows all who would
// write. A file that another process keeps is an [ErrInUse]; on Windows that is any
// file that a program has open and lets nobody write to.
func OpenLocked(path string) (*os.File, error) { return locked(path, false) }

// CreateLocked is OpenLocked for a new file, with mode 0600. One that is there
// already is an [os.ErrExist].
func CreateLocked(path string) (*os.File, error) { return locked(path, true) }

// HoldLocked is OpenLocked for a file that [ReleaseLocked] deletes: it creates it if
// it is missing. The error is an [os.ErrNotExist] if its directory is missing, and also
// if another process deleted the file meanwhile: try again. A link is an [ErrNotRegular]:
// it leads to a file of somebody else.
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
	// The lock of a file that was deleted before it was locked keeps nobody out.
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
