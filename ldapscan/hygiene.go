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
	// object can come again.
	hygiene(ctx context.Context, each func(*conflicts.Attributes)) error
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
	err := from.hygiene(ctx, func(a *conflicts.Attributes) {
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
	audit.Findings = conflicts.SortFindings(slices.Concat(audit.Findings, found, conflicts.RepeatedNames(sharers, opt)))
}

const userAccount = 805306368 // SAM_USER_OBJECT of sAMAccountType ([MS-SAMR] 2.2.1.9)

func (a attributes) forHygiene(dn string) *conflicts.Attributes {
	return &conflicts.Attributes{Entry: a.entry(dn), DisplayName: a.first("displayname"), MailNickname: a.first("mailnickname"),
		SAMAccountName: a.first("samaccountname"), User: a.number("samaccounttype") == userAccount, Recipient: conflicts.Recipient(a.number("msexchrecipienttypedetails")),
		SIPAddress: a.first("msrtcsip-primaryuseraddress"), Shadow: a.all("msexchshadowproxyaddresses")}
}

func (f *Forest) hygiene(ctx context.Context, each func(*conflicts.Attributes)) error {
	var failed []string
	for _, d := range f.directories {
		if err := d.hygiene(ctx, each); err != nil {
			failed = append(failed, err.Error())
		}
	}
	return joined(failed)
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

func (x *Export) hygiene(ctx context.Context, each func(*conflicts.Attributes)) error {
	r := ldif.NewReader(nil)
	r.Select = func(name string) bool {
		name, _, _ = strings.Cut(name, ";")
		return slices.ContainsFunc(hygieneAttributes, func(known string) bool { return strings.EqualFold(name, known) })
	}
	repeated := map[uint64]bool{}
	for _, h := range x.places.repeated() {
		repeated[h] = true
	}
	return x.readBlock(ctx, r, 0, x.data.Size(), func(r *ldif.Reader, v *ldif.View) error {
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
		each(found)
		return nil
	})
}

// hygiene hands over what the first export has of an object that several have, without a judgment
// on what others may have.
func (x *Exports) hygiene(ctx context.Context, each func(*conflicts.Attributes)) error {
	var failed []string
	known := map[conflicts.Ref]bool{}
	for _, one := range x.list {
		err := one.hygiene(ctx, func(a *conflicts.Attributes) {
			ref := x.same.root(a.Ref())
			if x.same.joined[ref] {
				if known[ref] {
					return
				}
				known[ref], a.Partial = true, true
			}
			a.GUID = ref.GUID
			each(a)
		})
		if err != nil {
			failed = append(failed, err.Error())
		}
	}
	return joined(failed)
}
