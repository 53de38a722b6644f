package osfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace puts a text in the place of a file, or makes it, in one step: nobody reads half of
// it. A file keeps its owner, where root replaces it. Until then the text is in a hidden file beside it, whose name ends in a number. The
// mode is what it says, whatever the umask is. Anything but a regular file, links included, is
// an [ErrNotRegular]: root could put a file in the place of /dev/null. The error is a
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
