package ldif

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// readAll returns the records of r up to the first error, which is nil at the end of input.
func readAll(r *Reader) ([]*Record, error) {
	var recs []*Record
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return recs, nil
		}
		if err != nil {
			return recs, err
		}
		recs = append(recs, rec)
	}
}

// attrs pairs names and values up.
func attrs(namesAndValues ...string) []Attribute {
	var list []Attribute
	for i := 0; i < len(namesAndValues); i += 2 {
		list = append(list, Attribute{namesAndValues[i], []byte(namesAndValues[i+1])})
	}
	return list
}

func mod(op ModOp, name string, values ...string) Mod {
	m := Mod{Op: op, Name: name}
	for _, v := range values {
		m.Values = append(m.Values, []byte(v))
	}
	return m
}

// rfcRecords are the records of section "Examples of LDAP Data Interchange Format" of RFC 2849,
// by file. Line feeds that its page breaks added are removed.
var rfcRecords = map[string][]*Record{
	"1-two-entries": {{
		Line: 2, DN: "cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com",
		Attributes: attrs("objectclass", "top", "objectclass", "person", "objectclass", "organizationalPerson",
			"cn", "Barbara Jensen", "cn", "Barbara J Jensen", "cn", "Babs Jensen", "sn", "Jensen", "uid", "bjensen",
			"telephonenumber", "+1 408 555 1212", "description", "A big sailing fan."),
	}, {
		Line: 14, DN: "cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com",
		Attributes: attrs("objectclass", "top", "objectclass", "person", "objectclass", "organizationalPerson",
			"cn", "Bjorn Jensen", "sn", "Jensen", "telephonenumber", "+1 408 555 1212"),
	}},
	"2-folded": {{
		Line: 2, DN: "cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com",
		Attributes: attrs("objectclass", "top", "objectclass", "person", "objectclass", "organizationalPerson",
			"cn", "Barbara Jensen", "cn", "Barbara J Jensen", "cn", "Babs Jensen", "sn", "Jensen", "uid", "bjensen",
			"telephonenumber", "+1 408 555 1212", "description",
			"Babs is a big sailing fan, and travels extensively in search of perfect sailing conditions.",
			"title", "Product Manager, Rod and Reel Division"),
	}},
	"3-base64": {{
		Line: 2, DN: "cn=Gern Jensen, ou=Product Testing, dc=airius, dc=com",
		Attributes: attrs("objectclass", "top", "objectclass", "person", "objectclass", "organizationalPerson",
			"cn", "Gern Jensen", "cn", "Gern O Jensen", "sn", "Jensen", "uid", "gernj",
			"telephonenumber", "+1 408 555 1212", "description",
			"What a careful reader you are!  This value is base-64-encoded because it has a control character in it "+
				"(a CR).\r  By the way, you should really get out more."),
	}},
	"4-utf8": {{
		Line: 2, DN: "ou=営業部,o=Airius",
		Comments: []string{"dn:: ou=<JapaneseOU>,o=Airius", "ou:: <JapaneseOU>", "ou;lang-ja:: <JapaneseOU>",
			"ou;lang-ja:: <JapaneseOU_in_phonetic_representation>"},
		Attributes: attrs("objectclass", "top", "objectclass", "organizationalUnit", "ou", "営業部", "ou;lang-ja", "営業部",
			"ou;lang-ja;phonetic", "えいぎょうぶ", "ou;lang-en", "Sales", "description", "Japanese office"),
	}, {
		Line: 15, DN: "uid=rogasawara,ou=営業部,o=Airius",
		Comments: []string{"dn:: uid=<uid>,ou=<JapaneseOU>,o=Airius", "givenname;lang-ja:: <JapaneseGivenname>",
			"sn;lang-ja:: <JapaneseSn>", "cn;lang-ja:: <JapaneseCn>", "title;lang-ja:: <JapaneseTitle>",
			"givenname:: <JapaneseGivenname>", "sn:: <JapaneseSn>", "cn:: <JapaneseCn>", "title:: <JapaneseTitle>",
			"givenname;lang-ja;phonetic::", "<JapaneseGivenname_in_phonetic_representation_kana>",
			"sn;lang-ja;phonetic:: <JapaneseSn_in_phonetic_representation_kana>",
			"cn;lang-ja;phonetic:: <JapaneseCn_in_phonetic_representation_kana>",
			"title;lang-ja;phonetic::", "<JapaneseTitle_in_phonetic_representation_kana>"},
		Attributes: attrs("userpassword", "{SHA}O3HSv1MusyL4kTjP+HKI5uxuNoM=",
			"objectclass", "top", "objectclass", "person", "objectclass", "organizationalPerson",
			"objectclass", "inetOrgPerson", "uid", "rogasawara", "mail", "rogasawara@airius.co.jp",
			"givenname;lang-ja", "ロドニー", "sn;lang-ja", "小笠原", "cn;lang-ja", "小笠原 ロドニー",
			"title;lang-ja", "営業部 部長", "preferredlanguage", "ja", "givenname", "ロドニー", "sn", "小笠原",
			"cn", "小笠原 ロドニー", "title", "営業部 部長", "givenname;lang-ja;phonetic", "ろどにー",
			"sn;lang-ja;phonetic", "おがさわら", "cn;lang-ja;phonetic", "おがさわら ろどにー",
			"title;lang-ja;phonetic", "えいぎょうぶ ぶちょう", "givenname;lang-en", "Rodney", "sn;lang-en", "Ogasawara",
			"cn;lang-en", "Rodney Ogasawara", "title;lang-en", "Sales, Director"),
	}},
	// Of examples 5 and 6, what is left without their URLs.
	"5-url": {{
		Line: 2, DN: "cn=Horatio Jensen, ou=Product Testing, dc=airius, dc=com",
		Attributes: attrs("objectclass", "top", "objectclass", "person", "objectclass", "organizationalPerson",
			"cn", "Horatio Jensen", "cn", "Horatio N Jensen", "sn", "Jensen", "uid", "hjensen",
			"telephonenumber", "+1 408 555 1212"),
	}},
	"6-changes": {{
		Line: 3, DN: "cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com",
		Comments: []string{"Add a new entry"},
		Change:   ChangeAdd,
		Attributes: attrs("objectclass", "top", "objectclass", "person", "objectclass", "organizationalPerson",
			"cn", "Fiona Jensen", "sn", "Jensen", "uid", "fiona", "telephonenumber", "+1 408 555 1212"),
	}, {
		Line: 14, DN: "cn=Robert Jensen, ou=Marketing, dc=airius, dc=com",
		Comments: []string{"Delete an existing entry"},
		Change:   ChangeDelete,
	}, {
		Line: 18, DN: "cn=Paul Jensen, ou=Product Development, dc=airius, dc=com",
		Comments: []string{"Modify an entry's relative distinguished name"},
		Change:   ChangeModRDN, NewRDN: "cn=Paula Jensen", DeleteOldRDN: true,
	}, {
		Line: 25, DN: "ou=PD Accountants, ou=Product Development, dc=airius, dc=com",
		Comments: []string{"Rename an entry and move all of its children to a new location in",
			"the directory tree (only implemented by LDAPv3 servers)."},
		Change: ChangeModRDN, NewRDN: "ou=Product Development Accountants",
		NewSuperior: "ou=Accounting, dc=airius, dc=com",
	}, {
		Line: 35, DN: "cn=Paula Jensen, ou=Product Development, dc=airius, dc=com",
		Comments: []string{"Modify an entry: add an additional value to the postaladdress",
			"attribute, completely delete the description attribute, replace",
			"the telephonenumber attribute with two values, and delete a specific",
			"value from the facsimiletelephonenumber attribute"},
		Change: ChangeModify,
		Mods: []Mod{
			mod(Add, "postaladdress", "123 Anystreet $ Sunnyvale, CA $ 94086"),
			mod(Delete, "description"),
			mod(Replace, "telephonenumber", "+1 408 555 1234", "+1 408 555 5678"),
			mod(Delete, "facsimiletelephonenumber", "+1 408 555 9876"),
		},
	}, {
		Line: 55, DN: "cn=Ingrid Jensen, ou=Product Support, dc=airius, dc=com",
		Comments: []string{"Modify an entry: replace the postaladdress attribute with an empty",
			"set of values (which will cause the attribute to be removed), and",
			"delete the entire description attribute. Note that the first will",
			"always succeed, while the second will only succeed if at least",
			"one value for the description attribute is present."},
		Change: ChangeModify,
		Mods:   []Mod{mod(Replace, "postaladdress"), mod(Delete, "description")},
	}},
	"7-control": {{
		Line: 6, DN: "ou=Product Development, dc=airius, dc=com",
		Comments: []string{"Delete an entry. The operation will attach the LDAPv3",
			"Tree Delete Control defined in [9]. The criticality", `field is "true" and the controlValue field is`,
			"absent, as required by [9]."},
		Change:   ChangeDelete,
		Controls: []Control{{OID: "1.2.840.113556.1.4.805", Criticality: true}},
	}},
}

// rfcExample returns an example, without its URL lines, which are tested on their own.
func rfcExample(t testing.TB, name string, urls bool) []byte {
	data, err := os.ReadFile(filepath.Join("testdata", "rfc2849-"+name+".ldif"))
	if err != nil {
		t.Fatal(err)
	}
	if urls {
		return data
	}
	var kept []byte
	for line := range bytes.Lines(data) {
		if !bytes.Contains(line, []byte(":<")) {
			kept = append(kept, line...)
		}
	}
	return kept
}

func TestReaderRFCExamples(t *testing.T) {
	for name, want := range rfcRecords {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(NewReader(bytes.NewReader(rfcExample(t, name, false))))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

// A URL could name any file of the machine the export is read on.
func TestReaderRefusesURLs(t *testing.T) {
	for name, line := range map[string]int{"5-url": 11, "6-changes": 12} {
		recs, err := readAll(NewReader(bytes.NewReader(rfcExample(t, name, true))))
		var parseErr *ParseError
		if !errors.As(err, &parseErr) || !errors.Is(err, ErrURL) || parseErr.Line != line {
			t.Errorf("%s: error is %v, want ErrURL on line %d", name, err, line)
		}
		if len(recs) > 0 {
			t.Errorf("%s: the record with the URL was returned", name)
		}
	}
}

// Writing what was read and reading it again changes nothing.
func TestWriterRFCExamplesRoundTrip(t *testing.T) {
	for name, recs := range rfcRecords {
		t.Run(name, func(t *testing.T) {
			for _, crlf := range []bool{false, true} {
				got, err := readAll(NewReader(bytes.NewReader(write(t, crlf, recs...))))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(recs, got, ignoreLine); diff != "" {
					t.Errorf("crlf=%t: records (-want +got):\n%s", crlf, diff)
				}
			}
		})
	}
}

var ignoreComments = cmpopts.IgnoreFields(Record{}, "Comments")

var ignoreLine = cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Line" }, cmp.Ignore())

func write(t testing.TB, crlf bool, recs ...*Record) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out)
	w.CRLF = crlf
	for _, rec := range recs {
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
