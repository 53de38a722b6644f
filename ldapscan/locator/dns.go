package locator

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"
)

// A record is the content of an SRV record.
type record struct {
	host string // as [HostName] writes it
	port uint16
}

// resolver asks the DNS server of l.
func (l *Locator) resolver() *net.Resolver {
	if l.DNS == "" {
		return net.DefaultResolver
	}
	server := l.DNS
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(server, "53")
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return l.dialContext(ctx, network, server)
	}}
}

func (l *Locator) dialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if l.dial != nil {
		return l.dial(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// records looks up the servers of a role, in one site if site is not empty, and returns
// them in the order to try them.
func (l *Locator) records(ctx context.Context, r role, site, domain string) ([]record, error) {
	name := r.service + "."
	if site != "" {
		name += site + "._sites."
	}
	name += r.zone + "." + domain + "."
	began := time.Now()
	_, found, err := l.resolver().LookupSRV(ctx, "", "", name)
	l.logRecords(ctx, name, began, found, err)
	if len(found) == 0 { // damaged records are an error too, beside the good ones
		return nil, err
	}
	var list []record
	for _, srv := range order(found, l.random) {
		if host, ok := HostName(srv.Target); ok { // ".": there is no such service (RFC 2782)
			list = append(list, record{host, srv.Port})
		}
	}
	if len(list) == 0 {
		return nil, &net.DNSError{Name: name, IsNotFound: true}
	}
	return list, nil
}

// random returns a number in [0, n).
func (l *Locator) random(n int) int {
	if l.Draw != nil {
		return l.Draw(n)
	}
	return rand.IntN(n)
}

// order sorts SRV records by priority and draws those of the same priority by
// weight (RFC 2782). The result depends on the numbers that intn draws from
// [0, n), not on the order of the records.
func order(list []*net.SRV, intn func(n int) int) []*net.SRV {
	list = slices.SortedFunc(slices.Values(list), func(a, b *net.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight), cmp.Compare(a.Target, b.Target))
	})
	for i := range list {
		sum, last := 0, i
		for ; last < len(list) && list[last].Priority == list[i].Priority; last++ {
			sum += int(list[last].Weight)
		}
		draw, k := intn(sum+1), i
		for draw -= int(list[k].Weight); draw > 0; draw -= int(list[k].Weight) {
			k++
		}
		drawn := list[k]
		copy(list[i+1:k+1], list[i:k])
		list[i] = drawn
	}
	return list
}

// addresses looks up the IP addresses of a host, which may itself be an IP address.
func (l *Locator) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	addrs, err := l.resolver().LookupNetIP(ctx, "ip", canonical(host)+".")
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, err
}

// Resolve looks up the IP address of a host, the first if it has several. If l has no DNS
// server of its own, the address is invalid: the system looks it up when the host is
// dialed.
func (l *Locator) Resolve(ctx context.Context, host string) (netip.Addr, error) {
	if l.DNS == "" {
		return netip.Addr{}, nil
	}
	budget, cancel := l.budget(ctx)
	defer cancel()
	addrs, err := l.addresses(budget, host)
	if ctx.Err() != nil {
		return netip.Addr{}, ctx.Err()
	}
	if err != nil {
		return netip.Addr{}, &Error{Subject: host, Problem: l.reason(err), Advice: hint(err), Err: err}
	}
	return addrs[0], nil
}
