//go:build !windows

package ldapscan

import (
	"errors"

	"proxyaddr/ldapscan/kerberos"
)

func (s *session) bindSSPI(kerberos.Service) error {
	return errors.New("logging on as the signed-in user works on Windows only; use --auth gssapi")
}
