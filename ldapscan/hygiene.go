package ldapscan

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/index"
	"proxyaddr/ldapscan/ldif"
)

// hygieneAttributes are what [conflicts.Attributes] are made of. A sweep does not ask for them: they
// would make its answers about a third larger.
var hygieneAttributes = append([]string{"displayName", "mailNickname", "sAMAccountName", "sAMAccountType", "msRTCSIP-PrimaryUserAddress",
	"msExchShadowProxyAddresses", "msExchRecipientTypeDetails", "isDeleted"}, sweepAttributes...)

// A hygienist is a [Source] that can read the attributes for hygiene on request.
type hygienist interface {
	// hygiene hands over every object that a sweep does, in any order. Each is valid until the next. An
	// object can come again. The notes name rules for which the source may lack attributes.
	hygiene(ctx context.Context, each func(*conflicts.Attributes)) (notes []string, err error)
}

// hygiene reads a source once more and adds the findings on request to an audit.
func hygiene(ctx context.Context, src Source, opt *conflicts.Options, audit *conflicts.Audit) {
	from, ok := src.(hygienist)
	if !ok {
		audit.Problems = append(audit.Problems, sourceNames(audit)+": the attributes for --hygiene cannot be read from it")
		return
	}
	var found []conflicts.Finding
	named := index.New(maphash.MakeSeed())
	notes, err := from.hygiene(ctx, func(a *conflicts.Attributes) {
		if opt.Reports(a.DN) {
			found = append(found, a.Findings()...)
		}
		v := conflicts.View{DN: []byte(a.DN), GUID: a.GUID}
		for _, name := range a.Names() {
			v.ProxyAddresses = append(v.ProxyAddresses, []byte(name))
		}
		if len(v.ProxyAddresses) > 0 {
			named.Add(&v)
		}
	})
	var sharers []*conflicts.Object
	again := src.Inspect(ctx, named.Suspects(), func(o *conflicts.Object) {
		if !o.Deleted {
			sharers = append(sharers, o)
		}
	})
	if err = errors.Join(err, again); err != nil {
		audit.Problems = append(audit.Problems, fmt.Sprintf("%v: not everything could be read for --hygiene", err))
	}
	audit.Notes = append(audit.Notes, notes...)
	audit.Findings = conflicts.SortFindings(slices.Concat(audit.Findings, found, conflicts.RepeatedNames(sharers, opt)))
}

const userAccount = 805306368 // SAM_USER_OBJECT of sAMAccountType ([MS-SAMR] 2.2.1.9)

func (a attributes) forHygiene(dn string) *conflicts.Attributes {
	return &conflicts.Attributes{Entry: a.entry(dn), DisplayName: a.first("displayname"), MailNickname: a.first("mailnickname"),
		SAMAccountName: a.first("samaccountname"), User: a.user(), Recipient: conflicts.Recipient(a.number("msexchrecipienttypedetails")),
		SIPAddress: a.first("msrtcsip-primaryuseraddress"), Shadow: a.all("msexchshadowproxyaddresses")}
}

// user reports whether an object is an account of a person or a program. An export without
// sAMAccountType tells it by the class; a computer has that of a user too.
func (a attributes) user() bool {
	if len(a["samaccounttype"]) > 0 {
		return a.number("samaccounttype") == userAccount
	}
	is := func(class string) bool {
		return slices.ContainsFunc(a["objectclass"], func(v []byte) bool { return strings.EqualFold(string(v), class) })
	}
	return (is("user") || is("inetOrgPerson")) && !is("computer")
}

// hygieneRules are the rules of hygiene that find nothing without an attribute.
var hygieneRules = []struct {
	attributes []string // one of which they take
	rules      []conflicts.FindingKind
}{
	{[]string{"displayName"}, []conflicts.FindingKind{conflicts.EntraAttribute}},
	{[]string{"userPrincipalName"}, []conflicts.FindingKind{conflicts.EntraAttribute}},
	{[]string{"targetAddress"}, []conflicts.FindingKind{conflicts.EntraAttribute}},
	{[]string{"mailNickname"}, []conflicts.FindingKind{conflicts.EntraAttribute, conflicts.RepeatedAlias}},
	{[]string{"sAMAccountName"}, []conflicts.FindingKind{conflicts.EntraAttribute, conflicts.RepeatedAccount}},
	{[]string{"sAMAccountType", "objectClass"}, []conflicts.FindingKind{conflicts.EntraAttribute}},
	{[]string{"msExchShadowProxyAddresses"}, []conflicts.FindingKind{conflicts.ShadowDiffers}},
	{[]string{"msRTCSIP-PrimaryUserAddress"}, []conflicts.FindingKind{conflicts.SIPDiffers}},
}

// withoutRules says which rules found nothing because no object has what they look at; seen are the
// attributes that objects have, in lower case.
func (x *Export) withoutRules(seen map[string]bool) (notes []string) {
	var missing []string
	for _, of := range hygieneRules {
		if slices.ContainsFunc(of.attributes, func(name string) bool { return seen[strings.ToLower(name)] }) {
			continue
		}
		var rules []string
		for _, kind := range of.rules {
			rules = append(rules, string(kind))
		}
		missing = append(missing, fmt.Sprintf("%s (%s)", strings.Join(of.attributes, " or "), strings.Join(rules, ", ")))
	}
	if len(missing) > 0 {
		notes = append(notes, fmt.Sprintf("%s: no object in it has %s: if the export left that out, these rules of --hygiene could not find anything", x.name, conflicts.Enumerate(missing, "or")))
	}
	return notes
}

func (f *Forest) hygiene(ctx context.Context, each func(*conflicts.Attributes)) (notes []string, err error) {
	var failed []string
	for _, d := range f.directories {
		if err := d.hygiene(ctx, each); err != nil {
			failed = append(failed, err.Error())
		}
	}
	return nil, joined(failed)
}

func (d *Directory) hygiene(ctx context.Context, each func(*conflicts.Attributes)) error {
	var failed []string
	for _, p := range d.assigned {
		q := query{base: p.dn, filter: filter, attributes: hygieneAttributes}
		err := d.conn.persist(ctx, func() error {
			err := d.conn.pages(ctx, q, func(p page) error {
				list, err := parseEntries(p.entries)
				for _, r := range list {
					a := attributes{}
					a.take(r)
					found := a.forHygiene(r.dn)
					found.Partial = slices.ContainsFunc(r.values, func(v resultAttribute) bool { return strings.Contains(strings.ToLower(v.name), ";range=") })
					each(found)
				}
				return err
			})
			if err == nil {
				err = d.conn.drain(ctx)
			}
			return err
		})
		if err != nil {
			failed = append(failed, d.conn.failed(ctx, err).Error())
		}
	}
	return joined(failed)
}

func (x *Export) hygiene(ctx context.Context, each func(*conflicts.Attributes)) (notes []string, err error) {
	r := ldif.NewReader(nil)
	r.Select = func(name string) bool {
		name, _, _ = strings.Cut(name, ";")
		return strings.EqualFold(name, "objectClass") || slices.ContainsFunc(hygieneAttributes, func(known string) bool { return strings.EqualFold(name, known) })
	}
	repeated := map[uint64]bool{}
	for _, h := range x.places.repeated() {
		repeated[h] = true
	}
	objects, seen := 0, map[string]bool{}
	err = x.readBlock(ctx, r, 0, x.data.Size(), func(r *ldif.Reader, v *ldif.View) error {
		a := attributes{}
		partial := false
		for _, attr := range v.Attributes {
			a.add(string(attr.Name), attr.Value)
			partial = partial || strings.Contains(strings.ToLower(string(attr.Name)), ";range=")
		}
		if strings.EqualFold(a.first("isdeleted"), "TRUE") || !a.hasAddress() {
			return nil
		}
		found := a.forHygiene(string(v.DN))
		found.Partial = partial || repeated[x.places.hash(found.GUID, v.DN)]
		if x.places.byName {
			found.GUID = conflicts.GUID{}
		}
		objects++
		for name := range a {
			seen[name] = true
		}
		each(found)
		return nil
	})
	if objects > 0 {
		notes = x.withoutRules(seen)
	}
	return notes, err
}

// hygiene hands over what the first export has of an object that several have, without a judgment
// on what others may have. Tables of a cloud directory, which have least, come last.
func (x *Exports) hygiene(ctx context.Context, each func(*conflicts.Attributes)) (notes []string, err error) {
	var failed []string
	known := map[conflicts.Ref]bool{}
	inCloud := func(one *Export) bool { return one.table != nil && one.table.Cloud }
	list := slices.SortedStableFunc(slices.Values(x.list), func(a, b *Export) int {
		switch {
		case inCloud(a) == inCloud(b):
			return 0
		case inCloud(a):
			return 1
		}
		return -1
	})
	for _, one := range list {
		also, err := one.hygiene(ctx, func(a *conflicts.Attributes) {
			ref := x.same.refIn(one, a.Ref())
			if x.same.joined[ref] {
				if known[ref] {
					return
				}
				known[ref], a.Partial = true, true
			}
			a.GUID = ref.GUID
			each(a)
		})
		notes = append(notes, also...)
		if err != nil {
			failed = append(failed, err.Error())
		}
	}
	return notes, joined(failed)
}
