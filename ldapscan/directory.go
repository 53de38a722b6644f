package ldapscan

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// A Directory is an open domain controller. It is a [Source] of the partitions that
// the domain controller holds. Anything that it cannot read makes the survey
// incomplete.
type Directory struct {
	conn *conn
	layout
	identity    string   // of the forest, the same for all its servers
	connections int      // that read a partition
	missing     []string // Exchange attributes that the schema lacks
	// full is the same controller on its own port, if this is the port of its
	// global catalog: even of configuration and schema a global catalog shows only
	// the attributes that it replicates.
	full     *Directory
	unlisted bool // the list of the forest's partitions could not be read
	// visible are the partitions in which a proxy address was looked up.
	visible map[string]bool
	// controllers are the known ones of the forest, all once located is set.
	controllers controllers
	located     bool
}

func newDirectory(c *conn, connections int) *Directory {
	return &Directory{conn: c, connections: connections, controllers: controllers{}, visible: map[string]bool{}}
}

var _ Source = (*Directory)(nil)

const (
	showDeleted = "1.2.840.113556.1.4.417" // LDAP_SERVER_SHOW_DELETED_OID, [MS-ADTS] 3.1.1.3.4.1.14
	paging      = ldap.ControlTypePaging   // RFC 2696
)

// Open connects to a domain controller, secures the connection, binds and
// finds out what there is to read. The error is an [*Error], or that of ctx, which
// bounds the opening alone.
func Open(ctx context.Context, cfg Config) (*Directory, error) {
	t, cfg, err := cfg.byURL()
	if err != nil {
		return nil, err
	}
	return openDirectory(ctx, cfg, t)
}

// openDirectory is Open for a server that was permitted. Others take over, in turn, when
// the first of them cannot be reached any more.
func openDirectory(ctx context.Context, cfg Config, t target, others ...target) (*Directory, error) {
	d, err := readLayout(ctx, cfg, t)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, cfg.explain(t.url, err)
	}
	d.conn.open = inTurn(append([]target{t}, others...), cfg)
	return d, nil
}

// readLayout opens a server and finds out what there is to read. It retries
// nothing: the caller may know another server to try instead.
func readLayout(ctx context.Context, cfg Config, t target) (*Directory, error) {
	s, err := openSession(ctx, t, cfg)
	if err != nil {
		return nil, err
	}
	d := newDirectory(newConn(s, connSettings{wait: cfg.RetryWait, pace: newPacer(cfg.Rate), pageSize: uint32(cmp.Or(cfg.PageSize, defaultPageSize))}), cfg.Connections)
	if err := s.reason(d.discover(ctx, t, cfg)); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// discover finds out what there is to read, after the bind.
func (d *Directory) discover(ctx context.Context, t target, cfg Config) error {
	if t.catalog() {
		full, err := openDirectory(ctx, cfg, t.at(ldapPorts[t.scheme]))
		if err != nil {
			return err
		}
		d.full = full
	}
	if len(d.conn.root()["namingcontexts"]) == 0 {
		return errors.New("the server names no partitions in its root DSE")
	}
	if !d.conn.offers(paging) {
		return errors.New("the server does not offer paged results (RFC 2696)")
	}
	var err error
	if d.forest, err = d.config().forestPartitions(ctx); err != nil {
		return err
	}
	for _, p := range d.forest {
		if !p.read() || d.full == nil && !d.conn.holds(p.dn) {
			continue
		}
		head, err := d.conn.read(ctx, p.dn, []string{"objectGUID"})
		if err != nil {
			return err
		}
		for _, r := range head {
			a := attributes{}
			a.take(r)
			p.guid = a.entry(r.dn).GUID
		}
		d.assigned = append(d.assigned, p)
	}
	d.identity = d.identify()
	if cfg.PageSize == 0 {
		d.conn.pageSize = d.maxPageSize(ctx)
	}
	if cfg.Rate > 0 {
		d.conn.pageSize = min(d.conn.pageSize, uint32(cfg.Rate)) // no burst of more than a second
	}
	return d.checkSchema(ctx)
}

const (
	defaultPageSize = 1000   // MaxPageSize of Active Directory, unless it was set up otherwise
	largestPageSize = 10_000 // more only takes memory
)

// maxPageSize returns how many objects a server of the forest puts into a page, by
// the default query policy ([MS-ADTS] 3.1.1.3.4.6). A server with a policy of its
// own may send fewer, which does no harm.
func (d *Directory) maxPageSize(ctx context.Context) uint32 {
	policy, err := d.config().conn.read(ctx, "CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,"+
		d.conn.root().first("configurationnamingcontext"), []string{"lDAPAdminLimits"})
	if err != nil || len(policy) == 0 {
		return defaultPageSize
	}
	a := attributes{}
	a.take(policy[0])
	for _, limit := range a.all("ldapadminlimits") {
		name, value, _ := strings.Cut(limit, "=")
		if n, err := strconv.Atoi(value); err == nil && n > 0 && strings.EqualFold(name, "MaxPageSize") {
			return uint32(min(n, largestPageSize))
		}
	}
	return defaultPageSize
}

// identify returns an identifier of the forest: the objectGUID of its configuration
// partition, which every domain controller has, or without one that of the first
// partition.
func (d *Directory) identify() string {
	for _, p := range d.assigned {
		if p.kind == configurationKind && p.guid != (conflicts.GUID{}) {
			return p.guid.String()
		}
	}
	for _, p := range d.assigned {
		if p.guid != (conflicts.GUID{}) {
			return p.guid.String()
		}
	}
	return conflicts.DNKey(d.conn.root().first("defaultnamingcontext"))
}

// config is the connection that shows all attributes of configuration and schema.
func (d *Directory) config() *Directory {
	if d.full != nil {
		return d.full
	}
	return d
}

// results runs a query and hands over the entries once all have arrived.
func (d *Directory) results(ctx context.Context, q query, each func(result)) error {
	var all []result
	err := d.conn.persist(ctx, func() error {
		all = nil
		err := d.conn.pages(ctx, q, func(p page) error {
			list, err := parseEntries(bytes.Clone(p.entries))
			all = append(all, list...)
			return cmp.Or(err, d.followed(p, q.base, nil))
		})
		if err == nil {
			err = d.conn.drain(ctx)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range all {
		each(r)
	}
	return nil
}

// functionalLevels are the values of forestFunctionality ([MS-ADTS] 6.1.4.4).
var functionalLevels = map[string]string{"0": "Windows 2000", "2": "Windows Server 2003", "3": "Windows Server 2008", "4": "Windows Server 2008 R2",
	"5": "Windows Server 2012", "6": "Windows Server 2012 R2", "7": "Windows Server 2016", "10": "Windows Server 2025"}

// siteOf returns the site in the name of a server object,
// CN=DC1,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,….
func siteOf(serverName string) string { return rdnOf(serverName, 2).Value }

// exchangeAttributes are those of Exchange's schema that judgments use,
// sweptAttributes those that a global catalog must hold.
var (
	exchangeAttributes = []string{"mailNickname", "targetAddress", "legacyExchangeDN", "msExchRecipientTypeDetails", "msExchPoliciesExcluded"}
	sweptAttributes    = []string{"proxyAddresses", "mail", "userPrincipalName"}
)

// name is the name of the forest, or of the server if it is in none.
func (d *Directory) name() string {
	return cmp.Or(conflicts.Domain(d.conn.root().first("configurationnamingcontext")), d.conn.server().URL)
}

// checkSchema finds out which Exchange attributes the schema has, so that nothing
// is concluded from their absence on an object. It also checks that a global
// catalog holds the swept attributes: only Exchange puts proxyAddresses into the
// partial attribute set, and without it a catalog looks empty.
func (d *Directory) checkSchema(ctx context.Context) error {
	q := query{base: d.conn.root().first("schemanamingcontext"), attributes: []string{"lDAPDisplayName", "isMemberOfPartialAttributeSet"}}
	if q.base == "" {
		return nil
	}
	for _, name := range slices.Concat(exchangeAttributes, sweptAttributes) {
		q.filter += "(lDAPDisplayName=" + name + ")"
	}
	q.filter = "(|" + q.filter + ")"
	known, partial := map[string]bool{}, map[string]bool{}
	err := d.config().results(ctx, q, func(r result) {
		a := attributes{}
		a.take(r)
		known[a.first("ldapdisplayname")] = true
		partial[a.first("ldapdisplayname")] = strings.EqualFold(a.first("ismemberofpartialattributeset"), "TRUE")
	})
	if err != nil {
		return fmt.Errorf("the schema: %w", err)
	}
	for _, name := range exchangeAttributes {
		if !known[name] || d.full != nil && !partial[name] {
			d.missing = append(d.missing, name)
		}
	}
	for _, name := range sweptAttributes {
		if d.full != nil && !partial[name] {
			return fmt.Errorf("the global catalog does not hold %s, so it would look empty: use a domain controller's own port", name)
		}
	}
	return nil
}

// Close ends the connection.
func (d *Directory) Close() {
	if d.full != nil {
		d.full.Close()
	}
	d.conn.close()
}

// Describe adds the server to a scope.
func (d *Directory) Describe(s *conflicts.Scope) {
	server := *d.conn.server()
	s.Source = append(s.Source, server.URL)
	server.Missing = d.missing
	if !slices.Contains(s.Forests, d.identity) {
		s.Forests = append(s.Forests, d.identity)
	}
	s.Servers = append(s.Servers, server)
	if s.Identity == "" {
		s.Identity = server.Identity
	}
}

// Sweep reads the partitions of the forest that the server holds, one after the
// other and page by page, with one request under way on each connection. A
// partition that it does not hold makes the survey incomplete.
func (d *Directory) Sweep(ctx context.Context, sink Sink) (*Survey, error) {
	return sweepAll(ctx, []*Directory{d}, sink)
}

// sweepAll sweeps the partitions assigned to several servers, all servers at the
// same time. Partitions of their forests that none of them was assigned are in the
// survey as problems.
func sweepAll(ctx context.Context, directories []*Directory, sink Sink) (*Survey, error) {
	assigned := assignedTo(directories)
	surveys := make([]Survey, len(directories))
	var sweeps sync.WaitGroup
	for i, d := range directories {
		sweeps.Go(func() { d.sweep(ctx, assigned, sink, &surveys[i]) })
	}
	sweeps.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	survey := &Survey{}
	visible := map[string]bool{} // by forest
	for i, d := range directories {
		survey.add(&surveys[i])
		seen := slices.ContainsFunc(surveys[i].Coverage, func(c conflicts.Coverage) bool { return c.Values > 0 })
		visible[d.name()] = visible[d.name()] || seen
	}
	survey.Problems = append(survey.Problems, blind(visible)...)
	survey.Problems = append(survey.Problems, unlisted(directories)...)
	for _, p := range unread(directories) {
		gap := p.gap()
		if gap == "" {
			survey.Notes = append(survey.Notes, p.passedOver())
			continue
		}
		survey.Coverage = append(survey.Coverage, conflicts.Coverage{Partition: p.dn, Problem: gap})
	}
	slices.SortStableFunc(survey.Coverage, func(a, b conflicts.Coverage) int { return strings.Compare(a.Partition, b.Partition) })
	survey.AcceptedDomains = inOrder(survey.AcceptedDomains)
	return survey, nil
}

// sweep reads all that is assigned to the server, and stays with it for what is read
// again.
func (d *Directory) sweep(ctx context.Context, all []partition, sink Sink, survey *Survey) {
	d.conn.unpin()
	for _, a := range d.sweepPartitions(ctx, all, sink) {
		survey.Coverage = append(survey.Coverage, a.keep(survey))
	}
	d.conn.pin()
	d.checkVisible(ctx, survey)
	domains, err := d.AcceptedDomains(ctx)
	survey.AcceptedDomains = append(survey.AcceptedDomains, domains...)
	if err != nil {
		survey.Problems = append(survey.Problems, err.Error())
	}
	if d.full != nil {
		survey.Notes = append(survey.Notes, d.conn.server().URL+": a global catalog, so attributes that it does not replicate are unknown, such as which objects are critical to the system")
	}
	if d.conn.reopened > 0 {
		survey.Notes = append(survey.Notes, fmt.Sprintf("%s: the connection broke and was opened again, %d times in all", d.conn.server().URL, d.conn.reopened))
	}
}
