package ldif

import (
	"errors"
	"fmt"
)

// Record is one entry or one change to an entry.
type Record struct {
	// Line is the number, from 1, of the line the DN starts on. The Writer ignores it.
	Line int
	// Comments are the comment lines above and inside the record, folds joined, without "#" and
	// one following space. Comments that a blank line separates from every record are dropped.
	// The Writer puts all of them above the DN.
	Comments []string
	// DN may be empty: the root DSE has no name.
	DN string
	// Change says which of the fields below are used.
	Change ChangeType
	// Controls belong to change records only.
	Controls []Control
	// Attributes belong to content and add records: one element for each value, in order.
	Attributes []Attribute
	// Mods belong to modify records, in order.
	Mods []Mod
	// NewRDN, DeleteOldRDN and NewSuperior belong to modrdn records. An empty NewSuperior
	// leaves the entry where it is.
	NewRDN       string
	DeleteOldRDN bool
	NewSuperior  string
}

// ChangeType is what a record does. The empty string marks a content record.
type ChangeType string

const (
	ChangeNone   ChangeType = ""
	ChangeAdd    ChangeType = "add"
	ChangeDelete ChangeType = "delete"
	ChangeModify ChangeType = "modify"
	ChangeModRDN ChangeType = "modrdn"
)

// Attribute is one value of one attribute. Name keeps its options and its case as written:
// "proxyAddresses;range=0-1499".
type Attribute struct {
	Name  string
	Value []byte
}

// Mod is one modification. Add needs a value; delete without one removes the attribute, replace
// without one empties it.
type Mod struct {
	Op     ModOp
	Name   string
	Values [][]byte
}

// ModOp is what a modification does with its values.
type ModOp string

const (
	Add     ModOp = "add"
	Delete  ModOp = "delete"
	Replace ModOp = "replace"
)

// Control is an LDAP control to send with a change. A nil Value is an absent one, an empty
// Value is sent. ldapmodify 2.5 accepts one control for each record.
type Control struct {
	OID         string
	Criticality bool
	Value       []byte
}

// A View is a content or add record in the buffers of its [Reader], valid until the next is
// read. Of other records it has only the change.
type View struct {
	Line int
	// Offset is how many bytes of the input come before the record and its comments, -1
	// in UTF-16.
	Offset     int64
	DN         []byte
	Change     ChangeType
	Attributes []Attribute // those that Reader.Select wants
}

// Clone returns a copy that shares no memory with rec. All values are parts of one allocation.
func (rec *Record) Clone() *Record {
	size, values := 0, 0
	for _, a := range rec.Attributes {
		size += len(a.Value)
	}
	for _, m := range rec.Mods {
		values += len(m.Values)
		for _, v := range m.Values {
			size += len(v)
		}
	}
	for _, c := range rec.Controls {
		size += len(c.Value)
	}
	data := make([]byte, 0, size)
	keep := func(v []byte) []byte {
		if v == nil {
			return nil
		}
		start := len(data)
		data = append(data, v...)
		return data[start:len(data):len(data)]
	}

	c := *rec
	c.Comments = append([]string(nil), rec.Comments...)
	c.Controls = append([]Control(nil), rec.Controls...)
	for i := range c.Controls {
		c.Controls[i].Value = keep(c.Controls[i].Value)
	}
	c.Attributes = append([]Attribute(nil), rec.Attributes...)
	for i := range c.Attributes {
		c.Attributes[i].Value = keep(c.Attributes[i].Value)
	}
	c.Mods = append([]Mod(nil), rec.Mods...)
	lists := make([][]byte, 0, values)
	for i := range c.Mods {
		start := len(lists)
		for _, v := range c.Mods[i].Values {
			lists = append(lists, keep(v))
		}
		if c.Mods[i].Values != nil {
			c.Mods[i].Values = lists[start:len(lists):len(lists)]
		}
	}
	return &c
}

// check returns an error if LDIF cannot represent rec.
func (rec *Record) check() error {
	if len(rec.Attributes) > 0 && rec.Change != ChangeNone && rec.Change != ChangeAdd {
		return fmt.Errorf("%s record with attributes", rec.Change)
	}
	if len(rec.Mods) > 0 && rec.Change != ChangeModify {
		return errors.New("modifications in a record that is not a modify")
	}
	if (rec.NewRDN != "" || rec.DeleteOldRDN || rec.NewSuperior != "") && rec.Change != ChangeModRDN {
		return errors.New("new name in a record that is not a modrdn")
	}
	if len(rec.Controls) > 0 && rec.Change == ChangeNone {
		return errors.New("control in a content record")
	}
	for _, c := range rec.Controls {
		if !validOID(c.OID) {
			return fmt.Errorf("control %q: not an object identifier", c.OID)
		}
	}
	switch rec.Change {
	case ChangeNone, ChangeAdd:
		if len(rec.Attributes) == 0 {
			return errors.New("no attributes")
		}
		for _, a := range rec.Attributes {
			if err := checkAttribute(a.Name); err != nil {
				return err
			}
		}
	case ChangeModify:
		return rec.checkMods()
	case ChangeModRDN:
		if rec.NewRDN == "" {
			return errors.New("modrdn without a new name")
		}
	case ChangeDelete:
	default:
		return fmt.Errorf("change type %q is unknown", rec.Change)
	}
	return nil
}

func (rec *Record) checkMods() error {
	if len(rec.Mods) == 0 {
		return errors.New("modify without modifications")
	}
	for _, m := range rec.Mods {
		if m.Op != Add && m.Op != Delete && m.Op != Replace {
			return fmt.Errorf("modification %q is unknown", m.Op)
		}
		if err := checkAttribute(m.Name); err != nil {
			return err
		}
		if m.Op == Add && len(m.Values) == 0 {
			return fmt.Errorf("%s: add without values", m.Name)
		}
	}
	return nil
}

func checkAttribute(name string) error {
	if !validName(name) || keywordOf(name) != noKeyword {
		return fmt.Errorf("%+q: not an attribute name", name)
	}
	return nil
}
