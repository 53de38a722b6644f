package ldapscan

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// references are the few least ones of those that nobody follows, so neither their order
// nor their number matters.
type references []string

const fewReferences = 5

func (r *references) add(urls []string) {
	for _, u := range urls {
		if i, known := slices.BinarySearch(*r, u); !known && i < fewReferences {
			*r = slices.Insert(*r, i, u)
			*r = (*r)[:min(len(*r), fewReferences)]
		}
	}
}

// unfollowed returns the references of a page to places that nobody reads. A search in
// one partition can lack only objects of another.
func (l layout) unfollowed(p page, base string, assigned []partition) (urls []string) {
	for _, r := range p.referrals {
		if dn := referredDN(r); sameDN(dn, base) || !l.accounted(dn, assigned) {
			urls = append(urls, r)
		}
	}
	return urls
}

// followed returns an error if a page has such a reference.
func (l layout) followed(p page, base string, assigned []partition) error {
	if urls := l.unfollowed(p, base, assigned); len(urls) > 0 {
		return fmt.Errorf("the server refers to %s, which was not followed", slices.Min(urls))
	}
	return nil
}

// accounted reports whether a partition that a server refers to is read, or known to the
// forest, which then accounts for it.
func (l layout) accounted(dn string, assigned []partition) bool {
	same := func(p partition) bool { return sameDN(p.dn, dn) }
	return slices.ContainsFunc(assigned, same) || slices.ContainsFunc(l.forest, same)
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
