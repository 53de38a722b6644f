//go:build !windows

package ldapscan

import "errors"

func (d *Directory) bindSSPI(string) error {
	return errors.New("the signed-in user can be had on Windows only; use --auth gssapi")
}
