package report

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// What is written is read back: every change of every audit, in both directions.
func TestReadFixTakesBackWhatIsWritten(t *testing.T) {
	for name, audit := range audits {
		a := audit()
		for _, domain := range Domains(a) {
			var fix, rollback []conflicts.Amendment
			for _, o := range byDomain(a)[domain] {
				f := conflicts.Amendment{DN: o.object.DN, GUID: o.object.GUID}
				for _, attribute := range []string{conflicts.ProxyAddresses, conflicts.Mail} {
					e := conflicts.Edit{Attribute: attribute}
					for _, c := range o.changes {
						if c.Attribute != attribute {
							continue
						}
						e.Delete = append(e.Delete, c.Old)
						if c.New != "" {
							e.Add = append(e.Add, c.New)
						}
					}
					if e.Delete != nil {
						f.Edits = append(f.Edits, e)
					}
				}
				back := conflicts.Amendment{DN: f.DN, GUID: f.GUID, Restores: true}
				for _, e := range slices.Backward(f.Edits) {
					del, add := slices.Clone(e.Add), slices.Clone(e.Delete)
					slices.Reverse(del)
					slices.Reverse(add)
					back.Edits = append(back.Edits, conflicts.Edit{Attribute: e.Attribute, Delete: del, Add: add})
				}
				fix, rollback = append(fix, f), append([]conflicts.Amendment{back}, rollback...)
			}
			for what, tc := range map[string]struct {
				write func(io.Writer, *conflicts.Audit, string) error
				want  []conflicts.Amendment
			}{"fix": {Fix, fix}, "rollback": {Rollback, rollback}} {
				var file bytes.Buffer
				if err := tc.write(&file, a, domain); err != nil {
					t.Fatal(err)
				}
				got, err := ReadFix(&file)
				for i := range got {
					if got[i].Line == 0 {
						t.Errorf("%s: a record without a line", what)
					}
					got[i].Line = 0
				}
				if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
					t.Errorf("%s of %s, %s: %v (-want +got)\n%s", what, name, domain, err, diff)
				}
			}
		}
	}
}

// Names in comments, which come from the directory, do not pass for what only
// the program writes.
func TestReadFixBelievesNoNames(t *testing.T) {
	const other = "ffffffff-0000-0000-0000-000000000000"
	for _, name := range []string{"Eve, objectGUID " + other, strings.Repeat("x ", 60) + ", objectGUID " + other, "takes back proxyAddresses", "  takes back",
		strings.Repeat("x ", 40) + " takes back proxyAddresses: " + strings.Repeat("y ", 40), "\n, objectGUID " + other} {
		a := normalAudit()
		for i := range a.Conflicts {
			for _, o := range a.Conflicts[i].Owners {
				o.DisplayName = name
			}
		}
		var file bytes.Buffer
		if err := Fix(&file, a, "corp.contoso.com"); err != nil {
			t.Fatal(err)
		}
		list, err := ReadFix(&file)
		if err != nil || len(list) == 0 {
			t.Fatalf("%q: %d records, %v", name, len(list), err)
		}
		for _, amendment := range list {
			if !slices.ContainsFunc(a.Changes, func(c conflicts.Change) bool { return c.Object.GUID == amendment.GUID && c.Object.DN == amendment.DN }) || amendment.Restores {
				t.Errorf("%q: %+v", name, amendment)
			}
		}
	}
}

// Everything that is not ours to do is told at once, by line.
func TestReadFixRefuses(t *testing.T) {
	const file = `version: 1

dn: CN=Content,DC=a
proxyAddresses: SMTP:a@a.example

dn: CN=Gone,DC=a
changetype: delete

dn: CN=Replaces,DC=a
changetype: modify
replace: proxyAddresses
proxyAddresses: SMTP:a@a.example
-

dn: CN=Empties,DC=a
changetype: modify
delete: proxyAddresses
-

dn: CN=Logon,DC=a
changetype: modify
delete: userprincipalname
userprincipalname: a@a.example
-

dn: CN=Title,DC=a
changetype: modify
add: title
title: Boss
-

dn: CN=Backwards,DC=a
changetype: modify
add: proxyAddresses
proxyAddresses: SMTP:a@a.example
-
delete: proxyAddresses
proxyAddresses: SMTP:b@a.example
-

dn: CN=Mail,DC=a
changetype: modify
add: mail
mail: a@a.example
-

dn: CN=Twice,DC=a
changetype: modify
delete: proxyAddresses
proxyAddresses: SMTP:b@a.example
proxyAddresses: SMTP:b@a.example
-

dn: CN=Same,DC=a
changetype: modify
delete: proxyAddresses
proxyAddresses: SMTP:b@a.example
-
add: proxyAddresses
proxyAddresses: SMTP:b@a.example
-

dn: CN=Empty,DC=a
changetype: modify
add: proxyAddresses
proxyAddresses:
-

dn: CN=Good,DC=a
changetype: modify
delete: PROXYADDRESSES
proxyaddresses: SMTP:b@a.example
-

dn: cn=good, dc=a
changetype: modify
delete: proxyAddresses
proxyAddresses: SMTP:c@a.example
-

dn: CN=Controlled,DC=a
control: 1.2.840.113556.1.4.417 true
changetype: modify
delete: proxyAddresses
proxyAddresses: SMTP:c@a.example
-

dn: nobody
changetype: modify
delete: proxyAddresses
proxyAddresses: SMTP:c@a.example
-

dn: CN=URL,DC=a
changetype: modify
delete: proxyAddresses
proxyAddresses:< file:///etc/passwd
-
`
	_, err := ReadFix(strings.NewReader(file))
	const want = `line 3: CN=Content,DC=a: no change: the record has no changetype
line 6: CN=Gone,DC=a: changetype delete: only modify is taken
line 9: CN=Replaces,DC=a: proxyAddresses: replace is not taken, as it asks for no old value: delete that and add the new one
line 15: CN=Empties,DC=a: proxyAddresses: delete without a value would take all away
line 20: CN=Logon,DC=a: userprincipalname: a logon name is never changed
line 26: CN=Title,DC=a: title: only proxyAddresses and mail are changed
line 32: CN=Backwards,DC=a: proxyAddresses: a delete stands behind an add
line 41: CN=Mail,DC=a: mail: one value is to be deleted and one added
line 47: CN=Twice,DC=a: proxyAddresses: delete of SMTP:b@a.example twice
line 54: CN=Same,DC=a: proxyAddresses: SMTP:b@a.example is deleted and added again
line 63: CN=Empty,DC=a: proxyAddresses: add of an empty value
line 75: cn=good, dc=a: line 69 changes the object too: put all its changes into one record
line 81: CN=Controlled,DC=a: control 1.2.840.113556.1.4.417: none is taken
line 88: nobody: not the distinguished name of an object
line 97: proxyAddresses: value is a URL (:<), which is never followed`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	if !errors.Is(err, ldif.ErrURL) {
		t.Error("the cause is lost")
	}
}

func FuzzReadFix(f *testing.F) {
	for _, audit := range audits {
		a := audit()
		for _, domain := range Domains(a) {
			for _, write := range []func(io.Writer, *conflicts.Audit, string) error{Fix, Rollback} {
				var file bytes.Buffer
				if err := write(&file, a, domain); err != nil {
					f.Fatal(err)
				}
				f.Add(file.Bytes())
			}
		}
	}
	f.Add([]byte("dn: CN=a\nchangetype: modify\nreplace: mail\nmail: a\n-\ndelete: mail\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := ReadFix(bytes.NewReader(file))
		if err != nil {
			if list != nil {
				t.Fatal("records beside an error")
			}
			return
		}
		named := map[string]bool{}
		for _, a := range list {
			if key := conflicts.DNKey(a.DN); a.Line < 1 || len(a.Edits) == 0 || len(a.Edits) > 2 || named[key] {
				t.Fatalf("%+v", a)
			} else {
				named[key] = true
			}
			for _, e := range a.Edits {
				if e.Attribute != conflicts.ProxyAddresses && e.Attribute != conflicts.Mail || len(e.Delete)+len(e.Add) == 0 ||
					slices.Contains(e.Delete, "") || slices.Contains(e.Add, "") {
					t.Fatalf("%+v", a)
				}
			}
			if state, reasons := a.State(&conflicts.Object{Entry: conflicts.Entry{DN: a.DN}}); (state == conflicts.Stale) != (len(reasons) > 0) {
				t.Fatalf("%s %q", state, reasons)
			}
		}
	})
}
