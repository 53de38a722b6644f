package ldapscan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// A Directory is a domain controller that can be read. It is a [Source] of the
// partitions that the controller holds.
//
// A request whose connection breaks is made again on a fresh one, up to three
// times; what could still not be read makes the survey incomplete.
type Directory struct {
	ctx   context.Context // of Open; ends every connection
	again func() (*session, error)
	wait  time.Duration // before a request is made again for the first time
	pace  *pacer

	mu       sync.Mutex // held while a request is under way
	*session            // the connection at present
	reopened int
	barred   error // why the account gets no connection any more, or nil

	pageSize    uint32
	connections int
	missing     []string // attributes of Exchange that the schema does not have
	// full is the same controller on its own port, if this is the port of its
	// global catalog: a catalog shows only the attributes that it replicates, also
	// of configuration and schema.
	full *Directory
	// forest are the partitions of the forest, assigned those that Sweep reads.
	forest, assigned []partition
	unlisted         bool // the list of the forest's partitions could not be read
	// visible are the partitions in which a proxy address was looked up.
	visible map[string]bool
	only    *session // with the one server that may answer, nil for any
	// controllers are known of the forest, all of them once located is set.
	controllers controllers
	located     bool
}

var _ Source = (*Directory)(nil)

const (
	showDeleted = "1.2.840.113556.1.4.417" // LDAP_SERVER_SHOW_DELETED_OID, [MS-ADTS] 3.1.1.3.4.1.14
	paging      = ldap.ControlTypePaging   // RFC 2696
)

// survey finds out what there is to read, after the bind.
func (d *Directory) survey(ctx context.Context, t target, cfg Config) error {
	if t.catalog() {
		full, err := openTarget(ctx, t.at(ldapPorts[t.scheme]), cfg)
		if err != nil {
			return err
		}
		d.full = full
	}
	if len(d.root["namingcontexts"]) == 0 {
		return errors.New("the server names no partitions in its root DSE")
	}
	if !d.offers(paging) {
		return errors.New("the server does not offer paged results (RFC 2696)")
	}
	var err error
	if d.forest, err = d.config().forestPartitions(); err != nil {
		return err
	}
	for _, p := range d.forest {
		if !p.read() || d.full == nil && !d.holds(p) {
			continue
		}
		head, err := d.read(p.dn, []string{"objectGUID"})
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
	if cfg.PageSize == 0 {
		d.pageSize = d.maxPageSize()
	}
	if cfg.Rate > 0 {
		d.pageSize = min(d.pageSize, uint32(cfg.Rate)) // no burst of more than a second
	}
	return d.checkSchema()
}

const (
	defaultPageSize = 1000   // MaxPageSize of Active Directory, unless it was set up otherwise
	largestPageSize = 10_000 // more only takes memory
)

// maxPageSize returns how many objects a server of the forest puts into a page,
// by the default query policy ([MS-ADTS] 3.1.1.3.4.6). What it is for a server
// with a policy of its own does not matter: it sends what it allows.
func (d *Directory) maxPageSize() uint32 {
	policy, err := d.config().read("CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,"+
		d.root.first("configurationnamingcontext"), []string{"lDAPAdminLimits"})
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

// config is the connection on which configuration and schema can be read whole.
func (d *Directory) config() *Directory {
	if d.full != nil {
		return d.full
	}
	return d
}

// functionalLevels are the values of forestFunctionality ([MS-ADTS] 6.1.4.4).
var functionalLevels = map[string]string{"0": "Windows 2000", "2": "Windows Server 2003", "3": "Windows Server 2008", "4": "Windows Server 2008 R2",
	"5": "Windows Server 2012", "6": "Windows Server 2012 R2", "7": "Windows Server 2016", "10": "Windows Server 2025"}

// siteOf returns the site in the name of a server object,
// CN=DC1,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,….
func siteOf(serverName string) string { return rdnValue(serverName, 2) }

// exchangeAttributes are those of Exchange's schema that judgements use,
// sweptAttributes those that a global catalog must hold.
var (
	exchangeAttributes = []string{"mailNickname", "targetAddress", "msExchRecipientTypeDetails", "msExchPoliciesExcluded"}
	sweptAttributes    = []string{"proxyAddresses", "mail", "userPrincipalName"}
)

// name is that of the forest, or of the server where it is in none.
func (d *Directory) name() string {
	return cmp.Or(conflicts.Domain(d.root.first("configurationnamingcontext")), d.server.URL)
}

// checkSchema finds out which of Exchange's attributes there are, so that nothing
// is concluded from their absence on an object, and that a global catalog holds
// what is swept: proxyAddresses is in the partial attribute set only where
// Exchange put it there, and elsewhere a catalog looks empty.
func (d *Directory) checkSchema() error {
	q := query{base: d.root.first("schemanamingcontext"), attributes: []string{"lDAPDisplayName", "isMemberOfPartialAttributeSet"}}
	if q.base == "" {
		return nil
	}
	for _, name := range slices.Concat(exchangeAttributes, sweptAttributes) {
		q.filter += "(lDAPDisplayName=" + name + ")"
	}
	q.filter = "(|" + q.filter + ")"
	known, partial := map[string]bool{}, map[string]bool{}
	err := d.config().results(q, func(r result) {
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

func (d *Directory) offers(control string) bool {
	return slices.Contains(d.root.all("supportedcontrol"), control)
}

// Close ends the connection.
func (d *Directory) Close() {
	if d.full != nil {
		d.full.Close()
	}
	d.session.close()
}

// Describe adds the server to a scope.
func (d *Directory) Describe(s *conflicts.Scope) {
	s.Source = append(s.Source, d.server.URL)
	server := d.server
	server.Missing = d.missing
	s.Servers = append(s.Servers, server)
	if s.Identity == "" {
		s.Identity = d.server.Identity
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
	d.only = nil
	for _, a := range d.sweepPartitions(ctx, all, sink) {
		survey.Coverage = append(survey.Coverage, a.keep(survey))
	}
	d.pin()
	d.checkVisible(survey)
	domains, err := d.AcceptedDomains(ctx)
	survey.AcceptedDomains = append(survey.AcceptedDomains, domains...)
	if err != nil {
		survey.Problems = append(survey.Problems, err.Error())
	}
	if d.full != nil {
		survey.Notes = append(survey.Notes, d.server.URL+": a global catalog; what it does not replicate, such as which objects are critical to the system, is not known")
	}
	if d.reopened > 0 {
		survey.Notes = append(survey.Notes, fmt.Sprintf("%s: the connection broke and was opened again, %d times in all", d.server.URL, d.reopened))
	}
}
