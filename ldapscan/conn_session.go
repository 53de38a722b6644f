package ldapscan

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/debuglog"
	"proxyaddr/ldapscan/kerberos"
)

// A session is one bound network connection to a domain controller. Once it breaks
// it cannot be used again.
type session struct {
	ldap    *ldap.Conn // the connection as the library has it
	tap     *tap
	secured *tls.Conn      // of TLS connections, for the channel binding
	wire    *kerberos.Conn // of those that Kerberos protects
	server  conflicts.Server
	root    attributes // root DSE
	again   opener     // of one more session to the same server
	log     *slog.Logger
}

// An opener opens a session. Its errors keep the types of the network and TLS.
type opener func(ctx context.Context) (*session, error)

// openSession connects to a server, secures the connection and binds.
func openSession(ctx context.Context, t target, cfg Config) (*session, error) {
	began := time.Now()
	s, err := connect(ctx, t, cfg)
	if err != nil {
		logFailure(ctx, debuglog.Or(cfg.Log).With("server", t.url), "connecting failed", err, "address", t.address, "duration", time.Since(began))
		return nil, err
	}
	s.logConnected(ctx, began)
	stop := s.endWith(ctx)
	err = s.greet(ctx, t, cfg)
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		logFailure(ctx, s.log, "connection given up", err)
		s.close()
		return nil, err
	}
	s.again = func(ctx context.Context) (*session, error) { return openSession(ctx, t, cfg) }
	return s, nil
}

// inTurn opens a session to the first of several servers that can be reached.
func inTurn(targets []target, cfg Config) opener {
	return func(ctx context.Context) (s *session, err error) {
		for _, t := range targets {
			s, err = openSession(ctx, t, cfg)
			if err == nil || ctx.Err() != nil || accountAtFault(err) {
				break
			}
		}
		return s, err
	}
}

// newSession puts the library on a connection.
func newSession(nc net.Conn, timeout time.Duration) *session {
	s := &session{tap: newTap(nc), log: debuglog.Or(nil)}
	s.secured, _ = nc.(*tls.Conn)
	s.wire, _ = nc.(*kerberos.Conn)
	s.ldap = ldap.NewConn(s.tap, s.secured != nil)
	s.ldap.Start()
	s.ldap.SetTimeout(timeout)
	return s
}

// endWith ends the session when ctx ends, unless that is stopped before.
func (s *session) endWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { s.tap.Close() })
}

// greet binds and reads which server answers.
func (s *session) greet(ctx context.Context, t target, cfg Config) error {
	s.ldap.SetTimeout(min(cfg.Timeout, connectTimeout))
	err := cfg.logons.account(cfg.Credentials).bind(ctx, func() error { return s.bind(ctx, t, cfg) })
	s.ldap.SetTimeout(cfg.Timeout)
	if err == nil {
		err = s.readRoot(ctx)
	}
	if err != nil {
		return s.reason(err)
	}
	who, err := s.ldap.WhoAmI(nil)
	if err == nil && who.AuthzID != "" {
		s.server.Identity = strings.TrimPrefix(who.AuthzID, "u:")
	}
	s.server.Host = s.root.first("dnshostname")
	s.server.Site = siteOf(s.root.first("servername"))
	s.server.Level = functionalLevels[s.root.first("forestfunctionality")]
	s.logIdentity(ctx, err)
	return nil
}

func (s *session) close() { s.ldap.Close() }

// same reports whether two sessions are with one server: behind one name there can
// be several.
func (s *session) same(other *session) bool {
	return s.server.Host == other.server.Host && s.root.first("servername") == other.root.first("servername")
}

// readRoot reads the root DSE, which every server shows before a bind
// ([MS-ADTS] 3.1.1.3.2).
func (s *session) readRoot(ctx context.Context) error {
	p, _, err := s.search(ctx, newRequest("", ldap.ScopeBaseObject, "(objectClass=*)",
		[]string{"namingContexts", "defaultNamingContext", "configurationNamingContext", "schemaNamingContext", "dnsHostName",
			"serverName", "supportedControl", "forestFunctionality", "vendorName"}))
	if err != nil {
		return err
	}
	root, err := parseEntries(p.entries)
	s.root = attributes{}
	for _, r := range root {
		s.root.take(r)
	}
	return err
}

func newRequest(base string, scope int, filter string, attributes []string, controls ...ldap.Control) *ldap.SearchRequest {
	return ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, controls)
}

// search sends one request and returns its whole answer. After an answer that did
// not come in time it sends nothing more: a late answer could be taken for that of
// another request.
func (s *session) search(ctx context.Context, request *ldap.SearchRequest) (p page, answered []ldap.Control, err error) {
	p.session = s
	stop := s.endWith(ctx)
	began := time.Now()
	res, err := s.ldap.Search(request)
	err = s.reason(err)
	if !stop() {
		err = ctx.Err() // and the session has ended, even if the answer came
	}
	p.entries, p.count = s.tap.take()
	s.logSearch(ctx, request, p, res, time.Since(began), err)
	if err != nil {
		if broken(err) {
			s.ldap.Close()
		}
		s.tap.reuse(p.entries)
		return page{session: s}, nil, err
	}
	if len(res.Entries) > 0 { // the tap lets no entry through
		s.ldap.Close()
		return page{session: s}, nil, violation{errBER}
	}
	p.referrals = res.Referrals
	return p, res.Controls, nil
}

// reason returns why a request failed: what the server answered, or else what
// broke the connection, which the library tells in words of its own.
func (s *session) reason(err error) error {
	if err == nil || answer(err) || errors.As(err, new(*kerberos.Error)) {
		return err
	}
	return cmp.Or(s.tap.broken(), err)
}

// answer reports whether an error is the result that a server sent, not a failure on the
// way.
func answer(err error) bool {
	var result *ldap.Error
	return errors.As(err, &result) && result.ResultCode < ldap.ErrorNetwork
}

// broken reports whether the connection cannot be used after an error.
func broken(err error) bool { return err != nil && !answer(err) }
