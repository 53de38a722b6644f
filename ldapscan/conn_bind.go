package ldapscan

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"strings"
	"time"

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
	// SSPI is Kerberos as the user who is signed in to Windows, protected as with
	// GSSAPI.
	SSPI Mechanism = "sspi"
	// External is the client certificate of the TLS connection.
	External Mechanism = "external"
)

// Credentials are the account to bind as.
type Credentials struct {
	Mechanism Mechanism
	// User is, for a simple bind, a distinguished name, a userPrincipalName or
	// DOMAIN\name; for Kerberos a logon name, a userPrincipalName or DOMAIN\name.
	User, Password string
	// Keytab and CCache are files for Kerberos without a password. With neither,
	// the ticket of kinit serves.
	Keytab, CCache string
	// Realm is the Kerberos realm of the account; empty means that of the server.
	Realm string
	// KDCs are Kerberos servers by their realms, in capitals. The realm of the
	// domain controller needs none: it is its own KDC.
	KDCs map[string][]string
}

// bind logs on.
func (s *session) bind(ctx context.Context, t target, cfg Config) error {
	began := time.Now()
	err := s.bindBy(ctx, t, cfg)
	s.logBind(ctx, cfg, began, err)
	return err
}

func (s *session) bindBy(ctx context.Context, t target, cfg Config) error {
	s.server.Identity = cfg.User
	switch cfg.Mechanism {
	case GSSAPI:
		return s.bindKerberos(ctx, t, cfg)
	case SSPI:
		return s.bindSignedIn(ctx, t, cfg)
	case External:
		return s.ldap.ExternalBind()
	case Simple:
		return s.ldap.Bind(cfg.User, cfg.Password)
	}
	return fmt.Errorf("unknown way to bind %q", cfg.Mechanism)
}

// bindKerberos logs on at the realm of the account, or else of the server, and asks for
// a ticket to the server's LDAP service.
func (s *session) bindKerberos(ctx context.Context, t target, cfg Config) error {
	realm := realmOf(t.domain)
	if realm == "" {
		if err := s.readRoot(ctx); err != nil {
			return err
		}
		realm = realmOf(conflicts.Domain(s.root.first("defaultnamingcontext")))
	}
	kdcs := maps.Clone(cfg.KDCs)
	if kdcs == nil {
		kdcs = map[string][]string{}
	}
	if realm != "" {
		kdcs[realm] = []string{s.remoteHost()}
	}
	client, err := kerberos.New(kerberos.Config{Realm: cmp.Or(cfg.Realm, realm), KDCs: kdcs, Log: s.log},
		kerberos.Credentials{User: cfg.User, Password: cfg.Password, Keytab: cfg.Keytab, CCache: cfg.CCache})
	if err != nil {
		return err
	}
	defer func() { go client.Close() }() // waits for a logon that was given up
	service, err := t.service(client.Realm(), s.root)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, min(cfg.Timeout, connectTimeout))
	defer cancel()
	s.protect()
	if s.secured != nil {
		return client.BindTLS(ctx, s.ldap, s.secured.ConnectionState(), service)
	}
	return client.Bind(ctx, s.ldap, s.wire, service)
}

// protect notes how Kerberos protects the connection.
func (s *session) protect() {
	s.server.Protection = "sealed"
	if s.secured != nil {
		s.server.Protection = "channel binding"
	}
}

// bindSignedIn logs on as the user who is signed in to Windows.
func (s *session) bindSignedIn(ctx context.Context, t target, cfg Config) error {
	service, err := t.service("", nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, min(cfg.Timeout, connectTimeout))
	defer cancel()
	s.protect()
	var state tls.ConnectionState
	if s.secured != nil {
		state = s.secured.ConnectionState()
	}
	return kerberos.BindSignedIn(ctx, s.ldap, s.wire, state, service)
}

func realmOf(domain string) string { return strings.ToUpper(domain) }

// remoteHost is the address at the other end, which for a domain controller is
// also that of a KDC.
func (s *session) remoteHost() string {
	host, _, _ := net.SplitHostPort(s.tap.RemoteAddr().String())
	return host
}
