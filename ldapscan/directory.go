package ldapscan

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/kerberos"
)

// A Directory is a connection to one domain controller, bound and ready to be
// read. It is a [Source] of the partitions that the controller holds.
type Directory struct {
	conn     *ldap.Conn
	tap      *tap
	secured  *tls.Conn      // of TLS connections, for the channel binding
	wire     *kerberos.Conn // of those that Kerberos protects
	stop     func() bool
	pageSize uint32
	root     attributes // root DSE
	server   conflicts.Server
	// forest are the partitions of the forest, assigned those that Sweep reads.
	forest, assigned []partition
}

var _ Source = (*Directory)(nil)

const (
	showDeleted = "1.2.840.113556.1.4.417" // LDAP_SERVER_SHOW_DELETED_OID, [MS-ADTS] 3.1.1.3.4.1.14
	paging      = ldap.ControlTypePaging   // RFC 2696
)

// readRoot reads the root DSE, which every server shows before a bind
// ([MS-ADTS] 3.1.1.3.2).
func (d *Directory) readRoot() error {
	root, err := d.read("", "namingContexts", "defaultNamingContext", "configurationNamingContext", "schemaNamingContext", "dnsHostName",
		"serverName", "supportedControl", "forestFunctionality")
	if err != nil {
		return err
	}
	d.root = attributes{}
	for _, r := range root {
		d.root.take(r)
	}
	return nil
}

// survey finds out what there is to read, after the bind.
func (d *Directory) survey() error {
	if err := d.readRoot(); err != nil {
		return err
	}
	if len(d.root["namingcontexts"]) == 0 {
		return errors.New("the server names no partitions in its root DSE")
	}
	if !d.offers(paging) {
		return errors.New("the server does not offer paged results (RFC 2696)")
	}
	if who, err := d.conn.WhoAmI(nil); err == nil && who.AuthzID != "" {
		d.server.Identity = strings.TrimPrefix(who.AuthzID, "u:")
	}
	d.server.Host = d.root.first("dnshostname")
	d.server.Site = siteOf(d.root.first("servername"))
	d.server.Level = functionalLevels[d.root.first("forestfunctionality")]
	var err error
	if d.forest, err = d.forestPartitions(); err != nil {
		return err
	}
	for _, p := range d.forest {
		if p.read() && (d.catalog() || d.holds(p)) {
			d.assigned = append(d.assigned, p)
		}
	}
	return d.checkSchema()
}

// functionalLevels are the values of forestFunctionality ([MS-ADTS] 6.1.4.4).
var functionalLevels = map[string]string{"0": "Windows 2000", "2": "Windows Server 2003", "3": "Windows Server 2008", "4": "Windows Server 2008 R2",
	"5": "Windows Server 2012", "6": "Windows Server 2012 R2", "7": "Windows Server 2016", "10": "Windows Server 2025"}

// siteOf returns the site in the name of a server object,
// CN=DC1,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,….
func siteOf(serverName string) string {
	dn, err := ldap.ParseDN(serverName)
	if err != nil || len(dn.RDNs) < 3 || len(dn.RDNs[2].Attributes) == 0 {
		return ""
	}
	return dn.RDNs[2].Attributes[0].Value
}

// exchangeAttributes are those of Exchange's schema that judgements use,
// sweptAttributes those that a global catalog must hold.
var (
	exchangeAttributes = []string{"mailNickname", "targetAddress", "msExchRecipientTypeDetails", "msExchPoliciesExcluded"}
	sweptAttributes    = []string{"proxyAddresses", "mail", "userPrincipalName"}
)

// checkSchema finds out which of Exchange's attributes there are, so that nothing
// is concluded from their absence on an object, and that a global catalog holds
// what is swept: proxyAddresses is in the partial attribute set only where
// Exchange put it there, and elsewhere a catalog looks empty.
func (d *Directory) checkSchema() error {
	q := query{base: d.root.first("schemanamingcontext"), attributes: []string{"lDAPDisplayName", "isMemberOfPartialAttributeSet"}}
	if q.base == "" {
		return nil
	}
	for _, name := range append(exchangeAttributes, sweptAttributes...) {
		q.filter += "(lDAPDisplayName=" + name + ")"
	}
	q.filter = "(|" + q.filter + ")"
	known, partial := map[string]bool{}, map[string]bool{}
	err := d.results(q, func(r result) {
		a := attributes{}
		a.take(r)
		known[a.first("ldapdisplayname")] = true
		partial[a.first("ldapdisplayname")] = strings.EqualFold(a.first("ismemberofpartialattributeset"), "TRUE")
	})
	if err != nil {
		return fmt.Errorf("the schema: %w", err)
	}
	for _, name := range exchangeAttributes {
		if !known[name] {
			d.server.Missing = append(d.server.Missing, name)
		}
	}
	for _, name := range sweptAttributes {
		if d.catalog() && !partial[name] {
			return fmt.Errorf("the global catalog does not hold %s, so it would look empty: use a domain controller's own port", name)
		}
	}
	return nil
}

// catalog reports whether the port is that of a global catalog, which holds a
// part of every domain of the forest.
func (d *Directory) catalog() bool {
	_, port, _ := net.SplitHostPort(d.tap.RemoteAddr().String())
	return port == "3268" || port == "3269"
}

func (d *Directory) offers(control string) bool {
	return slices.Contains(d.root.all("supportedcontrol"), control)
}

// Close ends the connection.
func (d *Directory) Close() {
	d.stop()
	d.conn.Close()
}

// Describe adds the server to a scope.
func (d *Directory) Describe(s *conflicts.Scope) {
	s.Source = append(s.Source, d.server.URL)
	s.Servers = append(s.Servers, d.server)
	if s.Identity == "" {
		s.Identity = d.server.Identity
	}
}

// Sweep reads the partitions of the forest that the server holds, one after the
// other and page by page, with one request under way at a time. A partition that
// it does not hold makes the survey incomplete.
func (d *Directory) Sweep(ctx context.Context, sink Sink) (*Survey, error) {
	return sweepAll(ctx, []*Directory{d}, sink)
}

// sweepAll sweeps the partitions assigned to several servers. Partitions of
// their forests that none of them was assigned are in the survey as problems.
func sweepAll(ctx context.Context, directories []*Directory, sink Sink) (*Survey, error) {
	survey := &Survey{}
	var assigned []partition
	for _, d := range directories {
		assigned = append(assigned, d.assigned...)
	}
	for _, d := range directories {
		for _, p := range d.assigned {
			c := d.sweepPartition(p.dn, assigned, sink, survey)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			survey.Coverage = append(survey.Coverage, c)
		}
		d.acceptedDomains(survey)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	noted := map[string]bool{}
	for _, d := range directories {
		for _, p := range d.forest {
			key := strings.ToLower(p.dn)
			if noted[key] || slices.ContainsFunc(assigned, func(a partition) bool { return sameDN(a.dn, p.dn) }) {
				continue
			}
			noted[key] = true
			if !p.read() {
				survey.Notes = append(survey.Notes, fmt.Sprintf("%s: not read: a partition of the kind %s holds no recipients", p.dn, p.kind))
				continue
			}
			survey.Coverage = append(survey.Coverage, conflicts.Coverage{Partition: p.dn,
				Problem: fmt.Sprintf("%s: no domain controller of %s was read", p.dn, p.domain)})
		}
	}
	slices.SortStableFunc(survey.Coverage, func(a, b conflicts.Coverage) int { return strings.Compare(a.Partition, b.Partition) })
	slices.Sort(survey.AcceptedDomains)
	survey.AcceptedDomains = slices.Compact(survey.AcceptedDomains)
	return survey, nil
}
