package outdir

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"proxyaddr/ldapscan/osfile"
)

// pointerIsFile is true where creating a link needs a right that few accounts have.
var pointerIsFile = runtime.GOOS == "windows"

// maxPointer is the most bytes of a pointer: more than any file name has.
const maxPointer = 1 << 10

var errForeign = errors.New("is not a pointer that proxyaddr made")

// Point makes the pointer with this name, beside the directory, point to the directory, which was
// committed. A pointer is a relative link; on Windows it is a file with the name. An existing
// pointer is replaced in one step if isOurs accepts its target; anything else stays. The error is
// a [Refusal].
func (c *Claim) Point(name string, isOurs func(target string) bool) error {
	refusal := &Refusal{Dir: filepath.Join(filepath.Dir(c.name), name), Advice: "move it elsewhere"}
	above, base := filepath.Split(c.path)
	path := filepath.Join(above, name)
	target, err := pointed(path)
	if err == nil && !isOurs(target) {
		err = errForeign
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		refusal.Err = WithoutNames(err)
		return refusal
	}
	if err := os.Mkdir(c.Stage(), 0o700); err != nil { // Release deletes it
		return c.unwritable(err)
	}
	staged := filepath.Join(c.Stage(), name)
	if err = makePointer(staged, base); err == nil {
		reached("pointer staged")
		err = osfile.Rename(staged, path)
	}
	if err == nil {
		reached("pointer placed")
		err = osfile.SyncDir(above)
	}
	if err != nil {
		return c.unwritable(err)
	}
	return nil
}

// pointed returns the target of a pointer. Anything but a pointer is an error.
func pointed(path string) (target string, err error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return "", err
	case info.Mode()&fs.ModeSymlink != 0:
		return os.Readlink(path)
	case !info.Mode().IsRegular() || info.Size() > maxPointer:
		return "", errForeign
	}
	f, err := osfile.OpenRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPointer))
	return strings.TrimSuffix(string(text), "\n"), err
}

func makePointer(path, target string) error {
	if !pointerIsFile {
		return os.Symlink(target, path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(target + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}
