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

// pointerIsFile is true where making a link takes a right that few accounts have.
var pointerIsFile = runtime.GOOS == "windows"

// maxPointer is how many bytes a pointer may have: more than any name of a file.
const maxPointer = 1 << 10

var errForeign = errors.New("is not a pointer that proxyaddr made")

// Point has the pointer of this name, beside the directory, name the directory, which was
// committed. A pointer is a relative link, on Windows a file that holds the name. One that
// is there is replaced in one step, if it names what isOurs knows; anything else is left.
// The error is a [Refusal].
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

// pointed returns what a pointer names. Anything that is no pointer is an error.
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
