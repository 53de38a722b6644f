package kerberos

import (
	"cmp"
	"errors"
	"os"
	"regexp"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/types"

	"proxyaddr/ldapscan/debuglog"
)

// Credentials are the account to log on as, with a password, a keytab or a ticket cache.
// The zero value uses the ticket that kinit got.
type Credentials struct {
	// User is a logon name (sAMAccountName), a userPrincipalName whatever its suffix, or
	// DOMAIN\name. With a keytab it is one of the keytab's principals, in the same
	// spelling; empty means the first. A ticket cache names its own user.
	User     string
	Password string
	// Keytab is the name of a keytab file.
	Keytab string
	// CCache is a ticket cache: the name of a file, with or without FILE: in front.
	// Empty, without password and keytab, means the cache in KRB5CCNAME, or otherwise
	// that of krb5.conf or, on Unix, /tmp/krb5cc_UID.
	CCache string
}

// String leaves out the password.
func (c Credentials) String() string { return c.User }

// New makes a client. It reads the files that it needs, and does not use the network. The
// error is an [*Error].
func New(cfg Config, cred Credentials) (*Client, error) {
	if cfg.Getenv == nil {
		cfg.Getenv = os.Getenv
	}
	p := readProfile(cmp.Or(cfg.Krb5Conf, cfg.Getenv("KRB5_CONFIG"), systemProfile))
	conf := newConfig(cfg, p)
	name, suffix := cred.principal()
	c := &Client{
		signOnly: cfg.SignOnly,
		log:      debuglog.Or(cfg.Log),
		realm:    strings.ToUpper(cmp.Or(cfg.Realm, suffix, p.realm)),
		user:     cred.User,
	}
	var err error
	switch {
	case cred.Password != "" && cred.Keytab != "", cred.Password != "" && cred.CCache != "", cred.Keytab != "" && cred.CCache != "":
		err = &Error{Subject: "Kerberos credentials", Problem: "more than one of password, keytab and ticket cache", Advice: "give one of them"}
	case cred.Password != "":
		err = c.usePassword(conf, name, cred.Password)
	case cred.Keytab != "":
		err = c.useKeytab(conf, name, cfg.Realm, cred.Keytab)
	default:
		err = c.useCCache(conf, cmp.Or(cred.CCache, defaultCCache(cfg.Getenv, p)))
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// principal returns the user name for Kerberos. A name with a suffix or a domain is an
// enterprise name (RFC 6806 section 5), which the KDC resolves as Windows does: the
// suffix may differ from the realm.
func (c Credentials) principal() (name types.PrincipalName, suffix string) {
	user := c.User
	if domain, account, ok := strings.Cut(user, `\`); ok {
		user = account + "@" + domain
	} else if at := strings.LastIndexByte(user, '@'); at >= 0 {
		suffix = user[at+1:]
	}
	if strings.Contains(user, "@") {
		return types.PrincipalName{NameType: nametype.KRB_NT_ENTERPRISE, NameString: []string{user}}, suffix
	}
	return types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, user), ""
}

func (c *Client) usePassword(conf *config.Config, name types.PrincipalName, password string) error {
	switch {
	case name.NameString[0] == "":
		return &Error{Subject: "Kerberos credentials", Problem: "a password without a user", Advice: "name the user as name@domain"}
	case strings.Contains(c.user, "="):
		return &Error{Subject: c.user, Problem: "a distinguished name cannot log on with Kerberos", Advice: `name the user as name@domain or "DOMAIN\name" in quotes`}
	case c.realm == "":
		return noRealm(c.user)
	}
	c.source = "password"
	c.logon = &passwordLogon{conf: conf, realm: c.realm, name: name, password: password, log: c.log}
	return nil
}

func noRealm(subject string) error {
	return &Error{Subject: subject, Problem: "the Kerberos realm is not known", Advice: "name the domain with -d, or the user as name@domain"}
}

const hintKeytab = "export the keytab again, with the account's AES keys and current key version"

func (c *Client) useKeytab(conf *config.Config, name types.PrincipalName, realm, file string) error {
	c.source = "keytab " + strings.TrimPrefix(file, "FILE:")
	b, err := os.ReadFile(strings.TrimPrefix(file, "FILE:"))
	if err != nil {
		return fileError(c.source, err, "name the keytab with --keytab")
	}
	kt, err := parseKeytab(b)
	if err != nil {
		return &Error{Subject: c.source, Problem: "the file is damaged", Advice: hintKeytab, Err: err}
	}
	account, _, _ := strings.Cut(name.PrincipalNameString(), "@") // there are no enterprise names in a keytab
	name = types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, account)
	if c.user == "" {
		first := kt.Entries[0].Principal
		name.NameString, c.realm = first.Components, first.Realm
		if realm != "" {
			c.realm = strings.ToUpper(realm)
		}
		c.user = name.PrincipalNameString()
	}
	if c.realm == "" {
		return noRealm(c.user)
	}
	c.krb = client.NewWithKeytab("", c.realm, kt, conf, client.DisablePAFXFAST(true))
	c.krb.Credentials = credentials.NewFromPrincipalName(name, c.realm).WithKeytab(kt)
	return nil
}

// errKeytab replaces gokrb5's errors about keytabs, which print the file with its keys.
var errKeytab = errors.New("not a keytab, or cut off")

func parseKeytab(b []byte) (kt *keytab.Keytab, err error) {
	defer func() {
		if recover() != nil {
			err = errKeytab
		}
	}()
	kt = keytab.New()
	if kt.Unmarshal(b) != nil || len(kt.Entries) == 0 {
		return nil, errKeytab
	}
	return kt, nil
}

func (c *Client) useCCache(conf *config.Config, name string) (err error) {
	cache, err := loadCCache(name)
	if err != nil {
		return err
	}
	c.source = "ticket cache " + strings.TrimPrefix(name, "FILE:")
	c.realm = cache.DefaultPrincipal.Realm
	c.user = cache.DefaultPrincipal.PrincipalName.PrincipalNameString()
	func() {
		defer recoverTo(&err, "ticket")
		c.krb, err = client.NewFromCCache(cache, conf, client.DisablePAFXFAST(true))
	}()
	return c.explain(err, "")
}

// canonicalName finds the KDC's name of an account in an error of gokrb5. gokrb5 makes
// this error if the KDC first sends the name with the ticket of a service.
func canonicalName(err error) (types.PrincipalName, bool) {
	if err == nil {
		return types.PrincipalName{}, false
	}
	m := replyName.FindStringSubmatch(err.Error())
	if m == nil {
		return types.PrincipalName{}, false
	}
	return types.PrincipalName{NameType: nametype.KRB_NT_PRINCIPAL, NameString: []string{m[1]}}, true
}

var replyName = regexp.MustCompile(`CName in response does not match .*; Reply: \{NameType:-?\d+ NameString:\[([^\[\]]+)\]\}`)
