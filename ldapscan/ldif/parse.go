package ldif

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// parse sets view, and rec if whole, to the record in the current lines. It returns false
// if they have no record.
func (r *Reader) parse(whole bool) (found bool, err error) {
	r.view = View{Offset: r.lines.offset(r.lines.start), Attributes: r.view.Attributes[:0]}
	r.rec = Record{Comments: r.rec.Comments[:0], Controls: r.rec.Controls[:0], Mods: r.rec.Mods[:0]}
	if err := r.split(whole); err != nil || len(r.fields) == 0 {
		return false, err
	}
	switch first := r.fields[0]; {
	case first.keyword == dnKeyword:
		r.view.Line, r.view.DN = first.line, first.value
		if len(r.fields) == 1 && len(r.view.DN) == 0 {
			return false, first.errorf("neither a name nor attributes")
		}
		return true, r.body(r.fields[1:], whole)
	case first.is("ref"):
		return false, r.noRecord()
	case first.is("search"), first.is("result"):
		if err := outcome(r.fields); err != nil {
			return false, err
		}
		return false, r.noRecord()
	default:
		return false, first.errorf("a record starts with dn")
	}
}

// noRecord returns an error if a record follows lines that are not one.
func (r *Reader) noRecord() error {
	for _, f := range r.fields {
		if f.keyword == dnKeyword {
			return f.errorf("not possible here, a blank line may be missing above")
		}
	}
	return nil
}

// body parses what follows the DN.
func (r *Reader) body(fields []field, whole bool) error {
	for ; len(fields) > 0 && fields[0].keyword == controlKeyword; fields = fields[1:] {
		if err := r.control(fields[0]); err != nil {
			return err
		}
	}
	if len(fields) > 0 && fields[0].keyword == changeTypeKeyword {
		return r.change(fields[0], fields[1:], whole)
	}
	if len(r.rec.Controls) > 0 {
		return r.fields[1].errorf("only a record with a changetype has controls")
	}
	return r.attributes(fields, whole)
}

func (r *Reader) change(kind field, fields []field, whole bool) error {
	r.view.Change = ChangeType(strings.ToLower(string(kind.value)))
	switch r.view.Change {
	case ChangeAdd:
		return r.attributes(fields, whole)
	case ChangeDelete:
		if len(fields) > 0 {
			return fields[0].errorf("nothing follows changetype delete")
		}
		return nil
	case ChangeModify:
		return r.mods(kind, fields)
	case ChangeModRDN, "moddn":
		r.view.Change = ChangeModRDN
		return r.modRDN(kind, fields)
	}
	return kind.errorf("%s is unknown", excerpt(kind.value))
}

func (r *Reader) attributes(fields []field, whole bool) error {
	list := slices.Grow(r.view.Attributes, len(fields))
	for i := range fields {
		f := &fields[i]
		if f.keyword != noKeyword {
			return f.errorf("not possible here, a blank line may be missing above")
		}
		if whole || f.selected {
			n := len(list)
			list = list[:n+1]
			list[n].Name, list[n].Value = f.text, f.value
		}
	}
	r.view.Attributes = list
	return nil
}

func (r *Reader) mods(kind field, fields []field) error {
	r.values = r.values[:0]
	for len(fields) > 0 {
		head := fields[0]
		op := ModOp(strings.ToLower(head.text))
		if op != Add && op != Delete && op != Replace {
			return head.errorf("a modification starts with add, delete or replace")
		}
		attr, err := r.name(head.value)
		if err != nil {
			return head.errorf("%w", err)
		}
		if attr.keyword != noKeyword {
			return head.errorf("%s is not an attribute", attr.text)
		}
		start := len(r.values)
		for fields = fields[1:]; len(fields) > 0; fields = fields[1:] {
			f := fields[0]
			if f.keyword == dashKeyword {
				fields = fields[1:]
				break
			}
			if !f.is(attr.text) {
				return f.errorf("inside the modification of %s", attr.text)
			}
			r.values = append(r.values, f.value)
		}
		mod := Mod{Op: op, Name: attr.text}
		if len(r.values) > start {
			mod.Values = r.values[start:len(r.values):len(r.values)]
		} else if op == Add {
			return head.errorf("%s without values", attr.text)
		}
		r.rec.Mods = append(r.rec.Mods, mod)
	}
	if len(r.rec.Mods) == 0 {
		return kind.errorf("modify without modifications")
	}
	return nil
}

func (r *Reader) modRDN(kind field, fields []field) error {
	order := []string{"newrdn", "deleteoldrdn", "newsuperior"}
	for i, f := range fields {
		switch {
		case i == len(order):
			return f.errorf("nothing follows newsuperior")
		case !f.is(order[i]):
			return f.errorf("expected %s", order[i])
		case len(f.value) == 0:
			return f.errorf("empty")
		}
		switch i {
		case 0:
			r.rec.NewRDN = string(f.value)
		case 1:
			r.rec.DeleteOldRDN = string(f.value) == "1"
			if !r.rec.DeleteOldRDN && string(f.value) != "0" {
				return f.errorf("%s is neither 0 nor 1", excerpt(f.value))
			}
		case 2:
			r.rec.NewSuperior = string(f.value)
		}
	}
	if len(fields) < 2 {
		return kind.errorf("modrdn without %s", order[len(fields)])
	}
	return nil
}

// control parses "oid [true|false] [value-spec]".
func (r *Reader) control(f field) error {
	head, spec, hasValue := bytes.Cut(f.value, []byte(":"))
	oid, criticality, _ := strings.Cut(string(head), " ")
	c := Control{OID: oid}
	if !validOID(oid) {
		return f.errorf("%s is not an object identifier", excerpt([]byte(oid)))
	}
	switch strings.ToLower(strings.Trim(criticality, " ")) {
	case "true":
		c.Criticality = true
	case "false", "":
	default:
		return f.errorf("%s is neither true nor false", excerpt([]byte(criticality)))
	}
	if hasValue {
		var err error
		if c.Value, err = r.value(spec); err != nil {
			return f.errorf("%w", err)
		}
	}
	r.rec.Controls = append(r.rec.Controls, c)
	return nil
}

// outcome reads the lines of ldapsearch about the end of a search, such as "result: 0
// Success".
func outcome(fields []field) error {
	for _, f := range fields {
		if !f.is("result") {
			continue
		}
		if code, _, _ := bytes.Cut(f.value, []byte(" ")); string(code) != "0" {
			return f.errorf("%s: %w", excerpt(f.value), ErrIncomplete)
		}
		return nil
	}
	return &ParseError{Line: fields[0].line, Err: fmt.Errorf("search without a result: %w", ErrIncomplete)}
}
