package ldapscan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

func (d *Directory) sweepPartition(partition string, all []partition, sink Sink, survey *Survey) conflicts.Coverage {
	portion := sink.Portion()
	defer portion.Keep()
	c := conflicts.Coverage{Partition: partition}
	fail := func(err error) conflicts.Coverage {
		c.Problem = fmt.Sprintf("%s: %s after %d objects: %s", partition, d.server.URL, c.Objects, brief(err))
		return c
	}
	before, err := d.highestUSN()
	if err != nil {
		return fail(err)
	}
	var elsewhere []string
	query := query{base: partition, filter: filter, attributes: sweepAttributes}
	err = d.pages(query, func(p page) error {
		c.Pages++
		err := d.views(p, func(v *conflicts.View) {
			c.Objects++
			c.Values += len(v.ProxyAddresses)
			portion.Entry(v)
		})
		if err != nil {
			return err
		}
		c.Referrals += len(p.referrals)
		for _, r := range p.referrals {
			if dn := referredDN(r); !d.accounted(dn, all) {
				elsewhere = append(elsewhere, r)
			}
		}
		portion.Page()
		return nil
	})
	if len(elsewhere) > 0 {
		slices.Sort(elsewhere)
		c.Problem = fmt.Sprintf("%s: %s refers to %s, which was not followed", partition, d.server.URL, strings.Join(slices.Compact(elsewhere), ", "))
	}
	if err == nil && before == 0 {
		survey.Notes = append(survey.Notes, fmt.Sprintf("%s: %s counts no changes, so an object that moved during the sweep may be missing", partition, d.server.URL))
	}
	if err == nil && before > 0 {
		err = d.catchUp(query, before, portion, survey)
	}
	if err != nil {
		return fail(err)
	}
	c.Deleted = d.deleted(partition, portion, survey)
	return c
}

// accounted reports whether a partition that a server refers to is read or known
// to the forest, where it is accounted for.
func (d *Directory) accounted(dn string, assigned []partition) bool {
	same := func(p partition) bool { return sameDN(p.dn, dn) }
	return slices.ContainsFunc(assigned, same) || slices.ContainsFunc(d.forest, same)
}

// catchUp reads again what was written since the sweep of a partition began:
// paging is no snapshot, so an object that moved meanwhile may have been missed.
func (d *Directory) catchUp(q query, before int64, portion Portion, survey *Survey) error {
	q.filter = fmt.Sprintf("(&(uSNChanged>=%d)%s)", before+1, q.filter)
	n := 0
	err := d.pages(q, func(p page) error {
		return d.views(p, func(v *conflicts.View) {
			n++
			portion.Changed(v)
		})
	})
	if n > 0 {
		survey.Notes = append(survey.Notes, fmt.Sprintf("%s: %d objects were written during the sweep and read again", q.base, n))
	}
	return err
}

// deleted hands over the addresses of deleted objects. Most directories strip
// them on deletion or hide them from ordinary users, so there is nothing to
// miss: the count says what was seen.
func (d *Directory) deleted(partition string, portion Portion, survey *Survey) (n int) {
	if !d.offers(showDeleted) {
		return 0
	}
	q := query{base: partition, filter: "(&(isDeleted=TRUE)(proxyAddresses=*))", attributes: []string{"proxyAddresses"},
		control: ldap.NewControlMicrosoftShowDeleted()}
	err := d.pages(q, func(p page) error {
		return d.views(p, func(v *conflicts.View) {
			n++
			portion.Deleted(v.ProxyAddresses)
		})
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

func noSuchObject(err error) bool { return ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) }

// acceptedDomains reads the domains for which Exchange takes mail. A directory
// without Exchange has none.
func (d *Directory) acceptedDomains(survey *Survey) {
	q := query{base: d.root.first("configurationnamingcontext"), filter: "(objectClass=msExchAcceptedDomain)",
		attributes: []string{"msExchAcceptedDomainName"}}
	if q.base == "" {
		return
	}
	err := d.config().results(q, func(r result) {
		a := attributes{}
		a.take(r)
		survey.AcceptedDomains = append(survey.AcceptedDomains, a.all("msexchaccepteddomainname")...)
	})
	if err != nil {
		survey.Problems = append(survey.Problems, fmt.Sprintf("%s: accepted domains could not be read, so any domain may be proposed: %s", q.base, brief(err)))
	}
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
