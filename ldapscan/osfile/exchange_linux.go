package osfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Exchange gives two files or directories each other's name in one step. The error is an
// [errors.ErrUnsupported] if the file system cannot do that.
func Exchange(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	if err == nil {
		return nil
	}
	if err == unix.EINVAL { // renameat2(2): "the filesystem does not support one of the flags"
		err = errors.ErrUnsupported
	}
	return &os.LinkError{Op: "exchange", Old: a, New: b, Err: err}
}
