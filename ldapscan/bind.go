package ldapscan

import (
	"context"
	"net"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/kerberos"
)

// Mechanism is a way to bind.
type Mechanism string

const (
	// Simple sends a user and a password (RFC 4513 section 5.1.3), over TLS only.
	Simple Mechanism = "simple"
	// GSSAPI is Kerberos (RFC 4752): sealed on ldap://, with the channel binding
	// of the TLS connection elsewhere.
	GSSAPI Mechanism = "gssapi"
	// SSPI is Kerberos as the user who is signed in to Windows, with the channel
	// binding.
	SSPI Mechanism = "sspi"
	// External is the client certificate of the TLS connection.
	External Mechanism = "external"
)

// Credentials say as whom to bind.
type Credentials struct {
	Mechanism Mechanism
	// User is, for a simple bind, a distinguished name, a userPrincipalName or
	// DOMAIN\name; for Kerberos a logon name or one of the last two.
	User, Password string
	// Keytab and CCache are files for Kerberos without a password. With neither,
	// the ticket of kinit serves.
	Keytab, CCache string
	// KDCs are the Kerberos servers of realms, beside the domain controller
	// itself, which is one for its own.
	KDCs map[string][]string
}

// bind logs on. host is the name under which the server was asked for.
func (d *Directory) bind(ctx context.Context, host string, cfg Config) error {
	d.server.Identity = cfg.User
	switch cfg.Mechanism {
	case GSSAPI:
		return d.bindKerberos(ctx, host, cfg)
	case SSPI:
		d.server.Protection = "channel binding"
		return d.bindSSPI(host)
	case External:
		return d.conn.ExternalBind()
	}
	return d.conn.Bind(cfg.User, cfg.Password)
}

// bindKerberos takes the realm and, where host is an address, the server's name
// from the root DSE. That is not protected, but a server that lies in it cannot
// prove that it is the one it names.
func (d *Directory) bindKerberos(ctx context.Context, host string, cfg Config) error {
	if err := d.readRoot(); err != nil {
		return err
	}
	if name := d.root.first("dnshostname"); name != "" && net.ParseIP(host) != nil {
		host = name
	}
	realm := strings.ToUpper(conflicts.Domain(d.root.first("defaultnamingcontext")))
	kdcs := map[string][]string{}
	for r, hosts := range cfg.KDCs {
		kdcs[strings.ToUpper(r)] = hosts
	}
	if len(kdcs[realm]) == 0 && realm != "" {
		kdcs[realm] = []string{remoteHost(d.tap)}
	}
	client, err := kerberos.New(kerberos.Config{Realm: realm, KDCs: kdcs},
		kerberos.Credentials{User: cfg.User, Password: cfg.Password, Keytab: cfg.Keytab, CCache: cfg.CCache})
	if err != nil {
		return err
	}
	defer client.Close()
	if d.secured != nil {
		d.server.Protection = "channel binding"
		return client.BindTLS(ctx, d.conn, d.secured.ConnectionState(), host)
	}
	d.server.Protection = "sealed"
	return client.Bind(ctx, d.conn, d.wire, host)
}

// remoteHost is the address at the other end, which for a domain controller is
// also that of a KDC.
func remoteHost(c net.Conn) string {
	host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
	return host
}
