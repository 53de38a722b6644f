package ldapscan

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/debuglog"
	"proxyaddr/ldapscan/kerberos"
	"proxyaddr/ldapscan/locator"
)

// logs reports whether there is a log. Without one, no attributes are computed for
// it.
func logs(ctx context.Context, log *slog.Logger) bool { return log.Enabled(ctx, slog.LevelDebug) }

// logFailure logs what did not work, and why.
func logFailure(ctx context.Context, log *slog.Logger, what string, err error, args ...any) {
	if logs(ctx, log) {
		log.With(args...).LogAttrs(ctx, slog.LevelDebug, what, outcome(err)...)
	}
}

// logConnected logs a connection on which nothing was asked yet.
func (s *session) logConnected(ctx context.Context, began time.Time) {
	if !logs(ctx, s.log) {
		return
	}
	attrs := []slog.Attr{slog.Any("to", s.tap.RemoteAddr()), slog.Duration("duration", time.Since(began))}
	if s.secured != nil {
		state := s.secured.ConnectionState()
		attrs = append(attrs, slog.String("transport", s.server.Transport), slog.String("cipher suite", tls.CipherSuiteName(state.CipherSuite)),
			slog.Time("certificate until", state.PeerCertificates[0].NotAfter))
	}
	s.log.LogAttrs(ctx, slog.LevelDebug, "connected", attrs...)
}

// logBind logs a bind as the account that the credentials name.
func (s *session) logBind(ctx context.Context, cfg Config, began time.Time, err error) {
	if !logs(ctx, s.log) {
		return
	}
	source := "none"
	switch {
	case cfg.Keytab != "":
		source = "keytab"
	case cfg.Password != "":
		source = "password"
	case cfg.Mechanism == GSSAPI:
		source = "ticket cache"
	}
	s.log.LogAttrs(ctx, slog.LevelDebug, "bind", append([]slog.Attr{slog.String("mechanism", string(cfg.Mechanism)), slog.String("transport", cmp.Or(s.server.Transport, "no TLS")),
		slog.String("protection", s.server.Protection), slog.String("credentials", source), slog.String("realm", cfg.Realm), debuglog.Value("account", cfg.User),
		slog.Duration("duration", time.Since(began))}, outcome(err)...)...)
}

// logIdentity logs the account and the server of a session; err is that of the
// request "Who am I?".
func (s *session) logIdentity(ctx context.Context, err error) {
	if logs(ctx, s.log) {
		s.log.LogAttrs(ctx, slog.LevelDebug, "who am I", append([]slog.Attr{debuglog.Value("identity", s.server.Identity), slog.String("host", s.server.Host),
			slog.String("site", s.server.Site), slog.String("forest level", s.server.Level)}, outcome(err)...)...)
	}
}

// logSearch logs a request and its answer, in res if that has come.
func (s *session) logSearch(ctx context.Context, request *ldap.SearchRequest, p page, res *ldap.SearchResult, took time.Duration, err error) {
	if !logs(ctx, s.log) {
		return
	}
	attrs := []slog.Attr{debuglog.DN("base", request.BaseDN), slog.String("scope", ldap.ScopeMap[request.Scope]), debuglog.Filter("filter", request.Filter),
		slog.String("attributes", strings.Join(request.Attributes, " "))}
	var controls []string
	for _, c := range request.Controls {
		controls = append(controls, c.GetControlType())
		if paged, ok := c.(*ldap.ControlPaging); ok {
			attrs = append(attrs, slog.Int("page size", int(paged.PagingSize)), slog.Bool("first page", len(paged.Cookie) == 0))
		}
	}
	attrs = append(attrs, slog.String("controls", strings.Join(controls, " ")), slog.Int("entries", p.count), slog.Int("bytes", len(p.entries)))
	if res != nil {
		more := slices.ContainsFunc(res.Controls, func(c ldap.Control) bool {
			paged, ok := c.(*ldap.ControlPaging)
			return ok && len(paged.Cookie) > 0
		})
		attrs = append(attrs, slog.Int("referrals", len(res.Referrals)), slog.Bool("more pages", more))
	}
	s.log.LogAttrs(ctx, slog.LevelDebug, "search", append(append(attrs, slog.Duration("duration", took)), outcome(err)...)...)
}

// logChange logs a request that changes an object.
func (s *session) logChange(name, dn string, attributes []string, took time.Duration, err error) {
	if ctx := context.Background(); logs(ctx, s.log) {
		s.log.LogAttrs(ctx, slog.LevelDebug, name, append([]slog.Attr{debuglog.DN("object", dn), slog.String("attributes", strings.Join(attributes, " ")),
			slog.Duration("duration", took)}, outcome(s.reason(err))...)...)
	}
}

// outcome is what a log says of an error, and of nil. It leaves out the words of a
// server or library, which can hold names.
func outcome(err error) []slog.Attr {
	var (
		answered *ldap.Error
		logon    *kerberos.Error
		opened   *Error
	)
	attrs := []slog.Attr{}
	if e := (*refusedError)(nil); errors.As(err, &e) && e.earlier {
		attrs = append(attrs, slog.Bool("refused before", true))
	}
	if errors.As(err, &logon) {
		attrs = append(attrs, slog.String("error", logon.Plain()))
	}
	switch {
	case err == nil:
		return append(attrs, slog.Int("code", ldap.LDAPResultSuccess))
	case errors.As(err, &answered) && answered.ResultCode < ldap.ErrorNetwork:
		return append(attrs, slog.Int("code", int(answered.ResultCode)), slog.String("result", ldap.LDAPResultCodeMap[answered.ResultCode]),
			debuglog.Message("diagnostic", answered.Err.Error()))
	case logon != nil:
		return attrs
	case answered != nil && answered.ResultCode != ldap.ErrorNetwork:
		return append(attrs, slog.String("error", ldap.LDAPResultCodeMap[answered.ResultCode]))
	case errors.As(err, &opened) && opened.Err != nil:
		return append(attrs, outcome(opened.Err)...)
	case impersonal(err):
		return append(attrs, slog.String("error", brief(err)))
	}
	return append(attrs, debuglog.Value("error", err.Error()))
}

// impersonal reports whether the sentence for an error is about the network, TLS or
// the protocol, so the only names in it are those of hosts.
func impersonal(err error) bool {
	var network net.Error
	return brief(err) != err.Error() || errors.As(err, &network) || errors.As(err, new(violation)) || errors.As(err, new(largeAnswer)) ||
		errors.Is(err, errOtherServer) || errors.Is(err, errEvicted) || errors.Is(err, context.Canceled) || errors.As(err, new(*locator.Error))
}
