package kerberos

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/neterr"
)

// An Error says why a logon failed, in one sentence, and what to do about it. It
// never holds a secret.
type Error struct {
	Subject string // the account, host or file that the error is about
	Problem string
	Advice  string // may be empty
	// Account says that the error is about the credentials, so another server would
	// refuse them too.
	Account bool
	// Refused says that the KDC of the account refused it. A domain counts wrong
	// passwords and locks the account, so it must not be tried again.
	Refused bool
	Err     error // the error behind it, or nil

	plain string // for a log; empty if the problem has no names
}

func (e *Error) Error() string { return e.Subject + ": " + e.Problem }
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do, or is empty.
func (e *Error) Hint() string { return e.Advice }

// Plain is the error for a log: without the names of the account and its files.
func (e *Error) Plain() string { return cmp.Or(e.plain, e.Problem) }

// A fault has the texts for one kind of error. In them {account}, {realm}, {host} and
// {source} (where the credentials come from) stand for those of the logon, and {1} for
// the first group of its pattern.
type fault struct{ subject, problem, hint string }

// refusals are the faults of accounts for which a retry is useless.
var refusals = map[fault]bool{badSecret: true, codeFaults[6]: true, codeFaults[12]: true, codeFaults[18]: true, codeFaults[23]: true,
	statusFaults[secLogonDenied]: true, statusFaults[secPolicyAccountForbid]: true}

const (
	hintKinit  = "run kinit again, or name a user with --bind-dn"
	hintServer = "name the domain controller itself, by its full DNS name, not an alias or a load balancer"
)

var (
	skew = fault{"{host}", "its clock and this computer's differ by more than five minutes",
		"set the time of both, best by NTP"}
	badSecret = fault{"{account}", "the {source} is wrong",
		"check the password; a keytab has to be exported again after each change of the password"}
	badTicket = fault{"{host}", "the server refused the Kerberos ticket", hintServer + ", and check the clocks"}
	wrongName = fault{"{account}", "the account is not in realm {realm}",
		"name the domain of the account"}
	noAES = fault{"{account}", "only AES keys are supported, but the account or the server has none",
		"set the password again, so that AES keys are made, and allow AES in msDS-SupportedEncryptionTypes"}
	kdcUnreachable = fault{"realm {realm}", "its Kerberos servers cannot be reached", "check the network, and that no firewall blocks port 88"}
	kdcRefuses     = fault{"realm {realm}", "its Kerberos servers refuse the connection", "check that the domain controllers are up, and port 88"}
	noTicket       = fault{"{source}", "no valid ticket for realm {realm}", hintKinit}
	identityFault  = fault{"{host}", "the server did not prove that it is the domain controller", hintServer}
	badBindings    = fault{"{host}", "the TLS channel binding does not match",
		"a proxy, load balancer or TLS inspection in between ends TLS: connect to the domain controller itself, or use ldap://, which Kerberos encrypts"}
)

// codeFaults are the errors of KDCs and servers by their number (RFC 4120 section
// 7.5.9).
var codeFaults = map[int]fault{
	6: {"{account}", "there is no such account in realm {realm}",
		`write the user as name, name@domain or "DOMAIN\name" in quotes, and check the domain`},
	7: {"{host}", "the domain does not know this LDAP server", hintServer},
	12: {"{account}", "a policy forbids the account to log on from here",
		"check its logon hours, workstations, authentication policy and membership in Protected Users"},
	14: noAES,
	18: {"{account}", "the account is disabled, locked out or expired", "use another account, or have it unlocked"},
	23: {"{account}", "the password has expired or must be changed", "log on once and change it"},
	24: badSecret,
	31: badSecret,
	32: {"{source}", "the ticket has expired", hintKinit},
	33: skew,
	37: skew,
	41: badTicket,
	68: wrongName,
}

// krbCode finds that number: gokrb5 turns the errors of a KDC into text.
var krbCode = regexp.MustCompile(`\((\d+)\) (?:KDC_ERR|KRB_AP_ERR|KRB_ERR)_[A-Z]`)

// textFaults are the errors of gokrb5 itself, which have no types. The first match
// counts.
var textFaults = []struct {
	pattern *regexp.Regexp
	fault   fault
}{
	{regexp.MustCompile(`matching key not found in keytab`),
		fault{"{source}", "no key that fits {account}: the name, its case, the key version or the encryption type differs", hintKeytab}},
	{regexp.MustCompile(`TGT not found in CCache|no valid existing session|neither a keytab nor a password`), noTicket},
	{regexp.MustCompile(`TGT bytes in cache are not valid|cache entry ticket bytes are not valid|^ticket is damaged`),
		fault{"{source}", "the file is damaged", hintKinit}},
	{regexp.MustCompile(`no KDCs defined in configuration for realm (\S+)|not have any defined KDCs`),
		fault{"realm {1}", "no Kerberos server is known", "check the domain, or name its servers in krb5.conf"}},
	{regexp.MustCompile(`no KDC SRV records found for realm (\S+)|lookup (?:_kerberos\._(?:tcp|udp)\.)?(\S+?)\.?(?: on \S+)?: (?:no such host|server misbehaving|i/o timeout)`),
		fault{"{1}", "not found in DNS", "check the domain, and that this computer asks the domain's DNS server"}},
	{regexp.MustCompile(`failed to communicate with KDC|error sending to a KDC`), kdcUnreachable},
	{regexp.MustCompile(`clock skew`), skew},
	{regexp.MustCompile(`CRealm in response does not match`), wrongName},
	{regexp.MustCompile(`client password/keytab incorrect`), badSecret},
}

// unknownFault begins the problem of an error without a fault.
const unknownFault = "the Kerberos logon failed: "

// explain turns the error of a logon to host into an [*Error]. An error of the LDAP
// connection stays as it is.
func (c *Client) explain(err error, host string) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	f, group, ok := diagnose(err)
	if !ok {
		var le *ldap.Error
		if errors.As(err, &le) {
			return err
		}
		f = fault{subject: "{host}", problem: unknownFault + err.Error()}
	}
	words := strings.NewReplacer("{account}", c.account(), "{realm}", c.realm, "{host}", host, "{source}", c.source, "{1}", group)
	return &Error{Subject: words.Replace(f.subject), Problem: words.Replace(f.problem), Advice: words.Replace(f.hint), plain: f.plain(c.realm, host, group),
		Account: f.subject == "{account}" || f.subject == "{source}" || f.subject == signedIn, Refused: refusals[f] && ofAccount(err), Err: err}
}

// plain returns what a log may say about a fault.
func (f fault) plain(realm, host, group string) string {
	text := f.problem
	if strings.HasPrefix(text, unknownFault) {
		text = strings.TrimSuffix(unknownFault, ": ") // the rest is gokrb5's
	}
	if f.subject != "{account}" && f.subject != "{source}" {
		text = f.subject + ": " + text
	}
	return strings.NewReplacer("{account}", "the account", "{source}", "password or file", "{realm}", realm, "{host}", host, "{1}", group).Replace(text)
}

// ofAccount reports whether an error comes from the KDC of the account, not from another
// realm or about a ticket. With keytabs gokrb5 logs on, and says so in its text.
func ofAccount(err error) bool {
	return errors.As(err, new(*logonError)) || errors.As(err, new(status)) || strings.Contains(err.Error(), ": AS Exchange Error: ")
}

func (c *Client) account() string {
	if strings.ContainsAny(c.user, `@\`) {
		return c.user
	}
	return c.user + "@" + c.realm
}

// diagnose returns the fault of an error, and the text of the first group of its pattern.
func diagnose(err error) (f fault, group string, ok bool) {
	var (
		le       *ldap.Error
		layer    *layerError
		identity *identityError
		etype    etypeError
		rounds   iterationsError
		system   status
	)
	switch {
	case errors.As(err, &rounds):
		return fault{"realm {realm}", fmt.Sprintf("its Kerberos server asks for an iteration count of %d for the key of the password; %d to %d are accepted", rounds, minIterations, maxIterations),
			"make sure that the address belongs to a domain controller: the answer may be forged"}, "", true
	case errors.As(err, &le):
		f, ok = diagnoseLDAP(le)
		return f, "", ok
	case errors.As(err, &layer):
		return fault{"{host}", "the server offers no encryption of LDAP", "use ldaps://"}, "", true
	case errors.As(err, &identity):
		return identityFault, "", true
	case errors.As(err, &system):
		return system.fault(), "", true
	case errors.Is(err, errNoAES):
		return noAES, "", true
	case errors.As(err, &etype):
		return fault{noAES.subject, fmt.Sprintf("the server's ticket has a %v, but only AES is supported", etype), noAES.hint}, "", true
	}
	text := err.Error()
	if m := krbCode.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		if f, ok := codeFaults[n]; ok {
			return f, "", true
		}
	}
	for _, t := range textFaults {
		if m := t.pattern.FindStringSubmatch(text); m != nil {
			if t.fault == kdcUnreachable && neterr.RefusedText(text) {
				return kdcRefuses, "", true
			}
			return t.fault, strings.Join(m[1:], ""), true
		}
	}
	return fault{}, "", false
}

// diagnoseLDAP explains the result of a bind. The KDC had accepted the account
// by then, so "invalid credentials" is never about the password.
func diagnoseLDAP(e *ldap.Error) (fault, bool) {
	text := e.Error()
	switch e.ResultCode {
	case ldap.LDAPResultAuthMethodNotSupported:
		return fault{"{host}", "the server does not offer Kerberos (SASL GSSAPI)", "check that it is a domain controller"}, true
	case ldap.LDAPResultStrongAuthRequired:
		return fault{"{host}", "the server does not accept a Kerberos logon inside TLS", "use ldap://, which Kerberos encrypts"}, true
	case ldap.LDAPResultInvalidCredentials:
		switch {
		case strings.Contains(text, "80090346"): // SEC_E_BAD_BINDINGS
			return badBindings, true
		case strings.Contains(text, "80090324"), strings.Contains(strings.ToLower(text), "skew"): // SEC_E_TIME_SKEW
			return skew, true
		}
		return badTicket, true
	}
	return fault{}, false
}
