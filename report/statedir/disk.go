package statedir

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"proxyaddr/ldapscan/osfile"
)

// A disk is the files of a directory, by name. Tests have one that fails, and one that loses data
// that was not synced.
type disk interface {
	// Read returns an [os.ErrNotExist] for a missing file.
	Read(name string) (string, error)
	// Size returns one too.
	Size(name string) (int64, error)
	// Create creates a file, or empties it.
	Create(name string) (file, error)
	// Append opens a file to write at its end, and creates it if it is missing.
	Append(name string) (file, error)
	// Cut truncates a file to so many bytes, and syncs it.
	Cut(name string, size int64) error
	Remove(name string) error
	Rename(from, to string) error
	// Exchange gives two files each other's name in one step, or returns an
	// [errors.ErrUnsupported].
	Exchange(a, b string) error
	// Sync writes the names of the files to the disk.
	Sync() error
}

type file interface {
	io.Writer
	Sync() error
	Close() error
}

// osDisk is a directory of the operating system.
type osDisk string

func (d osDisk) path(name string) string { return filepath.Join(string(d), name) }

func (d osDisk) Read(name string) (string, error) {
	f, err := osfile.OpenRegular(d.path(name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	var text strings.Builder
	if info, err := f.Stat(); err == nil {
		text.Grow(int(info.Size()))
	}
	_, err = io.CopyBuffer(&text, struct{ io.Reader }{f}, make([]byte, 64<<10))
	return text.String(), err
}

func (d osDisk) Size(name string) (int64, error) {
	info, err := os.Stat(d.path(name))
	switch {
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, osfile.ErrNotRegular
	}
	return info.Size(), nil
}

func (d osDisk) Create(name string) (file, error) { return d.write(name, os.O_CREATE|os.O_TRUNC) }
func (d osDisk) Append(name string) (file, error) { return d.write(name, os.O_CREATE|os.O_APPEND) }

// write opens a file to write to. A link that leads out of the directory is an error.
func (d osDisk) write(name string, how int) (*os.File, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_WRONLY|how, 0o600)
	if err == nil {
		osfile.GiveToOwner(f, string(d))
	}
	return f, err
}

func (d osDisk) Cut(name string, size int64) error {
	f, err := d.write(name, 0)
	if err != nil {
		return err
	}
	if err = f.Truncate(size); err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func (d osDisk) Remove(name string) error     { return osfile.Remove(d.path(name)) }
func (d osDisk) Rename(from, to string) error { return osfile.Rename(d.path(from), d.path(to)) }
func (d osDisk) Exchange(a, b string) error   { return osfile.Exchange(d.path(a), d.path(b)) }
func (d osDisk) Sync() error                  { return osfile.SyncDir(string(d)) }
