//go:build unix

package osfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

func openLocked(path string, create bool) (*os.File, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE | os.O_EXCL
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if err == syscall.EWOULDBLOCK {
			err = ErrInUse
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// ReleaseLocked deletes a file of [HoldLocked] and gives up its lock. The name goes
// first: nobody else can have locked the file by then.
func ReleaseLocked(f *os.File) error { return errors.Join(os.Remove(f.Name()), f.Close()) }

// SyncDir writes the names in a directory to the disk, if the file system can do that
// (some network file systems cannot) and this process may read the directory.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// Rename is [os.Rename].
func Rename(from, to string) error { return os.Rename(from, to) }

// Remove is [os.Remove].
func Remove(path string) error { return os.Remove(path) }

// RemoveAll is [os.RemoveAll].
func RemoveAll(path string) error { return os.RemoveAll(path) }

// InUse reports whether another process has locked a file. On Unix it cannot be known whether
// other programs have it open.
func InUse(path string) bool {
	f, err := openLocked(path, false)
	if err == nil {
		f.Close()
	}
	return errors.Is(err, ErrInUse)
}

// Temporary creates a file in the directory for temporary files that no other program can
// open. It is gone when it is closed, or when this process ends in whatever way.
func Temporary(prefix, suffix string) (*os.File, error) {
	f, err := os.CreateTemp("", prefix+"*"+suffix)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Owned tells whether a file belongs to the user of this process.
func Owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// GiveToOwner gives a file that root created to the owner of another file or of a
// directory. So a run by hand as root does not lock out the user of a service. Errors are
// ignored.
func GiveToOwner(f *os.File, of string) {
	if os.Geteuid() != 0 {
		return
	}
	var owner, now syscall.Stat_t
	if syscall.Stat(of, &owner) == nil && syscall.Fstat(int(f.Fd()), &now) == nil &&
		now.Uid == 0 && now.Nlink == 1 { // with another name it may be a system file
		_ = f.Chown(int(owner.Uid), int(owner.Gid))
	}
}

// MountPoint tells whether another file system is mounted at a directory.
func MountPoint(dir string) bool {
	var here, above syscall.Stat_t
	return syscall.Stat(dir, &here) == nil && syscall.Stat(filepath.Dir(dir), &above) == nil && here.Dev != above.Dev
}

// nonblock makes an open of a FIFO return at once even if nobody writes to it.
const nonblock = syscall.O_NONBLOCK
