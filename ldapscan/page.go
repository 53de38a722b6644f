package ldapscan

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/kerberos"
)

// A query is a subtree search that is read page by page.
type query struct {
	base, filter string
	attributes   []string
	control      ldap.Control // besides paging; may be nil
}

type page struct {
	entries   []result
	referrals []string
}

// search sends one request and returns all that answers it. After an answer that
// did not come in time nothing more is sent, as it could be taken for another's.
func (d *Directory) search(base string, scope int, filter string, attributes []string, controls ...ldap.Control) (p page, answered []ldap.Control, err error) {
	res, err := d.conn.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, controls))
	err = d.cause(err)
	if ldap.IsErrorWithCode(err, ldap.ErrorNetwork) {
		d.conn.Close()
	}
	if err != nil {
		d.tap.take()
		return p, nil, err
	}
	p.referrals = res.Referrals
	p.entries, err = parseEntries(d.tap.take())
	return p, res.Controls, err
}

// cause returns why a request failed: what the server answered, or else what
// broke the connection, which the library tells in words of its own.
func (d *Directory) cause(err error) error {
	var answer *ldap.Error
	if err == nil || errors.As(err, &answer) && answer.ResultCode < ldap.ErrorNetwork || errors.As(err, new(*kerberos.Error)) {
		return err
	}
	return cmp.Or(d.tap.broken(), err)
}

// read returns the object of that name, or nothing if there is none.
func (d *Directory) read(base string, attributes ...string) ([]result, error) {
	p, _, err := d.search(base, ldap.ScopeBaseObject, "(objectClass=*)", attributes)
	if noSuchObject(err) {
		return nil, nil
	}
	return p.entries, err
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
		p, answered, err := d.search(q.base, ldap.ScopeWholeSubtree, q.filter, q.attributes, controls...)
		if err != nil {
			return err
		}
		answer, ok := ldap.FindControl(answered, paging).(*ldap.ControlPaging)
		if !ok {
			return errors.New("a page came without the paging control, so nothing tells whether it was the last")
		}
		if err := each(p); err != nil {
			return err
		}
		if len(answer.Cookie) == 0 {
			return nil
		}
		if len(p.entries) == 0 && string(answer.Cookie) == string(control.Cookie) {
			return errors.New("an empty page came with the cookie of the one before, so the search would not end")
		}
		control.SetCookie(answer.Cookie)
	}
}

// attributes returns the values of an entry. Where the server returned part of
// the values of proxyAddresses it asks for the rest ([MS-ADTS] 3.1.1.3.1.3.3);
// of other attributes the first part is enough.
func (d *Directory) attributes(r result) (attributes, error) {
	a := attributes{}
	missing := a.take(r)
	for missing > 0 {
		rest, err := d.read(r.dn, fmt.Sprintf("proxyAddresses;range=%d-*", missing))
		if err != nil {
			return nil, fmt.Errorf("%s: values from %d on: %w", r.dn, missing, err)
		}
		before := missing
		if len(rest) == 1 {
			missing = a.take(rest[0])
		}
		if len(rest) != 1 || missing > 0 && missing <= before || len(a["proxyaddresses"]) <= before {
			return nil, fmt.Errorf("%s: the server did not return the values from %d on", r.dn, before)
		}
	}
	return a, nil
}

// take adds the values of an entry and returns the number of the first value of
// proxyAddresses that it leaves out, 0 if none.
func (a attributes) take(r result) (missing int) {
	for _, attr := range r.values {
		a.add(attr.name, attr.values...)
		if name, next := rangeEnd(attr.name); strings.EqualFold(name, "proxyAddresses") {
			missing = max(missing, next)
		}
	}
	return missing
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
