package ldapscan

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// A query is a subtree search that is read page by page.
type query struct {
	base, filter string
	attributes   []string
	control      ldap.Control // besides paging; may be nil
}

type page struct {
	Entries   []*ldap.Entry
	Referrals []string
}

// pages runs a query and hands over each page that is complete. It returns nil
// only if the server said that the last page was the last: a response without
// the paging control, a closed connection or any result code but success is an
// error.
func (d *Directory) pages(q query, each func(page) error) error {
	control := ldap.NewControlPaging(d.pageSize)
	for {
		controls := []ldap.Control{control}
		if q.control != nil {
			controls = append(controls, q.control)
		}
		res, err := d.conn.Search(ldap.NewSearchRequest(q.base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, q.filter, q.attributes, controls))
		if err != nil {
			return err
		}
		answer, ok := ldap.FindControl(res.Controls, paging).(*ldap.ControlPaging)
		if !ok {
			return errors.New("a page came without the paging control, so nothing tells whether it was the last")
		}
		if err := each(page{Entries: res.Entries, Referrals: res.Referrals}); err != nil {
			return err
		}
		if len(answer.Cookie) == 0 {
			return nil
		}
		if len(res.Entries) == 0 && string(answer.Cookie) == string(control.Cookie) {
			return errors.New("an empty page came with the cookie of the one before, so the search would not end")
		}
		control.SetCookie(answer.Cookie)
	}
}

// attributes returns the values of an entry. Where the server returned part of
// the values of proxyAddresses it asks for the rest ([MS-ADTS] 3.1.1.3.1.3.3);
// of other attributes the first part is enough.
func (d *Directory) attributes(e *ldap.Entry) (attributes, error) {
	a := attributes{}
	for _, attr := range e.Attributes {
		a.add(attr.Name, attr.ByteValues...)
		name, next := rangeEnd(attr.Name)
		if next == 0 || !strings.EqualFold(name, "proxyAddresses") {
			continue
		}
		for next > 0 {
			ask := fmt.Sprintf("%s;range=%d-*", name, next)
			res, err := d.conn.Search(ldap.NewSearchRequest(e.DN, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{ask}, nil))
			if err != nil {
				return nil, fmt.Errorf("%s: values from %d on: %w", e.DN, next, err)
			}
			part := false
			for _, r := range res.Entries {
				for _, attr := range r.Attributes {
					if n, end := rangeEnd(attr.Name); strings.EqualFold(n, name) && (end == 0 || end > next) {
						a.add(attr.Name, attr.ByteValues...)
						next, part = end, true
					}
				}
			}
			if !part {
				return nil, fmt.Errorf("%s: the server did not return the values from %d on", e.DN, next)
			}
		}
	}
	return a, nil
}

// rangeEnd parts "name;range=0-1499" into the name and the number of the first
// value that is missing, 0 if none is.
func rangeEnd(attribute string) (name string, next int) {
	name, option, _ := strings.Cut(attribute, ";")
	bounds, ok := strings.CutPrefix(strings.ToLower(option), "range=")
	if !ok {
		return name, 0
	}
	_, high, _ := strings.Cut(bounds, "-")
	n, err := strconv.Atoi(high)
	if err != nil { // "*": the last part
		return name, 0
	}
	return name, n + 1
}

// referredDN returns the distinguished name of a continuation reference (RFC
// 4516), or "" if it has none.
func referredDN(referral string) string {
	u, err := url.Parse(referral)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}
