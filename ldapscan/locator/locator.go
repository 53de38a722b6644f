// Package locator finds the domain controllers of an Active Directory domain
// and the global catalogs of a forest, as Windows does ([MS-ADTS] 6.3.6): SRV
// records name the servers, an LDAP ping over UDP tells which of them are up,
// and the first to answer says in which site this computer is, so that the
// servers of that site come first.
package locator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"time"
)

// A Locator finds servers. The zero value asks the DNS server of this computer.
// Its methods may be called concurrently; their errors are an [*Error], or
// that of the context when it has ended.
type Locator struct {
	// DNS is the DNS server to ask, as host or host:port; "" means the system's.
	DNS string
	// Timeout bounds a call; 0 means 15 seconds. The servers that have answered by then
	// are returned.
	Timeout time.Duration
	// Draw returns a number in [0, n), to choose among servers with the same priority in
	// DNS (RFC 2782); nil draws at random. Message ids are always random.
	Draw func(n int) int
	// Log gets the answers of DNS and of the pings, and the servers chosen; nil logs
	// nothing.
	Log *slog.Logger

	dial func(ctx context.Context, network, address string) (net.Conn, error) // nil: net.Dialer's
}

const (
	defaultTimeout = 15 * time.Second
	// parallel is how many servers are pinged at a time.
	parallel = 8
)

// A Controller is a domain controller. One that did not answer the ping has
// only its Host, as DNS has it, and its Addr.
type Controller struct {
	// Host is the DNS name that the controller gives itself, in the form of [HostName].
	// Nothing proves it: which servers may get credentials is decided elsewhere.
	Host string
	// Addr is the address of the wanted service.
	Addr           netip.AddrPort
	Domain, Forest string // DNS names, in lower case
	// Site is the site of the controller. ClientSite is the site of this computer, or ""
	// if no subnet is assigned to its address.
	Site, ClientSite string
	Flags            Flags
}

// Flags say what a controller is and does: the DS_FLAG bits of [MS-ADTS]
// 6.3.1.2.
type Flags uint32

const (
	PDC           Flags = 1 << 0
	GlobalCatalog Flags = 1 << 2
	KDC           Flags = 1 << 5
	Closest       Flags = 1 << 7 // in the site of this computer, or covers it
	Writable      Flags = 1 << 8 // not read-only

	directory Flags = 1 << 4 // DS_DS_FLAG, which every domain controller has
)

// Is reports whether the controller has all the flags.
func (c Controller) Is(f Flags) bool { return c.Flags&f == f }

// Answered reports whether the controller answered the ping.
func (c Controller) Answered() bool { return c.Flags != 0 }

// A role is the purpose of a server: how its SRV records are named ([MS-ADTS] 6.3.2.3),
// and with which flag it must answer.
type role struct {
	service, zone string
	flag          Flags
	noun          string
}

var (
	controllers = role{"_ldap._tcp", "dc._msdcs", directory, "domain controller"}
	catalogs    = role{"_ldap._tcp", "gc._msdcs", GlobalCatalog, "global catalog"}
	kdcs        = role{"_kerberos._tcp", "dc._msdcs", KDC, "Kerberos server"}
)

// Controllers finds the domain controllers of a domain, for LDAP. Those that answered
// come first: the closest before the others, writable before read-only ones, and then in
// the order of DNS (RFC 2782). Last come those that did not answer.
//
// It pings eight at a time until one answers, and then those in the site of this
// computer; it does not ping every controller of a large domain. A server that answers
// for another domain is left out.
func (l *Locator) Controllers(ctx context.Context, domain string) ([]Controller, error) {
	return l.locate(ctx, controllers, domain)
}

// Catalogs finds the global catalogs of a forest, in all its domains, in the order of
// [Locator.Controllers].
func (l *Locator) Catalogs(ctx context.Context, forest string) ([]Controller, error) {
	return l.locate(ctx, catalogs, forest)
}

// KDCs finds the domain controllers of a domain, for Kerberos, in the order of
// [Locator.Controllers].
func (l *Locator) KDCs(ctx context.Context, domain string) ([]Controller, error) {
	return l.locate(ctx, kdcs, domain)
}

// Ping asks a server, by name or IP address, whether it is a domain controller of the
// domain; if domain is empty, of which domain it is one. The Addr of the Controller is
// that of its LDAP port.
func (l *Locator) Ping(ctx context.Context, host, domain string) (Controller, error) {
	budget, cancel := l.budget(ctx)
	defer cancel()
	c, err := l.probe(budget, controllers, canonical(domain), record{host: host, port: ldapPort})
	if ctx.Err() != nil {
		return Controller{}, ctx.Err()
	}
	if err != nil {
		return Controller{}, &Error{Subject: host, Problem: l.reason(err), Advice: hint(err), Err: err}
	}
	return c, nil
}

func (l *Locator) budget(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, cmp.Or(l.Timeout, defaultTimeout))
}

// A candidate is a server that DNS names for a role.
type candidate struct {
	record
	asked      bool
	controller Controller
	err        error // why it cannot be used, or nil
}

func (l *Locator) locate(ctx context.Context, r role, domain string) ([]Controller, error) {
	domain, ok := HostName(domain)
	if !ok {
		return nil, &Error{Subject: "the name of a domain", Problem: "not a DNS name", Advice: "write the domain's full DNS name, such as contoso.com"}
	}
	budget, cancel := l.budget(ctx)
	defer cancel()
	records, err := l.records(budget, r, "", domain)
	if err != nil && ctx.Err() == nil {
		return nil, l.explainDNS(r, domain, err)
	}
	list := l.survey(budget, r, domain, records)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var found, silent []Controller
	for _, c := range list {
		switch {
		case c.err == nil:
			found = append(found, c.controller)
		case c.controller.Addr.IsValid() && !errors.Is(c.err, errUnfit):
			silent = append(silent, c.controller)
		}
	}
	if len(found) == 0 {
		return nil, l.explainSilence(r, domain, list)
	}
	slices.SortStableFunc(found, func(a, b Controller) int { return cmp.Compare(a.rank(), b.rank()) })
	found = append(found, silent...)
	l.logOrder(ctx, r, domain, found)
	return found, nil
}

// rank is lower for servers to try earlier.
func (c Controller) rank() (n int) {
	if !c.Is(Closest) {
		n += 2
	}
	if !c.Is(Writable) {
		n++
	}
	return n
}

// survey pings servers until one has answered, and then those of the site that it names.
// It returns the servers that were asked, those of the site first.
func (l *Locator) survey(ctx context.Context, r role, domain string, records []record) []*candidate {
	known := map[string]*candidate{}
	admit := func(records []record) (list []*candidate) {
		for _, rec := range records {
			if known[rec.host] == nil {
				known[rec.host] = &candidate{record: rec}
			}
			list = append(list, known[rec.host])
		}
		return list
	}
	all := admit(records)
	queue, near := all, []*candidate(nil)
	replies := make(chan *candidate)
	underWay, heard := 0, false
	for {
		for ; len(queue) > 0 && underWay < parallel; queue = queue[1:] {
			c := queue[0]
			if c.asked {
				continue
			}
			c.asked = true
			underWay++
			go func() {
				began := time.Now()
				c.controller, c.err = l.probe(ctx, r, domain, c.record)
				l.logPing(ctx, r, domain, c, began)
				replies <- c
			}()
		}
		if underWay == 0 {
			break
		}
		c := <-replies
		underWay--
		if c.err != nil || heard {
			continue
		}
		heard, queue = true, nil
		if site := c.controller.ClientSite; site != "" {
			// If the site has no records, any controller will do.
			records, _ := l.records(ctx, r, site, domain)
			near = admit(records)
			queue = near
		}
	}
	var list []*candidate
	for _, c := range slices.Concat(near, all) {
		if c.asked && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// probe pings a server at each of its addresses until one answers. With an error it
// returns the known facts about the server.
func (l *Locator) probe(ctx context.Context, r role, domain string, rec record) (Controller, error) {
	silent := Controller{Host: rec.host}
	addrs, err := l.addresses(ctx, rec.host)
	for i, addr := range addrs {
		at := netip.AddrPortFrom(addr, rec.port)
		if i == 0 {
			silent.Addr = at
		}
		var c Controller
		if c, err = l.pingRole(ctx, r, domain, addr); err == nil {
			c.Addr = at
			return c, nil
		}
	}
	return silent, err
}

// pingRole pings an address and checks that the server that answers fits the role.
func (l *Locator) pingRole(ctx context.Context, r role, domain string, addr netip.Addr) (Controller, error) {
	ask := domain
	if r == catalogs {
		// The name of a forest is that of its root domain, for which the catalogs of
		// other domains do not answer. Without a domain they answer for their own.
		ask = ""
	}
	c, err := l.ping(ctx, addr, ask)
	serves := c.Domain
	if r == catalogs {
		serves = c.Forest
	}
	switch {
	case err != nil:
		return c, err
	case domain != "" && serves != domain:
		return c, errNotServed
	case !c.Is(r.flag):
		return c, fmt.Errorf("%w %s", errUnfit, r.noun)
	}
	return c, nil
}
