package ldif

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriter(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out)
	if err := w.Comment("Fix for contoso.com\n\nReview before use: dn: cn=x\r"); err != nil {
		t.Fatal(err)
	}
	for _, rec := range []*Record{{
		Comments: []string{"Müller, keeps smtp:a@contoso.com", ""},
		DN:       "CN=Müller,DC=contoso,DC=com",
		Change:   ChangeModify,
		Controls: []Control{{OID: "1.2.3", Criticality: true}, {OID: "1.2.4", Value: []byte{0}}, {OID: "1.2.5", Value: []byte{}}},
		Mods: []Mod{
			mod(Delete, "proxyAddresses", "smtp:a@contoso.com"),
			mod(Add, "proxyAddresses", "smtp:a2@contoso.com"),
			mod(Replace, "info"),
		},
	}, {
		DN:         "CN=" + strings.Repeat("long", 40),
		Change:     ChangeAdd,
		Attributes: attrs("objectClass", "user", "info", "", "description", strings.Repeat("\xc3\xa4", 50)),
	}, {
		DN:     "CN=c",
		Change: ChangeModRDN, NewRDN: "CN=ç", DeleteOldRDN: true, NewSuperior: "OU=d",
	}, {
		DN:     "CN=d",
		Change: ChangeDelete,
	}, {
		Attributes: attrs("cn", "content"),
	}} {
		if rec.DN == "CN=c" {
			line := []byte("renamed to ç")
			w.Annotate(line)
			copy(line, "overwritten") // as by the next line
			w.Annotate(nil)
		}
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := `version: 1

# Fix for contoso.com
#
# Review before use: dn: cn=x\r

# M\u00fcller, keeps smtp:a@contoso.com
#
dn:: Q049TcO8bGxlcixEQz1jb250b3NvLERDPWNvbQ==
control: 1.2.3 true
control: 1.2.4 false:: AA==
control: 1.2.5 false:
changetype: modify
delete: proxyAddresses
proxyAddresses: smtp:a@contoso.com
-
add: proxyAddresses
proxyAddresses: smtp:a2@contoso.com
-
replace: info
-

dn: CN=longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglongl
 onglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong
 longlonglonglong
changetype: add
objectClass: user
info:
description:: w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpM
 Okw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpA==

# renamed to \u00e7
#
dn: CN=c
changetype: modrdn
newrdn:: Q049w6c=
deleteoldrdn: 1
newsuperior: OU=d

dn: CN=d
changetype: delete

dn:
cn: content

`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

func TestWriterFoldsAtTheWidth(t *testing.T) {
	for n := range 4 * lineWidth {
		rec := &Record{DN: strings.Repeat("d", n), Attributes: attrs("a", strings.Repeat("v", n))}
		out := write(t, false, rec)
		for line := range bytes.Lines(out) {
			if len(line) > lineWidth+len("\n") || string(line) == " \n" {
				t.Errorf("%d characters: bad line %q", n, line)
			}
		}
		got, err := readAll(NewReader(bytes.NewReader(out)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]*Record{rec}, got, ignoreLine); diff != "" {
			t.Errorf("%d characters (-want +got):\n%s", n, diff)
		}
	}
}

// Every byte at the start, inside and at the end of a value: base64 where RFC 2849 asks for it,
// and nowhere else but for control characters.
func TestWriterBase64(t *testing.T) {
	for c := range 256 {
		control, high := c < 0x20 || c == 0x7f, c > 0x7f
		for _, test := range []struct {
			value string
			want  bool
		}{
			{string([]byte{byte(c), 'x'}), control || high || c == ' ' || c == ':' || c == '<'},
			{string([]byte{'x', byte(c), 'x'}), control || high},
			{string([]byte{'x', byte(c)}), control || high || c == ' '},
		} {
			out := write(t, false, &Record{DN: "cn=a", Attributes: attrs("a", test.value)})
			if got := bytes.Contains(out, []byte("\na:: ")); got != test.want {
				t.Errorf("%q: base64 is %t, want %t", test.value, got, test.want)
			}
		}
	}
}

// Names out of the directory end up in comments: none may end the comment and start a change.
func TestWriterHostileComments(t *testing.T) {
	for text, want := range map[string]string{
		"x\ndn: cn=victim":          `# x\ndn: cn=victim`,
		"x\r\n\r\ndn: cn=victim":    `# x\r\n\r\ndn: cn=victim`,
		"x\x00\x1b[2J\x7f\t":        `# x\x00\x1b[2J\x7f\t`,
		"\u0085\u2028dn: cn=victim": `# \u0085\u2028dn: cn=victim`,
		"Åsa \U0001f600 \xff\ufffd": `# \u00c5sa \U0001f600 \xff\ufffd`,
		` folded \, 'kept' "as is"`: `#  folded \, 'kept' "as is"`,
	} {
		for _, crlf := range []bool{false, true} {
			out := write(t, crlf, &Record{Comments: []string{text}, DN: "cn=a", Change: ChangeDelete})
			want := "version: 1\n\n" + want + "\ndn: cn=a\nchangetype: delete\n\n"
			if crlf {
				want = strings.ReplaceAll(want, "\n", "\r\n")
			}
			if string(out) != want {
				t.Errorf("comment %q, crlf=%t: got\n%q, want\n%q", text, crlf, out, want)
			}
		}

		var out bytes.Buffer
		w := NewWriter(&out)
		if err := errors.Join(w.Comment(text), w.Flush()); err != nil {
			t.Fatal(err)
		}
		recs, err := readAll(NewReader(&out))
		if len(recs) > 0 || err != nil {
			t.Errorf("block comment %q reads as %v, %v", text, recs, err)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	one := attrs("cn", "a")
	for name, test := range map[string]struct {
		rec  Record
		want string
	}{
		"content without attributes": {Record{}, "no attributes"},
		"add without attributes":     {Record{Change: ChangeAdd}, "no attributes"},
		"empty name":                 {Record{Attributes: attrs("", "a")}, `"": not an attribute name`},
		"name with a line feed":      {Record{Attributes: attrs("a\ndn", "a")}, `"a\ndn": not an attribute name`},
		"name with a colon":          {Record{Attributes: attrs("a:", "a")}, `"a:": not an attribute name`},
		"name of a keyword":          {Record{Attributes: attrs("ChangeType", "delete")}, `"ChangeType": not an attribute name`},
		"attributes in a delete":     {Record{Change: ChangeDelete, Attributes: one}, "delete record with attributes"},
		"mods in a content record":   {Record{Attributes: one, Mods: []Mod{mod(Delete, "a")}}, "modifications in a record that is not a modify"},
		"new name in a delete":       {Record{Change: ChangeDelete, NewRDN: "cn=b"}, "new name in a record that is not a modrdn"},
		"control in content":         {Record{Attributes: one, Controls: []Control{{OID: "1.2"}}}, "control in a content record"},
		"control with a line feed":   {Record{Change: ChangeDelete, Controls: []Control{{OID: "1.2\n"}}}, `control "1.2\n": not an object identifier`},
		"modify without mods":        {Record{Change: ChangeModify}, "modify without modifications"},
		"unknown op":                 {Record{Change: ChangeModify, Mods: []Mod{mod("increment", "a", "1")}}, `modification "increment" is unknown`},
		"mod without a name":         {Record{Change: ChangeModify, Mods: []Mod{mod(Delete, "")}}, `"": not an attribute name`},
		"add without values":         {Record{Change: ChangeModify, Mods: []Mod{mod(Add, "a")}}, "a: add without values"},
		"modrdn without a name":      {Record{Change: ChangeModRDN}, "modrdn without a new name"},
		"unknown change":             {Record{Change: "moddn"}, `change type "moddn" is unknown`},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			w := NewWriter(&out)
			test.rec.DN = "cn=ä\n"
			w.Annotate([]byte("of the record"))
			err := w.Write(&test.rec)
			if want := `"cn=\u00e4\n": ` + test.want; err == nil || err.Error() != want {
				t.Errorf("error is %v, want %s", err, want)
			}
			if err := w.Flush(); err != nil || out.Len() > 0 {
				t.Errorf("output after the refusal: %q, %v", out.String(), err)
			}
		})
	}
}

// ldapmodify -n parses everything and contacts no server.
func TestWriterSuitsLdapmodify(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a program of OpenLDAP")
	}
	ldapmodify, err := exec.LookPath("ldapmodify")
	if err != nil {
		t.Fatal(err)
	}
	recs := []*Record{{
		Comments: []string{"a\ndn: cn=victim", strings.Repeat("long", 5000), ""},
		DN:       "CN=Müller,DC=contoso,DC=com",
		Change:   ChangeModify,
		Controls: []Control{{OID: "1.2.3", Value: []byte{0}}},
		Mods: []Mod{
			mod(Delete, "proxyAddresses", "smtp:a@contoso.com"),
			mod(Add, "proxyAddresses", "smtp:"+strings.Repeat("a", 200)),
			mod(Replace, "info"),
		},
	}, {
		DN:         "CN=" + strings.Repeat("long", 40),
		Change:     ChangeAdd,
		Attributes: attrs("objectClass", "contact", "info", "", "description", " x"),
	}, {
		DN:     "CN=c,DC=contoso",
		Change: ChangeModRDN, NewRDN: "CN=d", DeleteOldRDN: true, NewSuperior: "OU=e",
	}, {
		DN:     "CN=d",
		Change: ChangeDelete,
	}}
	for _, crlf := range []bool{false, true} {
		cmd := exec.Command(ldapmodify, "-n", "-v")
		cmd.Stdin = bytes.NewReader(write(t, crlf, recs...))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("crlf=%t: %v\n%s", crlf, err, out)
		}
		want := "delete proxyAddresses:\n\tsmtp:a@contoso.com\nadd proxyAddresses:\n\tsmtp:" + strings.Repeat("a", 200) +
			"\nreplace info:\n!modifying entry \"CN=Müller,DC=contoso,DC=com\"\n\n" +
			"add objectClass:\n\tcontact\nadd info:\n\t\nadd description:\n\t x\n!adding new entry \"" + recs[1].DN + "\"\n\n" +
			"!modifying rdn of entry \"CN=c,DC=contoso\"\n\tnew RDN: \"CN=d\" (do not keep existing values)\n\n" +
			"!deleting entry \"CN=d\"\n\n"
		if diff := cmp.Diff(want, string(out)); diff != "" {
			t.Errorf("crlf=%t: what ldapmodify understood (-want +got):\n%s", crlf, diff)
		}
	}
}

func TestWriterReportsFailure(t *testing.T) {
	full := errors.New("disk full")
	w := NewWriter(failing{full})
	if err := errors.Join(w.Write(&Record{DN: "cn=a", Change: ChangeDelete}), w.Flush()); !errors.Is(err, full) {
		t.Errorf("error is %v, want %v", err, full)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
