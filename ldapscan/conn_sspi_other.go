//go:build !windows

package ldapscan

import (
	"errors"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/kerberos"
)

func (s *session) bindSSPI(*ldap.Conn, kerberos.Service) error {
	return errors.New("the signed-in user can be had on Windows only; use --auth gssapi")
}
