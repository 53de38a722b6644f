package ldapscan

import (
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/debuglog"
	"proxyaddr/ldapscan/kerberos"
)

func init() {
	// The library logs messages that it does not expect. The tap turns those into
	// errors of the requests.
	ldap.Logger(log.New(io.Discard, "", 0))
}

// connect returns a session that is not bound.
func connect(ctx context.Context, t target, cfg Config) (*session, error) {
	within, cancel := context.WithTimeout(ctx, min(cfg.Timeout, connectTimeout))
	defer cancel()
	dial := cfg.dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	nc, err := dial(within, "tcp", net.JoinHostPort(cmp.Or(t.address, t.host), t.port))
	if err != nil {
		return nil, err
	}
	server := conflicts.Server{URL: t.url, Mechanism: string(cfg.Mechanism)}
	switch {
	case t.scheme == "ldaps" || cfg.StartTLS:
		secured, err := secure(within, nc, t.host, cfg)
		if err != nil {
			nc.Close()
			return nil, &handshakeError{err}
		}
		nc = secured
		server.Transport = tls.VersionName(secured.ConnectionState().Version)
	case cfg.Mechanism == GSSAPI, cfg.Mechanism == SSPI:
		nc = kerberos.NewConn(buffered(nc))
	}
	s := newSession(nc, cfg.Timeout)
	s.server = server
	if log := debuglog.Or(cfg.Log); logs(ctx, log) {
		// The address tells connections apart, here and in the server's own log.
		s.log = log.With("server", t.url, "from", nc.LocalAddr())
	}
	return s, nil
}

// secure brings up TLS, after StartTLS if that is asked for.
func secure(ctx context.Context, nc net.Conn, host string, cfg Config) (*tls.Conn, error) {
	if cfg.StartTLS {
		stop := context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })
		err := startTLS(nc)
		if !stop() {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, err
		}
	}
	tc := cfg.TLS.Clone()
	if tc == nil {
		tc = &tls.Config{}
	}
	tc.ServerName = host
	tc.MinVersion = tls.VersionTLS12
	secured := tls.Client(buffered(nc), tc)
	return secured, secured.HandshakeContext(ctx)
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
