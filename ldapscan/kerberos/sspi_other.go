//go:build !windows

package kerberos

import (
	"context"
	"crypto/tls"

	"github.com/go-ldap/ldap/v3"
)

// BindSignedIn works on Windows only.
func BindSignedIn(context.Context, *ldap.Conn, *Conn, tls.ConnectionState, Service) error {
	return &Error{Subject: signedIn, Problem: "only Windows can log on as the user who is signed in", Advice: "use --auth gssapi"}
}
