package report

import (
	"strings"
	"testing"

	"proxyaddr/conflicts"
)

func TestPreviewTable(t *testing.T) {
	record := func(line int, dn string, attributes ...conflicts.AttributeFix) conflicts.Verdict {
		return conflicts.Verdict{Record: &conflicts.FixRecord{File: "fix.ldif", Line: line, DN: dn, Attributes: attributes}}
	}
	restored := record(30, "CN=C,DC=b", conflicts.AttributeFix{Attribute: "proxyAddresses", Add: []string{"smtp:c@b"}})
	restored.Notes = []string{"CN=D,DC=a has smtp:c@b as well"}
	var b strings.Builder
	err := PreviewTable(&b, []conflicts.Verdict{
		record(1, "CN=A\x1b[2J,DC=a", conflicts.AttributeFix{Attribute: "proxyAddresses", Delete: []string{"SMTP:a@a", "smtp:\r\nx@a"}, Add: []string{"SMTP:a2@a"}},
			conflicts.AttributeFix{Attribute: "mail", Delete: []string{"a@a"}, Add: []string{"a2@a"}}),
		record(20, "CN=B,DC=a", conflicts.AttributeFix{Attribute: "proxyAddresses", Delete: []string{"smtp:b@a"}}),
		restored,
	}, func(dn string) string { return "dc1." + dn[len(dn)-1:] }, TableOptions{})
	const want = `on dc1.a:
  fix.ldif:1  CN=A\x1b[2J,DC=a
    - proxyAddresses: SMTP:a@a
    - proxyAddresses: smtp:\r\nx@a
    + proxyAddresses: SMTP:a2@a
    - mail: a@a
    + mail: a2@a
  fix.ldif:20  CN=B,DC=a
    - proxyAddresses: smtp:b@a
on dc1.b:
  fix.ldif:30  CN=C,DC=b
    + proxyAddresses: smtp:c@b
    note: CN=D,DC=a has smtp:c@b as well
`
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, b.String())
	}
}
