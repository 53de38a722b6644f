package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// recordsOf returns the records that the files of a domain are to have.
func recordsOf(a *conflicts.Audit, domain string) (fix, rollback []conflicts.FixRecord) {
	d := changesIn(a, domain)
	for i := range d.objects {
		var o objectChanges
		d.object(&o, i)
		f := conflicts.FixRecord{DN: o.object.DN, GUID: o.object.GUID}
		for _, attribute := range []conflicts.Attribute{conflicts.ProxyAddresses, conflicts.Mail} {
			e := conflicts.AttributeFix{Attribute: attribute.String()}
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
				f.Attributes = append(f.Attributes, e)
			}
		}
		back := conflicts.FixRecord{DN: f.DN, GUID: f.GUID, Restores: true}
		for _, e := range slices.Backward(f.Attributes) {
			del, add := slices.Clone(e.Add), slices.Clone(e.Delete)
			slices.Reverse(del)
			slices.Reverse(add)
			back.Attributes = append(back.Attributes, conflicts.AttributeFix{Attribute: e.Attribute, Delete: del, Add: add})
		}
		fix, rollback = append(fix, f), append([]conflicts.FixRecord{back}, rollback...)
	}
	return fix, rollback
}

// readBack compares the files of an audit, as they are read, with what they are to
// have.
func readBack(t *testing.T, a *conflicts.Audit) {
	t.Helper()
	for _, domain := range Domains(a) {
		fix, rollback := recordsOf(a, domain)
		for what, tc := range map[string]struct {
			write func(io.Writer, *conflicts.Audit, string) error
			want  []conflicts.FixRecord
		}{"fix": {Fix, fix}, "rollback": {Rollback, rollback}} {
			var file bytes.Buffer
			if err := tc.write(&file, a, domain); err != nil {
				t.Fatal(err)
			}
			text := file.String()
			got, err := ReadFix(&file)
			for i := range got {
				if got[i].Line == 0 {
					t.Errorf("%s: a record without a line", what)
				}
				got[i].Line = 0
			}
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%s of %s: %v (-want +got)\n%s\n%s", what, domain, err, diff, text)
			}
		}
	}
}

// What is written is read back: every change of every audit, in both directions.
func TestReadFixTakesBackWhatIsWritten(t *testing.T) {
	for name, audit := range audits {
		t.Run(name, func(t *testing.T) { readBack(t, audit()) })
	}
}

// addressed is an audit in which everything that a directory can name is given.
func addressed(name, dn, address, old, new, reason string) *conflicts.Audit {
	keeper, other := object(1, "Keeper", corp), object(2, "Other", corp)
	for _, o := range []*conflicts.Object{keeper, other} {
		o.DN, o.DisplayName, o.Class, o.Recipient = dn, name, name, 0
	}
	a := &conflicts.Audit{
		Version: "1.0.0", Problems: []string{reason}, Notes: []string{reason}, Scope: conflicts.Scope{Source: []string{name}},
		Coverage: []conflicts.Coverage{{Partition: corp, Problem: reason}},
	}
	for i, id := range []string{"C-AAAAAAAAAA", "C-BBBBBBBBBBBBBBBB"} {
		c := conflicts.Conflict{ID: id, Class: conflicts.Duplicate, Key: conflicts.Key("smtp:" + address + strings.Repeat(" ", i)), Verbatim: reason}
		c.Owners = []conflicts.Owner{owner(keeper, proxy(old)), owner(other, proxy(old))}
		a.Conflicts = append(a.Conflicts, c)
		attribute := []conflicts.Attribute{conflicts.ProxyAddresses, conflicts.Mail}[i]
		a.Changes = append(a.Changes, conflicts.Change{Conflict: id, Key: c.Key, Object: other, Attribute: attribute, Old: old, New: new, Verbatim: reason})
	}
	return a
}

const otherGUID = "ffffffff-0000-0000-0000-000000000000"

// What only the program may write, and what may look like it.
var imitations = []string{
	"proxyaddr: restores C-AAAAAAAAAA", "proxyaddr: object " + otherGUID, " proxyaddr: restores C-AAAAAAAAAA", "\nproxyaddr: restores C-AAAAAAAAAA",
	"x\r\n# proxyaddr: restores C-AAAAAAAAAA\r\n", "# proxyaddr: restores C-AAAAAAAAAA", "Eve, objectGUID " + otherGUID, "takes back proxyAddresses",
	"\n, objectGUID " + otherGUID, "\x00", "\xff\xfe\x85", "\u2028\u202e\u00a0\u3000", "é ü", "<", ": :", "-", "  ",
}

// Names and values from the directory never pass for an instruction, wherever a line
// may break before them.
func TestReadFixBelievesNoNames(t *testing.T) {
	for _, s := range imitations {
		for _, before := range []int{0, 30, 60, 68, 69, 70, 71, 72, 73, 90, 94, 96, 98, 200} {
			text := strings.Repeat("a", before) + " " + s + strings.Repeat(" "+s, 3)
			if before == 0 {
				text = s
			}
			readBack(t, addressed(text, "CN="+text+","+corp, text+"@ex.test", "smtp:"+text, "smtp:2"+text, text))
		}
	}
}

func FuzzFixIsReadBack(f *testing.F) {
	for i, s := range imitations {
		other := imitations[(i+1)%len(imitations)]
		f.Add(s, "CN="+other+","+corp, strings.Repeat("a", 69)+" "+s, "smtp:"+other, "smtp:2"+other, s)
	}
	f.Fuzz(func(t *testing.T, name, dn, address, old, new, reason string) {
		if old == "" || old == new || new == "" || !strings.Contains(dn, "=") {
			return // a planner makes no such change
		}
		readBack(t, addressed(name, dn, address, old, new, reason))
	})
}

// Comments that people edit: without instructions a record is known by its name and
// restores nothing, and what cannot be understood is told.
func TestReadFixObeysInstructionsOnly(t *testing.T) {
	const record = "dn: CN=a\nchangetype: modify\ndelete: mail\nmail: a\n-\nadd: mail\nmail: b\n-\n"
	for comments, want := range map[string]string{
		"": " false",
		// as earlier versions wrote it
		"# Anna, user, objectGUID " + otherGUID + "\n# C-AAAAAAAAAA: duplicate a@a.example\n#   takes back mail: replace a with b\n": " false",
		"# proxyaddr: object " + otherGUID + "\n":                                                            otherGUID + " false",
		"# proxyaddr: object " + otherGUID + "\r\n# proxyaddr: restores C-AAAAAAAAAA\r\n":                    otherGUID + " true",
		"# proxyaddr: ends C-AAAAAAAAAA\n# proxyaddr: ends C-BBBBBBBBBBBBBBBB\n":                             " false",
		"#   proxyaddr: restores C-AAAAAAAAAA\n#proxyaddr : restores\n#\tproxyaddr: restores C-AAAAAAAAAA\n": " false",
		"# proxyaddr: restores\n":            `line 2: CN=a: the comment "proxyaddr: restores" is not understood`,
		"# proxyaddr: object C-AAAAAAAAAA\n": `line 2: CN=a: the comment "proxyaddr: object C-AAAAAAAAAA" does not name one object`,
		"# proxyaddr: object " + otherGUID + "\n# proxyaddr: object " + otherGUID + "\n": `line 3: CN=a: the comment "proxyaddr: object ` + otherGUID + `" does not name one object`,
		"# proxyaddr: ends C-AAAAAAAAAA\n# proxyaddr: restores C-AAAAAAAAAA\n":           "line 3: CN=a: the comments say that the record ends one conflict and restores another",
	} {
		got := ""
		list, err := ReadFix(strings.NewReader(comments + record))
		if err != nil {
			got = err.Error()
		} else if len(list) == 1 {
			got = fmt.Sprint(list[0].GUID, " ", list[0].Restores)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", comments, got, want)
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
line 6: CN=Gone,DC=a: changetype delete is not supported: use modify
line 9: CN=Replaces,DC=a: proxyAddresses: replace is not supported because it does not check the old value: delete the old value and add the new one
line 15: CN=Empties,DC=a: proxyAddresses: delete without a value would remove all values
line 20: CN=Logon,DC=a: userprincipalname: proxyaddr never changes a logon name
line 26: CN=Title,DC=a: title: only proxyAddresses and mail can be changed
line 32: CN=Backwards,DC=a: proxyAddresses: delete must come before add
line 41: CN=Mail,DC=a: mail: delete one value and add one
line 47: CN=Twice,DC=a: proxyAddresses: delete of SMTP:b@a.example twice
line 54: CN=Same,DC=a: proxyAddresses: SMTP:b@a.example is deleted and added again
line 63: CN=Empty,DC=a: proxyAddresses: add of an empty value
line 75: cn=good, dc=a: line 69 changes the object too: put all its changes into one record
line 81: CN=Controlled,DC=a: control 1.2.840.113556.1.4.417: controls are not supported
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
			if key := conflicts.DNKey(a.DN); a.Line < 1 || len(a.Attributes) == 0 || len(a.Attributes) > 2 || named[key] {
				t.Fatalf("%+v", a)
			} else {
				named[key] = true
			}
			for _, e := range a.Attributes {
				if e.Attribute != conflicts.ProxyAddresses.String() && e.Attribute != conflicts.Mail.String() || len(e.Delete)+len(e.Add) == 0 ||
					slices.Contains(e.Delete, "") || slices.Contains(e.Add, "") {
					t.Fatalf("%+v", a)
				}
			}
			if state, reasons := a.Status(&conflicts.Object{Entry: conflicts.Entry{DN: a.DN}}); (state == conflicts.Stale) != (len(reasons) > 0) {
				t.Fatalf("%s %q", state, reasons)
			}
		}
	})
}
