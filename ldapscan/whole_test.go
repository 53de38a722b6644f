package ldapscan_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
)

// What ldapsearch 2.5 and ldifde write of three objects, the second of them in conflict
// with another of its name, in pages of two.
func exports(t testing.TB) map[string][]byte {
	files, err := filepath.Glob("testdata/exports/*")
	if err != nil || len(files) != 9 {
		t.Fatal(files, err)
	}
	all := map[string][]byte{}
	for _, name := range files {
		if all[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func spooled(t testing.TB, data []byte) *ldapscan.Export {
	x, err := ldapscan.SpoolExport(context.Background(), "export", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// An export that is cut off anywhere is incomplete or no export, but where the file
// does not show it.
func TestExportCutAnywhere(t *testing.T) {
	for name, data := range exports(t) {
		t.Run(name, func(t *testing.T) {
			for cut := range len(data) + 1 {
				part := data[:cut]
				lines := strings.ReplaceAll(string(part), "\r", "")
				hidden := cut == len(data)
				switch {
				case strings.Contains(lines, "\n# pagedresults: cookie=A"): // the last page has another line
				case strings.HasPrefix(name, "ldapsearch-LLL"):
					hidden = hidden || strings.HasSuffix(lines, "\n")
				case strings.HasPrefix(name, "ldapsearch-LL"), name == "ldifde.ldf":
					hidden = hidden || strings.HasSuffix(lines, "\n\n") || strings.HasSuffix(lines, "Configuration,DC=contoso,DC=test\n")
				}
				x := spooled(t, part)
				audit, err := ldapscan.Scan(context.Background(), x, ldapscan.Options{})
				x.Close()
				if complete := err == nil && audit.Complete(); complete && !hidden {
					t.Errorf("cut after %d of %d bytes, behind %q: complete", cut, len(data), part[max(0, cut-30):])
				} else if cut == len(data) && (!complete || audit.Objects() != 3) {
					t.Errorf("the whole: %v, %+v", err, audit)
				}
			}
		})
	}
}

// What an export says about the searches behind it is heeded.
func TestSigns(t *testing.T) {
	const (
		head = "# extended LDIF\n#\n# LDAPv3\n# base <DC=a,DC=com> with scope subtree\n# filter: (mail=*)\n# requesting: ALL\n#\n\n"
		one  = "# 1, a.com\ndn: CN=1,DC=a,DC=com\nproxyAddresses: SMTP:1@a.com\n\n"
		two  = "# 2, a.com\ndn: CN=2,DC=a,DC=com\nproxyAddresses: SMTP:2@a.com\n\n"
		emea = "# 3, emea.a.com\ndn: CN=3,DC=emea,DC=a,DC=com\nproxyAddresses: SMTP:3@a.com\n\n"
		ref  = "# search reference\nref: ldap://emea.a.com/DC=emea,DC=a,DC=com\n\n"
		end  = "# search result\nsearch: 2\nresult: 0 Success\n"
		more = "control: 1.2.840.113556.1.4.319 false MIQAAAANAgEABAgAAAAAAAAAAQ==\npagedresults: cookie=AAAAAAAAAAE=\n"
		last = "control: 1.2.840.113556.1.4.319 false MIQAAAAFAgEABAA=\npagedresults: cookie=\n"
		ldb  = "# record 1\ndn: CN=5,DC=a,DC=com\nproxyAddresses: SMTP:5@a.com\n\n# record 2\ndn: CN=6,DC=a,DC=com\nproxyAddresses: SMTP:6@a.com\n\n"
		bare = "dn: CN=1,DC=a,DC=com\nproxyAddresses: SMTP:1@a.com\n\n"
	)
	found := func(entries, references int) string {
		text := fmt.Sprintf("\n# numResponses: %d\n", entries+references+1)
		if entries > 0 {
			text += fmt.Sprintf("# numEntries: %d\n", entries)
		}
		if references > 0 {
			text += fmt.Sprintf("# numReferences: %d\n", references)
		}
		return text
	}
	const (
		noEnd    = "the search has no end here, so objects may be missing"
		betwixt  = "ldapsearch stopped between two pages, so objects are missing"
		referred = "DC=emea,DC=a,DC=com: the server referred to it, and it is not in the file"
		unclosed = "the last record has no empty line behind it"
	)
	for name, tc := range map[string]struct{ content, problem string }{
		"whole":                        {head + one + end + found(1, 0), ""},
		"two searches":                 {head + one + end + found(1, 0) + head + two + end + found(1, 0), ""},
		"nothing found":                {head + one + end + found(1, 0) + head + end + found(0, 0), ""},
		"two pages":                    {head + one + end + more + head + two + end + last + found(2, 0), ""},
		"-LLL behind it":               {head + one + end + found(1, 0) + strings.ReplaceAll(bare, "1", "2"), ""},
		"no search behind it":          {one + end, ""},
		"no end":                       {head + one, noEnd},
		"no end, then another":         {head + one + head + two + end + found(1, 0), noEnd},
		"no first entry, then another": {head + head + two + end + found(1, 0), noEnd},
		"no counts":                    {head + one + end, noEnd},
		"no end of the second":         {head + one + end + found(1, 0) + "# extended LDIF\n", noEnd},
		"cut in a line, then another":  {head + "dn: CN=1,DC=a,DC=com\nproxyAddresses: SMTP:1@a" + head + two + end + found(1, 0), noEnd},
		"one page":                     {head + one + end + more, betwixt},
		"one page, an estimate":        {head + one + end + strings.Replace(more, "cookie", "estimate=9 cookie", 1), betwixt},
		"one page, base64":             {head + one + end + "pagedresults:: Y29va2llPUFRQUFBQT09\n", betwixt},
		"one page, folded":             {head + one + end + strings.Replace(more, "AE=", "\n AE=", 1), betwixt},
		"one page, CRLF":               {strings.ReplaceAll(head+one+end+more, "\n", "\r\n"), betwixt},
		"one page, -LLL":               {bare + "# pagedresults: cookie=AQAAAA==\n", betwixt},
		"one page and more, -LLL":      {bare + "# pagedresults: cookie=AQAAAA==\n" + strings.ReplaceAll(bare, "1", "2"), betwixt},
		"two pages, -LLL":              {bare + "# pagedresults: cookie=AQAAAA==\n" + strings.ReplaceAll(bare, "1", "2") + "# pagedresults: cookie=\n", ""},
		"two pages, pressing Enter":    {head + one + end + more + "Estimate entries: 2\nPress [size] Enter for the next {1|size} entries.\n" + head + two + end + last + found(2, 0), ""},
		"two pages, pressing Enter, -LLL": {bare + "# pagedresults: cookie=AQAAAA==\nPress [size] Enter for the next {1|size} entries.\n" +
			strings.ReplaceAll(bare, "1", "2") + "# pagedresults: cookie=\n", ""},
		"one page, nobody pressing Enter":    {head + one + end + more + "Press [size] Enter for the next {1|size} entries.\n", betwixt},
		"ldbsearch":                          {ldb + "# Referral\nref: ldap://a.com/CN=Configuration,DC=a,DC=com\n\n# returned 3 records\n# 2 entries\n# 1 referrals\n", ""},
		"ldbsearch, -LLL behind it":          {ldb + "# returned 2 records\n# 2 entries\n# 0 referrals\n\n" + bare, ""},
		"ldbsearch, no end":                  {ldb, noEnd},
		"ldbsearch, one cut off":             {ldb + ldb + "# returned 2 records\n# 2 entries\n# 0 referrals\n", "the search found 2 objects and 0 references, but 4 and 0 are here"},
		"ldbsearch, a record removed":        {ldb + "# returned 3 records\n# 3 entries\n# 0 referrals\n", "the search found 3 objects"},
		"ldbsearch, no counts":               {ldb + "# returned 2 records\n", "the search found 0 objects"},
		"one page, then another search":      {head + one + end + more + head + two + end + found(1, 0), "the search found 1 objects and 0 references, but 2 and 0 are here"},
		"objects missing":                    {head + one + end + found(1000, 0), "the search found 1000 objects and 0 references, but 1 and 0 are here"},
		"objects too many":                   {head + one + two + end + found(1, 0), "the search found 1 objects and 0 references, but 2 and 0 are here"},
		"references missing":                 {head + one + end + found(1, 2), "found 1 objects and 2 references, but 1 and 0 are here"},
		"unreadable count":                   {head + one + end + "\n# numResponses: 1\n# numEntries: 99999999999999999999\n", "found an unreadable number of objects"},
		"reference":                          {head + one + ref + end + found(1, 1), referred},
		"reference, -LLL":                    {bare + "# refldap://emea.a.com/DC=emea,DC=a,DC=com\n\n", referred},
		"reference, in capitals":             {bare + "# refLDAP://emea.a.com/DC=emea,DC=a,DC=com\n\n", referred},
		"reference, ldaps and a scope":       {bare + "# refldaps://emea.a.com:636/DC=emea,DC=a,DC=com??base\n\n", referred},
		"reference to two servers":           {head + one + strings.Replace(ref, "\n\n", "\nref: ldap://other.a.com/DC=emea,DC=a,DC=com\n\n", 1) + end + found(1, 1), referred},
		"reference without a name":           {bare + "# refldap://emea.a.com/\n\n", "ldap://emea.a.com/: the server referred to it"},
		"reference, records behind it":       {head + one + ref + end + found(1, 1) + emea, ""},
		"reference, records before it":       {emea + head + one + ref + end + found(1, 1), ""},
		"reference, searched without result": {head + one + ref + end + found(1, 1) + strings.Replace(head, "DC=a", "dc=emea,DC=a", 1) + end + found(0, 0), ""},
		"reference, searched one level":      {head + one + ref + end + found(1, 1) + strings.NewReplacer("DC=a", "DC=emea,DC=a", "subtree", "oneLevel").Replace(head) + end + found(0, 0), referred},
		"reference to itself":                {strings.Replace(head, "DC=a", "DC=emea,DC=a", 1) + emea + ref + end + found(1, 1), "the server was asked for DC=emea,DC=a,DC=com and referred to ldap://emea.a.com/"},
		"references without recipients": {bare + "# refldap://a.com/CN=Configuration,DC=a,DC=com\n\n# refldap://a.com/CN=Schema,CN=Configuration,DC=a,DC=com\n\n" +
			"# refldap://DomainDnsZones.a.com/DC=DomainDnsZones,DC=a,DC=com\n\n# refldap://ForestDnsZones.a.com/DC=ForestDnsZones,DC=a,DC=com\n\n", ""},
		"size limit":          {head + one + strings.Replace(end, "0 Success", "4 Size limit exceeded", 1) + found(1, 0), `"4 Size limit exceeded"`},
		"no line end":         {one + strings.TrimRight(two, "\n"), "line 7: the last line has no line end, so the file may be cut off"},
		"no empty line":       {"version: 1\n\n" + strings.TrimSuffix(bare, "\n"), unclosed},
		"ldifde, no line":     {"dn: CN=1,DC=a,DC=com\nchangetype: add\nproxyAddresses: SMTP:1@a.com\n", unclosed},
		"joined, of Windows":  {"\ufeff" + head + one + end + found(1, 0) + "\n\ufeff" + head + two + end + found(1, 0) + "\ufeffversion: 1\n\n" + bare + "\x1a", ""},
		"joined, cut off":     {"\ufeff" + head + one + "\ufeff" + head + two + end + found(1, 0) + "\x1a", noEnd},
		"by hand, no line":    {strings.TrimSuffix(bare, "\n"), ""},
		"part":                {strings.Replace(bare, "proxyAddresses", "proxyAddresses;range=0-0", 1), "only part of the values"},
		"part, other options": {strings.Replace(bare, "proxyAddresses", "PROXYADDRESSES;x;Range=0-0", 1), "only part of the values"},
		"part, large":         {strings.Replace(bare, "proxyAddresses", "proxyAddresses;range=0-99999999999999999999", 1), "only part of the values"},
		"part, late":          {strings.Replace(bare, "proxyAddresses", "proxyAddresses;range=5-*", 1), "only part of the values"},
		"part, the other behind": {strings.Replace(bare, "proxyAddresses", "proxyAddresses;range=0-0", 1) +
			strings.Replace(bare, "proxyAddresses: SMTP:1", "proxyAddresses;range=1-*: smtp:2", 1), ""},
		"part, of a deleted object": {one + "dn: CN=D\\0ADEL:1,CN=Deleted Objects,DC=a,DC=com\nisDeleted: TRUE\nproxyAddresses;range=0-0: smtp:x@a.com\n\n", "only part of the values"},
		"all, as a range":           {strings.Replace(bare, "proxyAddresses", "proxyAddresses;range=0-*", 1), ""},
		"an object of a telling name": {head + "# numEntries: 7, a.com\ndn: CN=numEntries: 7,DC=a,DC=com\nproxyAddresses: SMTP:1@a.com\n\n" +
			"# pagedresults: cookie=\ndn: CN=pagedresults: cookie\\=,DC=a,DC=com\nproxyAddresses: SMTP:2@a.com\n\n" + end + found(2, 0), ""},
		"a deleted object": {head + one + "# D\nDEL:6d1f8a0c-5f0e-4b7e-9a44-0f5e2f1d3c11, Deleted Objects, a.com\n" +
			"dn: CN=D\\0ADEL:6d1f8a0c-5f0e-4b7e-9a44-0f5e2f1d3c11,CN=Deleted Objects,DC=a,DC=com\nisDeleted: TRUE\n\n" + end + found(2, 0), ""},
	} {
		t.Run(name, func(t *testing.T) {
			x := spooled(t, []byte(tc.content))
			audit := scan(t, x, ldapscan.Options{})
			problems := strings.Join(audit.Problems, "\n")
			if audit.Complete() != (tc.problem == "") || !strings.Contains(problems, tc.problem) {
				t.Errorf("problems %q, want %q", problems, tc.problem)
			}
			// What scan does not trust, check does not call free.
			err := x.Lookup(t.Context(), []conflicts.Address{conflicts.ParseAddress("smtp:free@a.com")}, func(o *conflicts.Object) { t.Errorf("found %v", o) })
			if (err == nil) != (tc.problem == "") || err != nil && !strings.Contains(err.Error(), tc.problem) {
				t.Errorf("lookup: %v, want %q", err, tc.problem)
			}
		})
	}
}

// The mistake that is made most often cannot be seen in the file for certain, so it is
// only noted.
func TestAFullPageAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		head string
		n    int
		tail string
		want bool
	}{
		"-LLL":          {"", 1000, "", true},
		"-LL":           {"version: 1\n\n", 1000, "", true},
		"-L":            {"version: 1\n\n#\n# LDAPv3\n#\n\n", 1000, "# numResponses: 1001\n# numEntries: 1000\n", true},
		"less":          {"", 999, "", false},
		"more":          {"", 1001, "", false},
		"pages":         {"", 1000, "# pagedresults: cookie=\n", false},
		"with a result": {"# extended LDIF\n#\n# LDAPv3\n\n", 1000, "# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 1001\n# numEntries: 1000\n", false},
	} {
		var b strings.Builder
		b.WriteString(tc.head)
		for i := range tc.n {
			fmt.Fprintf(&b, "dn: CN=%d,DC=a,DC=com\nproxyAddresses: SMTP:%d@a.com\n\n", i, i)
		}
		audit := scan(t, spooled(t, []byte(b.String()+tc.tail)), ldapscan.Options{})
		if noted := strings.Contains(strings.Join(audit.Notes, "\n"), "exactly 1,000 objects"); noted != tc.want || !audit.Complete() {
			t.Errorf("%s: noted %t, want %t; %v", name, noted, tc.want, audit.Problems)
		}
	}
}

// However an object is called, its name in a comment neither hides nor makes a sign.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"Ann", "numEntries: 7", "pagedresults: cookie=", "pagedresults: cookie=AQAAAA==", "refldap://x/DC=y", "extended LDIF", "LDAPv3", "search result",
		"numResponses: 2", "base <DC=y> with scope subtree", "Bo\nCNF:6d1f8a0c-5f0e-4b7e-9a44-0f5e2f1d3c11", "x\nref: ldap://y/DC=y", "x\nresult: 0 y", "x\ndn: CN=y", "x\r", "x\n y"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if strings.Contains(name, "\n\n") || strings.Contains(name, "\n\r\n") || strings.Contains(name, "\n#") || len(name) > 200 {
			t.Skip() // such a name could say anything, and Active Directory allows none
		}
		const head = "# extended LDIF\n#\n# LDAPv3\n# base <DC=a> with scope subtree\n#\n\n"
		entry := "# " + name + ", a\ndn: CN=1,DC=a\nproxyAddresses: SMTP:a@a.com\n\n# 2, a\ndn: CN=2,DC=a\nproxyAddresses: smtp:a@a.com\n\n"
		for text, whole := range map[string]bool{
			head + entry + "# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 3\n# numEntries: 2\n": true,
			head + entry: false,
			head + entry + "# search result\nsearch: 2\nresult: 0 Success\npagedresults: cookie=AQAAAA==\n":        false,
			head + entry + "# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 4\n# numEntries: 3\n": false,
			strings.Replace(entry, name, "", 1) + "# pagedresults: cookie=AQAAAA==\n" + entry:                      false,
		} {
			audit, err := ldapscan.Scan(t.Context(), spooled(t, []byte(text)), ldapscan.Options{})
			complete := err == nil && audit.Complete()
			if complete && (!whole || audit.Objects() != 2 || len(audit.Conflicts) != 1) {
				t.Errorf("complete: %q\n%+v", text, audit)
			}
			if !complete && whole && !strings.ContainsAny(name, "\r\n\x00") {
				t.Errorf("incomplete: %q\n%v, %+v", text, err, audit)
			}
		}
	})
}

// Records of one object are taken together, in whatever order they stand.
func TestRecordsOfOneObject(t *testing.T) {
	const guid = "objectGUID: 00112233-4455-6677-8899-aabbccddeeff\n"
	const b = "dn: CN=B,DC=a\nproxyAddresses: smtp:b@a.com\n\n"
	for name, tc := range map[string]struct {
		records   []string
		conflicts int
		objects   int
		problem   string
	}{
		"none, then addresses": {[]string{"dn: CN=A,DC=a\ncn: A\n\n", "dn: CN=A,DC=a\nproxyAddresses: smtp:b@a.com\n\n", b}, 1, 2, ""},
		"some, then others":    {[]string{"dn: CN=A,DC=a\nproxyAddresses: smtp:a@a.com\n\n", "dn: CN=A,DC=a\nproxyAddresses: smtp:b@a.com\n\n", b}, 1, 2, ""},
		"the same":             {[]string{"dn: CN=A,DC=a\nproxyAddresses: smtp:a@a.com\n\n", "dn: CN=A,DC=a\nproxyAddresses: smtp:a@a.com\n\n", b}, 0, 2, ""},
		"another case":         {[]string{"dn: CN=A,DC=a\nproxyAddresses: smtp:a@a.com\n\n", "dn: cn=a, dc=A\nproxyAddresses: smtp:a@a.com\n\n", b}, 0, 2, ""},
		"escaped":              {[]string{"dn: CN=A,DC=a\nproxyAddresses: smtp:a@a.com\n\n", "dn: CN=\\41,DC=a\nproxyAddresses: smtp:a@a.com\n\n", b}, 0, 2, ""},
		"other than ASCII":     {[]string{"dn: CN=Ä,DC=a\nproxyAddresses: smtp:a@a.com\n\n", "dn: CN=ä,DC=a\nproxyAddresses: smtp:a@a.com\n\n", b}, 0, 2, ""},
		"one GUID":             {[]string{"dn: CN=A,DC=a\n" + guid + "displayName: A\n\n", "dn: CN=A,DC=a\n" + guid + "proxyAddresses: smtp:b@a.com\n\n", b}, 1, 2, ""},
		"one without GUID":     {[]string{"dn: CN=A,DC=a\n" + guid + "proxyAddresses: smtp:a@a.com\n\n", "dn: CN=a,DC=a\nproxyAddresses: smtp:a@a.com\n\n", b}, 0, 2, ""},
		"three parts":          {[]string{"dn: CN=A,DC=a\nmail: b@a.com\n\n", "dn: CN=A,DC=a\nproxyAddresses: smtp:a@a.com\n\n", "dn: CN=A,DC=a\nproxyAddresses: smtp:b@a.com\n\n", b}, 1, 2, ""},
		"ranges":               {[]string{"dn: CN=A,DC=a\nproxyAddresses;range=0-0: smtp:a@a.com\n\n", "dn: CN=A,DC=a\nproxyAddresses;range=1-*: smtp:b@a.com\n\n", b}, 1, 2, ""},
		"a gap of ranges":      {[]string{"dn: CN=A,DC=a\nproxyAddresses;range=0-0: smtp:a@a.com\n\n", "dn: CN=A,DC=a\nproxyAddresses;range=2-*: smtp:b@a.com\n\n", b}, 1, 2, "only part of the values"},
		"two mails": {[]string{"dn: CN=A,DC=a\nmail: x@a.com\n\n", "dn: CN=A,DC=a\nmail: y@a.com\nproxyAddresses: smtp:b@a.com\n\n", b}, 1, 2,
			"the records of CN=A,DC=a contradict each other in mail"},
		"two mails, one GUID": {[]string{"dn: CN=A,DC=a\n" + guid + "mail: x@a.com\n\n", "dn: CN=A,DC=a\nmail: y@a.com\nproxyAddresses: smtp:b@a.com\n\n", b}, 1, 2,
			"the records of CN=A,DC=a contradict each other in mail"},
		"moved": {[]string{"dn: CN=A,OU=1,DC=a\n" + guid + "mail: x@a.com\n\n", "dn: CN=A,DC=a\n" + guid + "proxyAddresses: smtp:b@a.com\n\n",
			"dn: CN=B,DC=a\nproxyAddresses: smtp:b@a.com\nobjectGUID: 10112233-4455-6677-8899-aabbccddeeff\n\n"}, 1, 2, "contradict each other in dn"},
		"moved, one without GUID": {[]string{"dn: CN=A,OU=1,DC=a\n" + guid + "proxyAddresses: smtp:b@a.com\n\n", "dn: CN=A,DC=a\n" + guid + "proxyAddresses: smtp:b@a.com\n\n", b}, 1, 3,
			"have one objectGUID"},
	} {
		t.Run(name, func(t *testing.T) {
			var first *conflicts.Audit
			permute(tc.records, func(records []string) {
				audit := scan(t, spooled(t, []byte(strings.Join(records, ""))), ldapscan.Options{})
				if len(audit.Conflicts) != tc.conflicts || audit.Objects() != tc.objects {
					t.Errorf("%q: %d conflicts of %d objects", records, len(audit.Conflicts), audit.Objects())
				}
				if audit.Complete() != (tc.problem == "") || !strings.Contains(strings.Join(audit.Problems, "\n"), tc.problem) {
					t.Errorf("%q: problems %q, want %q", records, audit.Problems, tc.problem)
				}
				audit.Rules = nil // functions
				if first == nil {
					first = audit
				} else if diff := cmp.Diff(first, audit, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
					t.Errorf("%q: another audit than in the first order (-first +this)\n%s", records, diff)
				}
			})
		})
	}
}

func permute(list []string, each func([]string)) {
	if len(list) < 2 {
		each(list)
		return
	}
	for i, first := range list {
		permute(slices.Delete(slices.Clone(list), i, i+1), func(rest []string) { each(append([]string{first}, rest...)) })
	}
}

// A large export of which every object is there twice, the second time with more.
func TestManyRecordsOfOneObject(t *testing.T) {
	const n = 10_000
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "dn: CN=%d,DC=a\nproxyAddresses: SMTP:%d@a.com\ndescription: %s\n\n", i, i, strings.Repeat("x", 500))
	}
	for i := range n {
		fmt.Fprintf(&b, "dn: cn=%d,dc=a\nproxyAddresses: smtp:%d@b.com\nproxyAddresses: SMTP:%d@a.com\n\n", i, i/2, i)
	}
	audit := scan(t, spooled(t, []byte(b.String())), ldapscan.Options{})
	if !audit.Complete() || audit.Objects() != n || len(audit.Conflicts) != n/2 || audit.Coverage[0].Values != 2*n {
		t.Errorf("%d objects, %d conflicts, coverage %+v, problems %q", audit.Objects(), len(audit.Conflicts), audit.Coverage, audit.Problems)
	}
}

// A file that changes between the two readings is said to have changed.
func TestExportChanges(t *testing.T) {
	const text = "dn: CN=A,DC=a\nproxyAddresses: smtp:a@a.com\n\ndn: CN=B,DC=a\nproxyAddresses: smtp:a@a.com\n\n"
	path := filepath.Join(t.TempDir(), "export.ldif")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	x, err := ldapscan.OpenExport(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
	if audit := scan(t, x, ldapscan.Options{}); audit.Complete() || !strings.Contains(audit.Problems[0], "it changed while it was read") {
		t.Errorf("problems %q", audit.Problems)
	}
}
