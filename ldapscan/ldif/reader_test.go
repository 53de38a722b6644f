package ldif

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestReaderAccepts(t *testing.T) {
	one := func(rec Record) []*Record { return []*Record{&rec} }
	for name, test := range map[string]struct {
		in   string
		want []*Record
	}{
		"nothing":              {"", nil},
		"blank lines only":     {"\n\r\n\n", nil},
		"version only":         {"version: 1\n", nil},
		"comments only":        {"# none\n\n# found\n", nil},
		"root DSE":             {"dn:\ncn: a\n", one(Record{Line: 1, Attributes: attrs("cn", "a")})},
		"entry with no values": {"dn: cn=a\n\n", one(Record{Line: 1, DN: "cn=a"})},
		"empty values": {"dn: cn=a\na:\nb: \nc::\nd:: \n",
			one(Record{Line: 1, DN: "cn=a", Attributes: attrs("a", "", "b", "", "c", "", "d", "")})},
		"value that looks like syntax": {"dn: cn=a\na: b: c\nb:  <x\nc: -\nd: #\n",
			one(Record{Line: 1, DN: "cn=a", Attributes: attrs("a", "b: c", "b", "<x", "c", "-", "d", "#")})},
		"trailing space stays": {"dn: cn=a \na: b \n", one(Record{Line: 1, DN: "cn=a ", Attributes: attrs("a", "b ")})},
		"raw UTF-8":            {"dn: cn=ö\na: ü\n", one(Record{Line: 1, DN: "cn=ö", Attributes: attrs("a", "ü")})},
		"raw Latin-1":          {"dn: cn=a\na: \xfc\n", one(Record{Line: 1, DN: "cn=a", Attributes: attrs("a", "\xfc")})},
		"byte order mark":      {"\xef\xbb\xbfdn: cn=a\n", one(Record{Line: 1, DN: "cn=a"})},
		"folds inside UTF-8 and base64": {"dn:: Y249\n w7Y=\na: \xc3\n \xbc\n",
			one(Record{Line: 1, DN: "cn=ö", Attributes: attrs("a", "ü")})},
		"fold of a space":         {"dn: cn=a\na: b\n  c\n", one(Record{Line: 1, DN: "cn=a", Attributes: attrs("a", "b c")})},
		"base64 on its own lines": {"dn: cn=a\na:: \r\n AAEC\r\n \r\n AwQ=\r\n", one(Record{Line: 1, DN: "cn=a", Attributes: attrs("a", "\x00\x01\x02\x03\x04")})},
		"comments": {"# head\nversion: 1\n#one\n#  two\ndn: cn=a\n# thr\n ee\na: b\n#\n\n# loose\n\ndn: cn=b\n", []*Record{
			{Line: 5, DN: "cn=a", Comments: []string{"one", " two", "three", ""}, Attributes: attrs("a", "b")},
			{Line: 13, DN: "cn=b"},
		}},
		"concatenated files": {"version: 1\ndn: cn=a\n\nversion: 1\n\ndn: cn=b\n", []*Record{
			{Line: 2, DN: "cn=a"}, {Line: 6, DN: "cn=b"},
		}},
		"range option": {"dn: cn=a\nproxyAddresses;range=0-1499: x\nmember;range=1500-*: y\n", one(Record{Line: 1, DN: "cn=a",
			Attributes: attrs("proxyAddresses;range=0-1499", "x", "member;range=1500-*", "y")})},
		"numeric attribute": {"dn: cn=a\n1.2.840.113556.1.2.210: x\n",
			one(Record{Line: 1, DN: "cn=a", Attributes: attrs("1.2.840.113556.1.2.210", "x")})},
		"no dash at the end": {"dn: cn=a\nchangetype: modify\ndelete: x\nx: 1\n-\nadd: X\nx: 2\n", one(Record{Line: 1, DN: "cn=a",
			Change: ChangeModify, Mods: []Mod{mod(Delete, "x", "1"), mod(Add, "X", "2")}})},
		"keywords in any case": {"DN: cn=a\nCHANGETYPE: Modify\nReplace: x\n-\n", one(Record{Line: 1, DN: "cn=a",
			Change: ChangeModify, Mods: []Mod{mod(Replace, "x")}})},
		"attribute called add": {"dn: cn=a\nchangetype: modify\nadd: add\nadd: 1\n-\n", one(Record{Line: 1, DN: "cn=a",
			Change: ChangeModify, Mods: []Mod{mod(Add, "add", "1")}})},
		"moddn, base64": {"dn: cn=a\nchangetype: moddn\nnewrdn:: Y249w7Y=\ndeleteoldrdn: 0\n", one(Record{Line: 1, DN: "cn=a",
			Change: ChangeModRDN, NewRDN: "cn=ö"})},
		"controls": {"dn: cn=a\ncontrol: 1.2 true: x\ncontrol: 1.3 false:: AAE=\ncontrol: 1.4\ncontrol: 1.5:\nchangetype: delete\n",
			one(Record{Line: 1, DN: "cn=a", Change: ChangeDelete, Controls: []Control{
				{OID: "1.2", Criticality: true, Value: []byte("x")}, {OID: "1.3", Value: []byte{0, 1}},
				{OID: "1.4"}, {OID: "1.5", Value: []byte{}},
			}})},
		"content and changes mixed": {"dn: cn=a\na: b\n\ndn: cn=a\nchangetype: delete\n", []*Record{
			{Line: 1, DN: "cn=a", Attributes: attrs("a", "b")}, {Line: 4, DN: "cn=a", Change: ChangeDelete},
		}},
		"ldapsearch -LLL": {"dn: CN=Anna,DC=contoso,DC=com\nproxyAddresses: SMTP:anna@contoso.com\n\n" +
			"# refldap://corp.contoso.com/CN=Configuration,DC=contoso,DC=com\n\n", one(Record{Line: 1,
			DN: "CN=Anna,DC=contoso,DC=com", Attributes: attrs("proxyAddresses", "SMTP:anna@contoso.com")})},
		"ldapsearch without -L": {"# extended LDIF\n#\n# LDAPv3\n\n# Anna, contoso.com\ndn: CN=Anna,DC=contoso,DC=com\nmail: anna@contoso.com\n\n" +
			"# search reference\nref: ldap://corp.contoso.com/CN=Configuration,DC=contoso,DC=com\n\n" +
			"# search result\nsearch: 2\nresult: 0 Success\ncontrol: 1.2.840.113556.1.4.319 false MAUCAQAEAA==\npagedresults: cookie=\n\n" +
			"# numResponses: 3\n# numEntries: 1\n# numReferences: 1\n", one(Record{Line: 6, DN: "CN=Anna,DC=contoso,DC=com",
			Comments: []string{"Anna, contoso.com"}, Attributes: attrs("mail", "anna@contoso.com")})},
		"ldapsearch names a conflict": {"# Ann\nCNF:3db6f3c2-1f0b-4e8e-9e3c-4a3f2a0a6f10, contoso\n .com\ndn:: Q049YQ==\nmail: a\n", one(Record{Line: 4, DN: "CN=a",
			Comments: []string{"Ann", "CNF:3db6f3c2-1f0b-4e8e-9e3c-4a3f2a0a6f10, contoso.com"}, Attributes: attrs("mail", "a")})},
		"ldifde": {"dn: CN=Anna,DC=contoso,DC=com\r\nchangetype: add\r\nproxyAddresses: SMTP:anna@contoso.com\r\nobjectGUID:: \r\n 8Z2xq0oRkUmX6aN0bVqk3g==\r\n\r\n" +
			"dn: CN=Bert,DC=contoso,DC=com\r\nchangetype: add\r\n\r\n", []*Record{
			{Line: 1, DN: "CN=Anna,DC=contoso,DC=com", Change: ChangeAdd, Attributes: attrs("proxyAddresses", "SMTP:anna@contoso.com",
				"objectGUID", "\xf1\x9d\xb1\xabJ\x11\x91I\x97\xe9\xa3tmZ\xa4\xde")},
			{Line: 7, DN: "CN=Bert,DC=contoso,DC=com", Change: ChangeAdd},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, reading := range []struct {
				how string
				src io.Reader
			}{
				{"at once", strings.NewReader(test.in)},
				{"byte by byte", iotest.OneByteReader(strings.NewReader(test.in))},
				{"with the error beside the data", iotest.DataErrReader(strings.NewReader(test.in))},
			} {
				got, err := readAll(NewReader(reading.src))
				if err != nil {
					t.Fatalf("%s: %v", reading.how, err)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s: records (-want +got):\n%s", reading.how, diff)
				}
			}
		})
	}
}

func TestReaderErrorsNameTheLine(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want string
	}{
		"no colon":               {"dn: cn=a\na: b\nproxyAddr", `line 3: "proxyAddr": no colon`},
		"broken base64":          {"dn: cn=a\n\ndn: cn=b\na:: AAEC\n AwQ\n", "line 4: a: broken base64: illegal base64 data at input byte 4"},
		"broken base64 DN":       {"\n\ndn:: Y249w7\n", "line 3: dn: broken base64: illegal base64 data at input byte 4"},
		"no dn":                  {"# c\ncn: a\n", "line 2: cn: a record starts with dn"},
		"dn cut off":             {"dn: cn=a\n\ndn: ", "line 3: dn: neither a name nor attributes"},
		"stray fold":             {"dn: cn=a\n\n a\n", "line 3: line starts with a space but continues no line"},
		"stray dash":             {"dn: cn=a\n-\n", "line 2: -: not possible here, a blank line may be missing above"},
		"missing blank line":     {"dn: cn=a\na: b\ndn: cn=b\n", "line 3: dn: not possible here, a blank line may be missing above"},
		"late changetype":        {"dn: cn=a\na: b\nchangetype: delete\n", "line 3: changetype: not possible here, a blank line may be missing above"},
		"other version":          {"version: 2\ndn: cn=a\n", `line 1: version: "2": only version 1 is known`},
		"bad name":               {"dn: cn=a\na b: c\n", `line 2: "a b": not an attribute name`},
		"empty option":           {"dn: cn=a\na;: c\n", `line 2: "a;": not an attribute name`},
		"hostile name":           {"dn: cn=a\n\x1b[2J: c\n", `line 2: "\x1b[2J": not an attribute name`},
		"UTF-16 without a mark":  {"d\x00n\x00:\x00 \x00", `line 1: "d\x00n\x00": not an attribute name`},
		"NUL":                    {"dn: cn=a\na: b\x00\n", "line 2: a: NUL or carriage return inside a line"},
		"line ends doubled":      {"dn: cn=a\r\r\n", "line 1: dn: NUL or carriage return inside a line"},
		"unknown changetype":     {"dn: cn=a\nchangetype: rename\n", `line 2: changetype: "rename" is unknown`},
		"delete with more":       {"dn: cn=a\nchangetype: delete\na: b\n", "line 3: a: nothing follows changetype delete"},
		"modify cut off":         {"dn: cn=a\nchangetype: modify\n", "line 2: changetype: modify without modifications"},
		"add cut off":            {"dn: cn=a\nchangetype: modify\ndelete: a\n-\nadd: a\n", "line 5: add: a without values"},
		"unknown modification":   {"dn: cn=a\nchangetype: modify\nincrement: a\n", "line 3: increment: a modification starts with add, delete or replace"},
		"modification of a dn":   {"dn: cn=a\nchangetype: modify\nreplace: dn\n-\n", "line 3: replace: dn is not an attribute"},
		"modification of nought": {"dn: cn=a\nchangetype: modify\nreplace:\n-\n", `line 3: replace: "": not an attribute name`},
		"dash missing between":   {"dn: cn=a\nchangetype: modify\nadd: a\na: b\ndelete: c\n-\n", "line 5: delete: inside the modification of a"},
		"modrdn cut off":         {"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\n", "line 2: changetype: modrdn without deleteoldrdn"},
		"modrdn out of order":    {"dn: cn=a\nchangetype: modrdn\ndeleteoldrdn: 1\n", "line 3: deleteoldrdn: expected newrdn"},
		"modrdn neither":         {"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: yes\n", `line 4: deleteoldrdn: "yes" is neither 0 nor 1`},
		"empty newsuperior":      {"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 1\nnewsuperior:\n", "line 5: newsuperior: empty"},
		"modrdn with more":       {"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 1\nnewsuperior: c=d\na: b\n", "line 6: a: nothing follows newsuperior"},
		"control, no change":     {"dn: cn=a\ncontrol: 1.2\na: b\n", "line 2: control: only a record with a changetype has controls"},
		"control, no OID":        {"dn: cn=a\ncontrol: tree\nchangetype: delete\n", `line 2: control: "tree" is not an object identifier`},
		"control, bad flag":      {"dn: cn=a\ncontrol: 1.2 maybe\nchangetype: delete\n", `line 2: control: "maybe" is neither true nor false`},
		"control, URL":           {"dn: cn=a\ncontrol: 1.2 true:< file:///x\nchangetype: delete\n", "line 2: control: value is a URL (:<), which is never followed"},
		"value cut off":          {"dn: cn=a\n\ndn: cn=b\nmail: bob@ex", "line 4: the last line has no line end, so the file may be cut off"},
		"base64 cut at 4":        {"dn: cn=a\nmail:: c210cDpkdXBA", "line 2: the last line has no line end, so the file may be cut off"},
		"comment cut off":        {"dn: cn=a\na: b\n\n# numEntri", "line 4: the last line has no line end, so the file may be cut off"},
		"fold cut off":           {"dn: cn=a\na: b\n c", "line 3: the last line has no line end, so the file may be cut off"},
		"record in a reference":  {"# x\nref: y, contoso.com\ndn: cn=x\na: b\n", "line 3: dn: not possible here, a blank line may be missing above"},
		"record in an outcome":   {"# x\nresult: 0 y, contoso.com\ndn: cn=x\na: b\n", "line 3: dn: not possible here, a blank line may be missing above"},
		"size limit":             {"dn: cn=a\n\nsearch: 2\nresult: 4 Size limit exceeded\n", `line 4: result: "4 Size limit exceeded": the search behind this export did not succeed`},
		"outcome cut off":        {"dn: cn=a\n\nsearch: 2\n", "line 3: search without a result: the search behind this export did not succeed"},
		"UTF-16 cut off":         {"\xff\xfed\x00n\x00:\x00\n\x00c", "line 2: input ends in the middle of a UTF-16 character"},
		"UTF-16, half a pair":    {"\xfe\xff\x00d\x00n\x00:\xd8\x00\x00d", "line 1: malformed UTF-16: unpaired surrogate"},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(strings.NewReader(test.in))
			_, err := readAll(r)
			var parseErr *ParseError
			if !errors.As(err, &parseErr) {
				t.Fatalf("error is %v, want a ParseError", err)
			}
			if err.Error() != test.want {
				t.Errorf("error is\n%v, want\n%v", err, test.want)
			}
			if _, again := r.Read(); again != err {
				t.Errorf("the next Read says %v, want the same error", again)
			}
		})
	}
}

// A reading error must not pass for the end of the export.
func TestReaderReportsSourceErrors(t *testing.T) {
	broken := errors.New("disk on fire")
	src := io.MultiReader(strings.NewReader("dn: cn=a\n\ndn: cn=b\nmail: a@b"), iotest.ErrReader(broken))
	recs, err := readAll(NewReader(src))
	if len(recs) != 1 || recs[0].DN != "cn=a" {
		t.Errorf("records before the error: %v, want cn=a only", recs)
	}
	if !errors.Is(err, broken) || err.Error() != "line 4: disk on fire" {
		t.Errorf("error is %v", err)
	}

	if _, err := NewReader(idle{}).Read(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a source that gives nothing: %v, want io.ErrNoProgress", err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestReaderUTF16(t *testing.T) {
	text := "dn: CN=Jürgen 😀,DC=contoso,DC=com\r\nchangetype: add\r\ndisplayName: " + strings.Repeat("営業😀", 5_000) + "\r\n\r\n"
	want, err := readAll(NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var encoded []byte
		for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
			encoded = order.AppendUint16(encoded, unit)
		}
		for _, src := range []io.Reader{bytes.NewReader(encoded), iotest.OneByteReader(bytes.NewReader(encoded))} {
			got, err := readAll(NewReader(src))
			if err != nil {
				t.Fatalf("%v: %v", order, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v: records (-want +got):\n%s", order, diff)
			}
		}
	}
}

func TestReaderLimits(t *testing.T) {
	const maxLine, maxRecord = 20, 60
	for name, test := range map[string]struct {
		in   string
		line int
		err  error
	}{
		"longest line":             {"dn: cn=a\na: " + strings.Repeat("x", maxLine-3) + "\r\n", 0, nil},
		"line too long":            {"dn: cn=a\na: " + strings.Repeat("x", maxLine-2) + "\n", 2, ErrLineTooLong},
		"line that never ends":     {"dn: cn=a\na: " + strings.Repeat("x", 2*bufferSize), 2, ErrLineTooLong},
		"folded line too long":     {"dn: cn=a\na: xxxxx\n xxxxxxx\n xxxxxx\na: b\n", 4, ErrLineTooLong},
		"comment too long":         {"dn: cn=a\n# " + strings.Repeat("x", maxLine), 2, ErrLineTooLong},
		"largest record":           {"dn: cn=a\n" + strings.Repeat("abc: 6789\n", 5) + "\ndn: cn=b\n", 0, nil},
		"record too large":         {"dn: cn=a\n" + strings.Repeat("abc: 6789\n", 6) + "\n", 7, ErrRecordTooLarge},
		"record of folds":          {"dn: cn=a\n" + strings.Repeat(" \n", maxRecord), 28, ErrRecordTooLarge},
		"blank lines do not count": {strings.Repeat("\n", 2*maxRecord) + "dn: cn=a\n", 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(strings.NewReader(test.in))
			r.MaxLine, r.MaxRecord = maxLine, maxRecord
			_, err := readAll(r)
			var parseErr *ParseError
			if !errors.Is(err, test.err) || errors.As(err, &parseErr) && parseErr.Line != test.line {
				t.Errorf("error is %v, want line %d: %v", err, test.line, test.err)
			}
		})
	}
}

// An input of any size is read in the memory of its largest record.
func TestReaderMemoryIsBounded(t *testing.T) {
	piece := export(1)
	const pieces = 5_000
	r := NewReader(&repeat{piece: piece, left: pieces})
	n := 0
	for ; ; n++ {
		if _, err := r.View(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n != pieces {
		t.Errorf("read %d records, want %d", n, pieces)
	}
	if size := cap(r.lines.buf); size != bufferSize {
		t.Errorf("buffer grew to %d bytes for records of %d", size, len(piece))
	}
}

// repeat reads as so many copies of piece.
type repeat struct {
	piece []byte
	at    int
	left  int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.piece[r.at:])
	if r.at += n; r.at == len(r.piece) {
		r.at, r.left = 0, r.left-1
	}
	return n, nil
}

func TestReaderRecordsAreTheCallers(t *testing.T) {
	in := rfcExample(t, "6-changes", false)
	kept, err := readAll(NewReader(bytes.NewReader(in)))
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range kept {
		for _, a := range rec.Attributes {
			_ = append(a.Value, "overwritten?"...)
		}
	}
	if diff := cmp.Diff(rfcRecords["6-changes"], kept); diff != "" {
		t.Errorf("records share memory (-want +got):\n%s", diff)
	}
}

// A View has what Select wants, and Record has all of it again but the comments.
func TestView(t *testing.T) {
	const in = "# head\nversion: 1\n\n# Anna\ndn: cn=a\nMail: a\nsn:: w7Y=\nmail;x: b\ncn: c\n\n" +
		"dn:: Y249w7Y=\nchangetype: add\nmail: d\n\ndn: cn=e\nchangetype: modify\nreplace: mail\nmail: f\n"
	r := NewReader(strings.NewReader(in))
	asked := map[string]int{}
	r.Select = func(name string) bool {
		asked[name]++
		return strings.HasPrefix(strings.ToLower(name), "mail")
	}
	for _, want := range []struct {
		view  View
		whole Record
	}{
		{View{Line: 5, Offset: 19, DN: []byte("cn=a"), Attributes: attrs("Mail", "a", "mail;x", "b")},
			Record{Line: 5, DN: "cn=a", Attributes: attrs("Mail", "a", "sn", "ö", "mail;x", "b", "cn", "c")}},
		{View{Line: 11, Offset: 70, DN: []byte("cn=ö"), Change: ChangeAdd, Attributes: attrs("mail", "d")},
			Record{Line: 11, DN: "cn=ö", Change: ChangeAdd, Attributes: attrs("mail", "d")}},
		{View{Line: 15, Offset: 109, DN: []byte("cn=e"), Change: ChangeModify},
			Record{Line: 15, DN: "cn=e", Change: ChangeModify, Mods: []Mod{mod(Replace, "mail", "f")}}},
	} {
		v, err := r.View()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want.view, v, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("view (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(&want.whole, r.Record()); diff != "" {
			t.Errorf("record (-want +got):\n%s", diff)
		}
	}
	if _, err := r.View(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for name, n := range asked {
		if n > 1 {
			t.Errorf("asked %d times for %s", n, name)
		}
	}
}

// What ldapsearch says about its search is told in order, but not what it calls an entry.
func TestRemarks(t *testing.T) {
	const in = "# extended LDIF\r\n#\r\n# LDAPv3\n# base <DC=a> with scope subtree\n# filter: (a=*)\n#\n\n" +
		"# numEntries: 1\ndn: CN=numEntries: 1,DC=a\nmail: x\n\n" +
		"# pagedresults: cookie=\nCNF:6d1f8a0c-5f0e-4b7e-9a44-0f5e2f1d3c11, a\ndn: CN=1,DC=a\nmail: x\n\n" +
		"# search reference\nref: ldap://b/DC=b,DC=\n a\nref: ldap://c/DC=b,DC=a\n\n# search result\nsearch: 2\nresult: 0 Success\npagedresults: estimate=5 cookie=AQ==\n" +
		"# extended LDIF\n# base <DC=a> with scope oneLevel\n\n# search result\nsearch: 3\nresult: 0 Success\npagedresults:: Y29va2llPQ==\n\n" +
		"# numResponses: 6\n# numEntries: x\n# numReferences: 1\ndn: CN=2\na: b\n\n# refldap://d/DC=b\n\nversion: 1\n\n# pagedresults: cookie=AA==\ndn: CN=3\na: b\n# LDAPv3\n"
	type told struct {
		Remark
		before string // the record
	}
	var got []told
	r := NewReader(strings.NewReader(in))
	r.Remark = func(m Remark) { got = append(got, told{Remark: m}) }
	for {
		seen := len(got)
		v, err := r.View()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range got[seen:] {
			got[seen+i].before = string(v.DN)
		}
	}
	want := []told{
		{Remark{Kind: SearchBegins}, "CN=numEntries: 1,DC=a"}, {Remark{Kind: SearchVersion}, "CN=numEntries: 1,DC=a"},
		{Remark{Kind: SearchBase, Text: "DC=a"}, "CN=numEntries: 1,DC=a"}, {Remark{Kind: SearchEntries, Count: 1, Above: true}, "CN=numEntries: 1,DC=a"},
		{Remark{Kind: PageEnds, Above: true}, "CN=1,DC=a"},
		{Remark{Kind: SearchReference, Text: "ldap://b/DC=b,DC=a", Count: 1}, "CN=2"}, {Remark{Kind: SearchReference, Text: "ldap://c/DC=b,DC=a"}, "CN=2"},
		{Remark{Kind: PageEnds, Text: "AQ=="}, "CN=2"}, {Remark{Kind: SearchBegins}, "CN=2"}, {Remark{Kind: SearchBase}, "CN=2"}, {Remark{Kind: PageEnds}, "CN=2"},
		{Remark{Kind: SearchEnds, Count: 6}, "CN=2"}, {Remark{Kind: SearchEntries, Count: math.MaxInt}, "CN=2"}, {Remark{Kind: SearchReferences, Count: 1, Above: true}, "CN=2"},
		{Remark{Kind: SearchReference, Text: "ldap://d/DC=b", Count: 1}, "CN=3"}, {Remark{Kind: VersionAlone}, "CN=3"}, {Remark{Kind: PageEnds, Text: "AA==", Above: true}, "CN=3"},
		{Remark{Kind: SearchVersion}, "CN=3"}, {Remark{Kind: RecordUnclosed}, "CN=3"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(told{})); diff != "" {
		t.Errorf("remarks (-want +got):\n%s", diff)
	}
}

// Comments take no memory, however many they are.
func TestCommentsAreNotKept(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader("dn: cn=a\n\n"), &repeat{piece: []byte("# nothing\n"), left: 1_000_000}, strings.NewReader("dn: cn=b\n\n")))
	for _, want := range []string{"cn=a", "cn=b"} {
		if v, err := r.View(); err != nil || string(v.DN) != want {
			t.Fatalf("%v, %v, want %s", v, err, want)
		}
	}
	if size := cap(r.lines.buf) + 32*cap(r.lines.record); size > 4*bufferSize {
		t.Errorf("%d bytes for comments", size)
	}
}

// The next input starts afresh.
func TestReset(t *testing.T) {
	r := NewReader(strings.NewReader("dn: cn=a\r\nmail: b\r\n\r\nbroken\n"))
	for _, want := range []string{"cn=a", `line 4: "broken": no colon`} {
		if got := readOne(r); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	buf := &r.lines.buf[0]
	r.Reset(strings.NewReader("\ufeff\ndn: cn=c\nmail: b\r\rb\n"))
	if got, want := readOne(r), "line 3: mail: NUL or carriage return inside a line"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if buf != &r.lines.buf[0] {
		t.Error("another buffer")
	}
}

// A place to cut is found wherever it stands, also between two blocks that are read.
func TestCut(t *testing.T) {
	for _, blank := range []string{"\n\n", "\n\r\n"} {
		for n := range 40_000 {
			if n > 100 && n%cutWindow > 10 && n%cutWindow < cutWindow-10 {
				continue
			}
			text := strings.Repeat("x", n) + blank + "dn: cn=a\n\n"
			src := io.NewSectionReader(strings.NewReader(text), 0, int64(len(text)))
			for _, at := range []int{0, n / 2, n} {
				if got, err := Cut(src, int64(at)); got != int64(n+len(blank)) || err != nil {
					t.Fatalf("%d, %v: want %d", got, err, n+len(blank))
				}
			}
			if got, err := Cut(src, int64(n+1)+int64(len(blank))); got != src.Size() || err != nil {
				t.Fatalf("%d, %v: want the end, %d", got, err, src.Size())
			}
		}
	}
}

// readOne returns the name of the next record, or the error.
func readOne(r *Reader) string {
	rec, err := r.Read()
	if err != nil {
		return err.Error()
	}
	return rec.DN
}
