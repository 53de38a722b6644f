package ldapscan

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// recipientAttributes are Exchange attributes that its recipients have besides
// proxyAddresses, and that an account needs other rights to read.
var recipientAttributes = []string{"mailNickname", "msExchRecipientTypeDetails"}

// checkVisible adds to the survey of a sweep what it may mean that no proxy address of a
// domain was seen.
func (d *Directory) checkVisible(ctx context.Context, survey *Survey) {
	for i, c := range survey.Coverage {
		p := d.assigned[i]
		if c.Values > 0 || c.Problem != "" || p.kind != domainKind {
			continue
		}
		problem, err := d.hides(ctx, p)
		switch {
		case err != nil:
			survey.Problems = append(survey.Problems, fmt.Sprintf("%s: %s: %s", p.dn, d.conn.server().URL, brief(err)))
		case problem != "":
			survey.Problems = append(survey.Problems, problem)
		case c.Objects > 0:
			survey.Notes = append(survey.Notes, p.dn+": this account sees no recipient of Exchange and no proxy address there")
		}
	}
}

// hides returns a problem if a partition without a visible proxy address is a domain with
// recipients. A domain without recipients, such as an empty root, is in order.
func (d *Directory) hides(ctx context.Context, p partition) (problem string, err error) {
	if p.kind != domainKind {
		return "", nil
	}
	filter := ""
	for _, name := range recipientAttributes {
		if !slices.Contains(d.missing, name) {
			filter += "(" + name + "=*)"
		}
	}
	if filter == "" {
		return "", nil // no Exchange, or a global catalog that does not hold them
	}
	found, err := d.conn.any(ctx, p.dn, "(|"+filter+")")
	if err != nil || !found {
		return "", err
	}
	return fmt.Sprintf("%s: there are recipients, but this account sees no proxyAddresses of any: it may not be allowed to read them", p.dn), nil
}

// unseen says which proxy addresses an account may be unable to see, after a lookup. It
// does not ask a partition in which the lookup found some.
func unseen(ctx context.Context, directories []*Directory) (problems []string) {
	visible := map[string]bool{} // by forest
	look := func(d *Directory, p partition) {
		problem, err := d.see(ctx, p, visible[d.name()])
		if err != nil {
			problem = fmt.Sprintf("%s: %s: %s", p.dn, d.conn.server().URL, brief(err))
		}
		if problem != "" {
			problems = append(problems, problem)
		}
		visible[d.name()] = visible[d.name()] || d.visible[p.dn]
	}
	for _, domains := range []bool{true, false} { // after the domains, few questions are left
		for _, d := range directories {
			for _, p := range d.assigned {
				if (p.kind == domainKind) == domains {
					look(d, p)
				}
			}
		}
	}
	return append(problems, blind(visible)...)
}

// see returns a problem if the account sees no proxy address in a partition that has
// recipients. Other partitions than domains have hardly any, so they are asked only if no
// proxy address was seen elsewhere in the forest.
func (d *Directory) see(ctx context.Context, p partition, elsewhere bool) (problem string, err error) {
	if d.visible[p.dn] || elsewhere && p.kind != domainKind {
		return "", nil
	}
	found, err := d.conn.any(ctx, p.dn, "(proxyAddresses=*)")
	if found || err != nil {
		d.visible[p.dn] = found
		return "", err
	}
	return d.hides(ctx, p)
}

// notOneSeen is the problem with a forest or server that shows no proxy address.
func notOneSeen(name string) string {
	return name + ": not one proxy address was seen: the account may not be allowed to read them"
}

// blind returns the problems of all forests that show no proxy address, each on its own:
// one forest must not hide behind another.
func blind(visible map[string]bool) (problems []string) {
	for _, name := range slices.Sorted(maps.Keys(visible)) {
		if !visible[name] {
			problems = append(problems, notOneSeen(name))
		}
	}
	return problems
}
