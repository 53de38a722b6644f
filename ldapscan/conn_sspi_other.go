//go:build !windows

package ldapscan

import (
	"errors"

	"proxyaddr/ldapscan/kerberos"
)

func (s *session) bindSSPI(kerberos.Service) error {
	return errors.New("the signed-in user can be had on Windows only; use --auth gssapi")
}
