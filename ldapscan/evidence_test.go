package ldapscan_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
)

var (
	here = conflicts.GUID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	away = conflicts.GUID{0xa1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	gone = conflicts.GUID{0xe1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
)

// monday is when the addresses of the tests were written.
var monday = time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)

// binaryStamps is a value of replPropertyMetaData in base64, from [MS-DRSR] 5.166.
func binaryStamps(version uint32, t time.Time, invocation conflicts.GUID) string {
	b := make([]byte, 16+2*48)
	binary.LittleEndian.PutUint32(b[0:], 1)
	binary.LittleEndian.PutUint32(b[8:], 2)
	for i, attribute := range []uint32{0, 0x200D2} { // objectClass, proxyAddresses
		s := b[16+48*i:]
		binary.LittleEndian.PutUint32(s[0:], attribute)
		binary.LittleEndian.PutUint32(s[4:], version)
		binary.LittleEndian.PutUint64(s[8:], uint64(t.Unix()-time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC).Unix()))
		copy(s[16:], invocation[:])
	}
	return base64.StdEncoding.EncodeToString(b)
}

// xmlStamps is a value of msDS-ReplAttributeMetaData in base64.
func xmlStamps(version uint32, t time.Time, invocation conflicts.GUID, dsa string) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `<DS_REPL_ATTR_META_DATA>
	<pszAttributeName>proxyAddresses</pszAttributeName>
	<dwVersion>%d</dwVersion>
	<ftimeLastOriginatingChange>%s</ftimeLastOriginatingChange>
	<uuidLastOriginatingDsaInvocationID>%s</uuidLastOriginatingDsaInvocationID>
	<pszLastOriginatingDsaDN>%s</pszLastOriginatingDsaDN>
</DS_REPL_ATTR_META_DATA>
`+"\x00", version, t.Format(time.RFC3339), invocation, dsa))
}

const evidenceHeads = rootLDIF + configurationLDIF

func controllerLDIF(server, site string, invocation conflicts.GUID) string {
	return fmt.Sprintf(`dn: CN=NTDS Settings,CN=%s,CN=Servers,CN=%s,CN=Sites,CN=Configuration,DC=contoso,DC=example
objectClass: nTDSDSA
invocationId:: %s

`, server, site, base64.StdEncoding.EncodeToString(invocation[:]))
}

// sitesLDIF are two domain controllers in two sites.
func sitesLDIF() string {
	return "dn: CN=Sites,CN=Configuration,DC=contoso,DC=example\nobjectClass: sitesContainer\n\n" +
		controllerLDIF("DC1", "Berlin", here) + controllerLDIF("DC2", `Rhein\, Main`, away)
}

// ownerLDIF is a contact with x@contoso.example and further lines.
func ownerLDIF(name string, lines ...string) string {
	return fmt.Sprintf("dn: CN=%s,DC=contoso,DC=example\nobjectClass: contact\nwhenCreated: 20200101000000.0Z\nproxyAddresses: SMTP:x@contoso.example\n%s\n\n",
		name, strings.Join(lines, "\n"))
}

// Both sources read both forms of the metadata, and name the domain controllers
// wherever their list stands in an export.
func TestEvidence(t *testing.T) {
	const berlin, main = `Berlin\DC1`, `Rhein, Main\DC2`
	unknown := "an unknown DC (invocation id " + gone.String() + ")"
	bin := func(version uint32, after time.Duration, id conflicts.GUID) string {
		return "replPropertyMetaData:: " + binaryStamps(version, monday.Add(after), id)
	}
	xml := func(version uint32, after time.Duration, id conflicts.GUID, dsa string) string {
		return "msDS-ReplAttributeMetaData:: " + xmlStamps(version, monday.Add(after), id, dsa)
	}
	for _, tc := range []struct {
		name     string
		sites    string
		one, two string // metadata of two owners
		on       [2]string
		cause    string
	}{
		{"binary", sitesLDIF(), bin(1, 0, here), bin(1, 22*time.Second, away), [2]string{berlin, main}, "likely a race"},
		{"XML", sitesLDIF(), xml(1, 0, here, ""), xml(1, 22*time.Second, away, ""), [2]string{berlin, main}, "likely a race"},
		{"one of each", sitesLDIF(), bin(1, 0, here), xml(1, 22*time.Second, here, ""), [2]string{berlin, berlin}, "likely no duplicate check"},
		{"a domain controller that is gone", sitesLDIF(), bin(1, 0, here), bin(1, 22*time.Second, gone), [2]string{berlin, unknown}, "likely a race"},
		{"gone, but not forgotten", sitesLDIF(), bin(1, 0, here), xml(1, 22*time.Second, gone, `CN=NTDS Settings\0ADEL:1,CN=DC0,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,DC=contoso,DC=example`),
			[2]string{berlin, `Berlin\DC0`}, "likely a race"},
		{"a list that cannot be read", "", bin(1, 0, here), bin(3, 22*time.Second, gone), [2]string{"an unknown DC (invocation id " + here.String() + ")", unknown}, "possibly a race"},
		{"damage", sitesLDIF(), "replPropertyMetaData:: AQAAAA==", xml(1, 0, here, ""), [2]string{"an unknown DC", berlin}, "not known"},
		{"nothing", sitesLDIF(), "description: a", "description: b", [2]string{"an unknown DC", "an unknown DC"}, "not known"},
	} {
		owners := ownerLDIF("One", tc.one) + ownerLDIF("Two", tc.two)
		content := evidenceHeads + tc.sites + owners
		srv := serve(t, ldaptest.Config{Entries: strings.NewReader(content)})
		for name, src := range map[string]ldapscan.Source{
			"server":                       open(t, config(srv)),
			"export":                       export(t, content),
			"export, configuration behind": export(t, owners+evidenceHeads+tc.sites),
		} {
			t.Run(tc.name+"/"+name, func(t *testing.T) {
				audit := scan(t, src, ldapscan.Options{})
				if !audit.Complete() || len(audit.Conflicts) != 1 || len(audit.Conflicts[0].Owners) != 2 {
					t.Fatalf("problems %q, conflicts %+v", audit.Problems, audit.Conflicts)
				}
				c := audit.Conflicts[0]
				for _, o := range c.Owners {
					want := tc.on[0]
					if o.Name() == "Two" {
						want = tc.on[1]
					}
					if got := o.Written.On(); got != want {
						t.Errorf("%s: written on %s, want %s", o.Name(), got, want)
					}
				}
				if c.Cause.Short() != tc.cause {
					t.Errorf("cause %v, want %s", c.Cause, tc.cause)
				}
			})
		}
	}
}

// The list of domain controllers is read once, by two requests with the one that makes sure of
// its end, and not at all if nothing is stamped; the second form of the metadata only where the
// first is missing.
func TestEvidenceTakesFewSearches(t *testing.T) {
	owners := func(metadata string) (content string) {
		for n := range 120 { // in three batches
			content += ownerLDIF(fmt.Sprint("Owner ", n), metadata)
		}
		return content
	}
	searches := func(content string) (n int) {
		srv := serve(t, ldaptest.Config{Entries: strings.NewReader(content)})
		d := open(t, config(srv))
		before := srv.Counts().Searches
		scan(t, d, ldapscan.Options{})
		return srv.Counts().Searches - before
	}
	stamped := searches(evidenceHeads + sitesLDIF() + owners("replPropertyMetaData:: "+binaryStamps(1, monday, gone)))
	bare := searches(evidenceHeads + sitesLDIF() + owners("description: a"))
	inXML := searches(evidenceHeads + sitesLDIF() + owners("msDS-ReplAttributeMetaData:: "+xmlStamps(1, monday, here, "")))
	if bare-stamped != 3-2 || inXML-stamped != 3 {
		t.Errorf("%d searches with the metadata, %d without, %d in XML", stamped, bare, inXML)
	}
}

// One list serves all servers, and of two forests it is no race.
func TestEvidenceOfForest(t *testing.T) {
	stamp := "replPropertyMetaData:: " + binaryStamps(1, monday, away)
	child := func(s string) string {
		return strings.ReplaceAll(s, "DC=contoso", "DC=child,DC=contoso")
	}
	first := serve(t, ldaptest.Config{Entries: strings.NewReader(evidenceHeads + sitesLDIF() + ownerLDIF("One", stamp))})
	second := serve(t, ldaptest.Config{Entries: strings.NewReader(child(evidenceHeads + ownerLDIF("Two", stamp)))}) // and cannot tell itself
	f, err := ldapscan.OpenForest(t.Context(), ldapscan.ForestConfig{Servers: []ldapscan.Config{config(first), config(second)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	audit := scan(t, f, ldapscan.Options{})
	if len(audit.Conflicts) != 1 {
		t.Fatalf("%+v", audit)
	}
	for _, o := range audit.Conflicts[0].Owners {
		if o.Written.On() != `Rhein, Main\DC2` {
			t.Errorf("%s: written on %s", o.DN, o.Written.On())
		}
	}
	if c := audit.Conflicts[0].Cause; c.Kind != conflicts.TwoForests || !strings.Contains(c.Evidence().String(), "in the forest child.contoso.example, ") {
		t.Errorf("cause %v", c)
	}
}

// A contact of one forest whose targetAddress is a mailbox of another is no owner, and its
// twin in the mailbox's own forest is.
func TestPointersOfTwoForests(t *testing.T) {
	other := func(s string) string { return strings.ReplaceAll(s, "DC=contoso", "DC=fabrikam") }
	const contact = `dn: CN=Contact,DC=contoso,DC=example
objectClass: contact
targetAddress: SMTP:x@fabrikam.example
proxyAddresses: SMTP:x@fabrikam.example

`
	mailbox := other("dn: CN=Mailbox,DC=contoso,DC=example\nobjectClass: user\nmsExchMailboxGuid: 1234567890123456\nproxyAddresses: SMTP:x@fabrikam.example\n\n")
	for content, want := range map[string]int{mailbox: 0, mailbox + other(contact): 1} {
		first := serve(t, ldaptest.Config{Entries: strings.NewReader(evidenceHeads + contact)})
		second := serve(t, ldaptest.Config{Entries: strings.NewReader(other(evidenceHeads) + content)})
		f, err := ldapscan.OpenForest(t.Context(), ldapscan.ForestConfig{Servers: []ldapscan.Config{config(first), config(second)}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		audit := scan(t, f, ldapscan.Options{})
		if len(audit.Conflicts) != want || want == 1 && len(audit.Conflicts[0].Owners) != 2 {
			t.Errorf("%+v", audit.Conflicts)
		}
		if len(audit.Findings) == 0 || audit.Findings[len(audit.Findings)-1].Kind != conflicts.Pointer {
			t.Errorf("findings %+v", audit.Findings)
		}
	}
}
