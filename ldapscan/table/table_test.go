package table

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/ldif"
)

// read returns the records of a table in lines "name | attribute=value | …", then what its summary
// says, or an error.
func read(t *testing.T, in string, opt Options) string {
	t.Helper()
	var b strings.Builder
	src := io.NewSectionReader(strings.NewReader(in), 0, int64(len(in)))
	sum, err := Read(context.Background(), src, opt, func(r *ldif.Record) error {
		b.WriteString(r.DN)
		for _, a := range r.Attributes {
			value := string(a.Value)
			if strings.HasSuffix(strings.ToLower(a.Name), "guid") && len(a.Value) == 16 {
				value = conflicts.GUID(a.Value).String()
			}
			fmt.Fprintf(&b, " | %s=%s", a.Name, value)
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	if lacks := strings.Join(sum.Lacks, ", "); lacks != "" && lacks != "legacyExchangeDN" { // as most tables here do
		b.WriteString("lacks: " + lacks + "\n")
	}
	for _, p := range sum.Problems {
		b.WriteString("problem: " + p + "\n")
	}
	for _, n := range sum.Notes {
		if strings.Contains(n, "without a distinguished name") {
			continue // the records show it
		}
		b.WriteString("note: " + n + "\n")
	}
	return b.String()
}

const all = "DistinguishedName,mail,userPrincipalName,targetAddress,proxyAddresses\n"

// Each form in which a table has addresses gives the addresses that are stored.
func TestRead(t *testing.T) {
	guid := "2b4c7f0e-1111-2222-3333-444455556666"
	for _, test := range []struct{ name, in, want string }{
		{"csvde", "DN,objectClass,mail,userPrincipalName,targetAddress,proxyAddresses,objectGUID\n" +
			`"CN=Ann Lee,DC=ex",top;person;user,ann@ex,ann@ex,SMTP:a@t,SMTP:ann@ex;X400:c=US;a= ;p=Ex;o=E;;smtp:b@ex,X'0e7f4c2b111122223333444455556666'` + "\r\n",
			"CN=Ann Lee,DC=ex | objectClass=top | objectClass=person | objectClass=user | mail=ann@ex | userPrincipalName=ann@ex | targetAddress=SMTP:a@t" +
				" | proxyAddresses=SMTP:ann@ex | proxyAddresses=X400:c=US;a= ;p=Ex;o=E; | proxyAddresses=smtp:b@ex | objectGUID=" + guid + "\n"},
		{"csvde with an escaped semicolon, and with bytes", "DN,mail,userPrincipalName,targetAddress,proxyAddresses\n" +
			`"CN=A,DC=ex",a,a,a,X500:/o=E/cn=a\;b;smtp:b@ex` + "\n" + `"CN=B,DC=ex",,,,X'736d74703a6ac3b6407878'` + "\n",
			"CN=A,DC=ex | mail=a | userPrincipalName=a | targetAddress=SMTP:a | proxyAddresses=X500:/o=E/cn=a;b | proxyAddresses=smtp:b@ex\n" +
				"CN=B,DC=ex | proxyAddresses=smtp:jö@xx\n"},
		{"Windows PowerShell", "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\r\n" +
			"\"Name\",\"ObjectGUID\",\"UserPrincipalName\",\"ProxyAddresses\"\r\n" +
			"\"Lee, \"\"Ann\"\"\",\"" + guid + "\",\"ann@ex\",\"SMTP:ann@ex;smtp:b@ex\"\r\n",
			`CN=Lee\, \"Ann\"+userPrincipalName=ann@ex | userPrincipalName=ann@ex | proxyAddresses=SMTP:ann@ex | proxyAddresses=smtp:b@ex | objectGUID=` + guid +
				" | displayName=Lee, \"Ann\" | x-unchangeable=no-name\nlacks: mail, targetAddress, legacyExchangeDN\n"},
		{"semicolons between cells", strings.ReplaceAll(all, ",", ";") + `"CN=A,DC=ex";a;a;SMTP:a;"smtp:a@ex;smtp:b@ex"` + "\n",
			"CN=A,DC=ex | mail=a | userPrincipalName=a | targetAddress=SMTP:a | proxyAddresses=smtp:a@ex | proxyAddresses=smtp:b@ex\n"},
		{"tabs, for Excel", "sep=\t\n" + strings.ReplaceAll(all, ",", "\t") + "CN=A,DC=ex\ta\ta\ta\tsmtp:a@ex, smtp:b@ex\n",
			"CN=A,DC=ex | mail=a | userPrincipalName=a | targetAddress=SMTP:a | proxyAddresses=smtp:a@ex | proxyAddresses=smtp:b@ex\n"},
		{"joints", all + `"CN=A,DC=ex",a,a,a,"smtp:a@ex|X500:/o=E/cn=a, b|sip:c@ex"` + "\n" + `"CN=B,DC=ex",,,,smtp:a@ex+smtp:b+c@ex` + "\n" +
			`"CN=C,DC=ex",,,,"smtp:a@ex` + "\n" + `X500:/o=E/cn=x y"` + "\n" + `"CN=D,DC=ex",,,,{SMTP:a@ex smtp:b@ex}` + "\n",
			"CN=A,DC=ex | mail=a | userPrincipalName=a | targetAddress=SMTP:a | proxyAddresses=smtp:a@ex | proxyAddresses=X500:/o=E/cn=a, b | proxyAddresses=sip:c@ex\n" +
				"CN=B,DC=ex | proxyAddresses=smtp:a@ex | proxyAddresses=smtp:b+c@ex\n" +
				"CN=C,DC=ex | proxyAddresses=smtp:a@ex | proxyAddresses=X500:/o=E/cn=x y\n" +
				"CN=D,DC=ex | proxyAddresses=SMTP:a@ex | proxyAddresses=smtp:b@ex\n"},
		{"a column for each address", "DistinguishedName,mail,UPN,targetAddress,proxyAddresses_1,proxyAddresses_2,proxyAddresses[3]\n" +
			`"CN=A,DC=ex",a,a,a,SMTP:a@ex,,X500:/o=E;f` + "\n",
			"CN=A,DC=ex | mail=a | userPrincipalName=a | targetAddress=SMTP:a | proxyAddresses=SMTP:a@ex | proxyAddresses=X500:/o=E;f\n"},
		{"a column for each kind", `"DisplayName","mail","upn","targetAddress","PrimarySMTPAddress","smtp","x500","SIP"` + "\n" +
			`"Ann Lee","a","a@x","t","ann@ex","ann@ex;sales@ex,c@ex","/o=Old/cn=a;/o=New/cn=b","ann@ex"` + "\n",
			"CN=Ann Lee+userPrincipalName=a@x | displayName=Ann Lee | mail=a | userPrincipalName=a@x | targetAddress=SMTP:t | proxyAddresses=SMTP:ann@ex | " +
				"proxyAddresses=smtp:sales@ex | proxyAddresses=smtp:c@ex | proxyAddresses=X500:/o=Old/cn=a | proxyAddresses=X500:/o=New/cn=b | proxyAddresses=sip:ann@ex | " +
				"x-unchangeable=no-name\n"},
		{"a row for each address", "DN;proxyAddress\nCN=A,DC=ex;SMTP:a@ex\nCN=A,DC=ex;smtp:b@ex\n",
			"CN=A,DC=ex | proxyAddresses=SMTP:a@ex\nCN=A,DC=ex | proxyAddresses=smtp:b@ex\nlacks: mail, userPrincipalName, targetAddress, legacyExchangeDN\n"},
		{"tables behind each other", all + "\"CN=A,DC=ex\",a,a,a,smtp:a@ex\n\ufeff" + all + "\"CN=B,DC=ex\",,,,smtp:b@ex\n",
			"CN=A,DC=ex | mail=a | userPrincipalName=a | targetAddress=SMTP:a | proxyAddresses=smtp:a@ex\nCN=B,DC=ex | proxyAddresses=smtp:b@ex\n"},
		{"rows of people without names", "Name,mail,upn,targetAddress,proxyAddresses\nAnn,,,,smtp:a@ex\nAnn,,,,smtp:a@ex\nAnn,,,,smtp:b@ex\n,a,,,\n,,b@x,t,\n",
			"CN=Ann | proxyAddresses=smtp:a@ex | displayName=Ann | x-unchangeable=no-name\n" +
				"CN=Ann+number=2 | proxyAddresses=smtp:b@ex | displayName=Ann | x-unchangeable=no-name\n" +
				"CN=a | mail=a | x-unchangeable=no-name\n" +
				"CN=b@x | userPrincipalName=b@x | targetAddress=SMTP:t | x-unchangeable=no-name\n" +
				"problem: 1 row is equal to another, and has neither objectGUID nor DN: equal rows count as one object; export ObjectGUID\n"},
		{"Exchange Online", "Name,DistinguishedName,Guid,ImmutableId,RecipientTypeDetails,ExternalEmailAddress,mail,upn,ExchangeGuid,EmailAddressPolicyEnabled,WhenCreated,EmailAddresses\n" +
			`Ann,"CN=Ann,OU=ex,DC=EURPR01A001,DC=PROD,DC=OUTLOOK,DC=COM",00000000-0000-0000-0000-000000000001,Dn9MKxERIiIzM0REVVVmZg==,UserMailbox,SMTP:t@t,m,u,` + guid + `,False,2023-05-01T10:00:00+02:00,SMTP:ann@ex` + "\n",
			"CN=Ann,OU=ex,DC=EURPR01A001,DC=PROD,DC=OUTLOOK,DC=COM | msExchRecipientTypeDetails=1 | targetAddress=SMTP:t@t | mail=m | userPrincipalName=u | " +
				"msExchMailboxGuid=" + guid + " | msExchPoliciesExcluded={26491cfc-9e50-4857-861b-0cb8df22b5d7} | whenCreated=20230501080000.0Z | " +
				"proxyAddresses=SMTP:ann@ex | objectGUID=" + guid + " | displayName=Ann | x-unchangeable=cloud\n"},
		{"accepted domains", "DomainName,DomainType,mail,upn,targetAddress\nex.com,Authoritative,,,\n",
			"CN=ex.com | objectClass=msExchAcceptedDomain | msExchAcceptedDomainName=ex.com | displayName=ex.com\n"},
		{"JSON", `[{"DistinguishedName":"CN=A,DC=ex","mail":"a@ex","userPrincipalName":null,"Enabled":false,"whenCreated":"\/Date(1684142201000)\/","objectGUID":"` + guid + `",` +
			`"mS-DS-ConsistencyGuid":[14,127,76,43,17,17,34,34,51,51,68,68,85,85,102,102],"proxyAddresses":["SMTP:a@ex","X500:/o=E;smtp:no@ex"]},` +
			`{"dn":"CN=B,DC=ex","targetAddress":"SMTP:t","proxyAddresses":"smtp:b@ex"}]`,
			"CN=A,DC=ex | mail=a@ex | userAccountControl=514 | whenCreated=20230515091641.0Z | mS-DS-ConsistencyGuid=" + guid + " | proxyAddresses=SMTP:a@ex | " +
				"proxyAddresses=X500:/o=E;smtp:no@ex | objectGUID=" + guid + "\n" +
				"CN=B,DC=ex | targetAddress=SMTP:t | proxyAddresses=smtp:b@ex\n"},
		{"JSON of Windows PowerShell", `{"DistinguishedName":"CN=A,DC=ex","mail":"a","upn":"u","targetAddress":"t","proxyAddresses":{"value":["SMTP:a@ex"],"Count":1},` +
			`"whenCreated":{"value":"\/Date(0)\/","DisplayHint":2,"DateTime":"Thursday"},"EmailAddresses":[{"SmtpAddress":"b@ex","ProxyAddressString":"smtp:b@ex","Prefix":{"x":1}}]}`,
			"CN=A,DC=ex | mail=a | userPrincipalName=u | targetAddress=SMTP:t | whenCreated=19700101000000.0Z | proxyAddresses=SMTP:a@ex | proxyAddresses=smtp:b@ex\n"},
		{"JSON of Graph", `{"@odata.context":"c","value":[{"id":"` + guid + `","displayName":"A","mail":"m","userPrincipalName":"u@x","proxyAddresses":["smtp:a@ex"]}]}`,
			"CN=A+userPrincipalName=u@x | displayName=A | mail=m | userPrincipalName=u@x | proxyAddresses=smtp:a@ex | objectGUID=" + guid +
				" | x-unchangeable=no-name\nlacks: targetAddress, legacyExchangeDN\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, read(t, test.in, Options{})); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if !Is(strings.NewReader(test.in)) {
				t.Error("not taken for a table")
			}
		})
	}
}

// A table in any encoding reads alike.
func TestReadEncodings(t *testing.T) {
	text := "DistinguishedName,mail,upn,targetAddress,proxyAddresses\r\n\"CN=Jörg,DC=ex\",a,a,a,smtp:j@ex\r\n"
	want := "CN=Jörg,DC=ex | mail=a | userPrincipalName=a | targetAddress=SMTP:a | proxyAddresses=smtp:j@ex\n"
	wide := func(order binary.AppendByteOrder, mark string) string {
		b := []byte(mark)
		for _, u := range utf16.Encode([]rune(text)) {
			b = order.AppendUint16(b, u)
		}
		return string(b)
	}
	western, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]string{
		"UTF-8": text, "UTF-8 with a mark": "\xef\xbb\xbf" + text,
		"UTF-16 little-endian": wide(binary.LittleEndian, "\xff\xfe"), "UTF-16 big-endian": wide(binary.BigEndian, "\xfe\xff"),
		"UTF-16 without a mark": wide(binary.LittleEndian, ""), "a code page": western,
	} {
		got := read(t, in, Options{})
		if name == "a code page" {
			var note string
			if got, note, _ = strings.Cut(got, "note: "); !strings.HasPrefix(note, "not Unicode") {
				t.Errorf("%s: no note of it: %q", name, note)
			}
		}
		if got != want {
			t.Errorf("%s: %s", name, got)
		}
		if !Is(strings.NewReader(in)) {
			t.Errorf("%s: not taken for a table", name)
		}
	}
}

// What cannot be read surely is an error with its place, or is told in the summary.
func TestReadDoubtful(t *testing.T) {
	row := func(addresses string) string {
		return all + `"CN=A,DC=ex",a,a,a,"` + addresses + "\"\n"
	}
	unclear := "problem: line 2, column 5 (\"proxyAddresses\"): it is not clear where one address ends and the next begins: write the type before each address, as in smtp:a@example.com, or export LDIF or JSON\n"
	several := func(column string) string {
		return "problem: line 2, " + column + ": several addresses, and this column is for one: export them in a column proxyAddresses\n"
	}
	deep := `[{"proxyAddresses":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + "}]"
	for _, test := range []struct{ name, in, want string }{
		{"a list's type", row("Microsoft.ActiveDirectory.Management.ADPropertyValueCollection"), `error: line 2, column 5 ("proxyAddresses"): the name of a list`},
		{"a type of list", row("System.Object[]"), `error: line 2, column 5 ("proxyAddresses"): the name of a list`},
		{"a shortened list", row("{SMTP:a@ex, smtp:b@ex...}"), `error: line 2, column 5 ("proxyAddresses"): a list that PowerShell shortened`},
		{"a formula", row("=cmd|' /C calc'!A0"), `error: line 2, column 5 ("proxyAddresses"): a formula`},
		{"a NUL", row("smtp:a\x00@ex"), `error: line 2, column 5 ("proxyAddresses"): a NUL`},
		{"a quotation mark too many", all + "CN=A,a,a,a\"b,smtp:a@ex\n", `error: line 2, column 4 ("targetAddress"): a quotation mark inside`},
		{"text behind a quotation mark", all + "\"CN=A\"b,a,a,a,smtp:a@ex\n", `error: line 2, column 1 ("DistinguishedName"): text behind`},
		{"no closing quotation mark", all + "a,a,a,a,\"smtp:a@ex\n\n", `error: line 2, column 5 ("proxyAddresses"): a quotation mark opens`},
		{"too few cells", all + "CN=A,a,a,a\n", "error: line 2: 4 cells, and the row of names has 5"},
		{"mixed encodings", all + "\"CN=Jörg\",a,a,a,smtp:j\xf6@ex\n", "error: line 2, column 23: a byte that is not UTF-8"},
		{"no name", strings.Replace(row("smtp:a@ex"), "CN=A,DC=ex", "Ann", 1), `error: line 2, column 1 ("DistinguishedName"): not a distinguished name`},
		{"no GUID", "objectGUID,proxyAddresses\n12,smtp:a@ex\n", `error: line 2, column 1 ("objectGUID"): not a GUID`},
		{"unknown columns", "Name,Telephone\nAnn,1\n", "error: line 1: a table without a column of addresses"},
		{"no addresses in JSON", `[{"Name":"Ann"}]`, "error: line 1: a table without a column of addresses"},
		{"JSON of something else", "\n[1,2]", "error: line 2: neither an object"},
		{"cut JSON", "[{\"mail\":\"a\"},\n{\"mail\":", "error: line 2: the JSON has no end"},
		{"deep JSON", deep, "error: line 1: lists and objects lie more than 16 deep"},
		{"a name twice", `[{"mail":"a","Mail":"b"}]`, `error: line 1: "Mail": the object has this name twice`},

		{"an address without a type", row("SMTP:a@ex;b@ex"), unclear},
		{"the same with commas", row("SMTP:a@ex,b@ex"), unclear},
		{"two joints", row("SMTP:a@ex;smtp:b@ex,smtp:c@ex"), unclear},
		{"an unusual type", row("X500:/o=E/cn=a;b:c"), unclear},
		{"addresses without types, joined by spaces", row("a@ex.com b@ex.com"), unclear},
		{"the same with more spaces", row("a@ex.com   b@ex.com  c@ex.com"), unclear},
		{"the same with a tab", row("a@ex.com\tb@ex.com"), unclear},
		{"the same with a no-break space", row("a@ex.com\u00a0b@ex.com"), unclear},
		{"the same with a slash", row("a@ex.com/b@ex.com"), unclear},
		{"the same with an ampersand", row("a@ex.com & b@ex.com"), unclear},
		{"the same with a plus", row("a@ex.com+b@ex.com"), unclear},
		{"only the first with its type", row("smtp:a@ex.com b@ex.com"), unclear},
		{"the type of another kind", row("sip:a@ex.com b@ex.com"), unclear},
		{"quotes, then an address", row(`""a b""@ex.com c@ex.com`), unclear},
		{"X.500 and an address", row("X500:/o=E/cn=a;b@ex.com"), unclear},
		{"X.500, a space and an address", row("X500:/o=E/cn=a b@ex.com"), unclear},
		{"a Notes address and another", row("NOTES:Ann Lee/Org@Dom, b@ex.com"), unclear},
		{"two cells", all + "CN=A,a,a,a,a@ex b@ex\nCN=B,a,a,a,a@ex b@ex\n", "the next begins; the same in 1 other cell: write the type"},
		{"two in mail of csvde", "DN,mail,proxyAddresses\nCN=A,a@ex.com; b@ex.com,smtp:a@ex.com\n", several(`column 2 ("mail")`)},
		{"two logon names", "DistinguishedName,upn,proxyAddresses\nCN=A,a@ex.com b@ex.com,smtp:a@ex.com\n", several(`column 2 ("upn")`)},
		{"two in targetAddress", "DN,targetAddress,proxyAddresses\nCN=A,smtp:a@ex.com;b@ex.com,smtp:a@ex.com\n", several(`column 2 ("targetAddress")`)},
		{"two with types in targetAddress", "DN,targetAddress,proxyAddresses\nCN=A,smtp:a@ex.com;smtp:b@ex.com,smtp:a@ex.com\n", several(`column 2 ("targetAddress")`)},
		{"a list in mail", "[\n" + `{"mail":["a@ex.com","b@ex.com"]}]`, several(`"mail"`)},
		{"two organizations", row("X500:/o=E/cn=a;/o=F/cn=b"), unclear},
		{"X.400 and more", row("X400:c=US;a= ;b@ex"), unclear},
		{"csvde and an escape before a type", "DN,mail,upn,targetAddress,proxyAddresses\nCN=A,,,,X500:/o=E\\;smtp:a@ex\n", "problem: line 2, column 5"},
		{"csvde and another joint", "DN,mail,upn,targetAddress,proxyAddresses\nCN=A,,,,SMTP:a@ex|smtp:a@ex\n", "problem: line 2, column 5"},
		{"only primary addresses", "DN,PrimarySmtpAddress\nCN=A,a@ex\n", "problem: only primary addresses"},
		{"a last line without an end", strings.TrimSuffix(row("smtp:a@ex"), "\n"), "problem: line 2: the last line has no line end"},
		{"addresses in a code page", row("smtp:m\xfcller@ex"), "problem: 1 addresses have letters outside ASCII"},
		{"a long name", `[{"mail` + strings.Repeat(" ", 100) + `":"=1"}]`, `error: line 1, "mail`},
		{"lost letters in a name", all + "CN=J?rg,a,a,a,a:b\n", "problem: question marks"},
		{"lost letters", row("smtp:m?ller@ex"), "problem: question marks"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := read(t, test.in, Options{}); !strings.Contains(got, test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// Shadow addresses, which are compared on request only, never make a table doubtful: a cell that is
// not clear is left out.
func TestReadShadow(t *testing.T) {
	const columns = "DistinguishedName,mail,upn,targetAddress,sAMAccountType,msExchShadowProxyAddresses\n"
	const record = "CN=A,DC=ex | mail=a@ex | sAMAccountType=805306368"
	for cell, want := range map[string]string{
		"SMTP:a@ex;smtp:b@ex":  record + " | msExchShadowProxyAddresses=SMTP:a@ex | msExchShadowProxyAddresses=smtp:b@ex\n",
		"a@ex.com b@ex.com":    record + "\nnote: line 2, column 6 (\"msExchShadowProxyAddresses\"): it is not clear where one address ends and the next begins, so not used\n",
		"{SMTP:a@ex, smtp...}": record + "\nnote: line 2, column 6 (\"msExchShadowProxyAddresses\"): a list that PowerShell shortened: the export lost addresses, so not used\n",
		"Microsoft.ActiveDirectory.Management.ADPropertyValueCollection": record +
			"\nnote: line 2, column 6 (\"msExchShadowProxyAddresses\"): the name of a list, and not its values: the export lost the addresses, so not used\n",
	} {
		if got := read(t, columns+`"CN=A,DC=ex",a@ex,,,805306368,"`+cell+"\"\n", Options{}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A column that is not known and has addresses is told, as it may be one of the objects.
func TestReadUnknownColumns(t *testing.T) {
	const note = "note: not read, though addresses are in it: column "
	for in, want := range map[string]string{
		"Name,proxyAddresses,Aliases\nAnn,smtp:a@ex,smtp:b@ex\n":                              note + `"Aliases"; rename it`,
		"Name,proxyAddresses,Old,Aliases,Notes\nAnn,smtp:a@ex,X500:/o=E,{smtp:b@ex},x\n":      note + `"Aliases" and 1 more; rename it`,
		`[{"proxyAddresses":"smtp:a@ex","Aliases":["","sip:b@ex"]}]`:                          note + `"Aliases"; rename it`,
		"Name,proxyAddresses,ForwardingSmtpAddress,Info\nAnn,smtp:a@ex,smtp:b@ex,smtp: \n":    "",
		"Name,proxyAddresses,Info,Site\nAnn,smtp:a@ex,b@ex,smtp is good\nBob,smtp:b@ex,s,x\n": "",
	} {
		got := read(t, in, Options{})
		if want == "" && strings.Contains(got, note) || !strings.Contains(got, want) {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// Values that only look like several addresses are what they are.
func TestReadOneAddress(t *testing.T) {
	for _, value := range []string{"a@ex.com", `"a b"@ex.com`, `smtp:"a, b@c"@ex.com`, "a@ex.com@ex.com", "smtp:a@ex.com (old)", "smtp: a@ex.com", "smtp:a b@ex.com",
		"X500:/o=E/cn=Lee, Ann", "X500:/o=E/cn=a@ex.com", "NOTES:Ann Lee/Org@Dom", "EUM:a@ex.com;phone-context=p.ex.com", "X400:c=US;a= ;p=E;DDA:RFC-822=a(a)ex.com;",
		"smtp:a+b@ex.com", "smtp:a/b&c@ex.com", "IMCEAEX-_o=E_cn=a+20b@ex.com", "smtp:a@[192.0.2.1]", "smtp:a@müller.example"} {
		in := all + `"CN=A,DC=ex",,,,"` + strings.ReplaceAll(value, `"`, `""`) + "\"\n"
		if got, want := read(t, in, Options{}), "CN=A,DC=ex | proxyAddresses="+value+"\n"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// The summary names each attribute that may hold an address and that has no column, whatever the
// cells of the others hold.
func TestReadLacks(t *testing.T) {
	for in, want := range map[string]string{
		all + "CN=A,a,a,a,smtp:a@ex\n":                                "legacyExchangeDN",
		"DN,mail,upn,targetAddress,legacyExchangeDN\nA=B,a,,a,/o=E\n": "",
		`[{"mail":"a"},{"upn":null,"targetAddress":""}]`:              "legacyExchangeDN",
	} {
		src := io.NewSectionReader(strings.NewReader(in), 0, int64(len(in)))
		sum, err := Read(t.Context(), src, Options{}, func(*ldif.Record) error { return nil })
		if err != nil || strings.Join(sum.Lacks, " ") != want {
			t.Errorf("%q: %+v, %v", in, sum, err)
		}
	}
}

// One page of a longer answer makes the scan incomplete; as many rows as a program shows at once
// are noted.
func TestReadPages(t *testing.T) {
	page := func(link string) string {
		return `{"@odata.context":"c",` + link + `"value":[{"distinguishedName":"CN=A","mail":"m","upn":"u","targetAddress":"t"}]}`
	}
	const next = `"@odata.nextLink":"https://graph.example/users?$skiptoken=1",`
	const problem = "problem: the JSON is one page of a longer answer (@odata.nextLink): export all pages"
	behind := strings.Replace(page(""), "}]", `}],"@odata.nextLink":"https://graph.example"`, 1)
	object := `{"distinguishedName":"CN=A","mail":"m","@odata.nextLink":"u"}`
	for in, want := range map[string]bool{page(""): false, page(next): true, behind: true, page(next) + page(""): false, page(`"@odata.nextLink":null,`): false, object: false} {
		if got := read(t, in, Options{}); strings.Contains(got, problem) != want {
			t.Errorf("%s: %s", in, got)
		}
	}
	for rows, want := range map[int]string{
		99: "", 101: "",
		100:  "note: exactly 100 rows: Microsoft Graph shows no more without -All",
		500:  "note: exactly 500 rows: Get-MsolUser shows no more without -All",
		1000: "note: exactly 1,000 rows: Exchange shows no more without -ResultSize Unlimited",
	} {
		_, note, _ := strings.Cut(read(t, all+strings.Repeat("CN=A,a,a,a,smtp:a@ex\n", rows), Options{}), "note: ")
		if "note: "+note != want+"\n" && note+want != "" {
			t.Errorf("%d rows: %q", rows, note)
		}
	}
	if got := read(t, "DN,mail\n"+strings.Repeat("CN=A,a\n", 1000), Options{}); strings.Contains(got, "note: ") {
		t.Errorf("csvde: %.200s", got[len(got)-200:])
	}
}

// A truth value in another language leaves open what it tells. An object that may come from a
// forest counts as one that does.
func TestReadTruth(t *testing.T) {
	const columns = "DN,mail,upn,targetAddress,Enabled,AccountDisabled,IsDirSynced,proxyAddresses\n"
	for _, test := range []struct{ cells, control, told string }{
		{"True,,", "512", ""}, {"false,,", "514", ""}, {",TRUE,", "514", ""}, {",0,", "512", ""}, {"1,,", "512", ""}, {",,False", "", ""},
		{"WAHR,,", "", `note: line 2, column 5 ("Enabled"): neither True nor False, so not used`},
		{"Yes,VRAI,", "", `note: line 2, column 5 ("Enabled"): neither True nor False, so not used; the same in 1 other cell`},
		{",,WAHR", "left out", `note: line 2, column 7 ("IsDirSynced"): neither True nor False, so not used`},
	} {
		got := read(t, columns+"CN=A,a,a,a,"+test.cells+",smtp:a@ex\n", Options{Beside: true})
		control := ""
		if _, behind, ok := strings.Cut(got, "userAccountControl="); ok {
			control, _, _ = strings.Cut(behind, " ")
		} else if strings.Contains(got, "problem: 1 object left out") {
			control = "left out"
		}
		_, told, _ := strings.Cut(got, "note: ")
		if told != "" {
			told = "note: " + strings.TrimSuffix(told, "\n")
		}
		if control != test.control || told != test.told {
			t.Errorf("%s: %s", test.cells, got)
		}
	}
}

// Rows without objectGUID and DN are one object if they are equal, and else objects of their own.
func TestReadNamesakes(t *testing.T) {
	const one = "problem: 1 row is equal to another, and has neither objectGUID nor DN: equal rows count as one object; export ObjectGUID\n"
	two := strings.Replace(one, "1 row is equal to another, and has", "2 rows are equal to others, and have", 1)
	for _, test := range []struct{ name, in, want string }{
		{"JSON on one line", `[{"Name":"Bob","proxyAddresses":"smtp:a@ex"},{"Name":"Bob","proxyAddresses":"smtp:b@ex"},{"Name":"Bob","proxyAddresses":"smtp:c@ex"},` +
			`{"proxyAddresses":"smtp:d@ex"},{"proxyAddresses":"smtp:e@ex"}]`,
			"CN=Bob smtp:a@ex\nCN=Bob+number=2 smtp:b@ex\nCN=Bob+number=3 smtp:c@ex\nCN=object 4 smtp:d@ex\nCN=object 5 smtp:e@ex\n"},
		{"A, B, A", "Name,proxyAddresses\nBob,smtp:a@ex\nBob,smtp:b@ex\nBob,smtp:a@ex\n",
			"CN=Bob smtp:a@ex\nCN=Bob+number=2 smtp:b@ex\n" + one},
		{"thrice the same", "Name,proxyAddresses\nBob,smtp:a@ex\nBob,smtp:a@ex\nBob,smtp:a@ex\n", "CN=Bob smtp:a@ex\n" + two},
		{"the same domain", "DomainName,DomainType\nex,Authoritative\nex,Authoritative\n", "CN=ex \n"},
		{"lines", "proxyAddresses\nsmtp:a@ex\nsmtp:b@ex\n", "CN=line 2 smtp:a@ex\nCN=line 3 smtp:b@ex\n"},
	} {
		var got strings.Builder
		src := io.NewSectionReader(strings.NewReader(test.in), 0, int64(len(test.in)))
		sum, err := Read(t.Context(), src, Options{}, func(r *ldif.Record) error {
			address := ""
			for _, a := range r.Attributes {
				if a.Name == "proxyAddresses" {
					address = string(a.Value)
				}
			}
			fmt.Fprintf(&got, "%s %s\n", r.DN, address)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range sum.Problems {
			got.WriteString("problem: " + p + "\n")
		}
		if diff := cmp.Diff(test.want, got.String()); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.name, diff)
		}
	}
}

// The number of objects without a name leaves out rows of a cloud directory, and rows that count
// as one object with another.
func TestReadNameless(t *testing.T) {
	in := `[{"Name":"Ann","mail":"a@ex"},{"Name":"Ann","mail":"a@ex"},{"Name":"Bob","ImmutableId":"","mail":"b@ex"},{"Name":"Bob","ImmutableId":"","mail":"b@ex"}]`
	src := io.NewSectionReader(strings.NewReader(in), 0, int64(len(in)))
	sum, err := Read(t.Context(), src, Options{}, func(*ldif.Record) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if len(sum.Notes) != 1 || !strings.Contains(sum.Notes[0], "1 object without a distinguished name") {
		t.Errorf("notes %q", sum.Notes)
	}
}

// Objects of a cloud directory that came from a forest and do not say from which object are left
// out beside the export of a forest, where they would be conflicts with themselves.
func TestReadBeside(t *testing.T) {
	in := "DisplayName,mail,upn,targetAddress,ImmutableId,IsDirSynced,EmailAddresses\nA,,,,Dn9MKxERIiIzM0REVVVmZg==,True,smtp:a@ex\nB,,,,,True,smtp:b@ex\nC,,,,,False,smtp:c@ex\n"
	alone, beside := read(t, in, Options{}), read(t, in, Options{Beside: true})
	if !strings.Contains(alone, "smtp:b@ex") || strings.Contains(beside, "smtp:b@ex") {
		t.Errorf("alone\n%s\nbeside\n%s", alone, beside)
	}
	if !strings.Contains(beside, "smtp:a@ex") || !strings.Contains(beside, "smtp:c@ex") || !strings.Contains(beside, "problem: 1 object left out") {
		t.Errorf("beside\n%s", beside)
	}
}

// A carriage return at the end of a cell is no part of the line end behind the next cell.
func TestRowsCarriageReturn(t *testing.T) {
	r := newRows(strings.NewReader("\"a\r\",\n\"b\",c\r\n"), ',')
	var got []string
	for r.next() == nil {
		for i := range r.cells() {
			got = append(got, string(r.cell(i)))
		}
	}
	if diff := cmp.Diff([]string{"a\r", "", "b", "c"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// LDIF and texts are no tables.
func TestIs(t *testing.T) {
	for _, in := range []string{"", "dn: CN=A,DC=ex\n", "version: 1\n\ndn: a\n", "# extended LDIF\n#\n", "\n\ndn:: YQ==\n", "dn: CN=a\"b,mail\n", "hello\n", "PK\x03\x04,;\n", "dn", "search: 2\n"} {
		if Is(strings.NewReader(in)) {
			t.Errorf("%q is a table", in)
		}
	}
}

// A table of any size takes the memory of a row; one that exceeds a limit is refused.
func TestReadLimits(t *testing.T) {
	for name, in := range map[string]io.Reader{
		"cell": io.MultiReader(strings.NewReader(all+`"`), strings.NewReader(strings.Repeat("a", MaxCell+1))),
		"row":  io.MultiReader(strings.NewReader(all), strings.NewReader(strings.Repeat(strings.Repeat("a", 1<<20)+",", 40))),
		"JSON": io.MultiReader(strings.NewReader(`[{"mail":"`), strings.NewReader(strings.Repeat("a", MaxRow+1))),
	} {
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, string(text), Options{})
		if !strings.Contains(got, "is larger than") {
			t.Errorf("%s: %.200s", name, got)
		}
	}
	if got := read(t, "mail"+strings.Repeat(",a", MaxColumns)+"\n", Options{}); !strings.HasPrefix(got, "error: ") {
		t.Errorf("columns: %.200s", got)
	}
}

// The time that a cell takes grows with its size, and not with the square of it.
func TestReadLargeCells(t *testing.T) {
	gap := strings.Repeat(" ", 1<<20)
	var primaries, secondaries, bare strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&primaries, "a%d@ex.com;", i)
		fmt.Fprintf(&secondaries, "smtp:a%d@ex.com;", i)
		fmt.Fprintf(&bare, "a%d@ex.com ", i)
	}
	for name, run := range map[string]func(){
		"blanks":              func() { split("a"+gap+"b", false) },
		"blanks and a colon":  func() { split("a"+gap+"b"+gap+":", false) },
		"line ends":           func() { split(strings.Repeat("\n", 1<<20)+"b"+gap+"c", false) },
		"at signs":            func() { split(strings.Repeat("a@", 1<<19), false) },
		"quotation marks":     func() { split(strings.Repeat(`"@`, 1<<19)+gap, false) },
		"addresses":           func() { split(bare.String(), false) },
		"X.500 and addresses": func() { split("X500:/o=E"+strings.Repeat(" a@", 1<<19), false) },
		"primary addresses": func() {
			in := "DistinguishedName,PrimarySmtpAddress,proxyAddresses\nCN=A," + primaries.String() + "," + secondaries.String() + "\n"
			if got := read(t, in, Options{}); strings.Count(got, "SMTP:a") != 100_000 || strings.Contains(got, "smtp:") {
				t.Errorf("primary addresses: %.200s", got)
			}
		},
	} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			run()
		}()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: a large cell takes more than 20 seconds", name)
		}
	}
}

// A primary address that another column has as well comes once, and what that column has twice stays.
func TestReadPrimaries(t *testing.T) {
	for cells, want := range map[string]string{
		"a@ex,SMTP:a@ex;smtp:b@ex":            "SMTP:a@ex smtp:b@ex",
		"a@ex,smtp:A@ex;smtp:b@ex":            "SMTP:a@ex smtp:b@ex",
		"a@ex,SMTP:a@ex;smtp:a@ex":            "SMTP:a@ex smtp:a@ex",
		"a@ex,SMTP:b@ex;smtp:a@ex":            "SMTP:a@ex SMTP:b@ex",
		"a@ex;b@ex,smtp:b@ex;smtp:a@ex;sip:x": "SMTP:a@ex SMTP:b@ex sip:x",
	} {
		got := read(t, "DistinguishedName,PrimarySmtpAddress,proxyAddresses\nCN=A,"+cells+"\n", Options{})
		got, _, _ = strings.Cut(strings.ReplaceAll(strings.TrimPrefix(got, "CN=A | proxyAddresses="), " | proxyAddresses=", " "), "\n")
		if got != want {
			t.Errorf("%s: got %s, want %s", cells, got, want)
		}
	}
}

// Which objects lie in a cloud directory does not depend on the order of the objects in JSON.
func TestReadCloudInAnyOrder(t *testing.T) {
	objects := []string{`{"Name":"Ann","mail":"a@ex"}`, `{"Name":"Bob","ImmutableId":"","mail":"b@ex"}`, `{"Name":"Cem","mail":"c@ex"}`}
	for _, order := range [][]int{{0, 1, 2}, {1, 0, 2}, {2, 0, 1}} {
		in := "[" + objects[order[0]] + "," + objects[order[1]] + "," + objects[order[2]] + "]"
		got := read(t, in, Options{})
		for _, want := range []string{"CN=Ann+mail=a@ex | mail=a@ex | displayName=Ann | x-unchangeable=no-name\n",
			"CN=Bob+mail=b@ex | mail=b@ex | displayName=Bob | x-unchangeable=cloud\n", "CN=Cem+mail=c@ex | mail=c@ex | displayName=Cem | x-unchangeable=no-name\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s", in, got)
			}
		}
	}
}

// The decoder's buffer, which a large object makes large, does not count in the time of small ones.
func TestReadJSONBuffer(t *testing.T) {
	in := `[{"mail":"` + strings.Repeat("a", 4<<20) + `"}` + strings.Repeat(`,{"mail":"a"}`, 1<<16) + "]"
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := readJSON(strings.NewReader(in), func(object, func() int) error { return ctx.Err() }); err != nil {
		t.Error(err)
	}
}

// An interrupted reading ends.
func TestReadInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	in := "proxyAddresses\n" + strings.Repeat("smtp:a@ex\n", 5000)
	_, err := Read(ctx, io.NewSectionReader(strings.NewReader(in), 0, int64(len(in))), Options{}, func(*ldif.Record) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
