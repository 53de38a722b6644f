package ldapscan

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

// A real value: Samba 4.17, proxyAddresses written for the second time at
// 2026-11-23 07:25:07.
const stamps = "AQAAAAAAAAADAAAAAAAAAAMAAAABAAAASnsUIQMAAAD9r/UUJpJ5SLs66/Vp52jaWDcAAAAAAABYNwAAAAAAANIAAgACAAAAU3sUIQMAAAAeYuhIeqZERoVwkslHcoEOVjYAAAAAAABdNwAAAAAAABkBAgABAAAASnsUIQMAAAD9r/UUJpJ5SLs66/Vp52jaWDcAAAAAAABYNwAAAAAAAA=="

// As Windows writes it, [MS-ADTS] and [MS-DRSR] 4.1.13.1.17.
const xmlStamps = "<DS_REPL_ATTR_META_DATA>\n\t<pszAttributeName>proxyAddresses</pszAttributeName>\n\t<dwVersion>2</dwVersion>\n" +
	"\t<ftimeLastOriginatingChange>2026-11-23T07:25:07Z</ftimeLastOriginatingChange>\n" +
	"\t<uuidLastOriginatingDsaInvocationID>48e8621e-a67a-4644-8570-92c94772810e</uuidLastOriginatingDsaInvocationID>\n" +
	"\t<usnOriginatingChange>13910</usnOriginatingChange>\n\t<usnLocalChange>13917</usnLocalChange>\n" +
	"\t<pszLastOriginatingDsaDN>CN=NTDS Settings\\0ADEL:e3514235-4b06-11d1-ab04-00c04fc2dcd2,CN=DCB,CN=Servers,CN=Rhein\\, Main,CN=Sites,CN=Configuration,DC=fabrikam,DC=test</pszLastOriginatingDsaDN>\n" +
	"</DS_REPL_ATTR_META_DATA>\n\x00"

var want = func() conflicts.Stamp {
	id, err := conflicts.ParseGUID("48e8621e-a67a-4644-8570-92c94772810e")
	if err != nil {
		panic(err)
	}
	return conflicts.Stamp{Time: time.Date(2026, 11, 23, 7, 25, 7, 0, time.UTC), Version: 2, Origin: conflicts.NewOrigin(id, "", "")}
}()

func decode(t testing.TB) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(stamps)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBinaryStamp(t *testing.T) {
	b := decode(t)
	if diff := cmp.Diff(want, binaryStamp(b, addressStamp.id)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := binaryStamp(b, deletionStamp.id); got.Known() {
		t.Errorf("a stamp of what was never written: %v", got)
	}
	for n := range len(b) - 48 { // without the last stamps, or cut in one
		if got := binaryStamp(b[:n], addressStamp.id); got.Known() != (n >= 16+2*48) {
			t.Errorf("%d bytes: %v", n, got)
		}
	}
	b[0] = 2
	if got := binaryStamp(b, addressStamp.id); got.Known() {
		t.Errorf("of another version of the format: %v", got)
	}
}

func TestXMLStamp(t *testing.T) {
	named := want
	named.Origin = conflicts.NewOrigin(named.Invocation(), "DCB", "Rhein, Main")
	nameless := want
	replace := func(old, new string) string { return strings.Replace(xmlStamps, old, new, 1) }
	other := strings.Replace(xmlStamps, "proxyAddresses", "mail", 1)
	for name, tc := range map[string]struct {
		values []string
		want   conflicts.Stamp
	}{
		"as Windows writes it":        {[]string{other, xmlStamps}, named},
		"without the NUL":             {[]string{strings.TrimRight(xmlStamps, "\x00")}, named},
		"the domain controller moved": {[]string{replace("CN=DCB,CN=Servers", "CN=LostAndFoundConfig")}, nameless},
		"never written":               {[]string{replace("2026-11-23T07:25:07Z", "1601-01-01T00:00:00Z")}, conflicts.Stamp{}},
		"no time":                     {[]string{replace("2026-11-23T07:25:07Z", "yesterday")}, conflicts.Stamp{}},
		"of another attribute":        {[]string{other}, conflicts.Stamp{}},
		"damaged, then whole":         {[]string{xmlStamps[:90], xmlStamps}, named},
		"none":                        {nil, conflicts.Stamp{}},
	} {
		var values [][]byte
		for _, v := range tc.values {
			values = append(values, []byte(v))
		}
		if diff := cmp.Diff(tc.want, xmlStamp(values, addressStamp.name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Of both forms the one counts that tells.
func TestStampOfAttributes(t *testing.T) {
	for name, a := range map[string]attributes{
		"binary": {"replpropertymetadata": {decode(t)}},
		"XML":    {"msds-replattributemetadata": {[]byte(xmlStamps)}},
		"both":   {"replpropertymetadata": {decode(t)}, "msds-replattributemetadata": {[]byte("?")}},
		"damage": {"replpropertymetadata": {decode(t)[:20]}, "msds-replattributemetadata": {[]byte(xmlStamps)}},
	} {
		got := a.stamp(addressStamp)
		got.Origin = conflicts.NewOrigin(got.Invocation(), "", "")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRestored(t *testing.T) {
	for version, want := range map[uint32]time.Time{1: {}, 2: want.Time, 4: want.Time} {
		b := decode(t)
		binary.LittleEndian.PutUint32(b[16+48:], deletionStamp.id)
		binary.LittleEndian.PutUint32(b[16+48+4:], version)
		if got := (attributes{"replpropertymetadata": {b}}).restored(); !got.Equal(want) {
			t.Errorf("isDeleted of version %d: restored %v, want %v", version, got, want)
		}
	}
}

func FuzzBinaryStamp(f *testing.F) {
	f.Add(decode(f))
	f.Fuzz(func(t *testing.T, b []byte) { checkStamp(t, binaryStamp(b, addressStamp.id)) })
}

func FuzzXMLStamp(f *testing.F) {
	f.Add([]byte(xmlStamps))
	f.Add([]byte("<a><pszAttributeName>proxyAddresses</pszAttributeName><ftimeLastOriginatingChange>2026-11-23T07:25:07+23:59</ftimeLastOriginatingChange></a>"))
	f.Fuzz(func(t *testing.T, b []byte) { checkStamp(t, xmlStamp([][]byte{b, b}, addressStamp.name)) })
}

// checkStamp holds what judgments rely on.
func checkStamp(t *testing.T, s conflicts.Stamp) {
	switch {
	case !s.Known() && s != (conflicts.Stamp{}):
		t.Errorf("no time, but %+v", s)
	case s.Known() && (s.Time.Year() < 1970 || s.Time.Year() > 2300 || s.Time.Nanosecond() != 0 || s.Time.Location() != time.UTC || s.Version < 0):
		t.Errorf("%+v", s)
	case (s.Server() == "") != (s.Site() == ""):
		t.Errorf("server %q in site %q", s.Server(), s.Site())
	}
}
