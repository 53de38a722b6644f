package locator

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"proxyaddr/ldapscan/neterr"
)

// An Error says why no server could be found, in one sentence, and what to do
// about it.
type Error struct {
	Subject string // the domain, or the host of a ping
	Problem string
	Advice  string // may be empty
	Err     error  // the error behind it, or nil
}

func (e *Error) Error() string { return e.Subject + ": " + e.Problem }
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do, or is empty.
func (e *Error) Hint() string { return e.Advice }

// Errors of a single server.
var (
	errSilent  = errors.New("no answer on UDP port 389")
	errDamaged = errors.New("no readable answer on UDP port 389")
	errPaused  = errors.New("its Netlogon service is paused")
	// errUnfit is the error of a server that is up, but not of the kind wanted.
	errUnfit     = errors.New("it is not a")
	errNotServed = fmt.Errorf("%w domain controller for this domain", errUnfit)
)

// reason says why a single server cannot be used.
func (l *Locator) reason(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no address in DNS"
	case errors.As(err, &dns):
		return l.dnsProblem(err)
	case neterr.TimedOut(err):
		return errSilent.Error()
	case neterr.Refused(err):
		return "nothing listens on UDP port 389"
	}
	return err.Error()
}

// hint says what the user can do about it.
func hint(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "name the domain's DNS server with --dns"
	case errors.Is(err, errUnfit):
		return "check the name of the domain, or name a domain controller with -H"
	}
	return "open UDP port 389 to the domain controllers, or name one with -H"
}

// explainDNS is the error for a domain whose SRV records could not be read.
func (l *Locator) explainDNS(r role, domain string, err error) error {
	e := &Error{Subject: domain, Problem: l.dnsProblem(err), Advice: "name the domain's DNS server with --dns, or a domain controller with -H", Err: err}
	if l.DNS != "" {
		e.Advice = "check the address given with --dns, and that port 53 is open"
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		e.Problem = "no " + r.noun + "s in DNS"
		e.Advice = "check the domain's name, or name a domain controller with -H, or the domain's DNS server with --dns"
		if !strings.Contains(domain, ".") {
			e.Advice = "write the domain's full DNS name, such as contoso.com"
		}
	}
	return e
}

// dnsProblem says why the DNS server gave no answer. The text of a net.DNSError
// names the server of resolv.conf, even where another was asked.
func (l *Locator) dnsProblem(err error) string {
	server := "the DNS server"
	if l.DNS != "" {
		server += " " + l.DNS
	}
	var dns *net.DNSError
	switch {
	case neterr.TimedOut(err):
		return server + " does not answer"
	case errors.As(err, &dns):
		return server + " could not be asked: " + dns.Err
	}
	return server + " could not be asked: " + err.Error()
}

// explainSilence is the error for a domain without a usable server.
func (l *Locator) explainSilence(r role, domain string, list []*candidate) error {
	c := list[0]
	e := &Error{Subject: domain, Advice: hint(c.err), Err: c.err}
	e.Problem = fmt.Sprintf("no %s in DNS can be used: %s: %s", r.noun, c.host, l.reason(c.err))
	if more := len(list) - 1; more > 0 {
		e.Problem += fmt.Sprintf(" (and %d more)", more)
	}
	return e
}
