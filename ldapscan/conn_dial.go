package ldapscan

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/kerberos"
)

// Config says how to reach a domain controller and as whom.
type Config struct {
	// URL is ldaps://host[:636] or ldap://host[:389], with a DNS name or an IP
	// address and nothing else; the global catalog has ports 3269 and 3268.
	URL string
	// StartTLS encrypts an ldap:// connection.
	StartTLS bool
	// TLS is the client configuration; nil trusts the system's certificates. The
	// server's certificate is always verified against the host of URL.
	TLS *tls.Config
	// CAFile is where the certificates of TLS.RootCAs come from, for hints; it is not
	// read.
	CAFile string
	Credentials
	// PageSize is how many objects are asked for at a time; 0 means what the
	// forest's default query policy allows, or 1000 where that cannot be read. A
	// server that allows fewer is asked for fewer.
	PageSize int
	// Timeout bounds every single request; 0 means 150 seconds. Connecting with TLS,
	// and then the bind, have no more than 30 seconds each.
	Timeout time.Duration
	// RetryWait is how long to wait before a request is made again after the
	// connection broke or the server was busy; it doubles with each of three
	// times. 0 means one second.
	RetryWait time.Duration
	// Rate bounds the load on the server, in objects a second over all
	// connections; 0 means no bound but that of the server.
	Rate int
	// Connections is how many read a partition at the same time, each a range of
	// uSNChanged, with one request under way on each; 0 means 1. A server that
	// counts no changes is read by one.
	Connections int

	logons *logons                                                           // of the run; nil begins one
	dial   func(ctx context.Context, network, addr string) (net.Conn, error) // nil: net.Dialer's
}

// DefaultTimeout is longer than Active Directory's own for a search, of 120
// seconds (MaxQueryDuration, [MS-ADTS] 3.1.1.3.4.6).
const DefaultTimeout = 150 * time.Second

const (
	connectTimeout   = 30 * time.Second
	defaultRetryWait = time.Second
)

func init() {
	// The library logs messages it cannot place; what matters of them comes back
	// as errors of the requests.
	ldap.Logger(log.New(io.Discard, "", 0))
}

// Open connects to a domain controller, secures the connection, binds and
// finds out what there is to read. The error is an [*Error]. Canceling ctx ends
// the connection, also later; the error is then that of ctx.
func Open(ctx context.Context, cfg Config) (*Directory, error) {
	t, cfg, err := cfg.byURL()
	if err != nil {
		return nil, err
	}
	return openTarget(ctx, t, cfg)
}

// openTarget is Open for a server that was permitted.
func openTarget(ctx context.Context, t target, cfg Config) (*Directory, error) {
	d, err := open(ctx, t, cfg, func() (*session, error) { return openSession(ctx, t, cfg) })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, cfg.explain(t.url, err)
	}
	return d, nil
}

// open finds out what there is to read. Each call of another opens one more
// session; the first is not tried again.
func open(ctx context.Context, t target, cfg Config, another func() (*session, error)) (*Directory, error) {
	s, err := another()
	if err != nil {
		return nil, err
	}
	d := &Directory{ctx: ctx, session: s, controllers: controllers{}, visible: map[string]bool{},
		wait: cfg.RetryWait, pace: newPacer(cfg.Rate), connections: cfg.Connections, pageSize: uint32(cmp.Or(cfg.PageSize, defaultPageSize))}
	if err := s.cause(d.survey(ctx, t, cfg)); err != nil {
		d.Close()
		return nil, err
	}
	d.again = another
	return d, nil
}

// CheckURL tells a mistake in a URL. Only a URL without one may be shown to anybody: in
// another a password can stand.
func CheckURL(url string) *Error {
	_, err := targetOf(url)
	return err
}

// Check tells a mistake in the URL and the way to bind without contacting
// anything: above all, a password that would be sent over an unencrypted
// connection. Open checks it too.
func (cfg Config) Check() *Error {
	t, err := targetOf(cfg.URL)
	if err != nil {
		return err
	}
	return cfg.checkBind(t)
}

// checkBind tells a way to bind that does not fit the connection.
func (cfg Config) checkBind(t target) *Error {
	fail := func(problem, hint string) *Error {
		return &Error{Subject: t.url, Problem: problem, Hint: hint}
	}
	encrypted := t.scheme == "ldaps" || cfg.StartTLS
	switch {
	case !slices.Contains([]Mechanism{Simple, GSSAPI, SSPI, External}, cfg.Mechanism):
		return fail(fmt.Sprintf("unknown way to bind %q", cfg.Mechanism), "use simple, gssapi, sspi or external")
	case t.scheme == "ldaps" && cfg.StartTLS:
		return fail("StartTLS on a connection that is encrypted from the start", "leave out --starttls, or use ldap://")
	case cfg.Mechanism == Simple && !encrypted:
		return fail("a password would cross the network unencrypted", "use ldaps://, add --starttls, or use --auth gssapi")
	case cfg.Mechanism == External && (!encrypted || cfg.TLS == nil || len(cfg.TLS.Certificates) == 0):
		return fail("a bind by certificate needs TLS and a certificate", "use ldaps:// with --cert-file and --key-file")
	case cfg.Mechanism == SSPI && !encrypted:
		return fail("the bind by the signed-in user needs TLS", "use ldaps://, or add --starttls")
	}
	return nil
}

// byURL returns the target of the URL, and the configuration with what was left to it.
func (cfg Config) byURL() (target, Config, error) {
	t, err := targetOf(cfg.URL)
	if err != nil {
		return target{}, cfg, err
	}
	cfg, e := cfg.prepared(t)
	return t, cfg, e
}

// prepared returns the configuration for a target, with what was left to it, or why one
// cannot bind with it there.
func (cfg Config) prepared(t target) (Config, error) {
	cfg.Timeout = cmp.Or(cfg.Timeout, DefaultTimeout)
	cfg.RetryWait = cmp.Or(cfg.RetryWait, defaultRetryWait)
	cfg.logons = cmp.Or(cfg.logons, &logons{})
	if err := cfg.checkBind(t); err != nil {
		return cfg, err
	}
	if cfg.Mechanism == Simple && (cfg.User == "" || cfg.Password == "") {
		// An empty password is an unauthenticated bind, which succeeds and reads
		// nothing (RFC 4513 section 5.1.2).
		return cfg, &Error{Subject: t.url, Problem: "no user or no password to bind with",
			Hint: "name the user with --bind-dn, and give the password at the prompt or with --password-file"}
	}
	return cfg, nil
}

// connect returns a session whose connection is up, but not bound.
func connect(ctx context.Context, t target, cfg Config) (*session, *ldap.Conn, error) {
	within, cancel := context.WithTimeout(ctx, min(cfg.Timeout, connectTimeout))
	defer cancel()
	dial := cfg.dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	nc, err := dial(within, "tcp", net.JoinHostPort(cmp.Or(t.address, t.host), t.port))
	if err != nil {
		return nil, nil, err
	}
	s := &session{server: conflicts.Server{URL: t.url, Mechanism: string(cfg.Mechanism)}}
	switch {
	case t.scheme == "ldaps" || cfg.StartTLS:
		if s.secured, err = secure(within, nc, t.host, cfg); err != nil {
			nc.Close()
			return nil, nil, &handshakeError{err}
		}
		nc = s.secured
		s.server.Transport = tls.VersionName(s.secured.ConnectionState().Version)
	case cfg.Mechanism == GSSAPI:
		s.wire = kerberos.NewConn(buffered(nc))
		nc = s.wire
	}
	return s, s.start(ctx, nc, cfg.Timeout), nil
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
