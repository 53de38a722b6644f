package ldapscan

import (
	"cmp"
	"fmt"
	"slices"

	"proxyaddr/conflicts"
)

// base returns which of the versions is in a directory, can be changed, and is known by the
// objectGUID of all.
func (p *versions) base() int {
	best := 0
	rank := func(o *conflicts.Object) (n int) {
		if o.Unreachable {
			n = 4
		}
		if o.Fixed != "" {
			n += 2
		}
		if o.GUID != p.ref.GUID {
			n++
		}
		return n
	}
	for i, o := range p.objects {
		if rank(o) < rank(p.objects[best]) {
			best = i
		}
	}
	return best
}

// counterpart reports whether an object is another one than the base: one in a cloud
// directory or in another forest.
func counterpart(o, base *conflicts.Object) bool {
	if o.Unreachable != base.Unreachable {
		return true
	}
	if o.GUID != (conflicts.GUID{}) && base.GUID != (conflicts.GUID{}) {
		return o.GUID != base.GUID
	}
	return conflicts.DNKey(o.DN) != conflicts.DNKey(base.DN)
}

// join returns one object with the addresses of all. What else it has, it has from the base and
// from other exports of the same directory.
func (p *versions) join() *conflicts.Object {
	base := p.objects[p.base()]
	if len(p.objects) == 1 && base.Ref() == p.ref {
		return base
	}
	o := *base
	o.ProxyAddresses = slices.Clone(base.ProxyAddresses)
	if o.GUID != p.ref.GUID && o.GUID != (conflicts.GUID{}) {
		o.Fixed = cmp.Or(o.Fixed, "another object is joined with it")
	}
	o.GUID = p.ref.GUID
	for _, other := range p.objects {
		switch {
		case other == base:
		case counterpart(other, base):
			o.ProxyAddresses = append(o.ProxyAddresses, missing(&o, other)...)
			if other.Fixed == "" {
				o.Fixed = cmp.Or(o.Fixed, "is the same as "+other.DN+": change both by hand")
			}
		default:
			complete(&o, other)
		}
	}
	return &o
}

// missing returns the proxy addresses of another object that an object lacks.
func missing(o, other *conflicts.Object) (values []string) {
	known := map[conflicts.Key]bool{}
	for _, v := range o.ProxyAddresses {
		known[conflicts.ParseAddress(v).Key()] = true
	}
	for _, v := range other.ProxyAddresses {
		if k := conflicts.ParseAddress(v).Key(); !known[k] {
			known[k] = true
			values = append(values, v)
		}
	}
	return values
}

// pin makes objects unchangeable that have an address of a conflict in a counterpart only: a change of
// the object would not reach it.
func pin(all []*versions, objects []*conflicts.Object) {
	holders := map[conflicts.Key]int{}
	for _, o := range objects {
		for k := range claimedKeys(&o.Entry) {
			holders[k]++
		}
	}
	for i, p := range all {
		o := objects[i]
		base := p.objects[p.base()]
		own := map[conflicts.Key]bool{}
		for _, one := range p.objects {
			if !counterpart(one, base) {
				for k := range claimedKeys(&one.Entry) {
					own[k] = true
				}
			}
		}
		for n, one := range p.objects {
			if !counterpart(one, base) {
				continue
			}
			var also []string
			for _, v := range one.ProxyAddresses {
				if k := conflicts.ParseAddress(v).LooseKey(); !own[k] && holders[k] > 1 {
					also = append(also, v)
				}
			}
			if len(also) > 0 {
				slices.Sort(also)
				o.Fixed = cmp.Or(o.Fixed, fmt.Sprintf("its counterpart in %s also has %s, which the directory lacks: change both by hand", p.exports[n], few(also)))
			}
		}
	}
}

// few lists the first of some values.
func few(values []string) string {
	const most = 3
	if len(values) > most {
		values = append(slices.Clone(values[:most]), fmt.Sprintf("%d more", len(values)-most))
	}
	return conflicts.Enumerate(values, "and")
}

func claimedKeys(e *conflicts.Entry) map[conflicts.Key]bool {
	keys := map[conflicts.Key]bool{}
	for a := range e.Claimed() {
		keys[a.LooseKey()] = true
	}
	return keys
}

// complete adds what another export of the same object has and this one lacks.
func complete(o, other *conflicts.Object) {
	for _, v := range other.ProxyAddresses {
		if !slices.Contains(o.ProxyAddresses, v) {
			o.ProxyAddresses = append(o.ProxyAddresses, v)
		}
	}
	for _, text := range []struct{ to, from *string }{
		{&o.Mail, &other.Mail}, {&o.UserPrincipalName, &other.UserPrincipalName}, {&o.TargetAddress, &other.TargetAddress},
		{&o.Class, &other.Class}, {&o.DisplayName, &other.DisplayName}, {&o.GivenName, &other.GivenName}, {&o.Surname, &other.Surname},
		{&o.SAMAccountName, &other.SAMAccountName}, {&o.MailNickname, &other.MailNickname}, {&o.LegacyExchangeDN, &other.LegacyExchangeDN},
	} {
		*text.to = cmp.Or(*text.to, *text.from)
	}
	o.Recipient = cmp.Or(o.Recipient, other.Recipient)
	o.Mailbox = o.Mailbox || other.Mailbox
	if o.Created == 0 {
		o.Created = other.Created
	}
	if o.Written.Time.IsZero() {
		o.Written = other.Written
	}
}

// contradictions are objects of which exports of one directory tell different things.
type contradictions struct {
	n     int
	first string
}

func (c *contradictions) take(p *versions) {
	base := p.base()
	for i, o := range p.objects {
		if i == base || counterpart(o, p.objects[base]) {
			continue
		}
		for _, of := range []struct{ attribute, a, b string }{
			{conflicts.Mail.String(), o.Mail, p.objects[base].Mail}, {conflicts.UserPrincipalName.String(), o.UserPrincipalName, p.objects[base].UserPrincipalName},
			{conflicts.TargetAddress.String(), o.TargetAddress, p.objects[base].TargetAddress},
			{"DN", placeOf(o), placeOf(p.objects[base])},
		} {
			if of.a != of.b && of.a != "" && of.b != "" {
				c.n++
				least(&c.first, fmt.Sprintf("%s and %s contradict each other in %s of %s", p.exports[min(base, i)], p.exports[max(base, i)], of.attribute, o.DN))
			}
		}
	}
}

// placeOf returns the key of an object's name if it is one of a directory.
func placeOf(o *conflicts.Object) string {
	if o.Unreachable {
		return ""
	}
	return conflicts.DNKey(o.DN)
}

func (c *contradictions) problems() []string {
	if c.n == 0 {
		return nil
	}
	if c.n > 1 {
		c.first += fmt.Sprintf(", and in %d others", c.n-1)
	}
	return []string{c.first + ": export again, everything at the same time"}
}
