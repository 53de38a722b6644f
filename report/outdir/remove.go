package outdir

import (
	"errors"
	"path/filepath"
	"slices"

	"proxyaddr/ldapscan/osfile"
)

// Remove deletes the directory with this name, under the same lock as a run that writes to it.
// mayGo returns an error if it must not be deleted. Remove refuses a link, and a directory that
// changes while mayGo runs. The error is a [Refusal], or that of mayGo. A missing directory is
// not an error.
func Remove(name string, mayGo func(dir string) error) (err error) {
	c := &Claim{name: filepath.Clean(name), mayGo: mayGo}
	defer c.Release()
	if c.path, err = filepath.Abs(c.name); err != nil {
		return c.unwritable(err)
	}
	if there, err := c.exists(); !there || err != nil {
		return err
	}
	if err := c.open(); err != nil {
		return err
	}
	if there, err := c.exists(); !there || err != nil { // another run may have removed it
		return err
	}
	before, err := list(c.path)
	if err != nil {
		return c.unwritable(err)
	}
	if err := mayGo(c.path); err != nil {
		return err
	}
	reached("checked")
	aside := filepath.Join(c.workspace(), asideName)
	if err := osfile.Rename(c.path, aside); err != nil {
		return c.blame(err)
	}
	reached("moved")
	if now, err := list(aside); err != nil || !slices.Equal(before, now) {
		return errors.Join(c.refuse("was changed while it was to be removed", ""), osfile.Rename(aside, c.path))
	}
	if err := discard(c.workspace()); err != nil {
		return c.unwritable(err)
	}
	return nil
}
