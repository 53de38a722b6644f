//go:build !windows

package ldapscan

import "errors"

func (s *session) bindSSPI(string) error {
	return errors.New("the signed-in user can be had on Windows only; use --auth gssapi")
}
