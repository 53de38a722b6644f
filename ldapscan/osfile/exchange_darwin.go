package osfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// Exchange gives two files or directories each other's name in one step. The error is an
// [errors.ErrUnsupported] if the file system cannot do that.
func Exchange(a, b string) error {
	if err := unix.RenamexNp(a, b, unix.RENAME_SWAP); err != nil { // ENOTSUP is errors.ErrUnsupported
		return &os.LinkError{Op: "exchange", Old: a, New: b, Err: err}
	}
	return nil
}
