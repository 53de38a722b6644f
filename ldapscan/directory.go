package ldapscan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// A Directory is a connection to one domain controller, bound and ready to be
// read. It is a [Source].
type Directory struct {
	url      string
	conn     *ldap.Conn
	stop     func() bool
	pageSize uint32
	identity string
	root     *ldap.Entry // root DSE
}

var _ Source = (*Directory)(nil)

const (
	showDeleted = "1.2.840.113556.1.4.417" // LDAP_SERVER_SHOW_DELETED_OID, [MS-ADTS] 3.1.1.3.4.1.14
	paging      = ldap.ControlTypePaging   // RFC 2696
)

func (d *Directory) begin(cfg Config) error {
	if err := d.conn.Bind(cfg.User, cfg.Password); err != nil {
		return err
	}
	d.identity = cfg.User
	if who, err := d.conn.WhoAmI(nil); err == nil && who.AuthzID != "" {
		d.identity = strings.TrimPrefix(who.AuthzID, "u:")
	}
	res, err := d.conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)",
		[]string{"namingContexts", "configurationNamingContext", "supportedControl", "highestCommittedUSN"}, nil))
	if err != nil {
		return err
	}
	if len(res.Entries) != 1 || len(res.Entries[0].GetAttributeValues("namingContexts")) == 0 {
		return errors.New("the server names no partitions in its root DSE")
	}
	d.root = res.Entries[0]
	if !slices.Contains(d.root.GetAttributeValues("supportedControl"), paging) {
		return errors.New("the server does not offer paged results (RFC 2696)")
	}
	return nil
}

// Close ends the connection.
func (d *Directory) Close() {
	d.stop()
	d.conn.Close()
}

func (d *Directory) Name() string     { return d.url }
func (d *Directory) Identity() string { return d.identity }

// Sweep reads every partition that the server holds, one after the other and
// page by page, with one request under way at a time.
func (d *Directory) Sweep(ctx context.Context, sink Sink) (*Survey, error) {
	survey := &Survey{}
	partitions := slices.Sorted(slices.Values(d.root.GetAttributeValues("namingContexts")))
	for _, partition := range partitions {
		c := d.sweepPartition(partition, partitions, sink, survey)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		survey.Coverage = append(survey.Coverage, c)
	}
	d.acceptedDomains(survey)
	return survey, ctx.Err()
}

func (d *Directory) sweepPartition(partition string, all []string, sink Sink, survey *Survey) conflicts.Coverage {
	c := conflicts.Coverage{Partition: partition}
	fail := func(err error) conflicts.Coverage {
		c.Problem = fmt.Sprintf("%s: %s after %d objects: %s", partition, d.url, c.Objects, brief(err))
		return c
	}
	before, err := d.highestUSN()
	if err != nil {
		return fail(err)
	}
	query := query{base: partition, filter: filter, attributes: sweepAttributes}
	err = d.pages(query, func(p page) error {
		c.Pages++
		for _, e := range p.Entries {
			entry, err := d.entry(e)
			if err != nil {
				return err
			}
			c.Objects++
			c.Values += len(entry.ProxyAddresses)
			sink.Entry(entry)
		}
		c.Referrals += len(p.Referrals)
		for _, r := range p.Referrals {
			if dn := referredDN(r); !slices.ContainsFunc(all, func(nc string) bool { return conflicts.Within(dn, nc) && nc != partition }) {
				c.Problem = fmt.Sprintf("%s: %s refers to %s, which was not followed", partition, d.url, r)
			}
		}
		sink.Page()
		return nil
	})
	if err == nil && before > 0 {
		err = d.catchUp(query, before, sink, survey)
	}
	if err != nil {
		return fail(err)
	}
	c.Deleted = d.deleted(partition, sink, survey)
	return c
}

// catchUp reads again what was written since the sweep of a partition began:
// paging is no snapshot, so an object that moved meanwhile may have been missed.
func (d *Directory) catchUp(q query, before int64, sink Sink, survey *Survey) error {
	q.filter = fmt.Sprintf("(&(uSNChanged>=%d)%s)", before+1, q.filter)
	n := 0
	err := d.pages(q, func(p page) error {
		for _, e := range p.Entries {
			entry, err := d.entry(e)
			if err != nil {
				return err
			}
			n++
			sink.Changed(entry)
		}
		return nil
	})
	if n > 0 {
		survey.Notes = append(survey.Notes, fmt.Sprintf("%s: %d objects were written during the sweep and read again", q.base, n))
	}
	return err
}

// deleted hands over the addresses of deleted objects. Most directories strip
// them on deletion or hide them from ordinary users, so there is nothing to
// miss: the count says what was seen.
func (d *Directory) deleted(partition string, sink Sink, survey *Survey) (n int) {
	if !slices.Contains(d.root.GetAttributeValues("supportedControl"), showDeleted) {
		return 0
	}
	q := query{base: partition, filter: "(&(isDeleted=TRUE)(proxyAddresses=*))", attributes: []string{"proxyAddresses"},
		control: ldap.NewControlMicrosoftShowDeleted()}
	err := d.pages(q, func(p page) error {
		for _, e := range p.Entries {
			n++
			sink.Deleted(e.GetAttributeValues("proxyAddresses"))
		}
		return nil
	})
	if err != nil {
		survey.Notes = append(survey.Notes, fmt.Sprintf("%s: deleted objects could not be read: %s", partition, brief(err)))
	}
	return n
}

// acceptedDomains reads the domains for which Exchange takes mail. A directory
// without Exchange has none.
func (d *Directory) acceptedDomains(survey *Survey) {
	q := query{base: d.root.GetAttributeValue("configurationNamingContext"), filter: "(objectClass=msExchAcceptedDomain)",
		attributes: []string{"msExchAcceptedDomainName"}}
	if q.base == "" {
		return
	}
	err := d.pages(q, func(p page) error {
		for _, e := range p.Entries {
			survey.AcceptedDomains = append(survey.AcceptedDomains, e.GetAttributeValues("msExchAcceptedDomainName")...)
		}
		return nil
	})
	if err != nil {
		survey.Notes = append(survey.Notes, fmt.Sprintf("%s: accepted domains could not be read, so any domain may be proposed: %s", q.base, brief(err)))
	}
	slices.Sort(survey.AcceptedDomains)
	survey.AcceptedDomains = slices.Compact(survey.AcceptedDomains)
}

func (d *Directory) highestUSN() (int64, error) {
	res, err := d.conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)",
		[]string{"highestCommittedUSN"}, nil))
	if err != nil {
		return 0, err
	}
	if len(res.Entries) != 1 {
		return 0, errors.New("no root DSE")
	}
	usn, _ := strconv.ParseInt(res.Entries[0].GetAttributeValue("highestCommittedUSN"), 10, 64)
	return usn, nil // 0 where the server counts none
}

func (d *Directory) entry(e *ldap.Entry) (*conflicts.Entry, error) {
	a, err := d.attributes(e)
	if err != nil {
		return nil, err
	}
	entry := a.entry(e.DN)
	return &entry, nil
}

// Inspect reads the objects one by one, by <GUID=…> where they have one, which
// also finds those that were renamed or moved ([MS-ADTS] 3.1.1.3.1.2.4).
func (d *Directory) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	for _, ref := range refs {
		base := ref.DN
		if ref.GUID != (conflicts.GUID{}) {
			base = "<GUID=" + ref.GUID.String() + ">"
		}
		res, err := d.conn.Search(ldap.NewSearchRequest(base, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", inspectAttributes, nil))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %s", d.url, brief(err))
		}
		for _, e := range res.Entries {
			a, err := d.attributes(e)
			if err != nil {
				return fmt.Errorf("%s: %s", d.url, brief(err))
			}
			found(a.object(e.DN))
		}
	}
	return nil
}
