package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"proxyaddr/ldapscan/ldif"
)

func (d directory) clone() directory {
	var c directory
	for _, o := range d {
		values := map[string][]string{}
		for name, list := range o.values {
			values[name] = slices.Clone(list)
		}
		c = append(c, &object{o.dn, values})
	}
	return c
}

// String writes the directory in one way, whatever the order of values.
func (d directory) String() string {
	var b strings.Builder
	for _, o := range d {
		fmt.Fprintf(&b, "dn: %q\n", o.dn)
		for _, name := range slices.Sorted(maps.Keys(o.values)) {
			for _, value := range slices.Sorted(slices.Values(o.values[name])) {
				fmt.Fprintf(&b, "%s: %q\n", name, value)
			}
		}
	}
	return b.String()
}

// apply returns the directory as it is after the changes of a file, which are made as a
// directory makes them that takes nothing for what it nearly is: the values to delete
// are there byte for byte, and none that is added is there already, or the file is
// refused.
func (d directory) apply(file string) (directory, error) {
	d = d.clone()
	for in := ldif.NewReader(strings.NewReader(file)); ; {
		rec, err := in.Read()
		if err == io.EOF {
			return d, nil
		}
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(d, func(o *object) bool { return o.dn == rec.DN })
		if i < 0 || rec.Change != ldif.ChangeModify {
			return nil, fmt.Errorf("line %d: %s of %s", rec.Line, rec.Change, rec.DN)
		}
		if d[i].deleted() || d[i].fixed() {
			return nil, fmt.Errorf("line %d: %s cannot be changed", rec.Line, rec.DN)
		}
		for _, mod := range rec.Mods {
			if mod.Name != "proxyAddresses" && mod.Name != "mail" {
				return nil, fmt.Errorf("line %d: %s of %s", rec.Line, mod.Op, mod.Name)
			}
			if err := d[i].change(mod); err != nil {
				return nil, fmt.Errorf("line %d: %w", rec.Line, err)
			}
		}
		if mail := d[i].values["mail"]; len(mail) > 1 {
			return nil, fmt.Errorf("line %d: %d values of mail", rec.Line, len(mail))
		}
	}
}

func (o *object) change(mod ldif.Mod) error {
	values := o.values[mod.Name]
	for _, v := range mod.Values {
		value := string(v)
		at := slices.Index(values, value)
		switch {
		case mod.Op == ldif.Delete && at >= 0:
			values = slices.Delete(values, at, at+1)
		case mod.Op == ldif.Add && !slices.ContainsFunc(values, func(known string) bool { return equalValues(known, value) }):
			values = append(values, value)
		default:
			return fmt.Errorf("%s of %q to %q", mod.Op, value, values)
		}
	}
	if len(mod.Values) == 0 {
		return fmt.Errorf("%s of no value", mod.Op)
	}
	if o.values[mod.Name] = values; len(values) == 0 {
		delete(o.values, mod.Name)
	}
	return nil
}
