package ldapscan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// A Directory is a connection to one domain controller, bound and ready to be
// read. It is a [Source].
type Directory struct {
	url      string
	conn     *ldap.Conn
	tap      *tap
	stop     func() bool
	pageSize uint32
	identity string
	root     attributes // root DSE
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
	root, err := d.read("", "namingContexts", "configurationNamingContext", "supportedControl")
	if err != nil {
		return err
	}
	d.root = attributes{}
	for _, r := range root {
		d.root.take(r)
	}
	if len(d.root["namingcontexts"]) == 0 {
		return errors.New("the server names no partitions in its root DSE")
	}
	if !d.offers(paging) {
		return errors.New("the server does not offer paged results (RFC 2696)")
	}
	return nil
}

func (d *Directory) offers(control string) bool {
	return slices.Contains(d.root.all("supportedcontrol"), control)
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
	partitions := slices.Sorted(slices.Values(d.root.all("namingcontexts")))
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
		for _, e := range p.entries {
			entry, err := d.entry(e)
			if err != nil {
				return err
			}
			c.Objects++
			c.Values += len(entry.ProxyAddresses)
			sink.Entry(entry)
		}
		c.Referrals += len(p.referrals)
		for _, r := range p.referrals {
			if dn := referredDN(r); !slices.ContainsFunc(all, func(nc string) bool { return conflicts.Within(dn, nc) && conflicts.Within(nc, dn) }) {
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
		for _, e := range p.entries {
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
	if !d.offers(showDeleted) {
		return 0
	}
	q := query{base: partition, filter: "(&(isDeleted=TRUE)(proxyAddresses=*))", attributes: []string{"proxyAddresses"},
		control: ldap.NewControlMicrosoftShowDeleted()}
	err := d.pages(q, func(p page) error {
		for _, e := range p.entries {
			a, err := d.attributes(e)
			if err != nil {
				return err
			}
			n++
			sink.Deleted(a.all("proxyaddresses"))
		}
		return nil
	})
	if err != nil {
		text := fmt.Sprintf("%s: deleted objects could not be read: %s", partition, brief(err))
		if refused(err) {
			survey.Notes = append(survey.Notes, text)
		} else {
			survey.Problems = append(survey.Problems, text)
		}
	}
	return n
}

// refused tells a server that will not answer from one that did not.
func refused(err error) bool {
	return ldap.IsErrorAnyOf(err, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultUnwillingToPerform,
		ldap.LDAPResultUnavailableCriticalExtension, ldap.LDAPResultNoSuchObject)
}

// acceptedDomains reads the domains for which Exchange takes mail. A directory
// without Exchange has none.
func (d *Directory) acceptedDomains(survey *Survey) {
	q := query{base: d.root.first("configurationnamingcontext"), filter: "(objectClass=msExchAcceptedDomain)",
		attributes: []string{"msExchAcceptedDomainName"}}
	if q.base == "" {
		return
	}
	err := d.pages(q, func(p page) error {
		for _, e := range p.entries {
			a := attributes{}
			a.take(e)
			survey.AcceptedDomains = append(survey.AcceptedDomains, a.all("msexchaccepteddomainname")...)
		}
		return nil
	})
	if err != nil {
		survey.Problems = append(survey.Problems, fmt.Sprintf("%s: accepted domains could not be read, so any domain may be proposed: %s", q.base, brief(err)))
	}
	slices.Sort(survey.AcceptedDomains)
	survey.AcceptedDomains = slices.Compact(survey.AcceptedDomains)
}

// highestUSN returns the number of the last change that the server knows of,
// 0 where it counts none.
func (d *Directory) highestUSN() (int64, error) {
	root, err := d.read("", "highestCommittedUSN")
	if err != nil || len(root) == 0 {
		return 0, err
	}
	a := attributes{}
	a.take(root[0])
	return a.number("highestcommittedusn"), nil
}

func (d *Directory) entry(r result) (*conflicts.Entry, error) {
	a, err := d.attributes(r)
	if err != nil {
		return nil, err
	}
	e := a.entry(r.dn)
	return &e, nil
}

// Inspect reads the objects one by one, by <GUID=…> where they have one, which
// also finds those that were renamed or moved ([MS-ADTS] 3.1.1.3.1.2.4).
func (d *Directory) Inspect(ctx context.Context, refs []conflicts.Ref, found func(*conflicts.Object)) error {
	for _, ref := range refs {
		base := ref.DN
		if ref.GUID != (conflicts.GUID{}) {
			base = "<GUID=" + ref.GUID.String() + ">"
		}
		list, err := d.read(base, inspectAttributes...)
		for _, r := range list {
			var a attributes
			if a, err = d.attributes(r); err == nil {
				found(a.object(r.dn))
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("%s: %s", d.url, brief(err))
		}
	}
	return nil
}
