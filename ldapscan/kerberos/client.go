// Package kerberos binds LDAP connections to Active Directory with Kerberos:
// SASL GSSAPI (RFC 4752) over gokrb5, under go-ldap.
//
// Make a [Client] of [Credentials], put a [Conn] between the TCP connection and
// go-ldap, and bind:
//
//	client, err := kerberos.New(kerberos.Config{Realm: "CONTOSO.COM"}, kerberos.Credentials{User: "scan", Password: password})
//	…
//	wire := kerberos.NewConn(tcp)
//	conn := ldap.NewConn(wire, false)
//	conn.Start()
//	err = client.Bind(ctx, conn, wire, kerberos.Service{Host: "dc1.contoso.com", Domain: "contoso.com"})
//
// From then on everything on the connection is encrypted and protected from
// changes (RFC 4121), which every domain controller accepts and which needs no
// certificate.
//
// Over TLS, LDAPS or StartTLS, the bind carries the channel binding of the
// connection (RFC 5929) instead: [MS-ADTS] 5.1.1.1.2 has no second layer inside
// TLS. The Conn is nil then.
//
// Session keys are AES. No krb5.conf is needed, and none is an obstacle.
package kerberos

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// Config says where Kerberos is. The zero value leaves it to krb5.conf and DNS.
type Config struct {
	// Realm is the realm of the account, its domain's DNS name, in any case.
	// Empty means the one in the user name, the keytab or the ticket cache, and
	// then default_realm.
	Realm string
	// KDCs are the Kerberos servers of realms, as host or host:port. They are asked in
	// random order over TCP, for five seconds each. For a realm without an entry, the
	// servers in krb5.conf are asked, or otherwise those in the system's DNS. A logon
	// that goes on to another realm needs the servers of both.
	KDCs map[string][]string
	// SignOnly protects from changes only and leaves the data readable.
	SignOnly bool
	// Krb5Conf are the files to read, separated as in PATH. Empty means those of
	// KRB5_CONFIG, and then, on Unix, /etc/krb5.conf. Missing files and lines that it cannot
	// read are skipped.
	Krb5Conf string
	// Getenv is where KRB5_CONFIG and KRB5CCNAME come from; nil means [os.Getenv].
	Getenv func(string) string
	// Log gets each step of a logon; nil logs nothing.
	Log *slog.Logger
}

// A Client binds connections as one account. It may be used by many goroutines.
type Client struct {
	realm    string
	source   string // of the credentials: the file, for errors
	log      *slog.Logger
	user     string // for errors
	signOnly bool

	mu  sync.Mutex // one logon at a time
	krb *client.Client
	// logon gets krb its ticket, which lives until expires; nil for keytabs and ticket
	// caches.
	logon   *passwordLogon
	expires time.Time
}

// Realm returns the realm of the account.
func (c *Client) Realm() string { return c.realm }

// A Service is the LDAP service of a domain controller.
type Service struct {
	// Host is the DNS name of the domain controller. It is not looked up, and must be the
	// name in the controller's service principal names.
	Host string
	// Domain is the DNS name of the controller's domain. Without it, any computer of the
	// realm that has the name Host may be the service.
	Domain string
}

// String returns the service principal name.
func (s Service) String() string {
	name := "ldap/" + strings.TrimSuffix(s.Host, ".")
	if s.Domain != "" {
		name += "/" + strings.TrimSuffix(s.Domain, ".")
	}
	return name
}

// newConfig returns the configuration of gokrb5. Each client needs its own: the
// KDCs are shuffled in it.
func newConfig(cfg Config, p *profile) *config.Config {
	c := config.New()
	c.LibDefaults.DNSLookupKDC = !p.noLookupKDC
	c.LibDefaults.UDPPreferenceLimit = 1 // TCP: tickets of Active Directory outgrow gokrb5's datagrams
	aes := []int32{etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA1_96}
	c.LibDefaults.DefaultTktEnctypeIDs, c.LibDefaults.DefaultTGSEnctypeIDs, c.LibDefaults.PermittedEnctypeIDs = aes, aes, aes
	c.DomainRealm = p.domainRealm
	given := map[string]bool{}
	add := func(realm string, kdcs []string) {
		if given[realm] || len(kdcs) == 0 {
			return
		}
		given[realm] = true
		r := config.Realm{Realm: realm}
		for _, kdc := range kdcs {
			if _, _, err := net.SplitHostPort(kdc); err != nil {
				kdc = net.JoinHostPort(strings.Trim(kdc, "[]"), "88")
			}
			r.KDC = append(r.KDC, kdc)
		}
		c.Realms = append(c.Realms, r)
	}
	for realm, kdcs := range cfg.KDCs {
		add(strings.ToUpper(realm), kdcs)
	}
	for realm, kdcs := range p.kdcs {
		add(realm, kdcs)
	}
	return c
}

// Bind logs on to the service that conn leads to. wire is the Conn below conn, and
// nil over TLS.
//
// The error is an [*Error] if Kerberos failed, and one of go-ldap if the connection
// failed. When ctx is done, the connection is closed and the error wraps that of ctx. No
// other request may be under way during a bind (RFC 4513 section 5.2.1.2), and after an
// error the connection cannot be used.
func (c *Client) Bind(ctx context.Context, conn *ldap.Conn, wire *Conn, service Service) error {
	state, secure := conn.TLSConnectionState()
	if secure == (wire != nil) {
		return errors.New("kerberos: a Conn belongs to a connection without TLS, and only there")
	}
	return c.logOn(ctx, conn, wire, state, service)
}

// BindTLS is Bind on a connection that is encrypted below conn, as state describes.
func (c *Client) BindTLS(ctx context.Context, conn *ldap.Conn, state tls.ConnectionState, service Service) error {
	return c.logOn(ctx, conn, nil, state, service)
}

func (c *Client) logOn(ctx context.Context, conn *ldap.Conn, wire *Conn, state tls.ConnectionState, service Service) error {
	return c.explain(within(ctx, conn, service, func() error { return c.bind(ctx, conn, wire, state, service) }), service.Host)
}

// within runs a bind, and closes the connection when ctx is done.
func within(ctx context.Context, conn *ldap.Conn, service Service, bind func() error) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	err := bind()
	if err != nil && ctx.Err() != nil {
		conn.Close() // before the AfterFunc gets to it
		return &Error{Subject: service.Host, Problem: "the logon was aborted: " + ctx.Err().Error(), Err: ctx.Err()}
	}
	return err
}

func (c *Client) bind(ctx context.Context, conn *ldap.Conn, wire *Conn, state tls.ConnectionState, service Service) error {
	i := &initiator{want: layerSeal}
	switch {
	case wire == nil && len(state.PeerCertificates) == 0:
		return errNoHandshake
	case wire == nil:
		i.want, i.binding = layerNone, endpointBinding(state)
	case c.signOnly:
		i.want = layerSign
	}
	if err := c.authenticate(ctx, i, service); err != nil {
		return err
	}
	if err := conn.GSSAPIBind(i, service.String(), ""); err != nil {
		return err
	}
	if i.layer == nil {
		return errUnproven
	}
	if wire == nil {
		return nil
	}
	return wire.protect(i.layer)
}

var errNoHandshake = errors.New("no TLS handshake yet")

// authenticate gives an initiator the ticket of a service. gokrb5 has no contexts: a
// logon that was given up goes on in the background, and the next one uses its ticket.
func (c *Client) authenticate(ctx context.Context, i *initiator, service Service) error {
	done := make(chan error, 1)
	var got initiator
	go func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		var err error
		if got.ticket, got.sessionKey, err = c.serviceTicket(ctx, service); err == nil {
			got.realm, got.name = c.krb.Credentials.Domain(), c.krb.Credentials.CName()
		}
		done <- err
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-done:
		i.ticket, i.sessionKey, i.realm, i.name = got.ticket, got.sessionKey, got.realm, got.name
		return err
	}
}

func (c *Client) serviceTicket(ctx context.Context, service Service) (ticket messages.Ticket, key types.EncryptionKey, err error) {
	defer recoverTo(&err, "Kerberos message")
	defer c.logTicket(ctx, service, time.Now(), &err)
	if err := c.logOnce(ctx); err != nil {
		return ticket, key, err
	}
	spn, conf := service.String(), c.krb.Config
	if realm := conf.ResolveRealm(service.Host); realm != "" && service.Domain != "" {
		conf.DomainRealm[service.Domain] = realm // gokrb5 looks for the last part of the name
	}
	ticket, key, err = c.krb.GetServiceTicket(spn)
	if name, ok := canonicalName(err); ok && c.logon != nil && c.logon.name.NameType == nametype.KRB_NT_ENTERPRISE {
		c.logon.name, c.expires = name, time.Time{}
		if err := c.logOnce(ctx); err != nil {
			return ticket, key, err
		}
		ticket, key, err = c.krb.GetServiceTicket(spn)
	}
	return ticket, key, err
}

// logTicket logs the outcome of the request for the ticket of a service.
func (c *Client) logTicket(ctx context.Context, service Service, began time.Time, err *error) {
	if !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	outcome := "granted"
	if e := (*Error)(nil); errors.As(c.explain(*err, service.Host), &e) {
		outcome = e.Plain()
	} else if *err != nil {
		outcome = "failed"
	}
	c.log.Debug("service ticket", "service", service.String(), "realm", c.realm, "outcome", outcome, "duration", time.Since(began))
}

// logOnce logs on by password, unless the ticket is valid for a while.
func (c *Client) logOnce(ctx context.Context) (err error) {
	const spare = time.Hour
	if c.logon == nil || time.Until(c.expires) > spare {
		return nil
	}
	c.krb, c.expires, err = c.logon.run(ctx)
	return err
}

// Close forgets the tickets. It waits for a pending logon. A closed Client cannot bind;
// connections that are bound stay bound.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.krb != nil {
		c.krb.Destroy()
	}
}
