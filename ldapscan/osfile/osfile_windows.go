package osfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

const sharingViolation = syscall.Errno(32)

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

// Rename is [os.Rename] with retries for two seconds, as in the go command: virus
// scanners open new files, and a directory with an open file cannot be renamed.
func Rename(from, to string) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := os.Rename(from, to)
		if !errors.Is(err, sharingViolation) && !errors.Is(err, syscall.ERROR_ACCESS_DENIED) || wait > time.Second {
			return err
		}
		time.Sleep(wait)
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
