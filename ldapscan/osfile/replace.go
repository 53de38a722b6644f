package osfile

import (
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
	err := replace(path, text, mode)
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

func replace(path, text string, mode fs.FileMode) (err error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return ErrNotRegular
	}
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	GiveToOwner(tmp, path)
	if _, err = io.WriteString(tmp, text); err != nil {
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
		return err
	}
	return SyncDir(dir)
}
