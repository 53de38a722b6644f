package ldapscan

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/kerberos"
)

// A session is one connection to a domain controller, bound.
type session struct {
	conn    searcher
	tap     *tap
	secured *tls.Conn      // of TLS connections, for the channel binding
	wire    *kerberos.Conn // of those that Kerberos protects
	stop    func() bool
	server  conflicts.Server
	root    attributes // root DSE
	// another opens one more connection to the same server in the same way.
	another func(ctx context.Context) (*session, *ldap.Conn, error)
}

// A searcher is what a session keeps of the library's connection, which could
// also change the directory.
type searcher interface {
	Search(*ldap.SearchRequest) (*ldap.SearchResult, error)
	Close() error
}

// openSession connects to a server, secures the connection and binds. Its errors
// keep the types of the network and TLS. Canceling ctx ends the connection.
func openSession(ctx context.Context, t target, cfg Config) (*session, error) {
	s, _, err := openConn(ctx, t, cfg)
	return s, err
}

// openConn is openSession for a caller that needs the library's connection too.
func openConn(ctx context.Context, t target, cfg Config) (*session, *ldap.Conn, error) {
	s, conn, err := connect(ctx, t, cfg)
	if err != nil {
		return nil, nil, err
	}
	if err := s.greet(ctx, conn, t, cfg); err != nil {
		s.close()
		return nil, nil, err
	}
	s.another = func(ctx context.Context) (*session, *ldap.Conn, error) { return openConn(ctx, t, cfg) }
	return s, conn, nil
}

// start puts the library on a connection.
func (s *session) start(ctx context.Context, nc net.Conn, timeout time.Duration) *ldap.Conn {
	s.tap = newTap(nc)
	conn := ldap.NewConn(s.tap, s.secured != nil)
	conn.Start()
	conn.SetTimeout(timeout)
	s.conn = conn
	s.stop = context.AfterFunc(ctx, func() { nc.Close() })
	return conn
}

// greet binds and learns who is at the other end.
func (s *session) greet(ctx context.Context, conn *ldap.Conn, t target, cfg Config) error {
	conn.SetTimeout(min(cfg.Timeout, connectTimeout))
	err := cfg.logons.account(cfg.Credentials).bind(ctx, func() error { return s.bind(ctx, conn, t, cfg) })
	conn.SetTimeout(cfg.Timeout)
	if err == nil {
		err = s.readRoot()
	}
	if err != nil {
		return s.cause(err)
	}
	if who, err := conn.WhoAmI(nil); err == nil && who.AuthzID != "" {
		s.server.Identity = strings.TrimPrefix(who.AuthzID, "u:")
	}
	s.server.Host = s.root.first("dnshostname")
	s.server.Site = siteOf(s.root.first("servername"))
	s.server.Level = functionalLevels[s.root.first("forestfunctionality")]
	return nil
}

func (s *session) close() {
	s.stop()
	s.conn.Close()
}

// readRoot reads the root DSE, which every server shows before a bind
// ([MS-ADTS] 3.1.1.3.2).
func (s *session) readRoot() error {
	p, _, err := s.search(newRequest("", ldap.ScopeBaseObject, "(objectClass=*)",
		[]string{"namingContexts", "defaultNamingContext", "configurationNamingContext", "schemaNamingContext", "dnsHostName",
			"serverName", "supportedControl", "forestFunctionality"}))
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

// search sends one request and returns all that answers it. After an answer that
// did not come in time nothing more is sent, as it could be taken for another's.
func (s *session) search(request *ldap.SearchRequest) (p page, answered []ldap.Control, err error) {
	p.session = s
	res, err := s.conn.Search(request)
	p.entries, p.count = s.tap.take()
	if err = s.cause(err); err != nil {
		if broken(err) {
			s.conn.Close()
		}
		s.tap.reuse(p.entries)
		return page{session: s}, nil, err
	}
	if len(res.Entries) > 0 { // what the tap lets through is no entry
		s.conn.Close()
		return page{session: s}, nil, violation{errBER}
	}
	p.referrals = res.Referrals
	return p, res.Controls, nil
}

// cause returns why a request failed: what the server answered, or else what
// broke the connection, which the library tells in words of its own.
func (s *session) cause(err error) error {
	if err == nil || answer(err) || errors.As(err, new(*kerberos.Error)) {
		return err
	}
	return cmp.Or(s.tap.broken(), err)
}

// answer tells what a server answered from what broke on the way.
func answer(err error) bool {
	var result *ldap.Error
	return errors.As(err, &result) && result.ResultCode < ldap.ErrorNetwork
}

// broken reports whether the connection is of no use after an error.
func broken(err error) bool { return err != nil && !answer(err) }
