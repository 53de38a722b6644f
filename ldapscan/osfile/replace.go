package osfile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace creates a file, or replaces it, in one step, so nobody reads half of it. The text is
// first written to a hidden file beside it, whose name ends in a number. If root replaces a file,
// it keeps its owner. The file gets exactly mode, whatever the umask. Anything but a regular file,
// links included, is an [ErrNotRegular]: otherwise root could replace /dev/null. The error is a
// [fs.PathError] that names path.
func Replace(path, text string, mode fs.FileMode) error {
	return ReplaceBy(path, mode, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// ReplaceBy is Replace with a text that write writes. If write fails, the file stays as it was.
func ReplaceBy(path string, mode fs.FileMode, write func(io.Writer) error) error {
	return blame(path, replace(path, mode, write))
}

// CheckReplace reports whether [Replace] could write a file, as far as that can be known
// beforehand. The error is a [fs.PathError] that names path, with [ErrInUse] if another program
// has the file open.
func CheckReplace(path string) error {
	tmp, err := createBeside(path)
	if err == nil {
		err = errors.Join(tmp.Close(), Remove(tmp.Name()))
	}
	if err == nil && InUse(path) {
		err = ErrInUse
	}
	return blame(path, err)
}

func replace(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	tmp, err := createBeside(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			_ = Remove(tmp.Name())
		}
	}()
	GiveToOwner(tmp, path)
	buffered := bufio.NewWriter(tmp)
	if err = write(buffered); err != nil {
		return err
	}
	if err = buffered.Flush(); err != nil {
		return err
	}
	if err = tmp.Chmod(mode); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	if err = Rename(tmp.Name(), path); err != nil {
		if InUse(path) {
			err = ErrInUse
		}
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// createBeside creates the hidden file that is to get the name path.
func createBeside(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, ErrNotRegular
	}
	return os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
}

// blame returns an error as one that names path.
func blame(path string, err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = e.Err
	} else if e := (*os.LinkError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}
