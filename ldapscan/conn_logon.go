package ldapscan

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/kerberos"
)

// logons know which accounts were refused in a run. A domain counts wrong passwords
// and locks the account; a scheduled scan must not cause that. So an account is
// tried on one server at a time, and after a refusal on none. All binds of a run
// share one logons.
type logons struct {
	mu       sync.Mutex
	accounts map[string]*account
}

type account struct {
	turn    chan struct{} // holds one while a bind is under way
	refused error
}

func (l *logons) account(c Credentials) *account {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := c.identity()
	if l.accounts == nil {
		l.accounts = map[string]*account{}
	}
	if l.accounts[key] == nil {
		l.accounts[key] = &account{turn: make(chan struct{}, 1)}
	}
	return l.accounts[key]
}

// identity tells accounts apart. Names without a domain are of the realm.
func (c Credentials) identity() string {
	realm := c.Realm
	if strings.ContainsAny(c.User, `@\=`) {
		realm = ""
	}
	return strings.ToLower(c.User+"\x00"+realm) + "\x00" + c.Keytab + "\x00" + c.CCache
}

// bind runs a bind unless the account was refused before. The error is a
// [*refusedError] if the account is refused, and that of ctx if it ends while another
// bind is under way.
func (a *account) bind(ctx context.Context, bind func() error) error {
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-a.turn }()
	if a.refused != nil {
		return &refusedError{err: a.refused, earlier: true}
	}
	err := bind()
	if refusesAccount(err) {
		a.refused = err
		return &refusedError{err: err}
	}
	return err
}

// refusesAccount reports whether an error of a bind is about the credentials.
func refusesAccount(err error) bool {
	if e := (*kerberos.Error)(nil); errors.As(err, &e) {
		return e.Refused
	}
	return ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) && !refusesBinding(err)
}

// refusesBinding recognizes SEC_E_BAD_BINDINGS: the channel binding is missing or
// belongs to another TLS connection. Active Directory answers it as invalid
// credentials, but counts no wrong password.
func refusesBinding(err error) bool { return strings.Contains(err.Error(), "80090346") }

// A refusedError says that the account was refused.
type refusedError struct {
	err     error
	earlier bool // it was not tried again
	broke   bool // it had been accepted, and the connection broke
}

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }

// explain adds to the error what an earlier bind of the run showed.
func (e *refusedError) explain() (problem, hint string) {
	problem, hint = diagnose(e.err)
	const spared = "; it is not tried again, so that the account is not locked"
	switch {
	case e.broke:
		problem = "the connection broke, and the logon was then refused: " + problem + spared
	case e.earlier:
		problem = "the logon was refused before: " + problem + spared
	}
	return problem, hint
}

// AccountRefused reports whether an error of opening a source is about the account.
// A domain counts wrong passwords, so retries would lock the account.
func AccountRefused(err error) bool { return accountAtFault(err) }

// accountAtFault reports whether an error is about the account, so that every other
// server would refuse it too.
func accountAtFault(err error) bool {
	var logon *kerberos.Error
	return errors.As(err, new(*refusedError)) || errors.As(err, &logon) && logon.Account
}
