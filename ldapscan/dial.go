package ldapscan

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"strings"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Config says how to reach a domain controller and as whom.
type Config struct {
	// URL is ldaps://host[:636] or, with StartTLS, ldap://host[:389].
	URL      string
	StartTLS bool
	// TLS is the client configuration; nil trusts the system's certificates. The
	// server's certificate is always verified against the host of URL.
	TLS *tls.Config
	// User binds by a simple bind, as a distinguished name, a
	// userPrincipalName or DOMAIN\name. It is only ever sent over TLS.
	User, Password string
	// PageSize is how many objects are asked for at a time; 0 means 1000, the
	// default MaxPageSize of Active Directory.
	PageSize int
	// Timeout bounds the connection and then every single request; 0 means one
	// minute.
	Timeout time.Duration
}

const (
	defaultPageSize = 1000
	defaultTimeout  = time.Minute
)

func init() {
	// The library logs messages it cannot place; what matters of them comes back
	// as errors of the requests.
	ldap.Logger(log.New(io.Discard, "", 0))
}

// Open connects to a domain controller, secures the connection, binds and
// reads the root DSE. The error is an [*Error]. Canceling ctx ends the
// connection, also later.
func Open(ctx context.Context, cfg Config) (*Directory, error) {
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.PageSize == 0 {
		cfg.PageSize = defaultPageSize
	}
	u, err := endpoint(cfg)
	if err != nil {
		return nil, err
	}
	nc, err := dial(ctx, u, cfg)
	if err != nil {
		return nil, explain(cfg.URL, err)
	}
	t := newTap(nc)
	conn := ldap.NewConn(t, true)
	conn.Start()
	conn.SetTimeout(cfg.Timeout)
	d := &Directory{url: cfg.URL, conn: conn, tap: t, pageSize: uint32(cfg.PageSize)}
	d.stop = context.AfterFunc(ctx, func() { nc.Close() })
	if err := d.begin(cfg); err != nil {
		d.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, explain(cfg.URL, err)
	}
	return d, nil
}

// endpoint checks the URL and completes its port. A password is refused here,
// before a byte is sent, if the connection would not be encrypted.
func endpoint(cfg Config) (*url.URL, error) {
	fail := func(problem, hint string) error { return &Error{Subject: cfg.URL, Problem: problem, Hint: hint} }
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" {
		return nil, fail("not an LDAP URL", "write ldaps://dc1.example.com, without path, user or query")
	}
	port := map[string]string{"ldaps": "636", "ldap": "389"}[u.Scheme]
	switch {
	case port == "":
		return nil, fail(fmt.Sprintf("unknown scheme %q", u.Scheme), "use ldaps:// or, with StartTLS, ldap://")
	case u.Scheme == "ldaps" && cfg.StartTLS:
		return nil, fail("StartTLS on a connection that is encrypted from the start", "leave out --starttls, or use ldap://")
	case u.Scheme == "ldap" && !cfg.StartTLS:
		return nil, fail("a password would cross the network unencrypted", "use ldaps://, or add --starttls")
	case cfg.User == "" || cfg.Password == "":
		// An empty password is an unauthenticated bind, which succeeds and reads
		// nothing (RFC 4513 section 5.1.2).
		return nil, fail("no user or no password to bind with", "name the user with --bind-dn, and give the password at the prompt or with --password-file")
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	return u, nil
}

// dial returns an encrypted connection. Its errors keep the TLS library's
// types.
func dial(ctx context.Context, u *url.URL, cfg Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	nc, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	if cfg.StartTLS {
		deadline, _ := ctx.Deadline()
		nc.SetDeadline(deadline)
		if err := startTLS(nc); err != nil {
			nc.Close()
			return nil, err
		}
		nc.SetDeadline(time.Time{})
	}
	tc := cfg.TLS.Clone()
	if tc == nil {
		tc = &tls.Config{}
	}
	tc.ServerName = u.Hostname()
	tc.MinVersion = tls.VersionTLS12
	secured := tls.Client(nc, tc)
	if err := secured.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, err
	}
	return secured, nil
}

// maxStartTLSResponse bounds what a server may say before it is authenticated.
const maxStartTLSResponse = 64 << 10

// startTLS sends the extended request of RFC 4511 section 4.14 by hand, because
// the library's own has no deadline for the handshake and hides the certificate
// error.
func startTLS(nc net.Conn) error {
	req := ber.NewSequence("LDAPMessage")
	req.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 1, "messageID"))
	ext := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationExtendedRequest, nil, "ExtendedRequest")
	ext.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, "1.3.6.1.4.1.1466.20037", "StartTLS"))
	req.AppendChild(ext)
	if _, err := nc.Write(req.Bytes()); err != nil {
		return err
	}
	res, err := ber.ReadPacket(io.LimitReader(nc, maxStartTLSResponse))
	if err != nil {
		return err
	}
	return ldap.GetLDAPError(res)
}
