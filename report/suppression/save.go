package suppression

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"proxyaddr/ldapscan/osfile"
)

// maxSize is how large a file may be: some 100,000 suppressions.
const maxSize = 64 << 20

// ErrChanged is the error for a file that somebody else changed meanwhile.
var ErrChanged = errors.New("was changed meanwhile")

// Load reads a file. The error is an [fs.ErrNotExist] for a missing file, and a [Mistakes] for
// mistakes in it.
func Load(path string) (*File, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

func read(path string) (string, error) {
	f, err := osfile.OpenRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(text) > maxSize {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d MiB", maxSize>>20)}
	}
	return string(text), err
}

// Save writes the whole file that was loaded, or a new one. If the file on the disk has changed
// since it was loaded, it stays, and the error is an [ErrChanged]. Save follows a link.
func (f *File) Save(path string) error {
	mode := fs.FileMode(0o600)
	target, err := filepath.EvalSymlinks(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		target = path
	case err != nil:
		return err
	}
	switch info, err := os.Stat(target); {
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	now, err := read(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if now != f.before {
		return &fs.PathError{Op: "write", Path: path, Err: ErrChanged}
	}
	text := f.Text()
	if err := osfile.Replace(target, text, mode); err != nil {
		return err
	}
	f.before = text
	return nil
}
