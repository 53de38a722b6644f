package debuglog

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

// hashes are what New writes in place of a text. They are not the same in two runs.
var hashes = regexp.MustCompile(`~[0-9a-f]{12}`)

// What tells about people is hashed, and what is needed to help is not.
func TestMasks(t *testing.T) {
	for _, tc := range []struct {
		attr   slog.Attr
		hidden string // with ~ for each hash
		whole  string // with values
	}{
		{DN("base", "DC=contoso,DC=example"), `"DC=contoso,DC=example"`, ""},
		{DN("base", ""), `""`, ""},
		{DN("base", "CN=Deleted Objects,DC=contoso,DC=example"), `"CN=Deleted Objects,DC=contoso,DC=example"`, ""},
		{DN("base", "CN=Partitions,CN=Configuration,DC=contoso,DC=example"), `"CN=Partitions,CN=Configuration,DC=contoso,DC=example"`, ""},
		{DN("base", `CN=Smith\, Anna,OU=Sites,DC=contoso,DC=example`), `"CN=~,OU=~,DC=contoso,DC=example"`, `"CN=Smith\\, Anna,OU=Sites,DC=contoso,DC=example"`},
		{DN("base", "CN=Sites,OU=Berlin,DC=contoso"), `"CN=~,OU=~,DC=contoso"`, `"CN=Sites,OU=Berlin,DC=contoso"`},
		{DN("base", "DC=host,CN=Zone,DC=contoso"), `"DC=~,CN=~,DC=contoso"`, `"DC=host,CN=Zone,DC=contoso"`},
		{DN("base", "CN=A+UID=1,DC=contoso"), `"CN=~+UID=~,DC=contoso"`, `"CN=A+UID=1,DC=contoso"`},
		{DN("base", "DC=con\\20toso\\0Ax"), `"DC=~"`, `"DC=con\\20toso\\0Ax"`},
		{DN("base", "<GUID=00112233-4455-6677-8899-aabbccddeeff>"), "~", `"<GUID=00112233-4455-6677-8899-aabbccddeeff>"`},
		{DN("base", "Anna Smith"), "~", `"Anna Smith"`},
		{Filter("filter", "(objectClass=*)"), `"(objectClass=*)"`, ""},
		{Filter("filter", "(&(isDeleted=TRUE)(|(proxyAddresses=*)(mail=*)))"), `"(&(isDeleted=TRUE)(|(proxyAddresses=*)(mail=*)))"`, ""},
		{Filter("filter", "(&(!(uSNChanged>=12))(lDAPDisplayName=mail))"), `"(&(!(uSNChanged>=12))(lDAPDisplayName=mail))"`, ""},
		{Filter("filter", `(|(proxyAddresses=smtp:a\28b@x)(objectGUID=\00\ff))`), `"(|(proxyAddresses=~)(objectGUID=~))"`, `"(|(proxyAddresses=smtp:a\\28b@x)(objectGUID=\\00\\ff))"`},
		{Filter("filter", "(&(cn=An*na*)(!(member:1.2.3:=CN=A,DC=b)))"), `"(&(cn=~*~*)(!(member:1.2.3:=~)))"`, `"(&(cn=An*na*)(!(member:1.2.3:=CN=A,DC=b)))"`},
		{Filter("filter", "anna"), "~", "anna"},
		{Filter("filter", "(cn=a)anna(cn=b)"), "~", `"(cn=a)anna(cn=b)"`},
		{Value("account", "anna@contoso.example"), "~", "anna@contoso.example"},
		{Message("diagnostic", "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v2580\x00"),
			`"80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v2580"`, `"80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v2580\x00"`},
		{Message("diagnostic", "0000208D: NameErr: DSID-03100241, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'OU=Berlin,DC=contoso'\n\x00"),
			`"0000208D: NameErr: DSID-03100241, problem 2001 (NO_OBJECT), data 0 ~"`, `"0000208D: NameErr: DSID-03100241, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'OU=Berlin,DC=contoso'\n\x00"`},
		{Message("diagnostic", "no such object: CN=Anna"), "~", `"no such object: CN=Anna"`},
		{Message("diagnostic", ""), `""`, ""},
	} {
		for _, values := range []bool{false, true} {
			var b bytes.Buffer
			New(&b, values).Debug("asked", tc.attr)
			want := tc.hidden
			if values && tc.whole != "" {
				want = tc.whole
			}
			got, ok := strings.CutSuffix(hashes.ReplaceAllString(b.String(), "~"), " "+tc.attr.Key+"="+want+"\n")
			if !ok || strings.Count(got, "\n") > 0 {
				t.Errorf("values %v: %s, want %s", values, b.String(), want)
			}
		}
	}
}

// In a run the same value has the same hash, wherever it stands; in another run it has
// another.
func TestHashesCompareInARun(t *testing.T) {
	logged := func(log *slog.Logger, b *bytes.Buffer) []string {
		log.Debug("asked", DN("base", `CN=A\, B,DC=c`), Filter("filter", `(cn=A\2c B)`), Value("value", "A, B"), Value("value", "a, b"))
		return hashes.FindAllString(b.String(), -1)
	}
	var one, two bytes.Buffer
	first, second := logged(New(&one, false), &one), logged(New(&two, false), &two)
	if len(first) != 4 || first[0] != first[1] || first[1] != first[2] || first[2] == first[3] || first[0] == second[0] {
		t.Errorf("%q, %q", first, second)
	}
}

// A handler that knows nothing of masks writes nothing that they would hide.
func TestOtherHandlersWithhold(t *testing.T) {
	var b bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("asked", DN("base", "CN=anna"), Value("account", "anna"))
	}
	if strings.Contains(b.String(), "anna") {
		t.Error(b.String())
	}
}
