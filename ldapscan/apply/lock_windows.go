package apply

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// openFile opens a journal, or creates it, and keeps other processes from writing
// to it until it is closed or this process ends.
func openFile(path string, create bool) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	how := uint32(syscall.OPEN_EXISTING)
	if create {
		how = syscall.CREATE_NEW
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ, nil, how, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	const sharingViolation = syscall.Errno(32)
	if errors.Is(err, sharingViolation) {
		return nil, fmt.Errorf("%s: %w", path, ErrInUse)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// syncParent has nothing to do: NTFS keeps its names in a journal of its own.
func syncParent(string) error { return nil }
