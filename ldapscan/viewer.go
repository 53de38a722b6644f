package ldapscan

import (
	"context"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// A viewer makes views of one entry after the other, in the same memory.
type viewer struct {
	view conflicts.View
	seen [noField]bool
	// ranges are those of the values of proxyAddresses, if it came in ranges.
	ranges []valueRange
	// The rest is set from exports only.
	deleted   bool
	domains   [][]byte
	class     []byte // the most specific one
	recipient []byte
	store     []byte // of the mailbox (homeMDB)
	mailbox   bool
}

// A field is an attribute that a sweep needs.
type field int

const (
	guidField field = iota
	proxyField
	mailField
	upnField
	targetField
	legacyField
	deletedField
	domainField
	classField
	recipientField
	storeField
	mailboxField
	noField
)

var fieldNames = [noField]string{"objectGUID", "proxyAddresses", "mail", "userPrincipalName", "targetAddress", "legacyExchangeDN", "isDeleted", "msExchAcceptedDomainName",
	"objectClass", "msExchRecipientTypeDetails", "homeMDB", "msExchMailboxGuid"}

func (w *viewer) begin(dn []byte) {
	w.view = conflicts.View{DN: dn, ProxyAddresses: w.view.ProxyAddresses[:0]}
	w.seen, w.deleted = [noField]bool{}, false
	w.class, w.recipient, w.store, w.mailbox = nil, nil, nil, false
	w.ranges = w.ranges[:0]
	w.domains = w.domains[:0]
}

// named returns the field of an attribute name, without regard to options and case.
func named[S string | []byte](w *viewer, name S) field {
	switch string(name) { // as servers write them
	case "objectGUID":
		return guidField
	case "proxyAddresses":
		return proxyField
	case "mail":
		return mailField
	case "userPrincipalName":
		return upnField
	case "targetAddress":
		return targetField
	case "legacyExchangeDN":
		return legacyField
	}
	return w.otherField(string(name))
}

func (w *viewer) otherField(name string) field {
	base, _, _ := strings.Cut(name, ";")
	for f, known := range fieldNames {
		if len(base) != len(known) || base != known && !strings.EqualFold(base, known) {
			continue
		}
		if f == int(proxyField) {
			if _, values := rangeOf(name); values != (valueRange{}) {
				w.ranges = append(w.ranges, values)
			}
		}
		return field(f)
	}
	return noField
}

// add adds a value. The first value of a single-valued attribute counts.
func (w *viewer) add(f field, value []byte) {
	if f == noField {
		return
	}
	first := !w.seen[f]
	w.seen[f] = true
	switch {
	case f == proxyField:
		w.view.ProxyAddresses = append(w.view.ProxyAddresses, value)
	case f == domainField:
		w.domains = append(w.domains, value)
	case f == classField:
		w.class = value
	case !first:
	case f == guidField:
		w.view.GUID = guidOf(value)
	case f == mailField:
		w.view.Mail = value
	case f == upnField:
		w.view.UserPrincipalName = value
	case f == targetField:
		w.view.TargetAddress = value
	case f == legacyField:
		w.view.LegacyExchangeDN = value
	case f == recipientField:
		w.recipient = value
	case f == storeField:
		w.store, w.mailbox = value, w.mailbox || len(value) > 0
	case f == mailboxField:
		w.mailbox = w.mailbox || len(value) > 0
	case f == deletedField:
		w.deleted = strings.EqualFold(string(value), "TRUE")
	}
}

// hasAddress reports whether the entry has one of the attributes for which
// objects are swept.
func (w *viewer) hasAddress() bool {
	return w.seen[proxyField] || w.seen[mailField] || w.seen[upnField] || w.seen[targetField] || w.seen[legacyField]
}

// read makes the view of a SearchResultEntry.
func (w *viewer) read(body []byte) error {
	dn, list, err := entryParts(body)
	w.begin(dn)
	if err != nil {
		return damaged(string(dn), err)
	}
	for len(list) > 0 {
		name, values, size := firstAttribute(list)
		if size == 0 {
			return damaged(string(dn), errBER)
		}
		list = list[size:]
		f := named(w, name)
		for len(values) > 0 {
			v, size := element(values, octetString)
			if size == 0 {
				return damaged(string(dn), errBER)
			}
			values = values[size:]
			w.add(f, v)
		}
	}
	return nil
}

// record makes the view of a record of an export.
func (w *viewer) record(v *ldif.View) {
	w.begin(v.DN)
	for _, attr := range v.Attributes {
		w.add(named(w, attr.Name), attr.Value)
	}
}

// again makes the view of a record that was read in full.
func (w *viewer) again(rec *ldif.Record) {
	w.record(&ldif.View{DN: []byte(rec.DN), Attributes: rec.Attributes})
}

// views hands over the entries of a page, each valid until the next. If the server
// returned only part of the values of proxyAddresses, it asks for the rest.
func (c *conn) views(ctx context.Context, p page, each func(*conflicts.View)) error {
	var w viewer
	for b := p.entries; ; {
		body, rest, err := nextEntry(b)
		if body == nil || err != nil {
			return err
		}
		if err := w.read(body); err != nil {
			return err
		}
		if len(w.ranges) > 0 {
			r, err := parseEntry(body)
			if err != nil {
				return damaged(r.dn, err)
			}
			a, err := c.attributes(ctx, r)
			if err != nil {
				return err
			}
			w.view.ProxyAddresses = append(w.view.ProxyAddresses[:0], a["proxyaddresses"]...)
		}
		each(&w.view)
		b = rest
	}
}
