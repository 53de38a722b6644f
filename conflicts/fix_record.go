package conflicts

import (
	"fmt"
	"slices"
	"strings"
)

// A FixRecord is a record of a fix or rollback file that was read back: the
// changes of one object, which a directory makes together or not at all.
type FixRecord struct {
	// File and Line say where the record stands.
	File string
	Line int
	DN   string
	// GUID names the object where its name has changed; zero if the file does not
	// tell it.
	GUID GUID
	// Restores says that the record takes back another: what it adds is what the
	// conflict was about, and so need not be free.
	Restores bool
	// Attributes are the attributes that change, each once.
	Attributes []AttributeFix
}

// An AttributeFix deletes exact values of an attribute, then adds others.
type AttributeFix struct {
	// Attribute is proxyAddresses or mail.
	Attribute   string
	Delete, Add []string
}

// Ref returns the name under which the object is read.
func (r *FixRecord) Ref() Ref {
	if r.GUID != (GUID{}) {
		return Ref{GUID: r.GUID}
	}
	return NameRef(r.DN)
}

// Inverse returns what takes the fix record back.
func (r *FixRecord) Inverse() FixRecord {
	back := *r
	back.Restores = !r.Restores
	back.Attributes = make([]AttributeFix, len(r.Attributes))
	for i, e := range r.Attributes {
		back.Attributes[len(r.Attributes)-1-i] = AttributeFix{e.Attribute, e.Add, e.Delete}
	}
	return back
}

// Added returns the addresses that the object gets, each once; mail counts as
// SMTP.
func (r *FixRecord) Added() []Address {
	var list []Address
	for _, e := range r.Attributes {
		for _, v := range e.Add {
			c := Claim{Attribute: AttributeNamed(e.Attribute), Value: v}
			added := c.Parsed()
			if !slices.ContainsFunc(list, func(known Address) bool { return known.Key() == added.Key() }) {
				list = append(list, added)
			}
		}
	}
	return list
}

// FixStatus is what has become of a fix record.
type FixStatus string

const (
	Ready   FixStatus = "ready"   // it can be applied as it stands
	Applied FixStatus = "applied" // the object is as if it had been
	Stale   FixStatus = "stale"   // neither
	Denied  FixStatus = "denied"  // it could be applied, but not by this account
	Unknown FixStatus = "unknown" // not enough could be read to tell
)

// FixStatuses lists them all, what calls for action first.
var FixStatuses = []FixStatus{Stale, Denied, Unknown, Ready, Applied}

// Status compares the fix record with its object as it is now, nil if there is
// none, and says why it is stale. Values are compared byte for byte: a directory
// would delete one that differs in case only. A ready fix record leaves the object
// with one primary SMTP address, or with as many as it had.
//
// Whether the new addresses are free elsewhere is for [Verify] to tell.
func (r *FixRecord) Status(o *Object) (FixStatus, []string) {
	switch {
	case o == nil && r.GUID != (GUID{}):
		return Stale, []string{"no object has its objectGUID any more, or the account does not see it"}
	case o == nil:
		return Stale, []string{"no object has its name, or the account does not see it"}
	case o.Deleted:
		return Stale, []string{"the object was deleted"}
	}
	var applied, reasons []string
	for i := range r.Attributes {
		e := &r.Attributes[i]
		status, why := e.status(o.values(e.Attribute))
		if status == Applied {
			applied = append(applied, e.Attribute+" has changed already")
		}
		reasons = append(reasons, why...)
	}
	if len(applied) == len(r.Attributes) {
		return Applied, nil
	}
	reasons = append(reasons, applied...)
	if DNKey(r.DN) != DNKey(o.DN) {
		reasons = append(reasons, "the object was renamed or moved to "+o.DN)
	}
	if len(reasons) == 0 {
		before, after := primarySMTP(o.ProxyAddresses), primarySMTP(r.after(o))
		if after != 1 && after != before {
			reasons = append(reasons, fmt.Sprintf("it would leave %d primary SMTP addresses", after))
		}
	}
	if len(reasons) > 0 {
		return Stale, reasons
	}
	return Ready, nil
}

// status compares what is to be deleted and added with the values of the attribute.
func (e *AttributeFix) status(values []string) (FixStatus, []string) {
	var reasons []string
	gone, there := 0, 0
	rest := slices.Clone(values)
	for _, old := range e.Delete {
		if i := slices.Index(rest, old); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		} else if i := slices.IndexFunc(rest, func(v string) bool { return strings.EqualFold(v, old) && !slices.Contains(e.Add, v) }); i >= 0 {
			reasons = append(reasons, fmt.Sprintf("%s is stored as %s", old, rest[i]))
		} else {
			reasons = append(reasons, old+" is no longer there")
			gone++
		}
	}
	for _, added := range e.Add {
		// A value without a type takes an address from others, but is another value.
		loose := func(v string) Key {
			c := Claim{Attribute: AttributeNamed(e.Attribute), Value: v}
			return c.Parsed().LooseKey()
		}
		i := slices.IndexFunc(rest, func(v string) bool { return v == added || loose(v) == loose(added) })
		switch {
		case slices.Contains(rest, added):
			reasons = append(reasons, added+" is there already")
			there++
		case i >= 0:
			reasons = append(reasons, fmt.Sprintf("%s is there already, as %s", added, rest[i]))
		}
	}
	switch {
	case len(reasons) == 0:
		return Ready, nil
	case gone == len(e.Delete) && there == len(e.Add):
		return Applied, nil
	}
	return Stale, reasons
}

// after returns the proxy addresses of the object once the fix record is applied.
func (r *FixRecord) after(o *Object) []string {
	values := slices.Clone(o.ProxyAddresses)
	for _, e := range r.Attributes {
		if e.Attribute == ProxyAddresses.String() {
			values = slices.DeleteFunc(values, func(v string) bool { return slices.Contains(e.Delete, v) })
			values = append(values, e.Add...)
		}
	}
	return values
}

func primarySMTP(values []string) (n int) {
	for _, v := range values {
		if a := ParseAddress(v); a.SMTP() && a.Primary() {
			n++
		}
	}
	return n
}

// values returns those of an attribute that a fix record can change.
func (o *Object) values(attribute string) []string {
	switch {
	case attribute == ProxyAddresses.String():
		return o.ProxyAddresses
	case o.Mail != "":
		return []string{o.Mail}
	}
	return nil
}
