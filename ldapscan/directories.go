package ldapscan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"proxyaddr/conflicts"
)

// Directories are domain controllers that hold the same partitions, so that what they
// hold can be compared. [Compare] does that.
type Directories struct {
	directories     []*Directory
	partitions      []replicated
	problems, notes []string
}

// A replicated partition is held by more than one of the domain controllers.
type replicated struct {
	partition
	holders []*Directory
}

// An endpoint is a domain controller to compare, and how to bind to it.
type endpoint struct {
	target target
	cfg    Config
}

// OpenDirectories opens the named servers, and every domain controller of the named
// domains, whose list it reads from one of them. A server that cannot be opened
// makes the comparison incomplete. It is an error if no two servers have a
// partition in common, or the account is refused.
func OpenDirectories(ctx context.Context, cfg ForestConfig) (*Directories, error) {
	cfg = cfg.oneRun()
	var servers []endpoint
	for _, server := range cfg.Servers {
		t, server, err := server.byURL()
		if err == nil && t.catalog() {
			err = &Error{Subject: t.url, Problem: "a global catalog, which cannot be compared",
				Advice: "use the domain controller's own port"}
		}
		if err != nil {
			return nil, err
		}
		servers = append(servers, endpoint{t, server})
	}
	r := &Directories{}
	for _, domain := range cfg.Domains {
		list, err := r.list(ctx, cfg, domain)
		if err != nil {
			return nil, err
		}
		servers = append(servers, list...)
	}
	err := r.open(ctx, servers)
	if err == nil {
		err = r.match()
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// list returns the domain controllers of a domain. DNS may lack some: those of
// branch offices are often registered for their site only.
func (r *Directories) list(ctx context.Context, cfg ForestConfig, domain DomainConfig) (servers []endpoint, err error) {
	d, err := openAny(ctx, cfg, domain)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	hosts, err := d.hosts(ctx)
	if err == nil && len(hosts) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, &Error{Subject: domain.Domain, Problem: "the list of its domain controllers could not be read: " + brief(err), Advice: "name them with -H", Err: err}
	}
	domain.KDCs = map[string][]string{domain.Realm: {d.conn.session.remoteHost()}}
	for _, host := range hosts {
		t, ok := permitted(domain.URL, host, domain.Domain)
		if !ok {
			r.problems = append(r.problems, notCompared(outside(domain.Domain, host)))
			continue
		}
		addr, err := cfg.Locator.Resolve(ctx, t.host)
		if err != nil {
			r.problems = append(r.problems, notCompared(err))
			continue
		}
		if addr.IsValid() {
			t.address = addr.String()
		}
		server, err := domain.prepared(t)
		if err != nil {
			return nil, err
		}
		servers = append(servers, endpoint{t, server})
	}
	return servers, nil
}

func notCompared(err error) string { return fmt.Sprintf("%v: not compared", err) }

// hosts returns the DNS names of the domain controllers that hold the default
// partition of this one, read-only ones included, in order.
func (d *Directory) hosts(ctx context.Context) ([]string, error) {
	partition := d.conn.root().first("defaultnamingcontext")
	holdings := []string{"hasMasterNCs", "msDS-hasMasterNCs", "msDS-hasFullReplicaNCs"} // [MS-ADTS] 6.1.1.2.2.1.2.1.1
	q := query{base: "CN=Sites," + d.conn.root().first("configurationnamingcontext"), filter: "(|(objectClass=server)(objectClass=nTDSDSA))",
		attributes: append([]string{"dNSHostName"}, holdings...)}
	names, holders := map[string]string{}, []string{}
	err := d.results(ctx, q, func(r result) {
		a := attributes{}
		a.take(r)
		names[r.dn] = a.first("dnshostname")
		for _, name := range holdings {
			if slices.ContainsFunc(a.all(strings.ToLower(name)), func(dn string) bool { return sameDN(dn, partition) }) {
				holders = append(holders, conflicts.ParentDN(r.dn))
				return
			}
		}
	})
	hosts := make([]string, 0, len(holders))
	for _, server := range holders {
		hosts = append(hosts, strings.ToLower(cmp.Or(names[server], rdnOf(server, 0).Value)))
	}
	slices.Sort(hosts)
	return hosts, err
}

// open opens the servers. It begins with one and opens the others at the same time
// once that one has accepted the account: a wrong password tried on each would lock
// the account.
func (r *Directories) open(ctx context.Context, servers []endpoint) error {
	opened, failed := make([]*Directory, len(servers)), make([]error, len(servers))
	open := func(i int) { opened[i], failed[i] = openDirectory(ctx, servers[i].cfg, servers[i].target) }
	first := 0
	for ; first < len(servers); first++ {
		if open(first); failed[first] == nil {
			break
		}
		if accountAtFault(failed[first]) {
			return failed[first]
		}
	}
	var opening sync.WaitGroup
	for i := first + 1; i < len(servers); i++ {
		opening.Go(func() { open(i) })
	}
	opening.Wait()
	var err error
	for i, d := range opened {
		if d == nil {
			err = cmp.Or(err, failed[i])
			r.problems = append(r.problems, notCompared(failed[i]))
			continue
		}
		if twin := slices.IndexFunc(r.directories, d.twin); twin >= 0 {
			r.notes = append(r.notes, fmt.Sprintf("%s: the same domain controller as %s", d.conn.server().URL, r.directories[twin].conn.server().URL))
			d.Close()
			continue
		}
		d.conn.pin()
		r.directories = append(r.directories, d)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(r.directories) < 2 && err != nil {
		return err
	}
	return nil
}

// twin reports whether two directories are one server under two names.
func (d *Directory) twin(other *Directory) bool {
	return d.conn.server().Host != "" && d.conn.session.same(other.conn.session)
}

// match finds the partitions that the directories have in common.
func (r *Directories) match() error {
	var all []replicated
	for _, d := range r.directories {
		for _, p := range d.assigned {
			i := slices.IndexFunc(all, func(q replicated) bool { return sameDN(p.dn, q.dn) && p.guid == q.guid })
			if i < 0 {
				i = len(all)
				all = append(all, replicated{partition: p})
			}
			all[i].holders = append(all[i].holders, d)
		}
	}
	slices.SortStableFunc(all, func(a, b replicated) int { return strings.Compare(a.dn, b.dn) })
	for _, p := range all {
		if len(p.holders) > 1 {
			r.partitions = append(r.partitions, p)
			continue
		}
		r.notes = append(r.notes, fmt.Sprintf("%s: only %s of the compared servers holds it", p.dn, p.holders[0].conn.server().URL))
	}
	if len(r.partitions) == 0 {
		var names []string
		for _, d := range r.directories {
			names = append(names, d.conn.server().URL)
		}
		problem := "no two domain controllers with a partition in common, so there is nothing to compare"
		return &Error{Subject: strings.Join(names, ", "), Problem: strings.Join(append([]string{problem}, r.problems...), "; "),
			Advice: "name several domain controllers of one domain with -H, or a domain with -d"}
	}
	r.directories = slices.DeleteFunc(r.directories, func(d *Directory) bool {
		compared := slices.ContainsFunc(r.partitions, func(p replicated) bool { return slices.Contains(p.holders, d) })
		if !compared {
			d.Close()
		}
		return !compared
	})
	return nil
}

// Servers returns each server with its encryption and logon.
func (r *Directories) Servers() []conflicts.Server {
	var s conflicts.Scope
	for _, d := range r.directories {
		d.Describe(&s)
	}
	return s.Servers
}

// Close ends all connections.
func (r *Directories) Close() {
	for _, d := range r.directories {
		d.Close()
	}
}
