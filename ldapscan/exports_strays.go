package ldapscan

import (
	"context"
	"fmt"
	"strings"

	"proxyaddr/conflicts"
)

// strays are the mail, userPrincipalName and legacyExchangeDN of counterparts that their objects do
// not have. An object has one of each, so that they stand nowhere in the result.
type strays struct {
	addresses []conflicts.Address
	of        map[conflicts.Key]stray
}

type stray struct {
	ref  conflicts.Ref
	text string
}

// take notes the strays of versions whose objects were joined. It hands over what only a counterpart has,
// a targetAddress too.
func (s *strays) take(p *versions, joined *conflicts.Object, reserve func(*conflicts.Entry)) {
	known := claimedKeys(&joined.Entry)
	for i, o := range p.objects {
		if o.TargetAddress != "" && o.TargetAddress != joined.TargetAddress {
			reserve(&conflicts.Entry{DN: o.DN, TargetAddress: o.TargetAddress})
		}
		for _, single := range []struct {
			attribute string
			conflicts.Entry
		}{
			{conflicts.Mail, conflicts.Entry{DN: o.DN, Mail: o.Mail}},
			{conflicts.UserPrincipalName, conflicts.Entry{DN: o.DN, UserPrincipalName: o.UserPrincipalName}},
			{conflicts.LegacyExchangeDN, conflicts.Entry{DN: o.DN, LegacyExchangeDN: o.LegacyExchangeDN}},
		} {
			for a := range single.Claimed() {
				k := a.LooseKey()
				if known[k] || s.of[k].text != "" {
					continue
				}
				if s.of == nil {
					s.of = map[conflicts.Key]stray{}
				}
				s.of[k] = stray{p.ref, fmt.Sprintf("%s: %s %s of %s", p.exports[i], single.attribute, a.Trimmed(), joined.DN)}
				s.addresses = append(s.addresses, a)
				reserve(&single.Entry)
			}
		}
	}
}

// problems asks all files who else has a stray. A file that was not searched to its end is a problem
// too, but for what its sweep has told.
func (s *strays) problems(ctx context.Context, x *Exports, told map[*Export]string) ([]string, error) {
	if len(s.addresses) == 0 {
		return nil, nil
	}
	wanted := conflicts.NewAddressSet(s.addresses...)
	n, first := 0, ""
	var problems []string
	for _, one := range x.list {
		err := one.Lookup(ctx, s.addresses, func(o *conflicts.Object) {
			if o.Deleted {
				return
			}
			for _, c := range wanted.Claims(o) {
				parsed := c.Parsed()
				stray := s.of[parsed.OrSMTP().LooseKey()]
				if stray.text == "" || c.Attribute == conflicts.TargetAddress || stray.ref == x.same.ref(o) {
					continue
				}
				n++
				least(&first, fmt.Sprintf("%s is also an address of %s", stray.text, o.DN))
			}
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if _, fatal := err.(*Error); fatal {
			return nil, err
		}
		if err != nil && err.Error() != told[one] {
			problems = append(problems, strings.TrimPrefix(err.Error(), told[one]+"; "))
		}
	}
	if n > 1 {
		first += fmt.Sprintf(", and %d more are shared like that", n-1)
	}
	if n > 0 {
		problems = append(problems, first+": compare them by hand")
	}
	return problems, nil
}
