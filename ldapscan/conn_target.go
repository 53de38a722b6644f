package ldapscan

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"proxyaddr/ldapscan/kerberos"
	"proxyaddr/ldapscan/locator"
)

// A target is a server that may be given credentials. Its host was checked once,
// and is not parsed again after that: the same value is dialed, must be in the
// certificate, and is in the service principal.
//
// Only [targetOf] and [permitted] make targets, and they are the whole rule. A server
// may be given credentials if
//
//   - the user named it, by its DNS name or IP address, with -H; or
//   - its name is, or lies below, that of a domain that the user named with -d, or
//     that a crossRef object names as a domain of the same forest ([MS-ADTS]
//     6.1.1.2.1.1.1). CrossRefs are read over a connection that is authenticated,
//     so domains with other DNS names (tree roots) are found too.
//
// DNS, the LDAP ping, the root DSE and the objects of servers say which of the
// permitted servers to ask. They do not permit any server: an attacker who answers
// in place of a domain controller can write them, and can have a valid certificate
// for a name of his own. So the user must name a domain controller outside its
// domain with -H.
type target struct {
	url     string // for people
	scheme  string // ldap or ldaps
	host    string // as [locator.HostName] writes it, or an IP address
	port    string
	address string // the IP address to dial; empty means that host is looked up
	domain  string // its domain; empty if the user named the host
}

var (
	ldapPorts    = map[string]string{"ldaps": "636", "ldap": "389"}
	catalogPorts = map[string]string{"ldaps": "3269", "ldap": "3268"}
)

const hintURL = "write ldaps://dc1.example.com, without user, path or query"

// targetOf returns the target of a URL from the user. The error does not show a URL
// that is not well formed: what looks like a user can be followed by a password.
func targetOf(url string) (target, *Error) {
	fail := &Error{Subject: "--url", Problem: "not an LDAP URL; it is not shown here, as a password may be in it", Advice: hintURL}
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		if _, ok := locator.HostName(url); ok {
			fail.Subject, fail.Problem = url, "not an LDAP URL"
		}
		return target{}, fail
	}
	rest = strings.TrimSuffix(rest, "/")
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		host, port, err = net.SplitHostPort(rest + ":") // without a port
	}
	n, bad := strconv.ParseUint(port, 10, 16)
	if port != "" && (bad != nil || n == 0) || err != nil {
		return target{}, fail
	}
	if port != "" {
		port = strconv.FormatUint(n, 10) // 03269 is a global catalog too
	}
	t := target{url: url, scheme: strings.ToLower(scheme)}
	brackets := strings.HasPrefix(rest, "[") // stand around an IPv6 address alone (RFC 3986 section 3.2.2)
	if addr, err := netip.ParseAddr(host); err == nil && addr.Zone() == "" && addr.Is6() == brackets {
		t.host = addr.String()
	} else if t.host, ok = locator.HostName(host); !ok || brackets {
		return target{}, fail
	}
	if strings.Trim(t.scheme, "abcdefghijklmnopqrstuvwxyz") != "" {
		return target{}, fail
	}
	if ldapPorts[t.scheme] == "" {
		return target{}, &Error{Subject: url, Problem: fmt.Sprintf("unknown scheme %q", t.scheme), Advice: "use ldaps:// or, with StartTLS or Kerberos, ldap://"}
	}
	t.port = cmp.Or(port, ldapPorts[t.scheme])
	return t, nil
}

// permitted returns the target for a host that DNS, a ping or the directory names, if
// it is in one of the domains: those that the user named and, once they were read over
// an authenticated connection, those of the forest.
func permitted(scheme, name string, domains ...string) (t target, ok bool) {
	host, ok := locator.HostName(name)
	if !ok {
		return target{}, false
	}
	t = target{url: scheme + "://" + host, scheme: scheme, host: host, port: ldapPorts[scheme]}
	for _, domain := range domains {
		domain, ok := locator.HostName(domain)
		if ok && (host == domain || strings.HasSuffix(host, "."+domain)) && len(domain) > len(t.domain) {
			t.domain = domain // the innermost
		}
	}
	return t, t.domain != ""
}

// catalog reports whether the port belongs to a global catalog.
func (t target) catalog() bool {
	return t.port == catalogPorts["ldap"] || t.port == catalogPorts["ldaps"]
}

// at returns the same server on another port.
func (t target) at(port string) target {
	t.port, t.url = port, t.scheme+"://"+net.JoinHostPort(t.host, port)
	return t
}

// service names the target for Kerberos. Active Directory lets every computer
// register ldap/host for itself, but only domain controllers ldap/host/domain
// ([MS-ADTS] 3.1.1.5.3.1.1.4). So the shorter name is only for a host that the user
// chose. Errors of a KDC can be forged, so no error leads from one name to the
// other.
//
// For an IP address the only name is the one in the root DSE, which nothing
// protects. So it must lie in the domain at which the account logs on.
func (t target) service(realm string, root attributes) (kerberos.Service, error) {
	if net.ParseIP(t.host) == nil {
		return kerberos.Service{Host: t.host, Domain: t.domain}, nil
	}
	host, ok := locator.HostName(root.first("dnshostname"))
	if !ok || realm == "" {
		return kerberos.Service{}, &Error{Subject: t.url, Problem: "Kerberos needs the name of the server, and it does not tell one", Advice: "write its DNS name in place of the IP address"}
	}
	return kerberos.Service{Host: host, Domain: strings.ToLower(realm)}, nil
}
