package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
	"proxyaddr/report/words"
)

// ReadFix reads what [Fix] or [Rollback] wrote, also after it was edited by hand:
// the records, in order, without File. Of the comments it reads the instructions
// alone: the objectGUID, and whether the record restores a conflict. A record
// without instructions, as earlier versions wrote it, is about the object that has
// its name, and restores nothing.
//
// A record must do what those of Fix can do and no more: delete exact values of
// proxyAddresses and add others, in that order, and replace the value of mail. All
// records that do anything else are told at once, each as an [ldif.ParseError],
// joined by [errors.Join]; what follows a line that is no LDIF is not looked at.
func ReadFix(r io.Reader) ([]conflicts.FixRecord, error) {
	var list []conflicts.FixRecord
	var mistakes []error
	first := map[conflicts.Ref]int{}
	in := ldif.NewReader(r)
	for {
		rec, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			mistakes = append(mistakes, err)
			break
		}
		mistake := func(format string, args ...any) {
			mistakes = append(mistakes, &ldif.ParseError{Line: rec.Line, Err: fmt.Errorf("%s: %s", words.Escape(rec.DN), words.Escape(fmt.Sprintf(format, args...)))})
		}
		fix := conflicts.FixRecord{Line: rec.Line, DN: rec.DN}
		err = obey(&fix, rec.Comments)
		if err == nil {
			err = readMods(&fix, rec)
		}
		if err != nil {
			mistake("%v", err)
			continue
		}
		names := []conflicts.Ref{conflicts.NameRef(fix.DN)}
		if fix.GUID != (conflicts.GUID{}) {
			names = append(names, conflicts.Ref{GUID: fix.GUID})
		}
		for _, name := range names {
			if line := first[name]; line > 0 {
				mistake("line %d changes the object too: put all its changes into one record", line)
				break
			}
		}
		for _, name := range names {
			first[name] = rec.Line
		}
		list = append(list, fix)
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return list, nil
}

// readMods reads what a record does, or says why it is none of ours.
func readMods(fix *conflicts.FixRecord, rec *ldif.Record) error {
	switch {
	case !strings.Contains(rec.DN, "="):
		return errors.New("not the distinguished name of an object")
	case rec.Change == ldif.ChangeNone:
		return errors.New("no change: the record has no changetype")
	case rec.Change != ldif.ChangeModify:
		return fmt.Errorf("changetype %s is not supported: use modify", rec.Change)
	case len(rec.Controls) > 0:
		return fmt.Errorf("control %s: controls are not supported", rec.Controls[0].OID)
	}
	for _, mod := range rec.Mods {
		if err := readMod(fix, mod); err != nil {
			return fmt.Errorf("%s: %w", mod.Name, err)
		}
	}
	for _, e := range fix.Attributes {
		if e.Attribute == conflicts.Mail.String() && (len(e.Delete) != 1 || len(e.Add) != 1) {
			return errors.New("mail: delete one value and add one")
		}
	}
	return nil
}

// readMod reads one modification.
func readMod(fix *conflicts.FixRecord, mod ldif.Mod) error {
	known := []string{conflicts.ProxyAddresses.String(), conflicts.Mail.String()}
	i := slices.IndexFunc(known, func(name string) bool { return strings.EqualFold(name, mod.Name) })
	switch {
	case strings.EqualFold(mod.Name, conflicts.UserPrincipalName.String()):
		return errors.New("proxyaddr never changes a logon name")
	case i < 0:
		return errors.New("only proxyAddresses and mail can be changed")
	case mod.Op == ldif.Replace:
		return errors.New("replace is not supported because it does not check the old value: delete the old value and add the new one")
	case len(mod.Values) == 0:
		return errors.New("delete without a value would remove all values")
	}
	at := slices.IndexFunc(fix.Attributes, func(e conflicts.AttributeFix) bool { return e.Attribute == known[i] })
	if at < 0 {
		at = len(fix.Attributes)
		fix.Attributes = append(fix.Attributes, conflicts.AttributeFix{Attribute: known[i]})
	}
	e := &fix.Attributes[at]
	values := &e.Add
	if mod.Op == ldif.Delete {
		if e.Add != nil {
			return errors.New("delete must come before add")
		}
		values = &e.Delete
	}
	for _, value := range mod.Values {
		v := string(value)
		switch {
		case v == "":
			return fmt.Errorf("%s of an empty value", mod.Op)
		case slices.Contains(*values, v):
			return fmt.Errorf("%s of %s twice", mod.Op, v)
		case mod.Op == ldif.Add && slices.Contains(e.Delete, v):
			return fmt.Errorf("%s is deleted and added again", v)
		}
		*values = append(*values, v)
	}
	return nil
}
