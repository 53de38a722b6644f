package locator

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"proxyaddr/ldapscan/debuglog"
)

// enabled returns the logger, nil if it logs nothing.
func (l *Locator) enabled(ctx context.Context) *slog.Logger {
	if log := debuglog.Or(l.Log); log.Enabled(ctx, slog.LevelDebug) {
		return log
	}
	return nil
}

// logRecords logs the DNS records of a service.
func (l *Locator) logRecords(ctx context.Context, name string, began time.Time, found []*net.SRV, err error) {
	log := l.enabled(ctx)
	if log == nil {
		return
	}
	var list []string
	for _, srv := range found {
		list = append(list, fmt.Sprintf("%s:%d priority %d weight %d", srv.Target, srv.Port, srv.Priority, srv.Weight))
	}
	log.Debug("DNS SRV", "name", name, "server", cmp.Or(l.DNS, "of the system"), "records", strings.Join(list, ", "), "outcome", l.outcome(err),
		"duration", time.Since(began))
}

// logPing logs the result of a ping.
func (l *Locator) logPing(ctx context.Context, r role, domain string, c *candidate, began time.Time) {
	log := l.enabled(ctx)
	if log == nil {
		return
	}
	dc := c.controller
	log.Debug("LDAP ping", "host", c.host, "address", dc.Addr, "role", r.noun, "domain", domain, "outcome", l.outcome(c.err), "names itself", dc.Host,
		"site", dc.Site, "client site", dc.ClientSite, "flags", fmt.Sprintf("%#x", uint32(dc.Flags)), "duration", time.Since(began))
}

// logOrder logs the order in which servers are tried, and why.
func (l *Locator) logOrder(ctx context.Context, r role, domain string, list []Controller) {
	log := l.enabled(ctx)
	if log == nil {
		return
	}
	var order []string
	for _, c := range list {
		why := "silent"
		if c.Answered() {
			why = "another site"
			if c.Is(Closest) {
				why = "closest"
			}
			if !c.Is(Writable) {
				why += ", read-only"
			}
		}
		order = append(order, fmt.Sprintf("%s (%s)", c.Host, why))
	}
	log.Debug("order of servers", "role", r.noun, "domain", domain, "order", strings.Join(order, ", "))
}

func (l *Locator) outcome(err error) string {
	if err != nil {
		return l.reason(err)
	}
	return "ok"
}
