package ldapscan

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"
)

// Config says how to reach a domain controller and as which account.
type Config struct {
	// URL is ldaps://host[:636] or ldap://host[:389], with a DNS name or an IP
	// address and nothing else; the global catalog has ports 3269 and 3268.
	URL string
	// StartTLS encrypts an ldap:// connection.
	StartTLS bool
	// TLS is the client configuration; nil trusts the system's certificates. The
	// server's certificate is always verified against the host of URL.
	TLS *tls.Config
	// CAFile is the file that TLS.RootCAs was read from, for hints; it is not read
	// again.
	CAFile string
	Credentials
	// PageSize is how many objects are asked for at a time; 0 means what the
	// forest's default query policy allows, or 1000 where that cannot be read. A
	// server that allows fewer is asked for fewer.
	PageSize int
	// Timeout bounds every single request; 0 means 150 seconds. Connecting with TLS,
	// and then the bind, have no more than 30 seconds each.
	Timeout time.Duration
	// RetryWait is how long to wait before a request is retried because the
	// connection broke or the server was busy. It doubles with each of three
	// retries. 0 means one second.
	RetryWait time.Duration
	// Rate bounds the load on the server, in objects a second over all connections;
	// 0 means no bound.
	Rate int
	// Connections is how many read a partition at the same time, each a range of
	// uSNChanged, with one request under way on each; 0 means 1. A server that
	// counts no changes is read by one connection.
	Connections int
	// Log gets each connection, each logon and each request. It comes from
	// [debuglog.New], which hides names and values; nil logs nothing.
	Log *slog.Logger

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

// CheckURL reports a mistake in a URL. A URL with a mistake must not be shown: it
// may contain a password.
func CheckURL(url string) *Error {
	_, err := targetOf(url)
	return err
}

// Check reports a mistake in the URL or the way to bind, above all a password that
// would be sent over an unencrypted connection. It contacts no server. Open makes
// the same check.
func (cfg Config) Check() *Error {
	t, err := targetOf(cfg.URL)
	if err != nil {
		return err
	}
	return cfg.checkBind(t)
}

// checkBind reports a way to bind that does not fit the connection.
func (cfg Config) checkBind(t target) *Error {
	fail := func(problem, hint string) *Error {
		return &Error{Subject: t.url, Problem: problem, Advice: hint}
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
	case cfg.Mechanism == SSPI && cfg.User != "":
		return fail("the signed-in user logs on, and no other", "leave out the user, or use --auth gssapi")
	}
	return nil
}

// byURL returns the target of the URL, and the configuration with its defaults
// filled in.
func (cfg Config) byURL() (target, Config, error) {
	t, err := targetOf(cfg.URL)
	if err != nil {
		return target{}, cfg, err
	}
	cfg, e := cfg.prepared(t)
	return t, cfg, e
}

// prepared returns the configuration for a target with its defaults filled in, or
// why it cannot bind there.
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
			Advice: "name the user with --bind-dn, and give the password at the prompt or with --password-file"}
	}
	return cfg, nil
}
