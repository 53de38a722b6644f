package osfile

import (
	"errors"
	"io/fs"
	"os"
)

// ErrNotRegular is the error for a FIFO, device, socket or directory where a file is
// to be read.
var ErrNotRegular = errors.New("not a regular file")

// OpenRegular opens a file to read, and follows links. Anything but a regular file is at
// once an [ErrNotRegular]: opening a FIFO could block forever, and /dev/zero has no end.
func OpenRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
