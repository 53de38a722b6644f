package ldaptest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"proxyaddr/ldapscan/ldif"
)

// apply makes the changes of r, one by one.
func (d *directory) apply(r io.Reader) error {
	for in := ldif.NewReader(r); ; {
		rec, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := d.change(rec); err != nil {
			return err
		}
	}
}

func (d *directory) change(rec *ldif.Record) error {
	var done result
	switch rec.Change {
	case ldif.ChangeAdd:
		return d.add(rec)
	case ldif.ChangeModify:
		done = d.modify(rec.DN, rec.Mods, true)
	case ldif.ChangeDelete:
		done = d.remove(rec.DN)
	case ldif.ChangeModRDN:
		return d.move(rec)
	default:
		return fmt.Errorf("%s: line %d: an entry, not a change", rec.DN, rec.Line)
	}
	if !done.ok() {
		return fmt.Errorf("%s: %s", rec.DN, strings.TrimSpace(done.text))
	}
	return nil
}

func (d *directory) add(rec *ldif.Record) error {
	e, err := newEntry(rec)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.admit(e); err != nil {
		return err
	}
	d.sorted = slices.Insert(d.sorted, d.place(e.order), e)
	return nil
}

func (d *directory) remove(dn string) result {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, found := d.find(dn, true)
	if !found.ok() {
		return found
	}
	if d.hasChildren(e) {
		return result{code: ldap.LDAPResultNotAllowedOnNonLeaf, text: "has children"}
	}
	d.usn++
	d.replace(e, nil)
	return result{}
}

func (d *directory) hasChildren(e *entry) bool {
	return slices.ContainsFunc(d.sorted, func(other *entry) bool { return other.parentKey() == e.key })
}

// move renames an entry. The attribute that names it, and name, change too, whatever
// deleteoldrdn says: in AD they have one value ([MS-ADTS] 3.1.1.5.4).
func (d *directory) move(rec *ldif.Record) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	old, found := d.find(rec.DN, true)
	if !found.ok() {
		return fmt.Errorf("%s: %s", rec.DN, strings.TrimSpace(found.text))
	}
	_, parent := splitDN(old.dn)
	if rec.NewSuperior != "" {
		parent = rec.NewSuperior
	}
	e := old.clone()
	e.dn = rec.NewRDN + "," + parent
	var err error
	if e.name, err = parseName(e.dn); err != nil {
		return fmt.Errorf("%s: %w", e.dn, err)
	}
	if d.byName[e.key] != nil && e.key != old.key {
		return fmt.Errorf("%s: entry exists", e.dn)
	}
	if e.context = d.contextOf(e.key); e.context != old.context {
		return errors.New(e.dn + ": in another naming context")
	}
	naming := e.rdn.Attributes[0]
	e.set(textAttribute(naming.Type, naming.Value))
	e.set(textAttribute("name", naming.Value))
	e.set(textAttribute("distinguishedName", e.dn))
	e.order = d.orderOf(e.key)
	d.bump(e)
	d.stamp(old, e)
	d.replace(old, e)
	return d.follow(old, e)
}

// follow gives the entries below a moved one their new names.
func (d *directory) follow(old, e *entry) error {
	if e.key == old.key {
		return nil
	}
	below := slices.DeleteFunc(slices.Clone(d.sorted), func(c *entry) bool { return c.parentKey() != old.key })
	for _, child := range below {
		moved := child.clone()
		rdn, _ := splitDN(child.dn)
		moved.dn = rdn + "," + e.dn
		var err error
		if moved.name, err = parseName(moved.dn); err != nil {
			return fmt.Errorf("%s: %w", moved.dn, err)
		}
		moved.set(textAttribute("distinguishedName", moved.dn))
		moved.order = d.orderOf(moved.key)
		d.replace(child, moved)
		if err := d.follow(child, moved); err != nil {
			return err
		}
	}
	return nil
}

// modify makes all modifications or none (RFC 4511 section 4.6).
func (d *directory) modify(dn string, mods []ldif.Mod, deleted bool) result {
	d.mu.Lock()
	defer d.mu.Unlock()
	old, found := d.find(dn, deleted)
	if !found.ok() {
		return found
	}
	e := old.clone()
	for _, mod := range mods {
		if done := e.modify(mod); !done.ok() {
			return done
		}
	}
	d.bump(e)
	d.stamp(old, e)
	d.replace(old, e)
	return result{}
}

// systemOnly are the attributes, in lower case, that only the directory writes.
var systemOnly = map[string]bool{"objectguid": true, "usnchanged": true, "usncreated": true, "replpropertymetadata": true, "distinguishedname": true}

func (e *entry) modify(mod ldif.Mod) result {
	a := newAttribute(mod.Name)
	if systemOnly[a.key] {
		return refuse(ldap.LDAPResultConstraintViolation, mod.Name, "is kept by the system")
	}
	old := e.attribute(a.key)
	if mod.Op != ldif.Replace {
		a.values = slices.Clone(old.values)
	}
	if mod.Op == ldif.Delete {
		if len(old.values) == 0 {
			return refuse(ldap.LDAPResultNoSuchAttribute, mod.Name, "no such attribute")
		}
		if len(mod.Values) == 0 {
			a.values = nil
		}
	} else if mod.Op == ldif.Add && len(mod.Values) == 0 {
		return refuse(ldap.LDAPResultProtocolError, mod.Name, "nothing to add")
	}
	for _, value := range mod.Values {
		i := a.index(value)
		switch {
		case mod.Op == ldif.Delete && i < 0:
			return refuse(ldap.LDAPResultNoSuchAttribute, mod.Name, "no such value")
		case mod.Op == ldif.Delete:
			a.values = slices.Delete(a.values, i, i+1)
		case i >= 0:
			return refuse(ldap.LDAPResultAttributeOrValueExists, mod.Name, "value exists")
		default:
			a.values = append(a.values, value)
		}
	}
	e.set(a)
	return result{}
}

func refuse(code int, object, reason string) result {
	return result{code: code, text: object + ": " + reason}
}
