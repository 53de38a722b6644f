package ldapscan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/go-ldap/ldap/v3"
)

// recipientAttributes are those of Exchange that its recipients have besides
// proxyAddresses, and that other rights let an account read.
var recipientAttributes = []string{"mailNickname", "msExchRecipientTypeDetails"}

// checkVisible adds to the survey of a sweep what is wrong with domains in which not
// one proxy address was seen.
func (d *Directory) checkVisible(survey *Survey) {
	for i, c := range survey.Coverage {
		p := d.assigned[i]
		if c.Values > 0 || c.Problem != "" || p.kind != domainKind {
			continue
		}
		problem, err := d.hides(p)
		switch {
		case err != nil:
			survey.Problems = append(survey.Problems, fmt.Sprintf("%s: %s: %s", p.dn, d.server.URL, brief(err)))
		case problem != "":
			survey.Problems = append(survey.Problems, problem)
		case c.Objects > 0:
			survey.Notes = append(survey.Notes, p.dn+": this account sees no recipient of Exchange and no proxy address there")
		}
	}
}

// hides returns a problem if a partition in which not one proxy address was seen has
// recipients all the same. A domain without any, such as an empty root, is in order.
func (d *Directory) hides(p partition) (problem string, err error) {
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
	found, err := d.any(p.dn, "(|"+filter+")")
	if err != nil || !found {
		return "", err
	}
	return fmt.Sprintf("%s: there are recipients, but this account sees no proxyAddresses of any: it may not be allowed to read them", p.dn), nil
}

// any reports whether a partition has an object that a filter finds. The server
// looks for one alone.
func (d *Directory) any(partition, filter string) (bool, error) {
	request := newRequest(partition, ldap.ScopeWholeSubtree, filter, []string{noAttributes})
	request.SizeLimit = 1
	p, _, err := d.send(request)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
		return true, nil
	}
	return p.count > 0, err
}

// unseen says what an account may not see of the proxy addresses in partitions that
// were looked through for some of them. Those that were found say that it can.
func unseen(directories []*Directory) (problems []string) {
	visible := map[string]bool{}
	for _, d := range directories {
		for _, p := range d.assigned {
			problem, err := d.see(p, visible[d.name()])
			if err != nil {
				problem = fmt.Sprintf("%s: %s: %s", p.dn, d.server.URL, brief(err))
			}
			if problem != "" {
				problems = append(problems, problem)
			}
			visible[d.name()] = visible[d.name()] || d.visible[p.dn]
		}
	}
	return append(problems, blind(visible)...)
}

// see finds out whether the account sees a proxy address in a partition, unless it
// does elsewhere in the forest and there is no recipient.
func (d *Directory) see(p partition, elsewhere bool) (problem string, err error) {
	if d.visible[p.dn] || elsewhere && p.kind != domainKind {
		return "", nil
	}
	found, err := d.any(p.dn, "(proxyAddresses=*)")
	if found || err != nil {
		d.visible[p.dn] = found
		return "", err
	}
	return d.hides(p)
}

// blind says of which forests not one proxy address was seen. One that shows nothing
// does not hide behind another.
func blind(visible map[string]bool) (problems []string) {
	for _, name := range slices.Sorted(maps.Keys(visible)) {
		if !visible[name] {
			problems = append(problems, name+": not one proxy address was seen: the account may not be allowed to read them")
		}
	}
	return problems
}
