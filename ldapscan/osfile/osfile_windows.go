package osfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

const (
	sharingViolation = syscall.Errno(32)
	lockViolation    = syscall.Errno(33)
	dirNotEmpty      = syscall.Errno(145)
)

func openLocked(path string, create bool) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	how := uint32(syscall.OPEN_EXISTING)
	if create {
		how = syscall.CREATE_NEW
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ, nil, how, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, fmt.Errorf("%s: %w", path, ErrInUse)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// ReleaseLocked gives up the lock of a file of [HoldLocked] and deletes it. Windows does
// not delete an open file, so a file that another process has locked meanwhile stays.
func ReleaseLocked(f *os.File) error {
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Remove(f.Name()); !errors.Is(err, sharingViolation) {
		return err
	}
	return nil
}

// SyncDir does nothing: NTFS has a journal for its names.
func SyncDir(string) error { return nil }

// patience is how long another program may keep a file open: virus scanners and indexers
// open new files for a moment.
const patience = 2 * time.Second

// pause waits between two attempts. Tests replace it.
var pause = time.Sleep

// patiently makes an attempt again, as the go command does, while another program has the
// file open, or a file in the directory.
func patiently(attempt func() error) error {
	for waited, wait := time.Duration(0), time.Millisecond; ; wait *= 2 {
		err := attempt()
		if !slices.ContainsFunc([]error{sharingViolation, lockViolation, syscall.ERROR_ACCESS_DENIED}, func(held error) bool {
			return errors.Is(err, held)
		}) || waited == patience {
			return err
		}
		wait = min(wait, patience-waited)
		pause(wait)
		waited += wait
	}
}

// Rename is [os.Rename] with retries for two seconds. A directory with an open file cannot be
// renamed.
func Rename(from, to string) error {
	return patiently(func() error { return os.Rename(from, to) })
}

// Remove is [os.Remove] with retries for two seconds.
func Remove(path string) error {
	return patiently(func() error { return os.Remove(path) })
}

// RemoveAll is [os.RemoveAll] with retries for two seconds.
func RemoveAll(path string) error {
	return patiently(func() error {
		err := os.RemoveAll(path)
		if errors.Is(err, dirNotEmpty) { // a deleted file stays until a scanner has closed it
			return sharingViolation
		}
		return err
	})
}

// InUse reports whether another program has a file open, for longer than two seconds.
func InUse(path string) bool {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return false
	}
	const nobodyElse = 0
	err = patiently(func() error {
		h, err := syscall.CreateFile(name, syscall.GENERIC_READ, nobodyElse, nil, syscall.OPEN_EXISTING, syscall.FILE_ATTRIBUTE_NORMAL, 0)
		if err == nil {
			err = syscall.CloseHandle(h)
		}
		if err == syscall.ERROR_ACCESS_DENIED { // by its access list
			return nil
		}
		return err
	})
	return errors.Is(err, sharingViolation)
}

// Temporary creates a file in the directory for temporary files that no other program can
// open. Windows deletes it when it is closed, or when this process ends in whatever way.
func Temporary(prefix, suffix string) (*os.File, error) {
	const nobodyElse, tries = 0, 100
	for n := 1; ; n++ {
		path := filepath.Join(os.TempDir(), fmt.Sprintf("%s%d%s", prefix, rand.Uint64(), suffix))
		name, err := syscall.UTF16PtrFromString(path)
		if err != nil {
			return nil, &os.PathError{Op: "create", Path: path, Err: err}
		}
		h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, nobodyElse, nil, syscall.CREATE_NEW,
			windows.FILE_ATTRIBUTE_TEMPORARY|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
		if err == nil {
			return os.NewFile(uintptr(h), path), nil
		}
		if !errors.Is(err, fs.ErrExist) || n == tries {
			return nil, &os.PathError{Op: "create", Path: path, Err: err}
		}
	}
}

// Exchange cannot be done in one step.
func Exchange(a, b string) error { return errors.ErrUnsupported }

// Owned returns true: the access control list of a directory, which it inherits from the
// one above, says who may write to it.
func Owned(fs.FileInfo) bool { return true }

// GiveToOwner does nothing: see [Owned].
func GiveToOwner(*os.File, string) {}

// MountPoint returns false: a volume that is mounted at a directory appears as a link.
func MountPoint(string) bool { return false }

const nonblock = 0
