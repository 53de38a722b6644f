package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/locator"
)

// A login says which directories to open, how, and with which accounts.
type login struct {
	urls, domains             []string
	dns                       string
	catalog, starttls, prompt bool
	auth                      string
	users, passwordFiles      []string
	passwordCommand           string
	keytab, ccache            string
	caFile, certFile, keyFile string
	pageSize                  int
	rate, connections         int
	timeout                   time.Duration

	guessed bool // the mechanism was not named
	roots   *x509.CertPool
	certs   []tls.Certificate
}

const maxConnections = 16

var mechanisms = []string{"simple", "gssapi", "sspi", "external"}

func (l *login) addFlags(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&l.domains, "domain", "d", nil, "read the forest of this `domain` (repeatable); DNS names its domain controllers")
	fs.StringArrayVarP(&l.urls, "url", "H", nil, "read from the domain controller of this `URL` (repeatable): ldaps://HOST or ldap://HOST")
	fs.StringVar(&l.dns, "dns", "", "ask this DNS `server` instead of the computer's own")
	fs.BoolVar(&l.catalog, "global-catalog", false, "with -d, read from a global catalog, if it holds the addresses")
	fs.BoolVarP(&l.starttls, "starttls", "Z", false, "encrypt ldap:// connections with StartTLS")
	fs.StringVarP(&l.auth, "auth", "Y", "", "bind by this `mechanism`: simple (password), gssapi (Kerberos), sspi (signed-in user, Windows) or external (certificate)")
	choose(fs, "auth", mechanisms...)
	fs.StringArrayVarP(&l.users, "bind-dn", "D", nil, "bind as this `user`: a distinguished name, name@domain or \"DOMAIN\\name\" (repeatable: one for each directory)")
	fs.BoolVarP(&l.prompt, "prompt", "W", false, "ask for the password (the default on a terminal)")
	fs.StringArrayVarP(&l.passwordFiles, "password-file", "y", nil, "read the password from the first line of this `file` (repeatable: one for each user)")
	fs.StringVar(&l.passwordCommand, "password-command", "", "run this `command` and take the first line it prints as the password")
	fs.StringVar(&l.keytab, "keytab", "", "bind by Kerberos with the keys in this `file`")
	fs.StringVar(&l.ccache, "ccache", "", "bind by Kerberos with the tickets in this `file`")
	fs.StringVar(&l.caFile, "ca-file", "", "trust the certification authorities in this PEM `file`, and no others")
	fs.StringVar(&l.certFile, "cert-file", "", "client certificate for --auth external, a PEM `file`")
	fs.StringVar(&l.keyFile, "key-file", "", "private key of the client certificate, a PEM `file`")
	fs.IntVar(&l.pageSize, "page-size", 0, "read this `number` of objects a page (default: as many as the forest allows)")
	fs.IntVar(&l.rate, "rate", 0, "read at most this `number` of objects a second from each server (default: no limit, but one request at a time)")
	fs.IntVar(&l.connections, "connections", 1, "read a partition over this `number` of connections, each a range of uSNChanged")
	fs.DurationVar(&l.timeout, "timeout", ldapscan.DefaultTimeout, "give up on a request after this `duration`")
	addLogFlags(fs)
}

// named reports whether there is a directory to open.
func (l *login) named() bool { return len(l.urls)+len(l.domains) > 0 }

// check validates the settings before anything is contacted or asked, and chooses the mechanism.
func (l *login) check() error {
	targets := slices.Concat(l.urls, l.domains)
	for _, u := range l.urls { // first, as other errors repeat the URLs
		if err := ldapscan.CheckURL(u); err != nil {
			return unusable(err)
		}
	}
	for _, domain := range l.domains {
		if _, ok := locator.HostName(domain); !ok {
			return wrong("write the domain's full DNS name, such as contoso.com", "--domain: not a DNS name")
		}
	}
	switch {
	case l.auth == "":
		l.auth, l.guessed = l.usual(), true
	case !slices.Contains(mechanisms, l.auth):
		return wrong("it takes "+conflicts.Enumerate(mechanisms, "or"), "--auth %s: unknown", l.auth)
	}
	switch {
	case len(l.domains) == 0 && l.catalog:
		return wrong("name the domain with -d, or leave it out", "--global-catalog goes with -d only")
	case len(l.domains) == 0 && l.dns != "":
		return wrong("name the domain with -d, or remove --dns, also from the settings file and PROXYADDR_DNS", "--dns goes with -d only")
	case l.auth == "simple" && len(l.users) == 0:
		return wrong("name a user with -D, for example -D anna@example.com", "%s: no user to bind as", targets[0])
	case l.auth == "sspi" && runtime.GOOS != "windows":
		return wrong("use --auth gssapi, which binds with the ticket of kinit", "--auth sspi works on Windows only")
	case l.auth == "sspi" && len(l.users) > 0:
		return wrong("leave out -D, or use --auth gssapi", "--auth sspi binds as the signed-in user, not as %s", l.users[0])
	case l.auth != "gssapi" && (l.keytab != "" || l.ccache != ""):
		return wrong("leave it out, or use --auth gssapi", "--keytab and --ccache do not go with --auth %s", l.auth)
	case len(l.users) > 1 && len(l.users) != len(targets):
		return wrong("name one user, or one for each", "%d users for %d directories", len(l.users), len(targets))
	case len(l.passwordFiles) > 1 && len(l.passwordFiles) != len(l.users):
		return wrong("name one password file, or one for each user", "%d password files for %d users", len(l.passwordFiles), len(l.users))
	case len(l.passwordFiles) > 0 && l.passwordCommand != "":
		return wrong("give one of them", "both --password-file and --password-command")
	case (l.certFile == "") != (l.keyFile == ""):
		return wrong("give both", "--cert-file and --key-file go together")
	case l.pageSize < 0 || l.pageSize > 100000:
		return wrong("Active Directory allows 1000 unless it was set up otherwise", "--page-size %d: must be from 1 to 100000", l.pageSize)
	case l.rate < 0:
		return wrong("write for example --rate 2000", "--rate %d: must be more than 0", l.rate)
	case l.connections < 1 || l.connections > maxConnections:
		return wrong("few servers are faster with more than 4", "--connections %d: must be from 1 to %d", l.connections, maxConnections)
	case l.timeout <= 0:
		return wrong("write for example 90s or 5m", "--timeout %v: must be more than 0", l.timeout)
	}
	if err := l.readCertificates(); err != nil {
		return err
	}
	for _, u := range l.urls {
		if err := l.config(u).Check(); err != nil {
			return unusable(err)
		}
	}
	return nil
}

// config returns how to reach a server, without credentials.
func (l *login) config(url string) ldapscan.Config {
	return ldapscan.Config{URL: url, StartTLS: l.starttls, TLS: &tls.Config{RootCAs: l.roots, Certificates: l.certs}, CAFile: l.caFile,
		Credentials: ldapscan.Credentials{Mechanism: ldapscan.Mechanism(l.auth)}, PageSize: l.pageSize, Timeout: l.timeout,
		Rate: l.rate, Connections: l.connections}
}

// usual is the mechanism without --auth.
func (l *login) usual() string {
	switch {
	case l.certFile != "":
		return "external"
	case l.keytab != "" || l.ccache != "":
		return "gssapi"
	case len(l.users) > 0 && len(l.domains) == 0:
		return "simple"
	case len(l.users) == 0 && runtime.GOOS == "windows":
		return "sspi"
	}
	return "gssapi"
}

func (l *login) readCertificates() error {
	if l.caFile != "" {
		pem, err := os.ReadFile(l.caFile)
		if err != nil {
			return unopened("--ca-file names a PEM file with the certificate of the domain's CA", err)
		}
		l.roots = x509.NewCertPool()
		if !l.roots.AppendCertsFromPEM(pem) {
			return wrong("it must hold certificates as -----BEGIN CERTIFICATE-----", "%s: no certificate in it", l.caFile)
		}
	}
	if l.certFile != "" {
		cert, err := tls.LoadX509KeyPair(l.certFile, l.keyFile)
		if err != nil {
			return wrong("both must be PEM files", "%s, %s: %v", l.certFile, l.keyFile, err)
		}
		l.certs = []tls.Certificate{cert}
	}
	return nil
}

// open opens the named directories as one forest.
func (l *login) open(ctx context.Context, c *console) (*ldapscan.Forest, error) {
	return openAs(ctx, c, l, ldapscan.OpenForest)
}

// openAs opens the named directories with do.
func openAs[T any](ctx context.Context, c *console, l *login, do func(context.Context, ldapscan.ForestConfig) (T, error)) (opened T, err error) {
	var cfg ldapscan.ForestConfig
	c.warnIfShared(strings.TrimPrefix(l.keytab, "FILE:"))
	passwords := map[string]string{} // each user is asked once
	for i, u := range slices.Concat(l.urls, l.domains) {
		cred, err := l.credentials(ctx, c, i, passwords)
		if err != nil {
			return opened, err
		}
		server := l.config(u)
		server.Credentials, server.Log = cred, c.requests
		if i < len(l.urls) {
			cfg.Servers = append(cfg.Servers, server)
			continue
		}
		server.URL = "ldaps"
		if l.starttls || cred.Mechanism == ldapscan.GSSAPI || cred.Mechanism == ldapscan.SSPI {
			server.URL = "ldap" // Kerberos seals the connection without a certificate
		}
		cfg.Domains = append(cfg.Domains, ldapscan.DomainConfig{Domain: u, Config: server})
	}
	// Among servers with the same priority, choose the one with the greatest weight: a scan need
	// not spread load, and should ask the same server each time.
	cfg.Locator = &locator.Locator{DNS: l.dns, Draw: func(n int) int { return n - 1 }, Log: c.requests}
	cfg.GlobalCatalog = l.catalog
	opened, err = do(ctx, cfg)
	if l.guessed && len(l.users) == 0 && errors.Is(err, fs.ErrNotExist) { // no ticket
		if user := c.ask(ctx, "no Kerberos ticket; user (name@domain): "); user != "" {
			l.users = []string{user}
			return openAs(ctx, c, l, do)
		}
	}
	if err != nil {
		return opened, unreached(err)
	}
	return opened, nil
}

// credentials returns the credentials for the i-th directory.
func (l *login) credentials(ctx context.Context, c *console, i int, passwords map[string]string) (ldapscan.Credentials, error) {
	cred := ldapscan.Credentials{Mechanism: ldapscan.Mechanism(l.auth), Keytab: l.keytab, CCache: l.ccache}
	nth := func(list []string) string {
		if len(list) == 1 {
			return list[0]
		}
		if i < len(list) {
			return list[i]
		}
		return ""
	}
	cred.User = nth(l.users)
	if l.auth != "simple" && (l.auth != "gssapi" || cred.User == "" || l.keytab != "" || l.ccache != "") {
		return cred, nil
	}
	var err error
	file := nth(l.passwordFiles)
	from := cred.User + "\x00" + file
	if len(l.users) > 1 {
		from += fmt.Sprint("\x00", i)
	}
	if _, ok := passwords[from]; !ok {
		if passwords[from], err = l.password(ctx, c, cred.User, file); err != nil {
			return cred, err
		}
	}
	cred.Password = passwords[from]
	if cred.Password == "" {
		return cred, wrong("a server takes an empty password for an anonymous bind", "%s: the password is empty", cred.User)
	}
	return cred, nil
}

func (l *login) password(ctx context.Context, c *console, user, file string) (string, error) {
	secret, hint, err := l.secret(ctx, c, user, file)
	if err == nil && !isText(secret) { // no server could have it
		err = wrong(hint, "%s: the password is not UTF-8 text", user)
	}
	return secret, err
}

// secret returns the password of a user as it was read, and what to do if it is no text.
func (l *login) secret(ctx context.Context, c *console, user, file string) (secret, hint string, err error) {
	switch {
	case l.prompt:
	case file != "":
		line := ""
		err := await(ctx, func() error {
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close()
			c.warnIfShared(file)
			line, err = firstLine(f)
			return err
		})
		if err != nil {
			return "", "", unopened("--password-file names a file that holds the password in its first line", err)
		}
		return line, "save " + file + " as UTF-8, or as UTF-16 with a byte order mark", nil
	case l.passwordCommand != "":
		secret, err := c.output(ctx, l.passwordCommand)
		if err != nil {
			return "", "", wrong("", "--password-command: %v", err)
		}
		return secret, "have --password-command print UTF-8, or UTF-16 with a byte order mark", nil
	}
	secret, err = c.prompt(ctx, fmt.Sprintf("password of %s: ", user))
	return secret, "set the terminal to UTF-8, or use --password-file", err
}
