package ldapscan

import (
	"bytes"
	"context"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/conflicts"
)

// controllers are the names of domain controllers by their invocation ids.
type controllers map[conflicts.GUID]controller

type controller struct{ server, site string }

// controllerOf takes the name of an nTDSDSA object apart ([MS-ADTS]
// 6.1.1.2.2.1.2.1.1): CN=NTDS Settings,CN=DC1,CN=Servers,CN=Berlin,CN=Sites,….
func controllerOf(dn string) controller {
	c := controller{server: rdnOf(dn, 1).Value, site: rdnOf(dn, 3).Value}
	if c.server == "" || c.site == "" || !strings.EqualFold(rdnOf(dn, 2).Value, "Servers") || !strings.EqualFold(rdnOf(dn, 4).Value, "Sites") {
		return controller{}
	}
	return c
}

// isController reports whether a name is that of an nTDSDSA object.
func isController(dn []byte) bool { return bytes.HasPrefix(dn, []byte("CN=NTDS Settings,")) }

// add notes an nTDSDSA object and returns its invocation id.
func (c controllers) add(dn string, a attributes) conflicts.GUID {
	id := guidOf([]byte(a.first("invocationid")))
	if id != (conflicts.GUID{}) {
		c[id] = controllerOf(dn)
	}
	return id
}

// name completes a stamp and reports whether it could.
func (c controllers) name(s *conflicts.Stamp) bool {
	dc, ok := c[s.Invocation()]
	if dc.server != "" {
		s.Origin = conflicts.NewOrigin(s.Invocation(), dc.server, dc.site)
	}
	return ok
}

// locate names the domain controller in a stamp. The list of domain controllers is
// read once, at the first stamp with an unknown one. A domain controller that is
// not in the list, or that this account cannot read, stays without a name.
func (d *Directory) locate(ctx context.Context, s *conflicts.Stamp) error {
	if !s.Known() || d.controllers.name(s) || d.located {
		return nil
	}
	if err := d.readControllers(ctx); err != nil {
		return err
	}
	d.controllers.name(s)
	return nil
}

func (d *Directory) readControllers(ctx context.Context) error {
	configuration := d.conn.root().first("configurationnamingcontext")
	d.located = true
	if configuration == "" {
		return nil
	}
	q := query{base: "CN=Sites," + configuration, filter: "(objectClass=nTDSDSA)", attributes: []string{"invocationId"}}
	err := d.config().results(ctx, q, func(r result) {
		a := attributes{}
		a.take(r)
		d.controllers.add(r.dn, a)
	})
	if refused(err) {
		return nil
	}
	return err
}

// rdnOf returns the n-th RDN of a name from 0, its first part if it has several; empty if
// there is none. It is slow, for the few names whose values are needed; a sweep compares
// names by [conflicts.DNKey].
func rdnOf(dn string, n int) ldap.AttributeTypeAndValue {
	name, err := ldap.ParseDN(dn)
	if err != nil || len(name.RDNs) <= n || len(name.RDNs[n].Attributes) == 0 {
		return ldap.AttributeTypeAndValue{}
	}
	return *name.RDNs[n].Attributes[0]
}
