package ldapscan

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/debuglog"
	"proxyaddr/ldapscan/locator"
)

// ForestConfig says which forests to read, and how. Several are audited as one
// name space.
type ForestConfig struct {
	// Servers are domain controllers to read, by their URLs. Only the partitions that
	// they hold are read.
	Servers []Config
	// Domains are names of domains. The whole forest of each is read: the domain
	// controllers of all its domains are found through DNS. The URL of each has only the
	// scheme, "ldap" or "ldaps".
	Domains []DomainConfig
	// Locator finds domain controllers. What it returns is not trusted.
	Locator Locator
	// GlobalCatalog reads domains from a global catalog, after a check that it holds the
	// attributes needed.
	GlobalCatalog bool
}

// A Locator finds servers, as a [locator.Locator] does.
type Locator interface {
	Controllers(ctx context.Context, domain string) ([]locator.Controller, error)
	Catalogs(ctx context.Context, forest string) ([]locator.Controller, error)
	Resolve(ctx context.Context, host string) (netip.Addr, error)
}

// DomainConfig is a domain and how to bind to its controllers.
type DomainConfig struct {
	Domain string
	Config
}

// A Forest reads every partition of one or more forests once, each from a
// server that holds it. It is a [Source].
type Forest struct {
	directories []*Directory
	notes       []string
}

var _ Source = (*Forest)(nil)

// OpenForest opens the named servers, and for every named domain the servers that it
// needs to read the whole forest. If a server of a domain does not answer, it tries the
// next. It is an error if a named server cannot be opened, or no server of a named
// domain. A domain of the forest without a server makes the sweep incomplete.
func OpenForest(ctx context.Context, cfg ForestConfig) (*Forest, error) {
	f := &Forest{}
	cfg = cfg.oneRun()
	for _, server := range cfg.Servers {
		d, err := Open(ctx, server)
		if err != nil {
			f.Close()
			return nil, err
		}
		f.add(d)
	}
	for _, domain := range cfg.Domains {
		if err := f.openDomain(ctx, cfg, domain); err != nil {
			f.Close()
			return nil, err
		}
	}
	return f, nil
}

// oneRun makes all connections share what is known about the accounts.
func (cfg ForestConfig) oneRun() ForestConfig {
	run := &logons{}
	cfg.Servers, cfg.Domains = slices.Clone(cfg.Servers), slices.Clone(cfg.Domains)
	for i := range cfg.Servers {
		cfg.Servers[i].logons = run
	}
	for i := range cfg.Domains {
		domain := &cfg.Domains[i]
		domain.logons = run
		if name, ok := locator.HostName(domain.Domain); ok { // without a final dot, which no realm has
			domain.Domain = name
		}
		// The account is of the domain that was named, wherever it logs on.
		domain.Realm = realmOf(domain.Domain)
	}
	return cfg
}

func (f *Forest) openDomain(ctx context.Context, cfg ForestConfig, domain DomainConfig) error {
	d, err := openAny(ctx, cfg, domain)
	if err != nil {
		return err
	}
	domain.KDCs = map[string][]string{domain.Realm: {d.conn.session.remoteHost()}}
	if cfg.GlobalCatalog {
		full := d
		d, err = openCatalog(ctx, cfg, domain, full)
		full.Close()
		if err != nil {
			return err
		}
	}
	f.add(d)
	for _, p := range d.forest {
		if !p.read() || f.reads(p) || p.domain == "" {
			continue
		}
		other := domain
		other.Domain = p.domain
		d, err := openAny(ctx, cfg, other)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			f.notes = append(f.notes, fmt.Sprintf("%s: %v", p.domain, err))
			continue // the sweep reports the partition as missing
		}
		f.add(d)
	}
	return nil
}

// openAny opens the first domain controller of a domain that can be opened.
func openAny(ctx context.Context, cfg ForestConfig, domain DomainConfig) (*Directory, error) {
	found, err := cfg.Locator.Controllers(ctx, domain.Domain)
	if err != nil {
		return nil, err
	}
	return domain.openFirst(ctx, found, false, domain.Domain)
}

// openCatalog opens the first global catalog that can be opened in the forest of a domain
// controller.
func openCatalog(ctx context.Context, cfg ForestConfig, domain DomainConfig, of *Directory) (*Directory, error) {
	found, err := cfg.Locator.Catalogs(ctx, conflicts.Domain(of.conn.root().first("configurationnamingcontext")))
	if err != nil {
		return nil, err
	}
	domains := []string{domain.Domain}
	for _, p := range of.forest {
		if p.kind == domainKind {
			domains = append(domains, p.domain)
		}
	}
	return domain.openFirst(ctx, found, true, domains...)
}

// openFirst opens the first server that can be opened among those that were found and are
// in one of the domains.
func (domain DomainConfig) openFirst(ctx context.Context, found []locator.Controller, catalog bool, domains ...string) (*Directory, error) {
	var failed error
	var targets []target
	for _, dc := range found {
		t, ok := permitted(domain.URL, dc.Host, domains...)
		if !ok {
			failed = cmp.Or(failed, error(outside(domain.Domain, dc.Host)))
			debuglog.Or(domain.Log).Debug("passed over: outside the domain", "domain", domain.Domain, "host", dc.Host)
			continue
		}
		if catalog {
			t = t.at(catalogPorts[t.scheme])
		}
		t.address = dc.Addr.Addr().String()
		targets = append(targets, t)
	}
	for i, t := range targets {
		cfg, err := domain.prepared(t)
		if err != nil {
			return nil, err
		}
		d, err := openDirectory(ctx, cfg, t, targets[i+1:]...)
		if err == nil || ctx.Err() != nil || accountAtFault(err) {
			if err == nil {
				d.conn.session.log.Debug("server chosen", "domain", domain.Domain, "host", t.host)
			}
			return d, err // the next one would refuse the same password
		}
		failed = cmp.Or(failed, err)
	}
	return nil, failed
}

// outside is the error of a domain controller that is not permitted.
func outside(domain, host string) *Error {
	return &Error{Subject: domain, Problem: fmt.Sprintf("its domain controller calls itself %s, which lies outside the domain", host),
		Advice: "name the server with -H if that is right"}
}

// add adds a server for the partitions that no other reads.
func (f *Forest) add(d *Directory) {
	d.assigned = slices.DeleteFunc(d.assigned, func(p partition) bool {
		for _, other := range f.directories {
			for _, a := range other.assigned {
				if sameDN(a.dn, p.dn) && a.guid == p.guid { // another forest can have a partition of the same name
					f.notes = append(f.notes, fmt.Sprintf("%s: read from %s, not from %s", p.dn, other.conn.server().URL, d.conn.server().URL))
					return true
				}
			}
		}
		return false
	})
	if len(f.directories) > 0 {
		d.controllers = f.directories[0].controllers // most often of the same forest
	}
	f.directories = append(f.directories, d)
}

func (f *Forest) reads(p partition) bool {
	return slices.ContainsFunc(f.directories, func(d *Directory) bool {
		return slices.ContainsFunc(d.assigned, func(a partition) bool { return sameDN(a.dn, p.dn) })
	})
}

// Servers returns each server with its encryption and logon.
func (f *Forest) Servers() []conflicts.Server {
	var s conflicts.Scope
	f.Describe(&s)
	return s.Servers
}

// Close ends all connections.
func (f *Forest) Close() {
	for _, d := range f.directories {
		d.Close()
	}
}

// Describe adds the servers to a scope.
func (f *Forest) Describe(s *conflicts.Scope) {
	for _, d := range f.directories {
		d.Describe(s)
	}
}

// Sweep reads each partition from its server, all servers at the same time.
func (f *Forest) Sweep(ctx context.Context, sink Sink) (*Survey, error) {
	survey, err := sweepAll(ctx, f.directories, sink)
	if err == nil {
		survey.Notes = append(survey.Notes, f.notes...)
	}
	return survey, err
}

// Inspect asks one server after the other for the objects that no earlier one had.
func (f *Forest) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	return f.ask(ctx, refs, (*Directory).Inspect, found)
}

// several reports whether there is more than one forest.
func (f *Forest) several() bool {
	return slices.ContainsFunc(f.directories, func(d *Directory) bool { return d.name() != f.directories[0].name() })
}

func (f *Forest) ask(ctx context.Context, refs []conflicts.Ref, inspect func(*Directory, context.Context, []conflicts.Ref, func(*conflicts.Object)) error,
	found func(*conflicts.Object)) error {
	left := make(map[conflicts.Ref]bool, len(refs))
	var ordered []conflicts.Ref // each once
	for _, ref := range refs {
		if !left[ref] {
			left[ref] = true
			ordered = append(ordered, ref)
		}
	}
	several := f.several()
	var failed []string
	for _, d := range f.directories {
		ordered = slices.DeleteFunc(ordered, func(ref conflicts.Ref) bool { return !left[ref] })
		err := inspect(d, ctx, ordered, func(o *conflicts.Object) {
			delete(left, o.Ref())
			if several {
				o.Forest = d.name()
			}
			found(o)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = append(failed, err.Error())
		}
	}
	if len(left) == 0 {
		return nil
	}
	return joined(failed)
}
