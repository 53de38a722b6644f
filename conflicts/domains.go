package conflicts

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// maxPrimaryDomains bounds what is remembered of a directory that has more.
const maxPrimaryDomains = 10_000

// PrimaryDomains are the domains in which users of a directory have their primary address,
// as far as a sweep can tell. They stand in where the accepted domains are not known: an
// address in a domain that only contacts and mail users have is somebody else's.
type PrimaryDomains struct {
	stored map[string]bool // as they are written
	last   []byte          // the one before with its "@": most objects have the same
}

// Add notes the domain of an object. A contact has no logon name, and a mail user has its
// primary address where its mail goes, or at least not in the domain of its logon name.
func (d *PrimaryDomains) Add(v *View) {
	if len(v.UserPrincipalName) == 0 {
		return
	}
	for _, a := range v.ProxyAddresses {
		const prefix = "SMTP:"
		if len(a) < len(prefix) || string(a[:len(prefix)]) != prefix || len(d.last) > 0 && bytes.HasSuffix(a, d.last) {
			continue
		}
		at := bytes.LastIndexByte(a, '@')
		if at < 0 {
			continue
		}
		domain := a[at+1:]
		if !d.stored[string(domain)] {
			if !v.Native(domain) || len(d.stored) >= maxPrimaryDomains {
				continue
			}
			if d.stored == nil {
				d.stored = map[string]bool{}
			}
			d.stored[string(domain)] = true
		}
		d.last = append(d.last[:0], a[at:]...)
	}
}

// Native reports whether a domain in which the object has its primary address is surely one of
// the directory: the object has a logon name, and if it has a targetAddress, its logon name is in
// the domain and its mail goes elsewhere.
func (v *View) Native(domain []byte) bool {
	if len(v.UserPrincipalName) == 0 {
		return false
	}
	return len(v.TargetAddress) == 0 || bytes.EqualFold(behindAt(v.UserPrincipalName), domain) && !bytes.EqualFold(behindAt(v.TargetAddress), domain)
}

func behindAt(b []byte) []byte { return b[bytes.LastIndexByte(b, '@')+1:] }

// Join adds the domains of another part of the directory.
func (d *PrimaryDomains) Join(other *PrimaryDomains) {
	if d.stored == nil {
		d.stored = map[string]bool{}
	}
	maps.Copy(d.stored, other.stored)
}

// List returns the domains under their keys, in order.
func (d *PrimaryDomains) List() []string {
	var list []string
	for domain := range d.stored {
		list = append(list, DomainKey(strings.TrimSpace(domain)))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// withDomainsOf adds to primary domains those of objects that were read whole.
func withDomainsOf(objects []*Object, domains []string) []string {
	all := map[string]bool{}
	for _, d := range domains {
		all[d] = true
	}
	for _, o := range objects {
		if !o.AtHome() {
			continue
		}
		for _, a := range o.primaries() {
			if d := a.Domain(); d != "" && !all[d] {
				all[strings.Clone(DomainKey(d))] = true // else it may keep all strings of the object in memory
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// AtHome reports whether the object is a user, a group or a mailbox of the directory, and so
// has its primary address in a domain of it. An object of unknown class is one unless it
// forwards its mail.
func (o *Object) AtHome() bool {
	const mailUser = 128
	return o.rank() != contactRank && o.Recipient != mailUser && !o.external()
}

// accepts reports whether a proposal may be in a domain: Exchange accepts mail for it, or,
// where that is not known, objects of the directory have their primary address there.
func (opt *Options) accepts(domain string) bool {
	yes, known := opt.answers[domain]
	if known {
		return yes
	}
	d := DomainKey(domain)
	if len(opt.AcceptedDomains) == 0 {
		_, yes = slices.BinarySearch(opt.PrimaryDomains, d)
	} else {
		yes = slices.ContainsFunc(opt.AcceptedDomains, func(accepted string) bool {
			if isASCII(accepted) && !strings.HasPrefix(accepted, "*") {
				return strings.EqualFold(accepted, d)
			}
			k := DomainKey(accepted)
			suffix, wild := strings.CutPrefix(k, "*")
			return d == k || wild && strings.HasSuffix(d, suffix)
		})
	}
	if opt.answers != nil {
		opt.answers[domain] = yes
	}
	return yes
}

// refuses says why a proposal may not be in a domain.
func (opt *Options) refuses(domain string) string {
	if len(opt.AcceptedDomains) == 0 {
		return "accepted domains unknown, and no user, group or mailbox has its primary address in " + domain
	}
	return domain + " is not an accepted domain"
}
